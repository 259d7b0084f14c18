"""Journeys: the running service, people on both sides, a real browser."""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from contact_center.web.static import BUILT
from tests.support import chromium
from tests.support.house import House, Office

SOAK = os.environ.get("CC_SOAK") == "1"
PATIENCE = 60_000  # milliseconds; as patient as everything else, for a busy machine
expect.set_options(timeout=PATIENCE)
EMAIL = "anna@example.org"
PASSWORD = "four blue teapots on a roof"


@dataclass
class Company:
    """A small company, open around the clock: one queue, one operator, one web chat."""

    house: House
    key: str

    @property
    def url(self) -> str:
        return self.house.url

    @property
    def chat(self) -> str:
        """The visitor's page."""
        return f"{self.url}/chat/{self.key}"

    def sign_in(self, page: Page) -> None:
        """Through the form, as people do; then ready for work."""
        page.goto(self.url)
        page.locator("input[type=email]").fill(EMAIL)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Состояние").click()
        page.get_by_role("menuitem", name="Готов").click()
        page.get_by_role("button", name="Состояние: Готов").wait_for()


@pytest.fixture(scope="module")
def company(begun: Path) -> Iterator[Company]:
    if not (BUILT / "console" / "index.html").exists():
        pytest.skip("the console is not built: make build")
    house = House("run", data=begun)
    house.start()
    try:
        yield Company(house, asyncio.run(furnish(house)))
    finally:
        house.stop()


async def furnish(house: House) -> str:
    """Make the company in a house that starts; returns the key of its chat."""
    await house.ready()
    office = Office(house.url)
    try:
        await office.begin(house.first_token)
        return str((await office.furnish())["public_key"])
    finally:
        await office.close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium_path, args=chromium.FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def whole_browser(playwright: Playwright, browser: Browser) -> Iterator[Browser]:
    """One with desktop notices."""
    path = chromium.find(whole=True)
    if path is None:
        pytest.skip(chromium.MISSING)
    whole = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
    yield whole
    whole.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page in a context of its own: another person at another computer."""
    made: list[BrowserContext] = []

    def make(whole: Browser | None = None, **options: Any) -> Page:
        given = {
            "locale": "ru-RU", "viewport": {"width": 1440, "height": 900},
            # What moves while it is clicked is missed where each step of a click takes a while.
            "reduced_motion": "reduce", **options,
        }  # fmt: skip
        made.append((whole or browser).new_context(**given))
        made[-1].set_default_timeout(PATIENCE)
        return made[-1].new_page()

    yield make
    for one in made:
        one.close()
