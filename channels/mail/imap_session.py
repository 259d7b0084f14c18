"""One session with an IMAP server: every question has a deadline, every failure a name.

After any failure the session is over: what a server meant to say next is anybody's guess.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from aioimaplib.aioimaplib import AioImapException, Command

from channels.errors import Temporary
from channels.mail import imap_text, imap_wire
from channels.mail.imap_login import log_in
from channels.mail.imap_text import Record
from channels.mail.imap_wire import Wire
from channels.mail.servers import MailServer

T = TypeVar("T")

_GOODBYE_SECONDS = 2.0
_SLOWEST = 16 * 1024  # bytes a second below which a mail is given up


@dataclass(frozen=True, slots=True)
class Folder:
    """A selected folder. `uidnext` is None where the server does not tell."""

    uidvalidity: int
    uidnext: int | None


class Session:
    """Logged in. Raises Temporary for whatever ends it and Misconfigured for what will not pass."""

    def __init__(self, wire: Wire, server: MailServer) -> None:
        self._wire = wire
        self._server = server
        self._idle_refused = False
        self.refusal = ""  # the server's words where the last FETCH did not end with OK

    @classmethod
    async def open(cls, server: MailServer) -> Self:
        """Connect and log in."""
        session = cls(await imap_wire.connect(server), server)
        try:
            await session._ask(session._wire.capability())
            await log_in(session._wire, server, session._ask)
            await session._ask(session._wire.capability())  # more is offered to those logged in
            if session.offers("ID"):  # RFC 2971; NetEase lets nobody in who does not say it
                await session._command("ID", '("name" "contact-center")')
        except BaseException:
            session.drop()
            raise
        return session

    def offers(self, capability: str) -> bool:
        """Whether the server has said it can do this."""
        return capability in self._wire.capabilities

    @property
    def idles(self) -> bool:
        """Whether the server pushes; some offer IDLE and then refuse it."""
        return self.offers("IDLE") and not self._idle_refused

    @property
    def alive(self) -> bool:
        """Whether the connection still stands, as far as we have heard."""
        return not self._wire.lost.done()

    def drop(self) -> None:
        """Leave without a word."""
        self._wire.over("given up")

    async def close(self) -> None:
        """Leave politely, but not for long, and not in the middle of a command."""
        busy = self._wire.pending_sync_command or self._wire.pending_async_commands
        if self.alive and not busy:
            with suppress(Exception):
                await self._ask(self._wire.logout(), _GOODBYE_SECONDS)
        self.drop()

    async def select(self, folder: str) -> Folder:
        """Open a folder; flags of mails do not change by it."""
        response = await self._ask(self._wire.select(imap_text.folder_name(folder)))
        self._expect(response, f"the folder {folder!r} cannot be opened")
        validity = imap_text.number(response.lines, "UIDVALIDITY")
        if validity is None:
            raise Temporary(f"{self._server.name}: the folder {folder!r} has no UIDVALIDITY")
        return Folder(validity, imap_text.number(response.lines, "UIDNEXT"))

    async def search(self, first: int, last: int | None = None, *criteria: str) -> list[int]:
        """The UIDs between, in order; `n:*` also names the last mail when n is beyond it."""
        self._wire.news.clear()  # what is told of from now on may have come too late for this
        span = f"{first}:{last or '*'}"
        response = await self._ask(
            self._wire.search("UID", span, *criteria, charset=None, by_uid=True)
        )
        self._expect(response, "the folder cannot be searched")
        return [uid for uid in imap_text.found(response.lines) if uid >= first]

    async def describe(self, uids: Collection[int]) -> dict[int, Record]:
        """Sizes, flags and dates of those mails that still exist."""
        lines = await self._fetch(uids, "(UID FLAGS INTERNALDATE RFC822.SIZE)", 0)
        return {record.uid: record for record in imap_text.records(lines)}

    async def fetch(self, uids: Collection[int], size: int) -> dict[int, bytes]:
        """The mails, `size` bytes in sum, without marking them read. Missing: expunged."""
        lines = await self._fetch(uids, "(UID BODY.PEEK[])", size)
        return _bodies(lines)

    async def fetch_beginning(self, uid: int, size: int) -> bytes | None:
        """The first bytes of one mail: its headers and the beginning of its body."""
        lines = await self._fetch([uid], f"(UID BODY.PEEK[]<0.{size}>)", size)
        return _bodies(lines).get(uid)

    async def mark_seen(self, uids: Collection[int]) -> None:
        """Set the flag the mail program shows as read."""
        await self._store(uids, r"(\Seen)")

    async def move(self, uids: Collection[int], folder: str) -> None:
        """Move (RFC 6851), or copy and delete; the folder is made where it is missing.

        Without MOVE and UIDPLUS (RFC 4315) the mails stay behind marked as deleted: a plain
        EXPUNGE would also remove what other people have marked.
        """
        verb = "MOVE" if self.offers("MOVE") else "COPY"
        name = imap_text.folder_name(folder)
        response = await self._command(verb, imap_text.uid_set(uids), name, prefix="UID")
        if response.result != "OK" and imap_text.code(response.lines, "TRYCREATE") is not None:
            await self._ask(self._wire.simple_command("CREATE", name))
            response = await self._command(verb, imap_text.uid_set(uids), name, prefix="UID")
        self._expect(response, f"mails cannot be moved to {folder!r}")
        if verb == "COPY":
            await self._store(uids, r"(\Deleted)")
            if self.offers("UIDPLUS"):
                await self._command("EXPUNGE", imap_text.uid_set(uids), prefix="UID")

    async def noop(self) -> None:
        """Ask for a sign of life."""
        self._expect(await self._command("NOOP"), "no sign of life")

    @property
    def news(self) -> bool:
        """Whether the server has told of new mail since the last search began."""
        return self._wire.news.is_set()

    async def idle(self, seconds: float) -> None:
        """Wait (RFC 2177) until the server tells of new mail, or the time is over."""
        wire = self._wire
        running = asyncio.ensure_future(wire.idle())
        begun = asyncio.ensure_future(wire.wait_for_idle_response())
        try:
            await self._ask(_first(begun, running))
            if running.done():
                self._idle_refused = True
                return
            await self._pushed(seconds)
            wire.idle_done()
            await self._ask(_first(running))
        finally:
            begun.cancel()
            running.cancel()

    async def _pushed(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wire.answer(self._wire.news.wait())
        except TimeoutError:
            pass
        except ConnectionError as error:
            raise self._ended(str(error)) from None

    async def _store(self, uids: Collection[int], flags: str) -> None:
        words = (imap_text.uid_set(uids), "+FLAGS.SILENT", flags)
        response = await self._ask(self._wire.store(*words, by_uid=True))
        self._expect(response, "mails cannot be marked")

    async def _fetch(self, uids: Collection[int], parts: str, size: int) -> imap_text.Lines:
        """NO or BAD is no reason to stop: the answer may be short of expunged mails alone."""
        timeout = self._server.timeout
        work = self._wire.fetch(imap_text.uid_set(uids), parts, by_uid=True, timeout=timeout)
        response = await self._ask(work, timeout + size / _SLOWEST)
        self.refusal = "" if response.result == "OK" else imap_text.words(response.lines)
        lines: imap_text.Lines = response.lines
        return lines

    async def _command(self, name: str, *words: str, prefix: str | None = None) -> Any:
        command = Command(name, self._wire.new_tag(), *words, prefix=prefix)
        return await self._ask(self._wire.execute(command))

    async def _ask(self, work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        limit = self._server.timeout if seconds is None else seconds
        try:
            async with asyncio.timeout(limit):
                return await self._wire.answer(work)
        except TimeoutError:
            raise self._ended(f"no answer within {limit:.0f} s") from None
        except ConnectionError as error:
            raise self._ended(str(error)) from None
        except AioImapException:  # its text may hold the command, and so the password
            raise self._ended("it stopped answering, or not as it should") from None

    def _ended(self, reason: str) -> Temporary:
        self._wire.over(reason)
        return Temporary(f"{self._server.name}: {reason}")

    def _expect(self, response: Any, otherwise: str) -> None:
        if response.result != "OK":
            words = self._server.redact(imap_text.words(response.lines))
            raise Temporary(f"{self._server.name}: {otherwise}: {words}")


async def _first(*tasks: asyncio.Future[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _bodies(lines: imap_text.Lines) -> dict[int, bytes]:
    found = imap_text.records(lines)
    return {record.uid: record.body for record in found if record.body is not None}
