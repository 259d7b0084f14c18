"""For those who work on the sources: measuring, building, and the description of the API."""

import subprocess
import sys
from pathlib import Path

import contact_center
from contact_center.kernel.errors import SettingsError


def bench(*names: str) -> None:
    """Measure, from a checkout of the sources: `make bench` does the same.

    Args:
        names: Which benchmarks; all without names.
    """
    if not Path("tests/bench").is_dir():
        raise SettingsError("benchmarks are part of the sources: run this in a checkout of them")
    sys.exit(subprocess.call([sys.executable, "-m", "tests.bench", ",".join(names)]))  # noqa: S603


def build_web(*, force: bool = False) -> None:
    """Build console and widget, where the sources are newer than what is built.

    Args:
        force: Build in any case.
    """
    from contact_center.webbuild import build

    for name in build(Path(contact_center.__file__).parent, force=force):
        print(f"built {name}")


def api(*, typescript: bool = False, check: bool = False) -> None:
    """Print the OpenAPI document; from a checkout also keep the console's types by it.

    Args:
        typescript: Write the console's types of the API anew.
        check: Only say whether they are up to date.
    """
    from contact_center.web import generated

    if check:
        generated.check()
    elif typescript:
        print(f"{generated.FILE.name} " + ("written" if generated.write() else "is up to date"))
    else:
        import json

        print(json.dumps(generated.described(), ensure_ascii=False, indent=2))
