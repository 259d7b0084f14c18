"""Reading contacts as an employee may see them, and what he keeps with them: drafts, read marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from aiohttp import web

from channels import registry
from channels.contract import Capabilities
from contact_center.access.model import Actor, Permission
from contact_center.access.policy import authorize, visible
from contact_center.contacts import model, shapes, store
from contact_center.contacts.letters import subjects
from contact_center.contacts.listing import cursor
from contact_center.contacts.listing import store as listing
from contact_center.contacts.messages import store as messages
from contact_center.contacts.messages.model import Message, MessagePage
from contact_center.contacts.writing import store as writing
from contact_center.contacts.writing.service import Writer
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

Link = Callable[[UUID, datetime], str]
"""Makes the short-lived address of a stored file."""


class Carries(Protocol):
    """As `carries` below."""

    def __call__(
        self,
        provider: str,
        settings: Mapping[str, Any] | None = None,
        conversation_key: str = "",
        /,
    ) -> Capabilities: ...


RECENT = 3
BEFORE_ALL = 2**31 - 1


def carries(
    provider: str, settings: Mapping[str, Any] | None = None, conversation_key: str = ""
) -> Capabilities:
    """What a registered provider can carry; one that is gone can carry plain text.

    With an account's settings: what that account can carry in this conversation.
    """
    try:
        found = registry.provider(provider)
    except registry.UnknownProvider:
        return Capabilities(authentication="secret")
    if settings is None or found.carries is None:
        return found.capabilities
    return found.carries(settings, conversation_key)


class Contacts:
    """Contacts for employees. Whatever they may not see does not exist for them."""

    def __init__(
        self, database: Database, clock: Clock, link: Link, *, carries: Carries = carries
    ) -> None:
        self.database = database
        self.clock = clock
        self.carries = carries
        self._link = link
        # Called when an employee has read further: (contact, employee).
        self.on_read: Callable[[UUID, UUID], None] = lambda _contact, _employee: None

    # --- lists ---------------------------------------------------------------------------------

    async def page(self, actor: Actor, query: model.ListQuery) -> model.ContactList:
        """One page of a view."""
        asked = listing.Asked(
            query.view, query.queue_id, query.q, query.sort, cursor.decode(query.cursor),
            query.limit,
        )  # fmt: skip
        found = await listing.page(self.database, asked, _seen(actor))
        return await self._list(actor, found, query.limit)

    async def of_client(
        self, actor: Actor, client_id: UUID, query: model.PageQuery
    ) -> model.ContactList:
        """A client's contacts, the newest first, as far as the actor may see them."""
        after, seen = cursor.decode(query.cursor), visible(actor, "contact")
        found = await listing.of_client(self.database, client_id, after, query.limit, seen)
        return await self._list(actor, found, query.limit)

    async def _list(
        self, actor: Actor, found: list[tuple[UUID, cursor.Key]], limit: int
    ) -> model.ContactList:
        shown = found[:limit]
        following = cursor.encode(shown[-1][1]) if len(found) > limit else None
        items = await self.rows(actor, [row_id for row_id, _ in shown])
        return model.ContactList(items=items, next=following)

    async def counts(self, actor: Actor) -> model.Counts:
        """How many contacts the views hold."""
        return model.Counts(**await listing.counts(self.database, _seen(actor)))

    async def rows(self, actor: Actor, ids: Sequence[UUID]) -> list[model.ContactRow]:
        """Lines of contacts the caller has authorised, in this order."""
        found = await store.rows(self.database, ids, actor.employee_id)
        return [model.ContactRow.model_validate(shapes.row(one)) for one in found]

    async def recent(self, actor: Actor, client_id: UUID, but: UUID) -> list[Mapping[str, Any]]:
        """The client's latest other contacts, as far as they may be seen."""
        seen = visible(actor, "contact")
        found = await store.recent(self.database, client_id, but, RECENT, seen)
        return [dict(one) for one in found]

    # --- one -----------------------------------------------------------------------------------

    async def require(self, actor: Actor, contact_id: UUID, db: Unit | None = None) -> None:
        """Raise NotFound unless the actor may see the contact."""
        seen = visible(actor, "contact")
        if not await store.is_visible(db or self.database, contact_id, seen):
            raise NotFound("there is no such contact")

    async def contact(self, actor: Actor, contact_id: UUID) -> model.Contact:
        """One contact with all about it. Raises NotFound."""
        await self.require(actor, contact_id)
        db = self.database
        found = await store.rows(db, [contact_id], actor.employee_id)
        if not found:
            raise NotFound("there is no such contact")
        one = found[0]
        participants = await store.participants(db, contact_id)
        carries = await self.carried(db, contact_id)
        return model.Contact.model_validate({
            **shapes.row(one),
            "participants": [dict(each) for each in participants],
            "data": await store.data(db, contact_id),
            "drafts": await self._drafts(actor, contact_id),
            "capabilities": shapes.capabilities(carries),
            "can": shapes.can(one, actor, letters=carries.letters),
            "client_read_seq": await store.client_read_seq(db, contact_id),
            "refused_at": await store.refused_at(db, contact_id),
        })  # fmt: skip

    async def carried(self, db: Database | Unit, contact_id: UUID) -> Capabilities:
        """What the connection of a contact carries in its conversation."""
        line = await store.line(db, contact_id)
        return self.carries(line["provider"], line["settings"], line["conversation_key"])

    async def thread(
        self, actor: Actor, contact_id: UUID, query: model.MessageQuery
    ) -> MessagePage:
        """A stretch of messages."""
        if query.before is not None and query.after is not None:
            raise Invalid("give before or after, not both", field="after")
        await self.require(actor, contact_id)
        last_seq, version = await store.last_seq(self.database, contact_id)
        if query.after is not None:
            rows = await messages.after(self.database, contact_id, query.after, query.limit)
        else:
            start = BEFORE_ALL if query.before is None else query.before
            rows = await messages.before(self.database, contact_id, start, query.limit)
        first = rows[0]["seq"] if rows else (query.after or 0) + 1
        last = rows[-1]["seq"] if rows else (query.before or 1) - 1
        return MessagePage(
            items=await self._messages(await self._marked(contact_id, rows)),
            has_before=bool(first > 1),
            has_after=bool(rows) and last < last_seq,
            version=version,
        )

    async def _marked(self, contact_id: UUID, rows: Sequence[Record]) -> Sequence[Record]:
        """The messages, and where a letter came with another subject than the one before it."""
        if not any("mail" in row["data"] for row in rows):
            return rows
        own, earlier = await messages.letters_before(self.database, contact_id, rows[0]["seq"])
        told = (subjects.subject_of(one) for one in earlier)
        before = next(filter(None, told), "")
        return subjects.marked(rows, before, own=subjects.normalised(own))

    async def message(self, message_id: UUID) -> Message:
        """One message whose contact the caller has authorised. Raises NotFound."""
        row = await messages.one(self.database, message_id)
        if row is None:
            raise NotFound("there is no such message")
        return (await self._messages([row]))[0]

    async def _messages(self, rows: Sequence[Record]) -> list[Message]:
        files: dict[UUID, list[dict[str, Any]]] = {}
        for one in await messages.attachments(self.database, [row["id"] for row in rows]):
            files.setdefault(one["message_id"], []).append(self._file(one))
        return [
            Message.model_validate(shapes.message(row, files.get(row["id"], []))) for row in rows
        ]

    def _file(self, row: Record) -> dict[str, Any]:
        return shapes.attachment(row, lambda one: self._link(one, self.clock.now()))

    # --- what an employee keeps with a contact ---------------------------------------------------

    async def _drafts(self, actor: Actor, contact_id: UUID) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for row in await store.drafts(self.database, actor.employee_id, contact_id):
            ids = [UUID(one) for one in row["data"].get("attachments", [])]
            files = await messages.uploads(self.database, ids, actor.label)
            kept[row["kind"]] = {
                "text": row["text"],
                "attachments": [self._file(one) for one in files],
                "letter": row["data"].get("letter"),
                "buttons": row["data"].get("buttons", []),
                "reply_to": row["data"].get("reply_to"),
                "changed_at": row["changed_at"],
            }
        return kept

    async def keep_draft(
        self, actor: Actor, contact_id: UUID, kind: str, draft: model.DraftIn
    ) -> None:
        """Keep what the employee has written so far; nothing written forgets it."""
        if kind not in ("reply", "note"):
            raise NotFound("there is no such draft")
        authorize(actor, Permission.WORK if kind == "reply" else Permission.NOTE)
        await self.require(actor, contact_id)
        if draft.is_empty:
            await self.database.run(
                lambda unit: writing.drop_draft(unit, actor.employee_id, contact_id, kind)
            )
            return
        data: dict[str, Any] = {"attachments": [str(one) for one in draft.attachments]}
        if draft.letter is not None:
            data["letter"] = draft.letter.kept(draft.attachments)
        if draft.buttons:
            data["buttons"] = [button.model_dump() for button in draft.buttons]
        if draft.reply_to is not None:
            data["reply_to"] = str(draft.reply_to)
        key = (actor.employee_id, contact_id, kind)
        await store.keep_draft(self.database, key, draft.text, data, self.clock.now())

    async def mark_read(self, actor: Actor, contact_id: UUID, seq: int) -> None:
        """Note how far the employee has read; never goes back, never beyond the end."""
        await self.require(actor, contact_id)
        last, _ = await store.last_seq(self.database, contact_id)
        reader, now = str(actor.employee_id), self.clock.now()
        await self.database.run(
            lambda unit: writing.mark_read(unit, contact_id, reader, min(seq, last), now)
        )
        self.on_read(contact_id, actor.employee_id)

    async def change(
        self, actor: Actor, contact_id: UUID, values: Mapping[str, Any], version: int | None
    ) -> None:
        """Set kind or subject. Raises Conflict with the present state for another version."""

        async def step(unit: Unit) -> int | None:
            await self.require(actor, contact_id, unit)
            contact = await Writer.lock(unit, contact_id, now=self.clock.now(), actor=actor.label)
            if version is not None and contact["version"] != version:
                return int(contact["version"])
            if values.get("kind_id") and not await store.is_kind(unit, values["kind_id"]):
                raise Invalid("there is no such kind of request", field="kind_id")
            contact.set(**values)
            await contact.flush("edited")
            return None

        if await self.database.run(step) is not None:
            current = await self.contact(actor, contact_id)
            raise Conflict("the contact has changed meanwhile", current=current)


def _seen(actor: Actor) -> listing.Seen:
    return listing.Seen(actor.employee_id, visible(actor, "contact"), visible(actor, "queue"))


SERVICE: web.AppKey[Contacts] = web.AppKey("contacts", Contacts)
