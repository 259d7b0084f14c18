"""An IMAP server that does what a test tells it to, above all what servers should not do.

It speaks enough of RFC 3501 for our client. A fault is a function `(session, tag, words)` hung to
a command by its name: it returns None to leave the command unanswered, or "go on" to have it
answered as usual; it may close, hang, write anything. Faults are used up in turn.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

GO_ON = "go on"

Fault = Callable[["Session", str, str], Awaitable[str | None]]


@dataclass
class Mail:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    date: str = "07-Feb-2026 22:19:13 +0300"


class ScriptedImap:
    """`mails` is the folder, `said` all commands, `faults` what goes wrong at a command."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[Mail] = []
        self.moved: dict[str, list[Mail]] = defaultdict(list)
        self.uidvalidity = 1
        self.uidnext = 1
        self.capabilities = "IMAP4rev1 IDLE MOVE UIDPLUS SASL-IR AUTH=PLAIN AUTH=XOAUTH2"
        self.greeting = "* OK scripted"
        self.password = "secret"
        self.token = "token"
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.said: list[str] = []
        self.sessions: list[Session] = []
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; again on the same port after a stop."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut all connections and listen no more."""
        if self._server is not None:
            self._server.close()
            for session in list(self.sessions):
                session.cut()
            await self._server.wait_closed()
            self._server = None

    def add(self, raw: bytes, **more: str) -> Mail:
        """A mail arrives; those who IDLE are told."""
        mail = Mail(self.uidnext, raw, **more)  # type: ignore[arg-type]
        self.uidnext += 1
        self.mails.append(mail)
        self.push(f"* {len(self.mails)} EXISTS")
        return mail

    def push(self, line: str) -> None:
        """Say something to all who IDLE."""
        for session in self.sessions:
            if session.idling:
                session.known = len(self.mails)
                session.say(line)

    def count(self, command: str) -> int:
        """How often a command came."""
        return sum(line.startswith(command) for line in self.said)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = Session(self, reader, writer)
        self.sessions.append(session)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await session.run()
        finally:
            self.sessions.remove(session)
            writer.close()


class Session:
    """One connection."""

    def __init__(
        self, server: ScriptedImap, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.idling = False
        self.known = 0  # how many mails it was told of

    def say(self, line: str | bytes) -> None:
        """One line."""
        self.writer.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def cut(self) -> None:
        """The connection is gone, without a word."""
        self.writer.transport.abort()

    async def line(self) -> str:
        """The next line of the client."""
        read = await self.reader.readline()
        if not read:
            raise ConnectionResetError
        return read.decode().rstrip("\r\n")

    async def run(self) -> None:
        self.say(self.server.greeting)
        while self.server.greeting.startswith(("* OK", "* PREAUTH")):
            line = await self.line()
            tag, _, rest = line.partition(" ")
            words = rest.split(" ", 1)
            name = words[0].upper()
            if name == "UID":
                name, words = rest.split(" ")[1].upper(), rest.split(" ", 2)[1:]
            self.server.said.append(rest)
            faults = self.server.faults[name]
            if faults and await faults.pop(0)(self, tag, rest) != GO_ON:
                continue
            await getattr(self, f"do_{name.lower()}")(tag, words[1] if len(words) > 1 else "")
            if name == "LOGOUT":
                return

    async def do_capability(self, tag: str, _: str) -> None:
        self.say(f"* CAPABILITY {self.server.capabilities}")
        self.say(f"{tag} OK done")

    async def do_noop(self, tag: str, _: str) -> None:
        self.say(f"{tag} OK done")

    do_id = do_noop
    do_create = do_noop

    async def do_starttls(self, tag: str, _: str) -> None:
        assert self.server._tls is not None
        self.say(f"{tag} OK begin")
        await self.writer.drain()
        await self.writer.start_tls(self.server._tls)

    async def do_login(self, tag: str, words: str) -> None:
        good = words.endswith(f'"{self.server.password}"')
        self.say(f"{tag} OK in" if good else f"{tag} NO [AUTHENTICATIONFAILED] Wrong password")

    async def do_authenticate(self, tag: str, words: str) -> None:
        import base64

        mechanism, _, initial = words.partition(" ")
        if not initial:
            self.say("+ ")
            initial = await self.line()
        told = base64.b64decode(initial).decode()
        if mechanism == "PLAIN":
            good = told.endswith("\0" + self.server.password)
        else:
            good = f"auth=Bearer {self.server.token}\1\1" in told
            if not good:
                self.say("+ eyJzdGF0dXMiOiI0MDAifQ==")
                assert await self.line() == ""
        self.say(f"{tag} OK in" if good else f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials")

    async def do_select(self, tag: str, _: str) -> None:
        self.known = len(self.server.mails)
        self.say(f"* {self.known} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.server.uidvalidity}] valid")
        self.say(f"* OK [UIDNEXT {self.server.uidnext}] next")
        self.say(f"{tag} OK [READ-WRITE] selected")

    async def do_search(self, tag: str, words: str) -> None:
        uids = " ".join(str(m.uid) for m in self.within(words.split()[1]))
        self.say(f"* SEARCH {uids}".rstrip())
        self.say(f"{tag} OK done")

    async def do_fetch(self, tag: str, words: str) -> None:
        span, _, parts = words.partition(" ")
        for mail in self.within(span):
            self.give(mail, parts)
        self.say(f"{tag} OK done")

    async def do_store(self, tag: str, words: str) -> None:
        span, _, flags = words.split(" ", 2)
        for mail in self.within(span):
            mail.flags |= set(flags.strip("()").split())
        self.say(f"{tag} OK done")

    async def do_expunge(self, tag: str, words: str) -> None:
        for mail in self.within(words):
            self.server.mails.remove(mail)
        self.say(f"{tag} OK done")

    async def do_copy(self, tag: str, words: str) -> None:
        span, _, folder = words.partition(" ")
        self.server.moved[folder.strip('"')] += self.within(span)
        self.say(f"{tag} OK done")

    async def do_move(self, tag: str, words: str) -> None:
        span, _, folder = words.partition(" ")
        for mail in self.within(span):
            self.server.moved[folder.strip('"')].append(mail)
            self.server.mails.remove(mail)
        self.say(f"{tag} OK done")

    async def do_idle(self, tag: str, _: str) -> None:
        self.say("+ idling")
        self.idling = True
        if self.known != len(self.server.mails):  # what came since the last command
            self.known = len(self.server.mails)
            self.say(f"* {self.known} EXISTS")
        try:
            assert (await self.line()).upper() == "DONE"
        finally:
            self.idling = False
        self.say(f"{tag} OK done")

    async def do_logout(self, tag: str, _: str) -> None:
        self.say("* BYE")
        self.say(f"{tag} OK done")

    def give(self, mail: Mail, parts: str) -> None:
        """One FETCH response."""
        number = self.server.mails.index(mail) + 1
        flags = " ".join(sorted(mail.flags))
        head = f"* {number} FETCH (UID {mail.uid} FLAGS ({flags})"
        part = re.search(r"BODY\.PEEK\[\](?:<0\.(\d+)>)?", parts)
        if part is None:
            self.say(f'{head} INTERNALDATE "{mail.date}" RFC822.SIZE {len(mail.raw)})')
            return
        body = mail.raw[: int(part[1])] if part[1] else mail.raw
        where = "<0>" if part[1] else ""
        self.say(f"{head} BODY[]{where} {{{len(body)}}}")
        self.writer.write(body)
        self.say(")")

    def within(self, span: str) -> list[Mail]:
        """The mails of a set of UIDs."""
        wanted: list[Mail] = []
        for part in span.split(","):
            first, _, last = part.partition(":")
            top = max((m.uid for m in self.server.mails), default=0)
            a, b = sorted((int(first), top if last == "*" else int(last or first)))
            wanted += [m for m in self.server.mails if a <= m.uid <= b]
        return wanted


async def hang(_session: Session, _tag: str, _words: str) -> None:
    """No answer, for ever."""


async def cut(session: Session, _tag: str, _words: str) -> None:
    """The connection is gone."""
    session.cut()


def answer(line: str) -> Fault:
    """Another tagged answer: `NO …`, `BAD …`."""

    async def fault(session: Session, tag: str, _words: str) -> None:
        session.say(f"{tag} {line}")

    return fault


def goodbye(words: str) -> Fault:
    """BYE instead of an answer, and then silence: the connection stays open."""

    async def fault(session: Session, _tag: str, _words: str) -> None:
        session.say(f"* BYE {words}")

    return fault


def first(line: str) -> Fault:
    """Something untagged before the usual answer."""

    async def fault(session: Session, _tag: str, _words: str) -> str:
        session.say(line)
        return GO_ON

    return fault
