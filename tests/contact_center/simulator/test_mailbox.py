"""The simulator's mailbox and the house: letters to and fro, told by the house's own rows."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.support.demo import Demo
from tests.support.waiting import eventually

API = "/simulator/api/mail"


class Box:
    """One invented person's mailbox."""

    def __init__(self, demo: Demo, person_id: str) -> None:
        self.demo, self.id = demo, person_id

    @classmethod
    async def new(cls, demo: Demo) -> Box:
        return cls(demo, (await demo.ask("POST", f"{API}/people"))["id"])

    async def write(self, text: str, **more: Any) -> Any:
        given = {"subject": "Where is my order?", "text": text, **more}
        return await self.demo.ask("POST", f"{API}/people/{self.id}/mails", given)

    async def machine(self, item: Any, how: str) -> Any:
        path = f"{API}/people/{self.id}/mails/{item['id']}/answers"
        return await self.demo.ask("POST", path, {"how": how})

    async def items(self, *, mine: bool) -> list[dict[str, Any]]:
        state = await self.demo.ask("GET", f"{API}/state")
        person = next(one for one in state["people"] if one["id"] == self.id)
        return [item for item in person["items"] if item["mine"] is mine]

    async def received(self, count: int) -> list[dict[str, Any]]:
        async def enough() -> Any:
            items = await self.items(mine=False)
            return items if len(items) >= count else None

        found: list[dict[str, Any]] = await eventually(enough, every=0.2)
        return found

    async def number(self, item: Any) -> int:
        path = f"{API}/people/{self.id}/mails/{item['id']}/contact"

        async def told() -> Any:
            return (await self.demo.ask("GET", path))["number"]

        found: int = await eventually(told, every=0.2)
        return found


async def answered(demo: Demo, number: int, text: str) -> str:
    """An operator takes the contact and answers; returns its id."""

    async def taken() -> Any:
        for offer in await demo.ask("GET", "/api/v1/offers"):
            await demo.ask("POST", f"/api/v1/offers/{offer['id']}/accept")
        contact = (await demo.trace(number))["contact"]
        return contact if contact["operator"] else None

    contact = await eventually(taken, every=0.2)
    body = {"kind": "reply", "text": text, "client_msg_id": text}
    await demo.ask("POST", f"/api/v1/contacts/{contact['id']}/messages", body)
    return str(contact["id"])


async def health(demo: Demo, color: str) -> str:
    """Wait until the account has this health; returns its words."""

    async def shown() -> Any:
        accounts = await demo.ask("GET", "/api/v1/accounts")
        account = next(one for one in accounts["items"] if one["provider"] == "mail")
        return account if account["health"] == color else None

    return str((await eventually(shown, every=0.1))["health_text"])


async def test_letters_go_to_and_fro_in_one_contact(demo: Demo) -> None:
    await demo.sign_in("olga@vasilek.example")
    box = await Box.new(demo)
    first = await box.write("Hello, it was promised for yesterday.", html=True)
    number = await box.number(first)

    [confirmation] = await box.received(1)
    assert str(number) in confirmation["text"]
    assert "Auto-Submitted: auto-replied" in confirmation["headers"]

    await answered(demo, number, "It is on its way.")
    answer = (await box.received(2))[-1]
    assert answer["text"].startswith("It is on its way.")
    assert "> Hello, it was promised for yesterday." in answer["text"]
    assert "help@vasilek.example" in answer["text"]  # the signature
    assert answer["thread"] == first["thread"]

    second = await box.write("Thank you!", answers=answer["id"], subject="")
    assert await box.number(second) == number

    async def joined() -> Any:
        trace = await demo.trace(number)
        texts = [step["data"]["text"] for step in trace["steps"] if step["stage"] == "stored"]
        assert texts[0] == "Hello, it was promised for yesterday."
        return trace if texts[1:] == ["Thank you!"] else None

    trace = await eventually(joined, every=0.2)
    assert {"mail", "accepted", "written", "sent"} <= {step["about"] for step in trace["steps"]}

    await box.machine(answer, "absence")
    await box.machine(answer, "bounce")

    async def failed() -> Any:
        steps = (await demo.trace(number))["steps"]
        return next((step for step in steps if step["about"] == "failed"), None)

    step = await eventually(failed, every=0.2)
    assert "5.2.2" in step["data"]["text"]
    assert len(await box.items(mine=False)) == 2  # neither of the two was answered


async def test_a_forged_sender_is_told_apart_and_never_confirmed(demo: Demo) -> None:
    await demo.sign_in("admin@vasilek.example")
    honest, thief = await Box.new(demo), await Box.new(demo)
    number = await honest.number(await honest.write("Hello"))
    await honest.received(1)
    state = await demo.ask("GET", f"{API}/state")
    address = next(one["address"] for one in state["people"] if one["id"] == honest.id)
    forged = await thief.write("Send it to me", forged=f"Olga <{address}>")
    other = await thief.number(forged)
    assert other != number
    contact = (await demo.trace(other))["contact"]
    page = await demo.ask("GET", f"/api/v1/contacts/{contact['id']}/messages")
    [mail] = [one["data"]["mail"] for one in page["items"] if one["kind"] == "inbound"]
    assert (mail["aligned"], mail["verdict"]["dmarc"]) == (False, "fail")
    await thief.number(await thief.write("And now as myself"))
    await thief.received(1)
    assert len(await honest.items(mine=False)) == 1


async def test_faults_of_the_servers_are_what_the_house_shows(demo: Demo) -> None:
    await demo.sign_in("admin@vasilek.example")
    await health(demo, "green")
    await demo.ask("PUT", f"{API}/faults/imap", {"fault": "bye"})
    assert "maintenance" in await health(demo, "red")
    await demo.ask("PUT", f"{API}/faults/imap", {"fault": "none"})
    await health(demo, "green")

    box = await Box.new(demo)
    number = await box.number(await box.write("Hello"))
    await box.received(1)
    await demo.ask("PUT", f"{API}/faults/smtp", {"fault": "refused"})
    await answered(demo, number, "Refused for good")

    async def failed() -> Any:
        steps = (await demo.trace(number))["steps"]
        return next((step for step in steps if step["about"] == "failed"), None)

    assert "550" in (await eventually(failed))["data"]["text"]
    assert len(await box.items(mine=False)) == 1


async def test_only_our_own_pages_write_mails(demo: Demo) -> None:
    headers = {"Origin": "https://evil.example"}
    async with demo.http.post(f"{demo.url}{API}/people", headers=headers) as refused:
        assert refused.status == 403
    for path in (f"{API}/people/x/mails/y/raw", f"{API}/people/x/mails/y/contact"):
        async with demo.http.get(demo.url + path) as missing:
            assert missing.status == 404
    async with aiohttp.ClientSession() as other, other.get(f"{demo.url}{API}/state") as page:
        assert page.status == 200
        assert "password" not in await page.text()
