"""Where answers go, and who gets a copy."""

from __future__ import annotations

from uuid import UUID

import pytest

from contact_center.kernel.ids import new_id
from tests.contact_center.mail.post import Box, Post, results
from tests.contact_center.mail.replying import talk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def defaults(box: Box, contact: UUID) -> list[str]:
    """Whom the composer shows before anything is chosen."""
    start = await box.ask("GET", f"/contacts/{contact}/letter")
    return [one["address"] for one in start.body["to"]]


async def test_an_answer_goes_where_the_client_wants_it_and_the_composer_says_so_before(
    post: Post,
) -> None:
    box = await post.box()
    box.write(Reply_To=f"Бухгалтерия <books@client.example>, {box.address}")
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    assert await defaults(box, contact) == ["books@client.example"]
    await box.reply(contact)
    assert (await box.envelope()).recipients == ["books@client.example"]
    chosen = {"to": [{"address": box.client}]}
    await box.reply(contact, letter=chosen)
    assert (await box.envelope(2)).recipients == [box.client]


@pytest.mark.parametrize(
    "headers",
    [
        {"Reply_To": "help{n}+list@SHOP.example"},
        {"Reply_To": "unknown@nowhere.invalid"},
        {"Reply_To": "x@evil.example", "Authentication_Results": results("fail")},
        {"Reply_To": "x@evil.example", "Authentication_Results": results("pass", "evil.example")},
        {"Reply_To": "all@list.example", "List_Id": "<all.list.example>"},
    ],
    ids=["ourselves", "nobody", "forged", "proven for another", "a list"],
)
async def test_a_reply_to_that_is_not_the_clients_to_choose_is_passed_over(
    post: Post, headers: dict[str, str]
) -> None:
    box = await post.box()
    contact = await talk(box)
    first = f"<1.{box.number}@client.example>"
    box.write("Ещё", References=first,
              **{name: value.format(n=box.number) for name, value in headers.items()})  # fmt: skip
    await box.messages(2)
    assert await defaults(box, contact) == [box.client]
    await box.reply(contact)
    assert (await box.envelope()).recipients == [box.client]


async def test_an_address_of_another_mailbox_of_the_house_is_no_place_for_answers(
    post: Post,
) -> None:
    box, other = await post.box(), await post.box(aliases=["sales@Лавка.example"])
    box.write(Reply_To=f"{other.address}, sales@xn--80aaf6ac.example")
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    assert await defaults(box, contact) == [box.client]


async def test_a_stranger_on_the_thread_does_not_say_where_answers_go(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    box.write("Пишите мне", sender="boris@other.example", Reply_To="x@evil.example",
              References=f"<1.{box.number}@client.example>")  # fmt: skip
    await box.messages(2)
    assert await defaults(box, contact) == [box.client]


async def copies(box: Box, contact: UUID) -> list[str]:
    """Who the composer shows to get a copy before anything is chosen."""
    start = await box.ask("GET", f"/contacts/{contact}/letter")
    return [one["address"] for one in start.body["cc"]]


async def test_who_was_written_to_before_and_stands_on_the_letter_gets_a_copy_of_the_answer(
    post: Post,
) -> None:
    box = await post.box(aliases=["sales@shop.example"])
    on_it = f"Босс <Boss@client.example>, other@client.example, sales@shop.example, {box.address}"
    box.write(Cc=on_it)
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    assert await copies(box, contact) == []  # the client alone names them
    chosen = {"to": [{"address": box.client}], "cc": [{"address": "boss@client.example"}]}
    await box.reply(contact, letter=chosen)
    box.answer(await box.arrived(), Cc=on_it)
    await box.messages(3)
    assert await copies(box, contact) == ["Boss@client.example"]
    await box.reply(contact)
    assert (await box.envelope(2)).recipients == [box.client, "Boss@client.example"]
    await box.reply(contact, letter={"to": [{"address": box.client}]})  # taken away by hand
    assert (await box.envelope(3)).recipients == [box.client]
    box.answer(await box.arrived(3))  # and the client wants it no more
    await box.messages(6)
    assert await copies(box, contact) == []


async def test_a_proven_address_of_the_clients_gets_a_copy_and_a_claimed_one_does_not(
    post: Post,
) -> None:
    box = await post.box()
    box.write(Cc="home@client.example, typed@client.example")
    contact: UUID = (await box.contact())["id"]
    await box.take(contact)
    for value, proof in (("home", "confirmed"), ("typed", "claimed")):
        await post.db.execute(
            "INSERT INTO identities (id, client_id, medium, value, proof) SELECT $1, i.client_id,"
            " 'email', $2, $3 FROM contacts c JOIN identities i ON i.id = c.identity_id"
            " WHERE c.id = $4",
            new_id(), f"{value}@client.example", proof, contact,
        )  # fmt: skip
    assert await copies(box, contact) == ["home@client.example"]
    await box.reply(contact)
    assert (await box.envelope()).recipients == [box.client, "home@client.example"]


async def test_a_stranger_who_wrote_himself_into_the_thread_gets_no_copy(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    stranger = "stranger@other.example"
    chosen = {"to": [{"address": box.client}], "cc": [{"address": stranger}]}
    await box.reply(contact, letter=chosen)
    first = await box.arrived()
    box.answer(first, sender=stranger)
    box.answer(first, Cc=stranger)
    await box.messages(4)
    assert await copies(box, contact) == []


async def test_a_forged_letter_does_not_say_who_gets_copies(post: Post) -> None:
    box = await post.box()
    contact = await talk(box)
    chosen = {"to": [{"address": box.client}], "cc": [{"address": "boss@client.example"}]}
    await box.reply(contact, letter=chosen)
    forged = results("fail")
    box.answer(await box.arrived(), Cc="boss@client.example", Authentication_Results=forged)
    await box.messages(3)
    assert await copies(box, contact) == []
