"""What a browser has to load first: the console until its inbox works, and the widget."""

import gzip
import re
import subprocess
from pathlib import Path

from contact_center import webbuild
from contact_center.web.static import BUILT
from tests.bench._report import report

REPORTS = ("console_size", "console_style_size", "widget_size_widget", "widget_size_panel")
CONSOLE = Path("contact_center/console")
BUDGET = {"js": 220_000, "css": 25_000}
WIDGET = {"widget.js": 5_000, "panel.js": 10_000}


def first_load() -> dict[str, int]:
    """Bytes gzip by kind, as the console's own gate counts them."""
    command, environ = webbuild.node()
    done = subprocess.run(
        [*command, "scripts/size.mjs"], cwd=CONSOLE, env=environ, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    found = re.findall(r"first load (js|css): (\d+)", done.stdout)
    return {kind: int(size) for kind, size in found}


async def main() -> None:
    sizes = first_load()
    for kind, limit in BUDGET.items():
        name = "console_size" if kind == "js" else "console_style_size"
        report(name, sizes[kind], limit, f"first load, {kind} bytes gzip", lower=True)
    for file, limit in WIDGET.items():
        size = len(gzip.compress((BUILT / "widget" / file).read_bytes(), 9))
        report(f"widget_size_{file.removesuffix('.js')}", size, limit, "bytes gzip", lower=True)
