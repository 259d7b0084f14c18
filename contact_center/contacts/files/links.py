"""Short-lived signed addresses of files: who holds one may read the file until it expires. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

PATH = "/api/v1/files"
SECONDS = 300


class Links:
    """Makes and checks addresses; `key` is Sealer.derive("files")."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def url(self, file_id: UUID, now: datetime) -> str:
        """An address that works for five to ten minutes.

        It changes only every five minutes, so a thread that is read again finds its pictures in
        the browser's cache.
        """
        expires = (int(now.timestamp()) // SECONDS + 2) * SECONDS
        return f"{PATH}/{file_id}?e={expires}&s={self._sign(file_id, expires)}"

    def valid(self, file_id: UUID, expires: int, signature: str, now: datetime) -> bool:
        """Whether the signature is ours and the time has not come yet."""
        right = hmac.compare_digest(self._sign(file_id, expires).encode(), signature.encode())
        return right and now.timestamp() < expires

    def _sign(self, file_id: UUID, expires: int) -> str:
        text = f"{file_id}:{expires}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:40]
