"""The real service in a process of its own, over a durable private PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import io
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import uvloop
from aiohttp import web

from channels.webchat.session import Session, issue_session
from contact_center.kernel.ids import new_id
from contact_center.settings import Settings
from contact_center.storage.embedded import PrivatePostgres

SECRET = "bench-session-secret-0123456789-abcdefgh"
KEY = "bench"


@dataclass(frozen=True, slots=True)
class House:
    """Where it listens and what its one chat account is."""

    port: int
    account_id: UUID
    pid: int
    url: str

    def tokens(self, visitors: list[str]) -> list[str]:
        account = str(self.account_id)
        return [issue_session(SECRET, Session(v, account, 4_000_000_000)) for v in visitors]


def free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


@contextmanager
def durable_postgres() -> Iterator[tuple[str, PostgresCpu]]:
    """A server as `contact-center run` starts it (fsync on), and what it costs."""
    directory = Path(tempfile.mkdtemp(prefix="cc-"))
    server = PrivatePostgres(directory)
    try:
        url = server.start()
        pid = server.pid
        assert pid is not None
        yield url, PostgresCpu(pid)
    finally:
        server.stop("immediate")
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def in_process(target: Callable[..., Any], *args: Any) -> Iterator[Any]:
    """Run `target(pipe, *args)` in a process; yields the first thing it sends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *args), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        if process.pid:
            process.terminate()
        process.join(10)
        process.kill()


def serve_house(
    pipe: Connection, url: str, roles: str, further: Sequence[dict[str, Any]] = ()
) -> None:
    """The service with one brand, queue and chat account; `further` accounts beside it."""
    uvloop.run(_serve_house(pipe, url, roles, further))


async def _serve_house(
    pipe: Connection, url: str, roles: str, further: Sequence[dict[str, Any]]
) -> None:
    from contact_center.app.serving import running, spare_the_collector
    from contact_center.kernel import log

    log.configure("warning", "json")
    directory = Path(tempfile.mkdtemp(prefix="cc-"))
    port = free_port()
    settings = Settings(
        database_url=url, data_dir=directory, listen_port=port, roles=roles, _env_file=None
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with contextlib.redirect_stdout(io.StringIO()):
        async with running(settings) as workspace:
            brand, department, queue = new_id(), new_id(), new_id()
            insert = "INSERT INTO brands (id, name) VALUES ($1, 'b')"
            await workspace.database.execute(insert, brand)
            await workspace.database.execute(
                "INSERT INTO departments (id, name) VALUES ($1, 'd')", department
            )
            await workspace.database.execute(
                "INSERT INTO queues (id, name, department_id) VALUES ($1, 'q', $2)",
                queue, department,
            )  # fmt: skip
            await workspace.accounts.create(
                "system", provider="webchat", title="chat", brand_id=brand, queue_id=queue,
                settings={"session_secret": SECRET, "identity_secret": SECRET}, public_key=KEY,
            )  # fmt: skip
            for more in further:
                await workspace.accounts.create(
                    "system", title=more["provider"], brand_id=brand, queue_id=queue, **more
                )
            account = workspace.accounts.by_public_key(KEY)
            assert account is not None
            spare_the_collector()  # as `serve` does
            pipe.send((port, account.id, os.getpid()))
            await stop.wait()
    shutil.rmtree(directory, ignore_errors=True)


def serve_bare(pipe: Connection) -> None:
    """The floor: aiohttp and orjson, nothing else."""
    uvloop.run(_serve_bare(pipe))


async def _serve_bare(pipe: Connection) -> None:
    async def answer(request: web.Request) -> web.Response:
        given = orjson.loads(await request.read())
        return web.Response(
            body=orjson.dumps({"ok": True, "id": given["id"]}), content_type="application/json"
        )

    app = web.Application()
    app.router.add_post("/{rest:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=512).start()
    pipe.send(port)
    await asyncio.Event().wait()


class Cpu:
    """Processor time of a process; 0 where there is no /proc."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def seconds(self) -> float:
        return _seconds(self._pid)


class PostgresCpu:
    """Processor time of a server, all its processes together."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster

    def seconds(self) -> float:
        family = {self._postmaster}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, IndexError):
                if int(_fields(int(entry.parent.name))[1]) == self._postmaster:
                    family.add(int(entry.parent.name))
        return sum(map(_seconds, family))


def _fields(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _seconds(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError):
        user, system = _fields(pid)[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return 0.0
