"""SQL of policies: their editions and drafts, and the queues' rows that carry what runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson

from contact_center.kernel.errors import NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from contact_center.work.policies.model import Document, QueueValues, World
from contact_center.work.policies.newcomers import Newcomer

Queries = Database | Unit
LOCK = 7_304_215_013  # held by who makes an edition, after the rows of queues

_QUEUES = """
SELECT id, code, name, priority_seconds, preferred_hold_seconds, offer_seconds, wrap_up_seconds,
  zone, hours, rules, version, coalesce((
    SELECT array_agg(DISTINCT a.medium ORDER BY a.medium) FROM accounts a
    WHERE a.queue_id = queues.id AND a.archived_at IS NULL), '{}') AS media
FROM queues WHERE """
QUEUES = _QUEUES + "archived_at IS NULL ORDER BY id"
IN_ARCHIVE = _QUEUES + "archived_at IS NOT NULL AND id = $1"
SKILLS = "SELECT code, title, archived_at FROM skills ORDER BY code"
DEPARTMENTS = "SELECT id, name FROM departments WHERE archived_at IS NULL ORDER BY lower(name), id"
ARCHIVED = "SELECT name, code, id::text FROM queues WHERE archived_at IS NOT NULL"
MAKE_QUEUES = """
INSERT INTO queues (id, name, code, department_id)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[])
"""
MAKE_DEPARTMENTS = """
INSERT INTO departments (id, name) SELECT * FROM unnest($1::uuid[], $2::text[])
ON CONFLICT (name) DO NOTHING
"""
GIVE_CODES = """
UPDATE queues q SET code = v.code, version = q.version + 1
FROM unnest($1::uuid[], $2::text[]) AS v(id, code) WHERE q.id = v.id
"""
ADD_SKILLS = """
INSERT INTO skills (id, code, title) SELECT v.id, v.code, jsonb_build_object($4::text, v.title)
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS v(id, code, title) ON CONFLICT (code) DO NOTHING
RETURNING id
"""
LIST = """
SELECT id, edition, state, author, note, source IS NOT NULL AS from_file, at, version
FROM policies ORDER BY edition DESC NULLS FIRST, at DESC, id LIMIT $1
"""
INSERT = """
INSERT INTO policies (id, edition, state, body, author, note, source)
VALUES ($1, CASE WHEN $2 = 'draft' THEN NULL
                 ELSE 1 + coalesce((SELECT max(edition) FROM policies), 0) END,
        $2, $3, $4, $5, $6)
RETURNING *
"""
CHANGE = """
UPDATE policies SET body = $2, note = $3, author = $4, at = now(), version = version + 1
WHERE id = $1 AND state = 'draft' RETURNING *
"""
WRITE_QUEUES = """
UPDATE queues q SET priority_seconds = v.priority, preferred_hold_seconds = v.hold,
  offer_seconds = v.offer, wrap_up_seconds = v.wrap_up, zone = v.zone, hours = v.hours::jsonb,
  rules = v.rules::jsonb, version = q.version + 1
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::text[], $7::text[],
            $8::text[]) AS v(id, priority, hold, offer, wrap_up, zone, hours, rules)
WHERE q.id = v.id
RETURNING q.id, q.version
"""
# All operators are rewritten and told of without a row of theirs leaving the database: of the sets
# of points and ceilings there are few.
CAPACITIES = "SELECT DISTINCT budget, ceilings FROM operators"
WRITE_CAPACITIES = """
UPDATE operators o SET budget = v.to_budget, ceilings = v.to_ceilings, version = o.version + 1
FROM unnest($1::int[], $2::jsonb[], $3::int[], $4::jsonb[])
     AS v(budget, ceilings, to_budget, to_ceilings)
WHERE o.budget = v.budget AND o.ceilings = v.ceilings
"""
TELL_CAPACITIES = """
INSERT INTO events (kind, subject_kind, subject_id, version, actor, cause, data)
SELECT 'operator.changed', 'operator', o.id, o.version, $3, 'policy', cc_operator_snapshot(o.id)
FROM (SELECT id, version FROM operators WHERE id > $1 ORDER BY id LIMIT $2) o
RETURNING subject_id
"""
SNAPSHOTS = """
SELECT id, version, cc_queue_snapshot(id) AS data FROM queues WHERE id = ANY($1::uuid[]) ORDER BY id
"""


async def world(db: Queries, *, lock: bool = False) -> World:
    """The queues and skills a policy may speak of; `lock` holds the queues against changes."""
    queues = await db.fetch(QUEUES + (" FOR NO KEY UPDATE" if lock else ""))
    skills = await db.fetch(SKILLS)
    known = {row["code"]: title(row["title"]) for row in skills if row["archived_at"] is None}
    shelved = frozenset(row["code"] for row in skills if row["code"] not in known)
    departments = {row["id"]: row["name"] for row in await db.fetch(DEPARTMENTS)}
    archived = await db.fetch(ARCHIVED)
    gone = frozenset(text for row in archived for text in row.values() if text)
    return World(tuple(queues), known, departments, gone, shelved)


async def with_archived(db: Queries, queue_id: UUID) -> World:
    """The same with this queue, even where it is in the archive."""
    here = await world(db)
    return replace(here, queues=(*here.queues, *await db.fetch(IN_ARCHIVE, queue_id)))


def title(titles: Mapping[str, str]) -> str:
    """One title of several: the first language's."""
    return titles.get("ru") or next(iter(titles.values()), "")


async def hold(unit: Unit) -> None:
    """Nobody else makes an edition until the end of this transaction."""
    await unit.execute("SELECT pg_advisory_xact_lock($1)", LOCK)


async def current(db: Queries) -> Record | None:
    """The edition that runs; None before the first."""
    return await db.fetchrow("SELECT * FROM policies WHERE state = 'current'")


async def one(db: Queries, policy_id: UUID) -> Record:
    """An edition or a draft. Raises NotFound."""
    row = await db.fetchrow("SELECT * FROM policies WHERE id = $1", policy_id)
    if row is None:
        raise NotFound("there is no such policy")
    return row


async def lock(unit: Unit, policy_id: UUID) -> Record:
    """The same, held against other changes. Raises NotFound."""
    await unit.fetch("SELECT FROM policies WHERE id = $1 FOR UPDATE", policy_id)
    return await one(unit, policy_id)


async def listed(db: Queries, limit: int) -> list[Record]:
    """Drafts first, then editions, the newest first; without their bodies."""
    return await db.fetch(LIST, limit)


async def now(unit: Unit) -> datetime:
    """The database's clock, at this very moment."""
    found: datetime = await unit.fetchval("SELECT clock_timestamp()")
    return found


async def known_source(db: Queries, source: str) -> bool:
    """Whether a file of this digest was read before."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM policies WHERE source = $1)", source))


async def add_draft(
    unit: Unit, body: Document, *, author: str, note: str, source: str | None = None
) -> Record:
    return await _insert(unit, "draft", body, author=author, note=note, source=source)


async def change_draft(
    unit: Unit, policy_id: UUID, body: Document, *, author: str, note: str
) -> Record:
    row = await unit.fetchrow(CHANGE, policy_id, body, note, author)
    if row is None:
        raise NotFound("there is no such draft")
    return row


async def hand_on(unit: Unit, draft: UUID, edition: UUID) -> None:
    """What a draft was tried on stays with the edition it becomes."""
    await unit.execute(
        "UPDATE dry_runs SET policy_id = $2 FROM policies p"
        " WHERE policy_id = $1 AND p.id = $1 AND p.state = 'draft'",
        draft, edition,
    )  # fmt: skip


async def remove_draft(unit: Unit, policy_id: UUID) -> None:
    await unit.execute("DELETE FROM policies WHERE id = $1 AND state = 'draft'", policy_id)


async def add_edition(
    unit: Unit, body: Document, *, author: str, note: str, source: str | None = None
) -> Record:
    """The next edition, which runs from now on; `hold` before."""
    await unit.execute("UPDATE policies SET state = 'past' WHERE state = 'current'")
    return await _insert(unit, "current", body, author=author, note=note, source=source)


async def _insert(
    unit: Unit, state: str, body: Document, *, author: str, note: str, source: str | None
) -> Record:
    row = await unit.fetchrow(INSERT, new_id(), state, body, author, note, source)
    assert row is not None  # noqa: S101 - an insert returns its row
    return row


async def write_queues(unit: Unit, values: Sequence[QueueValues]) -> None:
    """Make the locked rows say what the policy says."""
    if not values:
        return
    column = {name: [one.columns[name] for one in values] for name in values[0].columns}
    await unit.execute(
        WRITE_QUEUES, [UUID(one.id) for one in values], column["priority_seconds"],
        column["preferred_hold_seconds"], column["offer_seconds"], column["wrap_up_seconds"],
        column["zone"], [orjson.dumps(hours).decode() for hours in column["hours"]],
        [orjson.dumps(one.rules).decode() for one in values],
    )  # fmt: skip


async def snapshots(unit: Unit, queues: Iterable[UUID]) -> list[Record]:
    """(id, version, data) of queues as the router is told."""
    return await unit.fetch(SNAPSHOTS, list(queues))


async def touch_queues(unit: Unit, queues: Iterable[UUID]) -> None:
    """Raise the versions of rows whose snapshots change by something else."""
    await unit.execute(
        "UPDATE queues SET version = version + 1 WHERE id = ANY($1::uuid[])", list(queues)
    )


async def widen(unit: Unit, policy_id: UUID, body: Document) -> None:
    """Let an edition say in its row what an earlier release kept elsewhere."""
    await unit.execute("UPDATE policies SET body = $2 WHERE id = $1", policy_id, body)


async def everybody(unit: Unit) -> None:
    """Hold all operators against changes; before any queue."""
    ids = [row["id"] for row in await unit.fetch("SELECT id FROM operators")]
    await unit.lock("operators", ids, "id")


async def capacities(unit: Unit) -> list[tuple[int, dict[str, int]]]:
    """The sets of points and ceilings operators have."""
    return [(row["budget"], row["ceilings"]) for row in await unit.fetch(CAPACITIES)]


async def write_capacities(
    unit: Unit, sets: Sequence[tuple[tuple[int, Mapping[str, int]], tuple[int, Mapping[str, int]]]]
) -> int:
    """Give locked operators who have the first of each pair the second; how many there are."""
    changed = await unit.execute(
        WRITE_CAPACITIES,
        [budget for (budget, _), _ in sets], [dict(ceilings) for (_, ceilings), _ in sets],
        [budget for _, (budget, _) in sets], [dict(ceilings) for _, (_, ceilings) in sets],
    )  # fmt: skip
    return int(changed.split()[-1])


async def tell_capacities(unit: Unit, after: UUID, limit: int, actor: str) -> UUID | None:
    """Log what the next operators' rows say; the last of them, None where there are no more.

    Nothing need be locked: an event says what one instant saw, and readers go by its version.
    """
    told = await unit.fetch(TELL_CAPACITIES, after, limit, actor)
    unit.logged = True
    return max((row["subject_id"] for row in told), default=None)


async def bring(unit: Unit, newcomers: Sequence[Newcomer]) -> set[UUID]:
    """Make new queues, and give codes to those that were found; whose rows are others now."""
    made = [(new_id(), one) for one in newcomers if one.queue_id is None]
    found = [(one.queue_id, one.code) for one in newcomers if one.queue_id is not None]
    if made:
        await unit.execute(
            MAKE_QUEUES, [row for row, _ in made], [one.name for _, one in made],
            [one.code for _, one in made], [one.department_id for _, one in made],
        )  # fmt: skip
    if found:
        await unit.execute(GIVE_CODES, [row for row, _ in found], [code for _, code in found])
    return {row for row, _ in made} | {row for row, _ in found}


async def make_departments(unit: Unit, names: Sequence[str]) -> None:
    """Departments of these names; one in the archive stays there."""
    await unit.execute(MAKE_DEPARTMENTS, [new_id() for _ in names], list(names))


async def add_skills(unit: Unit, titles: Mapping[str, str], locale: str) -> list[UUID]:
    """Skills a policy brings along; those there are already stay."""
    rows = await unit.fetch(
        ADD_SKILLS, [new_id() for _ in titles], list(titles), list(titles.values()), locale
    )
    return [row["id"] for row in rows]
