"""Runs a workspace until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import uvloop
from aiohttp import web

from contact_center.app.workspace import Workspace
from contact_center.kernel import log as logs
from contact_center.kernel.errors import SettingsError
from contact_center.kernel.log import get_logger
from contact_center.settings import Settings
from contact_center.web.front import listening

STOP_SECONDS = 20.0
log = get_logger(__name__)


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; raises SettingsError for what only a person can mend."""
    logs.configure(settings.log.level, settings.log.format, node=settings.node_name)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings):
        spare_the_collector()
        await stop.wait()
        log.info("stopping")


def spare_the_collector() -> None:
    """Look for cycles seldom, and never among what was built at start.

    A request makes some hundred short-lived objects and hardly a cycle: with Python's usual
    thresholds a quarter of the processor's time at full load goes into looking for them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Workspace]:
    """The service for as long as the block lasts; tests and the simulator use it as well."""
    async with AsyncExitStack() as exits:
        workspace = await Workspace.open(settings, exits)
        app = workspace.application()
        workspace.start(app)
        exits.push_async_callback(workspace.finish)
        await _listen(app, settings, exits)
        await _greet(workspace)
        yield workspace


async def _listen(app: web.Application, settings: Settings, exits: AsyncExitStack) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    exits.push_async_callback(runner.cleanup)
    host, port, most = settings.listen_host, settings.listen_port, settings.intake.max_body_bytes
    door = listening(runner, host, port, most=most, seconds=STOP_SECONDS)
    try:
        await exits.enter_async_context(door)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise SettingsError(
            f"cannot listen on {host}:{port}: {why}; free it, or name another", key="listen_port"
        ) from error


async def _greet(workspace: Workspace) -> None:
    """Say where it is, and how the first person gets in; on the terminal, not in the log."""
    lines = [f"\n  Contact centre: {workspace.settings.base_url}"]
    link = await workspace.access.first_administrator_link()
    if link is not None:
        lines.append(f"  First administrator (15 minutes, once): {link}")
    lines += _sign_ins(await workspace.access.demo_accounts())
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _sign_ins(accounts: Sequence[Mapping[str, str]]) -> list[str]:
    if not accounts:
        return []
    return [
        f"  Sign in as one of these, password {accounts[0]['password']}:",
        *(f"    {one['email']:<24} {one['role']:<14} {one['name']}" for one in accounts),
    ]
