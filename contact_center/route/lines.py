"""Lines of JSON to the engine's events and back. routing/README.md has an example of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from contact_center.kernel.lines import BadLine, object_of
from routing import events as ev
from routing.engine import Engine
from routing.events import Event
from routing.model import NOTHING, Needs, Offer, Operator, Outcome, Tick, Work, changed
from routing.moves import FOR_EVER
from routing.rulebook import Rulebook

LONGEST = 64 * 1024
LATEST_MS = 4_102_444_800_000  # the year 2100; each opening on the way there is played
NAME = 200
KINDS = {
    "Offer": "offer", "Expire": "missed", "Rescind": "rescind", "Relax": "relax",
    "Overflow": "overflow", "Return": "return", "EndWrapUp": "wrap_up_ended",
    "SetPresence": "presence",
}  # fmt: skip
NAMES = {
    "work_id": "work", "operator_id": "operator", "offer_id": "offer", "until_ms": "until",
    "excluded_until_ms": "excluded_until", "explanation": "why",
}  # fmt: skip


class Line:
    """One line: its fields, taken one by one with the type they must have."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) > LONGEST:
            raise BadLine(f"longer than {LONGEST} bytes")
        self.given = object_of(raw)
        self._taken = {"event", "at"}

    def take(self, name: str, *kinds: type, default: Any = ...) -> Any:
        """A field; without a default it must be there."""
        self._taken.add(name)
        value = self.given.get(name)
        if value is None:
            if default is ...:
                raise BadLine(f"{name} is missing")
            return default
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            wanted = " or ".join(_NAMES[kind] for kind in kinds)
            raise BadLine(f"{name} must be {wanted}")
        return value

    def name(self, field: str, **default: Any) -> Any:
        """An id."""
        value = self.take(field, str, int, **default)
        text = value if value is None else str(value)
        if text is not None and not 0 < len(text) <= NAME:
            raise BadLine(f"{field} must have 1 to {NAME} characters")
        return text

    def whole(self, field: str, least: int, most: int, **default: Any) -> Any:
        """A whole number within bounds."""
        value = self.take(field, int, **default)
        if value is not None and not least <= value <= most:
            raise BadLine(f"{field} must be between {least} and {most}")
        return value

    def span_ms(self, field: str, **default: Any) -> Any:
        """Seconds, as milliseconds."""
        value = self.take(field, int, float, **default)
        if value is not None and not 0 <= value <= LATEST_MS // 1000:
            raise BadLine(f"{field} must be seconds from 0 to {LATEST_MS // 1000}")
        return None if value is None else round(1000 * value)

    def instant(self, field: str, **default: Any) -> Any:
        """Seconds or ISO 8601, as milliseconds."""
        value = self.take(field, int, float, str, **default)
        return None if value is None else instant_ms(field, value)

    def names(self, field: str) -> tuple[str, ...] | None:
        """A list of ids; None when it is not there."""
        value = self.take(field, list, default=None)
        if value is None:
            return None
        if not all(isinstance(one, str) and 0 < len(one) <= NAME for one in value):
            raise BadLine(f"{field} must be a list of names")
        return tuple(value)

    def numbers(self, field: str, least: int, most: int) -> dict[str, int] | None:
        """Names with whole numbers; None when it is not there."""
        value = self.take(field, dict, default=None)
        if value is None:
            return None
        for name, number in value.items():
            if isinstance(number, bool) or not isinstance(number, int):
                raise BadLine(f"{field}.{name} must be a whole number")
            if not least <= number <= most:
                raise BadLine(f"{field}.{name} must be between {least} and {most}")
        return dict(value)

    def end(self) -> None:
        """Everything must have been asked for."""
        unknown = sorted(self.given.keys() - self._taken)
        if unknown:
            raise BadLine(f"{unknown[0]} means nothing here")


_NAMES = {
    str: "a text", int: "a whole number", float: "a number", bool: "true or false",
    list: "a list", dict: "an object",
}  # fmt: skip


def instant_ms(field: str, value: Any) -> int:
    """Seconds or ISO 8601 as milliseconds. Raises BadLine."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise BadLine(f"{field} is no time in ISO 8601") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        value = moment.timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadLine(f"{field} must be seconds or a time in ISO 8601")
    if not 0 <= value <= LATEST_MS / 1000:
        raise BadLine(f"{field} is not between the years 1970 and 2100")
    return round(1000 * value)


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of an operator; the rest of his row is known at its instant only."""

    operator_id: str
    fields: dict[str, Any]


def fresh(name: str, book: Rulebook, now: int) -> Operator:
    """An operator of whom nothing is said yet: he takes what is usual under the policy."""
    budget, ceilings = book.house.capacity, book.ceilings()
    return Operator(name, 0, "offline", budget, 0, ceilings, NOTHING, now, 0, ())


class Reader:
    """Makes events of lines; knows the policy and asks the engine for what is changed in part."""

    def __init__(self, book: Rulebook, engine: Engine) -> None:
        self._book = book
        self._engine = engine
        self._seq = 0

    def event(self, line: Line, now: int) -> Event | Said:
        """The event of a line. Raises BadLine."""
        kind = line.take("event", str)
        build = self._BUILD.get(kind)
        if build is None:
            raise BadLine(f"there is no event {kind!r}; there are: {', '.join(self._BUILD)}")
        event = build(self, line, now)
        line.end()
        return event

    def _needs(self, line: Line) -> Needs | None:
        skills = line.numbers("skills", 1, 5)
        if skills is None:
            return None
        for skill in skills:
            if skill not in self._book.skills:
                raise BadLine(f"skills.{skill}: the policy knows no such skill")
        return tuple(sorted(skills.items()))

    def _queue(self, line: Line, field: str, **default: Any) -> Any:
        queue = line.name(field, **default)
        if queue is not None and self._engine.queue(queue) is None:
            raise BadLine(f"{field}: the policy knows no queue {queue!r}")
        return queue

    def _arrival(self, line: Line, now: int) -> Work:
        queue_id, medium = self._queue(line, "queue"), line.name("medium")
        if medium not in self._book.media:
            raise BadLine(f"medium: the policy knows no medium {medium!r}")
        queue = self._engine.queue(queue_id)
        usual = 1000 * queue.priority_seconds if queue else 0
        hold, strict = line.span_ms("hold", default=None), line.take("strict", bool, default=False)
        until = None if hold is None else now + hold
        points = line.whole("points", 1, 100_000, default=self._book.media[medium].points)
        self._seq += 1
        return Work(
            line.name("work"), 1, queue_id, medium, points, "waiting", self._seq, now,
            now - line.span_ms("priority", default=usual / 1000),
            needs=self._needs(line) or (),
            preferred_id=line.name("preferred", default=None),
            preferred_until_ms=FOR_EVER if strict and hold is None else until, strict=strict,
        )  # fmt: skip

    def _operator(self, line: Line, _now: int) -> Said:
        skills = line.numbers("skills", 1, 5)
        for skill in skills or ():
            if skill not in self._book.skills:
                raise BadLine(f"skills.{skill}: the policy knows no such skill")
        said = {
            "skills": skills, "budget": line.whole("capacity", 1, 100_000, default=None),
            "ceilings": line.numbers("ceilings", 0, 100_000), "media": line.names("media"),
            "queues": line.names("queues"), "presence": line.take("presence", str, default=None),
        }  # fmt: skip
        if said["presence"] not in (None, *PRESENCES):
            raise BadLine(f"presence must be one of {', '.join(PRESENCES)}")
        told = {field: value for field, value in said.items() if value is not None}
        return Said(line.name("operator"), told)

    def resolved(self, said: Event | Said, now: int) -> Event:
        """The event at its instant: an operator comes, or what is not said of him stays."""
        if not isinstance(said, Said):
            return said
        base = self._engine.operator(said.operator_id) or fresh(said.operator_id, self._book, now)
        return changed(base, version=base.version + 1, **said.fields)

    def _transfer(self, line: Line, _now: int) -> ev.Transfer:
        hold = line.span_ms("hold", default=None)
        who, where = (
            line.name("to_operator", default=None),
            self._queue(line, "to_queue", default=None),
        )
        anyone = line.take("anyone", bool, default=False)
        if sum((who is not None, where is not None, anyone)) != 1:
            raise BadLine("exactly one of to_operator, to_queue and anyone is needed")
        keep = line.take("keep", bool, default=True)
        seconds = None if hold is None else hold // 1000
        return ev.Transfer(line.name("work"), who, where, anyone, keep, seconds)

    def _change(self, line: Line, _now: int) -> ev.Change:
        priority = line.span_ms("priority", default=None)
        seconds = None if priority is None else priority // 1000
        queue = self._queue(line, "queue", default=None)
        return ev.Change(line.name("work"), seconds, self._needs(line), queue)

    def _release(self, line: Line, _now: int) -> ev.Release:
        span = line.span_ms("wrap_up", default=None)
        return ev.Release(line.name("work"), None if span is None else span // 1000)

    def _park(self, line: Line, now: int) -> ev.Park:
        seconds, until = line.span_ms("seconds", default=None), line.instant("until", default=None)
        return ev.Park(line.name("work"), until if seconds is None else now + seconds)

    def _callback(self, line: Line, now: int) -> ev.Callback:
        seconds, due = line.span_ms("seconds", default=None), line.instant("due", default=None)
        if seconds is None and due is None:
            raise BadLine("due or seconds is missing")
        return ev.Callback(line.name("work"), due if seconds is None else now + seconds)

    _BUILD: Mapping[str, Callable[[Reader, Line, int], Event | Said]] = {
        "time": lambda _, _line, _now: Tick(),
        "operator": _operator,
        "arrival": _arrival,
        "accept": lambda _, x, _now: ev.Accept(x.name("work"), x.name("offer", default=None)),
        "decline": lambda _, x, _now: ev.Decline(
            x.name("work"), x.take("reason", str, default=""), x.name("offer", default=None)
        ),
        "release": _release,
        "wrap_up_done": lambda _, x, _now: ev.WrapUpDone(x.name("work")),
        "abandon": lambda _, x, _now: ev.Abandon(x.name("work")),
        "change": _change,
        "park": _park,
        "unpark": lambda _, x, _now: ev.Unpark(x.name("work")),
        "transfer": _transfer,
        "callback": _callback,
        "ready": lambda _, x, _now: ev.Presence(x.name("operator"), "ready"),
        "not_ready": lambda _, x, _now: ev.Presence(
            x.name("operator"), _away(x.take("presence", str, default="break"))
        ),
        "drain": lambda _, x, _now: ev.Presence(
            x.name("operator"), "draining", _away(x.take("to", str, default="break"))
        ),
        "disconnect": lambda _, x, _now: ev.Connection(x.name("operator"), lost=True),
        "reconnect": lambda _, x, _now: ev.Connection(x.name("operator"), lost=False),
        "leave": lambda _, x, _now: ev.Leave(x.name("operator")),
        "calendar": lambda self, x, _now: ev.Calendar(
            self._queue(x, "queue"), x.take("open", bool)
        ),
    }


PRESENCES = ("ready", "break", "offline", "not_answering", "draining")


def _away(presence: str) -> str:
    if presence not in ("break", "offline", "not_answering"):
        raise BadLine("the presence must be break, offline or not_answering")
    return presence


def shown(outcome: Outcome, at_ms: int) -> dict[str, Any]:
    """A decision as JSON; instants in seconds."""
    told: dict[str, Any] = {"at": at_ms / 1000, "decision": KINDS[type(outcome).__name__]}
    for field in fields(outcome):
        value = getattr(outcome, field.name)
        if field.name.endswith("_version"):
            continue
        told[NAMES.get(field.name, field.name)] = (
            value / 1000 if field.name.endswith("_ms") else value
        )
    if isinstance(outcome, Offer):
        told["why"] = dict(outcome.explanation)
    return told
