"""One house for all tests of mail: each has a mailbox of its own in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.contact_center.mail.post import Post, open_post
from tests.support.postgres import Server


@pytest.fixture(scope="package")
def post_url(postgres: Server, template: str) -> Iterator[str]:
    url = postgres.create(template)
    try:
        yield url
    finally:
        postgres.drop(url)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def post(post_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Post]:
    async with open_post(post_url, tmp_path_factory.mktemp("post")) as opened:
        yield opened
