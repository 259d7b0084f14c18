"""An SMTP server that answers as a test tells it to, and keeps what arrived."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

CUT, HANG = "cut", "hang"


@dataclass
class Arrived:
    sender: str
    recipients: list[str]
    raw: bytes


class ScriptedSmtp:
    """`answers` holds other answers by verb (also `greeting`, `body` and `dot`), used in turn.

    An answer is a line, several lines, CUT or HANG; one that ends with CUT is cut behind it.
    `body` answers in the middle of a mail. For RCPT answers are by address.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.recipients: dict[str, str] = {}
        self.refuses_senders: set[str] = set()  # told at RCPT, as Postfix does
        self.extensions = ["8BITMIME", "SMTPUTF8", "SIZE 50000000", "AUTH PLAIN LOGIN XOAUTH2"]
        self.password, self.token = "secret", "token"
        self.arrived: list[Arrived] = []
        self.said: list[str] = []
        self.connections = 0
        self.port = 0
        self.open: list[asyncio.StreamWriter] = []
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def start(self, *, encrypted: bool = False) -> None:
        """Listen."""
        context = self._tls if encrypted else None
        self._server = await asyncio.start_server(
            self._meet, "127.0.0.1", self.port, ssl=context, limit=2**20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut all connections and listen no more."""
        if self._server is not None:
            self._server.close()
            self.cut()
            await self._server.wait_closed()

    def cut(self) -> None:
        """Cut all connections."""
        for writer in self.open:
            writer.transport.abort()

    def count(self, verb: str) -> int:
        """How often a command came."""
        return sum(line.upper().startswith(verb) for line in self.said)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Talk(self, reader, writer).run()
        self.open.remove(writer)
        writer.close()


class _Talk:
    def __init__(
        self, server: ScriptedSmtp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.envelope = Arrived("", [], b"")

    async def run(self) -> None:
        await self.say("greeting", "220 scripted ESMTP")
        while True:
            line = await self.line()
            self.server.said.append(line)
            verb = line.split(" ")[0].upper() or "EMPTY"
            await getattr(self, f"do_{verb.lower()}")(line)
            if verb == "QUIT":
                return

    async def line(self) -> str:
        return (await self.reader.readuntil(b"\r\n")).decode().rstrip("\r\n")

    async def say(self, what: str, usual: str) -> str:
        """The usual answer, or the one a test has put there."""
        planned = self.server.answers[what]
        return await self.give(planned.pop(0) if planned else usual)

    async def give(self, answer: str) -> str:
        if answer == HANG:
            await self.reader.read(-1)
            raise ConnectionResetError
        text = answer.removesuffix(CUT)
        self.writer.write((text if not text or text.endswith("\r") else text + "\r\n").encode())
        await self.writer.drain()
        if answer.endswith(CUT):
            await asyncio.sleep(0.02)
            self.writer.transport.abort()
            raise ConnectionResetError
        return answer

    async def do_ehlo(self, _: str) -> None:
        extensions = list(self.server.extensions)
        if self.writer.get_extra_info("sslcontext") is None and self.server._tls is not None:
            extensions.append("STARTTLS")
        lines = ["scripted", *extensions]
        marks = ["-"] * (len(lines) - 1) + [" "]
        text = "\r\n".join(f"250{m}{one}" for m, one in zip(marks, lines, strict=True))
        await self.say("EHLO", text)

    async def do_starttls(self, _: str) -> None:
        if (await self.say("STARTTLS", "220 go ahead")).startswith("220"):
            assert self.server._tls is not None
            await self.writer.start_tls(self.server._tls)

    async def do_auth(self, line: str) -> None:
        told = base64.b64decode(line.split(" ")[2]).decode()
        if "XOAUTH2" in line:
            good = f"auth=Bearer {self.server.token}\1\1" in told
            if not good:
                await self.give("334 eyJzdGF0dXMiOiI0MDAifQ==")
                assert await self.line() == ""
        else:
            good = told.endswith("\0" + self.server.password)
        await self.say("AUTH", "235 in" if good else "535 5.7.8 Bad credentials")

    async def do_mail(self, line: str) -> None:
        self.envelope = Arrived(line.partition("<")[2].partition(">")[0], [], b"")
        await self.say("MAIL", "250 ok")

    async def do_rcpt(self, line: str) -> None:
        address = line.partition("<")[2].partition(">")[0]
        answer = self.server.recipients.get(address, "250 ok")
        if self.envelope.sender in self.server.refuses_senders:
            answer = "553 5.7.1 Sender address rejected: not owned by user"
        if answer.startswith("250"):
            self.envelope.recipients.append(address)
        await self.give(answer)

    async def do_data(self, _: str) -> None:
        if not (await self.say("DATA", "354 go on")).startswith("354"):
            return
        if self.server.answers["body"]:
            await self.reader.read(1)
            await self.say("body", "")
        raw = bytearray(b"\r\n")
        while not raw.endswith(b"\r\n.\r\n"):
            piece = await self.reader.read(2**20)
            if not piece:
                raise ConnectionResetError
            raw += piece
        self.envelope.raw = bytes(raw[:-3]).replace(b"\r\n..", b"\r\n.")[2:]
        if not self.server.answers["dot"] or self.server.answers["dot"][0].startswith("250"):
            self.server.arrived.append(self.envelope)
        await self.say("dot", "250 2.0.0 Ok: queued as 4XyZ")

    async def do_rset(self, _: str) -> None:
        await self.say("RSET", "250 ok")

    async def do_quit(self, _: str) -> None:
        await self.say("QUIT", "221 bye")
