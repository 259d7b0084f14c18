"""SQL of a day (its turns in line, its operators and when they were there) and of dry runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contact_center.kernel.errors import NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from contact_center.work.planning.traffic import BadTraffic

Queries = Database | Unit

MOST = 100_000
"""Rows: more are not read."""
EARLY_MS = 3_600_000
"""A turn's id may have been made that much before it arrived."""
DAY_MS = 86_400_000
LATE_MS = 86_400_000
"""Or that much after: where the clocks of nodes differ, and what was handed over from elsewhere."""

# Ids of turns grow with time: the primary key finds the day, whatever lies before it. The queue is
# the one a turn came to: where it went from there is what the policy that is tried decides.
TURNS = """
SELECT q.id AS queue_id, w.medium, w.cost, w.state, w.outcome, w.misses, w.preferred_id,
  w.requirement -> 'skills' AS needs, cc_ms(w.arrived_at) AS arrived_ms,
  cc_ms(w.offered_at) AS offered_ms,
  cc_ms(w.accepted_at) AS accepted_ms, cc_ms(w.wrap_up_since) AS wrap_ms,
  cc_ms(w.ended_at) AS ended_ms,
  nullif(cc_ms(w.arrived_at) - cc_ms(w.virtual_arrival) - w.kept_ms, 1000 * q.priority_seconds)
    AS priority_ms  -- its own; the queue's comes with the policy that is tried
FROM work w JOIN queues q ON q.id = coalesce(w.came_queue_id, w.queue_id)
WHERE w.id BETWEEN $1 AND $2 AND w.arrived_at >= to_timestamp($3::bigint / 1000.0)
  AND w.arrived_at < to_timestamp($4::bigint / 1000.0)
  AND w.state <> 'parked' AND w.ended_at IS DISTINCT FROM w.arrived_at  -- closed as it lay aside
ORDER BY w.arrived_at, w.id LIMIT $5
"""
OPERATORS = """
SELECT o.id, e.name, o.budget, o.ceilings,
  coalesce((SELECT jsonb_agg(m.queue_id) FROM queue_members m WHERE m.employee_id = o.id),
           '[]'::jsonb) AS queues,
  coalesce((SELECT jsonb_object_agg(s.code, k.level) FROM employee_skills k
            JOIN skills s ON s.id = k.skill_id AND s.archived_at IS NULL
            WHERE k.employee_id = o.id), '{}'::jsonb) AS skills
FROM operators o JOIN employees e ON e.id = o.id ORDER BY o.id
"""
PRESENCE = """
SELECT employee_id, presence, greatest(cc_ms(started_at), $1::bigint) AS at_ms
FROM presence_history
WHERE started_at < to_timestamp($2::bigint / 1000.0)
  AND (ended_at IS NULL OR ended_at > to_timestamp($1::bigint / 1000.0))
ORDER BY started_at, id LIMIT $3
"""
NOW = "SELECT cc_ms(now())"


async def now_ms(db: Queries) -> int:
    """The database's time."""
    return int(await db.fetchval(NOW))


async def turns(db: Queries, since_ms: int, until_ms: int) -> list[Record]:
    """The turns in line that began between these instants, by time; at most `MOST`."""
    first = UUID(int=max(0, since_ms - EARLY_MS) << 80)  # the least UUIDv7 of that instant
    last = UUID(int=(until_ms + LATE_MS) << 80)
    return await db.fetch(TURNS, first, last, since_ms, until_ms, MOST)


async def operators(db: Queries) -> list[Record]:
    """All operators as they are now."""
    return await db.fetch(OPERATORS)


async def presence(db: Queries, since_ms: int, until_ms: int) -> list[Record]:
    """(employee, presence, since) between these instants, by time; at most `MOST`."""
    return await db.fetch(PRESENCE, since_ms, until_ms, MOST)


async def last_day(db: Queries) -> dict[str, Any]:
    """The last 24 hours. Raises BadTraffic."""
    now = await now_ms(db)
    return await rows(db, now - DAY_MS, now)


async def rows(db: Queries, since_ms: int, until_ms: int) -> dict[str, Any]:
    """What came between two instants: three queries, each bounded. Raises BadTraffic."""
    found = await turns(db, since_ms, until_ms)
    if not found:
        raise BadTraffic("nobody came within that time", code="nobody")
    if len(found) == MOST:
        raise BadTraffic(f"more than {MOST} turns in line within that time", code="too_many")
    return {
        "since_ms": since_ms, "until_ms": until_ms, "turns": found,
        "operators": await operators(db),
        "presence": await presence(db, since_ms, until_ms),
    }  # fmt: skip


# --- dry runs ------------------------------------------------------------------------------------

HEAD = """id, policy_id, policy_version, edition, asked, state, done, total, result, failure,
  author, created_at, ended_at, version"""
LIVE = "SELECT count(*) FROM dry_runs WHERE state IN ('waiting', 'running')"
OF_POLICY = f"""
SELECT {HEAD} FROM dry_runs WHERE policy_id = $1 ORDER BY id DESC LIMIT $2
"""  # noqa: S608 - names of columns
ONE = f"SELECT {HEAD} FROM dry_runs WHERE id = $1"  # noqa: S608
ADD = f"""
INSERT INTO dry_runs (id, policy_id, policy_version, edition, asked, given, author)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (policy_id) WHERE state IN ('waiting', 'running') DO NOTHING RETURNING {HEAD}
"""  # noqa: S608
FORGET = """
DELETE FROM dry_runs WHERE policy_id = $1 AND state NOT IN ('waiting', 'running') AND id NOT IN (
  SELECT id FROM dry_runs WHERE policy_id = $1 ORDER BY id DESC LIMIT $2)
"""
BEGIN = """
UPDATE dry_runs SET state = 'running', done = 0, total = $2, version = version + 1
WHERE id = $1 AND state IN ('waiting', 'running') RETURNING asked, given
"""
ADVANCE = """
UPDATE dry_runs SET done = $2, version = version + 1 WHERE id = $1 AND state = 'running'
RETURNING id
"""
END = f"""
UPDATE dry_runs SET state = $2, result = $3, failure = $4, given = '{{}}', ended_at = now(),
  done = CASE WHEN $2 = 'done' THEN total ELSE done END, version = version + 1
WHERE id = $1 AND state IN ('waiting', 'running') RETURNING {HEAD}
"""  # noqa: S608


async def live(db: Queries) -> int:
    """How many wait or run."""
    return int(await db.fetchval(LIVE))


async def of_policy(db: Queries, policy_id: UUID, limit: int) -> list[Record]:
    """A policy's dry runs, the newest first."""
    return await db.fetch(OF_POLICY, policy_id, limit)


async def one(db: Queries, run_id: UUID) -> Record:
    """Raises NotFound."""
    row = await db.fetchrow(ONE, run_id)
    if row is None:
        raise NotFound("there is no such dry run")
    return row


async def add(
    unit: Unit, policy: Record, edition: int, *, asked: Mapping[str, Any],
    given: Mapping[str, Any], author: str,
) -> Record | None:  # fmt: skip
    """A dry run to come; None while another one of this policy is under way."""
    return await unit.fetchrow(
        ADD, new_id(), policy["id"], policy["version"], edition, dict(asked), dict(given), author
    )


async def forget(unit: Unit, policy_id: UUID, keep: int) -> None:
    """Keep a policy's newest."""
    await unit.execute(FORGET, policy_id, keep)


async def begin(db: Queries, run_id: UUID, total: int) -> Record | None:
    """Run it, also once more; None where it is over."""
    return await db.fetchrow(BEGIN, run_id, total)


async def advance(db: Queries, run_id: UUID, done: int) -> bool:
    """How far it is; False where nobody wants it any more."""
    return await db.fetchval(ADVANCE, run_id, done) is not None


async def end(
    unit: Unit, run_id: UUID, state: str, *, result: Mapping[str, Any] | None = None,
    failure: str | None = None,
) -> Record | None:  # fmt: skip
    """What came of it; None where it was over before."""
    return await unit.fetchrow(END, run_id, state, dict(result or {}), failure)
