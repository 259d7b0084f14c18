"""Links that begin a talk: carried over from another connection, met at some place, forged."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from contact_center.clients.starting import service
from contact_center.kernel.ids import new_id
from tests.contact_center.telegram.conftest import Shop
from tests.support.waiting import eventually

OWNER = """
SELECT i.client_id, c.touchpoint_id, c.name FROM identities i JOIN clients c ON c.id = i.client_id
WHERE i.medium = 'telegram' AND i.value = $1
"""


async def known(shop: Shop) -> UUID:
    """A client the shop has met elsewhere."""
    client = new_id()
    await shop.office.db.execute("INSERT INTO clients (id, name) VALUES ($1, 'Ольга И.')", client)
    await shop.office.db.execute(
        "INSERT INTO identities (id, client_id, medium, value, proof)"
        " VALUES ($1, $2, 'email', 'olga@shop.example', 'provider')",
        new_id(), client,
    )  # fmt: skip
    return client


async def carry(shop: Shop, client: UUID) -> str:
    """The word of a new link."""
    body = {"account_id": str(shop.account)}
    link = (await shop.ask("POST", f"/clients/{client}/start-links", json=body)).body
    address = urlsplit(str(link["url"]))
    assert (address.netloc, address.path) == ("t.me", "/shop_bot")
    (word,) = parse_qs(address.query)["start"]
    return word


async def owner(shop: Shop, who: int = 4242) -> dict[str, Any]:
    row = await shop.office.db.fetchrow(OWNER, str(who))
    return dict(row) if row else {}


async def test_a_client_is_carried_over_once_and_it_can_be_undone(shop: Shop) -> None:
    client = await known(shop)
    word = await carry(shop, client)
    await shop.fake.say(text=f"/start {word}")

    async def joined() -> bool:
        return (await owner(shop)).get("client_id") == client

    await eventually(joined)
    card = (await shop.ask("GET", f"/clients/{client}")).body
    assert [one["medium"] for one in card["identities"]] == ["email", "telegram"]
    (merge,) = card["merges"]
    await shop.fake.say(chat_id=7, text=f"/start {word}")  # passed on to somebody else
    await shop.messages(2)
    assert (await owner(shop, 7))["client_id"] != client
    await shop.ask("POST", f"/merges/{merge['id']}/undo")
    assert not await joined()
    assert (await shop.ask("GET", f"/clients/{client}")).body["name"] == "Ольга И."
    jobs = "SELECT 1 FROM jobs WHERE kind = 'clients.carry' AND state <> 'done'"
    assert await shop.office.db.fetch(jobs) == []


async def test_who_was_nameless_gets_the_name_he_has_there(shop: Shop) -> None:
    client = await known(shop)
    await shop.office.db.execute("UPDATE clients SET name = '' WHERE id = $1", client)
    await shop.fake.say(text=f"/start {await carry(shop, client)}")

    async def named() -> str:
        return str((await shop.ask("GET", f"/clients/{client}")).body["name"])

    assert await eventually(named) == "Ольга"


async def test_who_has_a_record_of_his_own_is_only_suggested(shop: Shop) -> None:
    await shop.fake.say(text="Здравствуйте")
    await shop.messages(1)
    other = (await owner(shop))["client_id"]
    await shop.office.db.execute(
        "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'phone', '+1')",
        new_id(), other,
    )  # fmt: skip
    client = await known(shop)
    await shop.fake.say(text=f"/start {await carry(shop, client)}")

    async def suggested() -> Any:
        told = await shop.ask("GET", f"/clients/{client}/suggestions")
        return [one["client"]["id"] for one in told.body["items"]]

    assert await eventually(suggested) == [str(other)]
    assert (await owner(shop))["client_id"] == other


async def test_forged_and_expired_words_are_plain_text(shop: Shop) -> None:
    client = await known(shop)
    word = await carry(shop, client)
    await shop.office.db.execute("UPDATE start_links SET expires_at = now() - interval '1 s'")
    forged = word[:-1] + ("A" if word[-1] != "A" else "B")
    for text in (word, forged):
        await shop.fake.say(text=f"/start {text}")
    messages = await shop.messages(2)
    assert [one["text"] for one in messages] == [f"/start {word}", f"/start {forged}"]
    assert (await owner(shop))["client_id"] != client
    assert await shop.office.db.fetchval("SELECT used_at FROM start_links") is None
    kinds = await shop.office.db.fetch("SELECT kind FROM touchpoints")
    assert {row["kind"] for row in kinds} == {"account"}


async def test_a_printed_link_says_for_everybody_where_he_met_us(shop: Shop) -> None:
    boss = await shop.office.hire("boss", "administrator")
    place = {"kind": "shop", "key": "minsk-1", "title": "Немига, 5"}
    path = f"/accounts/{shop.account}/start-links"
    link = await shop.office.ask("POST", path, boss, json=place)
    assert (link.status, link.body["expires_at"]) == (201, None)
    word = parse_qs(urlsplit(link.body["url"]).query)["start"][0]
    for who in (4242, 7):
        await shop.fake.say(chat_id=who, text=f"/start {word}")
    await shop.messages(2)
    rows = await shop.rows(
        "SELECT t.kind, t.key, t.title FROM contacts c JOIN touchpoints t ON t.id = c.touchpoint_id"
        " WHERE c.account_id = $1"
    )
    assert rows == [place, place]
    (shown,) = (await shop.office.ask("GET", path, boss)).body["items"]
    assert {name: shown[name] for name in place} == place
    assert (shown["url"], shown["used_at"] is None) == (link.body["url"], False)
    for status in (204, 404):
        revoked = await shop.office.ask("DELETE", f"{path}/{shown['id']}", boss)
        assert revoked.status == status
    assert (await shop.office.ask("GET", path, boss)).body["items"] == []
    await shop.fake.say(chat_id=9, text=f"/start {word}")
    last = (await shop.messages(3))[-1]
    assert last["text"] == f"/start {word}"


async def test_a_connection_has_only_so_many_links(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_PLACES", 1)
    boss = await shop.office.hire("boss", "administrator")
    path = f"/accounts/{shop.account}/start-links"
    for status, key in ((201, "one"), (409, "two")):
        place = {"kind": "campaign", "key": key, "title": key}
        assert (await shop.office.ask("POST", path, boss, json=place)).status == status


async def test_whoever_writes_first_is_looked_up_and_his_picture_fetched(shop: Shop) -> None:
    picture = shop.fake.file(PNG)
    shop.fake.chat(4242).avatar = picture
    await shop.fake.say(text="Здравствуйте")
    await shop.contact()
    client = (await owner(shop))["client_id"]

    async def shown() -> Any:
        (identity,) = (await shop.ask("GET", f"/clients/{client}")).body["identities"]
        return identity if identity["avatar"] else None

    identity = await eventually(shown)
    assert identity["profile"] == {"locale": "ru"}
    got = await shop.office.client.get(identity["avatar"])
    assert (got.status, await got.read(), got.content_type) == (200, PNG, "image/png")
    await shop.fake.say(text="Ещё")
    await shop.messages(2)
    asked = [name for name, _ in shop.fake.calls if name == "getUserProfilePhotos"]
    assert len(asked) == 1
    stale = "UPDATE attachments SET created_at = now() - interval '99 days'"
    await shop.office.db.execute(stale)
    files = shop.office.workspace.files
    await shop.office.db.run(files._drop_stale)
    assert await shown()


PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\rIDATx\x9cc\xfc\xcf\xc0\xf0\x1f\0\x05\x05\x02\0_\xc8\xf1\xd2\0\0\0\0IEND\xaeB`\x82"
)
