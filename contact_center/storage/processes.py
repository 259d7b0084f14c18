"""What a process id stands for by now: processes end, and their ids go to others."""

import os
from contextlib import suppress
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def works_in(pid: int, cluster: Path) -> bool:
    """Whether a process is the server of this cluster; where /proc is not, believe it is."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == cluster
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return True
