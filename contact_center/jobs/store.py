"""The rows of jobs. Due times are compared with the caller's clock, leases with the database's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.jobs.model import Job
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

TOPIC = "jobs"

SCHEDULE = """
INSERT INTO jobs (id, kind, key, due_at, payload) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
"""
# A running job goes back to waiting: its present run may finish, but the end it reports is no
# longer its own, so it runs once more and sees what has changed since.
RESCHEDULE = """
INSERT INTO jobs (id, kind, key, due_at, payload) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO UPDATE SET
  due_at = excluded.due_at, payload = excluded.payload, state = 'waiting', owner = NULL,
  claim_until = NULL, attempts = 0, error = NULL
"""
SCHEDULE_ALL = """
INSERT INTO jobs (id, kind, key, due_at, payload)
SELECT v.id, $2, v.key, $4, v.payload
FROM unnest($1::uuid[], $3::text[], $5::jsonb[]) AS v (id, key, payload)
ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
"""
RESCHEDULE_ALL = """
INSERT INTO jobs (id, kind, key, due_at) SELECT v.id, $2, v.key, $4
FROM unnest($1::uuid[], $3::text[]) AS v (id, key)
ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO UPDATE SET
  due_at = excluded.due_at, payload = excluded.payload, state = 'waiting', owner = NULL,
  claim_until = NULL, attempts = 0, error = NULL
"""
CANCEL_ALL = """
UPDATE jobs SET state = 'done', error = 'cancelled', owner = NULL, ended_at = now()
WHERE kind = $1 AND key = ANY($2::text[]) AND state IN ('waiting', 'running')
"""
CANCEL = """
UPDATE jobs SET state = 'done', error = 'cancelled', owner = NULL, ended_at = now()
WHERE kind = $1 AND key = $2 AND state IN ('waiting', 'running') RETURNING id
"""
CLAIM = """
UPDATE jobs SET state = 'running', owner = $1, claim_until = now() + make_interval(secs => $2),
       attempts = attempts + 1
WHERE id IN (
  SELECT id FROM jobs
  WHERE state IN ('waiting', 'running') AND due_at <= $3 AND kind = ANY($4)
    AND (state = 'waiting' OR claim_until < now()) AND NOT id = ANY($5)
    AND NOT coalesce(payload ->> 'account_id', '') = ANY($7)
  ORDER BY due_at LIMIT $6 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, key, due_at, attempts, payload
"""
RENEW = """
UPDATE jobs SET claim_until = now() + make_interval(secs => $2)
WHERE id = ANY($3) AND owner = $1 AND state = 'running'
"""
NEXT = """
SELECT min(seconds) FROM (
  (SELECT extract(epoch FROM due_at - $1::timestamptz) AS seconds FROM jobs
   WHERE state = 'waiting' AND kind = ANY($2)
     AND NOT coalesce(payload ->> 'account_id', '') = ANY($3) ORDER BY due_at LIMIT 1)
  UNION ALL
  SELECT extract(epoch FROM min(claim_until) - now()) FROM jobs
  WHERE state = 'running' AND kind = ANY($2)
    AND NOT coalesce(payload ->> 'account_id', '') = ANY($3)) AS instants
"""
END = """
UPDATE jobs j SET state = $4, error = $5,
       ended_at = CASE WHEN $4 = 'waiting' THEN NULL ELSE now() END,
       due_at = coalesce($6, due_at), owner = NULL, claim_until = NULL
FROM unnest($1::uuid[], $3::int[]) AS e (id, attempts)
WHERE j.id = e.id AND j.owner = $2 AND j.attempts = e.attempts AND j.state = 'running'
"""
RELEASE = """
UPDATE jobs SET state = 'waiting', owner = NULL, claim_until = NULL, attempts = attempts - 1
WHERE owner = $1 AND state = 'running'
"""
DEAD = """
SELECT id, kind, key, due_at, attempts, error, created_at, ended_at FROM jobs
WHERE state = 'dead' AND ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2
"""
REPLAY = """
UPDATE jobs j SET state = 'waiting', due_at = now(), attempts = 0, ended_at = NULL, error = NULL
WHERE id = $1 AND state = 'dead' AND NOT EXISTS (
  SELECT 1 FROM jobs l
  WHERE l.kind = j.kind AND l.key = j.key AND l.state IN ('waiting', 'running'))
RETURNING id
"""


async def schedule(
    unit: Unit, kind: str, key: str, due_at: datetime, payload: Mapping[str, Any] | None = None
) -> None:
    """Insert a job with this transaction; does nothing while one of this kind and key is live."""
    await unit.execute(SCHEDULE, new_id(), kind, key, due_at, dict(payload or {}))
    unit.ring(TOPIC)


async def schedule_all(
    unit: Unit, kind: str, payloads: Mapping[str, Mapping[str, Any]], due_at: datetime
) -> None:
    """The same for many keys at once, each with its payload."""
    keys = sorted(payloads)
    await unit.execute(
        SCHEDULE_ALL, [new_id() for _ in keys], kind, keys, due_at,
        [dict(payloads[key]) for key in keys],
    )  # fmt: skip
    unit.ring(TOPIC)


async def reschedule(
    unit: Unit, kind: str, key: str, due_at: datetime, payload: Mapping[str, Any] | None = None
) -> None:
    """Move the live job of this kind and key to another time (and payload), or insert it.

    From inside its own handler this makes a job that comes back: the end of the present run no
    longer counts.
    """
    await unit.execute(RESCHEDULE, new_id(), kind, key, due_at, dict(payload or {}))
    unit.ring(TOPIC)


async def reschedule_all(unit: Unit, kind: str, keys: Collection[str], due_at: datetime) -> None:
    """The same for many keys at once, without payloads."""
    ids = [new_id() for _ in keys]
    await unit.execute(RESCHEDULE_ALL, ids, kind, sorted(keys), due_at)
    unit.ring(TOPIC)


async def cancel(unit: Unit, kind: str, key: str) -> bool:
    """End the live job of this kind and key unrun; False where there is none."""
    return await unit.fetchval(CANCEL, kind, key) is not None


async def cancel_all(unit: Unit, kind: str, keys: Sequence[str]) -> None:
    """End the live jobs of this kind and these keys unrun."""
    await unit.execute(CANCEL_ALL, kind, list(keys))


async def claim(
    database: Database,
    owner: str,
    *,
    now: datetime,
    lease: float,
    kinds: Sequence[str],
    running: Sequence[UUID],
    limit: int,
    full: Sequence[str] = (),
) -> list[Job]:
    """Claim due jobs and those whose holder fell silent, in due order.

    None of `running`, and none of the accounts in `full`: what waits for these is passed by, so
    the time a claim takes grows with what is due and cannot run, never with what is done.
    """
    given = (owner, lease, now, list(kinds), list(running), limit, list(full))
    rows = await database.fetch(CLAIM, *given)
    return sorted((Job(**dict(row)) for row in rows), key=lambda job: job.due_at)


async def next_due(
    database: Database, now: datetime, kinds: Sequence[str], full: Sequence[str] = ()
) -> float | None:
    """Seconds until a job may have to run (negative: overdue); None where nothing waits.

    Jobs of the accounts in `full` do not count.
    """
    seconds = await database.fetchval(NEXT, now, list(kinds), list(full))
    return None if seconds is None else float(seconds)


async def end(
    database: Database,
    jobs: Sequence[Job],
    owner: str,
    state: str,
    *,
    error: str | None = None,
    due_at: datetime | None = None,
) -> None:
    """Report how a run ended; without effect on jobs that are no longer this run's."""
    ids, attempts = [job.id for job in jobs], [job.attempts for job in jobs]
    await database.execute(END, ids, owner, attempts, state, error, due_at)


async def dead(database: Database, before: UUID | None, limit: int) -> list[Record]:
    """Jobs that were given up, newest first."""
    return await database.fetch(DEAD, before, limit)


async def replay(unit: Unit, job_id: UUID) -> bool:
    """Let a dead job run again; False when it is not dead or a newer one of its key is live."""
    unit.ring(TOPIC)
    return await unit.fetchval(REPLAY, job_id) is not None
