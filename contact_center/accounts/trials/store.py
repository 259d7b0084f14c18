"""SQL of the live tests. Each step is written once; what mends a fault takes it away."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

BEGIN = """
INSERT INTO account_trials AS t (account_id, began_at) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET
  began_at = excluded.began_at, received_at = NULL, proven_at = NULL, stored_at = NULL,
  answered_at = NULL, fault = NULL, words = NULL, quarantine_id = NULL, contact_id = NULL,
  message_id = NULL, tries = t.tries + 1, version = t.version + 1
RETURNING *
"""
# A stranger's request must not take back what the provider has proven.
REFUSED = """
UPDATE account_trials SET received_at = coalesce(received_at, $2), fault = 'refused', words = $3,
  version = version + 1
WHERE account_id = $1 AND proven_at IS NULL AND fault IS NULL RETURNING version
"""
UNREADABLE = """
UPDATE account_trials SET received_at = coalesce(received_at, $2),
  proven_at = coalesce(proven_at, $2), fault = $3, words = $4, quarantine_id = $5,
  version = version + 1
WHERE account_id = $1 AND stored_at IS NULL RETURNING version
"""
KEPT = """
UPDATE account_trials SET quarantine_id = $2, version = version + 1
WHERE account_id = $1 AND fault = 'refused' RETURNING version
"""
PROVEN = """
UPDATE account_trials SET received_at = coalesce(received_at, $2),
  proven_at = coalesce(proven_at, $2), fault = NULL, words = NULL, quarantine_id = NULL,
  version = version + 1
WHERE account_id = $1 AND proven_at IS NULL RETURNING version
"""
# `refused`: what was kept of a fault that is over.
STORED = """
WITH before AS (
  SELECT quarantine_id FROM account_trials WHERE account_id = $1 AND fault = 'refused')
UPDATE account_trials SET received_at = coalesce(received_at, $2),
  proven_at = coalesce(proven_at, $2), stored_at = $2, fault = NULL, words = NULL,
  quarantine_id = NULL, version = version + 1
WHERE account_id = $1 AND stored_at IS NULL
RETURNING version, (SELECT quarantine_id FROM before) AS refused
"""
ANSWERING = """
UPDATE account_trials SET contact_id = $2, message_id = $3, fault = $4, words = NULL,
  version = version + 1
WHERE account_id = $1 RETURNING version
"""
ENDED = """
UPDATE account_trials SET answered_at = $3, fault = $4, words = $5, version = version + 1
WHERE account_id = $1 AND message_id = $2 AND answered_at IS NULL
  AND ($3::timestamptz IS NOT NULL OR (fault, words) IS DISTINCT FROM ($4::text, $5::text))
RETURNING version
"""
TRIAL = "SELECT * FROM account_trials WHERE account_id = $1"


async def begin(unit: Unit, account_id: UUID, at: datetime) -> Record:
    row = await unit.fetchrow(BEGIN, account_id, at)
    assert row is not None  # noqa: S101 - an upsert returns
    return row


async def trial(db: Database | Unit, account_id: UUID) -> Record | None:
    """How far the test has come; None where none was begun."""
    return await db.fetchrow(TRIAL, account_id)


async def stored(unit: Unit, account_id: UUID, at: datetime) -> Record | None:
    """The message is stored: the version, and what was kept of an earlier fault as `refused`."""
    return await unit.fetchrow(STORED, account_id, at)


async def step(unit: Unit, query: str, account_id: UUID, *values: object) -> int | None:
    """Take one of the steps above; its version, None where it changes nothing."""
    version: int | None = await unit.fetchval(query, account_id, *values)
    return version
