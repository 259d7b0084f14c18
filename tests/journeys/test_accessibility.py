"""No page state has an axe finding (WCAG 2.2 AA): one look per run in turn, all in the soak."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import SOAK
from tests.support.house import House
from tests.support.tour import walk

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(600)]

AXE = Path("contact_center/console/node_modules/axe-core/axe.min.js")
# Given once to the browser: half a megabyte with every look would cost more than the look.
SCRIPT = "if (window === window.top && location.protocol !== 'about:') {%s}"
# What is in order is counted only: told with its elements it would take as long again.
RUN = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]})
                     .then(done => done.violations)"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [
    (locale, scheme, width)
    for locale in ("ru", "en")
    for scheme in ("light", "dark")
    for width in (1440, 390)
]
TODAY = LOOKS[dt.datetime.now(tz=dt.UTC).toordinal() % len(LOOKS)]


@pytest.fixture(scope="module")
def demo(begun: Path) -> Iterator[House]:
    house = House("run", environ={"CC_DEMO": "true"}, data=begun)
    house.start()
    try:
        asyncio.run(house.ready())
        yield house
    finally:
        house.stop()


def findings(page: Page) -> list[str]:
    """`rule: element` for each finding."""
    found: list[dict[str, Any]] = page.evaluate(RUN, RULES)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("locale", "scheme", "width"), LOOKS if SOAK else [TODAY])
def test_no_page_state_has_an_axe_finding(
    demo: House, browser: Browser, locale: str, scheme: str, width: int
) -> None:
    looks: Any = {"locale": locale, "scheme": scheme, "width": width}
    axe = SCRIPT % AXE.read_text()
    wrong = {
        stop.name: found
        for stop, page in walk(browser, demo, **looks, script=axe)
        if (found := findings(page))
    }
    assert not wrong, "\n".join(f"{name}: {'; '.join(lines)}" for name, lines in wrong.items())
