"""A visitor's pace is the same at the providers' door as at the widget's own.

The session that opens /chat/v1/{key}/events opens /hooks/{key}, too: whoever is asked to wait at
the one must not go on at the other. Counted before anything is read or kept.
"""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from aiohttp import web

from channels.errors import Refused
from channels.toolkit import signing
from channels.webchat.channel import WebChat
from channels.webchat.session import KNOWN_SESSIONS, bearer, read_session
from contact_center.kernel.errors import TooMany
from contact_center.kernel.pace import Pace
from contact_center.web.chat.service import Key
from contact_center.web.webhooks import Hooks


class PacedHooks(Hooks):
    """The door for providers, with the pace of those who are visitors."""

    pace: Pace | None = None

    async def take(self, request: web.Request, key: str) -> web.Response:
        """Raises TooMany for a visitor who has sent too much, else what `deliver` does."""
        if self.pace is not None:
            self._count(request, key, self.pace)
        return await self.deliver(request, key)

    def _count(self, request: web.Request, public_key: str, pace: Pace) -> None:
        account = self._accounts.by_public_key(public_key)
        channel = account.channel if account is not None else None
        if not isinstance(channel, WebChat):
            return
        header = request.headers.get("Authorization", "")
        try:
            key = _guest(channel.settings.session_secret, channel.account, header)
        except Refused:
            return  # the channel will say so itself
        wait = pace.wait_of(key)
        if wait > 0:
            raise TooMany("too many messages", retry_after=wait)


@lru_cache(maxsize=KNOWN_SESSIONS)
def _guest(secret: str, account: str, header: str) -> Key:
    """Whom a session belongs to, were it in time or not; what is refused is not remembered."""
    session = read_session(signing.verify(secret, bearer(header)))
    if session.account != account:
        raise Refused("the session belongs to another account")
    return UUID(account), session.visitor
