"""SQL of a day: its turns in line, its operators and when they were there."""

from __future__ import annotations

from uuid import UUID

from contact_center.storage.database import Database
from contact_center.storage.unit import Record

MOST = 100_000
"""Rows: more are not read."""
EARLY_MS = 3_600_000
"""A turn's id may have been made that much before it arrived."""

# Ids of turns grow with time: the primary key finds the day, whatever lies before it.
TURNS = """
SELECT w.queue_id, w.medium, w.cost, w.state, w.outcome, w.misses, w.preferred_id,
  w.requirement -> 'skills' AS needs, cc_ms(w.arrived_at) AS arrived_ms,
  cc_ms(w.offered_at) AS offered_ms,
  cc_ms(w.accepted_at) AS accepted_ms, cc_ms(w.wrap_up_since) AS wrap_ms,
  cc_ms(w.ended_at) AS ended_ms
FROM work w
WHERE w.id >= $1 AND w.arrived_at >= to_timestamp($2::bigint / 1000.0)
  AND w.arrived_at < to_timestamp($3::bigint / 1000.0)
ORDER BY w.arrived_at, w.id LIMIT $4
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


async def now_ms(database: Database) -> int:
    """The database's time."""
    return int(await database.fetchval(NOW))


async def turns(database: Database, since_ms: int, until_ms: int) -> list[Record]:
    """The turns in line that began between these instants, by time; at most `MOST`."""
    first = UUID(int=max(0, since_ms - EARLY_MS) << 80)  # the least UUIDv7 of that instant
    return await database.fetch(TURNS, first, since_ms, until_ms, MOST)


async def operators(database: Database) -> list[Record]:
    """All operators as they are now."""
    return await database.fetch(OPERATORS)


async def presence(database: Database, since_ms: int, until_ms: int) -> list[Record]:
    """(employee, presence, since) between these instants, by time; at most `MOST`."""
    return await database.fetch(PRESENCE, since_ms, until_ms, MOST)
