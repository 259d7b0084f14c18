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

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(180)]

VERA, PETR = "Вера Лис", "Пётр Дуб"
PATIENCE = 45_000
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
    return page.get_by_role("article", name=name)


def write(screen: Locator, text: str) -> None:
    screen.get_by_role("textbox").fill(text)
    screen.get_by_role("textbox").press("Enter")
    expect(screen.locator(".msg.me").last).to_contain_text(text, timeout=PATIENCE)


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
    for page in (outside, olga):
        page.set_default_timeout(PATIENCE)
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
    expect(thread.get_by_text("Уже едет. Вы дома?").first).to_be_visible(timeout=PATIENCE)
    # The button, and its press.
    expect(thread.get_by_text("Да, дома")).to_have_count(2, timeout=PATIENCE)
    expect(thread.locator("img")).to_have_count(len(PICTURES), timeout=PATIENCE)
    expect(thread.get_by_role("group", name="3 файла в одном сообщении")).to_have_count(
        1, timeout=PATIENCE
    )
    expect(thread.get_by_role("button", name=re.compile("^Слушать"))).to_be_visible(
        timeout=PATIENCE
    )
    expect(telegram.locator(".meta.taken")).to_have_count(3, timeout=PATIENCE)

    # What the provider does not say, the screen does not claim.
    faults = outside.get_by_role("region", name="Неисправности: Telegram")
    faults.get_by_role("switch", name="Половина ответа").check()
    field.fill("Позвоните в дверь")
    field.press("Control+Enter")
    expect(telegram.get_by_text("Позвоните в дверь")).to_be_visible(timeout=PATIENCE)
    expect(thread.get_by_text("Неизвестно, дошло ли")).to_be_visible(timeout=PATIENCE)
    expect(faults.locator(".switch.on .count")).to_have_text("1")

    # SMS, which tells no name: in a thread of its own.
    thread = take(olga, "Когда привезут 48102?")
    olga.get_by_placeholder("Напишите ответ…").fill("Завтра с 10 до 14")
    olga.get_by_placeholder("Напишите ответ…").press("Control+Enter")
    expect(sms.get_by_text("Завтра с 10 до 14")).to_be_visible(timeout=PATIENCE)
    expect(thread.get_by_text("Когда привезут 48102?")).to_be_visible(timeout=PATIENCE)
    expect(thread.get_by_text("Где заказ 48101?")).to_have_count(0)
