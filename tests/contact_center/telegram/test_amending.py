"""The operator changes and deletes what he wrote, and the client's telephone shows it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contact_center.simulator.telegram_wire import bad
from tests.contact_center.telegram.conftest import Shop
from tests.support.waiting import eventually


async def replied(shop: Shop, text: str = "Заказ едет", **more: Any) -> tuple[UUID, UUID]:
    """A reply that has arrived: (contact, message)."""
    await shop.fake.say(text="Где заказ?")
    contact = await shop.take()
    message = await shop.reply(contact, text, **more)
    await shop.delivery(message, "sent")
    return contact, message


async def shown(shop: Shop, contact: UUID, message: UUID) -> dict[str, Any]:
    page = await shop.ask("GET", f"/contacts/{contact}/messages")
    return next(one for one in page.body["items"] if one["id"] == str(message))


async def settled(shop: Shop, contact: UUID, message: UUID) -> dict[str, Any]:
    """The message once nothing waits to be done to it."""

    async def ended() -> Any:
        found = await shown(shop, contact, message)
        return found if (found["change"] or {}).get("state") != "pending" else None

    found: dict[str, Any] = await eventually(ended)
    return found


async def test_a_reply_is_changed_where_the_client_reads_it_and_keeps_its_buttons(
    shop: Shop,
) -> None:
    button = {"text": "Да", "value": "yes"}
    contact, message = await replied(shop, "Заказ 48101?", buttons=[button])
    path = f"/contacts/{contact}/messages/{message}"
    told = (await shop.ask("PATCH", path, json={"text": "Заказ 48102?"})).body
    assert (told["text"], told["change"]["state"]) == ("Заказ 48101?", "pending")
    assert told["change"]["text"] == "Заказ 48102?"
    after = await settled(shop, contact, message)
    assert (after["text"], after["change"]) == ("Заказ 48102?", None)
    assert after["edited_at"]
    assert after["data"]["edits"][0]["text"] == "Заказ 48101?"
    assert after["delivery"]["state"] == "sent"
    (said,) = shop.fake.sent()
    assert said["text"] == "Заказ 48102?"
    assert said["reply_markup"]["inline_keyboard"][0][0]["text"] == "Да"
    assert (await shop.contact())["last_text"] == "Заказ 48102?"


async def test_a_reply_is_deleted_at_the_client_and_he_waits_again(shop: Shop) -> None:
    contact, message = await replied(shop)
    path = f"/contacts/{contact}/messages/{message}"
    assert (await shop.ask("DELETE", path)).body["change"]["act"] == "delete"
    after = await settled(shop, contact, message)
    assert after["deleted_at"]
    assert after["text"] == ""
    assert shop.fake.sent() == []
    row = await shop.contact()
    assert (row["awaiting"], row["last_text"]) == ("us", "Где заказ?")
    assert (await shop.ask("DELETE", path)).body["deleted_at"]  # again: as it is


async def test_what_telegram_refuses_is_told_and_the_text_stays_what_the_client_sees(
    shop: Shop,
) -> None:
    contact, message = await replied(shop)
    shop.fake.chat().refuses = bad("message can't be edited")
    await shop.ask("PATCH", f"/contacts/{contact}/messages/{message}", json={"text": "Нет"})
    after = await settled(shop, contact, message)
    assert (after["text"], after["change"]["state"]) == ("Заказ едет", "failed")
    assert "does not let this message be changed" in after["change"]["reason"]
    assert after["delivery"]["state"] == "sent"
    shop.fake.chat().refuses = None
    await shop.reply(contact, "Простите")
    await shop.said(2)


async def test_who_has_no_right_to_the_message_cannot_change_it(shop: Shop) -> None:
    contact, message = await replied(shop)
    (asked, _) = await shop.messages(2)
    path = f"/contacts/{contact}/messages"

    async def refused(method: str, which: Any, status: int, code: str, **more: Any) -> None:
        answer = await shop.office.ask(method, f"{path}/{which}", shop.olga, **more)
        assert (answer.status, answer.body["code"]) == (status, code)

    body = {"json": {"text": "Иначе"}}
    await refused("PATCH", asked["id"], 409, "not_sent", **body)
    await refused("PATCH", contact, 404, "not_found", **body)
    await refused("PATCH", message, 422, "invalid", json={"text": " "})
    await refused("PATCH", message, 422, "invalid", json={"text": "я" * 4097})
    await refused("PATCH", message, 409, "conflict", headers={"If-Match": '"1"'}, **body)
    await shop.ask("POST", f"/contacts/{contact}/close", json={})
    await refused("DELETE", message, 409, "contact_closed")
