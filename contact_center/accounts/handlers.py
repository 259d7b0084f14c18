"""Administration of brands and accounts. Secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from channels.contract import Channel, Report, WebhookChannel, listens
from channels.settings import Control, describe
from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts import asking, store
from contact_center.accounts.service import SERVICE, Accounts, Saved
from contact_center.employees.handlers import ListQuery, changes
from contact_center.employees.model import Body, Locale, Name, Out, Zone
from contact_center.employees.operators import tell_directory
from contact_center.kernel.errors import Conflict, HouseError
from contact_center.kernel.ids import new_id
from contact_center.storage import rows
from contact_center.storage import tables as t
from contact_center.storage.unit import Record, Unit

P = Permission


class Addresses(Protocol):
    """Tells the addresses of an account to show: where to post, what to embed."""

    def __call__(self, provider: str, public_key: str, *, hooked: bool) -> dict[str, str]: ...


ADDRESSES: web.AppKey[Addresses] = web.AppKey("account_addresses", Addresses)


BrandLetters = dict[Literal["signature"], dict[Locale, Annotated[str, Field(max_length=2000)]]]


class Brand(Out):
    """A brand; accounts and contacts belong to one.

    `letters.signature` stands under letters of queues that have none of their own.
    """

    id: UUID
    name: str
    locale: str
    zone: str
    letters: dict[str, dict[str, str]]
    archived_at: datetime | None
    version: int


class BrandList(BaseModel):
    """Brands by name."""

    items: list[Brand]
    next: str | None = None


class NewBrand(Body):
    """A brand to add."""

    name: Name
    locale: Locale = "ru"
    zone: Zone = "Europe/Minsk"
    letters: BrandLetters = Field(default_factory=dict)


class BrandPatch(Body):
    """What may change of a brand."""

    name: Name | None = None
    locale: Locale | None = None
    zone: Zone | None = None
    letters: BrandLetters | None = None
    archived: bool | None = None


class SettingField(BaseModel):
    """One field of a provider's settings, enough to draw its form and to look at what is pasted.

    `when`: it matters only while each of these other fields has one of these values. `where`: how
    it is found at the provider. `called`: how options are called.
    """

    name: str
    type: Control
    options: list[str]
    called: dict[str, dict[str, str]]
    secret: bool
    generated: bool
    required: bool
    default: Any
    label: dict[str, str]
    help: dict[str, str]
    where: dict[str, str]
    example: str
    when: dict[str, list[str]]
    pattern: str
    min_length: int


class ProviderInfo(BaseModel):
    """A provider an account may be made for."""

    name: str
    title: dict[str, str]
    about: dict[str, str]
    icon: str
    medium: str
    fields: list[SettingField]
    capabilities: dict[str, Any]


class ProviderList(BaseModel):
    """All providers."""

    items: list[ProviderInfo]
    next: str | None = None


AccountState = Literal["on", "off", "test"]  # test: being connected, works like one that is on
Health = Literal["unknown", "green", "yellow", "red"]


class Account(Out):
    """A connection. `secrets_set` names secret settings that have a value.

    `made_secrets` holds what the house made with this very request; it is never shown again.
    """

    id: UUID
    provider: str
    title: str
    medium: str
    brand_id: UUID
    queue_id: UUID
    public_key: str
    settings: dict[str, Any]
    secrets_set: list[str]
    state: AccountState
    health: Health
    health_text: str | None
    health_at: datetime | None
    last_in_at: datetime | None
    last_out_at: datetime | None
    created_at: datetime
    archived_at: datetime | None
    version: int
    webhook_url: str | None = None
    embed_snippet: str | None = None
    page_url: str | None = None
    made_secrets: dict[str, str] | None = None


class AccountList(BaseModel):
    """Accounts by title."""

    items: list[Account]
    next: str | None = None


Settings = Annotated[
    dict[Annotated[str, StringConstraints(max_length=60)], Any], Field(max_length=100)
]


class NewAccount(Body):
    """An account to add; what its settings are the provider says."""

    provider: Annotated[str, Field(max_length=40)]
    title: Name
    brand_id: UUID
    queue_id: UUID
    settings: Settings = Field(default_factory=dict)
    state: AccountState = "on"


class AccountPatch(Body):
    """What may change of an account; of `settings` only what is given, null clears a field."""

    title: Name | None = None
    brand_id: UUID | None = None
    queue_id: UUID | None = None
    settings: Settings | None = None
    state: AccountState | None = None
    archived: bool | None = None


class TrySettings(Body):
    """Settings to ask the provider about; with `account_id` they are laid over what it keeps."""

    provider: Annotated[str, Field(max_length=40)]
    account_id: UUID | None = None
    settings: Settings = Field(default_factory=dict)


class Told(BaseModel):
    """What the provider said. `name`: how our side is called there; `address`: where it calls us.

    `waiting`: events it has not brought yet; `error`: why it could not bring one. None is what it
    does not tell. `problem`: it refused us, could not be asked, or somebody has to agree
    there first; `words` say why.
    """

    problem: asking.Problem | None
    words: str
    name: str
    address: str
    waiting: int | None
    error: str
    error_at: datetime | None


class Ailing(BaseModel):
    """A connection that does not work, and why."""

    id: UUID
    title: str
    health_text: str | None
    health_at: datetime | None


class AilingList(BaseModel):
    """What does not work now, by title."""

    items: list[Ailing]


def _account(call: Call, row: Record) -> Account:
    accounts = call.app[SERVICE]
    live = accounts.get(row["id"])
    hooked = live is not None and is_called(live.channel)
    addresses = call.app.get(ADDRESSES)
    shown = addresses(row["provider"], row["public_key"], hooked=hooked) if addresses else {}
    values = {**dict(row), **shown, "secrets_set": _secrets_set(accounts, row)}
    if row["id"] in accounts.broken():
        values |= {"health": "red", "health_text": "the account cannot be opened with this key"}
    return Account.model_validate(values)


def is_called(channel: Channel) -> bool:
    """Whether the provider posts to us; who is listened to has nothing to post."""
    return isinstance(channel, WebhookChannel) and not listens(channel)


def _secrets_set(accounts: Accounts, row: Record) -> list[str]:
    try:
        return accounts.secrets_set(row)
    except HouseError:
        return []  # sealed with another key, or of a provider that is gone: the health says so


async def list_accounts(call: Call) -> AccountList:
    rows = await store.accounts(call.app[SERVICE].database, sa.true(), archived=call.query.archived)
    return AccountList(items=[_account(call, row) for row in rows])


async def get_account(call: Call) -> Account:
    return _account(call, await store.account(call.app[SERVICE].database, call.id()))


async def add_account(call: Call) -> Account:
    saved = await call.app[SERVICE].create(call.actor.label, **call.body.model_dump())
    return _saved(call, saved)


async def change_account(call: Call) -> Account:
    saved = await call.app[SERVICE].change(
        call.actor, call.id(), changes(call.body), call.expected_version
    )
    return _saved(call, saved)


def _saved(call: Call, saved: Saved) -> Account:
    shown = _account(call, saved.row)
    return shown.model_copy(update={"made_secrets": saved.made or None})


async def check_account(call: Call) -> Account:
    return _account(call, await call.app[SERVICE].check(call.id()))


async def try_settings(call: Call) -> Told:
    body = call.body
    tried = await asking.try_out(call.app[SERVICE], body.provider, body.settings, body.account_id)
    return _told(tried)


async def report_account(call: Call) -> Told:
    return _told(await asking.report(call.app[SERVICE], call.id()))


def _told(tried: asking.Tried) -> Told:
    said = tried.report or Report()
    return Told(
        problem=tried.problem, words=tried.words, name=said.name, address=said.address,
        waiting=said.waiting, error=said.error, error_at=said.error_at,
    )  # fmt: skip


async def list_ailing(call: Call) -> AilingList:
    accounts = call.app[SERVICE]
    rows = await store.ailing(accounts.database, list(accounts.broken()))
    return AilingList(
        items=[Ailing.model_validate(_account(call, row).model_dump()) for row in rows]
    )


async def list_providers(call: Call) -> ProviderList:
    return ProviderList(
        items=[
            ProviderInfo(
                name=provider.name,
                title=dict(provider.title),
                about=dict(provider.about),
                icon=provider.icon,
                medium=provider.medium.value,
                fields=[SettingField(**field) for field in describe(provider.Settings)],
                capabilities=_plain_capabilities(provider.capabilities),
            )
            for provider in call.app[SERVICE].registry.providers()
        ]
    )


def _plain_capabilities(capabilities: Any) -> dict[str, Any]:
    values = {name: getattr(capabilities, name) for name in capabilities.__dataclass_fields__}
    values["attachments"] = dict(values["attachments"])
    del values["rate_limits"]  # the sender's business
    return values


async def list_brands(call: Call) -> BrandList:
    rows = await store.brands(call.app[SERVICE].database, sa.true(), archived=call.query.archived)
    return BrandList(items=[Brand.model_validate(dict(row)) for row in rows])


async def add_brand(call: Call) -> Brand:
    return await _save_brand(call, None, call.body.model_dump())


async def change_brand(call: Call) -> Brand:
    return await _save_brand(call, call.id(), changes(call.body))


async def _save_brand(call: Call, brand_id: UUID | None, values: dict[str, Any]) -> Brand:
    accounts = call.app[SERVICE]
    target = brand_id or new_id()

    async def step(unit: Unit) -> Record:
        written = dict(values)
        name = written.get("name")
        if name and await rows.name_is_taken(unit, t.brands, name, but=target):
            raise Conflict("the name is taken", code="duplicate", field="name")
        if brand_id is None:
            await store.add_brand(unit, {"id": target, **written})
        else:
            await store.brand(unit, target)
            if "archived" in written:
                if written["archived"] and await store.brand_is_used(unit, target):
                    raise Conflict("accounts belong to this brand", code="in_use")
                written["archived_at"] = accounts.clock.now() if written["archived"] else None
                del written["archived"]
            await rows.change(unit, t.brands, target, written)
        await tell_directory(unit, target, actor=call.actor.label, cause="brand")
        return await store.brand(unit, target)

    return Brand.model_validate(dict(await accounts.database.run(step)))


ROUTES: list[Route] = [
    Route("GET", "/accounts/providers", list_providers, P.SUPERVISE,
          "Providers and the fields of their settings", answer=ProviderList),
    Route("GET", "/accounts/ailing", list_ailing, P.SUPERVISE,
          "Connections that do not work now", answer=AilingList),
    Route("POST", "/accounts/try", try_settings, P.ADMINISTER,
          "Ask a provider about settings before they are saved", body=TrySettings, answer=Told),
    Route("GET", "/accounts", list_accounts, P.SUPERVISE, "Connections by title",
          query=ListQuery, answer=AccountList),
    Route("POST", "/accounts", add_account, P.ADMINISTER, "Add a connection", body=NewAccount,
          answer=Account, status=201),
    Route("GET", "/accounts/{id}", get_account, P.SUPERVISE, "One connection", answer=Account),
    Route("PATCH", "/accounts/{id}", change_account, P.ADMINISTER,
          "Change a connection, its settings and secrets; switch it off; archive it",
          body=AccountPatch, answer=Account),
    Route("POST", "/accounts/{id}/check", check_account, P.ADMINISTER,
          "Ask the provider whether the connection works", answer=Account),
    Route("GET", "/accounts/{id}/report", report_account, P.SUPERVISE,
          "Ask the provider how its side of the connection does", answer=Told),
    Route("GET", "/brands", list_brands, P.SUPERVISE, "Brands by name", query=ListQuery,
          answer=BrandList),
    Route("POST", "/brands", add_brand, P.ADMINISTER, "Add a brand", body=NewBrand, answer=Brand,
          status=201),
    Route("PATCH", "/brands/{id}", change_brand, P.ADMINISTER, "Change or archive a brand",
          body=BrandPatch, answer=Brand),
]  # fmt: skip
