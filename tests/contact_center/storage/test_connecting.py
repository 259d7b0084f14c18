"""The first connection: who is away may come back, what is wrong needs a person."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from contact_center.kernel.errors import SettingsError, Unavailable
from contact_center.storage.connecting import REMEDY
from contact_center.storage.migrate import migrate
from tests.support.postgres import Server, with_database


@pytest.fixture
def english(postgres: Server) -> Iterator[str]:
    """A database that knows English letters only."""
    url = postgres.create("template0\" ENCODING 'UTF8' LOCALE \"C")
    try:
        yield url
    finally:
        postgres.drop(url)


async def test_a_server_that_is_away_is_worth_another_try() -> None:
    with pytest.raises(Unavailable, match="does not answer") as refused:
        await migrate("postgresql://127.0.0.1:1/contact_center")
    assert REMEDY in refused.value.detail


async def test_a_database_that_does_not_exist_needs_a_person(empty_database_url: str) -> None:
    with pytest.raises(SettingsError, match="nowhere") as refused:
        await migrate(with_database(empty_database_url, "nowhere"))
    assert REMEDY in refused.value.detail


async def test_credentials_the_server_refuses_need_a_person(empty_database_url: str) -> None:
    parts = urlsplit(empty_database_url)
    where = parts.netloc.rpartition("@")[2]
    stranger = urlunsplit(parts._replace(netloc=f"stranger:guessed@{where}"))
    with pytest.raises(SettingsError, match="database_url") as refused:
        await migrate(stranger)
    assert "guessed" not in str(refused.value)


async def test_an_address_nobody_can_read_needs_a_person() -> None:
    with pytest.raises(SettingsError, match="database_url"):
        await migrate("mysql://localhost/contact_center")


async def test_a_database_without_cyrillic_letters_is_refused_before_anything_is_made(
    english: str,
) -> None:
    with pytest.raises(SettingsError, match="locale"):
        await migrate(english)
