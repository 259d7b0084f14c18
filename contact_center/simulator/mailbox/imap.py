"""A small IMAP server with one mailbox, as much of RFC 3501 as a listener needs, and its faults.

Stateful and in memory; a restart begins with another UIDVALIDITY, as a server without a memory
must. It listens on loopback alone.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

Fault = Literal["none", "drop", "bye", "silent", "password"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
INBOX = "INBOX"
KEPT = 500  # mails of a folder; older ones are expunged
CAPABILITIES = "IMAP4rev1 IDLE MOVE UIDPLUS LITERAL+"
GOODBYE = "* BYE the server is going down for maintenance"
WRONG = "NO [AUTHENTICATIONFAILED] Invalid user name or password"
_PART = re.compile(r"BODY\.PEEK\[\](?:<0\.(\d+)>)?")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


@dataclass(slots=True)
class Stored:
    """One mail of a folder."""

    uid: int
    raw: bytes
    at: datetime
    flags: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Folder:
    """Mails in the order of their UIDs."""

    mails: list[Stored] = field(default_factory=list)
    uidnext: int = 1

    def add(self, raw: bytes, at: datetime, flags: Iterable[str] = ()) -> Stored:
        mail = Stored(self.uidnext, raw, at, set(flags))
        self.uidnext += 1
        self.mails = [*self.mails, mail][-KEPT:]
        return mail

    def within(self, uids: str) -> Iterator[Stored]:
        """The mails of a set of UIDs; `*` is the last there is."""
        top = self.mails[-1].uid if self.mails else 0
        for part in uids.split(","):
            first, _, last = part.partition(":")
            ends = [top if end == "*" else int(end) for end in (first, last or first)]
            yield from [m for m in self.mails if min(ends) <= m.uid <= max(ends)]


class FakeImap:
    """The server. `fault` is what is wrong with it until another one is chosen."""

    def __init__(self, user: str, password: str) -> None:
        self.user, self.password = user, password
        self.folders: dict[str, Folder] = {INBOX: Folder()}
        self.uidvalidity = int(time.time())
        self.fault: Fault = "none"
        self.port = 0
        self._sessions: set[_Session] = set()
        self._server: asyncio.Server | None = None
        self._awake = asyncio.Event()
        self._awake.set()

    async def start(self, port: int = 0) -> None:
        """Listen on this port, or any that is free."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut all connections and listen no more."""
        if self._server is not None:
            self._server.close()
            self._awake.set()
            self._each(_Session.cut)
            await self._server.wait_closed()

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._sessions)

    def deliver(self, raw: bytes) -> None:
        """A mail has come; whoever waits is told."""
        inbox = self.folders[INBOX]
        inbox.add(raw, datetime.now(UTC))
        if self.fault != "silent":
            self._each(lambda session: session.tell(f"* {len(inbox.mails)} EXISTS"))

    def fail(self, fault: Fault) -> None:
        """From now on this is wrong; "none" mends it."""
        self.fault = fault
        if fault == "silent":
            self._awake.clear()
            return
        self._awake.set()
        if fault == "bye":
            self._each(lambda session: session.say(GOODBYE))
        if fault in ("bye", "drop", "password"):
            self._each(_Session.end if fault == "bye" else _Session.cut)

    def _each(self, act: Callable[[_Session], None]) -> None:
        for session in list(self._sessions):
            act(session)

    async def awake(self) -> None:
        """Wait for as long as the server is silent."""
        await self._awake.wait()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        self._sessions.add(session)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
                await session.run()
        finally:
            self._sessions.discard(session)
            writer.close()


class _Session:
    """One connection."""

    def __init__(
        self, server: FakeImap, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._folder: Folder | None = None
        self._known = False
        self._idles = False

    def say(self, line: str | bytes) -> None:
        """One line, if anybody is there to hear it."""
        if not self._writer.transport.is_closing():
            self._writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def tell(self, line: str) -> None:
        """Say it where it is waited for."""
        if self._idles:
            self.say(line)

    def cut(self) -> None:
        """The connection is gone without a word."""
        self._writer.transport.abort()

    def end(self) -> None:
        """The connection ends when all is said."""
        self._writer.close()

    async def run(self) -> None:
        await self._server.awake()
        if self._server.fault == "bye":
            self.say(GOODBYE)
            return
        self.say("* OK a mailbox of the simulator")
        while line := (await self._reader.readline()).decode("utf-8", "replace").strip():
            await self._server.awake()
            if self._server.fault == "drop":
                self.cut()
                return
            tag, _, rest = line.partition(" ")
            words = [quoted or plain for quoted, plain in _WORD.findall(rest)]
            name = words.pop(0).upper() if words else ""
            if name == "UID" and words:
                name = words.pop(0).upper()
            self.say(f"{tag} {await self._answer(name, words, rest)}")
            if name == "LOGOUT":
                return

    async def _answer(self, name: str, words: list[str], line: str) -> str:
        commands: dict[str, Callable[[list[str], str], Awaitable[str]]] = {
            "LOGIN": self._login, "SELECT": self._select, "SEARCH": self._search,
            "FETCH": self._fetch, "STORE": self._store, "MOVE": self._move, "COPY": self._move,
            "IDLE": self._idle, "CREATE": self._create,
        }  # fmt: skip
        if name == "CAPABILITY":
            self.say(f"* CAPABILITY {CAPABILITIES}")
        if name == "LOGOUT":
            self.say("* BYE until later")
        if name in commands:
            if not self._known and name != "LOGIN":
                return "BAD log in first"
            if self._folder is None and name not in ("LOGIN", "SELECT", "CREATE"):
                return "BAD select a folder first"
            return await commands[name](words, line)
        return "OK done" if name in ("CAPABILITY", "NOOP", "LOGOUT", "EXPUNGE") else "BAD unknown"

    async def _login(self, words: list[str], _line: str) -> str:
        given = [word.replace('\\"', '"').replace("\\\\", "\\") for word in words]
        good = given == [self._server.user, self._server.password]
        self._known = good and self._server.fault != "password"
        return "OK logged in" if self._known else WRONG

    async def _select(self, words: list[str], _line: str) -> str:
        self._folder = self._server.folders.get(words[0])
        if self._folder is None:
            return "NO there is no such folder"
        self.say(f"* {len(self._folder.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self._server.uidvalidity}] valid")
        self.say(f"* OK [UIDNEXT {self._folder.uidnext}] next")
        return "OK [READ-WRITE] selected"

    async def _create(self, words: list[str], _line: str) -> str:
        self._server.folders.setdefault(words[0], Folder())
        return "OK created"

    async def _search(self, words: list[str], _line: str) -> str:
        upper = [word.upper() for word in words]
        uids = words[upper.index("UID") + 1] if "UID" in upper else "1:*"
        found = sorted({mail.uid for mail in self._chosen(uids)})
        self.say(" ".join(["* SEARCH", *map(str, found)]))
        return "OK searched"

    async def _fetch(self, words: list[str], line: str) -> str:
        mails = self._folder.mails if self._folder else []
        for mail in self._chosen(words[0]):
            head = f"* {mails.index(mail) + 1} FETCH (UID {mail.uid} FLAGS ({self._flags(mail)})"
            part = _PART.search(line)
            if part is None:
                date = f'INTERNALDATE "{mail.at:%d-%b-%Y %H:%M:%S +0000}"'
                self.say(f"{head} {date} RFC822.SIZE {len(mail.raw)})")
                continue
            body = mail.raw[: int(part[1])] if part[1] else mail.raw
            self.say(f"{head} BODY[]{'<0>' if part[1] else ''} {{{len(body)}}}")
            self.say(body + b")")
            await self._writer.drain()
        return "OK fetched"

    async def _store(self, words: list[str], line: str) -> str:
        flags = set(line[line.index("(") + 1 : line.rindex(")")].split())
        for mail in self._chosen(words[0]):
            mail.flags |= flags
        return "OK stored"

    async def _move(self, words: list[str], line: str) -> str:
        target = self._server.folders.get(words[1])
        if target is None:
            return "NO [TRYCREATE] there is no such folder"
        for mail in list(self._chosen(words[0])):
            target.add(mail.raw, mail.at, mail.flags)
            if "MOVE" in line.upper().split() and self._folder is not None:
                self.say(f"* {self._folder.mails.index(mail) + 1} EXPUNGE")
                self._folder.mails.remove(mail)
        return "OK done"

    async def _idle(self, _words: list[str], _line: str) -> str:
        self.say("+ idling")
        self._idles = True
        try:
            await self._reader.readline()
            await self._server.awake()
        finally:
            self._idles = False
        return "OK done"

    def _chosen(self, uids: str) -> Iterable[Stored]:
        return self._folder.within(uids) if self._folder is not None else ()

    def _flags(self, mail: Stored) -> str:
        return " ".join(sorted(mail.flags))
