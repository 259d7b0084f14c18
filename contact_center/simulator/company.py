"""config/demo.toml as typed values."""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contact_center.kernel.errors import SettingsError

FILE = "demo.toml"
PACKAGE = Path(__file__).resolve().parents[1]
PLACES = (Path("config"), PACKAGE.parent / "config", PACKAGE / "_config")
Language = Literal["ru", "be", "en"]
Texts = dict[Literal["ru", "en"], str]


class Part(BaseModel):
    """A table of the file; what it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Brand(Part):
    code: str
    name: str
    locale: str
    zone: str


class Department(Part):
    code: str
    name: str


class Queue(Part):
    code: str
    name: str
    department: str
    brand: str
    hours: dict[str, list[tuple[str, str]]]
    zone: str = "Europe/Minsk"
    offer_seconds: int = 45
    wrap_up_seconds: int = 60
    priority_seconds: int = 0
    offline_text: Texts = {}
    letters: dict[Literal["signature", "confirmation", "too_large"], Texts] = {}


class Mailbox(Part):
    """A mailbox; its servers are the simulator's."""

    code: str
    title: str
    address: str
    brand: str
    queue: str


class Line(Part):
    """A bot or a number that clients with phones write to; its provider is the simulator's.

    `number` is the one they see: a telephone number, or the bot's name.
    """

    code: str
    title: str
    number: str
    brand: str
    queue: str


class Account(Part):
    """A web chat; its code is the key of its address, so that the demo pages know it."""

    code: str
    title: str
    brand: str
    queue: str
    color: str
    greeting: Texts
    prechat: list[dict[str, Any]] = []


class Employee(Part):
    email: str
    name: str
    role: Literal["operator", "supervisor", "administrator", "light"]
    departments: list[str]
    queues: list[str]
    locale: str = "ru"
    skills: dict[str, int] = Field(default_factory=dict)
    """Skill → level."""


class Titled(Part):
    code: str
    title: Texts


class Names(Part):
    women: list[str]
    men: list[str]
    family: list[str]


class AllNames(Part):
    ru: Names
    be: Names
    en: Names
    long: list[str]
    companies: list[str]
    public_bodies: list[str]


class Talk(Part):
    """Lines begin with who speaks: c(lient), o(perator), n(ote)."""

    language: Language
    queue: str
    lines: list[str]
    kind: str = "other"
    result: str = ""
    subject: str = ""
    """Of a letter; what has none is a talk in the chat."""

    @cached_property
    def spoken(self) -> list[tuple[str, str]]:
        return [(line[0], line[2:]) for line in self.lines]


class Company(Part):
    """The whole file."""

    seed: int
    name: str
    locale: str
    zone: str
    days: int
    clients: int
    contacts: int
    password: str
    brands: list[Brand]
    departments: list[Department]
    queues: list[Queue]
    accounts: list[Account]
    mailbox: Mailbox
    telegram: Line
    sms: Line
    employees: list[Employee]
    kinds: list[Titled]
    result_codes: list[Titled]
    break_reasons: list[Titled]
    skills: list[Titled]
    names: AllNames
    products: dict[Language, list[str]]
    talks: list[Talk]
    waiting: list[Talk]
    letters: list[Talk]
    filler: dict[Language, list[str]]


def load(path: Path | None = None) -> Company:
    """Read the file; raises SettingsError with the place of a mistake."""
    found = path or next((place / FILE for place in PLACES if (place / FILE).exists()), None)
    if found is None:
        raise SettingsError("the demo company is not here", file=f"config/{FILE}")
    try:
        with found.open("rb") as file:
            return Company(**tomllib.load(file))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(error), file=str(found)) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(first["msg"], file=str(found), key=key) from None
