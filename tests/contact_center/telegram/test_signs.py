"""The client sees that somebody writes to him, and in a business chat that he was read."""

from __future__ import annotations

from typing import Any

from tests.contact_center.telegram.conftest import Shop
from tests.support.waiting import eventually

BUSINESS = {
    "message_id": 5, "from": {"id": 4242, "is_bot": False, "first_name": "Ольга"},
    "date": 1_767_603_599, "business_connection_id": "AbC", "text": "Где заказ?",
}  # fmt: skip


def calls(shop: Shop, method: str) -> list[dict[str, Any]]:
    return [given for name, given in shop.fake.calls if name == method]


async def test_an_operator_who_writes_is_seen_to_write(shop: Shop) -> None:
    await shop.fake.say(text="Где заказ?")
    contact = await shop.take()
    headers = {
        "Cookie": f"cc_session={shop.olga.session.secret}",
        "Origin": shop.office.workspace.settings.base_url,
    }
    socket = await shop.office.client.ws_connect("/api/v1/live", headers=headers)
    await socket.send_json({"t": "sub", "topics": [f"contact:{contact}"]})
    heard: list[str] = []
    while "subscribed" not in heard:
        heard += [one["t"] for one in await socket.receive_json(timeout=60)]
    for kind in ("reply", "reply"):
        await socket.send_json({"t": "typing", "contact": str(contact), "kind": kind})
    await eventually(lambda: calls(shop, "sendChatAction"))
    assert calls(shop, "sendChatAction") == [{"chat_id": 4242, "action": "typing"}]
    await socket.close()


async def test_what_the_operator_reads_in_a_business_chat_is_marked_as_read(shop: Shop) -> None:
    await shop.fake.tell(business_message={**BUSINESS, "chat": shop.fake.chat(4242).shown()})
    contact = await shop.take()
    await shop.ask("POST", f"/contacts/{contact}/read", json={"seq": 1})
    await eventually(lambda: calls(shop, "readBusinessMessage"))
    assert calls(shop, "readBusinessMessage") == [
        {"business_connection_id": "AbC", "chat_id": 4242, "message_id": 5}
    ]
    assert calls(shop, "sendChatAction") == []
