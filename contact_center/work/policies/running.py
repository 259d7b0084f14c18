"""Letting a policy run: into the rows, the next edition and the log, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from contact_center.employees import operators
from contact_center.jobs import store as jobs
from contact_center.kernel.errors import Conflict
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Record, Unit
from contact_center.work.policies import model, newcomers, store
from contact_center.work.policies.judging import checked, refused
from contact_center.work.policies.model import Document, Usual, World
from contact_center.work.repricing import reprice
from routing.checks import Problem
from routing.rulebook import Rulebook

TELL = "policy.operators"
"""The job that tells the router of all operators after an edition has given them other points."""
POINTS = "policy.points"
"""The job that lets what waits cost what another edition says."""
OTHERS_END = timedelta(seconds=30)
"""No transaction of the service lasts longer."""
SLICE = 500
NOBODY = UUID(int=0)


Fault = tuple[str, str]
"""A place and a reason, with "*" for the code of the queue that is changed: it may get another."""


async def faults(unit: Unit, queue_id: UUID) -> set[Fault]:
    """What is wrong with what the rows say now, with this queue even where it is in the archive.

    Nothing, but where an earlier release, or what is around the queues, let it in.
    """
    running = await store.current(unit)
    if running is None:
        return set()
    world = await store.with_archived(unit, queue_id)
    code = world.names.get(str(queue_id))
    return {_fault(one, code) for one in model.problems({}, world, running["body"])}


def _fault(problem: Problem, code: str | None) -> Fault:
    if code is None:
        return problem.place, problem.reason
    own = f"queues.{code}"
    place, rest = problem.place[: len(own)], problem.place[len(own) :]
    if place == own and rest[:1] in ("", ".", "["):
        place = "queues.*"
    return place + rest, problem.reason.replace(repr(code), "*")


async def record(unit: Unit, actor: str, queue_id: UUID, known: Collection[Fault] = ()) -> None:
    """Make an edition of what the rows say now, where they say something new.

    Call it after the last write to a queue. Before the first edition there is nothing to keep.
    Raises Invalid where that is no policy that may run; `known`: the faults there were before.
    """
    running = await store.current(unit)
    if running is None:
        return
    await store.hold(unit)
    running = await store.current(unit) or running
    world = await store.world(unit)
    body = model.compose(running["body"], world)
    if body == running["body"]:
        return
    code = world.names.get(str(queue_id))
    problems = model.problems({}, world, running["body"])
    found = [one for one in problems if _fault(one, code) not in known]
    if found:
        raise refused(found, code)
    row = await store.add_edition(unit, body, author=actor, note="")
    tell(unit, row, actor, "queue")


def tell(unit: Unit, row: Record, actor: str, cause: str) -> None:
    """Log that an edition runs, with what the router needs of it beside the queues."""
    data = {"edition": row["edition"], "house": row["body"]["house"], "media": row["body"]["media"]}
    unit.log("policy.changed", "policy", row["id"], version=row["edition"], actor=actor,
             cause=cause, data=data)  # fmt: skip


async def hold_operators(unit: Unit, body: Document) -> bool:
    """Whether a document says something of operators' points or ceilings; then all are locked.

    They come before queues in the order of locks, so this is asked before anything is certain.
    """
    running = await store.current(unit)
    part = running["body"] if running else model.house()
    whole = model.completed(body, World((), {}), part)
    try:
        changes = Usual.of(whole) != Usual.of(part)
    except (AttributeError, KeyError, TypeError):  # no policy at all: its faults are told later
        return False
    if changes:
        await store.everybody(unit)
    return changes


async def run(
    unit: Unit, world: World, body: Document, *, held: bool, actor: str, note: str,
    expected: int | None = None,
) -> Record:  # fmt: skip
    """Write a document into the rows and make it the next edition; `world` and `hold` lock.

    `held`: whether `hold_operators` found that operators change.
    """
    running = await store.current(unit)
    edition = running["edition"] if running else 0
    if expected is not None and expected != edition:
        raise Conflict("another policy runs meanwhile", current={"edition": edition})
    part = running["body"] if running else model.house()
    book, world, brought = await _bring(unit, world, body, part)
    if held:
        await _resize(unit, Usual.of(part), Usual.of(model.part_of(book)), actor)
    moved = brought | await _write_queues(unit, world, book, part, brought)
    document = model.compose(model.part_of(book), await store.world(unit))
    row = await store.add_edition(unit, document, author=actor, note=note)
    for queue in await store.snapshots(unit, moved):
        unit.log("queue.changed", "queue", queue["id"], version=queue["version"], actor=actor,
                 cause="policy", data=queue["data"])  # fmt: skip
    tell(unit, row, actor, "activated")
    if _said(part, "points") != _said(model.part_of(book), "points"):
        due = await store.now(unit)  # a job, for work is locked before queues
        # And again when all have ended that read the edition before.
        for later in (timedelta(0), OTHERS_END):
            await jobs.schedule(unit, POINTS, str(new_id()), due + later, {"actor": actor})
    await operators.tell_directory(unit, row["id"], actor=actor, cause="policy")
    return row


async def _bring(
    unit: Unit, world: World, body: Document, part: Mapping[str, Any]
) -> tuple[Rulebook, World, set[UUID]]:
    """Make the queues and skills a document brings along; its rules, the rows then, new queues.

    Raises Invalid for a document with faults.
    """
    joined = newcomers.join(body, world)
    if joined.problems:
        raise refused(list(joined.problems))
    checked(joined.document, joined.world, part)
    brought = await store.bring(unit, joined.newcomers)
    world = await store.world(unit, lock=True) if brought else world
    book = checked(joined.document, world, part)
    fresh = {code: title for code, title in book.skills.items() if code not in world.skills}
    if fresh:
        await store.add_skills(unit, fresh, "ru")
    return book, world, brought


async def _write_queues(
    unit: Unit, world: World, book: Rulebook, part: Mapping[str, Any], brought: set[UUID]
) -> set[UUID]:
    """Write what differs; the queues whose rows changed. All do where offers last otherwise."""
    values = [one for one in model.queue_values(book, world) if one.differs(_row(world, one.id))]
    await store.write_queues(unit, values)
    moved = {UUID(one.id) for one in values}
    if _said(part, "offer_seconds") == _said(model.part_of(book), "offer_seconds"):
        return moved
    rest = {row["id"] for row in world.queues} - moved - brought
    await store.touch_queues(unit, rest)
    return moved | rest


async def _resize(unit: Unit, before: Usual, after: Usual, actor: str) -> None:
    """Who has what was usual has what is usual now; everybody is locked.

    Of few the router is told at once. Telling of thousands takes ten times as long as writing them
    does and would hold the router up, so a job does it, in slices: until then the versions the
    router counts on are old, and what it decides about those operators is refuted by their rows.
    """
    if before == after:
        return
    sets = [(one, after.instead(before, *one)) for one in await store.capacities(unit)]
    moved = [(one, now) for one, now in sets if one != now]
    if not moved:
        return
    if await store.write_capacities(unit, moved) <= SLICE:
        await store.tell_capacities(unit, NOBODY, SLICE, actor)
    else:
        now = await store.now(unit)
        await jobs.schedule(unit, TELL, str(new_id()), now, {"actor": actor})


async def tell_slice(unit: Unit, after: UUID, actor: str) -> UUID | None:
    return await store.tell_capacities(unit, after, SLICE, actor)


async def reprice_slice(unit: Unit, actor: str) -> bool:
    return await reprice(unit, SLICE, now=await store.now(unit), actor=actor)


def _row(world: World, queue_id: str) -> Mapping[str, Any]:
    return next(row for row in world.queues if str(row["id"]) == queue_id)


def _said(part: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Medium → what is said of it."""
    return {medium: one.get(name) for medium, one in part.get("media", {}).items()}
