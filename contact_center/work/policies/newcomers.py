"""Queues a document brings along: made when it runs, or found by their name. Pure.

A queue of a code nobody has is the one in use that has its title for a name and no code yet: it
gets the code. Else it is a new queue. It needs a department, which policies do not speak of: the
document may name one beside the code (``department = "Sales"``), a house with one has no choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from contact_center.work.policies.model import Difference, Document, World, differences
from routing.checks import Problem
from routing.rulebook import QueueRules, Rulebook

UNMADE: Mapping[str, Any] = {
    "priority_seconds": 0, "preferred_hold_seconds": 60, "offer_seconds": 45, "wrap_up_seconds": 0,
    "zone": "UTC", "hours": {}, "rules": {}, "version": 1, "media": (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A queue to make in a department, or (`queue_id`) one in use that gets its code."""

    code: str
    name: str
    queue_id: UUID | None = None
    department_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A document without what is no policy, and the world as if its newcomers were there."""

    document: Document
    world: World
    newcomers: tuple[Newcomer, ...]
    problems: tuple[Problem, ...]

    @property
    def known(self) -> World:
        """Only the queues that are there, by the codes they get."""
        made = {one.code for one in self.newcomers if one.queue_id is None}
        return replace(
            self.world, queues=tuple(r for r in self.world.queues if r["code"] not in made)
        )

    @property
    def adopted(self) -> dict[str, str]:
        """Code → id of the queues that get one."""
        return {one.code: str(one.queue_id) for one in self.newcomers if one.queue_id is not None}


def join(document: Document, world: World) -> Joined:
    """What a document says beyond the queues there are. Nonsense stays for who checks it."""
    queues = document.get("queues")
    if not isinstance(queues, list):
        return Joined(document, world, (), ())
    found: dict[str, Newcomer] = {}
    problems: list[Problem] = []
    for said in queues:
        code = said.get("code") if isinstance(said, Mapping) else None
        if isinstance(code, str) and code not in world.ids and code not in found:
            second = _second(code, said, tuple(found.values()))
            found[code], faults = second or _newcomer(code, said, world)
            problems += faults
    newcomers = tuple(found.values())
    plain = [_without(said, "department") for said in queues]
    return Joined({**document, "queues": plain}, _with(world, newcomers), newcomers,
                  tuple(problems))  # fmt: skip


def _name(code: str, said: Mapping[str, Any]) -> str:
    title = said.get("title")
    return title.strip() if isinstance(title, str) and title.strip() else code


def _named_twice(code: str, name: str, other: str) -> tuple[Newcomer, list[Problem]]:
    reason = f"would be a second queue named {name!r}: that one's code is {other!r}"
    return Newcomer(code, name), [Problem(f"queues.{code}", reason)]


def _second(
    code: str, said: Mapping[str, Any], found: Sequence[Newcomer]
) -> tuple[Newcomer, list[Problem]] | None:
    """The fault of a queue whose name another one the document brings along, or finds, has."""
    name = _name(code, said)
    other = next((one.code for one in found if _same(one.name, name)), None)
    return None if other is None else _named_twice(code, name, other)


def _newcomer(code: str, said: Mapping[str, Any], world: World) -> tuple[Newcomer, list[Problem]]:
    name, at = _name(code, said), f"queues.{code}"
    named = next((r for r in world.queues if _same(r["name"], name)), None)
    if named is not None and not named["code"]:
        return Newcomer(code, named["name"], named["id"]), []
    if named is not None:
        return _named_twice(code, name, named["code"])
    if any(_same(one, name) or one == code for one in world.archived):
        reason = "is the name or code of a queue in the archive"
        return Newcomer(code, name), [Problem(at, reason)]
    wanted = said.get("department")
    if wanted is None and len(world.departments) == 1:
        return Newcomer(code, name, department_id=next(iter(world.departments))), []
    for department, called in world.departments.items():
        if isinstance(wanted, str) and (_same(called, wanted) or wanted == str(department)):
            return Newcomer(code, name, department_id=department), []
    place = f"{at}.department"
    reason = "is a new queue: name its department" if wanted is None else "there is no department"
    known = ", ".join(world.departments.values())
    more = f" ({known})" if wanted is None else f" {wanted!r}; there are: {known}"
    return Newcomer(code, name), [Problem(place, reason + more)]


def departments(document: Document, world: World) -> list[str]:
    """The departments its new queues name that nobody has yet."""
    queues = document.get("queues")
    found: dict[str, str] = {}
    for said in queues if isinstance(queues, list) else ():
        name = said.get("department") if isinstance(said, Mapping) else None
        if isinstance(name, str) and name.strip():
            found.setdefault(name.strip().casefold(), name.strip())
    known = [*world.departments.values(), *map(str, world.departments)]
    return [name for name in found.values() if not any(_same(name, one) for one in known)]


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _without(said: Any, name: str) -> Any:
    return {k: v for k, v in said.items() if k != name} if isinstance(said, Mapping) else said


def _with(world: World, newcomers: Sequence[Newcomer]) -> World:
    codes = {one.queue_id: one.code for one in newcomers if one.queue_id is not None}
    rows = [{**row, "code": codes.get(row["id"], row["code"])} for row in world.queues]
    rows += [
        {**UNMADE, "id": UUID(int=number), "code": one.code, "name": one.name}
        for number, one in enumerate(newcomers, 1)
        if one.queue_id is None
    ]
    return replace(world, queues=tuple(rows))


def changes(joined: Joined, running: Rulebook | None, book: Rulebook) -> Iterator[Difference]:
    """What a document changes: of a new queue, that it is one and what is not as usual."""
    made = {one.code: one.name for one in joined.newcomers if one.queue_id is None}
    for code in joined.adopted:
        yield Difference(f"queues.{code}.code", None, code)
    told: set[str] = set()
    for one in differences(running, book):
        at, _, name = one.place.rpartition(".")
        code = at.removeprefix("queues.")  # which may have dots itself
        if at == code or code not in made:
            yield one
            continue
        if code not in told:
            told.add(code)
            yield Difference(f"queues.{code}", None, made[code])
        if one.after != USUAL[name]:
            yield one


USUAL = QueueRules(code="usual").model_dump(mode="json")
