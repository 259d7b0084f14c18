"""The card: found by anything, changed with its history, doubles suggested."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from pydantic import ValidationError

from contact_center.access.model import Actor
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.clients.model import ClientIn, ClientPatch
from contact_center.clients.service import Clients
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Clients]:
    database = await Database.connect(database_url, size=3)
    yield Clients(database)
    await database.close()


@pytest.fixture
async def actor(service: Clients) -> Actor:
    employee = new_id()
    await service.database.execute(
        "INSERT INTO employees (id, email, name, role) "
        "VALUES ($1, 'a@example.org', 'A', 'operator')",
        employee,
    )
    return Actor(employee, "operator", "A", ROLE_PERMISSIONS["operator"])


async def add(service: Clients, actor: Actor, name: str) -> UUID:
    return await service.add(actor, ClientIn(name=name))


@pytest.mark.parametrize(
    "typed", ["иван", "bdfy", "ivanov", "+375 29 123", "8 029 1234567", "petr@"]
)
async def test_a_client_is_found_by_what_people_type(
    service: Clients, actor: Actor, typed: str
) -> None:
    ivan = await add(service, actor, "Иванов Пётр")
    await add(service, actor, "Somebody Else")
    await service.add_identity(actor, ivan, "phone", "8 (029) 123-45-67")
    await service.add_identity(actor, ivan, "email", "Petr@Example.org")
    found = await service.page(actor, typed, None, 10)
    assert [item.id for item in found.items] == [ivan]


async def test_pages_follow_each_other_without_gap_or_repeat(
    service: Clients, actor: Actor
) -> None:
    made = [await add(service, actor, f"Client {number}") for number in range(7)]
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await service.page(actor, "", cursor, 3)
        seen += [item.id for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == sorted(made, reverse=True)


async def test_each_change_says_who_changed_what_from_what(service: Clients, actor: Actor) -> None:
    client = await add(service, actor, "Anna")
    patch = ClientPatch(name="Anna Sokolova", fields={"size": "M"})
    await service.change(actor, client, patch, 1)
    card = await service.card(actor, client)
    assert (card.name, card.fields, card.version) == ("Anna Sokolova", {"size": "M"}, 2)
    assert {(one.field, one.old, one.new) for one in card.changes} == {
        ("name", "Anna", "Anna Sokolova"),
        ("fields.size", None, "M"),
    }
    assert {one.employee_id for one in card.changes} == {actor.employee_id}
    with pytest.raises(Conflict) as refused:
        await service.change(actor, client, ClientPatch(name="B"), 1)
    assert refused.value.current["name"] == "Anna Sokolova"
    await service.change(actor, client, ClientPatch(fields={"size": None}), 2)
    assert (await service.card(actor, client)).fields == {}


async def test_who_is_part_of_another_client_is_given_no_addresses_and_not_changed(
    service: Clients, actor: Actor
) -> None:
    winner, loser = await add(service, actor, "Anna"), await add(service, actor, "Ann")
    merge = await service.merge(actor, winner, loser, "")
    for act in (
        service.add_identity(actor, loser, "phone", "+375291234567"),
        service.change(actor, loser, ClientPatch(name="Anna S."), None),
    ):
        with pytest.raises(Conflict) as refused:
            await act
        assert (refused.value.code, refused.value.extra["merged_into"]) == (
            "already_merged", str(winner),
        )  # fmt: skip
    assert (await service.card(actor, winner)).identities == []
    await service.undo(actor, merge)
    await service.add_identity(actor, loser, "phone", "+375291234567")


async def test_a_field_keeps_the_name_people_gave_it(service: Clients, actor: Actor) -> None:
    client = await add(service, actor, "Anna")
    await service.change(actor, client, ClientPatch(fields={"Размер обуви": "43"}), 1)
    assert (await service.card(actor, client)).fields == {"Размер обуви": "43"}
    for name in ("", " ", "5", "<b>", "x" * 41):
        with pytest.raises(ValidationError):
            ClientPatch(fields={name: "43"})


async def test_a_typed_address_is_only_claimed_and_never_taken_from_another(
    service: Clients, actor: Actor
) -> None:
    one, two = await add(service, actor, "One"), await add(service, actor, "Two")
    await service.add_identity(actor, one, "email", "x@example.org")
    await service.add_identity(actor, one, "email", "x@example.org")
    with pytest.raises(Conflict) as refused:
        await service.add_identity(actor, two, "email", "X@example.org")
    assert refused.value.extra["client_id"] == str(one)
    card = await service.card(actor, one)
    assert [(i.value, i.proof) for i in card.identities] == [("x@example.org", "claimed")]
    with pytest.raises(Invalid):
        await service.add_identity(actor, two, "phone", "not a phone")
    with pytest.raises(Invalid):
        await service.add_identity(actor, two, "visitor", "somebody else's session")


async def test_doubles_are_suggested_by_name_and_by_a_claimed_address(
    service: Clients, actor: Actor
) -> None:
    one = await add(service, actor, "Анна Соколова")
    two = await add(service, actor, "Анна Соколовa")
    three = await add(service, actor, "Quite Different")
    await service.add_identity(actor, three, "email", "anna@example.org")
    await service.database.execute(
        "INSERT INTO client_changes (id, client_id, field, new, source) "
        "VALUES ($1, $2, 'email', $3, 'claimed')",
        new_id(), one, "anna@example.org",
    )  # fmt: skip
    found = (await service.suggestions(actor, one)).items
    assert [(item.client.id, item.reasons) for item in found] == [
        (three, ["same_address"]),
        (two, ["similar_name"]),
    ]
    with pytest.raises(NotFound):
        await service.suggestions(actor, new_id())


async def test_what_was_noted_about_a_merged_client_is_shown_with_the_winner(
    service: Clients, actor: Actor
) -> None:
    one, two = await add(service, actor, "One"), await add(service, actor, "Two")
    await service.add_note(actor, two, "prefers mornings")
    await service.add_identity(actor, two, "email", "two@example.org")
    merge = await service.merge(actor, one, two, "the same phone")
    card = await service.card(actor, one)
    assert [note.text for note in card.notes] == ["prefers mornings"]
    assert [identity.value for identity in card.identities] == ["two@example.org"]
    assert [(one.id, one.loser_name) for one in card.merges] == [(merge, "Two")]
    assert (await service.card(actor, two)).merged_into == one
    await service.undo(actor, merge)
    assert (await service.card(actor, one)).notes == []
    assert (await service.card(actor, two)).merged_into is None


async def test_who_only_reads_sees_the_clients_whose_contacts_he_sees(
    service: Clients, actor: Actor
) -> None:
    client = await add(service, actor, "One")
    light = Actor(new_id(), "light", "L", ROLE_PERMISSIONS["light"])
    assert (await service.page(light, "", None, 10)).items == []
    with pytest.raises(NotFound):
        await service.card(light, client)
