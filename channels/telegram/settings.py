"""What an administrator decides about one bot."""

from __future__ import annotations

from typing import Literal

from channels.settings import AccountSettings, setting, undo_setting

OFFICIAL = "https://api.telegram.org"


class TelegramSettings(AccountSettings):
    """Settings of a bot. The secret's alphabet: https://core.telegram.org/bots/api#setwebhook."""

    token: str = setting(
        label={"ru": "Токен бота", "en": "Bot token"},
        help={
            "ru": "Выдаёт @BotFather командой /newbot или /token.",
            "en": "Given by @BotFather for /newbot or /token.",
        },
        where={
            "ru": "Откройте https://t.me/BotFather, отправьте /newbot и ответьте на два вопроса. "
            "У готового бота: /mybots, бот, API Token.",
            "en": "Open https://t.me/BotFather, send /newbot and answer two questions. For a bot "
            "you have: /mybots, the bot, API Token.",
        },
        example="123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
        secret=True,
        pattern=r"^[0-9]{3,20}:[A-Za-z0-9_-]{20,100}$",
    )
    mode: Literal["webhook", "polling"] = setting(
        "webhook",
        label={"ru": "Как приходят сообщения", "en": "How messages arrive"},
        help={
            "ru": "Вебхуку нужен адрес https, открытый из интернета; опросу он не нужен.",
            "en": "A webhook needs an https address that the internet reaches; asking needs none.",
        },
        options={
            "webhook": {"ru": "Telegram обращается к нам", "en": "Telegram calls us"},
            "polling": {"ru": "Мы спрашиваем Telegram сами", "en": "We ask Telegram"},
        },
        where={
            "ru": "Если сервис не виден из интернета, выберите «Мы спрашиваем Telegram сами».",
            "en": "Where the internet does not reach the service, choose “We ask Telegram”.",
        },
    )
    webhook_secret: str = setting(
        "",
        label={"ru": "Секрет вебхука", "en": "Webhook secret"},
        help={
            "ru": "Приходит в заголовке каждого вызова; другие вызовы отклоняются.",
            "en": "Comes in a header of every call; other calls are refused.",
        },
        secret=True,
        generated=True,
        when={"mode": ["webhook"]},
        pattern=r"^[A-Za-z0-9_-]{0,256}$",
    )
    groups: Literal["ignore", "contact"] = setting(
        "ignore",
        label={"ru": "Группы", "en": "Groups"},
        options={
            "ignore": {"ru": "Не замечать", "en": "Do not hear them"},
            "contact": {
                "ru": "Группа или её тема — одно обращение с участниками",
                "en": "A group, or a topic of it, is one contact with participants",
            },
        },
    )
    api_url: str = setting(
        OFFICIAL,
        label={"ru": "Адрес Bot API", "en": "Bot API address"},
        help={
            "ru": "Меняется только для собственного сервера Bot API.",
            "en": "Changed only for a Bot API server of your own.",
        },
        example=OFFICIAL,
        guards=("token", "webhook_secret"),
        control="url",
        pattern=r"^https?://[^\s/?#@]+$",
    )
    undo_seconds: int | None = undo_setting()

    @property
    def bot_id(self) -> int:
        """The bot's own user id, which is how its token begins."""
        return int(self.token.partition(":")[0])
