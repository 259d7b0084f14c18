"""The policy file at start: what a new house begins with, later a draft where it has changed."""

from __future__ import annotations

from dataclasses import replace

from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Unit
from contact_center.work.policies import model, newcomers, store
from contact_center.work.policies.judging import judged
from contact_center.work.policies.model import Document
from contact_center.work.policies.running import run, tell


async def seed(
    unit: Unit, document: Document | None, source: str, *, grace_seconds: int, whole: bool
) -> str | None:
    """As `Policies.seed`, in one transaction; `source`: the digest of the file."""
    running = await store.current(unit)
    if running is not None and "grace_seconds" not in running["body"]["house"]:
        await store.hold(unit)
        await store.widen(unit, running["id"], model.widened(running["body"], grace_seconds))
    if running is not None and (document is None or await store.known_source(unit, source)):
        return None
    await store.hold(unit)
    if await store.current(unit) is None:
        empty = await _begin(unit, document, source, grace_seconds)
        if empty and whole and document is not None and not await _fill(unit, document):
            await store.add_draft(unit, document, author="file", note="", source=source)
        return "seeded"
    if document is None or await store.known_source(unit, source):
        return None
    await store.add_draft(unit, document, author="file", note="", source=source)
    return "draft"


async def _begin(unit: Unit, document: Document | None, source: str, grace_seconds: int) -> bool:
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
    if judged(document, dreamt, part)["problems"]:
        return False
    await store.make_departments(unit, named)
    world = await store.world(unit, lock=True)
    verdict = judged(document, world, part)
    if verdict["problems"]:
        return False
    if verdict["changes"]:
        await run(unit, world, document, held=False, actor="file", note="")
    return True
