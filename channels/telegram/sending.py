"""What leaves: text, files by kind, albums, buttons; changing and deleting what has left.

Imported late, for it stands on python-telegram-bot (`sdk.py`). Limits of the methods:
https://core.telegram.org/bots/api#sendmessage, #sendphoto, #sendmediagroup, #editmessagetext,
#deletemessage (for 48 hours), #sendchataction (shown for 5 seconds), #readbusinessmessage,
#inlinekeyboardbutton, #sending-files
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
    ReplyParameters,
)

from channels.errors import Rejected, Unsupported
from channels.messages import Button, Outbound, OutboundFile, Receipt
from channels.telegram import plan
from channels.telegram.failures import Moved
from channels.telegram.places import Place, message_of, place_of
from channels.telegram.sdk import Lying, asked

CALLBACK_BYTES = 64
_MEDIA: dict[str, Callable[..., Any]] = {
    "photo": InputMediaPhoto, "video": InputMediaVideo,
    "audio": InputMediaAudio, "document": InputMediaDocument,
}  # fmt: skip
# What Telegram says of a picture that it does not take as one; as a file it does.
_NO_PHOTO = ("photo_invalid_dimensions", "image_process_failed", "photo_ext_invalid")


async def send(bot: Bot, message: Outbound) -> Receipt:
    """Send what goes in one call, one of `plan.calls`. Raises a channel error.

    A group that has another id by now is written to there: at the old one nothing was sent.
    """
    place = place_of(message.conversation_key)
    try:
        said = await _say(bot, message, place)
    except Moved as moved:
        place = replace(place, chat=moved.to)
        said = await _say(bot, message, place)
    where = Place(place.chat, None, place.connection)
    first, *others = (where.name(one.message_id) for one in said)
    return Receipt(first, aliases=tuple(others))


async def edit(bot: Bot, provider_id: str, message: Outbound) -> None:
    """Change the text of a message, or the words below its file. Raises a channel error."""
    place, number = message_of(provider_id)
    common: dict[str, Any] = {
        "chat_id": place.chat, "message_id": number, "reply_markup": keyboard(message.buttons),
        "business_connection_id": place.connection,
    }  # fmt: skip
    try:
        try:
            await asked(bot.edit_message_text(message.text, **common))
        except Rejected as error:
            if "no text in the message" not in str(error):
                raise
            await asked(bot.edit_message_caption(caption=message.text, **common))
    except Rejected as error:
        if "message is not modified" not in str(error):
            raise


async def delete(bot: Bot, provider_id: str) -> None:
    """Delete a message for everybody. Raises a channel error; one that is gone is no error."""
    place, number = message_of(provider_id)
    try:
        if place.connection:
            await asked(bot.delete_business_messages(place.connection, [number]))
        else:
            await asked(bot.delete_message(place.chat, number))
    except Rejected as error:
        if "message to delete not found" not in str(error):
            raise


async def typing(bot: Bot, conversation_key: str) -> None:
    """Show for five seconds that somebody writes."""
    place = place_of(conversation_key)
    await asked(bot.send_chat_action(
        place.chat, "typing", message_thread_id=place.topic,
        business_connection_id=place.connection,
    ))  # fmt: skip


async def read(bot: Bot, external_id: str) -> None:
    """Mark a client's message as read, where the bot acts for a business; bots cannot else."""
    try:
        place, number = message_of(external_id)
    except Rejected:
        return  # the press of a button: there is nothing to be read
    if place.connection:
        await asked(bot.read_business_message(place.connection, place.chat, number))


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """The buttons, one a row. Raises Unsupported for one that Telegram cannot carry."""
    rows = [[_button(button)] for button in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def _button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.text, url=button.url)
    value = button.value or button.text
    if not 1 <= len(value.encode()) <= CALLBACK_BYTES:
        raise Unsupported(f"the value of a button has more than {CALLBACK_BYTES} bytes")
    return InlineKeyboardButton(button.text, callback_data=value)


def _given(place: Place, reply_to: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {
        "chat_id": place.chat,
        "message_thread_id": place.topic,
        "business_connection_id": place.connection,
    }
    if reply_to:
        try:
            answered, number = message_of(reply_to)
        except Rejected:
            return given  # the press of a button: there is no message to point at
        if answered.chat == place.chat:
            given["reply_parameters"] = ReplyParameters(number, allow_sending_without_reply=True)
    return given


async def _say(bot: Bot, message: Outbound, place: Place) -> Sequence[Message]:
    given, markup = _given(place, message.reply_to), keyboard(message.buttons)
    text, files = message.text or None, message.files
    if not files:
        return [await asked(bot.send_message(text=message.text, reply_markup=markup, **given))]
    if len(files) > 1:
        # Albums bear no buttons: https://core.telegram.org/bots/api#sendmediagroup
        album = [
            _MEDIA[plan.way(file)](_content(file, attach=True), caption=None if at else text)
            for at, file in enumerate(files)
        ]
        return await asked(bot.send_media_group(media=album, **given))
    return [await _one(bot, files[0], given | {"caption": text, "reply_markup": markup})]


async def _one(bot: Bot, file: OutboundFile, given: dict[str, Any]) -> Message:
    ways: dict[str, Callable[..., Awaitable[Message]]] = {
        "photo": bot.send_photo, "video": bot.send_video, "audio": bot.send_audio,
        "voice": bot.send_voice, "animation": bot.send_animation, "document": bot.send_document,
    }  # fmt: skip
    way = plan.way(file)
    try:
        return await asked(ways[way](**{way: _content(file)}, **given))
    except Rejected as error:
        # Nothing was sent: the picture is too long or too wide to be shown as one.
        if way != "photo" or not any(word in str(error).lower() for word in _NO_PHOTO):
            raise
        return await asked(bot.send_document(document=_content(file), **given))


def _content(file: OutboundFile, *, attach: bool = False) -> InputFile:
    return InputFile(
        Lying(file.path),  # type: ignore[arg-type]
        filename=file.name, attach=attach, read_file_handle=False,
    )  # fmt: skip
