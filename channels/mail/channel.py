"""One mailbox: read by IMAP or posted to us, answered by SMTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from channels.contract import Asked, Cursor, Deps, Ear, Received, WebhookRequest
from channels.errors import Misconfigured, Refused
from channels.mail import hooks, writing
from channels.mail.automatic import Own
from channels.mail.grant import Grant
from channels.mail.imap import Mailbox, RawMail
from channels.mail.reading import PROBLEM, TRUNCATED, MailReader
from channels.mail.settings import MailSettings
from channels.mail.smtp import Sender, Sent
from channels.mail.smtp_session import BAD
from channels.mail.writing import Written
from channels.messages import Outbound, Receipt


class Mail:
    """The channel of one account. What its reader does runs in the limited process."""

    def __init__(self, settings: MailSettings, deps: Deps) -> None:
        self.settings = settings
        self.account = deps.account_id
        self._reader = MailReader(
            deps.account_id, Own.of(settings.own_hosts, settings.own_addresses),
            settings.trusted_servers, settings.checks_below, settings.thread_secret,
            settings.domain, settings.trust_unjudged,
        )  # fmt: skip
        self._grant = Grant(settings, deps)
        self._sender: Sender | None = None

    # --- in --------------------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Raise Refused for what no key of this account has signed."""
        if self.settings.receives != "hook":
            raise Refused("this mailbox is not posted to", status=404)
        hooks.verify(request, self.settings)

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and read a mail that was posted."""
        self.verify(request)
        return self._reader.parse(request)

    def parse(self, request: WebhookRequest) -> Received:
        """Read a mail without asking who brought it: a recording, or one we fetched ourselves."""
        return self._reader.parse(request)

    def part(self, raw: bytes, ref: str) -> bytes:
        """A file of a mail. Raises Rejected."""
        return self._reader.part(raw, ref)

    def reader(self) -> MailReader:
        """What of this runs in the limited process."""
        return self._reader

    @property
    def listens(self) -> bool:
        """Whether there is a mailbox to read; some are posted to us."""
        return self.settings.receives == "imap"

    async def listen(self, cursor: Cursor | None, ear: Ear) -> None:
        """Read the mailbox until cancelled. Raises Misconfigured."""

        async def deliver(mails: Sequence[RawMail], moved: Cursor) -> None:
            await ear.deliver([_request(mail) for mail in mails], moved)

        mailbox = Mailbox(self.settings.mailbox(self._grant.source), on_state=ear.report)
        await mailbox.listen(cursor, deliver)

    # --- in its owner's name ---------------------------------------------------------------------

    def authority(self) -> str:
        """Google or Microsoft, where the login is theirs."""
        return self._grant.authority

    def authorized(self) -> bool:
        """Whether the owner of the mailbox has agreed once."""
        return bool(self.settings.oauth_refresh_token)

    def begin(self, redirect_uri: str, state: str) -> Asked:
        """Where the owner agrees. Raises Misconfigured."""
        return self._grant.begin(redirect_uri, state)

    async def finish(self, code: str, verifier: str, redirect_uri: str) -> Mapping[str, str]:
        """The settings to keep. Raises Misconfigured or Temporary."""
        return await self._grant.finish(code, verifier, redirect_uri)

    # --- out -------------------------------------------------------------------------------------

    async def send(self, message: Outbound) -> Receipt:
        """Send a mail; its Message-ID names it, or the one the relay gave it."""
        mail = await asyncio.to_thread(self._write, message)  # files may be large
        sent = await self._outgoing().send(
            mail.envelope_from, mail.recipients, mail.raw, otherwise=mail.otherwise
        )
        return _receipt(mail.message_id, sent)

    def _write(self, message: Outbound) -> Written:
        return writing.write(
            message, self.settings, account=self.account, read=lambda path: Path(path).read_bytes()
        )

    async def check(self) -> None:
        """Log in where mail comes from and where it goes. Raises Misconfigured or Temporary."""
        if self.settings.receives == "imap":
            await Mailbox(self.settings.mailbox(self._grant.source)).check()
        if self.settings.smtp_host:
            await self._outgoing().check()
        elif self.settings.receives == "nothing":
            raise Misconfigured("neither receives nor sends: name a server")

    def _outgoing(self) -> Sender:
        if self._sender is None:
            self._sender = Sender(self.settings.outgoing(self._grant.source))
        return self._sender

    async def close(self) -> None:
        """Close the kept connections."""
        if self._sender is not None:
            await self._sender.close()


def _request(mail: RawMail) -> WebhookRequest:
    """A mail we fetched, in the form of one that was posted: from here on they are alike."""
    headers = {"content-type": "message/rfc822"}
    if mail.truncated:
        headers[TRUNCATED] = "1"
    if mail.problem:
        headers[PROBLEM] = mail.problem
    at = mail.internal_date or datetime.fromtimestamp(0, UTC)
    url = f"imap:{mail.uidvalidity}/{mail.uid}"
    return WebhookRequest("POST", url, headers, {}, mail.raw, at)


def _receipt(message_id: str, sent: Sent) -> Receipt:
    learnt = sent.message_id_learnt
    said = {address: f"{code} {words}"[:300] for address, (code, words) in sent.refused.items()}
    later = {address for address, (code, _) in sent.refused.items() if code < BAD}
    return Receipt(
        learnt or message_id,
        aliases=(learnt,) if learnt else (),
        refused={address: words for address, words in said.items() if address not in later},
        postponed={address: words for address, words in said.items() if address in later},
    )
