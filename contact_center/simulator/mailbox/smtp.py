"""The SMTP server everybody's mail leaves by, and the faults of the mail servers of clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Literal, cast, get_args

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Fault = Literal["none", "later", "refused", "drop", "slow"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
SIZE_LIMIT = 30 * 1024 * 1024
SLOW_SECONDS = 10.0
LATER = "451 4.7.1 Greylisted, try again later"
REFUSED = "550 5.1.1 No such mailbox here"

# It would write down whom mail is for.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

Arrived = Callable[[str, tuple[str, ...], bytes], None]


class FakeSmtp:
    """The server. `arrived` is told of each mail that was taken (sender, recipients, mail).

    Faults, until another is chosen: "later" refuses all recipients for now, "refused" the first
    recipient of each mail for good, "drop" takes the mail and hangs up before it says so, "slow"
    says so after ten seconds.
    """

    def __init__(self, user: str, password: str, arrived: Arrived) -> None:
        self._user, self._password = user, password
        self._arrived = arrived
        self.fault: Fault = "none"
        self.slow_seconds = SLOW_SECONDS
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[_Wire] = set()

    async def start(self, port: int = 0) -> None:
        """Listen on this port, or any that is free."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._wire(loop), "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut all connections and listen no more."""
        if self._server is not None:
            self._server.close()
            for wire in list(self._open):
                wire.cut()
            await self._server.wait_closed()

    def _wire(self, loop: asyncio.AbstractEventLoop) -> _Wire:
        return _Wire(
            self, hostname="mx.client.example", data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True,
            auth_require_tls=False, authenticator=self._known, loop=loop, timeout=120,
        )  # fmt: skip

    def _known(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:  # fmt: skip
        mine = LoginPassword(self._user.encode(), self._password.encode())
        good = mechanism in ("LOGIN", "PLAIN") and given == mine
        return AuthResult(success=good, handled=False)

    # --- what aiosmtpd asks ----------------------------------------------------------------------

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient or not."""
        if server.session is None or not server.session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.fault == "later":
            return LATER
        if self.fault == "refused" and not envelope.rcpt_tos and not hasattr(envelope, "refused"):
            cast("Any", envelope).refused = address
            return REFUSED
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options += options
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        if self.fault == "slow":
            await asyncio.sleep(self.slow_seconds)
        raw = envelope.original_content or b""
        self._arrived(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
        if self.fault == "drop":
            cast("_Wire", server).cut()
        return "250 2.0.0 Ok: queued"


class _Wire(SMTP):
    """One connection, known to its server while it lasts."""

    def __init__(self, fake: FakeSmtp, **options: Any) -> None:
        super().__init__(fake, **options)
        self._fake = fake

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._fake._open.add(self)  # noqa: SLF001 - its own server
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._fake._open.discard(self)  # noqa: SLF001 - its own server
        super().connection_lost(error)

    def cut(self) -> None:
        """The connection is gone without a word."""
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()
