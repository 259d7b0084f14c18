"""How we prove to an IMAP server who we are, and what its refusal means.

LOGIN, AUTHENTICATE PLAIN (RFC 4616) where a name or password is not ASCII, and XOAUTH2:
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

from aioimaplib.aioimaplib import AUTH, Command

from channels.errors import ChannelError, Misconfigured, Temporary
from channels.mail import imap_text
from channels.mail.imap_wire import Wire
from channels.mail.oauth import xoauth2
from channels.mail.servers import MailServer

Ask = Callable[[Any], Awaitable[Any]]

# RFC 5530: these say nothing about the password. The words are those of Gmail ("Too many
# simultaneous connections"), Exchange ("User is authenticated but not connected", a throttle) and
# Yandex; everything else is taken for a wrong password, because repeating that locks accounts.
_PASSING_CODES = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG")
_PASSING_WORDS = ("too many", "try again", "temporar", "not connected", "rate limit", "backend")
# And these do, whatever is said beside them: "Incorrect password, please try again".
_FINAL_CODES = ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED")
_FINAL_WORDS = ("password", "invalid", "locked", "credentials", "парол", "блокирован")

_PATIENCE = 20.0  # as long as the longest wait between attempts: servers that start say so, too


async def log_in(wire: Wire, server: MailServer, ask: Ask) -> None:
    """Log in. Raises Misconfigured with the server's words, or Temporary where it says later."""
    if wire.state == AUTH:
        return  # PREAUTH
    if server.token is not None:
        response = await _xoauth2(wire, server, ask)
    elif server.user.isascii() and server.password.isascii():
        response = await _login(wire, server, ask)
    else:
        response = await _plain(wire, server, ask)
    if response.result != "OK":
        raise refusal(server, response.lines)
    wire.state = AUTH


async def _login(wire: Wire, server: MailServer, ask: Ask) -> Any:
    if "LOGINDISABLED" in wire.capabilities:
        raise Misconfigured(f"{server.name} takes no password without encryption")
    name, password = imap_text.quoted(server.user), imap_text.quoted(server.password)
    return await ask(wire.execute(Command("LOGIN", wire.new_tag(), name, password)))


async def _plain(wire: Wire, server: MailServer, ask: Ask) -> Any:
    if "AUTH=PLAIN" not in wire.capabilities:
        raise Misconfigured(
            f"{server.name} takes only Latin letters, digits and signs in name and password "
            "(it has no AUTH=PLAIN), and those of the account have others"
        )
    secret = f"\0{server.user}\0{server.password}".encode()
    return await _authenticate(wire, ask, "PLAIN", b64encode(secret).decode())


async def _xoauth2(wire: Wire, server: MailServer, ask: Ask) -> Any:
    """Twice at most: the first refusal may only mean that the token has run out."""
    if server.token is None or "AUTH=XOAUTH2" not in wire.capabilities:
        raise Misconfigured(f"{server.name} does not offer XOAUTH2")
    for fresh in (False, True):
        token = await server.token(fresh)
        secret = b64encode(xoauth2(server.user, token)).decode()
        response = await _authenticate(wire, ask, "XOAUTH2", secret)
        if response.result == "OK":
            break
    return response


async def _authenticate(wire: Wire, ask: Ask, mechanism: str, secret: str) -> Any:
    """With the first response in the command where the server takes it there (RFC 4959)."""
    at_once = "SASL-IR" in wire.capabilities
    wire.responses = [] if at_once else [secret]
    words = (mechanism, secret) if at_once else (mechanism,)
    return await ask(wire.execute(Command("AUTHENTICATE", wire.new_tag(), *words)))


def refusal(server: MailServer, lines: imap_text.Lines) -> ChannelError:
    """A refused login: for good, unless the server says that it is a matter of time."""
    words = imap_text.words(lines)
    text = server.redact(f"{server.name} refused the login: {words}")
    return Temporary(text, retry_after=_PATIENCE) if _passes(lines, words) else Misconfigured(text)


def _passes(lines: imap_text.Lines, words: str) -> bool:
    """Whether time alone may help."""
    said = [code for code in (*_PASSING_CODES, *_FINAL_CODES)
            if imap_text.code(lines[-1:], code) is not None]  # fmt: skip
    if said:
        return said[0] in _PASSING_CODES
    small = words.lower()
    return any(word in small for word in _PASSING_WORDS) and not any(
        word in small for word in _FINAL_WORDS
    )
