"""Telegram: a bot that is called or asks, and answers. Its Bot API: https://core.telegram.org/bots/api.

The limits below: #sending-files (photos 10 MB, other files 50 MB), #sendmessage (4096 characters),
and https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this (a message per
second to one chat, about thirty in all). Telegram tells bots of no receipt and of no reading.
"""

from channels.contract import Capabilities, Pictures, Provider, RateLimit
from channels.messages import Medium
from channels.telegram.channel import Telegram
from channels.telegram.plan import FILE_BYTES, PHOTO_BYTES, PHOTO_SIDE, TEXT
from channels.telegram.settings import TelegramSettings

PROVIDER = Provider(
    name="telegram",
    title={"ru": "Telegram", "en": "Telegram"},
    icon="messenger",
    medium=Medium.MESSENGER,
    Settings=TelegramSettings,
    capabilities=Capabilities(
        authentication="secret",
        text_limit=TEXT,
        # A larger picture is made smaller, or leaves as a file where it cannot be.
        pictures=Pictures(PHOTO_BYTES, PHOTO_SIDE),
        attachments=dict.fromkeys(("image", "video", "audio", "voice", "file"), FILE_BYTES),
        buttons=100,
        typing=True,
        edit=True,
        delete=True,
        groups=True,
        reply_to=True,
        marks_read=True,
        fetches_media=True,
        installs_webhook=True,
        profiles=True,
        start_links=True,
        reports=True,
        rate_limits=(RateLimit(30, 1), RateLimit(1, 1, "recipient")),
    ),
    build=Telegram,
    about={
        "ru": "Бот, которому пишут клиенты: текст, фото, голос, файлы и кнопки.",
        "en": "A bot that clients write to: text, photos, voice, files and buttons.",
    },
)
