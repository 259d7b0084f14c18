"""Reads the letters of one mailbox: the bytes of a request become events. Pure.

This goes into the process that reads, which is started again and again: nothing here or below it
may load the settings' library, a server or a client (`tests/channels/mail/test_reading.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from channels.contract import Received, Reply, WebhookRequest
from channels.errors import Malformed, Rejected
from channels.mail import hooks, inbound
from channels.mail.automatic import Own
from channels.mail.hooks import Posted
from channels.mail.parser import file_bytes, read

TRUNCATED, PROBLEM = "x-imap-truncated", "x-imap-problem"
WRAPPED = "form:"  # before the reference of a file whose mail came inside a form
PARTS_BYTES = 4 * 1024 * 1024  # of all files of a mail that are handed over with it
_TAKEN = Reply(200, {"content-type": "application/json"}, b'{"ok":true}')


@dataclass(frozen=True, slots=True)
class MailReader:
    """What reading needs of a mailbox's settings."""

    account: str
    own: Own
    trusted_servers: tuple[str, ...]
    checks_below: bool
    thread_secret: str = field(repr=False)
    domain: str
    trust_unjudged: bool

    @property
    def own_addresses(self) -> frozenset[str]:
        return self.own.addresses

    def parse(self, request: WebhookRequest) -> Received:
        """Read a mail without asking who brought it: a recording, or one we fetched ourselves."""
        problem = request.headers.get(PROBLEM)
        if problem and not request.body.strip():
            raise Malformed(problem)
        return self._read(request, hooks.posted(request))

    def _read(self, request: WebhookRequest, given: Posted) -> Received:
        raw = given.raw
        if given.recipient:
            raw = b"Envelope-To: " + hooks.header_bytes(given.recipient) + b"\r\n" + raw
        mail, files = read(raw, own=self.own, servers=self.trusted_servers, below=self.checks_below)
        if request.headers.get(TRUNCATED):
            mail, files = inbound.cut(mail), {}  # the last one lacks its end
        within = WRAPPED if hooks.media_type(request) in hooks.FORM_TYPES else ""
        found = inbound.events(
            mail, self, account=self.account, at=request.received_at, within=within
        )
        if sum(map(len, files.values())) > PARTS_BYTES:
            files = {}
        parts = {within + ref: data for ref, data in files.items()}
        return Received(found, _TAKEN, parts)

    def part(self, raw: bytes, ref: str) -> bytes:
        """A file of a mail. Raises Rejected."""
        if ref.startswith(WRAPPED):
            raw, ref = hooks.wrapped_mail(raw), ref.removeprefix(WRAPPED)
        found = file_bytes(raw, ref)
        if found is None:
            raise Rejected("the mail holds no such file")
        return found
