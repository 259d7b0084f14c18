"""A signed chat event → committed with all its rows, against a bare aiohttp + orjson handler.

The subject is the whole service behind its real door (guard, signature, parsing, intake, log
reader) on a durable PostgreSQL; one event in ten comes from somebody new. Floor and subject take
turns, five rounds, at 64 and at 256 connections. All share this machine, so only the ratio counts.
"""

import random

from tests.bench._house import (
    KEY,
    Cpu,
    House,
    PostgresCpu,
    durable_postgres,
    in_process,
    serve_bare,
    serve_house,
)
from tests.bench._load import Load, Shot
from tests.bench._report import median, percentile, report

REPORTS = ("intake_webhook_floor", "intake_webhook_floor_256")
KNOWN = 5_000
ROUNDS = 5
EVENTS = 5_000
FLOOR_EVENTS = 8_000
NEW_SHARE = 0.1
TARGETS = {64: 0.40, 256: 0.55}
TEXT = "Здравствуйте! Заказ 10452 должен был прийти вчера, курьер не звонил. Когда его ждать?"

_number = 0


def requests(house: House, count: int, visitors: list[str], tokens: list[str]) -> list[bytes]:
    """Encoded requests; a tenth of them from visitors nobody has seen."""
    global _number  # noqa: PLW0603 - ids must differ over all rounds
    chance = random.Random(_number)
    made = []
    fresh = [f"new-{_number}-{n}" for n in range(int(count * NEW_SHARE) + 1)]
    known, new = list(zip(visitors, tokens, strict=True)), iter(
        zip(fresh, house.tokens(fresh), strict=True)
    )  # fmt: skip
    for n in range(count):
        _number += 1
        _, token = next(new) if n % 10 == 0 else chance.choice(known)
        made.append(encode(token, f"c{_number}"))
    return made


def encode(token: str, message_id: str) -> bytes:
    body = (
        f'{{"type":"message","id":"{message_id}","text":"{TEXT}",'
        '"page":"https://shop.example/catalogue/item-10452","title":"Item","locale":"ru"}'
    ).encode()
    head = (
        f"POST /hooks/{KEY} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nUser-Agent: bench\r\nAccept: */*\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    return head + body


async def main() -> None:
    """Measure and report."""
    load = Load()
    with (
        durable_postgres() as (url, postgres),
        in_process(serve_bare) as bare,
        in_process(serve_house, url, "web") as (port, account_id, pid),
    ):
        house = House(port, account_id, pid, url)
        visitors = [f"known-{n}" for n in range(KNOWN)]
        tokens = house.tokens(visitors)
        load.shoot(port, 64, [encode(token, "first") for token in tokens])
        for connections, target in TARGETS.items():
            measure(load, house, postgres, bare, connections, target, visitors, tokens)
    load.close()


def measure(  # noqa: PLR0917 - what one round needs
    load: Load, house: House, postgres: PostgresCpu, bare: int, connections: int, target: float,
    visitors: list[str], tokens: list[str],
) -> None:  # fmt: skip
    cpu, ratios, shots, costs = Cpu(house.pid), [], [], []
    for _ in range(ROUNDS):
        floor = load.shoot(bare, connections, requests(house, FLOOR_EVENTS, visitors, tokens))
        feed = requests(house, EVENTS, visitors, tokens)
        before = cpu.seconds(), postgres.seconds()
        shot: Shot = load.shoot(house.port, connections, feed)
        after = cpu.seconds(), postgres.seconds()
        costs.append([(b - a) / EVENTS * 1e6 for a, b in zip(before, after, strict=True)])
        ratios.append(shot.rate / floor.rate)
        shots.append((floor.rate, shot))
    rates = [shot.rate for _, shot in shots]
    latencies = [ms for _, shot in shots for ms in shot.latencies]
    detail = (
        f"{connections} connections; {median(rates):.0f} events/s of "
        f"{median([floor for floor, _ in shots]):.0f}; rounds "
        f"{' '.join(f'{ratio:.2f}' for ratio in ratios)}; p50 {percentile(latencies, 0.5):.0f} ms, "
        f"p99 {percentile(latencies, 0.99):.0f} ms; CPU per event: service "
        f"{median([c[0] for c in costs]):.0f} µs, PostgreSQL {median([c[1] for c in costs]):.0f} µs"
    )
    name = "intake_webhook_floor" if connections == min(TARGETS) else "intake_webhook_floor_256"
    report(name, median(ratios), target, detail)
