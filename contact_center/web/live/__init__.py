"""The live protocol: what changes reaches the screens that show it.

Frames carry ids and versions; what they name is fetched through the API, where rights are asked
again. `setup.py` mounts it, `hub.py` is its heart, `protocol.py` its words.
"""

from contact_center.web.live.handlers import ROUTES
from contact_center.web.live.setup import LIVE, Live, setup_live

__all__ = ["LIVE", "ROUTES", "Live", "setup_live"]
