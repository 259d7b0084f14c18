"""What does not fit what there is: no decision, no change, and it is counted by its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing import events as ev
from routing.engine import Engine
from routing.floor import Floor
from routing.model import Operator, Queue, Tick, Work

NOW = 100_000
QUEUE = Queue("q", 1, 45, members_only=False)
ANNA = Operator("anna", 1, "ready", 100, 0, {}, {}, 0, 0, ())


def contact(name: str, **more: Any) -> Work:
    return replace(Work(name, 1, "q", "voice", 100, "waiting", 1, NOW, NOW), **more)


def floor() -> Floor:
    """Anna talks to the first, the second waits."""
    found = Floor(now_ms=NOW)
    for event in (QUEUE, ANNA, contact("talks"), ev.Accept("talks"), contact("waits", seq=2)):
        found.apply(event, NOW)
    return found


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (ev.Accept("nobody"), "unknown_work"),
        (ev.Decline("nobody"), "unknown_work"),
        (ev.Release("nobody"), "unknown_work"),
        (ev.WrapUpDone("nobody"), "unknown_work"),
        (ev.Abandon("nobody"), "unknown_work"),
        (ev.Change("nobody", 60), "unknown_work"),
        (ev.Park("nobody"), "unknown_work"),
        (ev.Unpark("nobody"), "unknown_work"),
        (ev.Transfer("nobody", anyone=True), "unknown_work"),
        (ev.Callback("nobody", NOW), "unknown_work"),
        (ev.Presence("nobody", "ready"), "unknown_operator"),
        (ev.Connection("nobody", True), "unknown_operator"),
        (ev.Leave("nobody"), "unknown_operator"),
        (ev.Calendar("nowhere", False), "unknown_queue"),
        (ev.Change("waits", queue_id="nowhere"), "unknown_queue"),
        (ev.Transfer("talks", queue_id="nowhere"), "unknown_queue"),
        (ev.Transfer("talks", operator_id="nobody"), "unknown_operator"),
        (ev.Transfer("talks"), "one_target"),
        (contact("stray", queue_id="nowhere"), "unknown_queue"),
        # Out of order: what comes later in a contact's life, or is over.
        (ev.Accept("waits"), "wrong_state"),
        (ev.Release("waits"), "wrong_state"),
        (ev.WrapUpDone("talks"), "wrong_state"),
        (ev.Unpark("talks"), "wrong_state"),
        # Repeated.
        (ev.Accept("talks"), "wrong_state"),
        (contact("talks"), "repeated"),
        (ANNA, "repeated"),
        (QUEUE, "repeated"),
        (ev.Connection("anna", False), "repeated"),
        (ev.Calendar("q", True), "repeated"),
    ],
)  # fmt: skip
def test_what_does_not_fit_changes_nothing_and_is_counted(event: Any, reason: str) -> None:
    held = floor()
    rows = held.rows()
    assert held.apply(event, NOW + 1000) == []
    assert held.misfits == {reason: 1}
    assert held.rows() == rows


def test_an_event_of_an_earlier_instant_is_out_of_order() -> None:
    held = floor()
    assert held.apply(ev.Release("talks"), NOW - 1) == []
    assert held.misfits == {"out_of_order": 1}
    assert held.engine.work("talks") is not None
    (offer,) = held.apply(ev.Release("talks"), NOW)
    assert offer.work_id == "waits"  # type: ignore[union-attr]


def test_an_accept_of_an_offer_that_has_ended_is_too_late() -> None:
    held = floor()
    (offer,) = held.apply(ev.Release("talks"), NOW)
    assert held.apply(ev.Accept("waits", "another"), NOW) == []
    assert held.misfits == {"stale_offer": 1}
    held.apply(ev.Accept("waits", offer.offer_id), NOW)  # type: ignore[union-attr]
    assert held.misfits.total() == 1


def test_snapshots_that_come_late_or_again_are_counted() -> None:
    engine = Engine.restore([QUEUE, ANNA, contact("waits")], NOW)
    engine.apply(Tick(), NOW)
    offered = engine.work("waits")
    for state in (QUEUE, ANNA, contact("waits")):
        assert engine.apply(state, NOW) == []
    assert engine.ignored == {"queue": 1, "operator": 1, "work": 1}
    assert engine.work("waits") == offered
