"""How to run PostgreSQL when we are root, which it refuses to be. Standard library only.

Either in a user namespace, where root is seen as an ordinary user and keeps its own files, or as
another user of the machine, who then owns the data directory and must be able to read the wheel.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contact_center.kernel.errors import SettingsError

_PROBE_SECONDS = 20
_SOMEBODY_ELSE = ("postgres", "nobody")


@dataclass(frozen=True)
class RunAs:
    """What to put before a command, and who shall own the files it works with."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def command(self, *command: str | Path) -> list[str]:
        """The command line as it has to be started."""
        return [*self.prefix, *map(str, command)]

    def give(self, *paths: Path) -> None:
        """Hand files over to the user the server runs as."""
        if self.owner is not None:
            for path in paths:
                os.chown(path, *self.owner)


def choose(postgres: Path) -> RunAs:
    """The first way in which this machine lets us run `postgres`; raises `SettingsError`."""
    if os.geteuid() != 0:
        return RunAs()
    for candidate in _ways_out_of_root():
        if _works(candidate.command(postgres, "--version")):
            return candidate
    raise SettingsError(
        "PostgreSQL does not run as root, and neither user namespaces nor another user that can "
        f"read {postgres} are to be had here. Start the service as an ordinary user, or set "
        "database_url to a PostgreSQL of your own",
        key="database_url",
    )


def _ways_out_of_root() -> Iterable[RunAs]:
    if unshare := shutil.which("unshare"):
        yield RunAs((unshare, "--user", "--map-user=1000", "--map-group=1000", "--"))
    setpriv = shutil.which("setpriv")
    for name in _SOMEBODY_ELSE if setpriv else ():
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        who = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
        yield RunAs((str(setpriv), *who, "--"), (user.pw_uid, user.pw_gid))


def _works(command: list[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
