"""A visitor's session and a site user's identity: pure functions of secrets, texts and a time.

The token is the visitor's only credential. It stands in a header, never in an address, names the
account it was made for, and opens nothing but that visitor's own conversation.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from channels.errors import Refused
from channels.toolkit import signing

USER_ID_LIMIT = 128
KNOWN_SESSIONS = 8192  # about as many visitors as write within an hour to a large shop


@dataclass(frozen=True, slots=True)
class Session:
    """Who holds the token. `user` is the site's own verified id of a signed-in user."""

    visitor: str
    account: str
    expires: int  # seconds since the epoch
    user: str | None = None
    name: str = ""
    email: str = ""


def new_visitor() -> str:
    """An id for somebody unknown; nobody can guess another's."""
    return "v" + secrets.token_urlsafe(16)


def visitor_of_user(secret: str, user: str) -> str:
    """The id of a signed-in user, the same on all his devices and guessable by nobody."""
    return "u" + signing.hexdigest(secret, f"visitor:{user}")[:32]


def issue_session(secret: str, session: Session) -> str:
    """The token of a session."""
    payload: dict[str, Any] = {
        "v": session.visitor, "a": session.account, "e": session.expires,
    }  # fmt: skip
    more = {"u": session.user, "n": session.name, "m": session.email}
    return signing.issue(secret, payload | {key: value for key, value in more.items() if value})


def verify_session(secret: str, token: str, *, account: str, now: datetime) -> Session:
    """The session of a token; raises Refused unless it is this account's, whole and in time."""
    session = signed_session(secret, token)
    if session.account != account:
        raise Refused("the session belongs to another account")
    if session.expires <= now.timestamp():
        raise Refused("the session has expired")
    return session


@lru_cache(maxsize=KNOWN_SESSIONS)
def signed_session(secret: str, token: str) -> Session:
    """What a token says, once its signature is found good: the same bytes stay good for ever.

    Time and account are the caller's to look at. Raises Refused, and does not remember that.
    """
    return read_session(signing.verify(secret, token))


def read_session(payload: dict[str, Any]) -> Session:
    """The session of a token's payload; raises Refused."""
    texts = [payload.get(key, "") for key in ("v", "a", "u", "n", "m")]
    expires = payload.get("e")
    if not (all(isinstance(text, str) for text in texts) and isinstance(expires, int)):
        raise Refused("the session cannot be read")
    visitor, account, user, name, email = texts
    if not visitor:
        raise Refused("the session names no visitor")
    return Session(visitor, account, expires, user or None, name, email)


def bearer(authorization: str) -> str:
    """The token of an Authorization header; raises Refused."""
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused("no session token")
    return token.strip()


def verify_identity(secret: str, user_id: str, given: str) -> str:
    """The site user's id where the site's signature proves it; raises Refused.

    The site computes hex HMAC-SHA256(identity_secret, user_id) on its server.
    """
    if not (
        user_id and len(user_id) <= USER_ID_LIMIT and signing.signed_hex(secret, user_id, given)
    ):
        raise Refused("the site's signature of the user is wrong", status=403)
    return user_id


def origin_of(url: str) -> str:
    """scheme://host[:port] of an address, lower case, without the scheme's own port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    shown = "" if port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{shown}".lower()


def origin_allowed(origin: str, allowed: tuple[str, ...], own_url: str) -> bool:
    """Whether a page of this origin may hold the chat.

    Our own pages may, and what the list names: "https://shop.example", "https://*.shop.example"
    (its subdomains) or "*". No origin at all means: not a browser's page. Who is not a browser
    can write any origin, so demanding one would protect nobody.
    """
    if not origin:
        return True
    normal = origin_of(origin)
    if not normal or normal.count("/") != origin.count("/"):
        return False
    return normal == origin_of(own_url) or any(_matches(normal, entry) for entry in allowed)


def _matches(origin: str, entry: str) -> bool:
    if entry == "*":
        return True
    scheme, separator, host = entry.partition("://*.")
    if separator:
        tail = origin_of(f"{scheme}://{host}").partition("://")[2]
        return (
            bool(tail) and origin.startswith(f"{scheme.lower()}://") and origin.endswith("." + tail)
        )
    return origin == origin_of(entry)
