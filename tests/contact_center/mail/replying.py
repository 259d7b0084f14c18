"""A contact in an operator's hands, and what he sees of an answer that failed."""

from __future__ import annotations

from uuid import UUID

from tests.contact_center.mail.post import Box


async def talk(box: Box) -> UUID:
    """A contact that Olga has."""
    box.write()
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    return contact


async def failure(box: Box, message: UUID) -> tuple[str, str]:
    """What the operator sees of it."""
    contact = await box.contact()
    answer = await box.ask("GET", f"/contacts/{contact['id']}/messages")
    (seen,) = [one for one in answer.body["items"] if one["id"] == str(message)]
    return seen["delivery"]["state"], seen["delivery"]["reason"] or ""


async def undelivered(box: Box, message: UUID) -> dict[str, str]:
    contact = await box.contact()
    answer = await box.ask("GET", f"/contacts/{contact['id']}/messages")
    (seen,) = [one for one in answer.body["items"] if one["id"] == str(message)]
    return {one["address"]: one["reason"] for one in seen["delivery"]["undelivered"]}
