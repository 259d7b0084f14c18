"""Raw mails over the signed hook → stored contacts with their confirmations rendered.

The subject is the whole service (door, signature, limited process, intake, jobs) on a durable
PostgreSQL, 16 connections. Every mail comes from somebody new; as many accounts share them as the
limit on automatic answers asks for. Beside it the same mails go to django-helpdesk over the same
PostgreSQL, and to a bare aiohttp handler, in turns. Each does what it does by default: both parse
the whole mail, commit durably (fsync on), keep the files of the mail on disk and render the answer.
The clock stops when the last confirmation stands in the database and the last file in its place;
that of django-helpdesk when it answers, for it does both at once. What only we do counts against
us: the raw mail is kept, HTML sanitised, the reply parted from its quotes, the contact put in line.

No confirmation leaves meanwhile: django-helpdesk has its dummy back end, and the leases of our
senders are held by another node. They are let go in the end, and what waits is sent to a server
that takes everything. All share this machine, so only the ratios count.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from multiprocessing.connection import Connection
from typing import Any

import asyncpg
import uvloop
from aiohttp import web

from contact_center.mail_pipe import headers
from tests.bench import _mailhouse
from tests.bench._helpdesk import Helpdesk, helpdesk
from tests.bench._house import Cpu, PostgresCpu, durable_postgres, free_port, in_process
from tests.bench._load import Load, Shot
from tests.bench._report import median, percentile, report

MAILS = 2_000
ROUNDS = 4
CONNECTIONS = 16
LONGEST = 120.0  # seconds of a round
PER_ACCOUNT = 50  # sixty an hour are confirmed
TARGET, FLOOR_TARGET = 8.0, 0.02
STORED = "SELECT count(*) FROM contacts"
RENDERED = "SELECT count(*) FROM outbox WHERE class = 'automatic'"
HOLD = """
INSERT INTO leases (name, holder, token, until)
SELECT 'outbox:' || id, 'another node', 1, now() + interval '1 hour' FROM accounts
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
"""
RELEASE = "UPDATE leases SET until = now() WHERE holder = 'another node'"
FILED = "SELECT (count(*) = 0)::int FROM attachments WHERE state = 'wanted'"
SENT = "SELECT count(*) FROM outbox WHERE class = 'automatic' AND state = 'sent'"
SENTENCES = (
    "Здравствуйте! Заказ 10452 должен был прийти вчера, курьер не звонил.",
    "Подскажите, пожалуйста, когда его ждать и можно ли изменить адрес?",
    "The parcel came open and one of the two jars is broken, see the picture.",
    "Bitte senden Sie mir die Rechnung noch einmal zu, ich finde sie nicht.",
    "Дякую за швидку відповідь, чекаю на дзвінок після шостої вечора.",
)


def mails() -> list[bytes]:
    """As mails are: texts, pages with what they answer, pictures."""
    chance = random.Random(5)
    return [_mail(number, chance) for number in range(MAILS)]


def _mail(number: int, chance: random.Random) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Ольга Соколова <client{number}@client{number % 97}.example>"
    mail["To"] = "help@shop.example"
    mail["Subject"] = f"Заказ {10_000 + number}: где он?"
    mail["Date"] = "Mon, 05 Jan 2026 09:00:00 +0300"
    mail["Message-ID"] = f"<bench-{number}@client.example>"
    text = "\n\n".join(chance.choices(SENTENCES, k=chance.randint(2, 8)))
    quoted = "\n".join(f"> {chance.choice(SENTENCES)}" for _ in range(chance.choice((0, 0, 12))))
    mail.set_content(f"{text}\n\n{quoted}\n", cte="quoted-printable")
    if number % 2:
        lines = "".join(f"<p style='color:#333'>{line}</p>" for line in text.split("\n\n"))
        mail.add_alternative(
            f"<html><head><style>p{{margin:0}}</style></head><body>{lines}<blockquote "
            f"type='cite'>{quoted}</blockquote></body></html>", subtype="html",
        )  # fmt: skip
    if number % 5 == 0:
        picture = chance.randbytes(chance.randint(5_000, 40_000))
        mail.add_attachment(picture, maintype="image", subtype="png", filename="фото.png")
    return mail.as_bytes()


def post(path: str, raw: bytes, more: dict[str, str]) -> bytes:
    """An encoded request."""
    told = "".join(f"{name}: {value}\r\n" for name, value in more.items())
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{told}Content-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw


def serve_bare(pipe: Connection) -> None:
    """The floor: aiohttp that takes a mail."""
    uvloop.run(_serve_bare(pipe))


async def _serve_bare(pipe: Connection) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    app = web.Application(client_max_size=2**24)
    app.router.add_post("/{rest:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=512).start()
    pipe.send(port)
    await asyncio.Event().wait()


@contextmanager
def contestants() -> Iterator[tuple[int, _mailhouse.MailHouse, Helpdesk | None, PostgresCpu]]:
    accounts = MAILS // PER_ACCOUNT + 1  # one for warming up
    with ExitStack() as exits:
        url, postgres = exits.enter_context(durable_postgres())
        peer = exits.enter_context(helpdesk(url))
        bare = exits.enter_context(in_process(serve_bare))
        sink = exits.enter_context(in_process(_mailhouse.serve_sink))
        options = {"accounts": accounts, "smtp_port": sink}
        port, pid = exits.enter_context(in_process(_mailhouse.serve, url, options))
        yield bare, _mailhouse.MailHouse(port, pid, url), peer, postgres


async def main() -> None:
    """Measure and report."""
    load = Load()
    given = mails()
    with contestants() as (bare, house, peer, postgres):
        connection = await asyncpg.connect(house.url)
        await connection.execute(HOLD)
        warm = [hook(MAILS, raw.replace(b"bench-", b"warm-")) for raw in given[:30]]
        load.shoot(house.port, CONNECTIONS, warm)
        await until(connection, RENDERED, len(warm))
        if peer is not None:
            load.shoot(peer.port, CONNECTIONS, [post("/mail", raw, {}) for raw in given[:16]])
        size, rounds = MAILS // ROUNDS, []
        for number in range(ROUNDS):
            part = range(number * size, (number + 1) * size)
            rounds.append(await measure(load, bare, house, peer, connection, postgres, given, part))
            print(_shown(number, rounds[-1]), flush=True)
        assert await connection.fetchval(STORED) == MAILS + len(warm)
        if peer is not None:
            assert peer.tickets() >= MAILS
        await connection.execute(RELEASE)
        began = time.perf_counter()
        await until(connection, SENT, MAILS + len(warm))
        sent = MAILS / (time.perf_counter() - began)
        await connection.close()
    load.close()
    tell(rounds, sent)


async def until(connection: Any, query: str, count: int) -> None:
    """Raises TimeoutError when the house does not get so far."""
    async with asyncio.timeout(LONGEST):
        while await connection.fetchval(query) < count:
            await asyncio.sleep(0.02)


def hook(number: int, raw: bytes) -> bytes:
    """The request that brings a mail to its account."""
    path = f"/hooks/{_mailhouse.key(number // PER_ACCOUNT)}"
    return post(path, raw, headers(raw, _mailhouse.SECRET, "help@shop.example"))


async def measure(  # noqa: PLR0917 - what one round needs
    load: Load, bare: int, house: _mailhouse.MailHouse, peer: Helpdesk | None,
    connection: Any, postgres: PostgresCpu, given: list[bytes], part: range,
) -> dict[str, Any]:  # fmt: skip
    """One round: the same mails to each."""
    found: dict[str, Any] = {}
    plain = [post("/mail", given[n], {}) for n in part]
    found["floor"] = load.shoot(bare, CONNECTIONS, plain).rate
    before = await connection.fetchval(RENDERED), Cpu(house.pid).seconds(), postgres.seconds()
    began = time.perf_counter()
    shot: Shot = load.shoot(house.port, CONNECTIONS, [hook(n, given[n]) for n in part])
    found["answered"], found["latencies"] = shot.rate, shot.latencies
    await until(connection, RENDERED, before[0] + len(part))
    await until(connection, FILED, 1)
    found["rendered"] = len(part) / (time.perf_counter() - began)
    after = Cpu(house.pid).seconds(), postgres.seconds()
    found["cpu"] = [(b - a) / len(part) * 1000 for a, b in zip(before[1:], after, strict=True)]
    if peer is not None:
        found["peer"] = load.shoot(peer.port, CONNECTIONS, plain)
    return found


def _shown(number: int, one: dict[str, Any]) -> str:
    theirs = f", django-helpdesk {one['peer'].rate:.0f}" if "peer" in one else ""
    return (
        f"round {number + 1}, mails/s: floor {one['floor']:.0f}, stored {one['answered']:.0f}, "
        f"rendered {one['rendered']:.0f}{theirs}; CPU ms per mail: "
        f"service {one['cpu'][0]:.1f}, PostgreSQL {one['cpu'][1]:.1f}"
    )


def tell(rounds: list[dict[str, Any]], sent: float) -> None:
    rates = [one["rendered"] for one in rounds]
    waits = [ms for one in rounds for ms in one["latencies"]]
    detail = (
        f"{MAILS} mails in {ROUNDS} rounds, {CONNECTIONS} connections; "
        f"{median(rates):.0f} mails/s with confirmation, "
        f"{median([one['answered'] for one in rounds]):.0f} stored, "
        f"{sent:.0f} confirmations sent afterwards; "
        f"p50 {percentile(waits, 0.5):.0f} ms, p99 {percentile(waits, 0.99):.0f} ms; "
        f"CPU per mail: service {median([one['cpu'][0] for one in rounds]):.1f} ms, "
        f"PostgreSQL {median([one['cpu'][1] for one in rounds]):.1f} ms"
    )
    floors = [one["rendered"] / one["floor"] for one in rounds]
    report("email_intake_floor", median(floors), FLOOR_TARGET, detail)
    peers = [one for one in rounds if "peer" in one]
    if not peers:
        return
    gains = [one["rendered"] / one["peer"].rate for one in peers]
    theirs = [ms for one in peers for ms in one["peer"].latencies]
    detail = (
        f"times django-helpdesk 2.6.1: {median(rates):.0f} against "
        f"{median([one['peer'].rate for one in peers]):.0f} mails/s; rounds "
        f"{' '.join(f'{gain:.1f}' for gain in gains)}; its p50 {percentile(theirs, 0.5):.0f} ms, "
        f"p99 {percentile(theirs, 0.99):.0f} ms"
    )
    report("email_intake", median(gains), TARGET, detail)
