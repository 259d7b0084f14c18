"""Some hundred invented clients, with the addresses they gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contact_center.simulator.company import Company, Language
from contact_center.simulator.rows import Maker, Rows

LATIN = str.maketrans(
    dict(
        zip(
            "абвгдеёжзийклмнопрстуўфхцчшщъыьэюяі",
            ["a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p",
             "r", "s", "t", "u", "u", "f", "h", "c", "ch", "sh", "sch", "", "y", "", "e", "yu",
             "ya", "i"],
            strict=True,
        )
    )
)  # fmt: skip
CITIES = {
    "ru": ("Минск", "Гомель", "Могилёв", "Москва", "Смоленск"),
    "be": ("Гродна", "Брэст", "Віцебск", "Мінск"),
    "en": ("Vilnius", "Warsaw", "Riga", "London"),
}
LANGUAGES: tuple[Language, ...] = ("ru", "be", "en")
STAGES = ("learns", "compares", "decides", "deals", "uses", "repeats")


@dataclass(frozen=True, slots=True)
class Person:
    """A client as the history needs him."""

    client: UUID
    identity: UUID
    visitor: str
    name: str
    language: Language
    since: datetime

    @property
    def called(self) -> str:
        """How an operator addresses him."""
        return self.name.split()[0]


def gather(company: Company, rows: Rows, maker: Maker, now: datetime) -> list[Person]:
    """Rows of the clients; the first ones have the long names."""
    people = []
    for number in range(company.clients):
        language = maker.chance.choices(LANGUAGES, (56, 18, 26))[0]
        if number < len(company.names.long):  # they stand in the file in this order
            language = ("ru", "en", "be")[number % 3]
        kind, name = _who(company, maker, number, language)
        since = now - timedelta(days=maker.chance.uniform(company.days, company.days * 6))
        person = _person(maker, since, number, name, language)
        _record(rows, maker, person, kind)
        _addresses(rows, maker, person, number)
        people.append(person)
    return people


def _who(company: Company, maker: Maker, number: int, language: str) -> tuple[str, str]:
    names, chance = company.names, maker.chance
    if number < len(names.long):
        return "person", names.long[number]
    if number % 23 == 0:
        return "company", chance.choice(names.companies)
    if number % 61 == 0:
        return "public_body", chance.choice(names.public_bodies)
    own = getattr(names, language)
    woman = maker.often(0.6)
    first, last = chance.choice(own.women if woman else own.men), chance.choice(own.family)
    if language == "ru" and woman:
        last += "а"
    return "person", f"{first} {last}"


def _person(maker: Maker, since: datetime, number: int, name: str, language: Language) -> Person:
    visitor = f"vdemo{number:05}{maker.chance.getrandbits(48):012x}"
    return Person(maker.id(since), maker.id(since), visitor, name, language, since)


def _record(rows: Rows, maker: Maker, person: Person, kind: str) -> None:
    stage = maker.chance.choice(STAGES)
    rows.add(
        "clients", id=person.client, kind=kind, name=person.name,
        locale="en" if person.language == "en" else "ru", stage=stage,
        fields={"city": maker.chance.choice(CITIES[person.language])}, created_at=person.since,
    )  # fmt: skip
    rows.add(
        "stage_history", id=maker.id(person.since), client_id=person.client, stage=stage,
        cause="first_contact", at=person.since,
    )  # fmt: skip


def _addresses(rows: Rows, maker: Maker, person: Person, number: int) -> None:
    given = [(person.identity, "visitor", person.visitor, "provider")]
    if maker.often(0.62):
        mail = (
            f"{_latin(person.name)}{number}@example.{'com' if person.language == 'en' else 'org'}"
        )
        given.append((maker.id(person.since), "email", mail, "claimed"))
    if maker.often(0.45):
        given.append((maker.id(person.since), "phone", _phone(maker, number), "claimed"))
    for identity, medium, value, proof in given:
        rows.add(
            "identities", id=identity, client_id=person.client, medium=medium, value=value,
            proof=proof, created_at=person.since,
        )  # fmt: skip
        rows.add(
            "client_changes", id=maker.id(person.since), client_id=person.client,
            identity_id=identity, field=medium, new=value, source="client", at=person.since,
        )  # fmt: skip


def _phone(maker: Maker, number: int) -> str:
    """No subscriber's number begins with 0 there: nobody can be reached by these."""
    prefix = maker.chance.choice(("+375290", "+375330", "+375170", "+74950"))
    digits = 12 if prefix.startswith("+7") and not prefix.startswith("+375") else 13
    return f"{prefix}{number:0{digits - len(prefix)}}"


def _latin(name: str) -> str:
    text = name.lower().translate(LATIN)
    return "".join(c for c in text if c.isascii() and c.isalnum())[:12] or "client"
