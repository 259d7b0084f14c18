"""Build hook: an installed package carries console and widget, with or without Node there."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
BUILT = ("console", "widget")


class WebBuildHook(BuildHookInterface[Any]):
    """Builds the web part before it is packed; an editable checkout builds it by `make`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is stale and have it packed although git ignores it."""
        if version == "editable":
            return
        sys.path.insert(0, str(ROOT))
        from contact_center.webbuild import NotBuilt, build  # noqa: PLC0415 - needs the path above

        try:
            build(ROOT / "contact_center")
        except NotBuilt as error:
            # The service works without its pages and says on them how to build them.
            self.app.display_warning(f"console and widget are not built: {error.detail}")
        build_data["artifacts"] += [f"/contact_center/web/static/{name}/**" for name in BUILT]
