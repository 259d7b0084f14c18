"""The first contact: a visitor writes, the operator answers, nothing is lost on the way."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.journeys.conftest import EMAIL, PASSWORD, SOAK, Company

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

PHONE = {"width": 390, "height": 780}
Open = Callable[..., Page]


def write(page: Page, text: str) -> None:
    """The visitor writes."""
    page.locator("textarea").fill(text)
    page.locator("textarea").press("Enter")


def answer(page: Page, text: str) -> None:
    """The operator answers from the keyboard."""
    field = page.get_by_placeholder("Напишите ответ…")
    field.fill(text)
    expect(field).to_have_value(text)
    field.press("Control+Enter")
    expect(field).to_have_value("")


def accept(page: Page) -> None:
    page.get_by_role("button", name="Принять").first.wait_for()
    page.keyboard.press("Alt+KeyA")
    page.get_by_placeholder("Напишите ответ…").wait_for()


def finish(page: Page) -> None:
    """Close the open contact with a result."""
    action = page.get_by_role("button", name="Завершить", exact=True)
    if action.count():
        action.click()
    else:  # on a phone it stands in the menu
        page.get_by_role("button", name="Ещё действия").click()
        page.get_by_role("menuitem", name="Завершить").click()
    # On a phone an offer is a dialog, too.
    dialog = page.get_by_role("dialog", name=re.compile("^Завершить"))
    dialog.get_by_role("radio", name="Решено").check()
    dialog.get_by_role("button", name="Завершить").click()
    try:
        expect(dialog).to_be_hidden()
    except AssertionError as error:
        raise AssertionError(f"not closed: {dialog.all_inner_texts()}") from error


def thread(page: Page) -> Locator:
    """The conversation; the list of contacts beside it shows the last words once more."""
    return page.get_by_role("log")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_visitor_is_answered_and_the_operator_closes_with_a_result(
    company: Company, open_page: Open, width: int
) -> None:
    operator, visitor = (
        open_page(viewport={"width": width, "height": 860}),
        open_page(viewport=PHONE),
    )
    company.sign_in(operator)
    visitor.goto(company.chat)
    write(visitor, "Здравствуйте! Где заказ 48101?")

    accept(operator)
    expect(operator.get_by_text("Где заказ 48101?").first).to_be_visible()
    answer(operator, "Добрый день! Сейчас проверю.")
    expect(visitor.get_by_text("Сейчас проверю.")).to_be_visible()
    write(visitor, "Спасибо")
    expect(operator.get_by_text("Спасибо").first).to_be_visible()

    finish(operator)
    expect(visitor.get_by_text("Обращение закрыто")).to_be_visible()


def test_either_side_may_reload_in_the_middle_and_misses_nothing(
    company: Company, open_page: Open
) -> None:
    operator, visitor = open_page(), open_page(viewport=PHONE)
    company.sign_in(operator)
    visitor.goto(company.chat)
    write(visitor, "Первое")
    accept(operator)

    visitor.reload()
    expect(visitor.get_by_text("Первое")).to_be_visible()
    answer(operator, "Ответ на первое")
    operator.reload()
    write(visitor, "Второе")
    expect(operator.get_by_text("Второе").first).to_be_visible()
    expect(operator.get_by_text("Ответ на первое").first).to_be_visible()
    visitor.reload()
    for text in ("Первое", "Ответ на первое", "Второе"):
        expect(visitor.get_by_text(text, exact=True)).to_have_count(1)
    finish(operator)


def test_a_talk_that_is_left_and_opened_again_shows_what_came_meanwhile(
    company: Company, open_page: Open
) -> None:
    operator, visitor = open_page(), open_page(viewport=PHONE)
    operator.route_web_socket("**/live", _without_floor)
    company.sign_in(operator)
    visitor.goto(company.chat)
    write(visitor, "Раз")
    operator.get_by_role("button", name="Принять").first.wait_for()
    operator.get_by_role("link", name="Все", exact=True).click()
    operator.get_by_role("link").filter(has_text="Раз").click()
    expect(thread(operator).get_by_text("Раз", exact=True)).to_be_visible()
    operator.get_by_role("link", name="Клиенты").click()  # no list there tells of talks
    expect(operator.get_by_role("heading", name="Клиенты")).to_be_visible()
    expect(thread(operator)).to_be_hidden()
    write(visitor, "Два")
    expect(thread(visitor).locator(".meta", has_text="·")).to_have_count(2)  # both are stored
    operator.go_back()
    expect(thread(operator).get_by_text("Два", exact=True)).to_be_visible()
    accept(operator)
    finish(operator)


def _without_floor(route: WebSocketRoute) -> None:
    """Hear what somebody hears who supervises nobody."""
    server = route.connect_to_server()

    def say(text: str | bytes) -> None:
        frames = json.loads(text)
        for frame in frames:
            if "topics" in frame:
                frame["topics"] = [one for one in frame["topics"] if one != "floor"]
        server.send(json.dumps([one for one in frames if one.get("topics") != []]))

    route.on_message(say)
    server.on_message(route.send)


def lossy(page: Page, seed: int) -> dict[str, Any]:
    """Drop 30 % of the frames both ways; `cut` true cuts the socket and refuses new ones."""
    dice = random.Random(seed)
    state: dict[str, Any] = {"cut": False, "sockets": []}

    def handle(route: WebSocketRoute) -> None:
        if state["cut"]:
            route.close()
            return
        server = route.connect_to_server()
        state["sockets"].append(route)
        route.on_message(lambda text: server.send(text) if dice.random() > 0.3 else None)
        server.on_message(lambda text: route.send(text) if dice.random() > 0.3 else None)

    def refuse(route: Route) -> None:
        route.abort() if state["cut"] else route.continue_()

    page.route_web_socket("**/live", handle)
    page.route("**/live/poll**", refuse)
    page.route("**/chat/v1/**", refuse)
    return state


def test_dropped_frames_and_a_cut_socket_lose_and_double_nothing(
    company: Company, open_page: Open
) -> None:
    operator, visitor = open_page(), open_page(viewport=PHONE)
    nets = [lossy(operator, 1), lossy(visitor, 2)]
    company.sign_in(operator)
    visitor.goto(company.chat)
    write(visitor, "Начало")
    accept(operator)

    sent: list[str] = []
    for number in range(6):
        write(visitor, f"вопрос-{number}.")
        answer(operator, f"ответ-{number}.")
        sent += [f"вопрос-{number}.", f"ответ-{number}."]
        if number == 2:
            for net in nets:
                net["cut"] = True
                for socket in net["sockets"]:
                    socket.close()
            visitor.wait_for_timeout(60_000 if SOAK else 10_000)
            for net in nets:
                net["cut"] = False

    for text in sent:
        for page in (operator, visitor):
            shown = thread(page).get_by_text(text, exact=True)
            expect(shown).to_have_count(1)
    finish(operator)


def test_two_tabs_and_a_double_click_make_one_message(company: Company, open_page: Open) -> None:
    operator, visitor = open_page(), open_page(viewport=PHONE)
    company.sign_in(operator)
    visitor.goto(company.chat)
    write(visitor, "Двойное нажатие")
    accept(operator)
    second = operator.context.new_page()
    second.goto(operator.url)
    operator.get_by_placeholder("Напишите ответ…").fill("Один раз")
    operator.get_by_role("button", name="Отправить", exact=True).dblclick()
    expect(visitor.get_by_text("Один раз", exact=True)).to_have_count(1)
    visitor.wait_for_timeout(1500)
    expect(visitor.get_by_text("Один раз", exact=True)).to_have_count(1)
    expect(thread(operator).get_by_text("Один раз", exact=True)).to_have_count(1)
    finish(operator)


def test_a_whole_contact_goes_by_keyboard_only(company: Company, open_page: Open) -> None:
    operator, visitor = open_page(), open_page(viewport=PHONE)
    keys = operator.keyboard
    late: list[Route] = []  # from the first page on: the palette may be fetched before it is asked
    operator.route(re.compile("/Palette-"), lambda route: late.append(route))  # noqa: PLW0108 - playwright marks it
    operator.goto(company.url)
    operator.locator("input[type=email]").wait_for()
    for _ in range(10):  # the field is reached with Tab wherever the focus begins
        if operator.evaluate("document.activeElement.type") == "email":
            break
        keys.press("Tab")
    keys.type(EMAIL)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    operator.get_by_role("button", name="Состояние").wait_for()
    keys.press("Control+KeyK")
    keys.type("Готов к работе")  # who writes before the palette is there is heard as well
    operator.get_by_role("textbox", name="Команда").wait_for()
    for route in late:
        route.continue_()
    operator.unroute(re.compile("/Palette-"))
    expect(operator.get_by_role("combobox")).to_have_value("Готов к работе")
    operator.get_by_role("option", name="Готов к работе").wait_for()
    keys.press("Enter")
    operator.get_by_role("button", name="Состояние: Готов").wait_for()

    visitor.goto(company.chat)
    visitor.locator("textarea").wait_for()
    visitor.keyboard.type("Только клавиатура")
    visitor.keyboard.press("Enter")
    operator.get_by_role("button", name="Принять").first.wait_for()
    keys.press("Alt+KeyA")
    operator.get_by_placeholder("Напишите ответ…").wait_for()
    operator.wait_for_timeout(300)
    if operator.evaluate("document.activeElement.tagName") != "TEXTAREA":
        keys.press("KeyR")
    keys.type("Отвечаю с клавиатуры")
    keys.press("Control+Enter")
    expect(visitor.get_by_text("Отвечаю с клавиатуры")).to_be_visible()
    keys.press("Escape")
    keys.press("KeyE")
    operator.get_by_role("dialog").get_by_role("radio", name="Решено").wait_for()
    keys.press("Space")
    keys.press("Enter")
    expect(visitor.get_by_text("Обращение закрыто").last).to_be_visible()
