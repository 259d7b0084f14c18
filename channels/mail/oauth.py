"""OAuth 2.0 for mailboxes of Gmail and Microsoft 365: the authorization-code flow and refresh.

RFC 6749, PKCE by RFC 7636. The providers' own pages:
https://developers.google.com/identity/protocols/oauth2/web-server
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from channels.errors import Misconfigured, Temporary
from channels.toolkit.http import Answer, Client, retry_after

_EARLY = 120.0  # a token is renewed before it runs out: clocks differ, logins take time


@dataclass(frozen=True, slots=True)
class OAuthProvider:
    """Where to ask, and for what. Tests put their own addresses here."""

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)


# `access_type=offline` and `prompt=consent`: without both Google gives no refresh token to an
# account that has agreed before.
GMAIL = OAuthProvider(
    "https://accounts.google.com/o/oauth2/v2/auth",
    "https://oauth2.googleapis.com/token",
    ("https://mail.google.com/",),
    {"access_type": "offline", "prompt": "consent"},
)


def microsoft(tenant: str = "organizations") -> OAuthProvider:
    """Microsoft 365; `tenant` is the id or domain of one organisation, or `organizations`."""
    base = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
    return OAuthProvider(
        f"{base}/authorize",
        f"{base}/token",
        (
            "offline_access",
            "https://outlook.office.com/IMAP.AccessAsUser.All",
            "https://outlook.office.com/SMTP.Send",
        ),
    )


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Our registration at a provider. `redirect_uri` must be registered there letter by letter."""

    provider: OAuthProvider
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A flow that was begun: send the browser to `url`, keep the rest until it comes back.

    The answer belongs to this flow only if it shows the same `state`.
    """

    url: str
    state: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave. `expires_in` in seconds from the answer."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: float


def begin(client: OAuthClient, *, login_hint: str = "") -> Begun:
    """The address at which an administrator agrees (RFC 6749 §4.1.1, RFC 7636 §4.3)."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": " ".join(client.provider.scopes),
        "state": state,
        "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        **client.provider.extra,
        **({"login_hint": login_hint} if login_hint else {}),
    }
    return Begun(f"{client.provider.authorize_url}?{urlencode(query)}", state, verifier)


def code_of(begun_state: str, query: Mapping[str, str]) -> str:
    """The code in the query the browser came back with. Raises Misconfigured with the reason."""
    if not secrets.compare_digest(begun_state.encode(), query.get("state", "").encode()):
        raise Misconfigured("the answer belongs to another sign-in; begin again")
    if "code" not in query:
        words = f"{query.get('error', 'no code')} {query.get('error_description', '')}"
        raise Misconfigured(f"the provider did not agree: {words.strip()[:300]}")
    return query["code"]


async def exchange(http: Client, client: OAuthClient, code: str, verifier: str) -> Tokens:
    """The first tokens for a code. Raises Misconfigured or Temporary."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }
    tokens = await _ask(http, client, form, secret=code)
    if not tokens.refresh:
        raise Misconfigured(
            "the provider gave no refresh token: withdraw the access and begin again"
        )
    return tokens


async def refresh(http: Client, client: OAuthClient, refresh_token: str) -> Tokens:
    """Fresh tokens; the refresh token is the old one where the provider gives no other."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    tokens = await _ask(http, client, form, secret=refresh_token)
    return Tokens(tokens.access, tokens.refresh or refresh_token, tokens.expires_in)


class Renewed:
    """A token source for a mail server: renews when the time comes or when it is told to.

    `changed` is given a refresh token that replaces the old one (Microsoft rolls them), before
    the access token is used. `now` is any clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        http: Client,
        client: OAuthClient,
        refresh_token: str,
        *,
        now: Callable[[], float],
        changed: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._http = http
        self._client = client
        self._refresh_token = refresh_token
        self._now = now
        self._changed = changed
        self._access = ""
        self._until = float("-inf")

    async def __call__(self, fresh: bool) -> str:
        """A valid access token; another one where the last was refused."""
        if fresh or self._now() >= self._until:
            tokens = await refresh(self._http, self._client, self._refresh_token)
            if tokens.refresh != self._refresh_token:
                self._refresh_token = tokens.refresh
                if self._changed is not None:
                    await self._changed(tokens.refresh)
            self._access, self._until = tokens.access, self._now() + tokens.expires_in - _EARLY
        return self._access


def xoauth2(user: str, token: str) -> bytes:
    """The response of SASL XOAUTH2, before base64."""
    return f"user={user}\1auth=Bearer {token}\1\1".encode()


async def _ask(
    http: Client, client: OAuthClient, form: Mapping[str, str], *, secret: str
) -> Tokens:
    """The token endpoint (RFC 6749 §3.2); idempotent enough: a lost answer costs one more token."""
    discreet = http.with_secrets(client.client_secret, secret)
    whole = {**form, "client_id": client.client_id, "client_secret": client.client_secret}
    answer = await discreet.request("POST", client.provider.token_url, form=whole, idempotent=True)
    told = _json(answer)
    access = told.get("access_token")
    if answer.status == 200 and isinstance(access, str) and access:  # noqa: PLR2004
        return Tokens(access, str(told.get("refresh_token") or ""), _seconds(told))
    words = f"{told.get('error', '')} {told.get('error_description', '')}".strip()
    text = discreet.redact(f"the provider gave no token: HTTP {answer.status} {words}"[:500])
    if answer.status == 429 or answer.status >= 500 or not words:  # noqa: PLR2004
        raise Temporary(text, retry_after=retry_after(answer.headers))
    raise Misconfigured(text)  # invalid_grant: revoked, expired, password changed (RFC 6749 §5.2)


def _json(answer: Answer) -> dict[str, Any]:
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(told: Mapping[str, Any]) -> float:
    try:
        return float(told.get("expires_in", 3600))
    except (TypeError, ValueError):
        return 3600.0
