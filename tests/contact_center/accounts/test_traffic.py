"""What accounts moved: gathered by five minutes, added up for the health page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contact_center.accounts import store
from contact_center.accounts.traffic import BOUNDS, Traffic, median, slot_of
from contact_center.kernel.errors import Unavailable
from contact_center.kernel.ids import new_id
from contact_center.storage import account_health as numbers
from contact_center.web.account_health import by_hours, sums
from tests.support.office import Office

AT = datetime(2026, 1, 5, 9, 7, 30, tzinfo=UTC)


async def an_account(office: Office) -> UUID:
    account = new_id()
    await office.db.execute(
        "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key,"
        " settings) VALUES ($1, 'bot', 'Bot', 'messenger', $2, $3, 'key', '{}')",
        account, office.ids["brand"], office.ids["sales_queue"],
    )  # fmt: skip
    return account


async def test_counts_of_two_processes_add_up_and_outlive_an_absent_database(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, now = await an_account(office), await numbers.now(office.db)
    one, other = Traffic(office.db, every=60), Traffic(office.db, every=60)
    one.came_in(account, now, 2)
    one.count(account, now, "sent", seconds=0.3)
    other.count(account, now, "sent", seconds=0.3)
    other.count(account, now, "failed", seconds=99)
    whole = store.add_counts

    async def away(*_: Any) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(store, "add_counts", away)
    await one.write()
    monkeypatch.setattr(store, "add_counts", whole)
    await one.close()
    await other.close()
    (row,) = await numbers.counts(office.db, account)
    total = sums([row])
    assert (total.received, total.sent, total.failed, total.failures) == (2, 2, 1, 0.3333)
    assert list(row["took"]) == [0, 0, 0, 2, *[0] * (len(BOUNDS) - 4), 1]


def test_half_of_the_sends_lies_between_the_bounds_of_its_slot() -> None:
    nothing = [0] * (len(BOUNDS) + 1)
    assert median(nothing) is None
    assert median([4, *nothing[1:]]) == 0.025
    assert median([1, 0, 0, 0, 0, 0, 0, 0, 0, 3]) == pytest.approx(17.067)


def test_a_day_has_an_entry_for_each_hour_with_or_without_traffic() -> None:
    assert slot_of(AT) == AT.replace(minute=5, second=0)
    row = {"at": AT - timedelta(hours=2), "received": 3, "sent": 1, "failed": 0}
    hours = by_hours([row, {**row, "at": AT - timedelta(days=2)}], AT)
    assert len(hours) == 24
    assert [(one.at.hour, one.received) for one in hours if one.received] == [(7, 3)]
    assert hours[-1].at == AT.replace(minute=0, second=0)
