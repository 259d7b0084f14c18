"""What comes in and goes out about employees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contact_center.access.model import Role

Presence = Literal["ready", "break", "offline", "not_answering"]
State = Literal["invited", "active", "disabled"]

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Code = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)
]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Titles = Annotated[dict[Locale, Name], Field(min_length=1, max_length=20)]
Position = Annotated[int, Field(ge=0, le=100_000)]
Ceiling = Annotated[int, Field(ge=0, le=100)]
Ceilings = Annotated[
    dict[Annotated[str, StringConstraints(max_length=20)], Ceiling], Field(max_length=20)
]

HAND_BACK = "hand_back"
"""The job made when somebody may not work any more; its key is he, and the desk does it."""

DEFAULT_CEILINGS: Mapping[str, int] = {"chat": 4, "messenger": 5, "mail": 8}


def _is_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("expected an IANA time zone, e.g. Europe/Minsk")
    return name


Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_is_zone)]


class Body(BaseModel):
    """What comes in: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What goes out, made of stored values."""

    model_config = ConfigDict(from_attributes=True)


class Skill(Body):
    """How well an employee masters a skill, 1 to 5."""

    skill_id: UUID
    level: Annotated[int, Field(ge=1, le=5)]


class Employee(Out):
    """An employee as administration sees him.

    `holds`: how many open contacts he has in his hands or has laid aside; they go back to their
    queues when he is disabled or made `light`.
    """

    id: UUID
    email: str
    name: str
    role: Role
    state: State
    locale: str
    zone: str
    created_at: datetime
    version: int
    departments: list[UUID]
    queues: list[UUID]
    skills: list[Skill]
    presence: Presence
    budget: int
    ceilings: dict[str, int]
    holds: int


class Invited(Employee):
    """A new employee, with the link by which he chooses his password."""

    invitation_link: str


class Page(BaseModel):
    """A list that always fits on one page."""

    items: list[Any]
    next: str | None = None


class EmployeeList(BaseModel):
    """Employees by name."""

    items: list[Employee]
    next: str | None = None


class Coded(Out):
    """An entry of a short list."""

    id: UUID
    code: str
    title: dict[str, str]
    position: int = 0
    archived_at: datetime | None = None


class CodedPage(BaseModel):
    """Entries in their order."""

    items: list[Coded]
    next: str | None = None


class NewCoded(Body):
    """An entry to add."""

    code: Code
    title: Titles
    position: Position = 0


class CodedPatch(Body):
    """What may change of an entry; its code may not, history tells by it."""

    title: Titles | None = None
    position: Position | None = None
    archived: bool | None = None


class Department(Out):
    """A department; employees see the contacts of its queues as their role allows."""

    id: UUID
    name: str
    parent_id: UUID | None
    archived_at: datetime | None
    version: int
    members: list[UUID]


class DepartmentList(BaseModel):
    """Departments by name."""

    items: list[Department]
    next: str | None = None
