import pytest

from channels.errors import (
    ChannelError,
    Misconfigured,
    Rejected,
    Temporary,
    Throttled,
    Uncertain,
    Unsupported,
)
from channels.messages import Outbound, OutboundFile
from channels.telegram import PROVIDER, plan
from channels.toolkit.fitting import fit
from contact_center.simulator.telegram_wire import Refusal, bad
from tests.channels.telegram.conftest import Bot, button
from tests.channels.telegram.samples import TOKENS

JPEG, PNG, MP4 = "image/jpeg", "image/png", "video/mp4"


async def test_a_text_arrives_and_is_named_by_chat_and_number(bot: Bot) -> None:
    receipt = await bot.send("Здравствуйте, <b>Ольга</b> & *все*")
    (said,) = bot.fake.sent()
    assert said["text"] == "Здравствуйте, <b>Ольга</b> & *все*"
    assert receipt.provider_id == f"4242:{said['message_id']}"


async def test_buttons_lead_back_or_to_an_address(bot: Bot) -> None:
    await bot.send(buttons=(button(), button("Сайт", url="https://shop.example")))
    (said,) = bot.fake.sent()
    assert said["reply_markup"]["inline_keyboard"] == [
        [{"text": "Да", "callback_data": "yes"}],
        [{"text": "Сайт", "url": "https://shop.example"}],
    ]


async def test_a_button_that_says_too_much_is_refused_before_anything_is_sent(bot: Bot) -> None:
    with pytest.raises(Unsupported):
        await bot.send(buttons=(button(value="я" * 33),))
    assert bot.fake.sent() == []


async def test_an_answer_points_at_what_it_answers(bot: Bot) -> None:
    asked = await bot.fake.say(text="Где заказ?")
    await bot.send(reply_to=f"4242:{asked['message_id']}")
    assert bot.fake.sent()[0]["reply_to_message"]["message_id"] == asked["message_id"]


@pytest.mark.parametrize("gone", ["4242:999", "b:77"])
async def test_an_answer_to_what_is_gone_or_no_message_is_sent_all_the_same(
    bot: Bot, gone: str
) -> None:
    await bot.send(reply_to=gone)
    assert "reply_to_message" not in bot.fake.sent()[0]


async def test_a_topic_and_a_business_are_written_to_where_they_are(bot: Bot) -> None:
    bot.fake.chat(-1001, type="supergroup")
    receipt = await bot.send(key="-1001/42")
    assert bot.fake.calls[-1][1]["message_thread_id"] == 42
    assert receipt.provider_id.startswith("-1001:")
    receipt = await bot.send(key="AbC_d-9:4242")
    assert bot.fake.calls[-1][1]["business_connection_id"] == "AbC_d-9"
    assert receipt.provider_id.startswith("AbC_d-9:4242:")


@pytest.mark.parametrize(
    ("name", "kind", "media", "method"),
    [
        ("a.jpg", "image", JPEG, "sendPhoto"),
        ("a.gif", "image", "image/gif", "sendAnimation"),
        ("a.heic", "image", "image/heic", "sendDocument"),
        ("a.mp4", "video", MP4, "sendVideo"),
        ("a.webm", "video", "video/webm", "sendDocument"),
        ("a.mp3", "audio", "audio/mpeg", "sendAudio"),
        ("a.ogg", "voice", "audio/ogg", "sendVoice"),
        ("a.wav", "audio", "audio/x-wav", "sendDocument"),
        ("Договор.pdf", "file", "application/pdf", "sendDocument"),
        ("as_it_is.jpg", "file", JPEG, "sendDocument"),
    ],
)
async def test_each_kind_of_file_has_its_way(
    bot: Bot, name: str, kind: str, media: str, method: str
) -> None:
    await bot.send(
        "Вот", files=(bot.file(name, kind, media, b"bytes\r\n--x"),), buttons=(button(),)
    )
    (said,) = bot.fake.sent()
    assert bot.fake.calls[-1][0] == method
    assert said["caption"] == "Вот"
    assert said["reply_markup"]
    assert list(bot.fake.files.values()) == [b"bytes\r\n--x"]


async def test_pictures_and_films_are_one_album_with_the_text_below(bot: Bot) -> None:
    files = (bot.file("1.jpg", "image", JPEG), bot.file("2.png", "image", PNG),
             bot.file("3.mp4", "video", MP4))  # fmt: skip
    receipt = await bot.send("Три", files=files)
    assert [method for method, _ in bot.fake.calls] == ["sendMediaGroup"]
    said = bot.fake.sent()
    assert [one.get("caption") for one in said] == ["Три", None, None]
    assert len({one["media_group_id"] for one in said}) == 1
    names = [f"4242:{one['message_id']}" for one in said]
    assert (receipt.provider_id, *receipt.aliases) == tuple(names)


async def test_what_cannot_stand_together_leaves_in_its_order(bot: Bot) -> None:
    files = (bot.file("1.jpg", "image", JPEG), bot.file("2.pdf"), bot.file("3.pdf"))
    await bot.send("x" * 2000, files=files, reply_to="4242:1")
    methods = [method for method, _ in bot.fake.calls]
    assert methods == ["sendMessage", "sendPhoto", "sendMediaGroup"]
    assert ["reply_parameters" in given for _, given in bot.fake.calls] == [True, False, False]


async def test_an_album_with_buttons_has_them_under_the_text(bot: Bot) -> None:
    files = (bot.file("1.jpg", "image", JPEG), bot.file("2.jpg", "image", JPEG))
    await bot.send("Верно?", files=files, buttons=(button(),))
    assert [method for method, _ in bot.fake.calls] == ["sendMediaGroup", "sendMessage"]
    with pytest.raises(Unsupported):
        await bot.send("", files=files, buttons=(button(),))


async def test_a_picture_telegram_takes_for_none_leaves_as_a_file(bot: Bot) -> None:
    def refuse(kind: str, content: bytes) -> None:
        if kind == "photo":
            raise bad("PHOTO_INVALID_DIMENSIONS")

    from contact_center.simulator import telegram_wire

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telegram_wire, "size", refuse)
        await bot.send("", files=(bot.file("long.png", "image", PNG),))
    assert "document" in bot.fake.sent()[0]


async def test_a_long_text_is_cut_by_the_house_and_no_part_is_too_long(bot: Bot) -> None:
    whole = Outbound(id="m", conversation_key="4242", text="слово " * 3000)
    channel = bot.channel()
    for part in fit(whole, PROVIDER.capabilities, channel.split):
        await channel.send(part)
    assert " ".join(one["text"] for one in bot.fake.sent()).split() == ["слово"] * 3000


def test_characters_are_counted_as_telegram_counts_them() -> None:
    whole = Outbound(id="m", conversation_key="4242", text="👍" * 4096)
    calls = plan.calls(whole)
    assert len(calls) == 2
    assert "".join(call.text for call in calls) == whole.text


# --- what goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "kind", "words"),
    [
        (Refusal(403, "Forbidden: bot was blocked by the user"), Rejected, "has blocked the bot"),
        (Refusal(403, "Forbidden: user is deactivated"), Rejected, "deleted the Telegram account"),
        (Refusal(403, "Forbidden: bot was kicked from the supergroup chat"), Rejected, "removed"),
        (bad("chat not found"), Rejected, "no such chat"),
        (bad("TOPIC_CLOSED"), Rejected, "topic of the group is closed"),
        (bad("SOMETHING_NEW"), Rejected, "SOMETHING_NEW"),
        (Refusal(413, "Request Entity Too Large"), Rejected, "larger"),
        (Refusal(502, "Bad Gateway"), Uncertain, "Bad Gateway"),
    ],
)  # fmt: skip
async def test_a_refusal_says_what_it_means(
    bot: Bot, refusal: Refusal, kind: type[ChannelError], words: str
) -> None:
    bot.fake.chat().refuses = refusal
    with pytest.raises(kind, match=words):
        await bot.send()


UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"


async def test_a_group_with_a_new_address_is_written_to_there(bot: Bot) -> None:
    bot.fake.chat(-5, type="group").refuses = Refusal(400, UPGRADED, migrate_to_chat_id=-100777)
    bot.fake.chat(-100777, type="supergroup")
    receipt = await bot.send(key="-5")
    (said,) = bot.fake.sent(-100777)
    assert receipt.provider_id == f"-100777:{said['message_id']}"
    bot.fake.chat(-100777).refuses = Refusal(400, UPGRADED, migrate_to_chat_id=-100778)
    with pytest.raises(Rejected, match="-100778"):  # once: nobody is led round in circles
        await bot.send(key="-5")


async def test_what_is_named_by_its_text_can_be_changed_under_its_album(bot: Bot) -> None:
    files = tuple(bot.file(f"{n}.jpg", "image", JPEG) for n in range(2))
    receipt = await bot.send("Верно?", files=files, buttons=(button(),))
    said = next(one for one in bot.fake.sent() if "text" in one)
    assert receipt.provider_id == f"4242:{said['message_id']}"
    changed = Outbound(id="m2", conversation_key="4242", text="Верно!", buttons=(button(),))
    await bot.channel().edit(receipt.provider_id, changed)
    await bot.channel().edit(receipt.provider_id, changed)  # again: it is so already
    assert said["text"] == "Верно!"


async def test_an_unknown_chat_is_rejected(bot: Bot) -> None:
    with pytest.raises(Rejected, match="not written yet"):
        await bot.send(key="555")


async def test_a_conversation_of_another_channel_is_rejected(bot: Bot) -> None:
    with pytest.raises(Rejected):
        await bot.send(key="v:anna@example.org")


async def test_too_many_requests_wait_as_long_as_telegram_says(bot: Bot) -> None:
    bot.fake.faults, bot.fake.retry_after = ["busy"], 7
    with pytest.raises(Throttled) as raised:
        await bot.send()
    assert raised.value.retry_after == 7
    assert raised.value.per is None, "Telegram does not say whether chat or bot"
    assert bot.fake.sent() == []


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [("broken", 0), ("silent_before", 0), ("silent_after", 1), ("half_answer", 1)],
)
async def test_silence_behind_the_request_is_uncertain(bot: Bot, fault: str, arrived: int) -> None:
    if fault.startswith("silent"):  # what is to arrive before it is given up gets more time
        bot.http.deadline = 2.0 if arrived else 0.5
    bot.fake.faults = [fault]  # type: ignore[list-item]
    with pytest.raises(Uncertain):
        await bot.send()
    assert len(bot.fake.sent()) == arrived


async def test_nobody_listening_is_temporary(bot: Bot) -> None:
    with pytest.raises(Temporary):
        await bot.channel(api_url="http://127.0.0.1:9").send(
            Outbound(id="m", conversation_key="4242", text="x")
        )


async def test_a_wrong_token_is_misconfigured_and_told_to_nobody(bot: Bot) -> None:
    with pytest.raises(Misconfigured) as raised:
        await bot.channel(token=TOKENS[1]).send(Outbound(id="m", conversation_key="4242", text="x"))
    assert TOKENS[1] not in repr(raised.value) + str(raised.value.__context__)


def test_of_what_takes_several_calls_each_is_one_by_itself() -> None:
    def file(name: str, kind: str, media: str) -> OutboundFile:
        return OutboundFile(kind, name, media, 1, name)

    files = (file("1.jpg", "image", JPEG), file("2.pdf", "file", "application/pdf"))
    whole = Outbound(
        id="m", conversation_key="4242", text="я" * 2000, files=files, reply_to="4242:1"
    )
    parts = fit(whole, PROVIDER.capabilities, plan.calls)
    assert [(one.id, len(one.text), len(one.files)) for one in parts] == [
        ("m.1of3", 2000, 0), ("m.2of3", 0, 1), ("m.3of3", 0, 1),
    ]  # fmt: skip
    assert [one.reply_to for one in parts] == ["4242:1", None, None]
    assert all(plan.calls(one) == [one] for one in parts)


# --- changing and deleting -------------------------------------------------------------------


async def test_a_text_and_a_caption_can_be_changed(bot: Bot) -> None:
    text = await bot.send("Было")
    file = await bot.send("Было", files=(bot.file("a.pdf"),))
    new = Outbound(id="m2", conversation_key="4242", text="Стало")
    for receipt in (text, file, text):  # the last time there is nothing to change
        await bot.channel().edit(receipt.provider_id, new)
    first, second = bot.fake.sent()
    assert (first["text"], second["caption"]) == ("Стало", "Стало")
    with pytest.raises(Rejected, match="was deleted"):
        await bot.channel().edit("4242:999", new)


async def test_a_message_is_deleted_once_and_for_all(bot: Bot) -> None:
    receipt = await bot.send()
    for _ in range(2):
        await bot.channel().delete("4242", receipt.provider_id)
    assert bot.fake.sent() == []


async def test_typing_and_reading_are_told(bot: Bot) -> None:
    await bot.channel().typing("4242")
    assert bot.fake.calls == [("sendChatAction", {"chat_id": 4242, "action": "typing"})]
    await bot.channel().read("4242", "4242:1")  # a bot cannot tell
    await bot.channel().read("AbC:4242", "AbC:4242:1")
    assert bot.fake.calls[1:] == [
        ("readBusinessMessage",
         {"business_connection_id": "AbC", "chat_id": 4242, "message_id": 1}),
    ]  # fmt: skip
