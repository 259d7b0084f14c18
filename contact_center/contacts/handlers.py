"""Reading contacts, and what an employee keeps with them. Acting on them is the desk's."""

from __future__ import annotations

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.clients.service import SERVICE as CLIENTS
from contact_center.contacts import model
from contact_center.contacts.messages.model import MessagePage
from contact_center.contacts.service import SERVICE

P = Permission
SHORTEST = 2
SHOWN = 10


async def page(call: Call) -> model.ContactList:
    return await call.app[SERVICE].page(call.actor, call.query)


async def counts(call: Call) -> model.Counts:
    return await call.app[SERVICE].counts(call.actor)


async def one(call: Call) -> model.Contact:
    return await call.app[SERVICE].contact(call.actor, call.id())


async def change(call: Call) -> model.Contact:
    contacts = call.app[SERVICE]
    values = call.body.model_dump(exclude_unset=True)
    await contacts.change(call.actor, call.id(), values, call.expected_version)
    return await contacts.contact(call.actor, call.id())


async def thread(call: Call) -> MessagePage:
    return await call.app[SERVICE].thread(call.actor, call.id(), call.query)


async def keep_draft(call: Call) -> None:
    await call.app[SERVICE].keep_draft(call.actor, call.id(), call.path["kind"], call.body)


async def mark_read(call: Call) -> None:
    await call.app[SERVICE].mark_read(call.actor, call.id(), call.body.seq)


async def of_client(call: Call) -> model.ContactList:
    await call.app[CLIENTS].require(call.actor, call.id())
    return await call.app[SERVICE].of_client(call.actor, call.id(), call.query)


async def search(call: Call) -> model.Found:
    """One box: clients and contacts."""
    q = call.query.q
    if len(q) < SHORTEST:
        return model.Found(clients=[], contacts=[])
    clients = await call.app[CLIENTS].page(call.actor, q, None, SHOWN)
    query = model.ListQuery(view="all", q=q, limit=SHOWN)
    contacts = await call.app[SERVICE].page(call.actor, query)
    return model.Found(clients=clients.items, contacts=contacts.items)


ROUTES = [
    Route("GET", "/contacts", page, P.READ, "A page of a view of contacts",
          query=model.ListQuery, answer=model.ContactList, tags=("contacts",)),
    Route("GET", "/contacts/counts", counts, P.READ, "How many contacts the views hold",
          answer=model.Counts, tags=("contacts",)),
    Route("GET", "/contacts/{id}", one, P.READ, "One contact with everything about it",
          answer=model.Contact, tags=("contacts",)),
    Route("PATCH", "/contacts/{id}", change, P.WORK, "Set kind of request or subject (If-Match)",
          body=model.ContactPatch, answer=model.Contact, tags=("contacts",)),
    Route("GET", "/contacts/{id}/messages", thread, P.READ, "A stretch of the thread",
          query=model.MessageQuery, answer=MessagePage, tags=("contacts",)),
    Route("PUT", "/contacts/{id}/drafts/{kind}", keep_draft, P.NOTE,
          "Keep the draft of a reply or a note", body=model.DraftIn, tags=("contacts",)),
    Route("GET", "/clients/{id}/contacts", of_client, P.READ, "A client's contacts",
          query=model.PageQuery, answer=model.ContactList, tags=("clients",)),
    Route("GET", "/search", search, P.READ, "Find clients and contacts",
          query=model.SearchQuery, answer=model.Found, tags=("clients",)),
    Route("POST", "/contacts/{id}/read", mark_read, P.READ, "Note how far one has read",
          body=model.ReadIn, tags=("contacts",)),
]  # fmt: skip
