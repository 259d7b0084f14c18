"""Connections: making and changing them, sealing their secrets, keeping them live."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web

from channels.contract import Channel, Deps, Installs, Provider
from channels.errors import ChannelError, Temporary
from channels.settings import secret_names
from contact_center.access.model import Actor
from contact_center.accounts import store
from contact_center.accounts.leaving import end_unsent
from contact_center.accounts.live import Cache, LiveAccount, Registry, opened
from contact_center.accounts.sealing import filled_in, merged, sealed, validated
from contact_center.accounts.traffic import Traffic
from contact_center.employees.operators import tell_directory
from contact_center.jobs import store as jobs
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.ids import new_id
from contact_center.kernel.secrets import Sealer
from contact_center.storage import rows
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.events import Event
from contact_center.storage.unit import Record, Unit

CHECK_SECONDS = 15.0
CHECK = "accounts.check"
SHORTEST_SECRET = 6  # a shorter one would be struck out of ordinary words


@dataclass(frozen=True, slots=True)
class Saved:
    """An account as stored, and the secrets made just now: the one time they can be shown."""

    row: Record
    made: dict[str, str]


class Accounts:
    """All connections of the workspace, live in this process."""

    def __init__(
        self, database: Database, registry: Registry, sealer: Sealer, clock: Clock, *,
        deps: Callable[[UUID, str], Deps] | None = None,
        webhook: Callable[[str], str] | None = None,
    ) -> None:  # fmt: skip
        self.database = database
        self.registry = registry
        self.clock = clock
        self.traffic = Traffic(database)
        self._sealer = sealer
        self._live = Cache(registry, sealer, deps)
        self._webhook = webhook or (lambda _key: "")

    # --- live --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Build all accounts; before the first request."""
        for row in await store.accounts(self.database, store.EVERYTHING):
            self._live.put(row)

    async def refresh(self, ids: Iterable[UUID]) -> None:
        """Take over what has changed of these accounts."""
        for row in await store.some_accounts(self.database, ids):
            self._live.put(row)

    async def on_events(self, events: Iterable[Event]) -> None:
        """For the node's reader of the log: follow `account.changed`."""
        changed = {e.subject_id for e in events if e.kind == "account.changed"}
        if changed:
            await self.refresh(changed)

    def by_public_key(self, key: str) -> LiveAccount | None:
        """The account of a webhook's or widget's path; None when there is none."""
        return self._live.by_public_key(key)

    def get(self, account_id: UUID) -> LiveAccount | None:
        """The live account; None when it is archived or cannot be opened."""
        return self._live.get(account_id)

    def all(self) -> list[LiveAccount]:
        """All live accounts, switched off ones included."""
        return self._live.all()

    def broken(self) -> dict[UUID, str]:
        """Accounts that could not be opened, with the kind of error."""
        return dict(self._live.broken)

    # --- administration ----------------------------------------------------------------------

    async def create(
        self, actor: str, *, provider: str, title: str, brand_id: UUID, queue_id: UUID,
        settings: Mapping[str, Any], state: str = "on", account_id: UUID | None = None,
        public_key: str | None = None,
    ) -> Saved:  # fmt: skip
        """Add an account. Raises Invalid with the field of the settings that is wrong."""
        described = self._provider(provider)
        new = account_id or new_id()
        filled, made = filled_in(described, settings)
        kept = sealed(described, new, filled, self._sealer)
        values = {
            "id": new, "provider": provider, "title": title, "medium": described.medium.value,
            "brand_id": brand_id, "queue_id": queue_id, "state": state,
            "public_key": public_key or secrets.token_urlsafe(18),
            "settings": kept.plain, "secrets": kept.secret,
        }  # fmt: skip

        async def step(unit: Unit) -> Record:
            await self._require(unit, values)
            await store.add_account(unit, values, new_id())
            await self._look_soon(unit, described, new)
            return await self._tell(unit, new, 1, actor, "created")

        row = await self.database.run(step)
        self._live.put(row)
        return Saved(row, made)

    async def draft(
        self, provider: str, settings: Mapping[str, Any], account_id: UUID | None = None
    ) -> Channel:
        """The channel these settings would make, with what an account keeps; nothing is saved.

        Raises NotFound, Invalid.
        """
        described, key = self._provider(provider), ""
        if account_id is not None:
            row = await store.account(self.database, account_id)
            if row["provider"] != provider:
                raise Invalid("the account is another provider's", field="provider")
            filled, _ = merged(described, opened(row, self._sealer), settings)
            key = row["public_key"]
        else:
            filled, _ = merged(described, {}, settings)
        valid = validated(described, filled)
        return self._live.channel(described, valid, account_id or new_id(), key)

    async def change(
        self, actor: Actor, account_id: UUID, values: Mapping[str, Any], expected: int | None
    ) -> Saved:
        """Change an account. Of the settings only what is given changes; null clears a field.

        A cleared secret that the house makes is made anew. A secret that was given for another
        address than the changed settings name is asked for once more.

        Raises NotFound, Conflict, Invalid.
        """
        changes = dict(values)
        settings = changes.pop("settings", None)

        async def step(unit: Unit) -> Saved:
            before = await store.lock_account(unit, account_id)
            if expected is not None and expected != before["version"]:
                current = _shown(dict(await store.account(unit, account_id)))
                raise Conflict("the account was changed meanwhile", current=current)
            await self._require(unit, changes)
            columns = await self._columns(unit, before, dict(changes))
            if changes.get("archived"):
                await end_unsent(unit, {**before, **changes}, actor.label)
            made: dict[str, str] = {}
            if settings is not None:
                written, made = self._settings_columns(before, settings)
                columns |= written
            if "title" in changes:
                await store.rename_touchpoint(unit, account_id, changes["title"])
            version = await rows.change(unit, t.accounts, account_id, columns)
            if settings is not None or "state" in changes:
                await self._look_soon(unit, self._provider(before["provider"]), account_id)
            row = await self._tell(unit, account_id, version, actor.label, "changed")
            return Saved(row, made)

        saved = await self.database.run(step)
        self._live.put(saved.row)
        return saved

    async def _look_soon(self, unit: Unit, provider: Provider, account_id: UUID) -> None:
        """Let an account that tells its provider where to call do so, surely."""
        if provider.capabilities.installs_webhook:
            await jobs.reschedule(unit, CHECK, str(account_id), self.clock.now())

    async def _columns(self, unit: Unit, before: Record, changes: dict[str, Any]) -> dict[str, Any]:
        if "archived" in changes:
            archived = changes.pop("archived")
            if archived and await store.has_open_contacts(unit, before["id"]):
                raise Conflict("there are open contacts on this account", code="in_use")
            if not archived and before["archived_at"] is not None:
                after = {**before, **changes}
                await rows.require_live(unit, t.brands, after["brand_id"], "brand_id")
                await rows.require_live(unit, t.queues, after["queue_id"], "queue_id")
            changes["archived_at"] = self.clock.now() if archived else None
        return changes

    def _settings_columns(
        self, before: Record, settings: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        described = self._provider(before["provider"])
        filled, made = merged(described, opened(before, self._sealer), settings)
        kept = sealed(described, before["id"], filled, self._sealer)
        return {"settings": kept.plain, "secrets": kept.secret}, made

    async def _require(self, unit: Unit, values: Mapping[str, Any]) -> None:
        if "brand_id" in values:
            await rows.require(unit, t.brands, values["brand_id"], "brand_id")
        if "queue_id" in values:
            await rows.require(unit, t.queues, values["queue_id"], "queue_id")

    async def _tell(
        self, unit: Unit, account_id: UUID, version: int, actor: str, cause: str
    ) -> Record:
        unit.log("account.changed", "account", account_id, version=version, actor=actor,
                 cause=cause)  # fmt: skip
        await tell_directory(unit, account_id, actor=actor, cause="account")
        return await store.account(unit, account_id)

    def _provider(self, name: str) -> Provider:
        try:
            return self.registry.provider(name)
        except LookupError as error:
            raise Invalid(str(error), field="provider", code="unknown_provider") from None

    def secrets_set(self, row: Record) -> list[str]:
        """Which secret fields have a value; never the values."""
        provider = self._provider(row["provider"])
        values = opened(row, self._sealer)
        return sorted(name for name in secret_names(provider.Settings) if values.get(name))

    def secret_values(self, account_id: UUID) -> list[str]:
        """What must not be shown of what came for an account, the longest first."""
        live = self.get(account_id)
        if live is None:
            return []
        names = secret_names(live.description.Settings)
        values = {str(getattr(live.settings, name, "") or "") for name in names}
        return sorted((one for one in values if len(one) >= SHORTEST_SECRET), key=len, reverse=True)

    # --- health ------------------------------------------------------------------------------

    async def check(self, account_id: UUID) -> Record:
        """Ask the provider whether the account works; its health says what came of it.

        An account that is on tells its provider first where to call, where that is its own to do.
        One that works again begins anew: who listens to it rests since it was refused.
        """
        live = self.get(account_id)
        before = await store.account(self.database, account_id)
        if live is None:
            raise NotFound("the account is archived or cannot be opened", code="not_live")
        health, text = await _checked(live, self._webhook(live.public_key))
        cured = before["health"] == "red" and health == "green"

        async def step(unit: Unit) -> None:
            await self._write_health(account_id, health, text, unit)
            if cured:
                version = await rows.change(unit, t.accounts, account_id, {})
                await self._tell(unit, account_id, version, "system", "cured")

        await self.database.run(step)
        return await store.account(self.database, account_id)

    async def set_health(self, account_id: UUID, health: str, text: str | None = None) -> None:
        """Write green, yellow or red with a reason; told only when it is news."""
        await self.database.run(partial(self._write_health, account_id, health, text))

    async def _write_health(
        self, account_id: UUID, health: str, text: str | None, unit: Unit
    ) -> None:
        version = await store.set_health(unit, account_id, health, text, self.clock.now())
        if version is not None:
            unit.log("account.changed", "account", account_id, version=version,
                     actor="system", cause="health", data={"health": health})  # fmt: skip

    async def alarm(self, account_id: UUID, text: str, seconds: float) -> None:
        """Show what is the matter with an account, and look again after so many seconds."""
        due = self.clock.now() + timedelta(seconds=seconds)

        async def step(unit: Unit) -> None:
            await self._write_health(account_id, "yellow", text, unit)
            await jobs.reschedule(unit, CHECK, str(account_id), due)

        await self.database.run(step)

    def handlers(self) -> dict[str, Handler]:
        """What the job runner calls."""
        return {CHECK: self._check_again}

    async def _check_again(self, job: Job) -> None:
        account_id = UUID(job.key)
        await self.refresh([account_id])  # what it is about may be younger than what we have read
        with contextlib.suppress(NotFound):  # archived meanwhile
            await self.check(account_id)

    async def close(self) -> None:
        """Write what is noted."""
        await self.traffic.close()


async def _checked(live: LiveAccount, webhook: str) -> tuple[str, str | None]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            if webhook and live.state != "off" and isinstance(live.channel, Installs):
                await live.channel.install(webhook)
            await live.channel.check()
    except Temporary as error:
        return "yellow", str(error)
    except TimeoutError:
        return "yellow", f"no answer within {CHECK_SECONDS:.0f} s"
    except ChannelError as error:
        return "red", str(error)
    return "green", None


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "secrets"}


SERVICE: web.AppKey[Accounts] = web.AppKey("accounts", Accounts)
