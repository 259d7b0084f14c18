"""The small parent of `contact-center run`. Standard library only: it stays, so it must be light.

It owns the private PostgreSQL (if there is no `database_url`) and starts the service as its child.
A child that dies is started again within a second; one that dies again and again is given longer
and longer pauses; one that refuses its configuration is not started again, for nothing but a
person can mend that. A PostgreSQL that dies is started again under the feet of the service,
which by itself connects anew.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from contact_center.kernel import configfile
from contact_center.kernel.errors import SettingsError
from contact_center.storage.embedded import PrivatePostgres

EX_CONFIG = 78
"""Exit code of a service that refuses its configuration (sysexits.h)."""

EX_TEMPFAIL = 75
"""Exit code where something is away that may come back by itself: starting again is worth it."""

PARENT_VARIABLE = "CC_SUPERVISED_BY"

SERVE = (sys.executable, "-m", "contact_center", "serve")

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_LONGEST_WAIT = 3.0  # where something is away: work goes on within ten seconds of its return
_STEADY = 3.0  # seconds after which a death counts as the first one again
_GRACE = 25.0  # seconds the service may take to finish what it has accepted
_LOOK = 1.0  # seconds between looks at a server that is not our child


def next_pause(last: float, code: int, lived: float) -> float:
    """Seconds until a child that ended with `code` after `lived` seconds is started again."""
    if code == EX_TEMPFAIL:  # however long it took: it has waited in vain, that was no steady life
        return min(last * 2, _LONGEST_WAIT)
    return _FIRST_PAUSE if lived > _STEADY else min(last * 2, _LONGEST_PAUSE)


class _Stop(BaseException):
    """Asked to stop in the middle of a start of PostgreSQL, which may take a minute."""


class Supervisor:
    """Keeps one child and, if given, one PostgreSQL alive until told to stop."""

    def __init__(
        self,
        command: Sequence[str] = SERVE,
        postgres: PrivatePostgres | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._command = command
        self._postgres = postgres
        self._environ = dict(environ)
        self._environ[PARENT_VARIABLE] = str(os.getpid())
        self._child: subprocess.Popen[bytes] | None = None
        self._started = self._start_at = 0.0
        self._pause = _FIRST_PAUSE
        self._stopping = self._interruptible = False

    def run(self) -> int:
        """Keep things alive until SIGTERM or SIGINT; returns the exit code."""
        wake = _Wakeup(self._ask_to_stop)
        try:
            self._keep_postgres()
            return self._watch(wake)
        except _Stop:
            return self._end_child()
        finally:
            self._end_child()
            if self._postgres is not None:
                self._postgres.stop()
            wake.close()

    def _watch(self, wake: "_Wakeup") -> int:
        while not self._stopping:
            try:
                self._keep_postgres()
            except SettingsError as error:  # say, a full disk: the next look tries again
                _say(str(error))
            code = self._keep_child()
            if code is not None:
                return code
            due = _LOOK if self._child else self._start_at - time.monotonic()
            wake.wait(min(_LOOK, max(0.0, due)))
        return self._end_child()

    def _keep_postgres(self) -> None:
        """Start the private PostgreSQL when it does not live."""
        if self._postgres is None or self._postgres.running():
            return
        known = configfile.variable_of("database_url")
        if known in self._environ:
            _say("the private PostgreSQL has died and is started again")
        url = self._start_postgres(self._postgres)
        if self._environ.get(known) not in (None, url):
            self._end_child()  # its socket had to move: the service must learn the new address
        self._environ[known] = url

    def _start_postgres(self, postgres: PrivatePostgres) -> str:
        """Its address. Raises `_Stop` when asked to stop meanwhile: nothing of the start stays."""
        self._interruptible = True
        try:
            if self._stopping:
                raise _Stop
            return postgres.start()
        finally:
            self._interruptible = False

    def _keep_child(self) -> int | None:
        """Start the child when it is time; an exit code when there is nothing left to do."""
        if self._child is None:
            if time.monotonic() >= self._start_at:
                self._start_child()
            return None
        code = self._child.poll()
        if code is None:
            return None
        self._child = None
        if code in (0, EX_CONFIG):
            return code
        self._pause = next_pause(self._pause, code, time.monotonic() - self._started)
        self._start_at = time.monotonic() + self._pause
        _say(f"the service ended with {_in_words(code)}, again in {self._pause:.1f} s")
        return None

    def _start_child(self) -> None:
        self._started = time.monotonic()
        # A session of its own: Ctrl+C comes to the parent alone, which passes it on once.
        self._child = subprocess.Popen(  # noqa: S603 - our own command
            self._command, env=self._environ, start_new_session=True, stdin=subprocess.DEVNULL
        )

    def _end_child(self) -> int:
        """Ask the child to finish, insist after a while; returns its exit code."""
        child, self._child = self._child, None
        if child is None:
            return 0
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            return max(0, child.wait(_GRACE))
        except subprocess.TimeoutExpired:
            _say(f"the service did not finish within {_GRACE:.0f} s and is killed")
            child.kill()
            child.wait()
            return 1

    def _ask_to_stop(self) -> None:
        if self._stopping and self._child is not None:
            self._child.kill()  # asked twice: somebody is in a hurry
        self._stopping = True
        if self._interruptible:
            self._interruptible = False
            raise _Stop


class _Wakeup:
    """Waiting that ends when a signal arrives, without missing one in between."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._handlers = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        }

    def wait(self, seconds: float) -> None:
        select.select([self._read], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._read, 4096)

    def close(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._before)
        os.close(self._read)
        os.close(self._write)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._stop()


def end_with_parent() -> None:
    """Called by the service: when the parent is killed, stop too instead of living on unowned."""
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is None or not sys.platform.startswith("linux"):
        return
    import ctypes  # noqa: PLC0415 - only the service needs it

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before we asked
        os.kill(os.getpid(), signal.SIGTERM)


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run the service; returns the exit code."""
    try:
        postgres = None
        if not configfile.peek(environ, "database_url"):
            data_dir = Path(configfile.peek(environ, "data_dir") or "var")
            postgres = PrivatePostgres(data_dir)
        return Supervisor(postgres=postgres, environ=environ).run()
    except SettingsError as error:
        _say(str(error))
        return EX_CONFIG


def _in_words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"


def _say(text: str) -> None:
    print(f"contact-center: {text}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
