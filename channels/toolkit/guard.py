"""Which addresses of the network may be called on behalf of a stranger.

The check stands at the socket: after the name was resolved, for every hop of a redirect, so a
name that resolves elsewhere the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

PORTS = frozenset({80, 443})

# Ranges that carry an IPv4 address inside: what they lead to depends on somebody's gateway.
_TUNNELS = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)


class Blocked(OSError):
    """The guard refused to open a socket; nothing was sent."""


def is_public(address: str) -> bool:
    """Whether an address literal is in the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TUNNELS):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def guarded_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for one resolved address, for `TCPConnector(socket_factory=…)`. Raises Blocked."""
    family, kind, protocol, _, target = info
    if family not in (socket.AF_INET, socket.AF_INET6):
        raise Blocked("only the internet may be called")
    if not is_public(str(target[0])):
        raise Blocked(f"{target[0]} is not a public address")
    if target[1] not in PORTS:
        raise Blocked(f"port {target[1]} is not a web port")
    return _opened(family, kind, protocol)


def plain_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for a host an administrator named himself."""
    return _opened(*info[:3])


def _opened(family: int, kind: int, protocol: int) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made
