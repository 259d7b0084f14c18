"""The desk's routes."""

from __future__ import annotations

from aiohttp import web

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.contacts.letters.model import LetterStart
from contact_center.contacts.messages.model import Message
from contact_center.contacts.model import Contact
from contact_center.desk import model
from contact_center.desk.service import SERVICE
from contact_center.kernel.errors import NotFound

P = Permission


async def offers(call: Call) -> list[model.Offer]:
    return await call.app[SERVICE].taking.offers(call.actor)


async def accept(call: Call) -> Contact:
    desk = call.app[SERVICE]
    contact_id = await desk.taking.accept(call.actor, call.id())
    return await desk.contacts.contact(call.actor, contact_id)


async def decline(call: Call) -> None:
    await call.app[SERVICE].taking.decline(call.actor, call.id(), call.body.reason)


async def take(call: Call) -> Contact:
    desk = call.app[SERVICE]
    await desk.taking.take(call.actor, call.id())
    return await desk.contacts.contact(call.actor, call.id())


async def history(call: Call) -> list[model.WorkSeen]:
    return await call.app[SERVICE].taking.history(call.actor, call.id())


async def write(call: Call) -> Message:
    desk = call.app[SERVICE]
    message_id = await desk.talking.write(call.actor, call.id(), call.body)
    return await desk.contacts.message(message_id)


async def amend(call: Call) -> Message:
    desk, message_id = call.app[SERVICE], call.id("message_id")
    await desk.amending.edit(
        call.actor, call.id(), message_id, call.body.text, call.expected_version
    )
    return await desk.contacts.message(message_id)


async def withdraw(call: Call) -> Message:
    desk, message_id = call.app[SERVICE], call.id("message_id")
    await desk.amending.delete(call.actor, call.id(), message_id, call.expected_version)
    return await desk.contacts.message(message_id)


async def letter(call: Call) -> LetterStart:
    return await call.app[SERVICE].beginning.letter(call.actor, call.id())


async def transfer(call: Call) -> Contact | web.Response:
    desk = call.app[SERVICE]
    await desk.moving.transfer(call.actor, call.id(), call.body)
    try:
        return await desk.contacts.contact(call.actor, call.id())
    except NotFound:  # handed on to where the actor may not look
        return web.Response(status=204)


async def park(call: Call) -> Contact:
    desk = call.app[SERVICE]
    await desk.parking.park(call.actor, call.id(), call.body)
    return await desk.contacts.contact(call.actor, call.id())


async def split(call: Call) -> model.Part:
    desk = call.app[SERVICE]
    part_id, over = await desk.parting.split(call.actor, call.id(), call.body.message_id)
    return model.Part(contact=await desk.contacts.contact(call.actor, part_id), over_capacity=over)


async def join(call: Call) -> Contact:
    desk = call.app[SERVICE]
    await desk.parting.join(call.actor, call.id(), call.body.other_id)
    return await desk.contacts.contact(call.actor, call.id())


async def close(call: Call) -> Contact:
    desk = call.app[SERVICE]
    await desk.ending.close(call.actor, call.id(), call.body)
    return await desk.contacts.contact(call.actor, call.id())


async def wrap_up(call: Call) -> Contact:
    desk = call.app[SERVICE]
    await desk.ending.wrap_up(call.actor, call.id(), call.body)
    return await desk.contacts.contact(call.actor, call.id())


async def spam(call: Call) -> Contact:
    desk = call.app[SERVICE]
    await desk.ending.spam(call.actor, call.id())
    return await desk.contacts.contact(call.actor, call.id())


async def not_spam(call: Call) -> Contact:
    desk = call.app[SERVICE]
    await desk.ending.not_spam(call.actor, call.id())
    return await desk.contacts.contact(call.actor, call.id())


ROUTES = [
    Route("GET", "/offers", offers, P.WORK, "What is being offered to me",
          answer=list[model.Offer], tags=("desk",)),
    Route("POST", "/offers/{id}/accept", accept, P.WORK, "Accept an offer",
          answer=Contact, tags=("desk",)),
    Route("POST", "/offers/{id}/decline", decline, P.WORK, "Decline an offer",
          body=model.Decline, tags=("desk",)),
    Route("POST", "/contacts/{id}/messages", write, P.NOTE, "Write a reply or a note",
          body=model.NewMessage, answer=Message, tags=("desk",)),
    Route("PATCH", "/contacts/{id}/messages/{message_id}", amend, P.WORK,
          "Change the text of a reply, also where it has left (If-Match)", body=model.Amend,
          answer=Message, tags=("desk",)),
    Route("DELETE", "/contacts/{id}/messages/{message_id}", withdraw, P.WORK,
          "Delete a reply, also at the client's (If-Match)", answer=Message, tags=("desk",)),
    Route("GET", "/contacts/{id}/letter", letter, P.WORK, "What a letter begins with",
          answer=LetterStart, tags=("desk",)),
    Route("POST", "/contacts/{id}/take", take, P.WORK, "Take a contact out of the line",
          answer=Contact, tags=("desk",)),
    Route("POST", "/contacts/{id}/transfer", transfer, P.WORK,
          "Hand a contact to a colleague, a queue or anyone", body=model.Transfer,
          answer=Contact | None,
          tags=("desk",)),
    Route("POST", "/contacts/{id}/park", park, P.WORK,
          "Lay a contact aside until a time or until its client writes", body=model.Park,
          answer=Contact, tags=("desk",)),
    Route("POST", "/contacts/{id}/split", split, P.WORK,
          "Move a letter and all after it into a new contact", body=model.Split,
          answer=model.Part, tags=("desk",)),
    Route("POST", "/contacts/{id}/join", join, P.WORK,
          "Put another contact's letters behind this one's, and close that one",
          body=model.Join, answer=Contact, tags=("desk",)),
    Route("POST", "/contacts/{id}/close", close, P.WORK, "Close a contact",
          body=model.Result, answer=Contact, tags=("desk",)),
    Route("POST", "/contacts/{id}/wrap-up", wrap_up, P.WORK,
          "Finish the work after a contact, or extend the time for it", body=model.WrapUp,
          answer=Contact, tags=("desk",)),
    Route("POST", "/contacts/{id}/spam", spam, P.WORK, "Close a contact as spam",
          answer=Contact, tags=("desk",)),
    Route("POST", "/contacts/{id}/not-spam", not_spam, P.WORK, "Say that it was no spam",
          answer=Contact, tags=("desk",)),
    Route("GET", "/contacts/{id}/work", history, P.READ, "All turns of a contact, with offers",
          answer=list[model.WorkSeen], tags=("desk",)),
]  # fmt: skip
