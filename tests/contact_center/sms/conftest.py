"""One house for all tests of SMS, and a Twilio of our own beside it; all over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.contact_center.sms.line import Line, open_line
from tests.support.postgres import Server


@pytest.fixture(scope="package")
def line_url(postgres: Server, template: str) -> Iterator[str]:
    url = postgres.create(template)
    try:
        yield url
    finally:
        postgres.drop(url)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def line(line_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    async with open_line(line_url, tmp_path_factory.mktemp("line")) as opened:
        yield opened
