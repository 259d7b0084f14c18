"""One house for all providers' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.support.postgres import Server

if TYPE_CHECKING:
    from tests.channels.house import House


@pytest.fixture(scope="session")
def hooks_url(postgres: Server, template: str) -> Iterator[str]:
    url = postgres.create(template)
    try:
        yield url
    finally:
        postgres.drop(url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(hooks_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    from tests.channels.house import open_house  # the application: not for those who only read

    async with open_house(hooks_url, tmp_path_factory.mktemp("hooks")) as opened:
        yield opened
