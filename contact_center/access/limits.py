"""How often something may be tried: counted in the database, so that all nodes count together.

A try is counted before it is made; a success gives it back. Nobody can be locked out by a
stranger: what a stranger uses up is his own address, or the tries of *unknown* addresses; an
address from which the employee has signed in before has its own count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from contact_center.access import store
from contact_center.kernel.errors import TooMany
from contact_center.storage.database import Database


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` tries of `name` per window of `seconds`, per key."""

    name: str
    count: int
    seconds: int


ADDRESS = Limit("sign-in address", 60, 900)  # an office behind one address mistypes, too
PAIR = Limit("sign-in account and address", 8, 900)
STRANGERS = Limit("sign-in account", 60, 3600)  # from addresses never seen with this account
LINKS = Limit("link address", 30, 900)


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or a /64, of which anybody has plenty."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(IPv6Address(int(ip) >> 64 << 64)) + "/64"
    return str(ip)


def key_of(limit: Limit, *parts: str) -> str:
    """The row's key; addresses and mail addresses are only kept as a hash."""
    text = "\0".join(parts).lower()
    return f"{limit.name}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:32]}"


Tries = Sequence[tuple[Limit, str]]


async def count(database: Database, tries: Tries, now: datetime) -> None:
    """Count one try under each key; raises TooMany when one of them is used up."""
    used = await store.count_tries(
        database, [(key, now - timedelta(seconds=limit.seconds)) for limit, key in tries], now
    )
    for limit, key in tries:
        seen, since = used[key]
        if seen > limit.count:
            rest = (since - now).total_seconds() + limit.seconds
            raise TooMany("too many tries", retry_after=max(1, round(rest)))


async def give_back(database: Database, tries: Tries) -> None:
    """The try was right: it does not count, and who knows the password may mistype again."""
    await store.give_back(database, [key for limit, key in tries if limit is not PAIR])
    for limit, key in tries:
        if limit is PAIR:
            await store.forget_tries(database, key)
