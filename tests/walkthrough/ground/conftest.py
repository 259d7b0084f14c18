"""The database of the tests that walk through: the copy starts none of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.postgres import Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    server = Server.start()  # TEST_DATABASE_URL
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template() -> str:
    return os.environ["WALKTHROUGH_TEMPLATE"]
