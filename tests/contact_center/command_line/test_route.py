"""`contact-center route`: anyone's traffic through the engine, line by line."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from contact_center.route.drive import main
from contact_center.route.lines import Reader
from contact_center.work.calendar import changes
from routing.rulebook import QueueRules

ROOT = Path(__file__).parents[3]
POLICY = ROOT / "config" / "routing.toml"
ANNA = {"at": 0, "event": "operator", "operator": "anna", "skills": {"billing": 3, "ru": 4},
        "presence": "ready"}  # fmt: skip


def run(lines: Sequence[Any], policy: Path = POLICY) -> list[dict[str, Any]]:
    out, err = io.BytesIO(), io.BytesIO()
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    assert main(policy, stdin=raw, stdout=out, stderr=err) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def examples() -> list[dict[str, Any]]:
    text = (ROOT / "routing" / "README.md").read_text()
    (block,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    return [json.loads(line) for line in block.splitlines()]


def arrival(at: float, work: str, **more: Any) -> dict[str, Any]:
    return {"at": at, "event": "arrival", "work": work, "queue": "orders", "medium": "chat", **more}


def test_the_example_lines_of_the_readme_are_all_events_and_all_fit() -> None:
    told = examples()
    assert {line["event"] for line in told} == set(Reader._BUILD)
    answers = run(told)
    assert [one for one in answers if "error" in one or "ignored" in one] == []
    decided = {one["decision"] for one in answers}
    assert {"offer", "relax", "presence", "rescind"} <= decided


def test_an_offer_says_why() -> None:
    (offer,) = run([ANNA, arrival(41, "w1", priority=60)])
    assert (offer["decision"], offer["work"], offer["operator"]) == ("offer", "w1", "anna")
    assert offer["until"] == 86
    why = offer["why"]
    assert (why["policy"], why["class"], why["rung"]) == ("example-1", "chat", 0)
    assert (why["priority_ms"], why["eligible"], why["with_room"]) == (60_000, 1, 1)
    assert (why["chosen"]["id"], why["runner_up"]) == ("anna", None)


def test_what_time_brings_comes_at_its_own_instant() -> None:
    answers = run([ANNA, arrival(1, "w1"), {"at": 600, "event": "time"}])
    assert [(one["at"], one["decision"]) for one in answers] == [
        (1, "offer"), (46, "missed"), (106, "offer"), (151, "missed"),
    ]  # fmt: skip
    assert answers[-1]["not_answering"]


def test_a_client_gives_up_when_his_patience_ends_but_not_while_he_is_served() -> None:
    lines = [arrival(1, "w1", patience=10), arrival(2, "w2", patience=30), {**ANNA, "at": 20}]
    answers = run(
        [*lines, {"at": 21, "event": "accept", "work": "w2"}, {"at": 99, "event": "time"}]
    )
    assert [(one["decision"], one["work"]) for one in answers] == [
        ("abandoned", "w1"), ("offer", "w2"),
    ]  # fmt: skip
    moved = [{"at": 21, "event": "accept", "work": "w2"},
             {"at": 60, "event": "transfer", "work": "w2", "to_queue": "billing"}]  # fmt: skip
    answers = run([*lines, *moved, {"at": 99, "event": "time"}])
    assert (90, "abandoned") in [(one["at"], one["decision"]) for one in answers]  # 30 s anew
    later = {"at": 15, "event": "callback", "work": "w2", "seconds": 500}
    answers = run([*lines[:2], later, {"at": 199, "event": "time"}])
    assert [one["work"] for one in answers if one["decision"] == "abandoned"] == ["w1"]


def test_the_ladder_is_climbed_and_leads_to_the_next_queue() -> None:
    weak = {**ANNA, "skills": {"billing": 1}}
    answers = run([weak, arrival(0, "w1", queue="billing"), {"at": 91, "event": "time"}])
    assert [(one["at"], one["decision"]) for one in answers] == [
        (30, "relax"), (90, "relax"), (90, "offer"),
    ]  # fmt: skip
    alone = run([arrival(0, "w1", queue="billing"), {"at": 301, "event": "time"}])
    assert (alone[-1]["decision"], alone[-1]["to"]) == ("overflow", "queue:orders")


def test_bad_lines_give_error_lines_and_the_work_goes_on() -> None:
    bad: list[Any] = [
        b"{", b"[]", b"\xff\xfe", b'{"event": "arrival", "at": 1e999}',
        {"at": 1},
        {"event": "dance"}, {"event": "accept"}, arrival(1, "x", queue="gone"),
        arrival(1, "x", medium="fax"),
        arrival(1, "x", skills={"bling": 1}), arrival(1, "x", skills={"ru": 9}),
        arrival(1, "x", priority=-1), arrival(1, "x", colour="red"), arrival(1, ["x"]),
        arrival("soon", "x"), arrival(-5, "x"), arrival(1, "x", points=0),
        arrival(1, "x", strict=1),
        {"event": "operator", "operator": "o", "capacity": 0}, b"1" * 70_000,
        {"event": "transfer", "work": "w", "anyone": True, "to_queue": "orders"},
        {"event": "not_ready", "operator": "anna", "presence": "asleep"},
        {"at": 2.6e11, "event": "time"}, {"at": 281_474_976_710, "event": "time"},
        {"at": "9999-12-31T23:59:59-14:00", "event": "time"}, arrival(1, "x", patience=2.6e11),
    ]  # fmt: skip
    answers = run([*bad, ANNA, arrival(3, "w1")])
    assert [one["line"] for one in answers[:-1]] == list(range(1, len(bad) + 1))
    assert all(one["error"]["kind"] == "line" and one["error"]["text"] for one in answers[:-1])
    assert answers[-1]["decision"] == "offer"


def test_events_that_do_not_fit_are_ignored_with_the_reason() -> None:
    lines = [
        ANNA, arrival(5, "w1"), arrival(5, "w1"), {"at": 4, "event": "time"},
        {"event": "accept", "work": "w9"}, {"event": "accept", "work": "w1", "offer": "old"},
        {"event": "release", "work": "w1"}, {"event": "ready", "operator": "nobody"},
    ]  # fmt: skip
    ignored = [one["ignored"] for one in run(lines) if "ignored" in one]
    assert ignored == [
        "repeated", "out_of_order", "unknown_work", "stale_offer", "wrong_state",
        "unknown_operator",
    ]  # fmt: skip


def test_a_closed_queue_sends_its_contacts_elsewhere_by_its_own_clock() -> None:
    lines = [
        {**ANNA, "at": "2026-03-02T05:00:00Z", "skills": {"wholesale": 3}, "queues": ["wholesale"]},
        arrival("2026-03-02T05:30:00Z", "early", queue="wholesale"),
        arrival("2026-03-02T06:30:00Z", "open", queue="wholesale"),
    ]
    closed, offer = run(lines)
    assert (closed["work"], closed["to"], closed["reason"]) == ("early", "mail_form", "closed")
    assert (offer["work"], offer["decision"]) == ("open", "offer")


def test_hours_holidays_and_clock_changes_are_told_as_instants() -> None:
    rules = QueueRules(
        code="q", zone="Europe/Warsaw", holidays={"2026-03-28": ()},
        hours={"fri": [("09:00", "12:00"), ("12:00", "24:00")], "sat": [("00:00", "10:00")],
               "sun": [("01:00", "04:00")]},
    )  # fmt: skip
    since = int(datetime.fromisoformat("2026-03-27T10:00:00+01:00").timestamp() * 1000)
    told = changes(rules, since)
    hours = [((at - since) / 3_600_000, opens) for at, opens in [next(told) for _ in range(4)]]
    # Saturday is a holiday; on Sunday the clock goes on at two, so the three hours are two.
    assert hours == [(0, True), (14, False), (39, True), (41, False)]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (('"Europe/Minsk"', '"Europe/Mink"'), "queues.wholesale.zone: there is no time zone"),
        (("points = 20", "points = 0"), "media.chat.points: must be at least 1, not 0"),
        (("[house]", "[house"), "not TOML"),
        (("[house]", f"deep = {'[' * 9999}\n[house]"), "not TOML"),
    ],
)
def test_a_bad_policy_ends_the_command_with_every_fault(
    tmp_path: Path, edit: tuple[str, str], told: str
) -> None:
    file = tmp_path / "routing.toml"
    file.write_text(POLICY.read_text().replace(*edit, 1))
    err = io.BytesIO()
    assert main(file, stdin=[], stdout=io.BytesIO(), stderr=err) == 2
    assert told in err.getvalue().decode()
    file.write_text("queues = 5\n[media.chat]\npoints = 1\n")
    assert main(file, stdin=[], stdout=io.BytesIO(), stderr=err) == 2
    assert "queues: must be a list, not 5" in err.getvalue().decode()
    assert main(tmp_path / "gone.toml", stdin=[], stdout=io.BytesIO(), stderr=io.BytesIO()) == 2


def test_an_offer_that_ends_with_its_client_is_told_and_a_repeated_arrival_ends_nobody() -> None:
    lines = [
        {**ANNA, "at": 0},
        {**arrival(1, "w1"), "patience": 30},
        {**arrival(2, "w1"), "patience": 5},
        {**arrival(3, "w2"), "patience": 600},
        {"at": 4, "event": "abandon", "work": "w2"},
        {"at": 40, "event": "time"},
    ]
    told = [(one["at"], one["decision"], one["work"], one.get("reason")) for one in run(lines)
            if "decision" in one]  # fmt: skip
    assert told == [
        (1.0, "offer", "w1", None), (3.0, "offer", "w2", None), (4.0, "rescind", "w2", "abandoned"),
        (31.0, "rescind", "w1", "abandoned"), (31.0, "abandoned", "w1", None),
    ]  # fmt: skip
