"""The consent of a mailbox's owner at Google or Microsoft, and the access tokens it brings.

The refresh token of the consent stands in the settings. One that the provider gives in exchange
for it is remembered beside them, with the mark of the consent it comes from: a new consent needs
nobody to clear what is remembered of the old one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from channels.contract import Asked, Deps
from channels.errors import Misconfigured
from channels.mail.oauth import GMAIL, OAuthClient, Renewed, begin, exchange, microsoft
from channels.mail.servers import TokenSource
from channels.mail.settings import MailSettings
from channels.toolkit.http import Client

AUTHORITIES = {"google": "Google", "microsoft": "Microsoft"}
_CONSENT, _TOKEN = "consent", "refresh_token"


class Grant:
    """What one mailbox may do in its owner's name."""

    def __init__(self, settings: MailSettings, deps: Deps) -> None:
        self._settings = settings
        self._deps = deps
        self.authority = AUTHORITIES.get(settings.login, "")
        self._renewed: Renewed | None = None

    @property
    def source(self) -> TokenSource | None:
        """Where the mail servers' access tokens come from; None where a password is used."""
        return self.token if self.authority else None

    async def token(self, fresh: bool) -> str:
        """An access token. Raises Misconfigured where only a person can help, or Temporary."""
        if not self._settings.oauth_refresh_token:
            raise Misconfigured(f"not connected to {self.authority} yet: connect the account")
        if self._renewed is None:
            self._renewed = Renewed(
                self._http(), self._client(), self._settings.oauth_refresh_token,
                now=asyncio.get_running_loop().time, changed=self._keep, current=self._current,
            )  # fmt: skip
        return await self._renewed(fresh)

    def begin(self, redirect_uri: str, state: str) -> Asked:
        """Where the owner agrees. Raises Misconfigured."""
        if not self.authority:
            raise Misconfigured("this mailbox logs in with a password: nobody has to agree")
        hint = self._settings.user or self._settings.address
        return begin(self._client(redirect_uri), state, login_hint=hint)

    async def finish(self, code: str, verifier: str, redirect_uri: str) -> Mapping[str, str]:
        """The settings to keep. Raises Misconfigured or Temporary."""
        tokens = await exchange(self._http(), self._client(redirect_uri), code, verifier)
        return {"oauth_refresh_token": tokens.refresh}

    async def _current(self) -> str:
        """The refresh token that is good now, whichever process exchanged the last one."""
        memory, granted = self._deps.memory, self._settings.oauth_refresh_token
        kept = await memory.recall() if memory is not None else {}
        return kept[_TOKEN] if kept.get(_CONSENT) == _mark(granted) else granted

    async def _keep(self, token: str) -> None:
        if self._deps.memory is not None:
            mark = _mark(self._settings.oauth_refresh_token)
            await self._deps.memory.keep({_CONSENT: mark, _TOKEN: token})

    def _client(self, redirect_uri: str = "") -> OAuthClient:
        given = self._settings
        provider = GMAIL if given.login == "google" else microsoft(given.oauth_tenant)
        provider = replace(
            provider,
            authorize_url=given.oauth_authorize_address or provider.authorize_url,
            token_url=given.oauth_endpoint or provider.token_url,
        )
        secret = given.oauth_client_secret
        return OAuthClient(provider, given.oauth_client_id, secret, redirect_uri)

    def _http(self) -> Client:
        """The guarded client; a token address of the administrator's own may be anywhere."""
        http = self._deps.http
        if not isinstance(http, Client):
            raise Misconfigured("tokens are not asked for in this process")
        own = urlsplit(self._settings.oauth_endpoint).hostname
        return http.trusting(own) if own else http


def _mark(refresh_token: str) -> str:
    return hashlib.sha256(refresh_token.encode()).hexdigest()
