"""What an administrator decides about one mailbox."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from channels.errors import Misconfigured
from channels.mail.imap_place import MailboxSettings
from channels.mail.servers import MailServer, Security, TokenSource
from channels.mail.smtp import SmtpSettings
from channels.settings import AccountSettings, setting

_ENCRYPTION = {"ru": "Шифрование", "en": "Encryption"}
_SECURITIES = {
    "tls": {"ru": "TLS", "en": "TLS"},
    "starttls": {"ru": "STARTTLS", "en": "STARTTLS"},
    "plain": {"ru": "Без шифрования", "en": "Not encrypted"},
}
_OWN = {
    "ru": "Пусто — адрес самого Google или Microsoft.",
    "en": "Empty: the address of Google or Microsoft itself.",
}
_FETCHED = {"receives": ("imap",)}
_POSTED = {"receives": ("hook",)}
_MOVED = {**_FETCHED, "handled": ("move",)}
_SIGNED = {"login": ("password", "google", "microsoft")}
_PASSWORD = {"login": ("password",)}
_CONSENT = {"login": ("google", "microsoft")}
_MICROSOFT = {"login": ("microsoft",)}
_SERVER = ("password", "oauth_refresh_token")  # what a mail server is shown, or what stands for it
# Tokens and secrets go there: encrypted, or to this very machine.
_WEB = (
    r"^(https://\S{1,500}|http://(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])"
    r"(:\d{1,5})?(/\S{0,500})?)?$"
)


class MailSettings(AccountSettings):
    """One mailbox: where it is read, where its mail is sent, and what is believed."""

    address: str = setting(
        label={"ru": "Адрес", "en": "Address"},
        help={
            "ru": "С него уходят ответы, на него пишут клиенты.",
            "en": "Answers come from it, clients write to it.",
        },
        where={
            "ru": "Ящик, который уже работает: например, help@ вашего домена.",
            "en": "A mailbox that works already: help@ of your domain, say.",
        },
        example="help@shop.example",
        pattern=r"^[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,190}$",
    )
    aliases: tuple[str, ...] = setting(
        (),
        label={"ru": "Другие адреса ящика", "en": "Other addresses of the mailbox"},
        example="info@shop.example, sales@shop.example",
        max_length=50,
    )
    receives: Literal["imap", "hook", "nothing"] = setting(
        "imap",
        label={"ru": "Как приходит почта", "en": "How mail arrives"},
        options={
            "imap": {"ru": "IMAP: читать ящик", "en": "IMAP: read the mailbox"},
            "hook": {"ru": "Hook: письма передают нам", "en": "Hook: mails are posted to us"},
            "nothing": {"ru": "Никак, только отправка", "en": "Not at all, only sending"},
        },
        where={
            "ru": "IMAP есть почти у каждой почты; hook — для своего почтового сервера и Mailgun.",
            "en": "Almost every mailbox has IMAP; the hook is for mail servers and Mailgun.",
        },
    )
    imap_host: str = setting(
        "",
        label={"ru": "Сервер IMAP", "en": "IMAP server"},
        where={
            "ru": "В справке почты: «настройка почтовой программы», IMAP.",
            "en": "In the provider's help: setting up a mail program, IMAP.",
        },
        example="imap.shop.example",
        guards=_SERVER,
        when=_FETCHED,
    )
    imap_port: int = setting(
        993, label={"ru": "Порт IMAP", "en": "IMAP port"}, guards=_SERVER, ge=1, le=65535,
        when=_FETCHED,
    )  # fmt: skip
    imap_security: Security = setting("tls", label=_ENCRYPTION, options=_SECURITIES, when=_FETCHED)
    folder: str = setting(
        "INBOX",
        label={"ru": "Папка", "en": "Folder"},
        help={
            "ru": "Читается только она: папка «Спам» остаётся в покое.",
            "en": "The only one that is read: the spam folder is left alone.",
        },
        min_length=1,
        when=_FETCHED,
    )
    start: Literal["new", "all"] = setting(
        "new",
        label={"ru": "С чего начать", "en": "Where to begin"},
        options={
            "new": {"ru": "С новых писем", "en": "With new mail"},
            "all": {"ru": "Со всех писем в папке", "en": "With all mail in the folder"},
        },
        when=_FETCHED,
    )
    handled: Literal["leave", "seen", "move"] = setting(
        "seen",
        label={"ru": "Принятые письма", "en": "Mails taken in"},
        options={
            "leave": {"ru": "Оставить как есть", "en": "Leave as they are"},
            "seen": {"ru": "Отметить прочитанными", "en": "Mark as read"},
            "move": {"ru": "Перенести в папку", "en": "Move to a folder"},
        },
        when=_FETCHED,
    )
    move_to: str = setting(
        "", label={"ru": "Переносить в папку", "en": "Move them to"}, when=_MOVED
    )
    smtp_host: str = setting(
        "",
        label={"ru": "Сервер SMTP", "en": "SMTP server"},
        where={"ru": "Там же, SMTP.", "en": "In the same place, SMTP."},
        example="smtp.shop.example",
        guards=_SERVER,
    )
    smtp_port: int = setting(
        465, label={"ru": "Порт SMTP", "en": "SMTP port"}, guards=_SERVER, ge=1, le=65535
    )
    smtp_security: Security = setting("tls", label=_ENCRYPTION, options=_SECURITIES)
    login: Literal["password", "google", "microsoft", "none"] = setting(
        "password",
        label={"ru": "Вход на сервер", "en": "How we log in"},
        options={
            "password": {"ru": "По паролю", "en": "With a password"},
            "google": {"ru": "Через Google", "en": "Through Google"},
            "microsoft": {"ru": "Через Microsoft", "en": "Through Microsoft"},
            "none": {"ru": "Без входа", "en": "Without signing in"},
        },
        where={
            "ru": "Google и Microsoft пускают приложения только с согласия владельца ящика.",
            "en": "Google and Microsoft let applications in only with the owner's consent.",
        },
    )
    user: str = setting("", label={"ru": "Имя пользователя", "en": "User name"}, when=_SIGNED)
    password: str = setting(
        "",
        label={"ru": "Пароль", "en": "Password"},
        where={
            "ru": "Часто нужен отдельный пароль приложения: он создаётся в настройках ящика.",
            "en": "Often an app password of its own, made in the settings of the mailbox.",
        },
        secret=True,
        when=_PASSWORD,
    )
    oauth_client_id: str = setting(
        "", label={"ru": "OAuth: client id", "en": "OAuth: client id"}, when=_CONSENT
    )
    oauth_client_secret: str = setting(
        "",
        label={"ru": "OAuth: client secret", "en": "OAuth: client secret"},
        secret=True,
        when=_CONSENT,
    )
    oauth_tenant: str = setting(
        "organizations",
        label={"ru": "Microsoft: организация", "en": "Microsoft: organisation"},
        help={
            "ru": "Домен или номер (tenant id), если приложение записано для одной организации.",
            "en": "Its domain or tenant id, where the application is registered for one alone.",
        },
        example="shop.onmicrosoft.com",
        pattern=r"^[A-Za-z0-9.-]{1,100}$",
        when=_MICROSOFT,
    )
    oauth_refresh_token: str = setting(
        "",
        label={"ru": "OAuth: refresh token", "en": "OAuth: refresh token"},
        help={
            "ru": "Появится сам, когда владелец ящика даст согласие.",
            "en": "Comes by itself when the owner of the mailbox agrees.",
        },
        secret=True,
        granted=True,
        when=_CONSENT,
    )
    oauth_authorize_address: str = setting(
        "", label={"ru": "OAuth: адрес согласия", "en": "OAuth: address to agree at"}, help=_OWN,
        pattern=_WEB, control="url", when=_CONSENT,
    )  # fmt: skip
    oauth_endpoint: str = setting(
        "", label={"ru": "OAuth: адрес токенов", "en": "OAuth: token address"}, help=_OWN,
        guards=("oauth_client_secret", "oauth_refresh_token"), pattern=_WEB, control="url",
        when=_CONSENT,
    )  # fmt: skip
    certificate: str = setting(
        "",
        label={"ru": "Сертификат своего сервера", "en": "Certificate of an own server"},
        help={
            "ru": "PEM; нужен, если сервер подписан собственным центром.",
            "en": "PEM; for a server whose certificate no public authority signed.",
        },
        control="long_text",
    )
    plus_addresses: bool = setting(
        False,
        label={"ru": "Ящик принимает адреса с плюсом", "en": "The mailbox takes plus-addresses"},
        help={
            "ru": "help+код@… попадает в тот же ящик: ответы находят обращение и без заголовков.",
            "en": "help+code@… lands in the same mailbox: answers find their contact even when "
            "headers are lost.",
        },
    )
    trusted_servers: tuple[str, ...] = setting(
        (),
        label={"ru": "Чьим проверкам верить", "en": "Whose checks are believed"},
        help={
            "ru": "Имя вашего сервера из заголовка Authentication-Results. Чужим не верим.",
            "en": "The name your own server writes in Authentication-Results. Others are not "
            "believed.",
        },
        example="mx.shop.example",
        max_length=10,
    )
    checks_below: bool = setting(
        False,
        label={"ru": "Проверки стоят ниже Received", "en": "Checks stand below Received"},
        help={
            "ru": "Включайте, только если сервер пишет Authentication-Results ниже своей строки "
            "Received и убирает из писем чужие строки со своим именем. Для mx.google.com не нужно.",
            "en": "Only where your server writes Authentication-Results below its own Received "
            "line and takes foreign ones with its name out. Not needed for mx.google.com.",
        },
    )
    trust_unjudged: bool = setting(
        False,
        label={"ru": "Верить отправителю без проверок", "en": "Believe senders nobody checked"},
        help={
            "ru": "Если сервер не пишет результатов проверки. Отправителя письма легко подделать.",
            "en": "Where the server writes no results. The sender of a mail is easily forged.",
        },
    )
    answer_unjudged: bool = setting(
        True,
        label={"ru": "Подтверждать письма без проверок", "en": "Confirm mails nobody checked"},
        help={
            "ru": "Автоматический ответ уходит и тем, чьё письмо сервер не проверил (не больше "
            "трёх в день на адрес).",
            "en": "Automatic answers also go to senders the server did not check (at most three "
            "a day per address).",
        },
    )
    own_hosts: tuple[str, ...] = setting(
        (),
        label={"ru": "Свои почтовые серверы", "en": "Own mail servers"},
        help={"ru": "По ним узнаются петли.", "en": "Loops are recognised by them."},
        max_length=20,
    )
    thread_secret: str = setting(
        "",
        label={"ru": "Ключ переписки", "en": "Thread key"},
        help={
            "ru": "Подписывает номера переписок в наших письмах.",
            "en": "Signs the names of conversations in our mails.",
        },
        secret=True,
        generated=True,
    )
    hook_secret: str = setting(
        "",
        label={"ru": "Ключ приёма (Standard Webhooks)", "en": "Hook key (Standard Webhooks)"},
        help={
            "ru": "Им подписывает письма contact-center mail-pipe.",
            "en": "contact-center mail-pipe signs mails with it.",
        },
        secret=True,
        generated=True,
        when=_POSTED,
    )
    mailgun_key: str = setting(
        "",
        label={"ru": "Mailgun: signing key", "en": "Mailgun: signing key"},
        help={
            "ru": "Mailgun → Settings → API Security → HTTP webhook signing key.",
            "en": "Mailgun → Settings → API Security → HTTP webhook signing key.",
        },
        secret=True,
        when=_POSTED,
    )
    undo_seconds: int = setting(
        15, label={"ru": "Отмена отправки, секунд", "en": "Undo send, seconds"}, ge=0, le=120
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.receives == "imap" and not self.imap_host:
            raise ValueError("imap_host: name the server, or choose another way for mail to arrive")
        if self.login in ("google", "microsoft") and not self.oauth_client_id:
            raise ValueError("oauth_client_id: the provider's application has to be named")
        return self

    @cached_property
    def own_addresses(self) -> frozenset[str]:
        """All addresses of this mailbox, as addresses are compared; domains in both spellings."""
        written = [one.casefold() for one in (self.address, *self.aliases)]
        return frozenset([*written, *map(_in_ascii, written)])

    @property
    def domain(self) -> str:
        """What stands behind the @ of our own names; in ASCII, where it can be said so."""
        return _in_ascii(self.address.lower()).rpartition("@")[2]

    def mailbox(self, token: TokenSource | None) -> MailboxSettings:
        """How the mailbox is read."""
        server = self._server(self.imap_host, self.imap_port, self.imap_security, token)
        return MailboxSettings(
            server=server, folder=self.folder, start=self.start, handled=self.handled,
            move_to=self.move_to,
        )  # fmt: skip

    def outgoing(self, token: TokenSource | None) -> SmtpSettings:
        """How mail is sent. Raises Misconfigured where no server is named."""
        if not self.smtp_host:
            raise Misconfigured("no SMTP server is named in the settings of the account")
        server = self._server(self.smtp_host, self.smtp_port, self.smtp_security, token)
        return SmtpSettings(server=server)

    def _server(
        self, host: str, port: int, security: Security, token: TokenSource | None
    ) -> MailServer:
        user = "" if self.login == "none" else self.user or self.address
        return MailServer(
            host=host, port=port, security=security, user=user,
            password=self.password if self.login == "password" else "",
            token=token, authority=self.certificate,
        )  # fmt: skip


def _in_ascii(address: str) -> str:
    """An address with its domain in ASCII, where it can be said so (RFC 3490)."""
    local, at, domain = address.rpartition("@")
    with contextlib.suppress(UnicodeError):
        return f"{local}{at}{domain.encode('idna').decode()}"
    return address
