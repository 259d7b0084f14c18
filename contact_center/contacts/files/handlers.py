"""Upload and download. A download needs no sign-in but a signed address, which lives minutes.

In a visitor's chat it lives a day or two (DECISIONS.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from channels.toolkit.files import PIXELS
from channels.toolkit.sniff import INLINE
from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.contacts import shapes
from contact_center.contacts.files.images import dimensions
from contact_center.contacts.files.nature import may_inline, plain_name, served_type
from contact_center.contacts.files.service import SERVICE, Files
from contact_center.contacts.messages.model import Attachment
from contact_center.kernel.errors import TooLarge, Unavailable
from contact_center.storage.unit import Record

UPLOAD_SECONDS = 300.0
CHUNK = 64 * 1024
BEGINNING = 256 * 1024  # of a picture: its size stands there
# Shown anywhere (the widget lives on other sites), but never as a page of ours.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "private, max-age=300",
}


class StoredFile(BaseModel):
    """A stored file; `url` lives for minutes."""

    id: UUID
    kind: str
    name: str
    type: str
    size: int
    state: Literal["stored"]
    url: str
    width: int | None
    height: int | None


class SignedPublic(BaseModel):
    """The signed part of an address."""

    model_config = ConfigDict(extra="forbid")

    e: int
    s: Annotated[str, Field(max_length=100)]


class Signed(SignedPublic):
    """The same; `inline`: to be shown, not to be saved."""

    inline: bool = False


async def upload(call: Call) -> StoredFile:
    files, request = call.app[SERVICE], call.request
    if (request.content_length or 0) > files.max_bytes:
        raise TooLarge("the file is too large", limit=files.max_bytes)
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            row = await files.upload(
                _chunks(request),
                name=unquote(request.headers.get("X-File-Name", "")),
                owner=call.actor.label,
            )
    except TimeoutError:
        raise Unavailable("the upload took too long", code="deadline", retry_after=1) from None
    return shown(files, row)


def shown(files: Files, row: Record) -> StoredFile:
    """An upload as the API tells of it."""
    return StoredFile(
        url=files.url(row["id"]),
        width=row["data"].get("width"),
        height=row["data"].get("height"),
        **{name: row[name] for name in ("id", "kind", "name", "type", "size", "state")},
    )


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_chunked(CHUNK):
        yield chunk


async def retry(call: Call) -> Attachment:
    files = call.app[SERVICE]
    row = await files.fetching.retry(call.actor, call.id())
    return Attachment.model_validate(shapes.attachment(row, files.url))


async def download(call: Call) -> web.StreamResponse:
    return await _given(call, await call.app[SERVICE].open(call.id(), call.query.e, call.query.s))


async def visitors(call: Call) -> web.StreamResponse:
    """For who has the chat of a site open, as long as that may be."""
    files, asked = call.app[SERVICE], call.query
    return await _given(call, await files.open_visitor(call.id(), asked.e, asked.s))


async def _given(call: Call, row: Record) -> web.StreamResponse:
    asked = call.query
    path = await call.app[SERVICE].blobs.path(row["blob_key"])
    inline = asked.inline and may_inline(row["type"], await _measured(row, path))
    if asked.inline and not inline and row["type"] in INLINE:
        raise TooLarge("the picture has too many pixels to be shown", limit=PIXELS)
    return _served(row, path, f"filename*=UTF-8''{quote(row['name'], safe='')}", inline=inline)


async def public(call: Call) -> web.StreamResponse:
    """For providers, which fetch what we send; the names they like are short and plain."""
    files, asked = call.app[SERVICE], call.query
    row = await files.open_public(call.id(), asked.e, asked.s)
    path = await files.blobs.path(row["blob_key"])
    inline = may_inline(row["type"], await _measured(row, path))
    return _served(row, path, f'filename="{plain_name(row["name"], row["type"])}"', inline=inline)


async def _measured(row: Record, path: Path) -> Mapping[str, Any]:
    """How large a picture is; who took it in may not have looked."""
    data: Mapping[str, Any] = row["data"]
    if row["type"] not in INLINE or "width" in data:
        return data
    size = dimensions(await asyncio.to_thread(_head, path))
    return {"width": size[0], "height": size[1]} if size else {}


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BEGINNING)


def _served(row: Record, path: Path, name: str, *, inline: bool) -> web.StreamResponse:
    headers = {
        **HEADERS,
        "Content-Type": served_type(row["type"]),
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; {name}",
    }
    return web.FileResponse(path, headers=headers)


ROUTES = [
    Route("POST", "/files", upload, Permission.NOTE,
          "Upload a file (raw body; X-File-Name percent-encoded) for a message to name",
          answer=StoredFile, tags=("files", "slow")),
    Route("POST", "/files/{id}/retry", retry, Permission.NOTE,
          "Fetch a file that could not be had once more", answer=Attachment, tags=("files",)),
    Route("GET", "/files/{id}", download, Permission.PUBLIC,
          "Download a file by its signed address", query=Signed, answer=bytes,
          tags=("files", "slow")),
    Route("GET", "/files/{id}/visitor", visitors, Permission.PUBLIC,
          "Download a file by the signed address that its visitor was given", query=Signed,
          answer=bytes, tags=("files", "slow")),
    Route("GET", "/files/{id}/public", public, Permission.PUBLIC,
          "Download a file by the signed address that its provider was given", query=SignedPublic,
          answer=bytes, tags=("files", "slow")),
]  # fmt: skip
