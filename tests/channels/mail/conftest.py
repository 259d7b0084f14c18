"""A scripted mail server, and what a listener has brought of it."""

from collections.abc import AsyncIterator

import pytest

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
