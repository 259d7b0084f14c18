"""Which conversation a mail belongs to: by a token of ours that nobody can guess, else by names.

Every mail we send carries the key of its conversation and a keyed mark over it, in its Message-ID
and (where the mailbox takes plus-addresses) in its sender address. A mail that answers without
them is placed by the mails it names that we hold; never by a subject or a number. Where we hold
none of them it begins a conversation of its author's own: two strangers may answer the same
newsletter, and one author's mails may come before the one they answer. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from channels.mail.message import ParsedMail
from channels.toolkit import signing

KEY_DIGITS, MARK_DIGITS = 20, 16  # hex: 80 bits name a conversation, 64 prove it
MAX_ANSWERS = 20
THREAD = "thread:"  # a conversation by its key; names of mails begin with "<"

LONGEST_LOCAL = 64  # RFC 5321 section 4.5.3.1.1

_ENVELOPE = re.compile(rf"\+([0-9a-f]{{16}})\.([0-9a-f]{{{KEY_DIGITS + MARK_DIGITS}}})@")
_TOKEN = re.compile(rf"\b([0-9a-f]{{{KEY_DIGITS}}})([0-9a-f]{{{MARK_DIGITS}}})(?=@)")


def key_of_root(message_id: str, author: str) -> str:
    """The key of the conversation that this author's mails about that one have."""
    named = f"mail:{author}\0{message_id}".encode("utf-8", "replace")
    return hashlib.sha256(named).hexdigest()[:KEY_DIGITS]


def token(secret: str, account: str, key: str) -> str:
    """The key with its mark: what only we can write."""
    return key + signing.hexdigest(secret, f"thread:{account}:{key}")[:MARK_DIGITS]


def key_of_token(secret: str, account: str, texts: Iterable[str]) -> str | None:
    """The key of the first good token in addresses or ids; a wrong mark counts for nothing.

    Without a secret nothing can be proven, so there is none.
    """
    for text in texts if secret else ():
        if len(text) <= KEY_DIGITS + MARK_DIGITS:
            continue  # most addresses are too short to hold one
        for key, mark in _TOKEN.findall(text.lower()):
            if signing.same(token(secret, account, key), key + mark):
                return str(key)
    return None


def message_id(thread: str, unique: str, domain: str) -> str:
    """A Message-ID of ours: the same for the same message, however often it is sent."""
    mark = hashlib.sha256(unique.encode()).hexdigest()[:16]
    return f"<{mark}.{thread}@{domain}>"


def plus_address(address: str, thread: str) -> str:
    """Our address with the token in it (RFC 5233 calls that a detail)."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{thread}@{domain}"


def return_address(address: str, name: str, thread: str) -> str:
    """Where a mail of ours comes back to: our address with the mail's own name in it.

    A report that quotes nothing still says by its recipient which mail it is about. Where that is
    too long, the conversation stands there alone.
    """
    local, _, domain = address.rpartition("@")
    named = f"{local}+{name.strip('<>').partition('@')[0]}"
    if len(named) <= LONGEST_LOCAL:
        return f"{named}@{domain}"
    short = plus_address(address, thread)
    return short if len(short.rpartition("@")[0]) <= LONGEST_LOCAL else address


def returned(mail: ParsedMail, secret: str, account: str, domain: str) -> str | None:
    """The name of the mail of ours that this one came back for, by the address it came to."""
    for address in (*mail.recipients, *(box.address for box in mail.to)):
        for mark, thread in _ENVELOPE.findall(address.lower()):
            if key_of_token(secret, account, [f"{thread}@"]):
                return f"<{mark}.{thread}@{domain}>"
    return None


def answers(mail: ParsedMail) -> tuple[str, ...]:
    """The ids this mail answers, the nearest first; for a report, the mail it is about."""
    nearest = [one for one in (mail.original_id, mail.in_reply_to) if one]
    return tuple(dict.fromkeys([*nearest, *reversed(mail.references)]))[:MAX_ANSWERS]


def asked(mail: ParsedMail, key: str, secret: str, account: str) -> tuple[str, ...]:
    """The names a mail with a token of ours asks for: what it answers, then the token's key.

    By hand a letter may have come into another conversation than the one it was written in, and a
    conversation into another one. Names behind the first one with our token are of older talks.
    """
    names: list[str] = []
    for name in answers(mail):
        names.append(name)
        if key_of_token(secret, account, [name]):
            break
    return (*names, f"{THREAD}{key}")


def root_of(mail: ParsedMail) -> str:
    """The first mail of the conversation, as far as this mail knows."""
    return next(iter(mail.references), mail.in_reply_to or mail.message_id)


def tokens_of(mail: ParsedMail) -> list[str]:
    """Where a token of ours may stand."""
    addressed = [box.address for box in (*mail.to, *mail.cc)]
    return [*answers(mail), *mail.recipients, *addressed]
