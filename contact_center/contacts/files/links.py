"""Short-lived signed addresses of files and letters: who holds one may read it until it expires.

Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

PATH = "/api/v1/files"
LETTERS = "/api/v1/letters"
SECONDS = 300
PUBLIC = "/public"
PUBLIC_SECONDS = 4 * 3600  # a provider may queue a message that long before it fetches its files
VISITOR = "/visitor"
VISITOR_SECONDS = 24 * 3600  # a visitor's page asks for no message twice


class Links:
    """Makes and checks addresses; `key` is Sealer.derive("files")."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def url(self, file_id: UUID, now: datetime) -> str:
        """An address that works for five to ten minutes.

        It changes only every five minutes, so a thread that is read again finds its pictures in
        the browser's cache.
        """
        return self._url(PATH, file_id, now)

    def letter(self, message_id: UUID, now: datetime) -> str:
        """The same for the page of a letter."""
        return self._url(LETTERS, message_id, now)

    def visitor(self, file_id: UUID, now: datetime) -> str:
        """The same in a visitor's chat, where it works for one to two days."""
        return self._url(PATH, file_id, now, VISITOR, VISITOR_SECONDS)

    def public(self, file_id: UUID, now: datetime) -> str:
        """An address for a provider that fetches what we send; it works for four hours."""
        expires = int(now.timestamp()) + PUBLIC_SECONDS
        signature = self._sign(PATH + PUBLIC, file_id, expires)
        return f"{PATH}/{file_id}{PUBLIC}?e={expires}&s={signature}"

    def valid_public(self, file_id: UUID, expires: int, signature: str, now: datetime) -> bool:
        """Whether it is one of those, and still good."""
        return self._valid(PATH + PUBLIC, file_id, expires, signature, now)

    def valid(self, file_id: UUID, expires: int, signature: str, now: datetime) -> bool:
        """Whether the signature is ours and the time has not come yet."""
        return self._valid(PATH, file_id, expires, signature, now)

    def valid_letter(self, message_id: UUID, expires: int, signature: str, now: datetime) -> bool:
        """The same for the page of a letter."""
        return self._valid(LETTERS, message_id, expires, signature, now)

    def valid_visitor(self, file_id: UUID, expires: int, signature: str, now: datetime) -> bool:
        """The same for an address of `visitor`."""
        return self._valid(PATH + VISITOR, file_id, expires, signature, now)

    def _url(
        self, path: str, one: UUID, now: datetime, door: str = "", seconds: int = SECONDS
    ) -> str:
        expires = (int(now.timestamp()) // seconds + 2) * seconds
        return f"{path}/{one}{door}?e={expires}&s={self._sign(path + door, one, expires)}"

    def _valid(self, path: str, one: UUID, expires: int, signature: str, now: datetime) -> bool:
        wanted = self._sign(path, one, expires).encode()
        return hmac.compare_digest(wanted, signature.encode()) and now.timestamp() < expires

    def _sign(self, path: str, one: UUID, expires: int) -> str:
        text = f"{path}:{one}:{expires}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:40]
