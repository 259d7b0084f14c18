"""The whole service with the demo company in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from contact_center.app import running
from contact_center.settings import Settings
from tests.support.demo import Demo
from tests.support.house import free_port


@pytest.fixture
async def demo(database_url: str, tmp_path: Path) -> AsyncIterator[Demo]:
    port = free_port()
    settings = Settings(
        database_url=SecretStr(database_url), listen_port=port, demo=True, data_dir=tmp_path
    )
    async with running(settings):
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            yield Demo(http, f"http://127.0.0.1:{port}")
