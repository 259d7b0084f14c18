"""A visitor's pace is the same at the providers' door as at the widget's own.

The session that opens /chat/v1/{key}/events opens /hooks/{key}, too: whoever is asked to wait at
the one must not go on at the other. Counted before anything is read or kept.
"""

from __future__ import annotations

from aiohttp import web

from channels.errors import Refused
from channels.webchat.channel import WebChat
from channels.webchat.session import bearer, signed_session
from contact_center.kernel.errors import TooMany
from contact_center.kernel.pace import Pace
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
        if account is None or not isinstance(account.channel, WebChat):
            return
        channel = account.channel
        try:
            token = bearer(request.headers.get("Authorization", ""))
            session = signed_session(channel.settings.session_secret, token)
        except Refused:
            return  # the channel will say so itself
        if session.account != channel.account:
            return
        wait = pace.wait_of((account.id, session.visitor))  # as `Visit.key`
        if wait > 0:
            raise TooMany("too many messages", retry_after=wait)
