"""Drafts and editions of the routing policy; what runs is told to the router in the same commit.

An edition is what the rows said when it was made. `record` makes one when queues were changed
elsewhere, so the history has no gaps and a draft is always compared with what really runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web

from contact_center.employees import operators
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from contact_center.work.policies import model, newcomers, store
from contact_center.work.policies.model import Difference, Document, Usual, World
from routing.checks import BadPolicy, Problem
from routing.rulebook import House, Rulebook

LISTED = 200
TELL = "policy.operators"
"""The job that tells the router of all operators after an edition has given them other points."""
SLICE = 500
NOBODY = UUID(int=0)


async def record(unit: Unit, actor: str, note: str = "") -> None:
    """Make an edition of what the rows say now, where they say something new.

    Call it after the last write to queues. Before the first edition there is nothing to keep.
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
    row = await store.add_edition(unit, body, author=actor, note=note)
    tell(unit, row, actor, "queue")


def tell(unit: Unit, row: Record, actor: str, cause: str) -> None:
    """Log that an edition runs, with what the router needs of it beside the queues."""
    data = {"edition": row["edition"], "house": row["body"]["house"], "media": row["body"]["media"]}
    unit.log("policy.changed", "policy", row["id"], version=row["edition"], actor=actor,
             cause=cause, data=data)  # fmt: skip


class Policies:
    """The routing policies of the workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # --- looking ---------------------------------------------------------------------------------

    async def current(self) -> dict[str, Any]:
        """The edition that runs, as the rows have it; a house without one has edition 0."""
        row = await store.current(self.database)
        return await self._shown(row or _NONE)

    async def one(self, policy_id: UUID) -> dict[str, Any]:
        """An edition or draft with its faults and what it would change. Raises NotFound."""
        return await self._shown(await store.one(self.database, policy_id))

    async def _shown(self, row: Record) -> dict[str, Any]:
        """A policy as it is shown; that of the rows where it is the one that runs."""
        world, part = await store.world(self.database), await self._part(self.database)
        shown = dict(row)
        if row["state"] == "current":
            shown["body"] = model.compose(part, world)
        return {**shown, **_judged(shown["body"], world, part)}

    async def judge(self, body: Document) -> dict[str, Any]:
        """`problems` of a document, and the `changes` it would make."""
        world, part = await store.world(self.database), await self._part(self.database)
        return _judged(body, world, part)

    async def exported(self) -> Document:
        """What runs as a document for a file: with the titles of queues and skills."""
        row, world = await store.current(self.database), await store.world(self.database)
        part = row["body"] if row else model.house()
        book = model.checked({}, world, part)
        document = book.model_dump(mode="json", exclude_defaults=True)
        names = {model.code_of(queue): queue["name"] for queue in world.queues}
        queues = [
            {"code": queue["code"], "title": names[queue["code"]], **queue}
            for queue in document.get("queues", [])
        ]
        edition = row["edition"] if row else 0
        return {"version": str(edition), **document, "queues": queues}

    @staticmethod
    async def _part(db: store.Queries) -> Mapping[str, Any]:
        row = await store.current(db)
        return row["body"] if row else model.house()

    # --- drafts ----------------------------------------------------------------------------------

    async def save(
        self, actor: str, policy_id: UUID | None, body: Document, note: str = "",
        *, expected: int | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Add (without an id) or change a draft; it may have faults. Raises NotFound, Conflict."""

        async def step(unit: Unit) -> Record:
            if policy_id is None:
                return await store.add_draft(unit, body, author=actor, note=note)
            await _locked_draft(unit, policy_id, expected)
            return await store.change_draft(unit, policy_id, body, author=actor, note=note)

        return await self._shown(await self.database.run(step))

    async def discard(self, actor: str, policy_id: UUID, expected: int | None) -> None:
        """Throw a draft away. Raises NotFound, Conflict."""

        async def step(unit: Unit) -> None:
            row = await _locked_draft(unit, policy_id, expected)
            await store.remove_draft(unit, policy_id)
            unit.log("policy.discarded", "policy", policy_id, version=row["version"], actor=actor)

        await self.database.run(step)

    # --- running ---------------------------------------------------------------------------------

    async def activate(
        self, actor: str, policy_id: UUID, edition: int, expected: int | None = None
    ) -> dict[str, Any]:
        """Let a draft, or a past edition once more, run instead of `edition`, from now on.

        Raises NotFound, Conflict (another edition runs, the draft was changed), Invalid.
        """

        async def step(unit: Unit) -> Record:
            held = await _held(unit, (await store.one(unit, policy_id))["body"])
            world = await store.world(unit, lock=True)
            await store.hold(unit)
            chosen = await store.lock(unit, policy_id)
            _require_version(chosen, expected)
            row = await _run(
                unit, world, chosen["body"], held=held, actor=actor, note=chosen["note"],
                expected=edition,
            )  # fmt: skip
            await store.hand_on(unit, policy_id, row["id"])
            await store.remove_draft(unit, policy_id)
            return row

        return await self._shown(await self.database.run(step))

    async def install(self, actor: str, body: Document, note: str) -> dict[str, Any]:
        """Let a document run at once, whatever runs now. Raises Invalid."""

        async def step(unit: Unit) -> Record:
            held = await _held(unit, body)
            world = await store.world(unit, lock=True)
            await store.hold(unit)
            return await _run(unit, world, body, held=held, actor=actor, note=note)

        return await self._shown(await self.database.run(step))

    # --- what the worker does --------------------------------------------------------------------

    def handlers(self) -> dict[str, Handler]:
        """The jobs of this feature."""
        return {TELL: self.tell_operators}

    async def tell_operators(self, job: Job) -> None:
        """Tell the router of all operators, slice by slice; once more does no harm."""
        last: UUID | None = NOBODY
        while last is not None:
            last = await self.database.run(
                partial(_told_slice, after=last, actor=job.payload["actor"])
            )

    # --- the file --------------------------------------------------------------------------------

    async def seed(
        self, document: Document | None, text: bytes = b"", *, grace_seconds: int | None = None,
        whole: bool = True,
    ) -> str | None:  # fmt: skip
        """What a policy file means at start: `seeded`, `draft`, or None when it is old news.

        A house without queues and editions begins with the file: with its queues and skills where
        it can, else with its `house` and `media`, and the whole of it is a draft. One that has
        worked before begins with what it did. Later a changed file is a draft.
        `grace_seconds`: of the settings, for a policy that has never said one. `whole`: whether
        the file's queues are wanted at all.
        """
        grace = House().grace_seconds if grace_seconds is None else grace_seconds
        source = hashlib.sha256(text).hexdigest()

        async def step(unit: Unit) -> str | None:
            running = await store.current(unit)
            if running is not None and "grace_seconds" not in running["body"]["house"]:
                await store.hold(unit)
                body = model.widened(running["body"], grace)
                await store.widen(unit, running["id"], body)
            if running is not None and (document is None or await store.known_source(unit, source)):
                return None
            await store.hold(unit)
            if await store.current(unit) is None:
                empty = await self._begin(unit, document, source, grace)
                if empty and whole and document is not None and not await _fill(unit, document):
                    await store.add_draft(unit, document, author="file", note="", source=source)
                return "seeded"
            if document is None or await store.known_source(unit, source):
                return None
            await store.add_draft(unit, document, author="file", note="", source=source)
            return "draft"

        return await self.database.run(step)

    async def _begin(
        self, unit: Unit, document: Document | None, source: str, grace_seconds: int
    ) -> bool:
        """Make the first edition. Returns whether the house has no queues yet."""
        world, part = await store.world(unit), model.house()
        part["house"]["grace_seconds"] = grace_seconds
        if document is not None and not world.queues:
            said: Document = {k: v for k, v in document.items() if k in ("house", "media")}
            if not model.problems(said, world, part):
                part = model.part_of(model.checked(said, world, part))
        row = await store.add_edition(
            unit, model.compose(part, world), author="system", note="", source=source
        )
        tell(unit, row, "system", "seeded")
        return not world.queues and not world.archived


async def _fill(unit: Unit, document: Document) -> bool:
    """Let the file's queues run in a house that has none, in the departments it names.

    False, and nothing has changed but perhaps departments, where it has faults.
    """
    world, part = await store.world(unit), model.house()
    named = newcomers.departments(document, world)
    dreamt = replace(world, departments={**world.departments, **{new_id(): n for n in named}})
    if _judged(document, dreamt, part)["problems"]:
        return False
    await store.make_departments(unit, named)
    world = await store.world(unit, lock=True)
    verdict = _judged(document, world, part)
    if verdict["problems"]:
        return False
    if verdict["changes"]:
        await _run(unit, world, document, held=False, actor="file", note="")
    return True


_NONE: Record = {
    "id": UUID(int=0), "edition": 0, "state": "current", "body": {}, "author": "system", "note": "",
    "source": None, "at": None, "version": 1,
}  # fmt: skip


def _judged(body: Document, world: World, part: Mapping[str, Any]) -> dict[str, Any]:
    joined = newcomers.join(body, world)
    problems, changes = list(joined.problems), list[Difference]()
    try:
        book = model.checked(joined.document, joined.world, part)
    except BadPolicy as bad:
        problems += bad.problems
    if not problems:
        running = None  # of rows that no policy would have made everything counts as new
        with suppress(BadPolicy):
            running = model.checked({}, joined.known, part)
        changes = list(newcomers.changes(joined, running, book))
    return {
        "problems": [asdict(one) for one in problems],
        "changes": [asdict(one) for one in changes], "adopted": joined.adopted,
        "names": {model.code_of(row): row["name"] for row in joined.world.queues},
    }  # fmt: skip


def complete(body: Document, world: World, part: Mapping[str, Any]) -> Document:
    """The whole policy of a document, its newcomers included. Raises Invalid."""
    joined = newcomers.join(body, world)
    if joined.problems:
        raise refused(list(joined.problems))
    return _checked(joined.document, joined.world, part).model_dump(mode="json")


async def _locked_draft(unit: Unit, policy_id: UUID, expected: int | None) -> Record:
    row = await store.lock(unit, policy_id)
    if row["state"] != "draft":
        raise Conflict("an edition cannot be changed", code="not_a_draft")
    _require_version(row, expected)
    return row


def _require_version(row: Record, expected: int | None) -> None:
    if expected is not None and expected != row["version"]:
        raise Conflict("the policy was changed meanwhile", current={"version": row["version"]})


async def _held(unit: Unit, body: Document) -> bool:
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


async def _told_slice(unit: Unit, after: UUID, actor: str) -> UUID | None:
    return await store.tell_capacities(unit, after, SLICE, actor)


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


async def _run(
    unit: Unit, world: World, body: Document, *, held: bool, actor: str, note: str,
    expected: int | None = None,
) -> Record:  # fmt: skip
    """Write a document into the rows and make it the next edition; `world` and `hold` lock.

    `held`: whether `_held` found that operators change.
    """
    running = await store.current(unit)
    edition = running["edition"] if running else 0
    if expected is not None and expected != edition:
        raise Conflict("another policy runs meanwhile", current={"edition": edition})
    part = running["body"] if running else model.house()
    joined = newcomers.join(body, world)
    if joined.problems:
        raise refused(list(joined.problems))
    _checked(joined.document, joined.world, part)
    brought = await store.bring(unit, joined.newcomers)
    world = await store.world(unit, lock=True) if brought else world
    book = _checked(joined.document, world, part)
    fresh = {code: title for code, title in book.skills.items() if code not in world.skills}
    if fresh:
        await store.add_skills(unit, fresh, "ru")
    if held:
        await _resize(unit, Usual.of(part), Usual.of(model.part_of(book)), actor)
    values = [one for one in model.queue_values(book, world) if one.differs(_row(world, one.id))]
    await store.write_queues(unit, values)
    moved = {UUID(one.id) for one in values} | brought
    if _offers(part) != _offers(model.part_of(book)):
        rest = {row["id"] for row in world.queues} - moved
        await store.touch_queues(unit, rest)
        moved |= rest
    document = model.compose(model.part_of(book), await store.world(unit))
    row = await store.add_edition(unit, document, author=actor, note=note)
    for queue in await store.snapshots(unit, moved):
        unit.log("queue.changed", "queue", queue["id"], version=queue["version"], actor=actor,
                 cause="policy", data=queue["data"])  # fmt: skip
    tell(unit, row, actor, "activated")
    await operators.tell_directory(unit, row["id"], actor=actor, cause="policy")
    return row


def _checked(body: Document, world: World, part: Mapping[str, Any]) -> Rulebook:
    try:
        return model.checked(body, world, part)
    except BadPolicy as bad:
        raise refused(bad.problems) from None


def refused(problems: list[Problem]) -> Invalid:
    """The answer to a policy that cannot run."""
    return Invalid(
        f"the policy cannot run: {problems[0]}", code="bad_policy",
        field=problems[0].place, problems=[asdict(one) for one in problems],
    )  # fmt: skip


def _row(world: World, queue_id: str) -> Mapping[str, Any]:
    return next(row for row in world.queues if str(row["id"]) == queue_id)


def _offers(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one.get("offer_seconds") for name, one in part.get("media", {}).items()}


SERVICE: web.AppKey[Policies] = web.AppKey("policies", Policies)
