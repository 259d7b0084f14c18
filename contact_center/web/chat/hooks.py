"""A visitor's pace is the same at the providers' door as at the widget's own.

The session that opens /chat/v1/{key}/events opens /hooks/{key}, too: whoever is asked to wait at
the one must not go on at the other. Counted before anything is read or kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from channels.errors import Refused
from channels.webchat.channel import WebChat
from channels.webchat.session import bearer, signed_session
from contact_center.intake.model import LiveAccount
from contact_center.kernel.errors import TooMany
from contact_center.kernel.pace import Pace
from contact_center.web.webhooks import Hooks


class PacedHooks(Hooks):
    """The door for providers, with the pace of those who are visitors."""

    pace: Pace | None = None

    def admit(self, account: LiveAccount, headers: Mapping[str, str]) -> None:
        """Raises TooMany for a visitor who has sent too much."""
        channel = account.channel
        if self.pace is None or not isinstance(channel, WebChat):
            return
        try:
            token = bearer(headers.get("Authorization", ""))
            session = signed_session(channel.settings.session_secret, token)
        except Refused:
            return  # the channel will say so itself
        if session.account != channel.account:
            return
        wait = self.pace.wait_of((account.id, session.visitor))  # as `Visit.key`
        if wait > 0:
            raise TooMany("too many messages", retry_after=wait)
