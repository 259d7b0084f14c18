"""The whole service as real processes, and the first steps of a company in it.

`House` starts `contact-center run` with a private PostgreSQL of its own; `Office` signs the first
administrator in and makes what a conversation needs; `Visitor` writes from outside as the widget
does. Journeys, crash tests and benchmarks share them.
"""

import asyncio
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.support.postgres import short_directory

START_SECONDS = 90
GREETING = b"Contact centre: http"
FIRST = re.compile(rb"#token=([\w-]+)")


# Below those which the system hands out: what it gives to nobody stays free until it is bound.
# Each worker of the tests has its own, for a server takes seconds to bind the one it was given.
_EACH = 1_500
_FIRST = 20_000 + _EACH * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8)
_PORTS = range(_FIRST, _FIRST + _EACH)
_ports = cycle(random.sample(_PORTS, len(_PORTS)))


def free_port() -> int:
    """A port nobody has, for a server that starts soon or is to start again."""
    for port in islice(_ports, len(_PORTS)):
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


class House:
    """One `contact-center run` (or `demo`) on a port of its own; a context manager."""

    def __init__(
        self, *command: str, environ: dict[str, str] | None = None, data: Path | None = None,
        on_disk: bool = False,
    ) -> None:  # fmt: skip
        """`data`: begin with a copy of these; `on_disk`: on a real disk, for measurements."""
        self.command = command or ("run",)
        self.directory = short_directory(on_disk=on_disk)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = environ or {}
        if data is not None:
            # With their owner: where we are root the server may be somebody else.
            subprocess.run(["cp", "-a", str(data), str(self.directory / "data")], check=True)
        self.log = self.directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `await ready()` waits until it can work."""
        environ = {
            **os.environ, "CC_DATA_DIR": str(self.directory / "data"),
            "CC_LISTEN_PORT": str(self.port), "CC_CONFIG": "/dev/null", **self.environ,
        }  # fmt: skip
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "contact_center", *self.command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environ,
            )  # fmt: skip

    async def ready(self) -> None:
        """Wait until it can work. Raises RuntimeError with the end of its log."""
        loop = asyncio.get_running_loop()
        end = loop.time() + START_SECONDS
        async with aiohttp.ClientSession() as session:
            while loop.time() < end:
                if self._process is not None and self._process.poll() is not None:
                    break
                try:
                    async with session.get(f"{self.url}/readyz") as reply:
                        if reply.status == 200 and GREETING in self.log.read_bytes():
                            return
                except (aiohttp.ClientError, OSError):
                    pass
                await asyncio.sleep(0.05)
        raise RuntimeError(f"the service did not start:\n{self.tail()}")

    def tail(self) -> str:
        return self.log.read_bytes()[-3000:].decode(errors="replace")

    @property
    def pid(self) -> int:
        """The parent's process id."""
        assert self._process is not None
        return self._process.pid

    def service_pid(self) -> int:
        """The process id of the service itself, the parent's child."""
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == self.pid and b"serve" in command:
                return int(entry.name)
        raise RuntimeError("the service is not running now")

    def kill_service(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.service_pid(), number)

    @property
    def first_token(self) -> str:
        """The token of the one-time link printed at the first start."""
        found = FIRST.findall(self.log.read_bytes())
        assert found, self.tail()
        return bytes(found[-1]).decode()

    def halt(self) -> None:
        """Stop it and keep its data."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def stop(self) -> None:
        """Stop it and remove its data."""
        self.halt()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.stop()


class Office:
    """An employee's browser without the browser: cookie, CSRF token and JSON."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.csrf = ""
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def call(
        self, method: str, path: str, body: Any = None, *, expect: int | None = None, **headers: str
    ) -> Any:
        """JSON of a success; raises AssertionError with the problem otherwise."""
        sent = {"Origin": self.url, "X-CSRF-Token": self.csrf, **headers}
        async with self.session.request(
            method, f"{self.url}/api/v1{path}", json=body, headers=sent
        ) as reply:
            text = await reply.text()
            good = reply.status == expect if expect else reply.status < 400
            assert good, f"{method} {path}: {reply.status} {text[:600]}"
            return await reply.json() if text else None

    async def begin(self, token: str) -> None:
        """Become the first administrator."""
        person = {"email": "anna@example.org", "name": "Анна Ковалёва", "locale": "ru",
                  "password": "four blue teapots on a roof", "token": token}  # fmt: skip
        await self.call("POST", "/auth/first", person)
        await self.know()

    async def sign_in(self, email: str, password: str = "four blue teapots on a roof") -> None:
        await self.call("POST", "/auth/sign-in", {"email": email, "password": password})
        await self.know()

    async def know(self) -> None:
        self.me = await self.call("GET", "/me")
        self.csrf = self.me["csrf"]

    @property
    def id(self) -> str:
        return str(self.me["employee"]["id"])

    async def furnish(self, **settings: Any) -> dict[str, Any]:
        """A department, a brand, a queue with the administrator in it, codes, a web-chat account.

        Returns the account; `queue` and `solved` hold the queue's and the result code's ids.
        """
        department = await self.call("POST", "/departments", {"name": "Продажи"})
        brand = await self.call("POST", "/brands", {"name": "Лавка"})
        queue = await self.call("POST", "/queues", {
            "name": "Чат", "department_id": department["id"], "members": [self.id]})  # fmt: skip
        code = {"code": "solved", "title": {"ru": "Решено", "en": "Solved"}}
        self.solved = (await self.call("POST", "/result-codes", code))["id"]
        self.queue, self.department = queue["id"], department["id"]
        account: dict[str, Any] = await self.call("POST", "/accounts", {
            "provider": "webchat", "title": "Сайт", "brand_id": brand["id"],
            "queue_id": queue["id"], "settings": {"allowed_origins": [self.url], **settings},
        })  # fmt: skip
        await self.know()
        return account

    async def live(self, *topics: str) -> aiohttp.ClientWebSocketResponse:
        socket = await self.session.ws_connect(
            f"{self.url}/api/v1/live", headers={"Origin": self.url}
        )
        if topics:
            await socket.send_json({"t": "sub", "topics": list(topics)})
        return socket

    async def close(self) -> None:
        await self.session.close()


class Visitor:
    """A person in front of the widget."""

    def __init__(self, url: str, key: str) -> None:
        self.base = f"{url}/chat/v1/{key}"
        self.origin = url
        self.token = ""
        self.session = aiohttp.ClientSession()

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.origin, "Authorization": f"Bearer {self.token}"}

    async def begin(self) -> dict[str, Any]:
        page = {"locale": "ru", "page": self.origin + "/"}
        async with self.session.post(
            f"{self.base}/session", json=page, headers={"Origin": self.origin}
        ) as reply:
            assert reply.status == 200, await reply.text()
            answer: dict[str, Any] = await reply.json()
        self.token = answer["token"]
        return answer

    async def write(
        self, text: str, message_id: str, *, door: str | None = None, **more: Any
    ) -> int:
        """Send a message; returns the status.

        `door`: another address than the widget's, whose pace is a person's: the account's hook.
        """
        body = {"type": "message", "id": message_id, "text": text, "attachments": [], **more}
        async with self.session.post(
            door or f"{self.base}/events", json=body, headers=self.headers
        ) as reply:
            await reply.read()
            return reply.status

    async def messages(self, after: str = "") -> list[dict[str, Any]]:
        async with self.session.get(
            f"{self.base}/messages", params={"after": after}, headers=self.headers
        ) as reply:
            assert reply.status == 200, await reply.text()
            items: list[dict[str, Any]] = (await reply.json())["items"]
            return items

    async def close(self) -> None:
        await self.session.close()
