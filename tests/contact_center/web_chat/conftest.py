"""A site with the chat in it."""

from collections.abc import AsyncIterator

import pytest

from tests.contact_center.web_chat.site import Site, opened


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    async with opened(database_url) as one:
        yield one
