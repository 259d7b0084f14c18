"""What the web chat needs of others; `app` gives it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from aiohttp import web


class ChatAccount(Protocol):
    """A connected account that is on."""

    @property
    def id(self) -> UUID: ...

    @property
    def channel(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A file that lies in the blob store now."""

    blob_key: str
    size: int
    sha256: str


class StoreUpload(Protocol):
    def __call__(self, chunks: AsyncIterator[bytes], limit: int) -> Awaitable[StoredUpload]:
        """Write a stream away. Raises TooLarge beyond `limit` bytes; keeps nothing then."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The doors to accounts, intake and files.

    `account(public_key)` gives the account that is on, or None. `deliver(request, public_key)`
    takes a provider's request the common way (verify, parse, store; its answer after the commit;
    it raises HouseErrors). `store` writes an upload, `file_url(attachment id)` is an address of a
    stored file that outlives a working day, beginning with a slash.
    """

    account: Callable[[str], Awaitable[ChatAccount | None]]
    deliver: Callable[[web.Request, str], Awaitable[web.StreamResponse]]
    store: StoreUpload
    file_url: Callable[[UUID], str]
