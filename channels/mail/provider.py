"""What the registry holds of mail."""

from channels.contract import Capabilities, Pictures, Provider
from channels.mail.channel import Mail
from channels.mail.settings import MailSettings
from channels.messages import Medium

MEGABYTE = 1024 * 1024

PROVIDER = Provider(
    name="mail",
    title={"ru": "Электронная почта", "en": "E-mail"},
    icon="mail",
    medium=Medium.MAIL,
    Settings=MailSettings,
    capabilities=Capabilities(
        authentication="body",
        timestamped=True,
        text_limit=1_000_000,
        # More is refused by most servers once base64 has made it a third larger.
        attachments=dict.fromkeys(("image", "video", "audio", "file"), 18 * MEGABYTE),
        files_bytes=18 * MEGABYTE,
        pictures=Pictures(18 * MEGABYTE),
        starts_conversations=True,
        receipts=True,
        letters=True,
        embeds_media=True,
        authorizes=True,
        undo_seconds=15,
    ),
    build=Mail,
    about={
        "ru": "Почтовый ящик: письма приходят в обращения, ответы уходят с его адреса.",
        "en": "A mailbox: its letters become contacts, answers leave from its address.",
    },
)
