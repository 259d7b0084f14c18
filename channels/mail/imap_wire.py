"""One connection to an IMAP server: aioimaplib's protocol with its traps closed.

Seen in aioimaplib 2.0.3: a lost connection wakes no waiting command; a greeting other than OK is
an exception nobody sees; BYE is dropped unless a command waits for it; a refused XOAUTH2 waits for
a line the library never sends; every line is one level of recursion, so a thousand lines in one
packet end the connection; what breaks the protocol is logged together with the pending command,
which may hold the password; all mail is formatted for a debug log; and new mail that is told of in
the answer to another command (RFC 9051 §5.2) is forgotten: servers do not tell of it again in IDLE.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Coroutine
from typing import Any, TypeVar

from aioimaplib.aioimaplib import AUTH, NONAUTH, Command, IMAP4ClientProtocol, IncompleteRead

from channels.errors import Misconfigured, Temporary
from channels.mail.servers import MailServer, in_words

T = TypeVar("T")

# At DEBUG the library writes down what servers say, and that is other people's mail.
logging.getLogger("aioimaplib").setLevel(logging.WARNING)

_PIECE = 4096  # bytes handed to the parser at once: at most some 340 lines
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
_GREETED = 1.0  # seconds in which some begin IDLE with how many there are
_COUNTED = re.compile(rb"(\d{1,10}) (EXISTS|EXPUNGE)\s*", re.IGNORECASE)


class _Unheard:
    """Where the library puts what is pushed in IDLE: new mail is counted, the rest says nothing."""

    def put_nowait(self, push: object) -> None:
        """Let it go."""


class Wire(IMAP4ClientProtocol):  # type: ignore[misc]  # the library has no types
    """The protocol of one connection. `lost` is done, with the reason, when it is over.

    `news` is set as soon as the server has told of mail, whatever it was asked; who searches the
    folder clears it before.
    """

    incomplete_line: bytes
    current_command: Command | None

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.greeted: asyncio.Future[str] = loop.create_future()
        self.before_tls: bytearray | None = None
        self.responses: list[str] = []  # for AUTHENTICATE, when the server asks
        self.challenge = ""
        self.news = asyncio.Event()
        self._exist = 0
        self._idles_since = 0.0
        super().__init__(loop, self._ended)
        self.idle_queue = _Unheard()

    def over(self, reason: str) -> None:
        """Nothing more can be expected of this connection."""
        if not self.lost.done():
            self.lost.set_result(reason)
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        """Let the kernel find out when the other side is gone."""
        super().connection_made(transport)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE.items():
                if (option := getattr(socket, name, None)) is not None:
                    sock.setsockopt(socket.IPPROTO_TCP, option, value)

    def data_received(self, data: bytes) -> None:
        """In pieces, except inside a mail, and without a word to any log."""
        if self.before_tls is not None:
            self.before_tls += data
        try:
            while data:
                size = len(data) if self._inside_literal() else _PIECE
                self._take(data[:size])
                data = data[size:]
        except Exception:  # noqa: BLE001 - its text may hold the command, and so the password
            self.over("it does not speak IMAP as we know it")

    def _inside_literal(self) -> bool:
        command = self.current_command
        return command is not None and command.wait_literal_data() and not self.incomplete_line

    def _take(self, data: bytes) -> None:
        data, self.incomplete_line = self.incomplete_line + data, b""
        command, self.current_command = self.current_command, None
        try:
            self._handle_responses(data, self._handle_line, command)
        except IncompleteRead as rest:
            self.current_command, self.incomplete_line = rest.cmd, rest.data

    def send(self, line: str, scrub: str | None = None) -> None:  # noqa: ARG002 - not logged at all
        """Write a command; nothing of it is logged."""
        if self.transport.is_closing():
            return  # `lost` says why; on uvloop a write would end the listener instead
        self.transport.write(f"{line}\r\n".encode())

    async def welcome(self, line: bytes) -> None:
        """Take the greeting: OK, PREAUTH or BYE (RFC 9051 §7.1)."""
        word = line.upper().split(b" ")[1:2]
        if word in ([b"OK"], [b"PREAUTH"]):
            self.state = AUTH if word == [b"PREAUTH"] else NONAUTH
            self.greeted.set_result(_text(line))
        else:
            self.over(f"it greeted with: {_text(line)}")

    def _untagged_response(self, line: bytes) -> Command:
        if line[2:6].upper() in (b"BYE ", b"BYE"):
            # Soon, not now: the answer to the pending command may be in the same packet.
            self.loop.call_soon(self.over, f"it said goodbye: {_text(line[5:])}")
        elif counted := _COUNTED.fullmatch(line, 2):
            self._count(int(counted[1]), counted[2].upper())
        return super()._untagged_response(line)

    async def idle(self) -> Any:
        """Begin IDLE, and note when."""
        self._idles_since = self.loop.time()
        return await super().idle()

    def _count(self, number: int, what: bytes) -> None:
        """The same number again is no news, or who is fond of saying it would be asked for ever.

        Later in IDLE it is: there it is a push, and one we have not counted rightly.
        """
        if what == b"EXPUNGE":
            self._exist -= 1
            return
        pushed = self.has_pending_idle_command()
        if number != self._exist or (pushed and self.loop.time() - self._idles_since > _GREETED):
            self.news.set()
        self._exist = number

    def _continuation(self, line: bytes) -> None:
        pending = self.pending_sync_command
        if pending is not None and pending.name == "AUTHENTICATE":
            # With nothing left to say an empty response ends it: XOAUTH2 explains itself in a
            # challenge and says NO only then.
            self.challenge = _text(line[2:])
            self.send(self.responses.pop(0) if self.responses else "")
        else:
            super()._continuation(line)

    def _ended(self, error: Exception | None) -> None:
        lost = f"the connection was lost: {in_words(error)}" if isinstance(error, OSError) else ""
        self.over(lost or "it hung up")

    async def answer(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of a command, or ConnectionError as soon as the connection is over."""
        task: asyncio.Future[Any] = asyncio.ensure_future(work)
        try:
            await asyncio.wait([task, self.lost], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                done: T = task.result()
                return done
            raise ConnectionError(self.lost.result())
        finally:
            task.cancel()


async def connect(server: MailServer) -> Wire:
    """Connect, take the greeting, encrypt. Raises Temporary or Misconfigured."""
    server.check_privacy()
    context = server.tls() if server.security != "plain" else None
    loop = asyncio.get_running_loop()
    wire = Wire()
    try:
        async with asyncio.timeout(server.timeout):
            await loop.create_connection(
                lambda: wire, server.host, server.port,
                ssl=context if server.security == "tls" else None,
            )  # fmt: skip
            await _greeting(wire)
            if server.security == "starttls" and context is not None:
                await _start_tls(wire, server, context)
    except BaseException as error:
        wire.over("given up")
        if isinstance(error, OSError):  # TLS and time-outs are among them
            raise Temporary(f"{server.name}: {in_words(error)}") from error
        raise
    return wire


async def _greeting(wire: Wire) -> None:
    await asyncio.wait({wire.greeted, wire.lost}, return_when=asyncio.FIRST_COMPLETED)
    if not wire.greeted.done():
        raise ConnectionError(wire.lost.result())


async def _start_tls(wire: Wire, server: MailServer, context: ssl.SSLContext) -> None:
    """STARTTLS (RFC 9051 §6.2.1), which aioimaplib lacks.

    What came in the clear after the server's OK was not said by the server: it is refused, and
    so is PREAUTH, which would skip the command (RFC 9051 §11.3; CVE-2011-0411 and its kin).
    """
    if wire.state != NONAUTH:
        raise Misconfigured(f"{server.name} lets us in before STARTTLS: choose TLS")
    wire.before_tls = bytearray()
    command = Command("STARTTLS", wire.new_tag(), loop=wire.loop)
    response = await wire.answer(wire.execute(command))
    if response.result != "OK":
        raise Misconfigured(f"{server.name} knows no STARTTLS: choose TLS (port 993)")
    lines = bytes(wire.before_tls).split(b"\r\n")
    if lines[-1] or not lines[-2].startswith(command.tag.encode()):
        raise ConnectionError("somebody wrote into the connection before it was encrypted")
    wire.before_tls = None
    transport = await wire.loop.start_tls(
        wire.transport, wire, context, server_hostname=server.host
    )
    wire.transport = transport


def _text(line: bytes) -> str:
    return line.decode(errors="replace").removeprefix("* ").strip()[:300]
