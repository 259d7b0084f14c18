"""A scripted mail server, and what a listener has brought of it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from tests.support.mailbox import Kept
from tests.support.scripted_imap import (
    ScriptedImap,
)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    scripted = ScriptedImap()
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the service runs on: to a connection that is over it answers otherwise."""
    return {"uvloop": uvloop.new_event_loop}
