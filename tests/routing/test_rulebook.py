"""A policy in a file: what it says reaches the engine, and what it must not say is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from routing.checks import BadPolicy, read
from tests.support.policy_words import unworded

FILE = Path(__file__).parents[2] / "config" / "routing.toml"


def example() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text())


def test_the_example_is_a_policy_the_engine_understands() -> None:
    book = read(example())
    queues = {queue.id: queue for queue in book.engine_queues()}
    assert book.policy().exclusive == ("voice",)
    assert book.policy().version == "example-1"
    assert queues["billing"].needs == (("billing", 3),)
    assert [rung.overflow for rung in queues["billing"].ladder] == [None, None, "queue:orders"]
    assert queues["billing"].offer_seconds_by["voice"] == 20
    assert queues["wholesale"].closed_to == "mail_form"
    assert not queues["orders"].members_only


Edit = Callable[[dict[str, Any]], None]


def queue(number: int, **fields: Any) -> Edit:
    return lambda data: data["queues"][number].update(fields)


def rung(number: int, **fields: Any) -> Edit:
    return lambda data: data["queues"][1]["ladder"][number].update(fields)


BAD_EDITS: list[tuple[Edit, str, str]] = [
    (queue(1, needs={"bling": 3}), "queues.billing.needs.bling", "there is no skill 'bling'"),
    (rung(1, drop=["fr"]), "queues.billing.ladder[2].drop.fr", "there is no skill 'fr'"),
    (
        rung(1, needs={"billing": 3}),
        "queues.billing.ladder[2]",
        "asks for billing 3, the rung before it for 2: a rung may only ask for less",
    ),
    (
        rung(0, needs={"billing": 4}),
        "queues.billing.ladder[1]",
        "asks for billing 4, the rung before it for 3: a rung may only ask for less",
    ),
    (
        rung(1, after_seconds=30),
        "queues.billing.ladder[2]",
        (
            "is reached after 30 s, not later than the rung before it: "
            "a rung may only ask for less"
        ),
    ),
    (
        rung(0, overflow="bot"),
        "queues.billing.ladder[2]",
        "comes after an overflow, so nobody reaches it",
    ),
    (
        queue(0, hours={"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}),
        "queues.orders.hours.mon",
        "the span from 12:00 overlaps the one before it",
    ),
    (
        queue(0, holidays={"2026-01-01": [["18:00", "09:00"]]}),
        "queues.orders.holidays.2026-01-01",
        "18:00 is not before 09:00",
    ),
    (
        queue(0, holidays={"2026-02-30": []}),
        "queues.orders.holidays.2026-02-30",
        "there is no day 2026-02-30",
    ),
    (
        queue(0, holidays={"3026-01-01": []}),
        "queues.orders.holidays.3026-01-01",
        "the year must be between 2000 and 2100",
    ),
    (queue(0, hours={"mon": []}), "queues.orders.hours", "is never open"),
    (
        lambda data: data["media"]["chat"].update(points=0),
        "media.chat.points",
        "must be at least 1, not 0",
    ),
    (
        lambda data: data["house"].update(capacity=0),
        "house.capacity",
        "must be at least 1, not 0",
    ),
    (
        queue(0, closed="queue:billing"),
        "queues.orders.closed",
        "contacts go round: orders → billing → orders",
    ),
    (
        queue(0, closed="queue:orders"),
        "queues.orders.closed",
        "contacts go round: orders → orders",
    ),
    (queue(0, closed="queue:gone"), "queues.orders.closed", "there is no queue 'gone'"),
    (queue(2, code="orders"), "queues.orders", "there is another queue of this code"),
    (
        queue(0, offer_seconds_by={"fax": 9}),
        "queues.orders.offer_seconds_by.fax",
        "there is no medium 'fax'",
    ),
    (
        queue(0, colour="red"),
        "queues.orders.colour",
        'means nothing here, not "red"',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "place", "reason"), BAD_EDITS)
def test_a_bad_policy_is_refused_with_the_place_and_the_reason(
    edit: Edit, place: str, reason: str
) -> None:
    assert dict(faults_of(edited(edit))).get(place) == reason


MISSHAPEN: list[dict[str, Any]] = [
    {"media": {}, "queues": 5, "house": 5, "skills": [1], "wishes": 1, "version": 5},
    {"media": {"chat": None, "": {"points": 1}, "x" * 101: {"points": 1}, "sms": {"points": 10**30},
               "mail": {"points": 20, "exclusive": 3}}, "queues": [5, {}, {"code": "a:b"}]},
    {"media": {"chat": {"points": True}}, "skills": {"a": 5}, "queues": [{
        "code": "s", "closed": "later", "strategy": "best", "members_only": "perhaps", "needs": [1],
        "ladder": [{"after_seconds": "x", "overflow": "bots", "needs": {"a b": 9, "c": 1.5}}, 5],
        "hours": {"mon": [["9", "18:00"], ["09:00"], ["09:00", "10:00", "11:00"], 5], "xyz": []},
        "holidays": {"x": [], "2027-01-01": 5}, "priority_seconds": 10**9, "zone": 5, "titel": 1,
    }]},
]  # fmt: skip
JARGON = re.compile(r"[Ii]nput|valid|tuple|dict|instance|pattern|string|integer|None|True|[Ee]xtra")


def faults_of(data: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(BadPolicy) as refused:
        read(data)
    return [(one.place, one.reason) for one in refused.value.problems]


def test_nonsense_is_told_in_plain_words_and_the_console_has_them_all() -> None:
    found = [fault for data in MISSHAPEN for fault in faults_of(data)]
    assert len(found) == len(set(found)) > 30
    places = dict(found)
    assert places["queues.s.closed"].startswith("must be wait, offer, queue: and a code")
    assert places["queues.s.hours.mon[2][2]"] == 'must be two times, as in ["09:00", "18:00"]'
    assert places["queues[2].code"] == "is missing"
    assert "queues.s.holidays.x" in places
    assert not [one for one in places.values() if JARGON.search(one)]
    found += [fault for edit, _, _ in BAD_EDITS for fault in faults_of(edited(edit))]
    assert unworded([reason for _, reason in found]) == []


def edited(edit: Edit) -> dict[str, Any]:
    data = example()
    edit(data)
    return data


def test_all_faults_are_named_at_once() -> None:
    data = example()
    queue(1, needs={"bling": 3})(data)
    queue(2, hours={"mon": [["10:00", "09:00"]]})(data)
    with pytest.raises(BadPolicy, match=r"bling.*not before"):
        read(data)
