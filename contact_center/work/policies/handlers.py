"""The routing policy over the API: its editions, drafts, faults, and which one runs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.employees.model import Body, Locale, Out
from contact_center.work.policies import holidays, store
from contact_center.work.policies.service import LISTED, SERVICE

P = Permission
Note = Annotated[str, Field(max_length=500)]


class PolicyHead(Out):
    """A policy without what it says. `edition`: its number, once it has run; drafts have none."""

    id: UUID
    edition: int | None
    state: Literal["draft", "current", "past"]
    author: str
    note: str
    from_file: bool
    at: datetime | None
    version: int


class PolicyList(BaseModel):
    """Drafts first, then editions, the newest first."""

    items: list[PolicyHead]
    next: str | None = None


class PolicyProblem(BaseModel):
    """A fault: `queues.orders.ladder[2].needs.ru`, and a sentence."""

    place: str
    reason: str


class PolicyChange(BaseModel):
    """What would change for the running policy; null: it is not said."""

    place: str
    before: Any
    after: Any


class PolicyVerdict(BaseModel):
    """What is wrong with a document, and what it would change if nothing is.

    `adopted`: code → id of queues without a code that would get one, for they have the title's
    name. Other queues nobody has are made when it runs (a change of `queues.<code>`). `names`: of
    all queues it speaks of, by their codes.
    """

    problems: list[PolicyProblem]
    changes: list[PolicyChange]
    adopted: dict[str, UUID]
    names: dict[str, str]


class Policy(PolicyHead, PolicyVerdict):
    """A policy; `body` has the shape of `config/routing.toml`."""

    body: dict[str, Any]


class PolicyDraft(Body):
    """A document to keep as a draft; what it says nothing of stays as it runs."""

    body: dict[str, Any]
    note: Note = ""


class PolicyDocument(Body):
    """A document to look at."""

    body: dict[str, Any]


class Activation(Body):
    """`edition`: the one that runs now, as far as who asks knows."""

    edition: Annotated[int, Field(ge=0)]


class HolidayQuery(Body):
    """`country`: ISO 3166, two letters; `year`: this one where it is left out."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "BY"
    year: Annotated[int, Field(ge=holidays.FIRST_YEAR, le=holidays.LAST_YEAR)] | None = None
    locale: Locale = "en"


class Holiday(BaseModel):
    """A public holiday; its name in the language asked for, where the library knows it."""

    date: date
    name: str


class HolidayList(BaseModel):
    """By date."""

    items: list[Holiday]


class CountryList(BaseModel):
    """Codes of countries, by ISO 3166."""

    items: list[str]


def _policy(shown: dict[str, Any]) -> Policy:
    return Policy.model_validate({**shown, "from_file": shown["source"] is not None})


async def list_policies(call: Call) -> PolicyList:
    rows = await store.listed(call.app[SERVICE].database, LISTED)
    return PolicyList(items=[PolicyHead.model_validate(dict(row)) for row in rows])


async def current_policy(call: Call) -> Policy:
    return _policy(await call.app[SERVICE].current())


async def get_policy(call: Call) -> Policy:
    return _policy(await call.app[SERVICE].one(call.id()))


async def check_policy(call: Call) -> PolicyVerdict:
    return PolicyVerdict.model_validate(await call.app[SERVICE].judge(call.body.body))


async def add_draft(call: Call) -> Policy:
    body = call.body
    return _policy(await call.app[SERVICE].save(call.actor.label, None, body.body, body.note))


async def change_draft(call: Call) -> Policy:
    body = call.body
    return _policy(
        await call.app[SERVICE].save(
            call.actor.label, call.id(), body.body, body.note, expected=call.expected_version
        )
    )


async def discard_draft(call: Call) -> None:
    await call.app[SERVICE].discard(call.actor.label, call.id(), call.expected_version)


async def activate(call: Call) -> Policy:
    return _policy(
        await call.app[SERVICE].activate(
            call.actor.label, call.id(), call.body.edition, call.expected_version
        )
    )


async def list_holidays(call: Call) -> HolidayList:
    query = call.query
    year = query.year or datetime.now(UTC).year
    found = await holidays.of(query.country, year, query.locale)
    return HolidayList(items=[Holiday(date=day, name=name) for day, name in found])


async def list_countries(_call: Call) -> CountryList:
    return CountryList(items=await holidays.countries())


ROUTES: list[Route] = [
    Route("GET", "/policies", list_policies, P.SUPERVISE, "Drafts and editions of the policy",
          answer=PolicyList),
    Route("POST", "/policies", add_draft, P.ADMINISTER, "Keep a document as a draft",
          body=PolicyDraft, answer=Policy, status=201),
    Route("GET", "/policies/current", current_policy, P.SUPERVISE, "The policy that runs",
          answer=Policy),
    Route("POST", "/policies/check", check_policy, P.ADMINISTER,
          "What is wrong with a document and what it would change", body=PolicyDocument,
          answer=PolicyVerdict),
    Route("GET", "/policies/{id}", get_policy, P.SUPERVISE, "One policy", answer=Policy),
    Route("PUT", "/policies/{id}", change_draft, P.ADMINISTER, "Change a draft",
          body=PolicyDraft, answer=Policy),
    Route("DELETE", "/policies/{id}", discard_draft, P.ADMINISTER, "Throw a draft away",
          status=204),
    Route("POST", "/policies/{id}/activate", activate, P.ADMINISTER,
          "Let a draft or a past edition run from now on", body=Activation, answer=Policy),
    Route("GET", "/holidays", list_holidays, P.SUPERVISE,
          "The public holidays of a country and year, to take over into a policy",
          query=HolidayQuery, answer=HolidayList),
    Route("GET", "/holidays/countries", list_countries, P.SUPERVISE,
          "The countries whose public holidays are known", answer=CountryList),
]  # fmt: skip
