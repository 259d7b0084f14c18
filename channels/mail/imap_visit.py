"""One visit to a folder, from SELECT until the connection ends: deliver what waits, then wait."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from channels.contract import Cursor
from channels.errors import Temporary
from channels.mail.imap_place import MailboxSettings, Place, RawMail
from channels.mail.imap_reader import Reader, Suspect
from channels.mail.imap_session import Folder, Session

DeliverRaw = Callable[[Sequence[RawMail], Cursor], Awaitable[None]]
Well = Callable[[str | None], Awaitable[None]]

WINDOW = 20_000  # UIDs of one search


class NotTaken(Exception):
    """`deliver` failed; its error is the cause."""


class Visit:
    """`place` is where we are; it outlives the visit. `well` is told of all progress."""

    def __init__(
        self,
        settings: MailboxSettings,
        session: Session,
        *,
        place: Place | None,
        deliver: DeliverRaw,
        suspect: Suspect,
        well: Well,
        sleep: Callable[[float], Awaitable[Any]],
    ) -> None:
        self.place = place
        self._settings = settings
        self._session = session
        self._deliver = deliver
        self._suspect = suspect
        self._well = well
        self._sleep = sleep
        self._warning: str | None = None

    async def stay(self) -> None:
        """Until Temporary is raised, or NotTaken."""
        folder = await self._session.select(self._settings.folder)
        place = self.place.within(folder) if self.place else await self._start(folder)
        self.place = await self._finish(place)
        while True:
            self.place = await self._catch_up(self.place, folder)
            await self._well(self._warning)
            if not self._session.news:  # what came meanwhile is not told of again
                await self._wait()

    async def _start(self, folder: Folder) -> Place:
        """The first place; committed before anything else, so nothing slips through a crash."""
        place = Place(self._settings.folder, folder.uidvalidity, 0, 0)
        if self._settings.start == "new":
            newest = (await self._session.search(1))[-1:] if folder.uidnext != 1 else []
            known = await self._session.describe(newest) if newest else {}
            dates = [known[uid].internal_date for uid in newest if uid in known]
            uid = max([*newest, (folder.uidnext or 1) - 1])
            since = dates[0].isoformat() if dates and dates[0] else None
            place = replace(place, uid=uid, handled=uid, since=since)
        await self._take([], place)
        return place

    async def _catch_up(self, place: Place, folder: Folder) -> Place:
        """Deliver all that waits, in the order of UIDs."""
        reader = Reader(self._session, self._settings, place.uidvalidity, self._suspect)
        while True:
            step = place.step(WINDOW, folder.uidnext)
            found = await self._session.search(step.first, step.last, *step.criteria)
            behind: Sequence[int] = found
            while behind:
                uids, behind = reader.portions(behind)
                place = await self._portion(reader.read(uids, behind), place)
            if step.last is None:
                return place
            self.place = place = replace(place, uid=max(place.uid, step.last))

    async def _portion(
        self, mails_up_to: AsyncGenerator[tuple[int, list[RawMail]]], place: Place
    ) -> Place:
        async with aclosing(mails_up_to):
            async for last, mails in mails_up_to:
                left = self._settings.handled == "leave"
                ahead = replace(place, uid=last, handled=last if left else place.handled)
                if mails:
                    await self._take(mails, ahead)
                self.place = place = await self._handle([m.uid for m in mails], ahead)
                await self._well(self._warning)
        return place

    async def _take(self, mails: Sequence[RawMail], place: Place) -> None:
        try:
            await self._deliver(mails, place.cursor())
        except Exception as error:
            raise NotTaken from error
        self.place = place

    async def _finish(self, place: Place) -> Place:
        """What was stored and not yet marked or moved when the last visit ended."""
        if self._settings.handled == "leave" or place.handled >= place.uid:
            return place
        uids = await self._session.search(place.handled + 1, place.uid)
        for start in range(0, len(uids), self._settings.slice_mails):
            place = await self._handle(uids[start : start + self._settings.slice_mails], place)
        return place

    async def _handle(self, uids: Sequence[int], place: Place) -> Place:
        """Mark or move what is stored. That the server refuses it does not stop the mail."""
        try:
            if uids and self._settings.handled == "seen":
                await self._session.mark_seen(uids)
            elif uids and self._settings.handled == "move":
                await self._session.move(uids, self._settings.move_to)
        except Temporary as error:
            if not self._session.alive:
                raise
            self._warning = str(error)
            return place
        if self._warning is None:
            place = replace(place, handled=uids[-1] if uids else place.uid)
        return place

    async def _wait(self) -> None:
        """For a push, or until it is time to ask; then for a sign of life."""
        if not self._session.idles:
            await self._sleep(self._settings.poll_seconds)
        else:
            await self._session.idle(self._settings.idle_seconds)
        if not self._session.news:
            await self._session.noop()
