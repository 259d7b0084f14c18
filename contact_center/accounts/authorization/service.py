"""Asking somebody's consent at a provider: OAuth 2.0, authorization code (RFC 6749 §4.1) with PKCE.

The channel knows the provider; the house knows who asked. The `state` that travels is stored as a
hash and is good once, for ten minutes, in the session that asked: an answer that somebody else
began cannot be slipped into an administrator's browser.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from uuid import UUID

from aiohttp import web

from channels.contract import Authorizes
from channels.errors import ChannelError
from contact_center.access.model import Actor
from contact_center.access.tokens import digest, new_secret
from contact_center.accounts.authorization import store
from contact_center.accounts.authorization.store import Outcome
from contact_center.accounts.service import Accounts
from contact_center.kernel.errors import Conflict, HouseError, NotFound
from contact_center.kernel.ids import new_id
from contact_center.kernel.log import get_logger
from contact_center.kernel.secrets import Sealer
from contact_center.storage.unit import Record, Unit

log = get_logger(__name__)

LASTS = timedelta(minutes=10)
LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Consent:
    """How an account stands with who has to agree; `refused` is the last attempt, if it failed."""

    authority: str
    connected: bool
    connected_at: datetime | None
    refused: str | None
    refused_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser came back with."""

    state: str
    code: str
    error: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended; "unknown" is an answer nobody (here, now) has asked for."""

    outcome: Outcome | Literal["unknown"]
    account_id: UUID | None = None


class Authorizations:
    """Consents of all accounts. `callback` is registered at the providers letter by letter."""

    def __init__(self, accounts: Accounts, sealer: Sealer, *, base_url: str, callback: str) -> None:
        self.base_url = base_url
        self.callback = base_url + callback
        self.database = accounts.database
        self._accounts = accounts
        self._sealer = sealer

    async def consent(self, account_id: UUID) -> Consent | None:
        """How the account stands; None where nobody has to agree."""
        channel = self._channel(account_id)
        if channel is None:
            return None
        last = await store.last(self.database, account_id)
        granted, refused = last.get("granted"), last.get("refused")
        ours = granted is None or granted["authority"] == channel.authority()
        if refused and granted and granted["ended_at"] > refused["ended_at"]:
            refused = None
        return Consent(
            authority=channel.authority(),
            connected=channel.authorized() and ours,
            connected_at=granted["ended_at"] if granted and ours else None,
            refused=refused["words"] if refused else None,
            refused_at=refused["ended_at"] if refused else None,
        )

    async def begin(self, actor: Actor, account_id: UUID) -> str:
        """The address at which to agree. Raises NotFound, Conflict."""
        channel = self._channel(account_id)
        if channel is None:
            if self._accounts.get(account_id) is None:
                raise NotFound("the account is archived, cannot be opened, or there is none")
            raise Conflict("nobody has to agree to this account", code="not_authorizing")
        row_id, state, now = new_id(), new_secret(), self._accounts.clock.now()
        try:
            asked = channel.begin(self.callback, state)
        except ChannelError as error:
            raise Conflict(str(error), code="not_authorizing") from None
        values = {
            "id": row_id, "state": digest(state), "account_id": account_id,
            "employee_id": actor.employee_id, "session": actor.session,
            "verifier": self._sealer.seal(asked.verifier.encode(), row_id.bytes),
            "authority": channel.authority(), "begun_at": now, "expires_at": now + LASTS,
        }  # fmt: skip
        await self.database.run(partial(store.add, values=values))
        return asked.url

    async def finish(self, actor: Actor, answer: Answer) -> Ended:
        """Take the answer; what the provider says no with is kept in its words."""
        now = self._accounts.clock.now()

        async def step(unit: Unit) -> Record | None:
            return await store.use(unit, digest(answer.state), actor.session or b"", now)

        row = await self.database.run(step)
        if row is None:
            return Ended("unknown")
        try:
            await self._connect(actor, row, answer)
        except (ChannelError, HouseError) as error:
            words = error.detail if isinstance(error, HouseError) else str(error)
            return await self._end(row, "refused", _storable(words))
        ended = await self._end(row, "granted")
        with contextlib.suppress(NotFound):  # switched off meanwhile
            await self._accounts.check(row["account_id"])
        return ended

    async def _connect(self, actor: Actor, row: Record, answer: Answer) -> None:
        """Raises ChannelError or HouseError with the words."""
        channel = self._channel(row["account_id"])
        if channel is None:
            raise Conflict("the account was changed meanwhile: begin again")
        if not answer.code:
            raise Conflict(f"{channel.authority()} did not agree: {answer.error or 'no code came'}")
        verifier = self._sealer.open(bytes(row["verifier"]), row["id"].bytes).decode()
        settings = await channel.finish(answer.code, verifier, self.callback)
        await self._accounts.change(actor, row["account_id"], {"settings": settings}, None)

    async def _end(self, row: Record, outcome: Outcome, words: str | None = None) -> Ended:
        now = self._accounts.clock.now()
        await self.database.run(
            partial(store.end, row_id=row["id"], outcome=outcome, words=words, now=now)
        )
        log.info("authorization_ended", account=str(row["account_id"]), outcome=outcome)
        return Ended(outcome, row["account_id"])

    def _channel(self, account_id: UUID) -> Authorizes | None:
        live = self._accounts.get(account_id)
        if live is None or not isinstance(live.channel, Authorizes):
            return None
        return live.channel if live.channel.authority() else None


def _storable(words: str) -> str:
    """A provider's words as a column can hold them."""
    return words.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST_WORDS]


SERVICE: web.AppKey[Authorizations] = web.AppKey("authorizations", Authorizations)
