"""Whom an answer goes to where its writer chose nobody. Pure.

RFC 5322 section 3.6.2: answers go where the letter's Reply-To says. That is the client's to choose
only in a letter that may be his: not in a machine's or a list's, not in one that our server judged
and could not call his, or whose sender is disguised. Nobody is sent to an address of this house: it
would come back to us as a letter of the client's.

Section 3.6.3: copies go to whoever else the letter was for. Anybody may name anybody there, so only
those who are known get one unasked: addresses of the client's that are proven, and such as an
employee has written to in this contact; never a stranger who wrote himself into it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from channels.messages import Address, Letter
from contact_center.kernel.addresses import in_ascii

MOST = 50
_ADDRESS = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,190}")
_DETAIL = re.compile(r"\+[^@]*(?=@)")


def default(
    owner: Sequence[Address], mail: Mapping[str, Any] | None, own: Iterable[str]
) -> tuple[Address, ...]:
    """The recipients of an answer to `mail`, the last letter of the contact's owner.

    `own`: the addresses of the house.
    """
    return _asked_for(mail or {}, frozenset(map(plain, own))) or tuple(owner)


def copies(
    mail: Mapping[str, Any] | None,
    vouched: Collection[str],
    to: Sequence[Address],
    own: Iterable[str],
) -> tuple[Address, ...]:
    """Who else gets an answer to `mail`. `vouched`: addresses in small letters."""
    if not mail or not may_choose(mail):
        return ()
    had = {*map(plain, own), *(plain(one.value) for one in to)}
    found: dict[str, Address] = {}
    author = [mail["from"]] if mail.get("from") else []
    for box in (*author, *mail.get("to", ()), *mail.get("cc", ())):
        address = box["address"]
        if address.lower() in vouched and plain(address) not in had:
            found.setdefault(plain(address), Address("email", address, box.get("name") or ""))
    return tuple(found.values())[:MOST]


def _asked_for(mail: Mapping[str, Any], own: frozenset[str]) -> tuple[Address, ...]:
    if not may_choose(mail):
        return ()
    found: dict[str, Address] = {}
    for box in mail.get("reply_to", ()):
        address, key = box["address"], plain(box["address"])
        reachable = _ADDRESS.fullmatch(address) and not address.lower().endswith(".invalid")
        if reachable and key not in own:
            found.setdefault(address.lower(), Address("email", address, box.get("name") or ""))
    return tuple(found.values())[:MOST]


def may_choose(mail: Mapping[str, Any]) -> bool:
    """Whether the letter's own words about answers count: whoever forges one chooses nothing."""
    strange = mail.get("automatic") or mail.get("doubtful") or mail.get("own")
    return not strange and mail.get("aligned") is not False


def plain(address: str) -> str:
    """An address as it is compared: no capitals, nothing behind a plus, the domain in ASCII."""
    return in_ascii(_DETAIL.sub("", address))


def of(letter: Letter) -> dict[str, bool]:
    """To whom a letter goes, and whether it is written to him or only copied to him."""
    copied = dict.fromkeys((in_ascii(one.value) for one in (*letter.cc, *letter.bcc)), False)
    return copied | dict.fromkeys((in_ascii(one.value) for one in letter.to), True)
