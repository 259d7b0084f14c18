"""What the API takes and says of connections."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from channels.settings import Control
from contact_center.employees.model import Body, Name, Out


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


Problem = Literal["wrong", "unreachable", "consent"]


class Told(BaseModel):
    """What the provider said. `name`: how our side is called there; `address`: where it calls us.

    `waiting`: events it has not brought yet; `error`: why it could not bring one. None is what it
    does not tell. `problem`: it refused us, could not be asked, or somebody has to agree
    there first; `words` say why.
    """

    problem: Problem | None
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
