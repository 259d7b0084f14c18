"""One session with an SMTP server, and the exact moment from which a mail may have arrived.

aiosmtplib does the talking, except for the mail itself: its `data()` cannot tell whether the
connection was lost before or after the final dot. A server must not take a mail without it
(RFC 5321 §4.1.1.4), so all losses before it are Temporary and only those after it Uncertain.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self, cast

import aiosmtplib
from aiosmtplib import SMTPResponse
from aiosmtplib.protocol import SMTPProtocol

from channels.errors import (
    ChannelError,
    LoginRefused,
    Misconfigured,
    Rejected,
    Temporary,
    Uncertain,
    Unsupported,
)
from channels.mail.servers import MailServer, in_words

_LINE_END = re.compile(rb"\r\n|\n|\r(?!\n)")
_DOT = re.compile(rb"(?m)^\.")
# What would end the command, or begin another; a space may stand in a quoted name.
_NO_ADDRESS = re.compile(r'[\x00-\x1f\x7f<>]|^(?!"(?:[^"\\]|\\.)*"@[^ ]*$).* ')
_SLOWEST = 16 * 1024  # bytes a second below which a mail is given up
_FINAL_SECONDS = 120.0  # RFC 5321 §4.5.3.2.6 asks for ten minutes; nobody's screen waits that long
_GOODBYE_SECONDS = 2.0
OK, START, BAD = 250, 354, 500
_AUTH_REQUIRED = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Taken:
    """The server's last word on a mail, and those recipients it does not take it for."""

    words: str
    refused: Mapping[str, tuple[int, str]]


class SmtpSession:
    """Logged in. A session that raised Temporary for the connection's sake is `closed`."""

    def __init__(self, server: MailServer, client: aiosmtplib.SMTP) -> None:
        self._server = server
        self._client = client
        self.mails = 0
        self.used_at = 0.0
        self._midway = False

    @classmethod
    async def open(cls, server: MailServer) -> Self:
        """Connect, encrypt, log in. Raises Temporary, Misconfigured or LoginRefused."""
        server.check_privacy()
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=server.tls() if server.security != "plain" else None,
            timeout=server.timeout,
            local_hostname=_own_name(server),
        )
        session = cls(server, client)
        try:
            await client.connect()
            await session._log_in()
        except (aiosmtplib.SMTPException, OSError) as error:
            session.drop()
            raise session._not_opened(error) from error
        except BaseException:
            session.drop()
            raise
        return session

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more; also after a transfer that was broken off."""
        return self._midway or not self._client.is_connected

    def drop(self) -> None:
        """Leave without a word and at once.

        A mere `close` waits half a minute for servers that answer no TLS goodbye, and they count
        the connection meanwhile.
        """
        transport = _wire(self._client.transport)
        self._client.close()
        if transport is not None:
            transport.abort()

    async def close(self) -> None:
        """Leave politely, but not for long."""
        with suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit(timeout=_GOODBYE_SECONDS)
        self.drop()

    async def answers(self, seconds: float) -> bool:
        """Whether the other side is still there and ready for a new mail."""
        try:
            response = await self._client.rset(timeout=seconds)
        except (aiosmtplib.SMTPException, OSError):
            return False
        return response.code == OK

    async def transfer(self, sender: str, recipients: Sequence[str], raw: bytes) -> Taken:
        """Hand over one mail. Raises Temporary, Rejected, Uncertain, Misconfigured, Unsupported."""
        for address in (sender, *recipients):
            if _NO_ADDRESS.search(address):
                raise Rejected(f"not a mail address: {address!r}", code="address")
        body = _DOT.sub(b"..", _LINE_END.sub(b"\r\n", raw))
        body += b"" if body.endswith(b"\r\n") else b"\r\n"
        self.mails += 1
        self._midway = True
        try:
            taken = await self._transfer(sender, recipients, body)
        except ChannelError:
            self._midway = False
            raise
        self._midway = False
        return taken

    async def _transfer(self, sender: str, recipients: Sequence[str], body: bytes) -> Taken:
        try:
            refused = await self._envelope(sender, recipients, body)
            protocol = await self._begin()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._not_begun(error) from error
        response = await self._hand_over(protocol, body)
        if response.code != OK:
            raise self._refusal(response.code, response.message)
        return Taken(response.message, refused)

    # --- before the mail ---------------------------------------------------------------------

    async def _log_in(self) -> None:
        """By one method and once: aiosmtplib's own `login` repeats a wrong password by the next."""
        server, client = self._server, self._client
        if not server.user:
            return
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        offered = client.supported_auth_methods + client.server_auth_methods
        if server.token is not None:
            await self._xoauth2(server)
        elif "plain" in offered:
            await client.auth_plain(server.user, server.password)
        elif "login" in offered:
            await client.auth_login(server.user, server.password)
        elif "cram-md5" in offered:
            await client.auth_crammd5(server.user, server.password)
        else:
            raise Misconfigured(f"{server.name} offers no login we know; is TLS or its port wrong?")

    async def _xoauth2(self, server: MailServer) -> None:
        if server.token is None or "xoauth2" not in self._client.server_auth_methods:
            raise Misconfigured(f"{server.name} does not offer XOAUTH2")
        try:
            await self._client.auth_xoauth2(server.user, await server.token(False))
        except aiosmtplib.SMTPAuthenticationError:
            if self.closed:
                raise
            await self._client.auth_xoauth2(server.user, await server.token(True))

    async def _envelope(
        self, sender: str, recipients: Sequence[str], body: bytes
    ) -> dict[str, tuple[int, str]]:
        """MAIL and RCPT; raises where nobody is left to send to."""
        unicode = not all(address.isascii() for address in (sender, *recipients))
        if unicode and not self._client.supports_extension("smtputf8"):
            raise Unsupported(f"{self._server.name} takes only addresses in Latin letters")
        coding = "utf-8" if unicode else "ascii"
        await self._client.mail(sender, options=self._options(body, unicode), encoding=coding)
        refused: dict[str, tuple[int, str]] = {}
        for recipient in recipients:
            try:
                await self._client.rcpt(recipient, encoding=coding)
            except aiosmtplib.SMTPRecipientRefused as error:
                refused[recipient] = error.code, self._server.redact(error.message)
        if len(refused) == len(recipients):
            raise _all_refused(refused)
        return refused

    def _options(self, body: bytes, unicode: bool) -> list[str]:
        size = [f"SIZE={len(body)}"] if self._client.supports_extension("size") else []
        eight = not body.isascii() and self._client.supports_extension("8bitmime")
        return size + ["BODY=8BITMIME"] * eight + ["SMTPUTF8"] * unicode

    async def _begin(self) -> SMTPProtocol:
        response = await self._client.execute_command(b"DATA")
        if response.code != START:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        if (protocol := self._client.protocol) is None:
            raise aiosmtplib.SMTPServerDisconnected("the connection was lost")
        return protocol

    # --- the mail ----------------------------------------------------------------------------

    async def _hand_over(self, protocol: SMTPProtocol, body: bytes) -> SMTPResponse:
        """All but the final dot; when that has left this process, the dot; then the answer."""
        dotted = False
        reply = asyncio.ensure_future(protocol.read_response())
        try:
            await asyncio.sleep(0)  # it listens: a server may object in the middle
            async with asyncio.timeout(self._server.timeout + len(body) / _SLOWEST):
                protocol.write(body)
                await _left(protocol, reply)
            # A connection that was cut has dropped what it held: the dot cannot leave any more.
            if not (reply.done() or protocol.transport is None or protocol.transport.is_closing()):
                dotted = True
                protocol.write(b".\r\n")
            async with asyncio.timeout(max(_FINAL_SECONDS * dotted, self._server.timeout)):
                return await reply
        except (aiosmtplib.SMTPException, OSError) as error:
            self.drop()
            why = f"{self._server.name}: {_words(error)}"
            if dotted:
                raise Uncertain(f"sent, but no answer came: {why}") from error
            raise Temporary(f"the mail did not get through: {why}") from error
        finally:
            reply.cancel()

    # --- what went wrong ---------------------------------------------------------------------

    def _not_opened(self, error: Exception) -> ChannelError:
        text = self._server.redact(f"{self._server.name}: {_words(error)}")
        if isinstance(_cause(error), ssl.SSLCertVerificationError):
            return Misconfigured(text)
        if isinstance(error, aiosmtplib.SMTPResponseException):
            if error.code < BAD:
                return Temporary(text)
            login = isinstance(error, aiosmtplib.SMTPAuthenticationError)
            return LoginRefused(text) if login else Misconfigured(text)
        return Temporary(text) if isinstance(error, OSError) else Misconfigured(text)

    def _not_begun(self, error: Exception) -> ChannelError:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return self._refusal(error.code, error.message)
        self.drop()
        return Temporary(f"{self._server.name}: {_words(error)}")

    def _refusal(self, code: int, words: str) -> ChannelError:
        """The server's final word: after it the mail is not its responsibility."""
        text = self._server.redact(f"{self._server.name}: {code} {words}")
        if code in _AUTH_REQUIRED:
            return LoginRefused(text)
        if code >= BAD:
            return Rejected(text, code=str(code))
        if code >= 400:  # noqa: PLR2004
            return Temporary(text)
        self.drop()
        return Uncertain(f"an answer that is none: {text}")


async def _left(protocol: SMTPProtocol, reply: asyncio.Future[SMTPResponse]) -> None:
    """Until the socket has taken all that was written, or the server has answered already."""
    while not reply.done():
        transport = _wire(protocol.transport)
        if transport is None or not transport.get_write_buffer_size():
            return
        await asyncio.sleep(0.005)


def _wire(transport: asyncio.BaseTransport | None) -> asyncio.WriteTransport | None:
    """What it is by what it can do: uvloop's transports are none of asyncio's classes."""
    return cast("asyncio.WriteTransport | None", transport)


def _all_refused(refused: Mapping[str, tuple[int, str]]) -> ChannelError:
    text = "; ".join(f"{address}: {code} {words}" for address, (code, words) in refused.items())
    if all(code >= BAD for code, _ in refused.values()):
        return Rejected(text[:1000], code=str(next(iter(refused.values()))[0]))
    return Temporary(text[:1000])


def _cause(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error


def _words(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return in_words(error.__cause__ if isinstance(error.__cause__, OSError) else error)


def _own_name(server: MailServer) -> str:
    """For EHLO: the domain of the account. The library would ask the name servers."""
    domain = server.user.rpartition("@")[2]
    return domain if domain.isascii() and "." in domain else "localhost"
