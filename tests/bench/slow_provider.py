"""From an operator's reply until its provider has it, while another account's provider hangs.

Numbers at Twilios of our own. In each round one of them serves at first and then answers nothing
any more, all get the same replies before and after; then that account is switched off, and the next
round has another. The floor is the traffic before: how much later do the others get theirs, at the
middle and at the 99th percentile?
"""

import asyncio
import os
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp.test_utils import TestServer

from contact_center.simulator.twilio import FakeTwilio
from contact_center.simulator.twilio_wire import Form, Message
from tests.bench._report import percentile, report
from tests.support.house import House, Office
from tests.support.waiting import eventually

REPORTS = ("slow_provider_p50", "slow_provider_p99")
SHORT = os.environ.get("CC_BENCH_SHORT") == "1"
OTHERS, CLIENTS = 3, 5
PACE = 0.2  # seconds between two replies of an account
ROUNDS, SECONDS = (1, 6.0) if SHORT else (3, 25.0)  # longer than a send may take
TARGET = 1.2


class Watched(FakeTwilio):
    """Notes when it had what."""

    def __init__(self, number: str) -> None:
        super().__init__(number=number)
        self.had: dict[str, float] = {}

    def _take(self, given: Form, *more: Any) -> Message:
        self.had[given["Body"]] = time.perf_counter()
        return super()._take(given, *more)


@dataclass
class Line:
    """One account: its Twilio, its contacts, and when the replies of a round were written."""

    twilio: Watched
    id: str
    contacts: list[str] = field(default_factory=list)
    written: dict[str, float] = field(default_factory=dict)

    async def write(self, office: Office, seconds: float) -> None:
        """Reply to one after the other, at an even pace."""
        self.written.clear()
        begun = time.perf_counter()
        replies: list[asyncio.Task[Any]] = []
        while (due := len(replies) * PACE) < seconds:
            await asyncio.sleep(max(0.0, begun + due - time.perf_counter()))
            contact, text = self.contacts[len(replies) % CLIENTS], str(uuid4())
            self.written[text] = time.perf_counter()
            body = {"kind": "reply", "text": text, "client_msg_id": text}
            path = f"/contacts/{contact}/messages"
            replies.append(asyncio.create_task(office.call("POST", path, body)))
        await asyncio.gather(*replies)

    async def waits(self) -> list[float]:
        """Milliseconds of each reply of this round."""
        await eventually(lambda: self.written.keys() <= self.twilio.had.keys(), seconds=60)
        return [(self.twilio.had[text] - at) * 1000 for text, at in self.written.items()]


async def main() -> None:
    """Measure and report."""
    house = House("run", environ={"CC_OUTBOX__UNCERTAIN_HOLD": "5"}, on_disk=True)
    servers: list[TestServer] = []
    house.start()
    try:
        await house.ready()
        office = Office(house.url)
        await office.begin(house.first_token)
        brand = (await office.furnish())["brand_id"]
        lines = [await connect(house, office, brand, servers) for _ in range(ROUNDS + OTHERS)]
        await measure(office, lines[:ROUNDS], lines[ROUNDS:])
        await office.close()
    finally:
        house.stop()
        for server in servers:
            await server.close()


async def connect(house: House, office: Office, brand: str, servers: list[TestServer]) -> Line:
    """An account whose clients have all written, and are ours."""
    n = len(servers)
    twilio = Watched(f"+1500555000{n}")
    servers.append(TestServer(twilio.application()))
    await servers[-1].start_server()
    account = await office.call("POST", "/accounts", {
        "provider": "twilio_sms", "title": twilio.number,
        "brand_id": brand, "queue_id": office.queue,
        "settings": {
            "account_sid": twilio.account, "auth_token": twilio.token, "number": twilio.number,
            "api_address": str(servers[-1].make_url("")).rstrip("/"), "undo_seconds": 0,
            "public_address": house.url,
        },
    })  # fmt: skip
    await eventually(lambda: twilio.webhook, seconds=60)
    line = Line(twilio, account["id"])
    for client in range(CLIENTS):
        await twilio.receive(f"+3752900{n}{client:04}", "?")
    rows = (await office.call("GET", "/contacts?view=all&limit=100"))["items"]
    line.contacts = [row["id"] for row in rows if row["account"]["title"] == twilio.number]
    for contact in line.contacts:
        await office.call("POST", f"/contacts/{contact}/take")
    return line


async def measure(office: Office, ill: list[Line], others: list[Line]) -> None:
    await traffic(office, [*ill, *others], 2.0)  # nothing is new any more
    well: list[float] = []
    hung: list[float] = []
    for one in ill:
        one.twilio.delivers = False  # its reports would be load that is missing once it hangs
        for waits in (well, hung):
            one.twilio.switches.turn("silent_before", on=waits is hung)
            await traffic(office, [one, *others], SECONDS)
            for line in others:
                waits.extend(await line.waits())
        await office.call("PATCH", f"/accounts/{one.id}", {"state": "off"})
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        before, after = percentile(well, share), percentile(hung, share)
        detail = (
            f"times the {name} of {before:.1f} ms while nobody hangs: {after:.1f} ms while one of "
            f"{OTHERS + 1} accounts does; {len(well)} and {len(hung)} replies"
        )
        report(f"slow_provider_{name}", after / before, TARGET, detail, lower=True)


async def traffic(office: Office, lines: list[Line], seconds: float) -> None:
    await asyncio.gather(*(line.write(office, seconds) for line in lines))
