"""Where we are in a folder, and what is given to whoever takes its mails. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from channels.errors import Misconfigured
from channels.mail import imap_text
from channels.mail.imap_session import Folder
from channels.mail.servers import MailServer

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """One folder of one account. Only this folder is ever opened: spam stays where it is.

    `start`: what is read when there is no cursor yet, mail from now on or all there is.
    `handled`: what happens on the server to a mail that was stored. A mail larger than
    `size_limit` comes as its first `beginning` bytes. IDLE is renewed often, because that is how
    a server that has stopped answering is noticed within two minutes.
    """

    server: MailServer
    folder: str = "INBOX"
    start: Literal["new", "all"] = "new"
    handled: Literal["leave", "seen", "move"] = "leave"
    move_to: str = ""
    size_limit: int = 40 * MEGABYTE
    beginning: int = MEGABYTE // 4
    slice_mails: int = 50
    slice_bytes: int = 8 * MEGABYTE
    idle_seconds: float = 60.0
    poll_seconds: float = 30.0

    def check(self) -> None:
        """Raise Misconfigured where no server need be asked."""
        self.server.check_privacy()
        if self.handled == "move" and not self.move_to:
            raise Misconfigured("name the folder to which handled mail is moved")
        if self.handled == "move" and self.move_to == self.folder:
            raise Misconfigured("handled mail cannot be moved to the folder it is read from")


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as the server holds it. `truncated`: `raw` is only its beginning.

    `problem`: why the server could not give it; `raw` may then be empty. It is delivered all the
    same, so that somebody looks into the mailbox and the mails behind it do not wait.
    """

    uid: int
    uidvalidity: int
    flags: frozenset[str]
    internal_date: datetime | None
    raw: bytes
    truncated: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """All up to `uid` is delivered, all up to `handled` marked or moved.

    `since` is the date of the newest mail that was there when we began with mail from now on:
    when the folder is given again from its start, UIDs below `again_below` must not be older.
    """

    folder: str
    uidvalidity: int
    uid: int
    handled: int
    since: str | None = None
    again_below: int = 0

    @classmethod
    def of(cls, cursor: dict[str, Any] | None, folder: str) -> Place | None:
        """The place a cursor tells; None to begin anew, also when the folder is another one."""
        if cursor is None or cursor.get("folder") != folder:
            return None
        return cls(
            folder, int(cursor["uidvalidity"]), int(cursor["uid"]), int(cursor["handled"]),
            cursor.get("since"), int(cursor.get("again_below", 0)),
        )  # fmt: skip

    def cursor(self) -> dict[str, Any]:
        """This place as JSON."""
        return {
            "folder": self.folder, "uidvalidity": self.uidvalidity, "uid": self.uid,
            "handled": self.handled, "since": self.since, "again_below": self.again_below,
        }  # fmt: skip

    def within(self, folder: Folder) -> Place:
        """This place in the folder as it is now, or its start where UIDs have lost their meaning.

        That is when UIDVALIDITY is another one (RFC 9051 §2.3.1.1), and also when UIDNEXT went
        back below what we have had: a backup was restored, and new mail would go unseen.
        """
        went_back = folder.uidnext is not None and folder.uidnext <= self.uid
        if folder.uidvalidity == self.uidvalidity and not went_back:
            return self
        below = folder.uidnext or 2**32
        return replace(self, uidvalidity=folder.uidvalidity, uid=0, handled=0, again_below=below)

    def step(self, width: int, uidnext: int | None) -> Step:
        """What to search next: a bounded span while there is far to go, else to the end."""
        first = self.uid + 1
        if self.since is not None and first < self.again_below:
            last = min(first + width, self.again_below) - 1
            day = datetime.fromisoformat(self.since) - timedelta(days=1)  # zones differ
            return Step(first, last, ("SINCE", imap_text.search_date(day)))
        far = uidnext is not None and first + width < uidnext
        return Step(first, first + width - 1 if far else None)


@dataclass(frozen=True, slots=True)
class Step:
    """One SEARCH."""

    first: int
    last: int | None
    criteria: tuple[str, ...] = ()
