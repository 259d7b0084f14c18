"""Clients in the API."""

from __future__ import annotations

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.clients.model import (
    Client,
    ClientIn,
    ClientList,
    ClientPatch,
    IdentityIn,
    ListQuery,
    Merged,
    MergeIn,
    Note,
    NoteIn,
    SuggestionList,
)
from contact_center.clients.service import SERVICE

P = Permission


async def clients(call: Call) -> ClientList:
    return await call.app[SERVICE].page(
        call.actor, call.query.q, call.query.cursor, call.query.limit
    )


async def add(call: Call) -> Client:
    service = call.app[SERVICE]
    return await service.card(call.actor, await service.add(call.actor, call.body))


async def card(call: Call) -> Client:
    return await call.app[SERVICE].card(call.actor, call.id())


async def change(call: Call) -> Client:
    service = call.app[SERVICE]
    await service.change(call.actor, call.id(), call.body, call.expected_version)
    return await service.card(call.actor, call.id())


async def add_note(call: Call) -> Note:
    return await call.app[SERVICE].add_note(call.actor, call.id(), call.body.text)


async def add_identity(call: Call) -> Client:
    service = call.app[SERVICE]
    await service.add_identity(call.actor, call.id(), call.body.medium, call.body.value)
    return await service.card(call.actor, call.id())


async def merge(call: Call) -> Merged:
    service = call.app[SERVICE]
    body = call.body
    merge_id = await service.merge(call.actor, call.id(), body.loser_id, body.reason)
    return Merged(merge_id=merge_id, client_id=call.id())


async def undo(call: Call) -> Merged:
    loser_id = await call.app[SERVICE].undo(call.actor, call.id())
    return Merged(merge_id=call.id(), client_id=loser_id)


async def suggestions(call: Call) -> SuggestionList:
    return await call.app[SERVICE].suggestions(call.actor, call.id())


ROUTES: list[Route] = [
    Route("GET", "/clients", clients, P.READ, "Find clients", query=ListQuery, answer=ClientList),
    Route("POST", "/clients", add, P.CLIENTS, "Register a client", body=ClientIn, answer=Client,
          status=201),
    Route("GET", "/clients/{id}", card, P.READ, "A client's card", answer=Client),
    Route("PATCH", "/clients/{id}", change, P.CLIENTS, "Change a client (If-Match: version)",
          body=ClientPatch, answer=Client),
    Route("POST", "/clients/{id}/notes", add_note, P.NOTE, "Remark on a client", body=NoteIn,
          answer=Note, status=201),
    Route("POST", "/clients/{id}/identities", add_identity, P.CLIENTS, "Add a typed address",
          body=IdentityIn, answer=Client, status=201),
    Route("GET", "/clients/{id}/suggestions", suggestions, P.READ, "Who may be the same client",
          answer=SuggestionList),
    Route("POST", "/clients/{id}/merge", merge, P.CLIENTS, "Merge another client into this one",
          body=MergeIn, answer=Merged),
    Route("POST", "/merges/{id}/undo", undo, P.CLIENTS, "Undo a merge", answer=Merged),
]  # fmt: skip
