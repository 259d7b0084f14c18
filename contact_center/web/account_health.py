"""How one account does: what it moved within the hour and the day, what waits, what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts.traffic import COUNTED, median
from contact_center.storage import account_health as numbers
from contact_center.storage.unit import Record
from contact_center.web.keys import DATABASE

HOURS = 24


class Sums(BaseModel):
    """Of a time. `failures`: share of attempts that ended in none knows or no, from 0 to 1.

    `half_within`: seconds within which the provider answered half of the sends.
    """

    received: int
    refused: int
    unreadable: int
    sent: int
    failed: int
    postponed: int
    uncertain: int
    failures: float | None
    half_within: float | None


class Hour(BaseModel):
    """One bar of the day."""

    at: datetime
    received: int
    sent: int
    failed: int


class Waiting(BaseModel):
    """What has not left yet, by state; the oldest of it was due at."""

    held: int = 0
    pending: int = 0
    sending: int = 0
    uncertain: int = 0
    oldest_at: datetime | None = None


class Rest(BaseModel):
    """The sender rests after failures: seconds left, failures in a row, since when."""

    seconds: float
    failures: int
    since: datetime | None


class KeptKind(BaseModel):
    """What waits in quarantine; `what` names a kind of message that is not supported."""

    kind: str
    what: str
    n: int


class AccountReport(BaseModel):
    """The health page of an account."""

    at: datetime
    hour: Sums
    day: Sums
    hours: list[Hour]
    outbox: Waiting
    rest: Rest | None
    quarantine: list[KeptKind]


async def report(call: Call) -> AccountReport:
    database, account_id = call.app[DATABASE], call.id()
    now = await numbers.now(database)
    rows = await numbers.counts(database, account_id)
    pace = await numbers.pace(database, account_id)
    return AccountReport(
        at=now,
        hour=sums([row for row in rows if row["at"] > now - timedelta(hours=1)]),
        day=sums(rows),
        hours=by_hours(rows, now),
        outbox=_waiting(await numbers.outbox(database, account_id)),
        rest=Rest(seconds=pace["rest"], failures=pace["failures"], since=pace["failing_since"])
        if pace and (pace["rest"] or pace["failures"]) else None,
        quarantine=[KeptKind(**row) for row in await numbers.kept(database, account_id)],
    )  # fmt: skip


def sums(rows: Sequence[Record]) -> Sums:
    """The counts of slots together. Pure."""
    total = {name: sum(row[name] for row in rows) for name in COUNTED}
    bad = total["failed"] + total["uncertain"]
    ended = bad + total["sent"]
    took = [sum(one) for one in zip(*(row["took"] for row in rows), strict=True)]
    return Sums(
        **total, failures=round(bad / ended, 4) if ended else None, half_within=median(took)
    )


def by_hours(rows: Iterable[Record], now: datetime) -> list[Hour]:
    """One entry per hour of the day that ends now, the oldest first. Pure."""
    last = now.replace(minute=0, second=0, microsecond=0)
    begun = [last - timedelta(hours=back) for back in reversed(range(HOURS))]
    bars: dict[datetime, dict[str, Any]] = {
        at: {"at": at, "received": 0, "sent": 0, "failed": 0} for at in begun
    }
    for row in rows:
        bar = bars.get(row["at"].replace(minute=0, second=0, microsecond=0))
        if bar is not None:
            for name in ("received", "sent", "failed"):
                bar[name] += row[name]
    return [Hour(**bar) for bar in bars.values()]


def _waiting(rows: Iterable[Record]) -> Waiting:
    by = {row["state"]: row for row in rows}
    oldest = [row["oldest"] for state, row in by.items() if state != "held"]
    return Waiting(
        **{state: row["n"] for state, row in by.items()}, oldest_at=min(oldest, default=None)
    )


ROUTES: list[Route] = [
    Route("GET", "/accounts/{id}/health", report, Permission.SUPERVISE,
          "How one connection does: traffic, what waits, what is kept", answer=AccountReport),
]  # fmt: skip
