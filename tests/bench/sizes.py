"""What a browser has to load first: the console's entry with all it imports, and the widget."""

import gzip
import re
from pathlib import Path

from contact_center.web.static import BUILT
from tests.bench._report import report

CONSOLE_JS = 220_000
CONSOLE_CSS = 25_000
WIDGET = {"widget.js": 5_000, "panel.js": 10_000}


def zipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def first_load(root: Path) -> set[Path]:
    """The files index.html names and what those import statically, to the end."""
    named = re.findall(r'(?:src|href)="/?([^"]+\.(?:js|css))"', (root / "index.html").read_text())
    found: set[Path] = set()
    waiting = [root / name for name in named]
    while waiting:
        path = waiting.pop()
        if path in found or not path.exists():
            continue
        found.add(path)
        if path.suffix == ".js":
            imports = re.findall(
                r'(?:from|import)\s*"(\./[^"]+\.js)"', path.read_text(encoding="utf-8")
            )
            waiting += [path.parent / name for name in imports]
    return found


async def main() -> None:
    files = first_load(BUILT / "console")
    scripts = sum(zipped(path) for path in files if path.suffix == ".js")
    styles = sum(zipped(path) for path in files if path.suffix == ".css")
    report("console_size", scripts, CONSOLE_JS, "first load, JS bytes gzip", lower=True)
    report("console_style_size", styles, CONSOLE_CSS, "first load, CSS bytes gzip", lower=True)
    for name, limit in WIDGET.items():
        size = zipped(BUILT / "widget" / name)
        report(f"widget_size_{name.removesuffix('.js')}", size, limit, "bytes gzip", lower=True)
