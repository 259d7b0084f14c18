"""Where a request comes from: which address, and whether our own page sent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from aiohttp import web

from contact_center.kernel.errors import Forbidden

Networks = Sequence[IPv4Network | IPv6Network]


@dataclass(frozen=True, slots=True)
class Origins:
    """Which pages may write, and which proxies are believed.

    With a public address only its origin is ours. Without one (a start on one's own machine) it
    is whatever address the browser used, so long as that is an IP address or localhost: a name
    could be somebody else's that was pointed at us (DNS rebinding).
    """

    public_url: str = ""
    proxies: Networks = ()

    def ours(self, request: web.Request, origin: str) -> bool:
        """Whether `origin` is a page of ours."""
        if self.public_url:
            return origin == _origin_of(self.public_url)
        parts = urlsplit(origin)
        return parts.netloc == request.host and _unnamed(parts.hostname or "")

    def require_ours(self, request: web.Request) -> None:
        """Raise Forbidden when another site sent this. For writes, and for sockets.

        A browser always names itself on those by Origin or Sec-Fetch-Site; who sends neither is
        no browser and carries no cookie against its owner's will.
        """
        origin = request.headers.get("Origin")
        if origin is not None:
            if not self.ours(request, origin):
                raise Forbidden(
                    "this request came from another site; if that is the address of this service,"
                    " name it in the setting public_url",
                    code="foreign_origin",
                )
            return
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Forbidden("this request came from another site", code="foreign_origin")

    def address(self, request: web.Request) -> str:
        """The client's address: the last one that no proxy of ours has put there."""
        address = request.remote or ""
        forwarded = request.headers.get("X-Forwarded-For") if self.proxies else None
        if forwarded is None:
            return address
        hops = [hop.strip() for hop in forwarded.split(",")]
        while hops and self._believed(address):
            hop = hops.pop()
            if not _is_address(hop):
                break
            address = hop
        return address

    def is_loopback(self, request: web.Request) -> bool:
        """Whether somebody on this very machine asks, directly."""
        address = request.remote or ""
        forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
        return not forwarded and (not address or (_is_address(address) and _loopback(address)))

    def _believed(self, address: str) -> bool:
        if not _is_address(address):
            return False
        ip = ip_address(address)
        return any(ip in network for network in self.proxies)


ORIGINS: web.AppKey[Origins] = web.AppKey("origins", Origins)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _unnamed(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or _is_address(host)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _loopback(text: str) -> bool:
    ip = ip_address(text)
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback
