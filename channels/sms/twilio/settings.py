"""What an administrator decides about one number, or one Messaging Service, at Twilio."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from channels.families.twilio.rest import Login
from channels.settings import AccountSettings, setting, undo_setting

# Tokens go there: encrypted, or to this very machine.
_ORIGIN = (
    r"^(https://[A-Za-z0-9.-]{1,190}(:\d{1,5})?"
    r"|http://(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?)?/?$"
)


class TwilioSmsSettings(AccountSettings):
    """One sender at Twilio."""

    account_sid: str = setting(
        label={"ru": "Account SID", "en": "Account SID"},
        help={
            "ru": "У субаккаунта свой SID и свой токен.",
            "en": "A subaccount has its own SID and token.",
        },
        where={
            "ru": "https://console.twilio.com, раздел Account Info на первой странице.",
            "en": "https://console.twilio.com, Account Info on the first page.",
        },
        example="AC0123456789abcdef0123456789abcdef",
        pattern=r"^AC[0-9a-fA-F]{32}$",
    )
    auth_token: str = setting(
        label={"ru": "Auth Token", "en": "Auth Token"},
        help={
            "ru": "Основной (Primary): им Twilio подписывает свои запросы, он нужен всегда.",
            "en": "The primary one. Twilio signs its requests with it, so it is always needed.",
        },
        where={
            "ru": "Там же, под Account SID: нажмите Show.",
            "en": "In the same place, below the Account SID: press Show.",
        },
        secret=True,
        min_length=8,
        max_length=128,
    )
    number: str = setting(
        "",
        label={"ru": "Номер", "en": "Number"},
        help={
            "ru": "С него уходят ответы, на него пишут клиенты.",
            "en": "Answers come from it, clients write to it.",
        },
        where={
            "ru": "Phone Numbers → Manage → Active numbers; в международном виде, с плюсом.",
            "en": "Phone Numbers → Manage → Active numbers; international, with a plus.",
        },
        example="+15005550006",
        pattern=r"^(\+[1-9]\d{4,14}|\d{3,8}|[A-Za-z0-9 ]{0,10}[A-Za-z][A-Za-z0-9 ]{0,10})?$",
        max_length=16,
    )
    messaging_service_sid: str = setting(
        "",
        label={"ru": "Messaging Service SID", "en": "Messaging Service SID"},
        help={
            "ru": "Если задан, отправителя выбирает он. Номер нужен и тогда: по нему ищутся "
            "пропущенные сообщения.",
            "en": "Where set, it chooses the sender. Name the number even so: missed messages are "
            "found by it.",
        },
        example="MG0123456789abcdef0123456789abcdef",
        pattern=r"^(MG[0-9a-fA-F]{32})?$",
    )
    api_key_sid: str = setting(
        "",
        label={"ru": "API key SID", "en": "API key SID"},
        help={
            "ru": "Необязательно: отправлять от имени ключа, а не токеном.",
            "en": "Optional: send by a key rather than by the token.",
        },
        example="SK0123456789abcdef0123456789abcdef",
        pattern=r"^(SK[0-9a-fA-F]{32})?$",
    )
    api_key_secret: str = setting(
        "", label={"ru": "API key secret", "en": "API key secret"}, secret=True, max_length=128
    )
    public_address: str = setting(
        "",
        label={"ru": "Публичный адрес сервиса", "en": "Public address of the service"},
        help={
            "ru": "Если Twilio обращается к сервису не по его собственному адресу. По нему "
            "проверяется подпись.",
            "en": "Where Twilio reaches the service by another address than its own. Signatures "
            "are checked against it.",
        },
        example="https://sms.shop.example",
        pattern=_ORIGIN,
        control="url",
    )
    api_address: str = setting(
        "",
        label={"ru": "Адрес API", "en": "API address"},
        help={
            "ru": "Только для регионов Twilio. Пусто — https://api.twilio.com.",
            "en": "For Twilio's regions only. Empty: https://api.twilio.com.",
        },
        example="https://api.dublin.ie1.twilio.com",
        guards=("auth_token", "api_key_secret"),
        pattern=_ORIGIN,
        control="url",
    )
    undo_seconds: int | None = undo_setting()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.number or self.messaging_service_sid):
            raise ValueError("number: name a number or a Messaging Service")
        if bool(self.api_key_sid) != bool(self.api_key_secret):
            raise ValueError("api_key_secret: an API key is its SID and its secret")
        return self

    @property
    def login(self) -> Login:
        """Who sends: the API key where there is one."""
        if self.api_key_sid:
            return Login(self.account_sid, self.api_key_sid, self.api_key_secret)
        return self.owner

    @property
    def owner(self) -> Login:
        """The account itself."""
        return Login(self.account_sid, self.account_sid, self.auth_token)

    @property
    def sender(self) -> dict[str, str]:
        """The field that names the sender."""
        if self.messaging_service_sid:
            return {"MessagingServiceSid": self.messaging_service_sid}
        return {"From": self.number}
