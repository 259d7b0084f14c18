"""What both transports need to know of a mail server: where it is, who we are, how we prove it."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from channels.errors import Misconfigured

Security = Literal["tls", "starttls", "plain"]

# Gives a valid access token for XOAUTH2; True asks for a fresh one, the last was refused.
TokenSource = Callable[[bool], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """One server and our account on it.

    `authority` is a PEM certificate to trust beside the well-known ones: a house's own server.
    `allow_plain` lets a password go unencrypted to a host that is not this machine.
    """

    host: str
    port: int
    security: Security = "tls"
    user: str = ""
    password: str = field(default="", repr=False)
    token: TokenSource | None = field(default=None, repr=False)
    authority: str = field(default="", repr=False)
    allow_plain: bool = False
    timeout: float = 20.0

    @property
    def name(self) -> str:
        """How it is called in errors."""
        return f"{self.host}:{self.port}"

    def check_privacy(self) -> None:
        """Raise Misconfigured where mail and password would cross a network unencrypted."""
        if self.security != "plain" or self.allow_plain or is_loopback(self.host):
            return
        raise Misconfigured(
            f"{self.name}: without encryption only a server on this machine is reached; "
            "choose TLS or STARTTLS, or allow plain text in the settings of the account"
        )

    def tls(self) -> ssl.SSLContext:
        """Certificates and names are always checked. Raises Misconfigured for a bad authority."""
        context = ssl.create_default_context()
        if self.authority:
            try:
                context.load_verify_locations(cadata=self.authority)
            except (ssl.SSLError, ValueError) as error:
                raise Misconfigured(f"the certificate to trust is not PEM: {error}") from None
        return context

    def redact(self, text: str) -> str:
        """The text without the password, should a server have repeated it."""
        return text.replace(self.password, "***") if self.password else text


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def in_words(error: BaseException) -> str:
    """What went wrong on the network, for an administrator."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
