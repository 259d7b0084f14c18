"""Micro-batches against one transaction per event, 64 submitters, the same rows either way.

Both ways use the same function and a durable PostgreSQL. The single way gets sixteen connections,
so that its commits may share the disk's time; the batches go through one, as in the service.
"""

import asyncio
import itertools
import time
from uuid import UUID

from channels.messages import Address, MessageReceived
from contact_center.intake.writer import Intake
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.migrate import migrate
from tests.bench._house import durable_postgres
from tests.bench._report import median, percentile, report

SUBMITTERS = 64
CONNECTIONS = 16
ROUNDS = 5
EVENTS = {"batch": 4_000, "single": 1_500}
KNOWN = 2_000
TARGET = 3.0
TEXT = "Здравствуйте! Заказ 10452 должен был прийти вчера, курьер не звонил. Когда его ждать?"


class Account:
    """What intake needs to know of an account."""

    medium = "chat"

    def __init__(self) -> None:
        self.id: UUID = new_id()
        self.queue_id: UUID = new_id()


async def main() -> None:
    """Measure and report."""
    with durable_postgres() as (url, _):
        await migrate(url)
        database = await Database.connect(url, hints=LocalHints())
        try:
            await measure(database)
        finally:
            await database.close()


async def measure(database: Database) -> None:
    account = await prepare(database)
    hints, clock = LocalHints(), SystemClock()
    ways = {
        "batch": [Intake(database, hints, clock)],
        "single": [Intake(database, hints, clock, batch=1) for _ in range(CONNECTIONS)],
    }
    running = [asyncio.create_task(intake.run()) for intakes in ways.values() for intake in intakes]
    numbers = itertools.count()
    first = [event(next(numbers), f"known-{n}") for n in range(KNOWN)]
    await salvo(ways["batch"], account, first)
    rates: dict[str, list[float]] = {"batch": [], "single": []}
    waits: dict[str, list[float]] = {"batch": [], "single": []}
    for _ in range(ROUNDS):
        for way, intakes in ways.items():
            events = [
                event(n, f"new-{n}" if n % 10 == 0 else f"known-{n % KNOWN}")
                for n in itertools.islice(numbers, EVENTS[way])
            ]
            began = time.perf_counter()
            waits[way] += await salvo(intakes, account, events)
            rates[way].append(len(events) / (time.perf_counter() - began))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    gains = [batch / single for batch, single in zip(rates["batch"], rates["single"], strict=True)]
    detail = (
        f"{SUBMITTERS} submitters; {median(rates['batch']):.0f} against "
        f"{median(rates['single']):.0f} events/s; rounds {' '.join(f'{g:.1f}' for g in gains)}; "
        f"p99 {percentile(waits['batch'], 0.99):.0f} against "
        f"{percentile(waits['single'], 0.99):.0f} ms"
    )
    report("intake_batch_gain", median(gains), TARGET, detail)


async def salvo(
    intakes: list[Intake], account: Account, events: list[MessageReceived]
) -> list[float]:
    """Submit all events, 64 at a time; returns how long each waited, in milliseconds."""
    feed, waits = iter(events), []

    async def submitter(intake: Intake) -> None:
        for one in feed:
            began = time.perf_counter()
            await intake.submit(account, [one], b"x" * 420)
            waits.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(submitter(intakes[n % len(intakes)]) for n in range(SUBMITTERS)))
    return waits


def event(number: int, who: str) -> MessageReceived:
    return MessageReceived(
        external_id=f"m{number}", at=SystemClock().now(), conversation_key=who,
        sender=Address("visitor", who), text=TEXT, data={"page": "https://shop.example/item"},
    )  # fmt: skip


async def prepare(database: Database) -> Account:
    account, brand, department = Account(), new_id(), new_id()
    await database.execute("INSERT INTO brands (id, name) VALUES ($1, 'b')", brand)
    await database.execute("INSERT INTO departments (id, name) VALUES ($1, 'd')", department)
    await database.execute(
        "INSERT INTO queues (id, name, department_id) VALUES ($1, 'q', $2)",
        account.queue_id, department,
    )  # fmt: skip
    await database.execute(
        "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key) "
        "VALUES ($1, 'bench', 'bench', 'chat', $2, $3, 'bench')",
        account.id, brand, account.queue_id,
    )  # fmt: skip
    return account
