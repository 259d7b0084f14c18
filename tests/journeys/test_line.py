"""Three operators, three queues, a burst: offers go as they are explained, and a supervisor mends.

The operators work through the API; the supervisor looks at the console.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import EMAIL, PASSWORD, Company
from tests.support.house import Office, Visitor
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

T = TypeVar("T")
SKILLS = {"tax": "Налоги", "de": "Немецкий"}
PEOPLE: dict[str, dict[str, int]] = {"Борис": {"tax": 4}, "Вера": {"de": 3}, "Глеб": {}}
ASKED: dict[str, dict[str, int]] = {"Разное": {}, "Германия": {"de": 2}, "Налоги": {"tax": 3}}


@dataclass
class Line:
    """Queues that ask for skills, operators who have them, and visitors."""

    boss: Office
    people: dict[str, Office] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)  # of skills and queues
    visitors: list[Visitor] = field(default_factory=list)
    sockets: list[Any] = field(default_factory=list)

    async def build(self) -> None:
        call = self.boss.call
        for code, title in SKILLS.items():
            body = {"code": code, "title": {"ru": title, "en": title}}
            self.ids[code] = (await call("POST", "/skills", body))["id"]
        brand = (await call("GET", "/brands"))["items"][0]["id"]
        department = (await call("GET", "/departments"))["items"][0]["id"]
        for name in ASKED:
            body = {"name": name, "department_id": department}
            self.ids[name] = queue = (await call("POST", "/queues", body))["id"]
            account = await call("POST", "/accounts", {
                "provider": "webchat", "title": name, "brand_id": brand, "queue_id": queue,
                "settings": {"allowed_origins": [self.boss.url]},
            })  # fmt: skip
            self.keys[name] = account["public_key"]
        rules = [self._rules(name) for name in ASKED]
        draft = await call("POST", "/policies", {"body": {"queues": rules}})
        running = await call("GET", "/policies/current")
        known = {"edition": running["edition"]}
        await call("POST", f"/policies/{draft['id']}/activate", known)
        for number, (name, levels) in enumerate(PEOPLE.items()):
            await self._hire(f"operator{number}@example.org", name, levels, department)

    def _rules(self, name: str) -> dict[str, Any]:
        ladder = [{"after_seconds": 600, "overflow": f"queue:{self.ids['Разное']}"}]
        return {
            "code": self.ids[name], "needs": ASKED[name], "members_only": True,
            "ladder": ladder if name == "Германия" else [], "strategy": "narrowest_first",
            "offer_seconds": 5 if name == "Разное" else 300,
        }  # fmt: skip

    async def _hire(self, email: str, name: str, levels: dict[str, int], department: str) -> None:
        queues = [self.ids[queue] for queue in ASKED]
        invited = {"email": email, "name": name, "departments": [department], "queues": queues}
        made = await self.boss.call("POST", "/employees", invited)
        skills = [{"skill_id": self.ids[code], "level": level} for code, level in levels.items()]
        await self.boss.call("PATCH", f"/employees/{made['id']}", {"skills": skills})
        self.people[name] = person = Office(self.boss.url)
        token = made["invitation_link"].partition("#token=")[2]
        await person.call("POST", "/auth/invitation", {"token": token, "password": PASSWORD})
        await person.know()
        self.sockets.append(await person.live("me"))
        await self.presence(name, "ready")

    async def presence(self, name: str, presence: str) -> None:
        await self.people[name].call("PUT", "/me/presence", {"presence": presence})

    async def write(self, queue: str, text: str) -> None:
        visitor = Visitor(self.boss.url, self.keys[queue])
        self.visitors.append(visitor)
        await visitor.begin()
        assert await visitor.write(text, "first") == 200

    async def offered(self, name: str, queue: str) -> dict[str, Any]:
        """What this operator is offered from that queue, once he is."""

        async def there() -> dict[str, Any] | None:
            offers = await self.people[name].call("GET", "/offers")
            return next(
                (one for one in offers if one["contact"]["queue_id"] == self.ids[queue]), None
            )

        found: dict[str, Any] = await eventually(there, every=0.05)
        return found

    async def take(self, name: str, queue: str) -> None:
        offer = await self.offered(name, queue)
        await self.people[name].call("POST", f"/offers/{offer['id']}/accept")

    async def finish(self, name: str, queue: str) -> None:
        """Close what this operator has of that queue."""
        mine = await self.people[name].call("GET", "/contacts?view=mine")
        (contact,) = [one for one in mine["items"] if one["queue_id"] == self.ids[queue]]
        await self.people[name].call("POST", f"/contacts/{contact['id']}/close")

    async def close(self) -> None:
        everybody: list[Any] = [*self.people.values(), *self.visitors, self.boss]
        for one in everybody:
            await one.close()


class Hand:
    """Runs what acts over the API on a loop of its own: this thread's is the browser's."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(90)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def do() -> Iterator[Hand]:
    hand = Hand()
    yield hand
    hand.end()


@pytest.fixture
def line(company: Company, do: Hand) -> Iterator[Line]:
    line = do(begun(company.url))
    yield line
    do(line.close())


async def begun(url: str) -> Line:
    line = Line(Office(url))
    await line.boss.sign_in(EMAIL)
    await line.build()
    return line


def test_offers_go_as_explained_and_a_changed_skill_takes_effect_at_once(
    company: Company, line: Line, do: Hand, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    company.sign_in(page)
    do(line.presence("Вера", "break"))
    do(burst(line))
    # Each to whom the skills say; the rest to who knows least, so that the others stay free.
    do(line.take("Борис", "Налоги"))  # the last to come, so by now all are offered who can be
    patient = {"offer_seconds": 300}  # from now on: Глеб has his few seconds
    do(line.boss.call("PATCH", f"/queues/{line.ids['Разное']}", patient))
    misses(line, page, do)
    mends(line, page, do)
    tries(line, page, do)


async def burst(line: Line) -> None:
    for queue in ASKED:
        await line.write(queue, f"Вопрос: {queue}")


def explained(line: Line, page: Page, queue: str, title: str) -> Locator:
    """The card of the contact of a queue, opened where it says why."""
    page.goto(f"{line.boss.url}/inbox/all")
    page.get_by_role("listitem").filter(has_text=f"Вопрос: {queue}").click()
    page.get_by_role("button", name=title).click()
    return page.get_by_role("complementary")


def misses(line: Line, page: Page, do: Hand) -> None:
    """Nobody answers: the next one is asked, and the way through the line says so."""
    do(line.take("Борис", "Разное"))
    card = explained(line, page, "Разное", "Почему здесь?")
    steps = card.get_by_role("listitem")
    expect(steps.filter(has_text="Нет ответа: Глеб")).to_be_visible()
    expect(steps.filter(has_text="Принято: Борис")).to_be_visible()


def mends(line: Line, page: Page, do: Hand) -> None:
    """Why a contact waits, what comes next, and a skill that helps at once."""
    card = explained(line, page, "Германия", "Почему ещё ждёт?")
    expect(card.get_by_text("Единственный оператор, кто может его взять, не готов")).to_be_visible()
    expect(card.get_by_text("перейдёт в очередь «Разное»")).to_be_visible()
    page.goto(f"{line.boss.url}/admin/skills")
    page.get_by_role("gridcell", name="Борис, Немецкий").click()
    page.keyboard.press("3")
    do(line.take("Борис", "Германия"))
    card = explained(line, page, "Германия", "Почему здесь?")
    expect(card.get_by_text("Оператор: Борис")).to_be_visible()


def tries(line: Line, page: Page, do: Hand) -> None:
    """A draft is tried on what came today: asked for on the page, read there when it is done."""
    do(line.finish("Борис", "Налоги"))
    page.goto(f"{line.boss.url}/admin/routing")
    page.get_by_role("button", name="Налоги").click()
    page.get_by_label("Предложение действует", exact=True).fill("60")
    page.get_by_role("button", name="Проверить…").click()
    page.get_by_role("button", name="Сохранить черновик и проверить").click()
    result = page.get_by_role("region", name="Что получилось бы")
    expect(result.get_by_text("3 обращения")).to_be_visible()
    expect(result.get_by_role("columnheader", name="Черновик").first).to_be_visible()
    expect(result.get_by_text("Сколько операторов нужно")).to_be_visible()
