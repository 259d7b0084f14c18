"""A visitor on the outside: he knows the public address of a chat and nothing of the house.

What his widget would do he does over HTTP: a signed session, messages with ids of his own that he
repeats until they are acknowledged, reading by cursor, a socket that says when to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType

from contact_center.kernel.log import get_logger

Fault = Literal["none", "drop", "repeat"]
TIMEOUT = ClientTimeout(total=10)
TRIES = 12
KEPT = 60
TYPING_SECONDS = 6.0

log = get_logger(__name__)


@dataclass(slots=True)
class Line:
    """One line of his screen.

    `tries` counts how often he sent it, `answers` how often he was answered; several of both are
    still one message.
    """

    id: str
    sender: Literal["visitor", "operator", "system"]
    text: str
    at: str
    status: str = ""
    tries: int = 0
    answers: int = 0
    name: str | None = None
    code: str | None = None


@dataclass(slots=True)
class Visitor:
    """One person with one browser."""

    http: ClientSession
    base_url: str
    account: str
    name: str
    locale: str
    page: str
    script: list[str] = field(default_factory=list)
    changed: Callable[[], None] = lambda: None
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    online: bool = False
    typing: bool = False
    contact: dict[str, Any] | None = None
    lines: list[Line] = field(default_factory=list)
    _token: str = ""
    _cursor: str = ""
    _named: bool = False
    _typed_at: float = 0.0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    # --- what he does ----------------------------------------------------------------------------

    async def arrive(self) -> None:
        """Open the chat and stay."""
        body = {"locale": self.locale, "page": self.page, "title": "Demo"}
        answer = await self._post("/session", body, token=False)
        self._token = answer["token"]
        self.start(self._listen())

    def start(self, work: Any) -> None:
        """Do something beside the rest, until he leaves."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("visitor failed", error=repr(error))

    async def leave(self) -> None:
        """Close the browser."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def write(self, text: str, fault: Fault = "none") -> Line:
        """Send a message, as often as it takes until it is acknowledged."""
        line = self.compose(text)
        await self.deliver(line, fault)
        return line

    def compose(self, text: str) -> Line:
        """Put a line on his own screen; it has its id from now on."""
        line = Line(f"s{secrets.token_hex(8)}", "visitor", text, _now(), "sending")
        self.lines = [*self.lines, line][-KEPT:]
        self.changed()
        return line

    async def deliver(self, line: Line, fault: Fault = "none") -> None:
        """Bring a line to the house; a fault happens on the way of the first try."""
        body = self._body(line)
        if fault == "drop":
            await self._cut(body)
            line.tries += 1
            await asyncio.sleep(0.6)
        if fault == "repeat":
            results = await asyncio.gather(
                *(self._send(line, body) for _ in range(3)), return_exceptions=True
            )
            if any(result is None for result in results):
                return
        for number in range(TRIES):
            try:
                await self._send(line, body)
            except (ClientError, TimeoutError, OSError):
                await asyncio.sleep(min(8.0, 0.3 * 2**number) * random.uniform(0.7, 1.3))  # noqa: S311
            else:
                return
        line.status = "failed"
        self.changed()

    def _body(self, line: Line) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": "message", "id": line.id, "text": line.text, "page": self.page,
        }  # fmt: skip
        if not self._named:
            body["prechat"], self._named = {"name": self.name}, True
        return body

    async def _send(self, line: Line, body: dict[str, Any]) -> None:
        line.tries += 1
        await self._post("/events", body)
        line.answers += 1
        line.status = "stored"
        self.changed()

    async def type(self) -> None:
        """Let it be seen that he is typing."""
        await self._post("/events", {"type": "typing"})

    async def read(self) -> None:
        """Say that he has read what is on his screen."""
        if self._cursor:
            await self._post("/events", {"type": "read", "cursor": self._cursor})

    async def lose_connection(self, seconds: float) -> None:
        """Be away for a while; what came meanwhile he reads when he is back."""
        for task in [task for task in self._tasks if task.get_name() == "listen"]:
            task.cancel()
        self.online = False
        self.changed()
        await asyncio.sleep(seconds)
        self.start(self._listen())

    # --- how his messages come to him ------------------------------------------------------------

    async def _listen(self) -> None:
        task = asyncio.current_task()
        if task is not None:
            task.set_name("listen")
        while True:
            with contextlib.suppress(ClientError, TimeoutError, OSError):
                await self._hear()
            self.online = False
            self.changed()
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - a browser's own pause

    async def _hear(self) -> None:
        url = f"{self.base_url}/chat/v1/{self.account}/live"
        async with self.http.ws_connect(url, protocols=("cc.chat", self._token)) as wire:
            self.online = True
            await self._fetch()
            async for message in wire:
                if message.type is not WSMsgType.TEXT:
                    return
                await self._heard(orjson.loads(message.data))

    async def _heard(self, frames: Any) -> None:
        """Frames come alone or as an array."""
        kinds = {one["t"] for one in (frames if isinstance(frames, list) else [frames])}
        if "typing" in kinds:
            self._typed_at = asyncio.get_running_loop().time()
            self.start(self._stop_typing(self._typed_at))
        if kinds & {"new", "changed", "contact", "read"}:
            await self._fetch()
        if kinds - {"beat"}:
            self.changed()

    async def _stop_typing(self, since: float) -> None:
        self.typing = True
        await asyncio.sleep(TYPING_SECONDS)
        if self._typed_at == since:
            self.typing = False
            self.changed()

    async def _fetch(self) -> None:
        query = {"after": self._cursor} if self._cursor else {}
        async with self.http.get(
            f"{self.base_url}/chat/v1/{self.account}/messages",
            params=query, headers=self._headers(), timeout=TIMEOUT,
        ) as answer:  # fmt: skip
            answer.raise_for_status()
            page = orjson.loads(await answer.read())
        answered = False
        for item in page["items"]:
            answered = self._show(item) or answered
        self._cursor = page["cursor"] or self._cursor
        self.contact = page["contact"]
        self.changed()
        if answered:
            self.typing = False
            self.start(self._react())

    def _show(self, item: dict[str, Any]) -> bool:
        """Put a message on the screen; True for a new one of an operator."""
        own = item.get("client_id")
        for line in self.lines:
            if line.id in (own, item["id"]):
                line.status = item.get("status") or line.status
                return False
        line = Line(
            item["id"], item["from"], item["text"], item["at"], item.get("status") or "",
            name=item.get("name"), code=item.get("code"),
        )  # fmt: skip
        self.lines = [*self.lines, line][-KEPT:]
        return line.sender == "operator"

    async def _react(self) -> None:
        """Read what the operator wrote and go on with what he wanted to say."""
        await asyncio.sleep(0.8)
        with contextlib.suppress(ClientError, TimeoutError, OSError):
            await self.read()
            if self.script:
                text = self.script.pop(0)
                await self.type()
                await asyncio.sleep(1.5 + len(text) / 40)
                await self.write(text)

    # --- the wire --------------------------------------------------------------------------------

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    async def _post(self, part: str, body: dict[str, Any], *, token: bool = True) -> Any:
        async with self.http.post(
            f"{self.base_url}/chat/v1/{self.account}{part}",
            data=orjson.dumps(body), timeout=TIMEOUT,
            headers={"Content-Type": "application/json", **(self._headers() if token else {})},
        ) as answer:  # fmt: skip
            answer.raise_for_status()
            return orjson.loads(await answer.read())

    async def _cut(self, body: dict[str, Any]) -> None:
        """Send a request and cut the line before any answer: did it arrive? He cannot know."""
        parts, content = urlsplit(self.base_url), orjson.dumps(body)
        head = (
            f"POST /chat/v1/{self.account}/events HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        ).encode()
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or (443 if parts.scheme == "https" else 80),
                ssl=parts.scheme == "https",
            )  # fmt: skip
            writer.write(head + content)
            await writer.drain()
            await asyncio.sleep(random.choice((0.0, 0.002, 0.02)))  # noqa: S311 - before, amid, after
            writer.transport.abort()

    def shown(self) -> dict[str, Any]:
        """What the page shows of him."""
        return {
            "id": self.id, "account": self.account, "name": self.name, "locale": self.locale,
            "online": self.online, "typing": self.typing, "contact": self.contact,
            "script": len(self.script), "lines": [asdict(line) for line in self.lines],
        }  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat()
