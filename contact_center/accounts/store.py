"""SQL of brands, accounts and their touchpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.kernel.errors import NotFound
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

Queries = Database | Unit
MOST_AILING = 20  # more at once is one trouble, not many
EVERYTHING = sa.true()

# greatest() passes over null, so the first time counts like any later one.
NOTE_TRAFFIC = """
UPDATE accounts a SET last_in_at = greatest(a.last_in_at, n.last_in),
                      last_out_at = greatest(a.last_out_at, n.last_out)
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS n(id, last_in, last_out)
WHERE a.id = n.id
"""
ADD_COUNTS = """
INSERT INTO account_counts AS c (account_id, at, received, refused, unreadable, sent, failed,
                                 postponed, uncertain, took)
SELECT id, slot, received, refused, unreadable, sent, failed, postponed, uncertain, took::int[]
FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[],
            $8::int[], $9::int[], $10::text[]) AS n
  (id, slot, received, refused, unreadable, sent, failed, postponed, uncertain, took)
ON CONFLICT (account_id, at) DO UPDATE SET
  received = c.received + excluded.received, refused = c.refused + excluded.refused,
  unreadable = c.unreadable + excluded.unreadable, sent = c.sent + excluded.sent,
  failed = c.failed + excluded.failed, postponed = c.postponed + excluded.postponed,
  uncertain = c.uncertain + excluded.uncertain,
  took = ARRAY(SELECT coalesce(u.a, 0) + coalesce(u.b, 0)
               FROM unnest(c.took, excluded.took) WITH ORDINALITY AS u (a, b, i) ORDER BY u.i)
"""
SET_HEALTH = """
UPDATE accounts SET health = $2, health_text = $3, health_at = $4
WHERE id = $1 AND (health <> $2 OR health_text IS DISTINCT FROM $3)
RETURNING version
"""
UNSENT = """
SELECT contact_id, state = 'sending' AND claim_until > now() AS goes FROM outbox
WHERE account_id = $1 AND state IN ('held', 'pending', 'sending')
"""
# What somebody was sending when he died is as uncertain as ever.
END_UNSENT = """
UPDATE outbox SET
  state = CASE WHEN state = 'sending' AND act = 'send' THEN 'uncertain' ELSE 'failed' END,
  error_kind = 'rejected', error_text = $2, owner = NULL, claim_until = NULL, settled_at = now(),
  version = version + 1
WHERE account_id = $1 AND state IN ('held', 'pending', 'sending') RETURNING id
"""
TELL_ARCHIVED = "SELECT cc_outbox_changed($1, $2, 'archived')"


# --- brands ----------------------------------------------------------------------------------


async def brands(
    db: Queries, visible: sa.ColumnElement[bool], *, archived: bool = False
) -> list[Record]:
    """Brands by name."""
    query = sa.select(t.brands).where(visible).order_by(sa.func.lower(t.brands.c.name))
    return await db.fetch(query if archived else query.where(t.brands.c.archived_at.is_(None)))


async def brand(db: Queries, brand_id: UUID) -> Record:
    """One brand. Raises NotFound."""
    row = await db.fetchrow(sa.select(t.brands).where(t.brands.c.id == brand_id))
    if row is None:
        raise NotFound("there is no such brand")
    return row


async def brand_is_used(db: Queries, brand_id: UUID) -> bool:
    found = await db.fetchval(
        "SELECT EXISTS (SELECT FROM accounts WHERE brand_id = $1 AND archived_at IS NULL)", brand_id
    )
    return bool(found)


async def add_brand(unit: Unit, values: Mapping[str, Any]) -> None:
    await unit.execute(sa.insert(t.brands).values(dict(values)))


# --- accounts --------------------------------------------------------------------------------


async def accounts(
    db: Queries, visible: sa.ColumnElement[bool], *, archived: bool = False
) -> list[Record]:
    """Accounts by title, with sealed secrets."""
    query = sa.select(t.accounts).where(visible)
    if not archived:
        query = query.where(t.accounts.c.archived_at.is_(None))
    return await db.fetch(query.order_by(sa.func.lower(t.accounts.c.title), t.accounts.c.id))


async def ailing(db: Queries, broken: Sequence[UUID]) -> list[Record]:
    """Accounts that are to work and do not, by title; those that cannot be opened among them."""
    a = t.accounts.c
    ill = sa.or_(a.health == sa.literal_column("'red'"), a.id.in_(list(broken)))
    on = sa.and_(a.archived_at.is_(None), a.state != sa.literal_column("'off'"))
    order = (sa.func.lower(a.title), a.id)
    return await db.fetch(sa.select(t.accounts).where(on, ill).order_by(*order).limit(MOST_AILING))


async def account(db: Queries, account_id: UUID) -> Record:
    """One account. Raises NotFound."""
    row = await db.fetchrow(sa.select(t.accounts).where(t.accounts.c.id == account_id))
    if row is None:
        raise NotFound("there is no such account")
    return row


async def some_accounts(db: Queries, ids: Iterable[UUID]) -> list[Record]:
    return await db.fetch(sa.select(t.accounts).where(t.accounts.c.id.in_(list(ids))))


async def lock_account(unit: Unit, account_id: UUID) -> Record:
    """The account, held against other changes. Raises NotFound."""
    row = await unit.fetchrow("SELECT * FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account_id)
    if row is None:
        raise NotFound("there is no such account")
    return row


async def add_account(unit: Unit, values: Mapping[str, Any], touchpoint_id: UUID) -> None:
    """Insert the account with its touchpoint: where its clients meet us."""
    await unit.execute(
        "INSERT INTO touchpoints (id, kind, key, title) VALUES ($1, 'account', $2, $3)",
        touchpoint_id, str(values["id"]), values["title"],
    )  # fmt: skip
    await unit.execute(sa.insert(t.accounts).values(**values, touchpoint_id=touchpoint_id))


async def rename_touchpoint(unit: Unit, account_id: UUID, title: str) -> None:
    await unit.execute(
        "UPDATE touchpoints SET title = $2 WHERE kind = 'account' AND key = $1",
        str(account_id),
        title,
    )


async def has_open_contacts(db: Queries, account_id: UUID) -> bool:
    found = await db.fetchval(
        "SELECT EXISTS (SELECT FROM contacts WHERE account_id = $1 AND state = 'open')", account_id
    )
    return bool(found)


# --- health ----------------------------------------------------------------------------------

Traffic = Mapping[UUID, tuple[datetime | None, datetime | None]]


async def note_traffic(db: Queries, traffic: Traffic) -> None:
    """Write when accounts last received and sent; older instants change nothing."""
    if not traffic:
        return
    ids = sorted(traffic)
    await db.execute(NOTE_TRAFFIC, ids, [traffic[i][0] for i in ids], [traffic[i][1] for i in ids])


async def add_counts(db: Queries, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add to the counts: (account, slot, the seven counts, sends by their time)."""
    if not rows:
        return
    *columns, took = zip(*rows, strict=True)
    texts = ["{" + ",".join(map(str, one)) + "}" for one in took]
    await db.execute(ADD_COUNTS, *map(list, columns), texts)


async def set_health(
    db: Queries, account_id: UUID, health: str, text: str | None, at: datetime
) -> int | None:
    """Write the health; the account's version, None when it was the same before."""
    version: int | None = await db.fetchval(SET_HEALTH, account_id, health, text, at)
    return version


# --- what channels remember ------------------------------------------------------------------


async def memory(db: Queries, account_id: UUID) -> bytes | None:
    """What the account's channel remembers, sealed."""
    sealed: bytes | None = await db.fetchval(
        "SELECT sealed FROM account_memories WHERE account_id = $1", account_id
    )
    return sealed


async def keep_memory(unit: Unit, account_id: UUID, sealed: bytes) -> None:
    await unit.execute(
        "INSERT INTO account_memories (account_id, sealed) VALUES ($1, $2)"
        " ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed, at = now()",
        account_id,
        sealed,
    )


# --- the sealing key -------------------------------------------------------------------------


async def sealing_key_id(db: Queries) -> str:
    key_id: str = await db.fetchval("SELECT sealing_key_id FROM workspace")
    return key_id


async def adopt_key_id(db: Queries, key_id: str) -> None:
    """Make it the workspace's key unless there is one."""
    await db.execute("UPDATE workspace SET sealing_key_id = $1 WHERE sealing_key_id = ''", key_id)
