"""SQL of the views: ids in order, never more work than a page, however long the history.

Open views start from what is open or waiting. The closed and complete ones take one short index
scan per visible queue and one for what the employee himself handled, and merge them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.clients import words
from contact_center.contacts.listing.cursor import Key
from contact_center.contacts.model import Sort, View
from contact_center.storage import tables as t
from contact_center.storage.database import Database

c, w = t.contacts.c, t.work.c
Where = sa.ColumnElement[bool]
# Written out, not bound: a plan for any value could not use the partial indexes.
IN_LINE = w.state.in_([sa.literal_column("'waiting'"), sa.literal_column("'offered'")])
OPEN = c.state == sa.literal_column("'open'")
CLOSED = c.state == sa.literal_column("'closed'")
PARKED = w.state == sa.literal_column("'parked'")
WRAP_UP = w.state == sa.literal_column("'wrap_up'")
LIVE = t.offers.c.state == sa.literal_column("'live'")
LAST_NUMBER = 2**63 - 1
FOUND = 500
"""Addresses looked at for one search: whoever finds more should type more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the asking employee may see: predicates on contacts and on queues."""

    me: UUID
    contact: Where
    queue: Where


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of which view."""

    view: View
    queue_id: UUID | None = None
    q: str = ""
    sort: Sort | None = None
    after: Key | None = None
    limit: int = 50


async def page(db: Database, asked: Asked, visible: Seen) -> list[tuple[UUID, Key]]:
    """Ids with their keys, at most one more than asked for: then there is a next page."""
    if asked.view == "queue":
        query = _in_line(asked, visible)
    elif asked.view in ("closed", "all") and not asked.q:
        query = history(asked, visible)
    else:
        query = _plain(asked, visible)
    return [(row["id"], (row["key"], row["id"])) for row in await db.fetch(query)]


def _order(asked: Asked) -> tuple[sa.ColumnElement[Any], bool]:
    """What a list of contacts is sorted by, and whether the greatest comes first."""
    if asked.view == "closed":
        return sa.func.coalesce(c.closed_at, c.opened_at), asked.sort != "oldest"
    if asked.view == "all":
        return c.opened_at, asked.sort != "oldest"
    if asked.view == "parked":  # what comes back first comes first
        return sa.func.coalesce(c.snoozed_until, c.opened_at), asked.sort == "newest"
    if asked.sort == "waiting":
        return sa.func.coalesce(c.waiting_since, c.last_at, c.opened_at), False
    return sa.func.coalesce(c.last_at, c.opened_at), asked.sort != "oldest"


def _beyond(key: sa.ColumnElement[Any], row_id: Any, asked: Asked, *, down: bool) -> list[Where]:
    if asked.after is None:
        return []
    here, there = sa.tuple_(key, row_id), sa.tuple_(*asked.after)
    return [here < there if down else here > there]


def _sorted(
    query: sa.Select[Any], key: Any, row_id: Any, asked: Asked, *, down: bool
) -> sa.Select[Any]:
    order = (key.desc(), row_id.desc()) if down else (key.asc(), row_id.asc())
    return query.order_by(*order).limit(asked.limit + 1)


def _plain(asked: Asked, visible: Seen) -> sa.Select[Any]:
    """Few contacts to begin with: the own ones, the offered ones, the found ones."""
    key, down = _order(asked)
    wanted = [visible.contact, *_of_view(asked.view, visible.me)]
    if asked.view == "offered":  # an offer shows what it offers, wherever it comes from
        wanted.remove(visible.contact)
    if asked.queue_id:
        wanted.append(c.queue_id == asked.queue_id)
    if asked.q:
        wanted.append(_found(asked.q))
    query = sa.select(c.id, key.label("key")).where(*wanted, *_beyond(key, c.id, asked, down=down))
    return _sorted(query, key, c.id, asked, down=down)


def _of_view(view: View, me: UUID) -> list[Where]:
    mine = [c.operator_id == me, OPEN]
    wanted: dict[View, list[Where]] = {
        "mine": mine,
        "waiting": [*mine, c.awaiting == "us"],
        "unread": [*mine, _unread(me)],
        "offered": [c.id.in_(_offered_to(me))],
        "parked": [c.id.in_(_parked_by(me)), OPEN],
        "wrap_up": [c.id.in_(_wrapped_up_by(me))],
        "closed": [CLOSED],
    }
    return wanted.get(view, [])


def _offered_to(me: UUID) -> sa.Select[Any]:
    joined = t.offers.join(t.work, w.id == t.offers.c.work_id)
    live = sa.and_(t.offers.c.operator_id == me, LIVE)
    return sa.select(w.contact_id).select_from(joined).where(live)


def _parked_by(me: UUID) -> sa.Select[Any]:
    return sa.select(w.contact_id).where(w.preferred_id == me, PARKED)


def _wrapped_up_by(me: UUID) -> sa.Select[Any]:
    return sa.select(w.contact_id).where(w.operator_id == me, WRAP_UP)


def _unread(me: UUID) -> Where:
    read = (
        sa.select(t.contact_reads.c.seq)
        .where(t.contact_reads.c.contact_id == c.id, t.contact_reads.c.reader == str(me))
        .correlate(t.contacts)
        .scalar_subquery()
    )
    m = t.messages.c
    newer = sa.select(m.id).where(
        m.contact_id == c.id, m.kind == "inbound", m.seq > sa.func.coalesce(read, 0)
    )
    return newer.correlate(t.contacts).exists()


def _matching(q: str) -> sa.Select[Any]:
    """Addresses of the clients whose name or address matches: trigram indexes find them."""
    i, patterns = t.identities.c, [words.pattern(one) for one in words.readings(q)]
    tail = words.digits(q)
    values = [*patterns, *([f"%{tail}"] if tail else [])]
    by_name = sa.select(t.clients.c.id).where(
        sa.or_(sa.false(), *(t.clients.c.name.ilike(one) for one in patterns)),
        t.clients.c.merged_into.is_(None),
    )
    by_value = sa.select(i.client_id).where(
        sa.or_(sa.false(), *(i.value.ilike(one) for one in values))
    )
    clients = sa.union(by_name.limit(FOUND), by_value.limit(FOUND)).subquery("clients_found")
    owned = sa.select(i.id).join(clients, clients.c.id == i.client_id)
    return owned.limit(FOUND)


def _found(q: str) -> Where:
    # An array first, so that contacts are looked up by address and never gone through.
    ways = [c.identity_id == sa.any_(sa.func.array(_matching(q).scalar_subquery()))]
    ways += [c.subject.ilike(words.pattern(one)) for one in words.readings(q)]
    number = q.lstrip("#№ ")
    if number.isdecimal() and int(number) <= LAST_NUMBER:
        ways.append(c.number == int(number))
    return sa.or_(*ways)


def _not_offered_to(me: UUID) -> Where:
    return sa.func.coalesce(w.operator_id != me, sa.true())


def _in_line(asked: Asked, visible: Seen) -> sa.Select[Any]:
    """Waiting or offered to others, in the order of the line."""
    down = asked.sort == "newest"
    queues = _queues(asked, visible)
    wanted = [IN_LINE, w.queue_id == queues.c.id, _not_offered_to(visible.me)]
    wanted += _beyond(w.virtual_arrival, w.contact_id, asked, down=down)
    line = sa.select(w.contact_id.label("id"), w.virtual_arrival.label("key"))
    if asked.q:
        line = line.join(t.contacts, c.id == w.contact_id).where(_found(asked.q))
    line = _sorted(line.where(*wanted), w.virtual_arrival, w.contact_id, asked, down=down)
    heads = line.lateral("line")
    merged = sa.select(heads.c.id, heads.c.key).select_from(queues.join(heads, sa.true()))
    return _sorted(merged, heads.c.key, heads.c.id, asked, down=down)


def _queues(asked: Asked, visible: Seen) -> sa.Subquery:
    wanted = [visible.queue]
    if asked.queue_id:
        wanted.append(t.queues.c.id == asked.queue_id)
    return sa.select(t.queues.c.id).where(*wanted).subquery("seen")


def history(asked: Asked, visible: Seen) -> sa.Select[Any]:
    """Everything or everything closed: a short scan per visible queue and one for the own ones."""
    down = asked.sort != "oldest"
    # Not by number: its own index would tempt the planner to go through all queues' contacts.
    key = c.closed_at if asked.view == "closed" else c.opened_at
    wanted = [visible.contact, *_beyond(key, c.id, asked, down=down)]
    if asked.view == "closed":
        wanted.append(CLOSED)
    queues = _queues(asked, visible)
    some = sa.select(c.id, key.label("key")).where(*wanted)
    of_queue = _sorted(some.where(c.queue_id == queues.c.id), key, c.id, asked, down=down)
    scans = of_queue.lateral("scans")
    others = sa.select(scans.c.id, scans.c.key).select_from(queues.join(scans, sa.true()))
    own = some.where(c.operator_id == visible.me)
    if asked.queue_id:
        own = own.where(c.queue_id == asked.queue_id)
    mine = _sorted(own, key, c.id, asked, down=down).subquery("own")
    both = sa.union(others, sa.select(mine.c.id, mine.c.key)).subquery("merged")
    return _sorted(sa.select(both.c.id, both.c.key), both.c.key, both.c.id, asked, down=down)


async def of_client(
    db: Database, client_id: UUID, after: Key | None, limit: int, visible: Where
) -> list[tuple[UUID, Key]]:
    """The client's contacts, the newest first; one more than asked for where there are more."""
    own = sa.select(t.identities.c.id).where(t.identities.c.client_id == client_id)
    addresses = sa.any_(sa.func.array(own.scalar_subquery()))
    asked = Asked("all", after=after, limit=limit)
    query = sa.select(c.id, c.opened_at.label("key")).where(
        c.identity_id == addresses, visible, *_beyond(c.opened_at, c.id, asked, down=True)
    )
    rows = await db.fetch(_sorted(query, c.opened_at, c.id, asked, down=True))
    return [(row["id"], (row["key"], row["id"])) for row in rows]


async def counts(db: Database, visible: Seen) -> Mapping[str, Any]:
    """How many: mine, offered, unread, waiting, parked, and by queue what is in line there."""
    open_mine = sa.and_(c.operator_id == visible.me, OPEN)
    mine = sa.select(
        sa.func.count().label("mine"),
        sa.func.count().filter(c.awaiting == "us").label("waiting"),
        sa.func.count().filter(_unread(visible.me)).label("unread"),
        sa.select(sa.func.count()).select_from(_offered_to(visible.me).subquery())
        .scalar_subquery().label("offered"),
        sa.select(sa.func.count()).select_from(_parked_by(visible.me).subquery())
        .scalar_subquery().label("parked"),
    ).where(open_mine, visible.contact)  # fmt: skip
    seen = sa.select(t.queues.c.id).where(visible.queue)
    lines = (
        sa.select(w.queue_id, sa.func.count().label("n"))
        .where(
            IN_LINE,
            w.queue_id.in_(seen),
            _not_offered_to(visible.me),
        )
        .group_by(w.queue_id)
    )
    row = await db.fetchrow(mine)
    queues = {one["queue_id"]: one["n"] for one in await db.fetch(lines)}
    return {**dict(row or {}), "queue": sum(queues.values()), "queues": queues}
