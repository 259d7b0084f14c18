"""Administration of connections. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any, Protocol

import sqlalchemy as sa
from aiohttp import web

from channels.contract import Channel, Report, WebhookChannel, listens
from channels.settings import describe
from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts import asking, store
from contact_center.accounts.model import (
    Account,
    AccountList,
    AccountPatch,
    Ailing,
    AilingList,
    NewAccount,
    ProviderInfo,
    ProviderList,
    SettingField,
    Told,
    TrySettings,
)
from contact_center.accounts.service import SERVICE, Accounts, Saved
from contact_center.employees.handlers import ListQuery, changes
from contact_center.kernel.errors import HouseError
from contact_center.storage.unit import Record

P = Permission


class Addresses(Protocol):
    """Tells the addresses of an account to show: where to post, what to embed."""

    def __call__(self, provider: str, public_key: str, *, hooked: bool) -> dict[str, str]: ...


ADDRESSES: web.AppKey[Addresses] = web.AppKey("account_addresses", Addresses)


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
          answer=Account, status=201, secret=True),
    Route("GET", "/accounts/{id}", get_account, P.SUPERVISE, "One connection", answer=Account),
    Route("PATCH", "/accounts/{id}", change_account, P.ADMINISTER,
          "Change a connection, its settings and secrets; switch it off; archive it",
          body=AccountPatch, answer=Account),
    Route("POST", "/accounts/{id}/check", check_account, P.ADMINISTER,
          "Ask the provider whether the connection works", answer=Account),
    Route("GET", "/accounts/{id}/report", report_account, P.SUPERVISE,
          "Ask the provider how its side of the connection does", answer=Told),
]  # fmt: skip
