"""The rows of the outbox as a sender has them: what is due, what is claimed, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from channels.errors import OptedOut
from contact_center.outbox.model import Claim, Limits, Mark
from contact_center.outbox.store import OPEN, changed, topic
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

# The earliest open row of its line, and nothing of the line in flight. An uncertain row lets its
# followers go when its wait is over, and a letter at once that only some of its recipients lack.
HEAD = f"""NOT EXISTS (
  SELECT 1 FROM outbox e WHERE e.line_id = o.line_id AND e.id <> o.id AND e.state IN {OPEN}
    AND (e.state = 'sending'
         OR (e.seq < o.seq AND (e.state <> 'uncertain' OR e.due_at > now())
             AND NOT (e.state = 'pending' AND e.payload ? 'left'))))"""  # noqa: S608
# The texts below are put together of our own constants only.
_DUE = f"""(SELECT o.id, o.line_id, {{rank}} AS rank, o.due_at FROM outbox o
 WHERE o.account_id = $1 AND o.class = '{{name}}' AND o.due_at <= now()
   AND o.state IN ('held', 'pending') AND {HEAD}
 ORDER BY o.due_at LIMIT $2)"""  # noqa: S608
CANDIDATES = (
    "SELECT d.id, l.conversation_key FROM ("  # noqa: S608
    + " UNION ALL ".join(
        _DUE.format(rank=rank, name=name)
        for rank, name in enumerate(("interactive", "automatic", "bulk"))
    )
    + ") AS d JOIN outbox_lines l ON l.id = d.line_id ORDER BY d.rank, d.due_at, d.id LIMIT $2"
)
# Files take their time: $6 seconds each to be made ready, and to go at $7 bytes per second.
_TIME = """make_interval(secs => $4 + (
    SELECT coalesce(sum($6 + coalesce(a.size, 0) / $7), 0) FROM attachments a
    WHERE a.id = ANY (ARRAY(
      SELECT f::uuid FROM jsonb_array_elements_text(CASE jsonb_typeof(o.payload -> 'attachments')
        WHEN 'array' THEN o.payload -> 'attachments' ELSE '[]' END) AS f))))"""
# What the client's address last said to messages of ours; nobody asks before he may answer.
_CONSENT = """coalesce((
    SELECT n.granted FROM contacts c JOIN consents n ON n.identity_id = c.identity_id
    WHERE c.id = o.contact_id AND n.purpose = 'messages' ORDER BY n.at DESC, n.id DESC LIMIT 1
  ), true)"""
# Fenced: a sender that lost its lease while it was paused claims nothing.
CLAIM = f"""
UPDATE outbox o SET
  state = 'sending', attempts = o.attempts + 1, owner = $2, token = $3,
  claim_until = now() + {_TIME}, due_at = now() + {_TIME},
  version = o.version + 1,
  payload = CASE WHEN EXISTS (SELECT 1 FROM outbox u WHERE u.line_id = o.line_id
                              AND u.seq < o.seq AND u.state = 'uncertain')
                 THEN o.payload || '{{"after_uncertain": true}}' ELSE o.payload END
FROM outbox_lines l
WHERE l.id = o.line_id AND o.id IN (
    SELECT o.id FROM outbox o WHERE o.id = ANY($1) AND o.state IN ('held', 'pending')
      AND o.due_at <= now() AND {HEAD}
    FOR NO KEY UPDATE SKIP LOCKED)
  AND EXISTS (SELECT 1 FROM leases WHERE name = $5 AND token = $3 AND until > now())
RETURNING o.id, o.attempts, o.message_id, o.payload, o.act, l.conversation_key,
  extract(epoch FROM o.claim_until - now())::float AS seconds,
  o.class <> 'interactive' AND NOT {_CONSENT} AS unwanted
"""  # noqa: S608
# Whoever holds the lease under a newer token knows that the one who claimed them has lost it; what
# he may still be sending is as uncertain as what he sent. A change is done anew, so it waits.
ORPHANS = """
SELECT o.id, o.attempts, o.message_id, o.payload, o.act, l.conversation_key,
  greatest(0, extract(epoch FROM o.claim_until - now()))::float AS seconds
FROM outbox o JOIN outbox_lines l ON l.id = o.line_id
WHERE o.account_id = $1 AND o.state = 'sending'
  AND (o.claim_until <= now() OR (o.token < $2 AND o.act = 'send'))
"""
# What became due since the candidates were read would be missed by both, and slept over.
NEXT = (
    "SELECT extract(epoch FROM least("  # noqa: S608
    + ", ".join(
        "(SELECT min(due_at) FROM outbox WHERE account_id = $1 "  # noqa: S608
        f"AND class = '{name}' AND state IN {OPEN} "
        "AND due_at > now() - make_interval(secs => $2))"
        for name in ("interactive", "automatic", "bulk")
    )
    + ") - now())"
)
WAITING = f"SELECT EXISTS (SELECT 1 FROM outbox WHERE account_id = $1 AND state IN {OPEN})"  # noqa: S608
# A late answer settles what was called uncertain meanwhile, for it is the truth.
SETTLE = """
UPDATE outbox o SET
  state = m.state, provider_id = coalesce(m.provider_id, o.provider_id),
  error_kind = m.error_kind, error_text = m.error_text, owner = NULL, claim_until = NULL,
  due_at = now() + make_interval(secs => m.delay), version = o.version + 1,
  sent_at = CASE WHEN m.state = 'sent' THEN now() ELSE o.sent_at END,
  settled_at = CASE WHEN m.state = 'pending' THEN NULL ELSE now() END,
  payload = o.payload || m.patch, recipients = coalesce(m.recipients, o.recipients),
  undelivered = CASE WHEN m.state = 'sent' THEN m.undelivered ELSE o.undelivered END
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float[],
            $8::jsonb[], $9::jsonb[], $10::jsonb[])
     AS m (id, attempts, state, provider_id, error_kind, error_text, delay, patch, recipients,
           undelivered)
WHERE o.id = m.id AND o.attempts = m.attempts
  AND (o.state = 'sending' OR (o.state = 'uncertain'
                                 AND (m.state IN ('sent', 'failed') OR m.patch ? 'left')))
RETURNING o.id, o.state, o.account_id
"""
TRY_SOON = """
UPDATE outbox SET due_at = now()
WHERE account_id = $1 AND state = 'pending' AND error_kind = 'misconfigured' AND due_at > now()
"""
COUNT = """
UPDATE outbox SET payload = payload || jsonb_build_object('of', $3::int)
WHERE id = $1 AND attempts = $2 AND state = 'sending'
"""
NAME = """
INSERT INTO conversation_refs (account_id, ref, conversation_key)
SELECT o.account_id, a.ref, l.conversation_key
FROM outbox o JOIN outbox_lines l ON l.id = o.line_id CROSS JOIN unnest($2::text[]) AS a (ref)
WHERE o.id = $1 ORDER BY a.ref COLLATE "C" ON CONFLICT DO NOTHING
"""
CALL = """
INSERT INTO message_names (account_id, name, message_id)
SELECT o.account_id, a.name, o.message_id
FROM outbox o CROSS JOIN unnest($2::text[]) AS a (name)
WHERE o.id = $1 AND o.message_id IS NOT NULL ORDER BY a.name COLLATE "C" ON CONFLICT DO NOTHING
"""
# A provider knows of a refusal that we have not heard of: it was told to it, or to a carrier.
WITHDRAW = f"""
INSERT INTO consents (id, identity_id, purpose, granted, text_version, source)
SELECT DISTINCT ON (k.identity_id) cc_new_id(), k.identity_id, 'messages', false, '', o.id::text
FROM outbox o JOIN contacts k ON k.id = o.contact_id WHERE o.id = ANY($1) AND {_CONSENT}
"""  # noqa: S608
REFERENCE = """
SELECT coalesce(m.external_id, o.provider_id) FROM messages m
LEFT JOIN outbox o ON o.message_id = m.id AND o.act = 'send' WHERE m.id = $1 LIMIT 1
"""


async def candidates(database: Database, account_id: UUID, limit: int) -> list[Record]:
    """Rows that may go now, the most urgent class first: (id, conversation_key)."""
    return await database.fetch(CANDIDATES, account_id, limit)


async def claim(
    database: Database,
    ids: Sequence[UUID],
    *,
    owner: str,
    token: int,
    lease: str,
    limits: Limits,
) -> list[Claim]:
    """Claim what is still to be sent; nothing without the lease."""
    seconds, slowest = limits.send_timeout + limits.margin, float(limits.slowest)
    rows = await database.fetch(
        CLAIM, list(ids), owner, token, seconds, lease, limits.file_seconds, slowest
    )
    order = {value: at for at, value in enumerate(ids)}
    rows.sort(key=lambda row: order[row["id"]])
    return [Claim(**dict(row)) for row in rows]


async def orphans(database: Database, account_id: UUID, token: int) -> list[Claim]:
    """Claims whose time is over, or whose holder it is not any more."""
    return [Claim(**dict(row)) for row in await database.fetch(ORPHANS, account_id, token)]


async def next_due(database: Database, account_id: UUID, looked: float) -> float | None:
    """Seconds until something of this account becomes due; None where nothing will.

    `looked`: how many seconds ago what was due then was looked at.
    """
    seconds = await database.fetchval(NEXT, account_id, looked)
    return None if seconds is None else float(seconds)


async def settle(unit: Unit, marks: Sequence[Mark]) -> list[UUID]:
    """Write how sends ended, in one step; returns the rows whose claim still stood."""
    ids = [mark.claim.id for mark in marks]
    contacts = await unit.fetch(
        "SELECT DISTINCT contact_id FROM outbox WHERE id = ANY($1) AND contact_id IS NOT NULL", ids
    )
    await unit.lock("contacts", [row["contact_id"] for row in contacts], "id")
    rows = await unit.fetch(
        SETTLE,
        ids,
        [mark.claim.attempts for mark in marks],
        [mark.state for mark in marks],
        [mark.provider_id for mark in marks],
        [mark.error_kind for mark in marks],
        [mark.error_text for mark in marks],
        [mark.delay for mark in marks],
        [mark.patch for mark in marks],
        [mark.recipients for mark in marks],
        [mark.undelivered for mark in marks],
    )
    settled = {row["id"] for row in rows}
    left = [mark for mark in marks if mark.state == "sent" or "left" in mark.patch]
    await _meet(unit, left, settled)
    for mark in marks:
        if mark.aliases and mark.claim.id in settled:
            await _name(unit, mark)
    if told := [mark.claim.id for mark in marks if mark.error_kind == OptedOut.kind]:
        await unit.execute(WITHDRAW, told)
    await changed(unit, [row["id"] for row in rows], "system", "outbox")
    for account_id in {row["account_id"] for row in rows}:
        unit.wake(topic(account_id))
    return [row["id"] for row in rows]


async def _meet(unit: Unit, sent: Sequence[Mark], settled: set[UUID]) -> None:
    met = [mark for mark in sent if mark.claim.id in settled]
    if met:
        await unit.execute(
            "SELECT cc_delivery_meets($1, $2)",
            [mark.claim.id for mark in met],
            [mark.status for mark in met],
        )


async def try_soon(database: Database, account_id: UUID) -> None:
    """What waits because the settings were wrong may go at once: they are others now."""
    await database.execute(TRY_SOON, account_id)


async def _name(unit: Unit, mark: Mark) -> None:
    """Further names: of the parts of a message, or what a relay gave our letter."""
    query = NAME if mark.claim.letter else CALL
    await unit.execute(query, mark.claim.id, list(mark.aliases))


async def count(database: Database, claim: Claim, parts: int) -> None:
    """Note of how many parts a text is, before the first one leaves."""
    await database.execute(COUNT, claim.id, claim.attempts, parts)


async def reference(database: Database, message_id: UUID) -> str | None:
    """How the provider calls one of our messages, for an answer to it."""
    name: str | None = await database.fetchval(REFERENCE, message_id)
    return name
