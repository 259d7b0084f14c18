"""From a phone to the desk and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from contact_center.outbox.store import enqueue
from contact_center.simulator.twilio import Mischief
from tests.contact_center.sms.line import Line
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_sms_comes_in_an_operator_answers_and_it_is_delivered(line: Line) -> None:
    phone = line.phone()
    await phone.write("Где мой заказ?")
    message = await phone.answer("Уже едет 🚚")
    await phone.becomes(message, "delivered")
    (got,) = [one for one in line.twilio.messages.values() if one.recipient == phone.number]
    assert (got.sender, got.body) == (line.twilio.number, "Уже едет 🚚")
    (came,) = await phone.messages("Где мой заказ?")
    assert came["number"] == phone.number


async def test_every_part_of_a_long_sms_tells_its_fate(line: Line) -> None:
    phone = line.phone()
    await phone.write("Расскажите всё")
    text = " ".join(f"слово{number}" for number in range(300))
    message = await phone.answer(text)
    await phone.becomes(message, "delivered")
    parts = [one.body for one in line.twilio.messages.values() if one.recipient == phone.number]
    assert len(parts) == 2
    assert " ".join(parts) == text
    await line.twilio.settle()
    told = [status for _, form, status in line.twilio.posted if form.get("To") == phone.number]
    assert told == [204] * 4


async def test_an_answer_that_was_lost_is_uncertain_until_its_report_settles_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = line.phone()
    await phone.write("Алло")
    monkeypatch.setattr(line.twilio, "pause", 1.0)
    line.twilio.faults.append("cut_after")
    message = await phone.answer("Слушаю")
    await phone.becomes(message, "uncertain")
    await phone.becomes(message, "delivered")
    assert [one.body for one in line.twilio.messages.values() if one.recipient == phone.number] == [
        "Слушаю"
    ]


async def test_a_delivery_that_fails_says_why(line: Line) -> None:
    phone = line.phone()
    line.twilio.fails[phone.number] = 30006
    await phone.write("Алло")
    told = await phone.becomes(await phone.answer("Слушаю"), "failed")
    assert "landline" in told["reason"]


@pytest.mark.parametrize("mischief", ["twice", "backwards"])
async def test_reports_may_come_twice_and_backwards(line: Line, mischief: Mischief) -> None:
    phone = line.phone()
    await phone.write("Алло")
    line.twilio.mischief.add(mischief)
    try:
        message = await phone.answer("Слушаю")
        await phone.becomes(message, "delivered")
        await line.twilio.settle()
    finally:
        line.twilio.mischief.clear()
    await phone.becomes(message, "delivered")


async def test_the_same_message_posted_twice_is_one(line: Line) -> None:
    phone = line.phone()
    message = await line.twilio.receive(phone.number, "Один раз")
    for _ in range(3):
        await line.twilio.post(line.twilio.webhook, line.twilio.posted[-1][1])
    assert all(status == 200 for _, _, status in line.twilio.posted[-4:])
    assert len(await phone.messages()) == 1
    assert message.sid


async def test_what_somebody_else_signed_is_not_taken(line: Line) -> None:
    phone = line.phone()
    line.twilio.mischief.add("wrongly_signed")
    try:
        await phone.write("Я не Twilio")
    finally:
        line.twilio.mischief.clear()
    assert line.twilio.posted[-1][2] == 403
    assert await phone.messages() == []


async def test_a_picture_is_fetched_after_it_was_stored(line: Line) -> None:
    phone = line.phone()
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    await phone.write("", media=[("image/png", picture)])

    async def stored() -> Any:
        row = await line.db.fetchrow(
            "SELECT a.* FROM attachments a JOIN messages m ON m.id = a.message_id "
            "WHERE m.contact_id = $1", await phone.contact(),
        )  # fmt: skip
        return row if row and row["state"] == "stored" else None

    row = await eventually(stored)
    assert row["size"] == len(picture)
    assert "http" not in row["ref"]


@pytest.mark.parametrize(("text", "more"), [("Стоп", {}), ("АРРЕТ", {"OptOutType": "STOP"})])
async def test_stop_is_kept_as_consent_and_rings_nobody(
    line: Line, text: str, more: dict[str, str]
) -> None:
    phone = line.phone()
    await phone.write(text, **more)
    consents = await line.db.fetch(
        "SELECT n.* FROM consents n JOIN identities i ON i.id = n.identity_id WHERE i.value = $1",
        phone.number,
    )  # fmt: skip
    assert [(one["purpose"], one["granted"]) for one in consents] == [("messages", False)]
    (kept,) = await phone.messages()
    assert await line.db.fetchval("SELECT count(*) FROM work WHERE contact_id = $1",
                                  kept["contact_id"]) == 0  # fmt: skip


async def test_after_stop_machines_say_nothing_and_a_person_is_told_what_twilio_says(
    line: Line,
) -> None:
    phone = line.phone()
    await phone.write("Алло")
    contact = await phone.contact()
    await phone.write("STOP")

    async def automatic() -> UUID:
        """What a rule would send; returns its id in the outbox."""
        return UUID(str(await line.db.run(lambda unit: enqueue(
            unit, account_id=line.account, conversation_key=phone.number, contact_id=contact,
            message_id=None, origin="rule", klass="automatic", payload={"text": "Оцените нас"},
        ))))  # fmt: skip

    async def ends(outbox_id: UUID, state: str) -> str:
        row = await eventually(lambda: line.db.fetchrow(
            "SELECT * FROM outbox WHERE id = $1 AND state = $2", outbox_id, state
        ))  # fmt: skip
        return str(row["error_kind"])

    assert await ends(await automatic(), "failed") == "opted_out"
    told = await phone.becomes(await phone.answer("Всё же отвечу"), "failed")
    assert "STOP" in told["reason"]
    assert [one for one in line.twilio.messages.values() if one.recipient == phone.number] == []
    await phone.write("START")
    assert await ends(await automatic(), "delivered") == "None"


async def test_twilio_knows_of_a_refusal_that_we_have_not_heard(line: Line) -> None:
    phone = line.phone()
    await phone.write("Алло")
    line.twilio.unsubscribed.add(phone.number)
    await phone.becomes(await phone.answer("Слушаю"), "failed")
    await phone.becomes(await phone.answer("Слушаю"), "failed")
    told = await line.db.fetch(
        "SELECT n.granted FROM consents n JOIN identities i ON i.id = n.identity_id "
        "WHERE i.value = $1", phone.number,
    )  # fmt: skip
    assert [one["granted"] for one in told] == [False], "once"


async def test_what_was_missed_is_found_again_and_nothing_comes_twice(line: Line) -> None:
    """Nobody tells us of the second one; the list holds both."""
    phone = line.phone()
    await phone.write("Дошло")
    missed = await line.twilio.receive(phone.number, "Пропало", told=False)

    async def found() -> Any:
        return await phone.messages("Пропало")

    (row,) = await eventually(found)
    assert row["provider_at"] == missed.sent
    other = line.phone()
    await line.twilio.receive(other.number, "Потом", told=False)
    await eventually(other.messages)  # the list was read again since
    assert [one["text"] for one in await phone.messages()] == ["Дошло", "Пропало"]


async def test_a_fate_that_was_not_told_is_found_too(line: Line) -> None:
    phone = line.phone()
    await phone.write("Алло")
    line.twilio.mischief.add("none_at_all")
    try:
        message = await phone.answer("Слушаю")
        await phone.becomes(message, "delivered")
    finally:
        line.twilio.mischief.clear()


async def test_wrong_credentials_stop_the_account_and_lose_nothing(line: Line) -> None:
    """Last, for it makes the account red: the message waits for its cure."""
    phone = line.phone()
    await phone.write("Алло")
    line.twilio.token, kept = "f" * 32, line.twilio.token
    try:
        message = await phone.answer("Слушаю")
        told = await phone.becomes(message, "pending", "sending")

        async def red() -> Any:
            row = await line.db.fetchrow("SELECT * FROM accounts WHERE id = $1", line.account)
            return row if row["health"] == "red" else None

        account = await eventually(red)
        assert "20003" in account["health_text"]
        told_all = await line.db.fetchval(
            "SELECT count(*) FROM events WHERE kind = 'account.changed' AND subject_id = $1 "
            "AND data ->> 'health' = 'red'", line.account,
        )  # fmt: skip
        assert told_all == 1, "every screen that looks at the directory hears of it"
        assert told is not None
    finally:
        line.twilio.token = kept
    chief = await line.office.hire("chief", "administrator")
    checked = await line.office.ask("POST", f"/accounts/{line.account}/check", chief)
    assert checked.status == 200, checked.body
    await phone.becomes(message, "delivered")
