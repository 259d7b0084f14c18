"""What the API says of clients and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ClientKind = Literal["person", "company", "public_body"]
Proof = Literal["claimed", "provider", "signed", "confirmed"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
# Named by people, in their own words: "city", "Размер обуви".
FieldName = Annotated[str, StringConstraints(pattern=r"^[^\W\d_][\w .,/()-]{0,39}$")]
Stage = Literal[
    "learns", "compares", "decides", "deals", "uses", "repeats", "leaving", "lost", "returned"
]


class Body(BaseModel):
    """What comes in: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Identity(BaseModel):
    """One address of a client and how sure it is.

    `profile`: what the provider tells of him (username, locale); `avatar`: the short-lived address
    of his picture there.
    """

    id: UUID
    medium: str
    value: str
    name: str
    proof: Proof
    created_at: datetime
    seen_at: datetime | None
    profile: dict[str, str] = {}
    avatar: str | None = None


class ClientRow(BaseModel):
    """A line of the list of clients."""

    id: UUID
    name: str
    kind: ClientKind
    stage: Stage
    locale: str | None
    created_at: datetime
    addresses: list[str]


class ClientList(BaseModel):
    """A page of clients; `next` is the cursor of the following one."""

    items: list[ClientRow]
    next: str | None


class Note(BaseModel):
    """An internal remark on a client."""

    id: UUID
    employee_id: UUID | None
    text: str
    created_at: datetime


class Change(BaseModel):
    """Who changed which field, from which source."""

    field: str
    old: Any
    new: Any
    source: str
    employee_id: UUID | None
    at: datetime


class Merge(BaseModel):
    """A merge in force: the loser's addresses are at this client."""

    id: UUID
    loser_id: UUID
    loser_name: str
    reason: str
    merged_by: UUID | None
    merged_at: datetime


class Client(BaseModel):
    """The card. `merged_into` names the client this one now is part of."""

    id: UUID
    version: int
    kind: ClientKind
    name: str
    locale: str | None
    stage: Stage
    fields: dict[str, Any]
    responsible_id: UUID | None
    touchpoint: str | None
    merged_into: UUID | None
    created_at: datetime
    changed_at: datetime | None
    identities: list[Identity]
    notes: list[Note]
    changes: list[Change]
    merges: list[Merge]
    contacts_total: int


class Suggestion(BaseModel):
    """Another client who may be the same one; `reasons` are codes, `score` 0..1."""

    client: ClientRow
    reasons: list[Literal["same_address", "similar_name"]]
    score: float


class SuggestionList(BaseModel):
    """Likely doubles, the likeliest first."""

    items: list[Suggestion]


class ListQuery(Body):
    """Which clients. `q`: name, address, phone in any form."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ClientIn(Body):
    """A client to register by hand."""

    name: Name
    kind: ClientKind = "person"
    locale: Literal["ru", "en", "be"] | None = None
    fields: dict[FieldName, Line] = Field(default_factory=dict, max_length=60)


class ClientPatch(Body):
    """What may change; what is absent stays. In `fields` null removes a field."""

    name: Name | None = None
    kind: ClientKind | None = None
    locale: Literal["ru", "en", "be"] | None = None
    stage: Stage | None = None
    responsible_id: UUID | None = None
    fields: dict[FieldName, Line | None] | None = Field(default=None, max_length=60)


class NoteIn(Body):
    """A remark to add."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


class IdentityIn(Body):
    """An address somebody typed: claimed until it is proven. `medium`: email, phone and so on."""

    medium: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,19}$")]
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class MergeIn(Body):
    """Take this client's addresses over."""

    loser_id: UUID
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class Merged(BaseModel):
    """The merge, by which it can be undone."""

    merge_id: UUID
    client_id: UUID
