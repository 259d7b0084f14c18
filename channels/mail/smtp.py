"""Sending mail over a few kept connections, each checked before it is used again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channels.errors import LoginRefused, Rejected, Temporary
from channels.mail.servers import MailServer
from channels.mail.smtp_session import SmtpSession, Taken

# "250 Ok <id>": docs.aws.amazon.com/ses/latest/dg/header-fields.html, "If you provide a Message-ID
# header, Amazon SES overrides the header with its own value". The id's domain is the region's,
# and in the oldest region `email`.
_SES = re.compile(r"^email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$")
_OLDEST_REGION = "us-east-1"
_ID = re.compile(r"^(?:\d\.\d\.\d )?(?:ok\b:?)?\s*(?:id=)?<?([^\s<>]+)>?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """`message_id_from_reply`: the relay writes a Message-ID of its own and tells it.

    None: known of Amazon SES, not assumed of others. `message_id_domain` completes an id that is
    told without one.
    """

    server: MailServer
    message_id_from_reply: bool | None = None
    message_id_domain: str = ""
    connections: int = 3
    idle_seconds: float = 30.0
    mails_per_connection: int = 50
    check_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken responsibility for those `accepted`.

    `refused`: address → the server's code and words; a 4xx among them may be tried again.
    `message_id_learnt` replaces the Message-ID the mail was written with.
    """

    accepted: tuple[str, ...]
    refused: Mapping[str, tuple[int, str]]
    message_id_learnt: str | None = None


class Sender:
    """Sends for one account. Close it when done."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._free: list[SmtpSession] = []
        self._turns = asyncio.Semaphore(settings.connections)
        self._door = asyncio.Lock()
        self._refused = ""
        self._particular = False

    async def send(
        self, envelope_from: str, recipients: Sequence[str], raw: bytes, *, otherwise: str = ""
    ) -> Sent:
        """Send a mail, written whole, to its recipients.

        `otherwise`: the sender to name where the server refuses the first one, as some do with
        any that is not the very address they know us by. Raises Temporary (no recipient accepted,
        nothing arrived), Rejected, Uncertain (it may have arrived), Misconfigured, Unsupported.
        """
        if self._particular and otherwise:
            envelope_from = otherwise
        try:
            return await self._send(envelope_from, recipients, raw)
        except Rejected:
            if otherwise in ("", envelope_from):
                raise
        sent = await self._send(otherwise, recipients, raw)
        self._particular = True
        return sent

    async def _send(self, envelope_from: str, recipients: Sequence[str], raw: bytes) -> Sent:
        if not recipients:
            raise Rejected("a mail without recipients", code="address")
        async with self._turns:
            session = await self._session()
            try:
                taken = await session.transfer(envelope_from, recipients, raw)
            except Temporary:
                if not session.closed or session.mails == 1:
                    raise
                session = await self._open()  # the kept one was gone
                taken = await session.transfer(envelope_from, recipients, raw)
            finally:
                await self._give_back(session)
        return self._sent(recipients, taken)

    async def check(self) -> None:
        """Log in and leave. Raises Misconfigured or Temporary."""
        session = await self._open(anew=True)
        await session.close()

    async def close(self) -> None:
        """Close the kept connections."""
        free, self._free = self._free, []
        for session in free:
            await session.close()

    async def _session(self) -> SmtpSession:
        """A kept session that still answers, else a new one."""
        now = asyncio.get_running_loop().time()
        while self._free:
            session = self._free.pop()
            fresh = now - session.used_at < self._settings.idle_seconds
            if fresh and await session.answers(self._settings.check_seconds):
                return session
            session.drop()
        return await self._open()

    async def _open(self, *, anew: bool = False) -> SmtpSession:
        """A new session, one at a time.

        Of many mails the first alone tries a wrong password: the others, and all after them, get
        the same answer until a check (`anew`) goes well.
        """
        async with self._door:
            if self._refused and not anew:
                raise LoginRefused(self._refused)
            try:
                session = await SmtpSession.open(self._settings.server)
            except LoginRefused as error:
                self._refused = str(error)
                raise
            self._refused = ""
            return session

    async def _give_back(self, session: SmtpSession) -> None:
        if session.closed:
            session.drop()
            return
        session.used_at = asyncio.get_running_loop().time()
        if session.mails < self._settings.mails_per_connection:
            self._free.append(session)
        else:
            await session.close()

    def _sent(self, recipients: Sequence[str], taken: Taken) -> Sent:
        accepted = tuple(address for address in recipients if address not in taken.refused)
        return Sent(accepted, taken.refused, learnt(self._settings, taken.words))


def learnt(settings: SmtpSettings, words: str) -> str | None:
    """The Message-ID the relay gave a mail, from its answer to it."""
    region = _SES.match(settings.server.host.lower())
    rewrites = settings.message_id_from_reply
    if not (region if rewrites is None else rewrites):
        return None
    found = _ID.match(words.strip())
    if found is None:
        return None
    domain = settings.message_id_domain
    if region and not domain:
        name = "email" if region[1] == _OLDEST_REGION else region[1]
        domain = f"{name}.amazonses.com"
    if "@" in found[1]:
        return f"<{found[1]}>"
    return f"<{found[1]}@{domain}>" if domain else None
