"""Plays visitors: one by one, ten at once, over lines that break, repeat and reorder."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

from aiohttp import ClientError, ClientSession

from contact_center.kernel.errors import Conflict, NotFound
from contact_center.simulator.company import Account, Company, Language
from contact_center.simulator.visitor import Visitor

MOST = 40
AWAY_SECONDS = 8.0
Scenario = Literal["ten", "drops", "repeats", "reorder"]
THREE: dict[Language, tuple[str, str, str]] = {
    "ru": ("Это первое сообщение", "Это второе", "А это третье, отправлено раньше всех"),
    "be": ("Гэта першае паведамленне", "Гэта другое", "А гэта трэцяе, адпраўлена раней за ўсіх"),
    "en": ("This is the first message", "This is the second", "The third, sent before all others"),
}


class Simulator:
    """All visitors of this process. They live in memory: a restart sends everybody home."""

    def __init__(self, company: Company, base_url: str) -> None:
        self.company = company
        self.base_url = base_url
        self.visitors: dict[str, Visitor] = {}
        self.number = 0
        self._http: ClientSession | None = None
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._chance = random.Random()  # noqa: S311 - which visitor comes is no secret

    async def close(self) -> None:
        """Send everybody home."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.clear()
        if self._http is not None:
            await self._http.close()

    async def clear(self) -> None:
        """All visitors leave."""
        gone, self.visitors = list(self.visitors.values()), {}
        await asyncio.gather(*(visitor.leave() for visitor in gone))
        self._changed()

    # --- what the page asks ----------------------------------------------------------------------

    async def state(self, after: int, wait: float) -> dict[str, Any]:
        """All visitors, as soon as something has changed since `after`."""
        if after >= self.number and wait > 0:
            news = self._news
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await news.wait()
        return {
            "number": self.number,
            "accounts": [{"code": a.code, "title": a.title} for a in self.company.accounts],
            "visitors": [visitor.shown() for visitor in self.visitors.values()],
        }

    def visitor(self, visitor_id: str) -> Visitor:
        """One of the visitors. Raises NotFound."""
        try:
            return self.visitors[visitor_id]
        except KeyError:
            raise NotFound("there is no such visitor") from None

    async def invite(self, account: str, *, silent: bool = False) -> Visitor:
        """A new visitor opens this chat. Raises NotFound, Conflict when it is full."""
        given = next((a for a in self.company.accounts if a.code == account), None)
        if given is None:
            raise NotFound("there is no such chat")
        if len(self.visitors) >= MOST:
            raise Conflict("there are enough visitors: let some go first", code="full")
        visitor = self._somebody(given)
        if silent:
            visitor.script = []
        self.visitors[visitor.id] = visitor
        try:
            await visitor.arrive()
        except (ClientError, TimeoutError, OSError) as error:
            self.visitors.pop(visitor.id, None)
            raise Conflict(f"the chat does not answer: {error}", code="no_answer") from error
        self._changed()
        return visitor

    async def dismiss(self, visitor_id: str) -> None:
        """A visitor leaves."""
        await self.visitor(visitor_id).leave()
        self.visitors.pop(visitor_id, None)
        self._changed()

    def play(self, scenario: Scenario) -> None:
        """Start a scenario; it goes on by itself."""
        scenarios: dict[Scenario, Callable[[], Awaitable[None]]] = {
            "ten": self._ten, "drops": self._drops, "repeats": self._repeats,
            "reorder": self._reorder,
        }  # fmt: skip
        self.start(scenarios[scenario]())

    def start(self, work: Any) -> None:
        """Let something go on beside the answer to the page."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- scenarios -------------------------------------------------------------------------------

    async def _ten(self) -> None:
        accounts = [self._chance.choice(self.company.accounts) for _ in range(10)]
        await asyncio.gather(*(self._open(account) for account in accounts))

    async def _open(self, account: Account) -> None:
        with contextlib.suppress(Conflict):
            visitor = await self.invite(account.code)
            await visitor.write(visitor.script.pop(0))

    async def _drops(self) -> None:
        """Every message is cut off on its way; then the visitor's own line breaks for a while."""
        visitors = await self._pick(2)
        await asyncio.gather(*(v.write(self._line(v), "drop") for v in visitors for _ in range(2)))
        for visitor in visitors:
            visitor.start(visitor.lose_connection(AWAY_SECONDS))

    async def _repeats(self) -> None:
        """Each message arrives three times at once."""
        visitors = await self._pick(2)
        await asyncio.gather(
            *(v.write(self._line(v), "repeat") for v in visitors for _ in range(2))
        )

    async def _reorder(self) -> None:
        """Three messages are written one after the other and sent the other way round."""
        [visitor] = await self._pick(1)
        language: Language = "en" if visitor.locale == "en" else "ru"
        lines = [visitor.compose(text) for text in THREE[language]]
        for line in reversed(lines):
            await visitor.deliver(line)

    async def _pick(self, count: int) -> Sequence[Visitor]:
        """Visitors who are here, and as many new ones as are missing."""
        here = list(self.visitors.values())[-count:]
        accounts = [self.company.accounts[n % 3] for n in range(count - len(here))]
        return [*here, *[await self.invite(account.code) for account in accounts]]

    def _line(self, visitor: Visitor) -> str:
        if visitor.script:
            return visitor.script.pop(0)
        language: Language = "en" if visitor.locale == "en" else "ru"
        return self._chance.choice(THREE[language])

    # --- who comes -------------------------------------------------------------------------------

    def _somebody(self, account: Account) -> Visitor:
        chance = self._chance
        talks = [talk for talk in self.company.talks if talk.queue == account.queue]
        talk = chance.choice(talks)
        names = getattr(self.company.names, talk.language)
        woman = chance.random() < 0.6  # noqa: PLR2004 - about as many as write to shops
        first, family = (
            chance.choice(names.women if woman else names.men),
            chance.choice(names.family),
        )
        name = f"{first} {family}{'а' if woman and talk.language == 'ru' else ''}"
        values = {
            "name": name.partition(" ")[0], "order": f"№ {chance.randrange(60_000, 99_000)}",
            "product": chance.choice(self.company.products[talk.language]),
        }  # fmt: skip
        script = [text.format_map(values) for speaker, text in talk.spoken if speaker == "c"]
        if self._http is None:
            self._http = ClientSession()
        return Visitor(
            self._http, self.base_url, account.code, name,
            "en" if talk.language == "en" else "ru", f"{self.base_url}/demo/shop", script,
            self._changed,
        )  # fmt: skip

    def _changed(self) -> None:
        self.number += 1
        self._news.set()
        self._news = asyncio.Event()
