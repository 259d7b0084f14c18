"""A client with a phone in Telegram, another by SMS, and the operator who answers both."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from contact_center.simulator.company import load
from contact_center.simulator.phones.avatar import avatar
from contact_center.web.static import BUILT
from tests.support.house import House

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

VERA, PETR, NINA = "Вера Лис", "Пётр Дуб", "Нина Ель"
Open = Callable[..., Page]
PICTURES = [
    {"name": f"{n}.png", "mimeType": "image/png", "buffer": avatar(n)} for n in range(3)
]  # fmt: skip


@pytest.fixture(scope="module")
def demo(begun: Path) -> Iterator[House]:
    if not (BUILT / "console" / "index.html").exists():
        pytest.skip("the console is not built: make build")
    house = House("run", environ={"CC_DEMO": "true"}, data=begun)
    house.start()
    try:
        asyncio.run(house.ready())
        yield house
    finally:
        house.stop()


def phone(page: Page, channel: str, name: str) -> Locator:
    """A new phone, for a client of this name."""
    form = page.locator("#new-phone")
    form.get_by_role("combobox").select_option(channel)
    form.get_by_role("textbox").fill(name)
    form.get_by_role("button").click()
    made = page.get_by_role("article", name=name)
    expect(made).to_be_visible()
    return made


def write(screen: Locator, text: str) -> None:
    screen.get_by_role("textbox").fill(text)
    screen.get_by_role("textbox").press("Enter")
    expect(screen.locator(".msg.me").last).to_contain_text(text)


def send(screen: Locator, what: str) -> None:
    screen.locator("form summary").click()
    screen.get_by_role("button", name=what).click()


def sign_in(page: Page, house: House) -> None:
    """Over the API: the form is another journey's."""
    page.request.post(
        f"{house.url}/api/v1/auth/sign-in", headers={"Origin": house.url},
        data={"email": "olga@vasilek.example", "password": load().password},
    )  # fmt: skip
    page.goto(f"{house.url}/inbox/queue")


def take(page: Page, who: str) -> Locator:
    """Open a contact that waits and take it; the thread."""
    page.get_by_role("navigation", name="Списки обращений").get_by_text("В очереди").click()
    page.get_by_role("listitem").filter(has_text=who).first.click()
    page.get_by_role("button", name="Взять", exact=True).click()
    page.get_by_placeholder("Напишите ответ…").wait_for()
    return page.get_by_role("log")


def test_a_talk_in_telegram_and_one_by_sms_are_a_thread_each(demo: House, open_page: Open) -> None:
    outside, olga = open_page(), open_page()
    outside.goto(f"{demo.url}/simulator?lang=ru#phones")
    telegram, sms = (phone(outside, *given) for given in (("telegram", VERA), ("sms", PETR)))
    write(telegram, "Где заказ 48101?")
    write(sms, "Когда привезут 48102?")
    sign_in(olga, demo)

    # Telegram: an answer with a button, its press, an album and a voice note.
    thread = take(olga, VERA)
    field = olga.get_by_placeholder("Напишите ответ…")
    field.fill("Уже едет. Вы дома?")
    olga.get_by_role("button", name="Добавить кнопку").click()
    olga.get_by_role("textbox", name="Кнопка 1: текст").fill("Да, дома")
    field.press("Control+Enter")
    telegram.get_by_role("button", name="Да, дома").click()
    telegram.locator("input[type=file]").set_input_files(PICTURES)  # type: ignore[arg-type]
    send(telegram, "Голосовое")
    expect(thread.get_by_text("Уже едет. Вы дома?").first).to_be_visible()
    expect(telegram.locator(".meta.taken")).to_have_count(3)
    # The button, and its press.
    expect(thread.get_by_text("Да, дома")).to_have_count(2)
    expect(thread.locator("img")).to_have_count(len(PICTURES))
    expect(thread.get_by_role("group", name="3 файла в одном сообщении")).to_have_count(1)
    expect(thread.get_by_role("button", name=re.compile("^Слушать"))).to_be_visible()

    # What the provider does not say, the screen does not claim.
    faults = outside.get_by_role("region", name="Неисправности: Telegram")
    faults.get_by_role("switch", name="Половина ответа").check()
    field.fill("Позвоните в дверь")
    field.press("Control+Enter")
    expect(telegram.get_by_text("Позвоните в дверь")).to_be_visible()
    expect(thread.get_by_text("Неизвестно, дошло ли")).to_be_visible()
    expect(faults.locator(".switch.on .count")).to_have_text("1")

    # SMS, which tells no name: in a thread of its own, with pictures both ways.
    thread = take(olga, "Когда привезут 48102?")
    sms.locator("input[type=file]").set_input_files(PICTURES[:1])  # type: ignore[arg-type]
    expect(thread.locator("img")).to_have_count(1)
    olga.locator("input[type=file]").first.set_input_files(PICTURES[1:2])  # type: ignore[arg-type]
    olga.get_by_placeholder("Напишите ответ…").fill("Завтра с 10 до 14")
    olga.get_by_role("button", name="Отправить", exact=True).click()  # once the file is here
    expect(sms.get_by_text("Завтра с 10 до 14")).to_be_visible()
    expect(sms.locator("img")).to_have_count(2)
    expect(thread.get_by_text("Когда привезут 48102?")).to_be_visible()
    expect(thread.get_by_text("Где заказ 48101?")).to_have_count(0)

    # A link leads him on to Telegram, and his card follows.
    olga.get_by_role("button", name="Продолжить: @vasilek_bot").click()
    olga.get_by_role("button", name="Создать ссылку").click()
    link = olga.get_by_text("https://t.me/vasilek_bot?start=go-").inner_text()
    write(phone(outside, "telegram", "Пётр Дубович"), "/start " + link.partition("start=")[2])
    card = olga.get_by_role("heading", name="Пётр Дубович", level=2)
    expect(card).to_be_visible()


def see(what: Locator) -> None:
    expect(what).to_be_visible()


def block(page: Page, house: House, *, blocked: bool) -> None:
    """Nina takes no messages of the bot, or takes them again."""
    phones = f"{house.url}/simulator/api/phones"
    held = page.request.get(f"{phones}/state").json()["phones"]
    nina = next(one["id"] for one in held if one["name"] == NINA)
    page.request.put(
        f"{phones}/{nina}/blocked", data={"blocked": blocked}, headers={"Origin": house.url}
    )


def test_a_reply_is_counted_quoted_sent_again_changed_and_deleted(
    demo: House, open_page: Open
) -> None:
    outside, olga = open_page(), open_page()
    outside.goto(f"{demo.url}/simulator?lang=ru#phones")
    faults = f"{demo.url}/simulator/api/phones/faults/telegram"
    outside.request.delete(faults, headers={"Origin": demo.url})
    telegram, sms = phone(outside, "telegram", NINA), phone(outside, "sms", "Ян Клён")
    write(telegram, "Где заказ 48103?")
    send(telegram, "Голосовое")
    write(sms, "Когда привезут 48104?")
    sign_in(olga, demo)

    take(olga, "Когда привезут 48104?")
    field = olga.get_by_placeholder("Напишите ответ…")
    field.fill("я" * 71)
    see(olga.get_by_text("2 SMS · Unicode · осталось 63"))
    field.fill("OK")
    see(olga.get_by_text("1 SMS · GSM-7 · осталось 158"))

    # A recording plays, and by keyboard alone one message is answered.
    thread = take(olga, NINA)
    thread.get_by_role("button", name="Слушать").click()
    played = thread.get_by_role("slider")
    expect(played).not_to_have_attribute("aria-valuetext", "0:00 / 0:03")
    thread.get_by_role("button", name="Что сделать с сообщением").last.focus()
    olga.keyboard.press("ArrowUp")
    olga.keyboard.press("Enter")
    olga.get_by_role("menuitem", name="Ответить на это сообщение").press("Enter")
    see(olga.get_by_text(f"В ответ на · {NINA}"))
    expect(field).to_be_focused()

    # It fails for a reason, and is sent again where that is gone.
    block(outside, demo, blocked=True)
    olga.keyboard.insert_text("Уже в пути")
    olga.keyboard.press("Control+Enter")
    see(thread.get_by_text("клиент заблокировал бота"))
    block(outside, demo, blocked=False)
    thread.get_by_role("button", name="Повторить").click()
    see(telegram.get_by_text("Уже в пути"))
    see(thread.get_by_role("img", name="Отправлено"))
    see(thread.get_by_role("button", name="Где заказ 48103?"))  # the quote leads to it

    # It is changed, keeps what it was, and goes.
    olga.keyboard.press("KeyC")
    olga.get_by_role("textbox", name="Новый текст").fill("Уже у подъезда")
    olga.keyboard.press("Control+Enter")
    see(telegram.get_by_text("Уже у подъезда"))
    thread.get_by_role("button", name="изменено").click()
    see(thread.get_by_role("region", name="Прежние версии").get_by_text("Уже в пути"))
    olga.keyboard.press("Escape")
    olga.keyboard.press("Enter")
    olga.get_by_role("menuitem", name="Удалить у всех").click()
    olga.get_by_role("button", name="Удалить", exact=True).click()
    see(thread.get_by_text("Сообщение удалено"))
    expect(telegram.get_by_text(re.compile("^Уже "))).to_have_count(0)
