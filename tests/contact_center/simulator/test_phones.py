"""Phones of invented clients and the house: what is written there comes here, and back."""

from __future__ import annotations

from typing import Any

import aiohttp

from channels.toolkit.sniff import sniff
from contact_center.simulator.phones.avatar import avatar
from contact_center.simulator.phones.content import files, marked
from contact_center.simulator.telegram_wire import Upload
from tests.support.demo import Demo
from tests.support.waiting import eventually

API = "/simulator/api/phones"


class Handset:
    """One phone, seen by the page."""

    def __init__(self, demo: Demo, channel: str) -> None:
        self.demo, self.channel, self.id = demo, channel, ""

    async def add(self, name: str) -> None:
        given = {"channel": self.channel, "name": name}
        self.id = (await self.demo.ask("POST", API, given))["id"]

    async def write(self, text: str, *pictures: bytes, **more: str) -> None:
        form = aiohttp.FormData({"text": text, **more}, default_to_multipart=True)
        for number, picture in enumerate(pictures):
            form.add_field("file", picture, filename=f"{number}.png", content_type="image/png")
        path = f"{self.demo.url}{API}/{self.id}/messages"
        async with self.demo.http.post(path, data=form) as answer:
            assert answer.status == 202, await answer.text()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        return await self.demo.ask(method, f"{API}/{self.id}{path}", body)

    async def screen(self) -> dict[str, Any]:
        state = await self.demo.ask("GET", f"{API}/state")
        found: dict[str, Any] = next(one for one in state["phones"] if one["id"] == self.id)
        return found

    async def items(self, *, mine: bool) -> list[dict[str, Any]]:
        return [one for one in (await self.screen())["items"] if one["mine"] is mine]

    async def got(self) -> dict[str, Any]:
        """What the client was answered last, as soon as it is there."""

        async def there() -> Any:
            return await self.items(mine=False)

        found: list[dict[str, Any]] = await eventually(there)
        return found[-1]

    async def taken(self) -> str:
        """An operator takes the contact of the phone; its id."""

        async def opened() -> Any:
            return (await self.ask("GET", "/contact"))["number"]

        contact = (await self.demo.trace(await eventually(opened)))["contact"]
        await self.demo.ask("POST", f"/api/v1/contacts/{contact['id']}/take")
        return str(contact["id"])


async def answer(demo: Demo, contact: str, text: str, **more: Any) -> str:
    body = {"kind": "reply", "text": text, "client_msg_id": text, **more}
    said = await demo.ask("POST", f"/api/v1/contacts/{contact}/messages", body)
    return str(said["id"])


async def stored(demo: Demo, contact: str, count: int) -> list[dict[str, Any]]:
    """What clients said in a contact, as soon as there is so much of it."""

    async def enough() -> Any:
        found = (await demo.ask("GET", f"/api/v1/contacts/{contact}/messages"))["items"]
        said = [one for one in found if one["kind"] == "inbound"]
        return said if len(said) >= count else None

    found: list[dict[str, Any]] = await eventually(enough)
    return found


async def delivery(demo: Demo, contact: str, message: str, *states: str) -> str:
    """Wait until a message of ours is in one of these states."""

    async def there() -> Any:
        found = (await demo.ask("GET", f"/api/v1/contacts/{contact}/messages"))["items"]
        told = next(one for one in found if one["id"] == message)["delivery"]["state"]
        return told if told in states else None

    return str(await eventually(there))


async def test_phones_talk_with_the_house_over_its_public_addresses(demo: Demo) -> None:
    await demo.sign_in("olga@vasilek.example")
    bot, sms = Handset(demo, "telegram"), Handset(demo, "sms")
    await bot.add("Вера Лис")
    await sms.add("Пётр Дуб")
    await bot.write("Где **мой** заказ?")
    await sms.write("Вот чек", avatar(1))

    telegram = await bot.taken()
    [asked] = await stored(demo, telegram, 1)
    assert asked["text"] == "Где мой заказ?"
    await answer(demo, telegram, "Едет. Верно?", buttons=[{"text": "Да", "value": "yes"}])
    got = await bot.got()
    assert got["buttons"] == [[{"text": "Да", "value": "yes", "url": ""}]]
    await bot.ask("POST", f"/messages/{got['id']}/presses", {"value": "yes"})
    assert (await stored(demo, telegram, 2))[-1]["text"] == "Да"
    await bot.ask("PATCH", f"/messages/{(await bot.items(mine=True))[0]['id']}", {"text": "Где?"})

    async def edited() -> Any:
        return (await stored(demo, telegram, 2))[0]["text"] == "Где?"

    await eventually(edited)

    # With a fault switched on, what the screen says is what happened.
    await demo.ask("PUT", f"{API}/faults/telegram/half_answer", {"on": True})
    lost = await answer(demo, telegram, "Дошло ли?")
    assert await delivery(demo, telegram, lost, "uncertain", "sent") == "uncertain"
    assert (await bot.got())["text"] == "Дошло ли?"
    await demo.ask("DELETE", f"{API}/faults/telegram")

    by_sms = await sms.taken()
    assert (await stored(demo, by_sms, 1))[0]["text"] == "Вот чек"
    sent = await answer(demo, by_sms, "Спасибо")
    assert await delivery(demo, by_sms, sent, "delivered", "failed") == "delivered"
    assert (await sms.got())["text"] == "Спасибо"
    assert {one["state"] for one in await sms.items(mine=True)} == {"taken"}
    await bot.ask("PUT", "/blocked", {"blocked": True})
    assert (await bot.screen())["blocked"]
    await only_saved(demo, bot)
    await only_ours(demo)
    await goes_away(demo, bot)


async def only_saved(demo: Demo, bot: Handset) -> None:
    """A file that a browser could run."""
    await bot.write("", b"<html><script>alert(1)</script></html>")
    item = (await bot.items(mine=True))[-1]
    async with demo.http.get(demo.url + item["files"][0]["url"]) as file:
        assert file.content_type == "application/octet-stream"
        assert file.headers["Content-Disposition"] == "attachment"
        assert "sandbox" in file.headers["Content-Security-Policy"]


async def goes_away(demo: Demo, bot: Handset) -> None:
    """A browser that is closed is nobody's fault."""
    looks = await demo.http.get(f"{demo.url}{API}/live")
    await looks.content.readline()
    looks.close()

    async def ended() -> Any:
        await bot.ask("PUT", "/blocked", {"blocked": not (await bot.screen())["blocked"]})
        async with demo.http.get(f"{demo.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return [one for one in lines if "http_requests_total" in one and f"{API}/live" in one]

    [counted] = await eventually(ended, every=0.1)
    assert 'status="2' in counted


async def only_ours(demo: Demo) -> None:
    """Another site cannot play, and nobody can switch what does not exist."""
    evil = {"Origin": "https://evil.example"}
    async with demo.http.post(demo.url + API, json={"channel": "sms"}, headers=evil) as refused:
        assert refused.status == 403
    wrong = f"{demo.url}{API}/faults/telegram/teleport"
    async with demo.http.put(wrong, json={"on": True}) as missing:
        assert missing.status == 404


def test_marks_are_counted_as_telegram_counts() -> None:
    text, entities = marked("**Где** 😀 `A-77`? /help")
    assert text == "Где 😀 A-77? /help"
    assert [(one["type"], one["offset"], one["length"]) for one in entities] == [
        ("bold", 0, 3), ("code", 7, 4), ("bot_command", 13, 5),
    ]  # fmt: skip


def test_pictures_are_one_album_and_other_files_come_one_by_one() -> None:
    picture = Upload.of(avatar(1), "a.png", "image/png")
    paper = Upload.of(b"%PDF-1.4", "a.pdf", "application/pdf")
    made = files([picture, picture], "вот", lambda kind, _: {kind: 1}, "7")
    assert [(one["media_group_id"], one.get("caption")) for one in made] == [
        ("7", "вот"), ("7", None),
    ]  # fmt: skip
    mixed = files([picture, paper], "", lambda kind, _: {kind: 1}, "7")
    assert [list(one) for one in mixed] == [["photo"], ["document"]]


def test_everybody_has_a_picture_of_his_own() -> None:
    assert sniff(avatar(7)) == "image/png"
    assert avatar(7) != avatar(8)
