"""The desk in detail: what an operator's hands do all day, seen in a browser."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.journeys.conftest import EMAIL, PASSWORD, Company
from tests.journeys.test_first_contact import PHONE, accept, answer, finish, thread, write
from tests.support.house import Office
from tests.support.kinds import picture

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

Open = Callable[..., Page]


def set_account(company: Company, **settings: Any) -> None:
    """Change the settings of the company's web chat, as its administrator."""

    async def change() -> None:
        office = Office(company.url)
        try:
            await office.sign_in(EMAIL, PASSWORD)
            account = (await office.call("GET", "/accounts"))["items"][0]
            await office.call("PATCH", f"/accounts/{account['id']}", {"settings": settings})
        finally:
            await office.close()

    # Playwright's own loop runs in this thread.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, change()).result()


def talk(company: Company, open_page: Open, text: str, **options: Any) -> tuple[Page, Page]:
    """An operator who has just accepted a visitor's contact, and the visitor."""
    operator, visitor = open_page(**options), open_page(viewport=PHONE)
    company.sign_in(operator)
    visitor.goto(company.chat)
    write(visitor, text)
    accept(operator)
    return operator, visitor


def test_a_picture_opens_large_and_leaves_by_keyboard(company: Company, open_page: Open) -> None:
    operator, _ = talk(company, open_page, "Пришлите фото")
    operator.locator("input[type=file]").set_input_files(
        [
            FilePayload(name="one.png", mimeType="image/png", buffer=picture(10)),
            FilePayload(name="two.png", mimeType="image/png", buffer=picture(200)),
            FilePayload(name="price.txt", mimeType="text/plain", buffer=b"12 BYN"),
        ]
    )
    files = operator.get_by_role("list", name="Вложения")
    for name in ("one.png", "two.png", "price.txt"):
        expect(files.get_by_role("button", name=name)).to_be_visible()
    expect(files.get_by_text("%")).to_have_count(0)
    answer(operator, "Вот")
    expect(thread(operator).get_by_text("price.txt")).to_be_visible()
    expect(thread(operator).locator("a[download='price.txt']")).to_have_count(1)

    # A quarter of an hour later the addresses it was drawn with are too old.
    operator.evaluate("() => { const now = Date.now; Date.now = () => now() + 900_000; }")
    with operator.expect_request("**/messages?*after=*"), operator.expect_download() as saved:
        thread(operator).locator("a[download='price.txt']").press("Enter")
    assert saved.value.path().read_bytes() == b"12 BYN"
    thread(operator).get_by_role("link", name="one.png").click()
    large = operator.get_by_role("dialog")
    expect(large.get_by_role("img", name="one.png")).to_be_visible()
    operator.keyboard.press("ArrowRight")
    expect(large.get_by_role("img", name="two.png")).to_be_visible()
    expect(large.get_by_text("2 из 2")).to_be_visible()
    operator.keyboard.press("Escape")
    expect(large).to_be_hidden()
    finish(operator)


def test_own_keys_hold_on_another_computer(company: Company, open_page: Open) -> None:
    operator, _ = talk(company, open_page, "Про клавиши")
    address = operator.url
    operator.goto(f"{company.url}/settings?part=keyboard")
    operator.get_by_role("button", name="Ответить: R").click()
    operator.keyboard.press("KeyB")
    expect(operator.get_by_role("button", name="Ответить: B")).to_be_visible()
    operator.get_by_role("button", name="Убрать клавишу: Написать заметку").click()
    expect(operator.get_by_role("button", name="Написать заметку: нет")).to_be_visible()

    other = open_page()
    company.sign_in(other)
    other.goto(address)
    field = other.get_by_placeholder("Напишите ответ…")
    field.wait_for()
    for key in ("KeyR", "KeyN"):
        other.keyboard.press(key)
    expect(field).not_to_be_focused()
    other.keyboard.press("KeyB")
    expect(field).to_be_focused()

    search = other.get_by_role("combobox", name="Команда, имя клиента")
    other.keyboard.press("Control+k")
    other.keyboard.type("нет такого действия")  # none of it goes into the answer
    expect(search).to_have_value("нет такого действия")
    other.keyboard.press("Escape")
    expect(search).to_be_hidden()
    expect(field).to_be_focused()
    expect(field).to_have_value("")

    operator.get_by_role("button", name="Вернуть все обычные").click()
    expect(operator.get_by_role("button", name="Ответить: R")).to_be_visible()
    finish(other)


def test_a_parked_talk_is_his_again_when_its_client_writes(
    company: Company, open_page: Open
) -> None:
    operator, visitor = talk(company, open_page, "Подумаю до завтра")
    keys, parked = operator.keyboard, operator.get_by_role("link", name="Отложенные 1")
    keys.press("Escape")
    keys.press("KeyP")
    expect(operator.get_by_role("radio", name="Пока клиент не напишет")).to_be_focused()
    keys.press("Enter")
    expect(parked).to_be_visible()
    expect(operator.get_by_role("button", name="Вернуть", exact=True)).to_be_visible()
    write(visitor, "Надумал")
    accept(operator)
    expect(parked).to_have_count(0)
    expect(thread(operator).get_by_text("Надумал")).to_be_visible()
    finish(operator)


def test_a_clients_fields_are_edited_in_place(company: Company, open_page: Open) -> None:
    operator, _ = talk(company, open_page, "Запишите мои данные")
    keys = operator.keyboard
    panel = operator.get_by_role("complementary", name="Карточка клиента")
    for name, value in (("Город", "Гродно"), ("Размер обуви", "43")):
        panel.get_by_role("button", name="Добавить поле").click()
        keys.type(name)
        keys.press("Tab")
        keys.type(value)
        keys.press("Enter")
        expect(panel.get_by_role("button", name=f"{name}: {value}")).to_be_visible()
    panel.get_by_role("button", name="Город: Гродно").click()
    keys.press("Control+KeyA")
    keys.type("Брест")
    keys.press("Enter")
    expect(panel.get_by_role("button", name="Город: Брест")).to_be_visible()
    panel.get_by_role("button", name="Этап:").click()
    operator.get_by_role("menuitem", name="пользуется").click()
    panel.get_by_role("button", name="Добавить адрес").click()
    panel.get_by_role("textbox", name="Телефон").fill("8 029 123-45-67")
    keys.press("Enter")
    expect(panel.get_by_text("+375291234567")).to_be_visible()
    operator.reload()
    expect(panel.get_by_role("button", name="Город: Брест")).to_be_visible()
    expect(panel.get_by_role("button", name="Размер обуви: 43")).to_be_visible()
    expect(panel.get_by_role("button", name="Этап: пользуется")).to_be_visible()
    finish(operator)


def test_a_reply_can_be_taken_back_until_the_operator_goes_on(
    company: Company, open_page: Open
) -> None:
    set_account(company, undo_seconds=30)
    try:
        operator, visitor = talk(company, open_page, "Отмените, если что")
        answer(operator, "Не то")
        operator.get_by_role("button", name="Отменить").click()
        expect(operator.get_by_placeholder("Напишите ответ…")).to_have_value("Не то")
        answer(operator, "Вот это")
        expect(operator.get_by_role("button", name="Отменить")).to_be_visible()
        expect(visitor.get_by_text("Вот это")).to_have_count(0)
        answer(operator, "И ещё")  # going on lets the first reply leave at once
        expect(visitor.get_by_text("Вот это")).to_be_visible()
        expect(visitor.get_by_text("И ещё")).to_have_count(0)
        expect(operator.get_by_role("button", name="Отменить")).to_have_count(1)
        finish(operator)
        expect(visitor.get_by_text("И ещё")).to_be_visible()
        expect(visitor.get_by_text("Не то")).to_have_count(0)
    finally:
        set_account(company, undo_seconds=None)


def test_a_shift_begins_in_the_chosen_state_with_a_checked_sound(
    company: Company, open_page: Open
) -> None:
    page = open_page()
    page.goto(company.url)
    page.get_by_role("button", name=re.compile("Проверить.*Звук")).click()
    expect(page.get_by_role("img", name="в порядке")).to_be_visible()
    page.get_by_role("radio", name="Перерыв").check(force=True)
    page.locator("input[type=email]").fill(EMAIL)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Состояние: Перерыв")).to_be_visible()


AWAY = """() => {
  Object.defineProperty(document, "hidden", { get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# Chromium forgets a notice where the notices are listed while it is being shown: wait, do not look.
SHOWN = """
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = async function (...given) {
    await show.apply(this, given);
    window.noticeShown = true;
  };
"""


def test_an_offer_is_accepted_from_its_desktop_notice(
    company: Company, whole_browser: Browser, open_page: Open
) -> None:
    operator = open_page(whole_browser, permissions=["notifications"])
    operator.add_init_script(SHOWN)
    visitor = open_page(viewport=PHONE)
    company.sign_in(operator)
    visitor.goto(company.chat)
    write(visitor, "Видно ли меня из другого окна?")
    operator.get_by_role("button", name="Принять").first.wait_for()
    operator.evaluate(AWAY)  # seen for a moment, and not answered
    expect(operator).to_have_title(re.compile(r"^\(\d+\) "))

    operator.wait_for_function("window.noticeShown")
    actions = operator.evaluate(
        """async () => {
            const worker = await navigator.serviceWorker.ready;
            return (await worker.getNotifications()).map(one => one.actions.map(act => act.action));
        }"""
    )
    assert actions == [["accept", "decline"]]
    operator.context.service_workers[0].evaluate(
        """async () => {
            const [notification] = await self.registration.getNotifications();
            const click = { notification, action: "accept" };
            self.dispatchEvent(new NotificationEvent("notificationclick", click));
        }"""
    )
    operator.get_by_placeholder("Напишите ответ…").wait_for()
    finish(operator)


SCROLLED = """async (box) => {
  for (let before = -1; ;) {
    await new Promise((done) => setTimeout(done, 200));
    const above = box.scrollHeight - box.clientHeight - box.scrollTop;
    if (above > 100 && box.scrollTop === before) return before;
    before = box.scrollTop;
  }
}"""  # where it has come to rest, away from its end


def test_new_messages_are_announced_to_who_reads_above(company: Company, open_page: Open) -> None:
    operator, visitor = talk(company, open_page, "Начало")
    for number in range(12):
        answer(operator, f"Длинный ответ {number}. " + "Подробности заказа. " * 20)
    expect(visitor.get_by_text("Длинный ответ 11")).to_be_attached()  # the last has left
    log = thread(operator)
    log.hover()
    operator.mouse.wheel(0, -2500)
    place = log.evaluate(SCROLLED)
    write(visitor, "Я ещё здесь")
    pill = operator.get_by_role("button", name="1 новое")
    expect(pill).to_be_visible()
    assert abs(log.evaluate("box => box.scrollTop") - place) < 3
    pill.click()
    expect(log.get_by_text("Я ещё здесь")).to_be_in_viewport()
    finish(operator)


def test_the_page_says_when_the_house_is_away_and_sends_once_it_is_back(
    company: Company, open_page: Open
) -> None:
    operator, visitor = talk(company, open_page, "Не теряйтесь")
    company.house.kill_service()
    expect(operator.get_by_role("button", name="Переподключение")).to_be_visible()
    answer(operator, "Написано без связи")
    expect(operator.get_by_role("button", name="На связи")).to_be_visible()
    expect(thread(operator).get_by_text("Написано без связи", exact=True)).to_have_count(1)
    expect(visitor.get_by_text("Написано без связи")).to_be_visible()
    expect(visitor.get_by_text("Написано без связи")).to_have_count(1)
    finish(operator)
