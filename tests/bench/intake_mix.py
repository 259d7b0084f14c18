"""Telegram, SMS and web chat mixed, proven as their providers prove them, against a bare handler.

The subject is the whole service behind its real doors on a durable PostgreSQL; a third of the
events of each kind, one in ten from somebody new, one in twenty a repetition. Floor and subject
take turns. Then a storm: 1,000 events, each twenty times at once. What is stored is counted
afterwards: each event once. All share this machine, so only the ratios count.
"""

import os
import random
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlencode

import asyncpg
import orjson

from contact_center.simulator import telegram_clients as telegram
from contact_center.simulator import twilio_wire as twilio
from tests.bench._house import (
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
from tests.bench.intake_webhook_floor import encode as encode_chat

REPORTS = ("intake_mix", "duplicate_storm")
SHORT = os.environ.get("CC_BENCH_SHORT") == "1"
CONNECTIONS = 64
ROUNDS, EVENTS, KNOWN = (2, 1_500, 600) if SHORT else (5, 5_000, 4_800)
REPEATED, NEW = 0.05, 0.1
IDS, TIMES = 1_000, 20
TARGET = 0.25
OUTSIDE = "https://sms.shop.example"
SECRET = "bench-webhook-secret-0123456789"
TOKEN = "0" * 32
ACCOUNT = "AC" + "0" * 32
NUMBER = "+15005550006"
TEXT = "Здравствуйте! Заказ 10452 должен был прийти вчера, курьер не звонил. Когда его ждать?"
ACCOUNTS: list[dict[str, Any]] = [
    {"provider": "telegram", "public_key": "tg",
     "settings": {"token": telegram.TOKEN, "webhook_secret": SECRET}},
    {"provider": "twilio_sms", "public_key": "sms",
     "settings": {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER,
                  "public_address": OUTSIDE}},
]  # fmt: skip


class Feed:
    """Encoded requests; every event has a number of its own, for all of the run."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._numbers = count(1)
        self._chance = random.Random(1)
        self._people = [f"known-{n}" for n in range(KNOWN // 3)]
        self._tokens = dict(zip(self._people, house.tokens(self._people), strict=True))
        self.made = 0

    def known(self) -> list[bytes]:
        """The first word of everybody who is known."""
        return [
            self._one(kind, n, self._people[n]) for n in range(len(self._people)) for kind in KINDS
        ]

    def mixed(self, events: int) -> list[bytes]:
        """As many events, and among them some once more."""
        made: list[bytes] = []
        fresh = [f"new-{next(self._numbers)}" for _ in range(int(events * NEW) + 1)]
        tokens = self._house.tokens(fresh)
        strangers = iter(zip(fresh, tokens, strict=True))
        for n in range(events):
            kind = KINDS[n % 3]
            if n % 10 == 0:
                name, self._tokens[name] = next(strangers)
                made.append(self._one(kind, 1_000_000 + next(self._numbers), name))
            else:
                who = self._chance.randrange(len(self._people))
                made.append(self._one(kind, who, self._people[who]))
            if self._chance.random() < REPEATED:
                made.append(self._chance.choice(made[-200:]))
        return made

    def storm(self) -> list[bytes]:
        """The repetitions of an event one after the other, so that they meet each other."""
        events = [self._one(KINDS[n % 3], n, self._people[n % len(self._people)])
                  for n in range(IDS)]  # fmt: skip
        return [event for event in events for _ in range(TIMES)]

    def _one(self, kind: str, who: int, name: str) -> bytes:
        self.made += 1
        number = next(self._numbers)
        if kind == "chat":
            return encode_chat(self._tokens[name], f"c{number}")
        return _telegram(number, who) if kind == "telegram" else _sms(number, who)


KINDS = ("telegram", "sms", "chat")


def _telegram(number: int, who: int) -> bytes:
    person = {"id": 10_000 + who, "is_bot": False, "first_name": "Ольга", "language_code": "ru"}
    chat = {"id": 10_000 + who, "type": "private", "first_name": "Ольга"}
    message = {"message_id": number, "from": person, "chat": chat, "date": 1_795_000_000,
               "text": TEXT}  # fmt: skip
    body = orjson.dumps({"update_id": number, "message": message})
    return _post("/hooks/tg", body, "application/json", f"{telegram.SECRET_HEADER}: {SECRET}")


def _sms(number: int, who: int) -> bytes:
    sms = twilio.Message(f"SM{number:032x}", ACCOUNT, "inbound", f"+3752{who:09}", NUMBER, TEXT,
                         "received", twilio.now())  # fmt: skip
    form = twilio.incoming(sms)
    signature = twilio.signed(TOKEN, f"{OUTSIDE}/hooks/sms", form)
    body = urlencode(form).encode()
    kind = "application/x-www-form-urlencoded"
    return _post("/hooks/sms", body, kind, f"X-Twilio-Signature: {signature}")


def _post(path: str, body: bytes, kind: str, proof: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{proof}\r\nContent-Type: {kind}\r\n"
        f"User-Agent: bench\r\nAccept: */*\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def main() -> None:
    """Measure and report."""
    load = Load()
    with (
        durable_postgres() as (url, postgres),
        in_process(serve_bare) as bare,
        in_process(serve_house, url, "web", ACCOUNTS) as (port, account_id, pid),
    ):
        house = House(port, account_id, pid, url)
        feed = Feed(house)
        load.shoot(port, CONNECTIONS, feed.known())
        await mix(load, house, postgres, bare, feed)
        await storm(load, house, bare, feed)
    load.close()


async def mix(load: Load, house: House, postgres: PostgresCpu, bare: int, feed: Feed) -> None:
    cpu, ratios, shots, costs = Cpu(house.pid), [], [], []
    for _ in range(ROUNDS):
        floor = load.shoot(bare, CONNECTIONS, list(plain(EVENTS)))
        requests = feed.mixed(EVENTS)
        before = cpu.seconds(), postgres.seconds()
        shot: Shot = load.shoot(house.port, CONNECTIONS, requests)
        after = cpu.seconds(), postgres.seconds()
        costs.append([(b - a) / len(requests) * 1e6 for a, b in zip(before, after, strict=True)])
        ratios.append(shot.rate / floor.rate)
        shots.append((floor.rate, shot))
    lost, doubled = await compare(house.url, feed.made)
    latencies = [ms for _, shot in shots for ms in shot.latencies]
    detail = (
        f"{CONNECTIONS} connections, aim 0.4; {median([shot.rate for _, shot in shots]):.0f} "
        f"events/s of {median([floor for floor, _ in shots]):.0f}; rounds "
        f"{' '.join(f'{ratio:.2f}' for ratio in ratios)}; p50 {percentile(latencies, 0.5):.0f} ms, "
        f"p99 {percentile(latencies, 0.99):.0f} ms; CPU per event: service "
        f"{median([c[0] for c in costs]):.0f} µs, PostgreSQL {median([c[1] for c in costs]):.0f} "
        f"µs; of {feed.made} events {lost} lost, {doubled} doubled, "
        f"{sum(shot.refused for _, shot in shots)} refused"
    )
    value = 0.0 if lost or doubled else median(ratios)
    report("intake_mix", value, TARGET, detail)


async def storm(load: Load, house: House, bare: int, feed: Feed) -> None:
    floor = load.shoot(bare, CONNECTIONS, list(plain(EVENTS)))
    before = await stored(house.url)
    shot = load.shoot(house.port, CONNECTIONS, feed.storm())
    messages = await stored(house.url) - before
    lost, doubled = await compare(house.url, feed.made)
    detail = (
        f"messages too many or too few; {messages} of {IDS} ids x {TIMES} repetitions at once; "
        f"{lost} lost, {doubled} doubled, {shot.refused} refused; {shot.rate:.0f} requests/s of "
        f"{floor.rate:.0f}"
    )
    report("duplicate_storm", abs(messages - IDS) + lost + doubled, 0, detail, lower=True)


def plain(events: int) -> Iterator[bytes]:
    """What the bare handler reads."""
    return (encode_chat("token", f"f{n}") for n in range(events))


async def stored(url: str) -> int:
    """How many messages clients have written."""
    connection = await asyncpg.connect(url)
    try:
        return int(
            await connection.fetchval("SELECT count(*) FROM messages WHERE kind = 'inbound'")
        )
    finally:
        await connection.close()


async def compare(url: str, made: int) -> tuple[int, int]:
    """How many events are missing, and how many messages are there more than once."""
    connection = await asyncpg.connect(url)
    try:
        rows, different = await connection.fetchrow(
            "SELECT count(*), count(DISTINCT (c.account_id, m.external_id)) FROM messages m "
            "JOIN contacts c ON c.id = m.contact_id WHERE m.kind = 'inbound'"
        )
    finally:
        await connection.close()
    return made - different, rows - different
