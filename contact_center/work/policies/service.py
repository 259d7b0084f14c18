"""Drafts and editions of the routing policy; what runs is told to the router in the same commit.

An edition is what the rows said when it was made. `running.record` makes one when queues were
changed elsewhere: the history has no gaps, and a draft is compared with what really runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web

from contact_center.jobs.model import Handler, Job
from contact_center.kernel.errors import Conflict
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from contact_center.work.policies import file, model, store
from contact_center.work.policies.judging import judged
from contact_center.work.policies.model import Document
from contact_center.work.policies.running import (
    NOBODY,
    POINTS,
    TELL,
    hold_operators,
    reprice_slice,
    run,
    tell_slice,
)
from contact_center.work.policies.seeding import seed
from routing.rulebook import House

LISTED = 200


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
        return {**shown, **judged(shown["body"], world, part)}

    async def judge(self, body: Document) -> dict[str, Any]:
        """`problems` of a document, and the `changes` it would make."""
        world, part = await store.world(self.database), await self._part(self.database)
        return judged(body, world, part)

    async def exported(self) -> Document:
        """What runs as a document for a file: with the titles of queues and skills."""
        row, world = await store.current(self.database), await store.world(self.database)
        part = row["body"] if row else model.house()
        return file.document(part, world, row["edition"] if row else 0)

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
            held = await hold_operators(unit, (await store.one(unit, policy_id))["body"])
            world = await store.world(unit, lock=True)
            await store.hold(unit)
            chosen = await store.lock(unit, policy_id)
            _require_version(chosen, expected)
            row = await run(
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
            held = await hold_operators(unit, body)
            world = await store.world(unit, lock=True)
            await store.hold(unit)
            return await run(unit, world, body, held=held, actor=actor, note=note)

        return await self._shown(await self.database.run(step))

    # --- what the worker does --------------------------------------------------------------------

    def handlers(self) -> dict[str, Handler]:
        """The jobs of this feature."""
        return {TELL: self.tell_operators, POINTS: self.reprice}

    async def tell_operators(self, job: Job) -> None:
        """Tell the router of all operators, slice by slice; once more does no harm."""
        last: UUID | None = NOBODY
        while last is not None:
            last = await self.database.run(
                partial(tell_slice, after=last, actor=job.payload["actor"])
            )

    async def reprice(self, job: Job) -> None:
        """Let what waits cost what the policy says now, slice by slice; once more does no harm."""
        while await self.database.run(partial(reprice_slice, actor=job.payload["actor"])):
            pass

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
        step = partial(seed, document=document, source=source, grace_seconds=grace, whole=whole)
        return await self.database.run(step)


_NONE: Record = {
    "id": UUID(int=0), "edition": 0, "state": "current", "body": {}, "author": "system", "note": "",
    "source": None, "at": None, "version": 1,
}  # fmt: skip


async def _locked_draft(unit: Unit, policy_id: UUID, expected: int | None) -> Record:
    row = await store.lock(unit, policy_id)
    if row["state"] != "draft":
        raise Conflict("an edition cannot be changed", code="not_a_draft")
    _require_version(row, expected)
    return row


def _require_version(row: Record, expected: int | None) -> None:
    if expected is not None and expected != row["version"]:
        raise Conflict("the policy was changed meanwhile", current={"version": row["version"]})


SERVICE: web.AppKey[Policies] = web.AppKey("policies", Policies)
