"""A routing policy as a document: made of the queues' rows, checked, turned into rows again. Pure.

A document has the shape of `config/routing.toml` (`routing/rulebook.py`). The rows are the truth:
what a policy says of a queue stands in its row, in columns and in `rules`; the house's part
(`house`, `media`) stands in the current edition. Skills are those of the workspace; a document may
bring new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import ValidationError

from contact_center.employees.model import DEFAULT_CEILINGS
from contact_center.work.model import COSTS
from routing.checks import BadPolicy, Problem, read
from routing.ladder import TO_QUEUE, carries
from routing.rulebook import STAYS, House, QueueRules, Rulebook

Document = dict[str, Any]
Rules = dict[str, Any]

COLUMNS = {
    "priority_seconds": "priority_seconds", "hold_seconds": "preferred_hold_seconds",
    "offer_seconds": "offer_seconds", "wrap_up_seconds": "wrap_up_seconds", "zone": "zone",
    "hours": "hours",
}  # fmt: skip
"""What of a queue's rules has a column of its own."""
UNSAID: Mapping[str, Any] = {
    "needs": {}, "members_only": True, "strategy": "automatic", "offer_seconds_by": {},
    "ladder": [], "holidays": {}, "closed": "offer",
}  # fmt: skip
"""What the rest means where no policy has said it."""
ELSEWHERE = {"most_priority_seconds": "is 3600 for now"}
LATE_HOUSE = ("grace_seconds", "visitor_grace_seconds", "wrap_up_limit_seconds", "capacity")
"""What documents of earlier releases do not speak of: there it stays as it runs."""
SHORTEST_OFFER, LONGEST_OFFER = 5, 3600


def house() -> Document:
    """The house's part of a policy where none was ever made."""
    media: Document = {
        medium: {"points": points, "ceiling": DEFAULT_CEILINGS.get(medium)}
        for medium, points in COSTS.items()
    }
    media["voice"]["exclusive"] = True
    return {"house": House().model_dump(mode="json"), "media": media}


def widened(part: Mapping[str, Any], grace_seconds: int) -> Document:
    """The house's part of an edition of an earlier release, with what stood elsewhere then."""
    usual = house()
    usual["house"]["grace_seconds"] = grace_seconds
    late = {name: usual["house"][name] for name in LATE_HOUSE}
    media = {
        medium: {"ceiling": DEFAULT_CEILINGS.get(medium), **one}
        for medium, one in part["media"].items()
    }
    return {**part, "house": {**late, **part["house"]}, "media": media}


@dataclass(frozen=True, slots=True)
class World:
    """What a document speaks of: queues in use (rows of `queues`), skills by code with titles."""

    queues: tuple[Mapping[str, Any], ...]
    skills: Mapping[str, str]
    departments: Mapping[UUID, str] = field(default_factory=dict)
    archived: frozenset[str] = frozenset()
    """Names, codes and ids of queues in the archive, which nobody else may have."""
    shelved: frozenset[str] = frozenset()
    """Codes of skills in the archive: for the router nobody has them."""

    @property
    def names(self) -> dict[str, str]:
        """Queue id → code."""
        return {str(row["id"]): code_of(row) for row in self.queues}

    @property
    def ids(self) -> dict[str, str]:
        """Queue code → id; a queue may be named by its id, too."""
        return {**{own: own for own in self.names}, **{c: i for i, c in self.names.items()}}


@cache
def _zones() -> frozenset[str]:
    """Time zones by name: to read the machine's list of them takes milliseconds."""
    return frozenset(available_timezones())


def code_of(row: Mapping[str, Any]) -> str:
    """What a policy calls a queue."""
    return row["code"] or str(row["id"])


def compose(part: Mapping[str, Any], world: World) -> Document:
    """The whole document: the house's part, and every queue as its row has it."""
    return {
        "house": dict(part.get("house", {})),
        "media": dict(part.get("media", {})),
        "queues": [_queue(row, world.names) for row in world.queues],
    }


def _queue(row: Mapping[str, Any], names: Mapping[str, str]) -> Rules:
    said = {**UNSAID, **row["rules"]}
    said["ladder"] = [{**rung, "overflow": _renamed(rung.get("overflow"), names)}
                      for rung in said["ladder"]]  # fmt: skip
    said["closed"] = _renamed(said["closed"], names)
    columns = {name: row[column] for name, column in COLUMNS.items()}
    return {"code": code_of(row), **columns, **said}


def _renamed(target: str | None, names: Mapping[str, str]) -> str | None:
    if target is None or not target.startswith(TO_QUEUE):
        return target
    queue = target.removeprefix(TO_QUEUE)
    return TO_QUEUE + names.get(queue, queue)


def completed(document: Mapping[str, Any], world: World, part: Mapping[str, Any]) -> Document:
    """The document with all it leaves unsaid: what it says nothing of stays as it is."""
    present = compose(part, world)
    said = dict(document)
    said.pop("version", None)
    queues = said.get("queues", [])
    if isinstance(queues, list):
        codes = {str(one.get("code")) for one in queues if isinstance(one, Mapping)}
        codes |= {world.names[code] for code in codes & world.names.keys()}
        queues = [*queues, *(one for one in present["queues"] if one["code"] not in codes)]
    return {**_completed_part(said, present), "queues": queues, "skills": _skills(said, world)}


def _skills(said: Document, world: World) -> Any:
    """Those there are, as they are called, and new ones; what is in the archive stays there."""
    given = said.get("skills", {})
    if not isinstance(given, Mapping):
        return given
    new = {code: title for code, title in given.items() if code not in world.shelved}
    return {**new, **world.skills}


def _completed_part(said: Document, present: Document) -> Document:
    """The house's part; one of an earlier release keeps what it does not know of as it runs."""
    whole = {"house": present["house"], "media": present["media"], **said}
    house, media = whole["house"], whole["media"]
    if isinstance(house, Mapping):
        late = {name: v for name, v in present["house"].items() if name in LATE_HOUSE}
        whole["house"] = {**late, **house}
    if isinstance(media, Mapping):
        whole["media"] = {
            name: {"ceiling": present["media"].get(name, {}).get("ceiling"), **one}
            if isinstance(one, Mapping) else one
            for name, one in media.items()
        }  # fmt: skip
    return whole


def checked(document: Mapping[str, Any], world: World, part: Mapping[str, Any]) -> Rulebook:
    """The policy of a document. Raises BadPolicy with every fault."""
    whole, found = completed(document, world, part), list[Problem]()
    try:
        book = read(whole)
    except BadPolicy as bad:
        try:
            book = Rulebook.model_validate(whole)
        except ValidationError:
            raise bad from None
        found = [_shelved(one, world) for one in bad.problems]
    found = [*found, *_dropped(book, world, part), *_problems(book, world)]
    if found:
        raise BadPolicy(found)
    return book


def problems(document: Mapping[str, Any], world: World, part: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a document; nothing when it may run."""
    try:
        checked(document, world, part)
    except BadPolicy as bad:
        return bad.problems
    return []


def _problems(book: Rulebook, world: World) -> Iterable[Problem]:
    """What this house does not have, though an engine would know it."""
    usual = House()
    for name, reason in ELSEWHERE.items():
        if getattr(book.house, name) != getattr(usual, name):
            yield Problem(f"house.{name}", reason)
    zones = _zones()
    ids = world.ids
    media = {code_of(row): row["media"] for row in world.queues}
    for rules in book.queues:
        at = f"queues.{rules.code}"
        if rules.code not in ids:
            yield Problem(at, "there is no queue of this code")
        if rules.zone not in zones:
            yield Problem(f"{at}.zone", f"there is no time zone {rules.zone!r}")
        if not SHORTEST_OFFER <= rules.offer_seconds <= LONGEST_OFFER:
            yield Problem(f"{at}.offer_seconds",
                          f"is between {SHORTEST_OFFER} and {LONGEST_OFFER}")  # fmt: skip
        yield from _ways_out(rules, at, media.get(rules.code, ()))


def _shelved(problem: Problem, world: World) -> Problem:
    """The fault of a skill that is missing, and why where it is in the archive."""
    for code in world.shelved:
        if problem.reason == f"there is no skill {code!r}":
            return replace(problem, reason=f"the skill {code!r} is in the archive")
    return problem


def _dropped(book: Rulebook, world: World, part: Mapping[str, Any]) -> Iterable[Problem]:
    """Media that are gone though contacts come by them: these would cost what nobody said."""
    for medium in part.get("media", {}):
        used = [code_of(row) for row in world.queues if medium in row["media"]]
        if medium not in book.media and used:
            reason = f"contacts come by it to queue {used[0]!r}: it must stay"
            yield Problem(f"media.{medium}", reason)


def _ways_out(rules: QueueRules, at: str, media: Sequence[str]) -> Iterable[Problem]:
    """`media`: of the accounts whose contacts come into the queue."""
    ways = [(f"{at}.ladder[{n}].overflow", one.overflow) for n, one in enumerate(rules.ladder, 1)]
    ways.append((f"{at}.closed", None if rules.closed in STAYS else rules.closed))
    for place, target in ways:
        if target is None or target.startswith(TO_QUEUE):
            continue
        wrong = [medium for medium in media if not carries(target, medium)]
        if target == "voicemail" and (wrong or not media):
            others = f", and this queue takes {', '.join(wrong)}" if wrong else ""
            yield Problem(place, f"voicemail is for queues of calls alone{others}")
        elif wrong and len(wrong) == len(media):
            yield Problem(place, f"{target} cannot be told by {', '.join(wrong)}: let them wait")


def part_of(book: Rulebook) -> Document:
    """The house's part of a policy."""
    return book.model_dump(mode="json", include={"house", "media"})


@dataclass(frozen=True, slots=True)
class Usual:
    """What an operator has of whom nothing else is said: points, and medium → most at once."""

    capacity: int
    ceilings: Mapping[str, int]

    @classmethod
    def of(cls, part: Mapping[str, Any]) -> Usual:
        """As the house's part of a policy says it."""
        media = part["media"].items()
        ceilings = {name: one["ceiling"] for name, one in media if one.get("ceiling") is not None}
        return cls(part["house"].get("capacity", House().capacity), ceilings)

    def instead(
        self, before: Usual, budget: int, ceilings: Mapping[str, int]
    ) -> tuple[int, dict[str, int]]:
        """An operator's own values under the new policy: what was the usual one follows it."""
        found = dict(ceilings)
        for medium in {**before.ceilings, **self.ceilings}:
            if found.get(medium) == before.ceilings.get(medium):
                found.pop(medium, None)
                if medium in self.ceilings:
                    found[medium] = self.ceilings[medium]
        return (self.capacity if budget == before.capacity else budget), found


@dataclass(frozen=True, slots=True)
class QueueValues:
    """What a policy makes of a queue's row: values of columns, and `rules`."""

    id: str
    columns: Mapping[str, Any]
    rules: Rules

    def differs(self, row: Mapping[str, Any]) -> bool:
        """Whether the row says something else."""
        return self.rules != row["rules"] or any(
            row[name] != value for name, value in self.columns.items()
        )


def queue_values(book: Rulebook, world: World) -> list[QueueValues]:
    """The rows of all queues the policy speaks of."""
    ids = world.ids
    return [_values(rules, ids) for rules in book.queues]


def _values(rules: QueueRules, ids: Mapping[str, str]) -> QueueValues:
    said = rules.model_dump(mode="json", exclude={"code", "title"})
    columns = {column: said.pop(name) for name, column in COLUMNS.items()}
    said["ladder"] = [_short(rung, ids) for rung in said["ladder"]]
    said["closed"] = _renamed(said["closed"], ids)
    own = {name: value for name, value in said.items() if value != UNSAID[name]}
    return QueueValues(ids[rules.code], columns, own)


def _short(rung: Mapping[str, Any], ids: Mapping[str, str]) -> Rules:
    said = {name: value for name, value in rung.items() if value not in (None, {}, [], False)}
    if "overflow" in said:
        said["overflow"] = _renamed(said["overflow"], ids)
    return said


@dataclass(frozen=True, slots=True)
class Difference:
    """What a document changes at a place (`queues.orders.needs`); None: it was or is not said."""

    place: str
    before: Any
    after: Any


def differences(before: Rulebook | None, after: Rulebook) -> list[Difference]:
    """What changes for the running policy (None: all of it), in the order of the document."""
    old, new = _flat(before) if before else {}, _flat(after)
    places = dict.fromkeys([*old, *new])
    return [
        Difference(place, old.get(place), new.get(place))
        for place in places
        if old.get(place) != new.get(place)
    ]


def _flat(book: Rulebook) -> dict[str, Any]:
    dumped = book.model_dump(mode="json", exclude={"version"})
    flat: dict[str, Any] = {f"house.{name}": value for name, value in dumped["house"].items()}
    for medium, one in dumped["media"].items():
        flat |= {f"media.{medium}.{name}": value for name, value in one.items()}
    flat |= {f"skills.{code}": title for code, title in dumped["skills"].items()}
    for queue in dumped["queues"]:
        flat |= {
            f"queues.{queue['code']}.{name}": value
            for name, value in queue.items()
            if name not in ("code", "title")
        }
    return flat
