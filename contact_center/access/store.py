"""SQL of access: sessions, one-time links, API tokens, tries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from contact_center.access.model import Role
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

Queries = Database | Unit
Purpose = Literal["first", "invitation", "reset"]

PERSON = """e.id, e.name, e.role, e.locale,
    ARRAY(SELECT queue_id FROM queue_members m WHERE m.employee_id = e.id) AS queues,
    ARRAY(SELECT department_id FROM department_members m WHERE m.employee_id = e.id) AS departments
"""
SESSION = f"""
SELECT {PERSON}, s.csrf, s.seen_at FROM login_sessions s JOIN employees e ON e.id = s.employee_id
WHERE s.id_hash = $1 AND s.revoked_at IS NULL AND e.state = 'active'
  AND s.seen_at > $2 AND s.created_at > $3
"""  # noqa: S608 - PERSON is the constant above
TOKEN = f"""
SELECT {PERSON}, a.id AS token_id, a.scopes, a.used_at
FROM api_tokens a JOIN employees e ON e.id = a.employee_id
WHERE a.hash = $1 AND a.revoked_at IS NULL AND e.state = 'active'
  AND (a.expires_at IS NULL OR a.expires_at > $2)
"""  # noqa: S608
COUNT_TRY = """
INSERT INTO attempts (key, count, window_start) VALUES ($1, 1, $3)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN attempts.window_start <= $2 THEN 1 ELSE attempts.count + 1 END,
  window_start = CASE WHEN attempts.window_start <= $2 THEN $3 ELSE attempts.window_start END
RETURNING count, window_start
"""

END = "UPDATE {table} SET revoked_at = $2 WHERE {key} = $1 AND revoked_at IS NULL"


@dataclass(frozen=True, slots=True)
class Login:
    """What is needed to let an employee in."""

    id: UUID
    email: str
    name: str
    state: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link that was still good."""

    purpose: Purpose
    employee_id: UUID | None


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as the list shows it; the secret itself is kept nowhere."""

    id: UUID
    employee_id: UUID
    title: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Workspace:
    """The one row of the workspace, without the key's id."""

    name: str
    locale: str
    zone: str
    demo: bool
    settings: dict[str, Any]


# --- signing in ------------------------------------------------------------------------------


async def login_by_email(db: Queries, email: str) -> Login | None:
    """The employee with this address, whatever his state."""
    return _login(await db.fetchrow(f"{_LOGIN} WHERE lower(email) = lower($1)", email))


async def login_by_id(db: Queries, employee_id: UUID) -> Login | None:
    return _login(await db.fetchrow(f"{_LOGIN} WHERE id = $1", employee_id))


_LOGIN = "SELECT id, email, name, state, password_hash FROM employees"


def _login(row: Record | None) -> Login | None:
    return Login(**row) if row else None


async def set_password(db: Queries, employee_id: UUID, password_hash: str) -> None:
    await db.execute(
        "UPDATE employees SET password_hash = $2, version = version + 1 WHERE id = $1",
        employee_id,
        password_hash,
    )


async def knows_address(db: Queries, email: str, address: str) -> bool:
    """Whether this employee has signed in from this address before."""
    found = await db.fetchval(
        "SELECT EXISTS (SELECT FROM login_sessions s JOIN employees e ON e.id = s.employee_id"
        " WHERE lower(e.email) = lower($1) AND s.address = $2)",
        email,
        address,
    )
    return bool(found)


async def workspace(db: Queries) -> Workspace:
    row = await db.fetchrow("SELECT name, locale, zone, demo, settings FROM workspace")
    if row is None:
        msg = "the workspace row is missing: run the migrations"
        raise LookupError(msg)
    return Workspace(**row)


async def nobody_works_here(unit: Unit) -> bool:
    """Whether there is no employee yet; holds the workspace row, so the answer stays true."""
    await unit.fetchval("SELECT id FROM workspace FOR NO KEY UPDATE")
    return not await has_employees(unit)


async def has_employees(db: Queries) -> bool:
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM employees)"))


# --- sessions --------------------------------------------------------------------------------


async def open_session(
    db: Queries, *, id_hash: bytes, employee_id: UUID, csrf: str, address: str, agent: str,
    now: datetime,
) -> None:  # fmt: skip
    await db.execute(
        "INSERT INTO login_sessions (id_hash, employee_id, csrf, address, agent, created_at,"
        " seen_at) VALUES ($1, $2, $3, $4, $5, $6, $6)",
        id_hash, employee_id, csrf, address, agent, now,
    )  # fmt: skip


async def session(
    db: Queries, id_hash: bytes, idle_since: datetime, opened_since: datetime
) -> Record | None:
    """The session with its employee, unless revoked, idle or too old."""
    return await db.fetchrow(SESSION, id_hash, idle_since, opened_since)


async def touch_session(db: Queries, id_hash: bytes, now: datetime) -> None:
    await db.execute("UPDATE login_sessions SET seen_at = $2 WHERE id_hash = $1", id_hash, now)


async def revoke_session(db: Queries, id_hash: bytes, now: datetime) -> UUID | None:
    """End one session; the employee it belonged to, None when it had ended before."""
    return await _end_one(db, "login_sessions", "id_hash", id_hash, now)


async def revoke_sessions(db: Queries, employee_id: UUID, now: datetime) -> None:
    await db.execute(END.format(table="login_sessions", key="employee_id"), employee_id, now)


# --- one-time links --------------------------------------------------------------------------


async def make_link(
    db: Queries, hashed: bytes, purpose: Purpose, employee_id: UUID | None, expires_at: datetime
) -> None:
    """Store a link; earlier ones for the same employee and purpose end."""
    await db.execute(
        "DELETE FROM one_time_links WHERE purpose = $1 AND employee_id = $2", purpose, employee_id
    )
    await db.execute(
        "INSERT INTO one_time_links (hash, purpose, employee_id, expires_at)"
        " VALUES ($1, $2, $3, $4)",
        hashed, purpose, employee_id, expires_at,
    )  # fmt: skip


async def link(db: Queries, hashed: bytes, now: datetime) -> Link | None:
    """The link if it is still good."""
    row = await db.fetchrow(
        "SELECT purpose, employee_id FROM one_time_links"
        " WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
        hashed,
        now,
    )
    return Link(**row) if row else None


async def use_link(unit: Unit, hashed: bytes, now: datetime) -> Link | None:
    """Use the link up; of two who come at once one gets it."""
    row = await unit.fetchrow(
        "UPDATE one_time_links SET used_at = $2"
        " WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING purpose, employee_id",
        hashed,
        now,
    )
    return Link(**row) if row else None


async def drop_links(unit: Unit, purpose: Purpose) -> None:
    await unit.execute("DELETE FROM one_time_links WHERE purpose = $1", purpose)


# --- API tokens ------------------------------------------------------------------------------

_TOKEN_COLUMNS = [t.api_tokens.c[name] for name in Token.__dataclass_fields__]


async def token_actor(db: Queries, hashed: bytes, now: datetime) -> Record | None:
    """The token with its employee, unless revoked or expired."""
    return await db.fetchrow(TOKEN, hashed, now)


async def touch_token(db: Queries, token_id: UUID, now: datetime) -> None:
    await db.execute("UPDATE api_tokens SET used_at = $2 WHERE id = $1", token_id, now)


async def tokens(db: Queries, visible: sa.ColumnElement[bool]) -> list[Token]:
    rows = await db.fetch(
        sa.select(*_TOKEN_COLUMNS)
        .where(visible, t.api_tokens.c.revoked_at.is_(None))
        .order_by(t.api_tokens.c.id)
    )
    return [Token(**row) for row in rows]


async def add_token(db: Queries, token: Token, hashed: bytes) -> None:
    await db.execute(
        "INSERT INTO api_tokens (id, hash, employee_id, title, scopes, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        token.id, hashed, token.employee_id, token.title, token.scopes, token.created_at,
        token.expires_at,
    )  # fmt: skip


async def revoke_token(db: Queries, token_id: UUID, now: datetime) -> UUID | None:
    """End a token; whose it was, None when there is no such live token."""
    return await _end_one(db, "api_tokens", "id", token_id, now)


async def revoke_tokens(db: Queries, employee_id: UUID, now: datetime) -> None:
    await db.execute(END.format(table="api_tokens", key="employee_id"), employee_id, now)


# --- tries -----------------------------------------------------------------------------------


async def count_tries(
    db: Queries, keys: Sequence[tuple[str, datetime]], now: datetime
) -> dict[str, tuple[int, datetime]]:
    """Add one under each key; a window that began before its instant starts anew."""
    rows = {key: await db.fetchrow(COUNT_TRY, key, since, now) for key, since in keys}
    return {key: (row["count"], row["window_start"]) for key, row in rows.items() if row}


async def give_back(db: Queries, keys: Sequence[str]) -> None:
    await db.execute(
        "UPDATE attempts SET count = greatest(count - 1, 0) WHERE key = ANY($1::text[])", list(keys)
    )


async def forget_tries(db: Queries, key: str) -> None:
    await db.execute("DELETE FROM attempts WHERE key = $1", key)


# --- tidying ---------------------------------------------------------------------------------

_OLD = (
    "DELETE FROM login_sessions WHERE seen_at < $1::timestamptz - interval '60 days'",
    "DELETE FROM one_time_links WHERE expires_at < $1::timestamptz - interval '1 day'",
    "DELETE FROM attempts WHERE window_start < $1::timestamptz - interval '1 day'",
)


async def tidy(db: Queries, now: datetime) -> None:
    """Delete what nobody will ask for again."""
    for statement in _OLD:
        await db.execute(statement, now)


def role_of(row: Record) -> Role:
    role: Role = row["role"]
    return role


async def _end_one(
    db: Queries, table: str, key: str, value: bytes | UUID, now: datetime
) -> UUID | None:
    query = END.format(table=table, key=key) + " RETURNING employee_id"
    employee_id: UUID | None = await db.fetchval(query, value, now)
    return employee_id
