"""The composition root: builds one workspace from the settings and runs it. Nothing is global.

Read `serving.py` first, then `Workspace.open` from top to bottom: it is the whole house in the
order of its floors. A process does what its roles say: `web` answers people and providers,
`worker` sends and runs jobs (`worker.py`), `router` gives out work; without a role its part is
simply not started.
"""

from contact_center.app.serving import running, serve
from contact_center.app.workspace import Workspace

__all__ = ["Workspace", "running", "serve"]
