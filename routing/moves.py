"""What an event makes of the rows: pure, one function per event.

Each takes what the engine holds and returns the changed rows, or raises `Misfit` with the reason
why the event does not fit: `unknown_work`, `unknown_operator`, `unknown_queue`, `wrong_state`,
`stale_offer`, `repeated`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from routing import events
from routing import policy as rules
from routing.endings import come_back
from routing.engine import Engine
from routing.model import OperatorState, State, WorkState, changed
from routing.policy import Policy

Rows = tuple[State, ...]


class Misfit(Exception):
    """The event does not fit what there is; nothing changes."""


def bounded(work: WorkState, policy: Policy) -> WorkState:
    """The work with no more priority than anybody may have."""
    least = work.arrived_ms - work.kept_ms - policy.most_priority_ms
    return work if work.virtual_ms >= least else changed(work, virtual_ms=least)


def accept(engine: Engine, event: events.Accept, _now: int) -> Rows:
    work = _offered(engine, event.work_id, event.offer_id)
    taken = changed(
        work, version=work.version + 1, state="active", offer_id=None, offer_until_ms=None
    )
    operator = engine.operator(work.operator_id or "")
    if operator is None or not operator.misses:
        return (taken,)
    return taken, changed(operator, version=operator.version + 1, misses=0)


def decline(engine: Engine, event: events.Decline, now: int) -> Rows:
    work = _offered(engine, event.work_id, event.offer_id)
    who = work.operator_id or ""
    until = now + engine.policy().exclude_ms
    back = changed(rules.returned(work), excluded=rules.kept_from(work, who, until))
    return back, *_freed(engine, work)


def release(engine: Engine, event: events.Release, now: int) -> Rows:
    work = _work(engine, event.work_id, "active")
    seconds = event.wrap_up_seconds
    if seconds is None:
        queue = engine.queue(work.queue_id)
        seconds = queue.wrap_up_seconds if queue is not None else 0
    if seconds <= 0:
        return _ended(engine, work, "done", now)
    until = now + 1000 * seconds
    return (changed(work, version=work.version + 1, state="wrap_up", wrap_until_ms=until),)


def wrap_up_done(engine: Engine, event: events.WrapUpDone, now: int) -> Rows:
    return _ended(engine, _work(engine, event.work_id, "wrap_up"), "done", now)


def abandon(engine: Engine, event: events.Abandon, now: int) -> Rows:
    return _ended(engine, _work(engine, event.work_id, *rules.LIVE), "abandoned", now)


def change(engine: Engine, event: events.Change, _now: int) -> Rows:
    work = _work(engine, event.work_id, "waiting", "parked")
    fields: dict[str, Any] = {}
    if event.priority_seconds is not None:
        priority = min(1000 * event.priority_seconds, engine.policy().most_priority_ms)
        fields["virtual_ms"] = work.arrived_ms - work.kept_ms - priority
    if event.needs is not None:
        fields["needs"] = event.needs
    if event.queue_id is not None:
        _known_queue(engine, event.queue_id)
        fields |= {"queue_id": event.queue_id, "rung": 0, "queued_ms": _now}
    return (changed(work, version=work.version + 1, **fields),)


def park(engine: Engine, event: events.Park, now: int) -> Rows:
    work = _work(engine, event.work_id, "active", "wrap_up")
    parked = changed(
        work, version=work.version + 1, state="parked", parked_until_ms=event.until_ms,
        wrap_until_ms=None, preferred_id=work.operator_id, operator_id=None, strict=False,
    )  # fmt: skip
    return parked, *_freed(engine, work, idle_ms=now)


def unpark(engine: Engine, event: events.Unpark, now: int) -> Rows:
    return (come_back(_work(engine, event.work_id, "parked"), now),)


def transfer(engine: Engine, event: events.Transfer, now: int) -> Rows:
    work = _work(engine, event.work_id, "active", "wrap_up")
    targets = (event.operator_id, event.queue_id, event.anyone or None)
    if sum(target is not None for target in targets) != 1:
        raise Misfit("one_target")
    fields: dict[str, Any] = {"preferred_id": None, "preferred_until_ms": None, "strict": False}
    if event.operator_id is not None:
        if engine.operator(event.operator_id) is None:
            raise Misfit("unknown_operator")
        hold = event.hold_seconds
        until = FOR_EVER if hold is None else now + 1000 * hold
        fields |= {
            "preferred_id": event.operator_id, "preferred_until_ms": until, "strict": True,
            "excluded": tuple(one for one in work.excluded if one[0] != event.operator_id),
        }  # fmt: skip
    elif event.queue_id is not None:
        _known_queue(engine, event.queue_id)
        fields["queue_id"] = event.queue_id
    else:
        fields["anyone"] = True
    who = work.operator_id or ""
    if event.operator_id != who:
        kept = fields.get("excluded", work.excluded)
        entry = (who, now + engine.policy().exclude_ms)
        fields["excluded"] = (*(one for one in kept if one[0] != who), entry)
    return changed(work, **_again(work, now, keep=event.keep), **fields), *_freed(
        engine, work, idle_ms=now
    )


def callback(engine: Engine, event: events.Callback, _now: int) -> Rows:
    work = _work(engine, event.work_id, "waiting")
    return (changed(work, version=work.version + 1, not_before_ms=event.due_ms),)


def presence(engine: Engine, event: events.Presence, _now: int) -> Rows:
    operator = _operator(engine, event.operator_id)
    return (
        changed(
            operator, version=operator.version + 1, presence=event.presence, misses=0,
            lost_ms=None, drain_to=event.drain_to,
        ),
    )  # fmt: skip


def connection(engine: Engine, event: events.Connection, now: int) -> Rows:
    operator = _operator(engine, event.operator_id)
    if (operator.lost_ms is not None) == event.lost:
        raise Misfit("repeated")
    lost_ms = now if event.lost else None
    return (changed(operator, version=operator.version + 1, lost_ms=lost_ms),)


def leave(engine: Engine, event: events.Leave, now: int) -> Rows:
    """His talks wait again where they were; offers come back by themselves."""
    operator = _operator(engine, event.operator_id)
    rows: list[State] = []
    for work in engine.on_hand(operator.id):
        if work.state == "active":
            rows.append(changed(work, **_again(work, now, keep=True)))
        elif work.state == "wrap_up":
            rows.append(changed(work, version=work.version + 1, state="done", wrap_until_ms=None))
        if work.state != "offered":
            operator = rules.loaded(operator, work, -1)
    away = changed(operator, version=operator.version + 1, presence=rules.OFFLINE, lost_ms=None)
    return (*rows, away)


def calendar(engine: Engine, event: events.Calendar, _now: int) -> Rows:
    queue = engine.queue(event.queue_id)
    if queue is None:
        raise Misfit("unknown_queue")
    if queue.open == event.open:
        raise Misfit("repeated")
    return (changed(queue, version=queue.version + 1, open=event.open),)


FOR_EVER = 1 << 62
MOVES: dict[type, Callable[[Engine, Any, int], Rows]] = {
    events.Accept: accept,
    events.Decline: decline,
    events.Release: release,
    events.WrapUpDone: wrap_up_done,
    events.Abandon: abandon,
    events.Change: change,
    events.Park: park,
    events.Unpark: unpark,
    events.Transfer: transfer,
    events.Callback: callback,
    events.Presence: presence,
    events.Connection: connection,
    events.Leave: leave,
    events.Calendar: calendar,
}


def _work(engine: Engine, work_id: str, *states: str) -> WorkState:
    work = engine.work(work_id)
    if work is None:
        raise Misfit("unknown_work")
    if work.state not in states:
        raise Misfit("wrong_state")
    return work


def _offered(engine: Engine, work_id: str, offer_id: str | None) -> WorkState:
    work = _work(engine, work_id, "offered")
    if offer_id is not None and offer_id != work.offer_id:
        raise Misfit("stale_offer")
    return work


def _operator(engine: Engine, operator_id: str) -> OperatorState:
    operator = engine.operator(operator_id)
    if operator is None:
        raise Misfit("unknown_operator")
    return operator


def _known_queue(engine: Engine, queue_id: str) -> None:
    if engine.queue(queue_id) is None:
        raise Misfit("unknown_queue")


def _freed(engine: Engine, work: WorkState, **fields: Any) -> Rows:
    """The operator's row without this work."""
    operator = engine.operator(work.operator_id or "")
    if operator is None or work.state not in rules.ON_HAND:
        return ()
    used, load = rules.load_after(operator, work, -1)
    version = operator.version + 1
    return (changed(operator, version=version, used=used, load=load, **fields),)


def _ended(engine: Engine, work: WorkState, state: str, now: int) -> Rows:
    over = changed(work, version=work.version + 1, state=state)
    operator = engine.operator(work.operator_id or "")
    if operator is None or work.state not in rules.ON_HAND:
        return (over,)
    used, load = rules.load_after(operator, work, -1)
    idle_ms = operator.idle_ms if work.state == "offered" else now
    version = operator.version + 1
    return over, changed(operator, version=version, used=used, load=load, idle_ms=idle_ms)


def _again(work: WorkState, now: int, *, keep: bool) -> dict[str, Any]:
    """In line once more: a turn that arrives now, with the seniority of the former one or none."""
    priority = work.arrived_ms - work.virtual_ms - work.kept_ms
    kept = now - work.arrived_ms + work.kept_ms if keep else 0
    return {
        "version": work.version + 1, "state": "waiting", "operator_id": None,
        "arrived_ms": now, "kept_ms": kept, "virtual_ms": now - kept - priority,
        "queued_ms": now, "rung": 0, "wrap_until_ms": None, "not_before_ms": None,
    }  # fmt: skip
