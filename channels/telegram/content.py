"""What a message holds, kind by kind. Pure.

Each kind is read by itself; one that cannot be read is named in `unsupported` and leaves the rest
whole. Fields of each: https://core.telegram.org/bots/api#photosize, #video, #voice, #audio,
#videonote, #document, #sticker, #animation, #location, #venue, #contact, #poll, #message
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from channels.messages import Attachment
from channels.telegram.wire import words


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**53 else None


def _text(value: Any) -> str:
    return words(value)


Text = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int | None, BeforeValidator(_size)]


class File(Part):
    """What all files have in common; `file_id` is what `getFile` takes."""

    file_id: Annotated[str, Field(min_length=1, max_length=400)]
    file_size: Count = None
    file_name: Text = ""
    mime_type: Text = ""
    width: Count = None
    height: Count = None
    duration: Count = None
    title: Text = ""
    performer: Text = ""
    emoji: Text = ""
    is_animated: bool = False
    is_video: bool = False


class Location(Part):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Venue(Part):
    location: Location
    title: Text = ""
    address: Text = ""


class Contact(Part):
    phone_number: Annotated[str, Field(min_length=1, max_length=64)]
    first_name: Text = ""
    last_name: Text = ""
    user_id: int | None = None
    vcard: Text = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


class PollOption(Part):
    text: Text = ""


class Poll(Part):
    question: Text = ""
    options: Annotated[list[PollOption], Field(max_length=100)] = []


@dataclass(frozen=True, slots=True)
class Content:
    """`text` stands for what has no file, where the message has no text of its own."""

    attachments: tuple[Attachment, ...] = ()
    text: str = ""
    contact: Contact | None = None


@dataclass(slots=True)
class Contents:
    """All that a message holds."""

    attachments: list[Attachment] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    contact: Contact | None = None
    unsupported: str | None = None

    def take(self, content: Content) -> None:
        self.attachments += content.attachments
        self.texts += [content.text] if content.text else []
        self.contact = content.contact or self.contact


_PHOTOS: TypeAdapter[list[File]] = TypeAdapter(Annotated[list[File], Field(min_length=1)])


def _photo(raw: Any) -> Content:
    """The largest of the sizes in which a photo exists."""
    sizes = _PHOTOS.validate_python(raw)
    best = max(sizes, key=lambda one: ((one.width or 0) * (one.height or 0), one.file_size or 0))
    return _made("image", best, "image/jpeg")


def _file(kind: str, media_type: str = "", **more: Any) -> Callable[[Any], Content]:
    def read(raw: Any) -> Content:
        return _made(kind, File.model_validate(raw), media_type, **more)

    return read


def _made(kind: str, file: File, media_type: str, **more: Any) -> Content:
    names = ("width", "height", "duration", "title", "performer", "emoji")
    data = {name: value for name in names if (value := getattr(file, name))}
    return Content((
        Attachment(
            kind, file.file_id, file.file_name, file.mime_type or media_type, file.file_size,
            {**data, **more},
        ),
    ))  # fmt: skip


def _sticker(raw: Any) -> Content:
    file = File.model_validate(raw)
    media_type = "image/webp"
    if file.is_animated:
        media_type = "application/x-tgsticker"
    elif file.is_video:
        media_type = "video/webm"
    return _made("sticker", file, media_type)


def _location(raw: Any) -> Content:
    return _place(Location.model_validate(raw))


def _venue(raw: Any) -> Content:
    venue = Venue.model_validate(raw)
    return _place(venue.location, venue.title, venue.address)


def _place(where: Location, title: str = "", address: str = "") -> Content:
    data: dict[str, Any] = {"latitude": where.latitude, "longitude": where.longitude}
    words = [title, address, f"{where.latitude}, {where.longitude}"]
    data |= {name: text for name, text in (("title", title), ("address", address)) if text}
    return Content(
        (Attachment("location", None, title, data=data),), "\n".join(filter(None, words))
    )


def _contact(raw: Any) -> Content:
    given = Contact.model_validate(raw)
    data = {"phone": given.phone_number, "name": given.name, "vcard": given.vcard}
    shown = {name: value for name, value in data.items() if value}
    text = " ".join(filter(None, (given.name, given.phone_number)))
    return Content((Attachment("contact", None, given.name, data=shown),), text, given)


def _poll(raw: Any) -> Content:
    poll = Poll.model_validate(raw)
    return Content(
        text="\n".join([poll.question, *(f"• {option.text}" for option in poll.options)])
    )


KINDS: Mapping[str, Callable[[Any], Content]] = {
    "photo": _photo,
    "video": _file("video", "video/mp4"),
    "voice": _file("voice", "audio/ogg"),
    "audio": _file("audio"),
    "video_note": _file("video", "video/mp4", round=True),
    "document": _file("file"),
    "sticker": _sticker,
    "animation": _file("video", "video/mp4", animation=True),
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
}
# Bears a caption and is hidden from bots: unnamed, the caption would seem to be all there is.
_HIDDEN = "paid_media"
# For old programs the same is said twice: the fuller kind speaks for both.
_SAID_BY = {"document": "animation", "location": "venue"}

# About a message, not in it.
_ABOUT_NAMES = """
    message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count
    sender_business_bot sender_tag date guest_query_id business_connection_id chat forward_origin
    is_topic_message is_automatic_forward reply_to_message external_reply quote reply_to_story
    reply_to_checklist_task_id reply_to_poll_option_id via_bot edit_date has_protected_content
    is_from_offline is_paid_post media_group_id author_signature paid_star_count entities
    link_preview_options suggested_post_info effect_id caption caption_entities
    show_caption_above_media has_media_spoiler reply_markup text forward_from forward_from_chat
    forward_from_message_id forward_signature forward_sender_name forward_date
    guest_bot_caller_user guest_bot_caller_chat receiver_user ephemeral_message_id
"""
_ABOUT = frozenset(_ABOUT_NAMES.split())

# What Telegram itself writes into a chat: nobody said it, so nobody is to answer it.
_SERVICE_NAMES = """
    new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title
    new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created
    channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id
    migrate_from_chat_id pinned_message connected_website write_access_allowed
    proximity_alert_triggered boost_added chat_background_set forum_topic_created
    forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden
    general_forum_topic_unhidden video_chat_scheduled video_chat_started video_chat_ended
    video_chat_participants_invited direct_message_price_changed paid_message_price_changed
    managed_bot_created giveaway_created giveaway_completed poll_option_added poll_option_deleted
    community_chat_added community_chat_removed community_chat_joined
"""
SERVICE = frozenset(_SERVICE_NAMES.split())


def contents(raw: Mapping[str, Any], *, has_text: bool) -> Contents:
    """What a message holds beside its text."""
    found = Contents()
    held = () if raw.keys().isdisjoint(KINDS) else KINDS.items()
    for kind, read in held:
        if kind not in raw or raw.get(_SAID_BY.get(kind, "")):
            continue
        try:
            found.take(read(raw[kind]))
        except ValidationError:
            found.unsupported = kind
    if _HIDDEN in raw:
        found.unsupported = _HIDDEN
    if not (found.attachments or found.texts or has_text or found.unsupported):
        # A kind of its own, or one newer than we are. A new field beside a known kind says nothing.
        others = sorted(raw.keys() - _ABOUT - SERVICE - KINDS.keys())
        found.unsupported = others[0][:64] if others else "empty"
    return found
