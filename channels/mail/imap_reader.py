"""Reading mails by UID: in portions, whatever their size, whoever deletes them meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from channels.errors import Temporary
from channels.mail.imap_place import MailboxSettings, RawMail
from channels.mail.imap_session import Session
from channels.mail.imap_text import Record

# How often one and the same mail may end the session before it is approached differently.
ALONE_AFTER, BEGINNING_AFTER, COMPARED_AFTER = 1, 3, 5
PROOFS = 2  # how often a mail ended a session in which another could be read, to be given up


@dataclass(slots=True)
class Suspect:
    """The mail that was being read when a session ended, and how often that was so."""

    uid: int = 0
    times: int = 0
    proofs: int = 0

    def of(self, uid: int) -> int:
        """How often a session ended at this mail."""
        return self.times if uid == self.uid else 0

    def begin(self, uid: int) -> None:
        """From now on the end of the session counts against this mail."""
        if uid != self.uid:
            self.uid, self.times, self.proofs = uid, 0, 0
        self.times += 1

    def clear(self) -> None:
        """It was read."""
        self.uid = self.times = self.proofs = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads from one session."""

    session: Session
    settings: MailboxSettings
    uidvalidity: int
    suspect: Suspect

    def portions(self, uids: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """The next mails to read, one alone where the last attempt ended the session; the rest."""
        alone = self.suspect.of(uids[0]) >= ALONE_AFTER
        count = 1 if alone else self.settings.slice_mails
        return uids[:count], uids[count:]

    async def read(
        self, uids: Sequence[int], behind: Sequence[int]
    ) -> AsyncGenerator[tuple[int, list[RawMail]]]:
        """The mails of a portion in order, with the UID up to which each list is complete.

        A mail is given up when sessions end at it in which one of those `behind` it could be
        read: a server that fails at every mail is waited for.
        """
        ended = self.suspect.of(uids[0])
        self.suspect.begin(uids[0])
        if self.suspect.proofs >= PROOFS:
            yield uids[0], [self._mail(uids[0], None, None, "the server fails at this mail")]
        else:
            if ended >= COMPARED_AFTER and behind:
                await self._whole([behind[ended % len(behind)]], {})
                self.suspect.proofs += 1
            known = await self.session.describe(uids)
            for group in groups(uids, known, self.settings):
                beginning = ended >= BEGINNING_AFTER or self._large(known, group[0])
                if len(group) == 1 and beginning:
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
        if left and not bodies:
            raise self._nothing()
        problem = f"the server does not give this mail: {self.session.refusal}"
        return [
            self._mail(uid, known.get(uid), bodies.get(uid), problem)
            for uid in uids
            if uid in bodies or uid in left
        ]

    def _nothing(self) -> Temporary:
        return Temporary(f"the server gives no mail: {self.session.refusal or 'it says OK'}")

    async def _left_out(self, uids: set[int]) -> set[int]:
        """Those that did not come although they are still there: not expunged, not moved."""
        return set(await self.session.search(min(uids), max(uids))) & uids if uids else set()

    async def _beginning(self, uid: int, known: Mapping[int, Record]) -> list[RawMail]:
        raw = await self.session.fetch_beginning(uid, self.settings.beginning)
        if raw is None and await self._left_out({uid}):
            raise self._nothing()
        return [] if raw is None else [self._mail(uid, known.get(uid), raw, truncated=True)]

    def _large(self, known: Mapping[int, Record], uid: int) -> bool:
        return _size([uid], known) > self.settings.size_limit

    def _mail(
        self, uid: int, record: Record | None, raw: bytes | None, problem: str = "",
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
    most = min(settings.slice_bytes, settings.size_limit)
    group: list[int] = []
    for uid in uids:
        if group and _size([*group, uid], known) > most:
            yield group
            group = []
        group.append(uid)
    yield group


def _size(uids: Sequence[int], known: Mapping[int, Record]) -> int:
    return sum(known[uid].size or 0 for uid in uids if uid in known)
