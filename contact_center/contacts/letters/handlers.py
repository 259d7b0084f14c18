"""Routes of whole letters. The page needs no sign-in but a signed address, which lives minutes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.contacts.files.copies import copy
from contact_center.contacts.files.handlers import StoredFile, shown
from contact_center.contacts.files.service import SERVICE as FILES
from contact_center.contacts.letters.model import LetterBody
from contact_center.contacts.letters.service import SERVICE

# A frame of its own origin: no script, no form, no plug-in; links open in new windows.
_SANDBOX = "sandbox allow-popups allow-popups-to-escape-sandbox"
_POLICY = (
    "{sandbox}; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:{images}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class Signed(BaseModel):
    """The signed part of the page's address; `images`: fetch pictures from elsewhere."""

    model_config = ConfigDict(extra="forbid")

    e: int
    s: Annotated[str, Field(max_length=100)]
    images: bool = False


class Copied(BaseModel):
    """Which files are copied; `pictures`: those, too, that the HTML of the letter shows."""

    model_config = ConfigDict(extra="forbid")

    pictures: bool = True


async def body(call: Call) -> LetterBody:
    return await call.app[SERVICE].body(call.actor, call.id())


async def source(call: Call) -> web.Response:
    message_id: UUID = call.id()
    raw = await call.app[SERVICE].source(call.actor, message_id)
    return web.Response(
        body=raw,
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Content-Disposition": f'attachment; filename="{message_id}.eml.txt"',
        },
    )


async def page(call: Call) -> web.Response:
    asked: Signed = call.query
    shown = await call.app[SERVICE].page(call.id(), asked.e, asked.s, images=asked.images)
    images = " https: http:" if asked.images else ""
    return web.Response(
        text=shown,
        content_type="text/html",
        headers={
            "Content-Security-Policy": _POLICY.format(sandbox=_SANDBOX, images=images),
            "Cache-Control": "private, max-age=300",
        },
    )


async def copies(call: Call) -> list[StoredFile]:
    files = call.app[FILES]
    asked: Copied = call.query
    rows = await call.app[SERVICE].files(call.actor, call.id(), pictures=asked.pictures)
    return [shown(files, row) for row in await copy(files, rows, call.actor.label)]


ROUTES = [
    Route("GET", "/messages/{id}/body", body, Permission.NOTE,
          "The whole of a letter", answer=LetterBody, tags=("contacts",)),
    Route("GET", "/messages/{id}/source", source, Permission.NOTE,
          "A letter as it came", answer=bytes, tags=("contacts",)),
    Route("POST", "/messages/{id}/copies", copies, Permission.WORK,
          "Copy the files of a message, for another one to name", query=Copied,
          answer=list[StoredFile], tags=("contacts", "slow")),
    Route("GET", "/letters/{id}", page, Permission.PUBLIC,
          "The HTML of a letter, for a frame, by its signed address", query=Signed, answer=bytes,
          tags=("contacts",)),
]  # fmt: skip
