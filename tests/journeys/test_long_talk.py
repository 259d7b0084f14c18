"""A long talk in the widget: it opens at its end and goes back to its beginning."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Company, furnish
from tests.support.house import House, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

COUNT = 130
PLACE = """(log, text) => {
  const found = [...log.querySelectorAll(".b")].find((b) => b.textContent === text);
  return Math.round(found.getBoundingClientRect().top - log.getBoundingClientRect().top);
}"""


@pytest.fixture(scope="module")
def talk(begun: Path) -> Iterator[tuple[Company, str]]:
    """A company with a talk of many messages, and its visitor's token."""
    house = House("run", environ={"CC_CHAT__EVENTS": "100000"}, data=begun)
    house.start()
    try:
        company = Company(house, asyncio.run(furnish(house)))
        yield company, asyncio.run(_write(company))
    finally:
        house.stop()


async def _write(company: Company) -> str:
    visitor = Visitor(company.url, company.key)
    try:
        await visitor.begin()
        for number in range(COUNT):
            assert await visitor.write(f"message {number}", str(number)) == 200
        return visitor.token
    finally:
        await visitor.close()


def test_earlier_messages_come_when_scrolled_to_the_top_and_nothing_jumps(
    talk: tuple[Company, str], open_page: Callable[..., Page]
) -> None:
    company, token = talk
    page = open_page(viewport={"width": 390, "height": 780})
    page.add_init_script(f"localStorage.setItem('cc:{company.key}:token', '{token}')")
    page.goto(company.chat)
    log = page.get_by_role("log")
    shown = log.locator(".m")
    expect(log.get_by_text(f"message {COUNT - 1}", exact=True)).to_be_in_viewport()
    assert shown.count() == 51  # a page and the greeting

    for oldest, expected in ((COUNT - 50, 101), (COUNT - 100, COUNT + 1)):
        text = f"message {oldest}"
        before = _further(log, text, expected)
        assert log.evaluate(PLACE, text) == before

    log.evaluate("(log) => { log.scrollTop = 0; }")
    expect(log.get_by_text("message 0", exact=True)).to_be_in_viewport()
    page.locator("textarea").fill("and one more")
    page.locator("textarea").press("Enter")
    expect(log.get_by_text("and one more")).to_have_count(1)
    expect(log.get_by_text("message 0", exact=True)).to_be_in_viewport()  # he reads on in peace
    expect(shown).to_have_count(COUNT + 2)


def _further(log: Locator, text: str, expected: int) -> int:
    """Scroll up until so many messages are there; where the given one was before they came.

    A list at its end stays there when something comes in the same frame: people scroll on.
    """
    scroll = f"(log, text) => {{ log.scrollTop = 20; return ({PLACE})(log, text); }}"
    shown, before = log.locator(".m"), 0
    for patience in (5_000, 60_000):
        if shown.count() != expected:
            before = log.evaluate(scroll, text)
        with suppress(AssertionError):
            expect(shown).to_have_count(expected, timeout=patience)
            return before
    raise AssertionError(f"{expected} messages did not come")
