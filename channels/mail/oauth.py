"""OAuth 2.0 for mailboxes of Gmail and Microsoft 365: the authorization-code flow and refresh.

RFC 6749, PKCE by RFC 7636. The providers' own pages:
https://developers.google.com/identity/protocols/oauth2/web-server
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from yarl import URL

from channels.contract import Asked
from channels.errors import ChannelError, Misconfigured, Rejected, Temporary
from channels.toolkit.answers import Answer, retry_after
from channels.toolkit.http import Client

_EARLY = 120.0  # a token is renewed before it runs out: clocks differ, logins take time

# RFC 6749 §4.1.2.1 and §5.2. The grant is gone when somebody withdrew it, changed the password, or
# did not use it for months.
_PASSING = ("temporarily_unavailable", "server_error")
_ADVICE = {
    "invalid_grant": "the consent was withdrawn or has expired: connect the account again",
    "invalid_client": "client id or client secret is wrong, or the secret has run out",
    "unauthorized_client": "the registered application may not do this: look at its settings",
    "invalid_scope": "the registered application may not ask for this: look at its permissions",
}


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
        {"prompt": "select_account"},  # who administers is rarely the mailbox
    )


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Our registration at a provider. `redirect_uri` must be registered there letter by letter."""

    provider: OAuthProvider
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave. `expires_in` in seconds from the answer."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: float


def begin(client: OAuthClient, state: str, *, login_hint: str = "") -> Asked:
    """The address at which an administrator agrees (RFC 6749 §4.1.1, RFC 7636 §4.3)."""
    verifier = secrets.token_urlsafe(48)
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
    return Asked(str(URL(client.provider.authorize_url).update_query(query)), verifier)


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
    """A token source for mail servers: renews when the time comes or when it is told to.

    Several logins may ask at once: one of them renews for all. `current` tells the refresh token
    that is good now, where others exchange it as well; `changed` is given one that replaces it
    (Microsoft rolls them), before the access token is used. `now` is any clock that only goes
    forward, in seconds.
    """

    def __init__(
        self,
        http: Client,
        client: OAuthClient,
        refresh_token: str,
        *,
        now: Callable[[], float],
        changed: Callable[[str], Awaitable[None]] | None = None,
        current: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        self._http = http
        self._client = client
        self._refresh_token = refresh_token
        self._now = now
        self._changed = changed
        self._current = current
        self._turn = asyncio.Lock()
        self._unkept = ""
        self._access = ""
        self._until = float("-inf")

    async def __call__(self, fresh: bool) -> str:
        """A valid access token; another one where the last was refused."""
        refused = self._access
        async with self._turn:
            await self._keep()
            if self._now() >= self._until or (fresh and refused == self._access):
                await self._renew()
            return self._access

    async def _renew(self) -> None:
        used = await self._good()
        try:
            tokens = await refresh(self._http, self._client, used)
        except Misconfigured:
            newer = await self._good()
            if newer == used:
                raise
            used = newer  # another process has exchanged it meanwhile
            tokens = await refresh(self._http, self._client, used)
        lasts = max(tokens.expires_in - _EARLY, tokens.expires_in / 2)
        self._access, self._until = tokens.access, self._now() + lasts
        if tokens.refresh != used:
            self._refresh_token = self._unkept = tokens.refresh
            await self._keep()

    async def _good(self) -> str:
        return self._refresh_token if self._current is None else await self._current()

    async def _keep(self) -> None:
        """Tell of a new refresh token; where that fails it is told again before anything else."""
        if self._unkept and self._changed is not None:
            await self._changed(self._unkept)
        self._unkept = ""


def xoauth2(user: str, token: str) -> bytes:
    """The response of SASL XOAUTH2, before base64."""
    return f"user={user}\1auth=Bearer {token}\1\1".encode()


async def _ask(
    http: Client, client: OAuthClient, form: Mapping[str, str], *, secret: str
) -> Tokens:
    """The token endpoint (RFC 6749 §3.2); idempotent enough: a lost answer costs one more token."""
    discreet = http.with_secrets(client.client_secret, secret)
    whole = {**form, "client_id": client.client_id}
    if client.client_secret:
        whole["client_secret"] = client.client_secret
    url = client.provider.token_url
    try:
        answer = await discreet.request("POST", url, form=whole, idempotent=True)
    except Rejected as error:
        raise Misconfigured(f"the token address cannot be used: {error}") from None
    told = _json(answer)
    access = told.get("access_token")
    if answer.status == 200 and isinstance(access, str) and access:  # noqa: PLR2004
        return Tokens(access, str(told.get("refresh_token") or ""), _seconds(told))
    raise _refusal(answer, told, discreet)


def _refusal(answer: Answer, told: Mapping[str, Any], discreet: Client) -> ChannelError:
    """Why there is no token, in the provider's words, and what to do about it."""
    code = str(told.get("error") or "")
    words = discreet.redact(f"{code} {told.get('error_description') or ''}").strip()
    # Microsoft's descriptions end with numbers for its support.
    words = " ".join(words.partition("Trace ID:")[0].split())[:300]
    text = f"the provider gave no token: HTTP {answer.status} {words}".strip()
    if answer.status == 429 or answer.status >= 500 or not code or code in _PASSING:  # noqa: PLR2004
        return Temporary(text, retry_after=retry_after(answer.headers))
    advice = _ADVICE.get(code)
    return Misconfigured(f"{text}; {advice}" if advice else text)


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
