"""An administrator connects a bot and a mailbox, in a real browser."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contact_center.simulator.telegram import TOKEN, FakeTelegram, serving
from tests.journeys.conftest import EMAIL, PASSWORD, Company
from tests.support.oauth import FakeOAuth, fake_oauth

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]


@pytest.fixture
def fake() -> Iterator[FakeOAuth]:
    """The provider, on a loop of its own: the browser's API waits in this thread."""
    loop, ready, made = asyncio.new_event_loop(), threading.Event(), []

    async def run() -> None:
        async with fake_oauth() as provider:
            made.append(provider)
            ended = asyncio.Event()
            made.append(lambda: loop.call_soon_threadsafe(ended.set))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(60)
    yield made[0]
    made[1]()
    thread.join(60)
    loop.close()


def mailbox(company: Company, page: Page, fake: FakeOAuth) -> str:
    """A mailbox that waits for its owner's consent; its address in the console."""

    def ask(path: str, method: str, body: dict[str, Any] | None, csrf: str = "") -> Any:
        answer = page.context.request.fetch(
            f"{company.url}/api/v1{path}", method=method, data=body,
            headers={"X-CSRF-Token": csrf, "Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.ok, answer.text()
        return answer.json()

    csrf = ask("/auth/sign-in", "POST", {"email": EMAIL, "password": PASSWORD})["csrf"]
    chat = ask("/accounts", "GET", None)["items"][0]
    made = ask("/accounts", "POST", {
        "provider": "mail", "title": "Почта магазина", "brand_id": chat["brand_id"],
        "queue_id": chat["queue_id"], "settings": {
            "address": "help@shop.example", "receives": "hook", "login": "google",
            "oauth_client_id": fake.client_id, "oauth_client_secret": fake.client_secret,
            "oauth_endpoint": f"{fake.url}/token",
            "oauth_authorize_address": f"{fake.url}/authorize",
        },
    }, csrf)  # fmt: skip
    return f"{company.url}/admin/accounts/{made['id']}"


def test_a_button_leads_to_the_provider_and_back_and_both_answers_are_shown(
    company: Company, open_page: Callable[..., Page], fake: FakeOAuth
) -> None:
    fake.redirect_uri = f"{company.url}/api/v1/oauth/callback"
    page = open_page()
    place = mailbox(company, page, fake)
    page.goto(place)
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(fake.redirect_uri)).to_be_visible()
    fake.says_no = "The owner declined."
    drawer.get_by_role("button", name="Подключить Google", exact=True).click()
    expect(drawer.get_by_text("access_denied The owner declined.")).to_be_visible()
    expect(page).to_have_url(place)
    fake.says_no = ""
    drawer.get_by_role("button", name="Подключить Google", exact=True).click()
    expect(drawer.get_by_role("button", name="Подключить Google заново")).to_be_visible()
    expect(drawer.get_by_text("access_denied")).to_have_count(0)
    expect(page).to_have_url(place)


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field).click()
    page.get_by_role("option", name=option, exact=True).click()


def asked(page: Page) -> set[str]:
    """The fields of a mailbox that depend on others and can be seen."""
    named = (
        "Сервер IMAP", "Порт IMAP", "Папка", "С чего начать", "Принятые письма",
        "Переносить в папку", "Имя пользователя", "Пароль", "OAuth: client id",
        "OAuth: client secret", "Microsoft: каталог", "Ключ приёма (Standard Webhooks)",
        "Mailgun: signing key",
    )  # fmt: skip
    fields = page.locator("form label, form legend")
    return {name for name in named if fields.get_by_text(name, exact=True).first.is_visible()}


def test_a_mailbox_asks_only_for_what_matters_by_what_stands_in_the_form(
    company: Company, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    company.sign_in(page)
    page.goto(f"{company.url}/admin/accounts/new")
    page.get_by_role("button", name="Электронная почта").click()
    page.get_by_text("Ещё настройки").click()
    expect(page.get_by_label("Сервер IMAP")).to_be_visible()
    fetched = {"Сервер IMAP", "Порт IMAP", "Папка", "С чего начать", "Принятые письма"}
    by_password = {"Имя пользователя", "Пароль"}
    assert asked(page) == fetched | by_password
    choose(page, "Принятые письма", "Перенести в папку")
    assert asked(page) == fetched | by_password | {"Переносить в папку"}
    choose(page, "Как приходит почта", "Hook: письма передают нам")
    posted = {"Ключ приёма (Standard Webhooks)", "Mailgun: signing key"}
    assert asked(page) == posted | by_password
    choose(page, "Вход на сервер", "Через Google")
    consent = {"OAuth: client id", "OAuth: client secret"}
    assert asked(page) == posted | consent | {"Имя пользователя"}
    choose(page, "Как приходит почта", "Никак, только отправка")
    choose(page, "Вход на сервер", "Без входа")
    assert asked(page) == set()
    choose(page, "Как приходит почта", "IMAP: читать ящик")
    assert asked(page) == fetched | {"Переносить в папку"}  # what was chosen before is kept


@pytest.fixture
def bot() -> Iterator[tuple[FakeTelegram, str, Callable[..., Any]]]:
    """A Bot API on a loop of its own, its address, and how to make its clients act."""
    loop, fake = asyncio.new_event_loop(), FakeTelegram(insecure=True)
    ready, ended = threading.Event(), asyncio.Event()
    found: list[str] = []

    async def run() -> None:
        async with serving(fake) as url:
            found.append(url)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(60)
    yield fake, found[0], lambda act: asyncio.run_coroutine_threadsafe(act, loop).result(60)
    loop.call_soon_threadsafe(ended.set)
    thread.join(60)
    loop.close()


def test_a_bot_is_connected_step_by_step_to_four_ticks(
    company: Company, open_page: Callable[..., Page], bot: tuple[FakeTelegram, str, Any]
) -> None:
    fake, url, act = bot
    fake.chat(4242)
    page = open_page()
    answer = page.context.request.post(
        f"{company.url}/api/v1/auth/sign-in", data={"email": EMAIL, "password": PASSWORD}
    )
    assert answer.ok, answer.text()
    page.goto(f"{company.url}/admin/accounts/new")
    page.get_by_role("button", name="Telegram").press("Enter")
    page.get_by_text("Ещё настройки").press("Enter")
    page.get_by_label("Адрес Bot API").fill(url)
    token = page.get_by_label("Токен бота")
    token.fill("no token at all")
    expect(page.get_by_text("Не похоже на то, что нужно. Пример: 123456:ABC")).to_be_visible()
    token.fill(TOKEN.replace("ABC", "XYZ"))
    expect(page.get_by_text("Telegram не принимает эти данные")).to_be_visible()
    expect(page.get_by_text("Unauthorized")).to_be_visible()
    token.fill(TOKEN)
    expect(page.get_by_text("Telegram отвечает: @shop_bot")).to_be_visible()
    expect(page.get_by_label("Название", exact=True)).to_have_value("@shop_bot")
    choose(page, "Очередь", "Чат")
    page.get_by_role("button", name="Сохранить и продолжить").click()
    expect(page.get_by_text("Telegram знает этот адрес")).to_be_visible()
    assert fake.webhook.url.startswith(f"{company.url}/hooks/")
    page.reload()  # whoever leaves comes back to where he was
    page.get_by_role("button", name="К проверке").click()
    expect(page.get_by_text("Напишите с телефона: @shop_bot")).to_be_visible()
    ticks = page.get_by_role("list", name="Как далеко дошло сообщение").get_by_role("listitem")
    expect(ticks.locator("small", has_text="ждём")).to_have_count(4)
    fake.switches.turn("wrongly_signed", on=True)
    act(fake.say(text="Проверка"))
    expect(page.get_by_text("не доказал, что он от провайдера")).to_be_visible()
    expect(page.get_by_role("link", name="Посмотреть запрос")).to_be_visible()
    fake.switches.turn("wrongly_signed", on=False)
    act(fake.deliver())
    expect(page.locator("li[data-state=good]")).to_have_count(4)
    assert "Связь работает" in fake.sent()[0]["text"]
    page.get_by_role("button", name="Включить подключение").click()
    expect(page.get_by_role("heading", name="@shop_bot", level=1)).to_be_visible()
    expect(page.get_by_text("Всё в порядке.")).to_be_visible()
    fake.token = "123456:taken-back-by-its-owner-at-BotFather"
    page.get_by_role("button", name="Проверить").click()
    banner = page.get_by_role("status").filter(
        has_text="Не работает «@shop_bot»: Telegram не знает"
    )
    expect(banner).to_be_visible()
    page.get_by_role("link", name="Обращения").click()
    expect(page).to_have_url(f"{company.url}/inbox")
    expect(banner).to_be_visible()
    fake.token = TOKEN
    banner.get_by_role("button", name="Что делать").click()
    page.get_by_role("button", name="Проверить").click()
    expect(banner).to_have_count(0)
