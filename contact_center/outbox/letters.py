"""What a letter says beside its text: to whom, what it answers, who signs it.

Read when it leaves, from the rows: the thread may have grown since it was written. Whoever wrote
it may have chosen recipients, subject and HTML (`messages.data.letter`); otherwise it goes to the
owner of the contact, or where he wants his answers, with copies for those on the letter it answers
whom somebody vouches for (`recipients`), and to nobody else, whoever has joined the thread
meanwhile. What a machine writes goes to the owner's address alone, for which its
budgets are counted (RFC 3834 section 4: a Reply-To is for people's answers). Nor does it quote
or follow what somebody wrote whose address nobody has vouched for, unless that is the owner: a
stranger's words are not sent on in our name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from channels.errors import Rejected
from channels.messages import Address, Body, Letter, Quoted
from contact_center.contacts.letters.model import cid_of, with_remote
from contact_center.outbox import recipients
from contact_center.storage.database import Database

QUOTED_CHARACTERS = 20_000
_TOLD = """
SELECT m.data, m.created_at, c.subject, c.locale, i.medium, i.value, i.name,
  b.name AS brand, b.letters AS brand_letters, q.letters AS queue_letters, q.zone,
  e.name AS employee,
  t.text AS said, coalesce(t.provider_at, t.created_at) AS said_at, t.data AS said_data,
  coalesce(nullif(ti.name, ''), ti.value) AS said_by, r.mail AS answered,
  ARRAY(SELECT a.settings ->> 'address' FROM accounts a WHERE a.medium = 'mail'
        AND a.settings ? 'address' UNION ALL
        SELECT s.alias FROM accounts a CROSS JOIN LATERAL jsonb_array_elements_text(
          CASE jsonb_typeof(a.settings -> 'aliases') WHEN 'array' THEN a.settings -> 'aliases'
               ELSE '[]' END) AS s (alias) WHERE a.medium = 'mail') AS house,
  ARRAY(SELECT o.provider_id FROM outbox o JOIN messages om ON om.id = o.message_id
        WHERE om.contact_id = c.id AND om.seq < m.seq AND om.seq > coalesce(t.seq, 0)
          AND o.provider_id IS NOT NULL ORDER BY om.seq DESC LIMIT 10) AS ours,
  ARRAY(SELECT f.value FROM identities f WHERE f.client_id = i.client_id AND f.medium = 'email'
        AND f.proof <> 'claimed' UNION
        SELECT x.box ->> 'address' FROM messages w CROSS JOIN LATERAL jsonb_array_elements(
          coalesce(w.data #> '{letter,to}', '[]') || coalesce(w.data #> '{letter,cc}', '[]'))
          AS x (box)
        WHERE w.contact_id = c.id AND w.seq < m.seq AND w.kind = 'outbound'
          AND w.employee_id IS NOT NULL AND w.deleted_at IS NULL
          AND NOT w.data -> 'letter' ? 'forwards') AS vouched,
  ARRAY(SELECT f.value FROM participants p JOIN identities f ON f.id = p.identity_id
        WHERE p.contact_id = c.id AND p.role <> 'owner' AND NOT p.verified) AS strangers
FROM """
_ABOUT = """
JOIN contacts c ON c.id = m.contact_id
JOIN identities i ON i.id = c.identity_id JOIN brands b ON b.id = c.brand_id
JOIN queues q ON q.id = c.queue_id LEFT JOIN employees e ON e.id = m.employee_id
LEFT JOIN LATERAL (
  SELECT x.* FROM messages x WHERE x.contact_id = c.id AND x.seq < m.seq AND x.kind = 'inbound'
    AND x.deleted_at IS NULL AND coalesce(x.data #>> '{mail,automatic}', 'bulk') = 'bulk'
    AND (x.identity_id = c.identity_id OR EXISTS (
      SELECT 1 FROM participants p
      WHERE p.contact_id = c.id AND p.identity_id = x.identity_id AND p.verified))
  ORDER BY x.seq DESC LIMIT 1) t ON true
LEFT JOIN identities ti ON ti.id = t.identity_id
LEFT JOIN LATERAL (
  SELECT x.data -> 'mail' AS mail FROM messages x
  WHERE x.contact_id = c.id AND x.seq < m.seq AND x.kind = 'inbound' AND x.deleted_at IS NULL
    AND x.identity_id = c.identity_id AND x.data ? 'mail'
    AND NOT x.data -> 'mail' ?| '{automatic,doubtful,own}'
    AND coalesce(x.data #>> '{mail,aligned}', 'true') = 'true'
  ORDER BY x.seq DESC LIMIT 1) r ON true
"""
CONTEXT = f"{_TOLD} messages m {_ABOUT} WHERE m.id = $1"
# A message that is still to be written: the next one of its contact.
_NEXT = """
(SELECT '{}'::jsonb AS data, now() AS created_at, 2147483647 AS seq, $1::uuid AS contact_id,
  $2::uuid AS employee_id) m
"""
NEXT = f"{_TOLD} {_NEXT} {_ABOUT}"


# What is passed on, as it came, and the pictures its HTML shows.
PASSED_ON = """
SELECT coalesce(b.text, p.text) AS text, coalesce(b.html, p.data #>> '{letter,html}', '') AS html,
  ARRAY(SELECT a.id FROM attachments a WHERE a.message_id = p.id AND a.state = 'stored'
        AND a.data ? 'cid' ORDER BY a.id LIMIT 50) AS pictures,
  ARRAY(SELECT a.data ->> 'cid' FROM attachments a WHERE a.message_id = p.id
        AND a.state = 'stored' AND a.data ? 'cid' ORDER BY a.id LIMIT 50) AS cids
FROM messages m JOIN messages p ON p.id = (m.data #>> '{letter,forwards}')::uuid
LEFT JOIN message_bodies b ON b.message_id = p.id
WHERE m.id = $1 AND p.deleted_at IS NULL AND coalesce(m.data #>> '{letter,whole}', 'true') = 'true'
"""


async def letter(database: Database, message_id: UUID) -> tuple[Letter, dict[UUID, str]]:
    """The letter of a message, and the pictures within it: file → the name its HTML calls it by.

    Raises Rejected where nobody can be written to.
    """
    row = await database.fetchrow(CONTEXT, message_id)
    if row is None:
        raise Rejected("the message is gone")
    made = letter_of(row)
    if not (row["data"].get("letter") or {}).get("forwards"):
        return made, {}
    passed = await database.fetchrow(PASSED_ON, message_id)
    if passed is None:
        return made, {}
    body = Body(passed["text"], with_remote(passed["html"]))
    pictures = dict(zip(passed["pictures"], passed["cids"], strict=True)) if body.html else {}
    return replace(made, forwarded=body), pictures


def shown(letter: Letter | None, file_id: UUID) -> str:
    """The name by which the letter's own HTML shows one of its files; empty where it does not."""
    name = cid_of(file_id)
    return name if letter and f'"cid:{name}"' in letter.html else ""


async def next_letter(database: Database, contact_id: UUID, employee_id: UUID) -> Letter:
    """The letter that would leave if the employee wrote now and chose nothing. Raises Rejected."""
    row = await database.fetchrow(NEXT, contact_id, employee_id)
    if row is None:
        raise Rejected("the contact is gone")
    return letter_of(row)


def letter_of(row: Mapping[str, Any]) -> Letter:
    """The letter of a row of CONTEXT. Pure."""
    given: dict[str, Any] = row["data"].get("letter") or {}
    automatic, forwards = bool(given.get("automatic")), bool(given.get("forwards"))
    to = _addresses(given.get("to")) or default_recipients(row, automatic=automatic)
    if not to:
        raise Rejected("there is no address to write to")
    chosen = "to" in given or "cc" in given or automatic or forwards
    locale = row["locale"] or "ru"
    quotes = not automatic and not forwards and given.get("quote") is not False
    return Letter(
        to=to,
        cc=_addresses(given.get("cc")) if chosen else default_copies(row, to),
        bcc=_addresses(given.get("bcc")),
        at=row["created_at"],
        subject=given.get("subject") or row["subject"] or "",
        html=given.get("html") or "",
        sender=", ".join(part for part in (row["employee"], row["brand"]) if part),
        signature="" if automatic else signature(row, locale),
        references=() if forwards else _references(row),
        quoted=_quoted(row) if quotes else None,
        automatic=automatic,
    )


def default_recipients(row: Mapping[str, Any], *, automatic: bool) -> tuple[Address, ...]:
    """Whom it goes to where nobody was chosen; nobody where the owner has no address."""
    email = row["medium"] == "email"
    owner = (Address("email", row["value"], row["name"] or ""),) if email else ()
    return owner if automatic else recipients.default(owner, row["answered"], row["house"])


def default_copies(row: Mapping[str, Any], to: Sequence[Address]) -> tuple[Address, ...]:
    """Who gets a copy where nobody was chosen: of an employee's answer alone."""
    if not row["employee"]:
        return ()
    vouched = {one.lower() for one in row["vouched"]} - {one.lower() for one in row["strangers"]}
    answered = (row["said_data"] or {}).get("mail")
    return recipients.copies(answered, vouched, to, row["house"])


def signature(row: Mapping[str, Any], locale: str) -> str:
    """The queue's signature, else the brand's, with the employee's name put in."""
    for letters in (row["queue_letters"], row["brand_letters"]):
        text = in_language(letters.get("signature") or {}, locale)
        if text:
            return text.replace("{employee}", row["employee"] or "").replace(
                "{brand}", row["brand"]
            )
    return ""


def in_language(texts: Mapping[str, str], locale: str) -> str:
    """The text for a locale; the other language where there is none."""
    first, other = ("en", "ru") if locale.lower().startswith("en") else ("ru", "en")
    return (texts.get(first) or texts.get(other) or "").strip()


def _references(row: Mapping[str, Any]) -> tuple[str, ...]:
    mail = (row["said_data"] or {}).get("mail") or {}
    theirs = [*mail.get("references", ()), *([mail["message_id"]] if "message_id" in mail else ())]
    return tuple(dict.fromkeys([*theirs, *reversed(row["ours"] or ())]))


def _quoted(row: Mapping[str, Any]) -> Quoted | None:
    if not row["said"]:
        return None
    at = row["said_at"].astimezone(ZoneInfo(row["zone"]))  # as those who answer saw it
    return Quoted(row["said_by"] or "", at, row["said"][:QUOTED_CHARACTERS])


def _addresses(given: Sequence[Mapping[str, str]] | None) -> tuple[Address, ...]:
    return tuple(Address("email", one["address"], one.get("name") or "") for one in given or ())
