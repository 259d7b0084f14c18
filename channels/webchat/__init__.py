"""Web chat: first-party, so its wire format is ours. See `channel.py` for what the widget sends."""

from channels.contract import Capabilities, Provider
from channels.messages import Medium
from channels.webchat.channel import WebChat
from channels.webchat.settings import WebChatSettings

MEGABYTE = 1024 * 1024

PROVIDER = Provider(
    name="webchat",
    title={"ru": "Чат на сайте", "en": "Web chat"},
    icon="message-circle",
    medium=Medium.CHAT,
    Settings=WebChatSettings,
    capabilities=Capabilities(
        authentication="secret",
        text_limit=20_000,  # all the house takes: the widget fetches it whole, not in parts
        attachments={
            "image": 10 * MEGABYTE,
            "video": 20 * MEGABYTE,
            "audio": 20 * MEGABYTE,
            "file": 20 * MEGABYTE,
        },
        receipts=True,
        read_receipts=True,
        typing=True,
        idempotent_send=True,
        reply_to=True,
        undo_seconds=0,
    ),
    build=WebChat,
    about={
        "ru": "Кнопка чата на вашем сайте и отдельная страница для ссылки.",
        "en": "A chat button on your site, and a page of its own to link to.",
    },
)
