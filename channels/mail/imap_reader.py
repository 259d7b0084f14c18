"""Reading mails by UID: in portions, whatever their size, whoever deletes them meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from channels.mail.imap_place import MailboxSettings, RawMail
from channels.mail.imap_session import Session
from channels.mail.imap_text import Record

# How often one and the same mail may end the session before it is approached differently.
ALONE_AFTER, BEGINNING_AFTER, GIVEN_UP_AFTER = 1, 3, 5


@dataclass(slots=True)
class Suspect:
    """The mail that was being read when a session ended, and how often that was so."""

    uid: int = 0
    times: int = 0

    def of(self, uid: int) -> int:
        """How often a session ended at this mail."""
        return self.times if uid == self.uid else 0

    def begin(self, uid: int) -> None:
        """From now on the end of the session counts against this mail."""
        self.uid, self.times = uid, self.of(uid) + 1

    def clear(self) -> None:
        """It was read."""
        self.uid = self.times = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads from one session."""

    session: Session
    settings: MailboxSettings
    uidvalidity: int
    suspect: Suspect

    def portion(self, uids: Sequence[int]) -> Sequence[int]:
        """The next mails to read: one alone where the last attempt ended the session."""
        alone = self.suspect.of(uids[0]) >= ALONE_AFTER
        return uids[: 1 if alone else self.settings.slice_mails]

    async def read(self, uids: Sequence[int]) -> AsyncGenerator[tuple[int, list[RawMail]]]:
        """The mails of a portion in order, with the UID up to which each list is complete."""
        ended = self.suspect.of(uids[0])
        self.suspect.begin(uids[0])
        if ended >= GIVEN_UP_AFTER:
            yield uids[-1], [self._mail(uids[0], None, None, "the server fails at this mail")]
        else:
            known = await self.session.describe(uids)
            for group in groups(uids, known, self.settings):
                if len(group) == 1 and (ended >= BEGINNING_AFTER or self._large(known, group[0])):
                    mails = await self._beginning(group[0], known)
                else:
                    mails = await self._whole(group, known)
                yield group[-1], mails
        self.suspect.clear()

    async def _whole(self, uids: Sequence[int], known: Mapping[int, Record]) -> list[RawMail]:
        bodies = await self.session.fetch(uids, _size(uids, known))
        for uid in await self._left_out(set(uids) - bodies.keys()):
            bodies |= await self.session.fetch([uid], _size([uid], known))
        left = await self._left_out(set(uids) - bodies.keys())
        return [
            self._mail(uid, known.get(uid), bodies.get(uid), "the server does not give this mail")
            for uid in uids
            if uid in bodies or uid in left
        ]

    async def _left_out(self, uids: set[int]) -> set[int]:
        """Those that did not come although they are still there: not expunged, not moved."""
        return set(await self.session.search(min(uids), max(uids))) & uids if uids else set()

    async def _beginning(self, uid: int, known: Mapping[int, Record]) -> list[RawMail]:
        raw = await self.session.fetch_beginning(uid, self.settings.beginning)
        if raw is None and not await self._left_out({uid}):
            return []
        return [self._mail(uid, known.get(uid), raw, "the server does not give this mail",
                           truncated=True)]  # fmt: skip

    def _large(self, known: Mapping[int, Record], uid: int) -> bool:
        return _size([uid], known) > self.settings.size_limit

    def _mail(
        self, uid: int, record: Record | None, raw: bytes | None, problem: str,
        *, truncated: bool = False,
    ) -> RawMail:  # fmt: skip
        return RawMail(
            uid,
            self.uidvalidity,
            record.flags if record else frozenset(),
            record.internal_date if record else None,
            raw or b"",
            truncated=truncated,
            problem=problem if raw is None else None,
        )


def groups(
    uids: Sequence[int], known: Mapping[int, Record], settings: MailboxSettings
) -> Iterator[Sequence[int]]:
    """Neighbours that fit into one answer together; a large mail alone."""
    group: list[int] = []
    for uid in uids:
        if group and _size([*group, uid], known) > settings.slice_bytes:
            yield group
            group = []
        group.append(uid)
    yield group


def _size(uids: Sequence[int], known: Mapping[int, Record]) -> int:
    return sum(known[uid].size or 0 for uid in uids if uid in known)
