"""What a screen may listen to: asked at subscribing, and again when rights or places change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.access.model import Actor, Permission
from contact_center.access.policy import visible
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.web.live import store
from contact_center.web.live.protocol import Topic


def internal(topic: Topic, actor: Actor) -> str:
    """The hub's name of a topic: "me" is the operator's own."""
    return f"operator:{actor.employee_id}" if topic.kind == "me" else str(topic)


async def allowed(database: Database, actor: Actor, topics: Iterable[Topic]) -> set[Topic]:
    """Those of the topics the actor may listen to."""
    listed = list(topics)
    contacts = await seen_contacts(database, actor, _ids(listed, "contact"))
    queues = await _seen_queues(database, actor, _ids(listed, "queue"))
    found = {topic for topic in listed if topic.id is None and _may_listen(actor, topic.kind)}
    found |= {topic for topic in listed if topic.kind == "contact" and topic.id in contacts}
    found |= {topic for topic in listed if topic.kind == "queue" and topic.id in queues}
    if actor.may(Permission.CLIENTS):
        found |= {topic for topic in listed if topic.kind == "client"}
    return found


async def seen_contacts(
    database: Database, actor: Actor, ids: Iterable[UUID]
) -> Mapping[UUID, int]:
    """Those of the contacts the actor may see, with their versions."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = sa.select(t.contacts.c.id, t.contacts.c.version).where(
        t.contacts.c.id.in_(wanted), sa.or_(visible(actor, "contact"), _offered_to(actor))
    )
    return {row["id"]: row["version"] for row in await database.fetch(query)}


async def live_offers(database: Database, actor: Actor) -> list[UUID]:
    """The offers shown to the actor now."""
    rows = await database.fetch(store.OFFERS, actor.employee_id)
    return [row["id"] for row in rows]


async def _seen_queues(database: Database, actor: Actor, ids: list[UUID]) -> set[UUID]:
    if not ids:
        return set()
    query = sa.select(t.queues.c.id).where(t.queues.c.id.in_(ids), visible(actor, "queue"))
    return {row["id"] for row in await database.fetch(query)}


def _offered_to(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        t.work.c.contact_id == t.contacts.c.id,
        t.work.c.operator_id == actor.employee_id,
        t.work.c.state != "done",
    )


def _may_listen(actor: Actor, kind: str) -> bool:
    return actor.may(Permission.SUPERVISE) if kind == "floor" else True


def _ids(topics: Iterable[Topic], kind: str) -> list[Any]:
    return [topic.id for topic in topics if topic.kind == kind and topic.id]
