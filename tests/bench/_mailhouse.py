"""The real service with mailboxes that are posted to, and a mail server that takes everything."""

from __future__ import annotations

import asyncio
import contextlib
import io
import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

from contact_center.kernel.ids import new_id
from contact_center.settings import Settings
from tests.bench._house import free_port

SECRET = "bench-hook-secret-0123456789"
MAX_BODY = 64 * 1024 * 1024
CONFIRMATION = {
    "ru": "Здравствуйте, {name}! Письмо «{subject}» получено, обращение № {number}.\n\n{brand}",
    "en": "Hello {name}! We have your mail “{subject}”, its number is {number}.\n\n{brand}",
}


@dataclass(frozen=True, slots=True)
class MailHouse:
    """Where it listens."""

    port: int
    pid: int
    url: str


def key(account: int) -> str:
    return f"mail{account}"


def serve(pipe: Connection, url: str, options: dict[str, Any]) -> None:
    """The service with `accounts` mailboxes.

    `lag` is a shared number: it holds the longest time the event loop was blocked, in seconds.
    """
    # Mails are read in children of this process, which a daemon may not have.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    uvloop.run(_serve(pipe, url, **options))


async def _serve(
    pipe: Connection, url: str, accounts: int = 1, smtp_port: int = 0, lag: Any = None
) -> None:
    from contact_center.app.serving import running, spare_the_collector
    from contact_center.kernel import log

    log.configure("error", "json")
    directory = Path(tempfile.mkdtemp(prefix="cc-"))
    port = free_port()
    settings = Settings(
        database_url=url, data_dir=directory, listen_port=port, _env_file=None,
        intake={"max_body_bytes": MAX_BODY},
    )  # fmt: skip
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with contextlib.redirect_stdout(io.StringIO()):
        async with running(settings) as workspace:
            await _furnish(workspace, accounts, smtp_port)
            spare_the_collector()  # as `serve` does
            pipe.send((port, os.getpid()))
            watching = asyncio.create_task(_watch(lag))
            await stop.wait()
            watching.cancel()
    shutil.rmtree(directory, ignore_errors=True)


async def _furnish(workspace: Any, accounts: int, smtp_port: int) -> None:
    execute: Callable[..., Any] = workspace.database.execute
    brand, department, queue = new_id(), new_id(), new_id()
    await execute("INSERT INTO brands (id, name) VALUES ($1, 'Лавка')", brand)
    await execute("INSERT INTO departments (id, name) VALUES ($1, 'd')", department)
    await execute(
        "INSERT INTO queues (id, name, department_id, letters) VALUES ($1, 'q', $2, $3)",
        queue, department, {"confirmation": CONFIRMATION},
    )  # fmt: skip
    for number in range(accounts):
        await workspace.accounts.create(
            "system", provider="mail", title=key(number), brand_id=brand, queue_id=queue,
            public_key=key(number),
            settings={
                "address": "help@shop.example", "receives": "hook", "hook_secret": SECRET,
                "smtp_host": "127.0.0.1" if smtp_port else "", "smtp_port": smtp_port or 25,
                "smtp_security": "plain", "login": "none",
            },
        )  # fmt: skip


async def _watch(lag: Any) -> None:
    """How late a timer of five milliseconds comes is how long the loop was blocked."""
    loop, step = asyncio.get_running_loop(), 0.005
    while lag is not None:
        began = loop.time()
        await asyncio.sleep(step)
        lag.value = max(lag.value, loop.time() - began - step)


def serve_sink(pipe: Connection) -> None:
    """An SMTP server that takes everything and keeps nothing."""
    uvloop.run(_serve_sink(pipe))


async def _serve_sink(pipe: Connection) -> None:
    server = await asyncio.start_server(_take, "127.0.0.1", 0, limit=2**24)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 ok\r\n")
    writer.close()
