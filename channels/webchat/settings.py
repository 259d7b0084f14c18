"""What an administrator decides about one chat on a site."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from channels.settings import AccountSettings, Texts, setting, undo_setting


class Question(AccountSettings):
    """A field asked before the first message; the names name, email and phone are understood."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    label: Texts
    type: Literal["text", "email", "phone"] = "text"
    required: bool = False


class WebChatSettings(AccountSettings):
    """Settings of a web-chat account."""

    title: Texts = setting(
        Texts(ru="Напишите нам", en="Write to us"),
        label={"ru": "Заголовок", "en": "Title"},
    )
    greeting: Texts = setting(
        Texts(
            ru="Здравствуйте! Чем помочь? Оператор скоро ответит.",
            en="Hello! How can we help? An operator will answer soon.",
        ),
        label={"ru": "Приветствие", "en": "Greeting"},
        help={
            "ru": "Показывается в пустом чате; сообщением не считается.",
            "en": "Shown in an empty chat; it is not a message.",
        },
    )
    color: str = setting(
        "#0b6bcb",
        label={"ru": "Цвет", "en": "Colour"},
        example="#0b6bcb",
        control="color",
        pattern=r"^#[0-9a-fA-F]{6}$",
    )
    position: Literal["right", "left"] = setting(
        "right",
        label={"ru": "Место кнопки", "en": "Place of the button"},
        options={
            "right": {"ru": "Справа", "en": "Right"},
            "left": {"ru": "Слева", "en": "Left"},
        },
    )
    locales: tuple[Literal["ru", "en"], ...] = setting(
        ("ru", "en"),
        label={"ru": "Языки", "en": "Languages"},
        help={
            "ru": "Первый — если язык посетителя не из списка.",
            "en": "The first one is used where the visitor's is not in the list.",
        },
        options={
            "ru": {"ru": "Русский", "en": "Russian"},
            "en": {"ru": "Английский", "en": "English"},
        },
        min_length=1,
    )
    allowed_origins: tuple[str, ...] = setting(
        (),
        label={"ru": "Разрешённые сайты", "en": "Allowed sites"},
        help={
            "ru": "Где можно разместить чат. Пусто — только на собственной странице чата.",
            "en": "Where the chat may be embedded. Empty: only on its own page.",
        },
        where={
            "ru": "Скопируйте адрес вашего сайта из строки браузера.",
            "en": "Copy your site's address from the browser.",
        },
        example="https://shop.example, https://*.shop.example",
    )
    session_secret: str = setting(
        "",
        label={"ru": "Ключ сеансов", "en": "Session key"},
        help={
            "ru": "Подписывает сеансы посетителей. Смена завершает все сеансы.",
            "en": "Signs visitors' sessions. Changing it ends all of them.",
        },
        secret=True,
        generated=True,
    )
    identity_secret: str = setting(
        "",
        label={"ru": "Ключ пользователей сайта", "en": "Site users' key"},
        help={
            "ru": "Сайт подписывает им номер вошедшего пользователя: HMAC-SHA256 в hex. "
            "Хранится только на сервере сайта.",
            "en": "The site signs a signed-in user's id with it: HMAC-SHA256 in hex. "
            "Keep it on the site's server only.",
        },
        secret=True,
        generated=True,
    )
    user_space: str = setting(
        "",
        label={"ru": "Общий список пользователей", "en": "Shared list of users"},
        help={
            "ru": "Одинаковое имя у нескольких чатов значит: номера пользователей у них общие.",
            "en": "The same name in several chats means that they share one list of user ids.",
        },
        max_length=64,
    )
    prechat: tuple[Question, ...] = setting(
        (),
        label={"ru": "Вопросы до разговора", "en": "Questions before the chat"},
        control="questions",
        max_length=8,
    )
    offline_form: bool = setting(
        True,
        label={"ru": "Форма вне рабочего времени", "en": "Form outside working hours"},
        help={
            "ru": "Когда никто не может ответить, просит оставить сообщение и адрес.",
            "en": "When nobody can answer, asks for a message and an address.",
        },
    )
    ask_email: bool = setting(
        True,
        label={"ru": "Просить почту в этой форме", "en": "Ask for e-mail in this form"},
    )
    region: str = setting(
        "BY",
        label={"ru": "Страна телефонов без кода", "en": "Country of numbers without a code"},
        example="BY",
        pattern=r"^[A-Z]{2}$",
    )
    undo_seconds: int | None = undo_setting()
