"""Mails made to hurt, through the whole service: each is stored within a second, and nobody waits.

Posted one after the other over the signed hook: ten megabytes of HTML, two thousand links, a
thousand parts in each other, eight thousand recipients. Beside the time to the answer, which comes
after the commit, the longest block of the service's event loop is measured inside its process; the
same for an ordinary mail says what this machine adds.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from typing import Any

import asyncpg

from contact_center.mail_pipe import headers
from tests.bench import _mailhouse
from tests.bench._house import durable_postgres, in_process
from tests.bench._load import Load
from tests.bench._report import median, report
from tests.bench.email_intake import post

ROUNDS = 5
SECONDS, LAG_MS = 1.0, 50.0
HEAD = (
    "From: Eve <eve{n}@client.example>\r\nTo: help@shop.example\r\nSubject: {name} {n}\r\n"
    "Date: Mon, 05 Jan 2026 09:00:00 +0300\r\nMessage-ID: <{name}-{n}@client.example>\r\n"
    "MIME-Version: 1.0\r\n"
)
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"


def ordinary() -> str:
    return "Content-Type: text/plain; charset=utf-8\r\n\r\nWhere is my order?\r\n"


def ten_megabytes() -> str:
    row = "<tr><td style='color:red'><div><p>What <b>was</b> it, &amp; why?</p></div></td></tr>\r\n"
    return HTML + "<table>" + row * (10 * 1024 * 1024 // len(row)) + "</table>"


def links() -> str:
    one = "<p><a href='https://shop{n}.example/?q={n}' onclick='x()'>offer {n}</a></p>\r\n"
    return HTML + "".join(one.format(n=n) for n in range(2_000))


def nested() -> str:
    opened = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(1_000)
    )
    closed = "".join(f"--b{n}--\r\n" for n in reversed(range(1_000)))
    return f"{opened}Content-Type: text/plain\r\n\r\nDeep.\r\n{closed}"


def recipients() -> str:
    many = ",\r\n ".join(f"Person {n} <person{n}@client.example>" for n in range(8_000))
    return f"Cc: {many}\r\n{ordinary()}"


CASES: dict[str, Callable[[], str]] = {
    "ordinary": ordinary, "ten_megabytes": ten_megabytes, "two_thousand_links": links,
    "thousand_nested_parts": nested, "eight_thousand_recipients": recipients,
}  # fmt: skip


async def main() -> None:
    """Measure and report."""
    lag = multiprocessing.get_context("spawn").Value("d", 0.0)
    load = Load()
    with (
        durable_postgres() as (url, _),
        in_process(_mailhouse.serve, url, {"lag": lag}) as (port, _pid),
    ):
        connection = await asyncpg.connect(url)
        for n in range(8):  # both of the limited processes are up
            await fire(load, port, lag, "ordinary", n)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
        for n in range(100, 100 + ROUNDS):
            for name in CASES:
                found[name].append(await fire(load, port, lag, name, n))
        stored = await connection.fetchval("SELECT count(*) FROM contacts")
        assert stored == 8 + ROUNDS * len(CASES), f"{stored} contacts"
        await connection.close()
    load.close()
    tell(found)


async def fire(load: Load, port: int, lag: Any, name: str, n: int) -> tuple[float, float]:
    """Seconds to the answer, milliseconds of the longest block until a moment after it."""
    raw = (HEAD.format(name=name, n=n) + CASES[name]()).encode()
    request = post(f"/hooks/{_mailhouse.key(0)}", raw, headers(raw, _mailhouse.SECRET, ""))
    await asyncio.sleep(0.3)
    lag.value = 0.0
    began = time.perf_counter()
    shot = load.shoot(port, 1, [request])
    took = shot.latencies[0] / 1000
    assert shot.answers == 1, f"{name}: refused after {time.perf_counter() - began:.1f} s"
    await asyncio.sleep(0.3)
    return took, lag.value * 1000


def tell(found: dict[str, list[tuple[float, float]]]) -> None:
    calm = median([block for _, block in found.pop("ordinary")])
    times = {name: median([took for took, _ in each]) for name, each in found.items()}
    blocks = {name: median([block for _, block in each]) for name, each in found.items()}
    detail = ", ".join(f"{name} {took:.2f} s" for name, took in times.items())
    report("hostile_mail", max(times.values()), SECONDS, f"slowest median of {detail}", lower=True)
    detail = ", ".join(f"{name} {block:.0f} ms" for name, block in blocks.items())
    detail = f"longest block of the event loop: {detail}; an ordinary mail {calm:.0f} ms"
    report("hostile_mail_loop", max(blocks.values()), LAG_MS, detail, lower=True)
