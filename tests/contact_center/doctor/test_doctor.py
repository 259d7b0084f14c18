import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from contact_center import doctor
from contact_center.kernel.finding import Finding
from contact_center.kernel.secrets import create_key_file, load_sealer
from contact_center.settings import Media, Settings
from contact_center.storage import checks
from tests.support.postgres import Server
from tests.support.valkey import Valkey


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@contextmanager
def listening(handler: type[http.server.BaseHTTPRequestHandler] | None) -> Iterator[int]:
    """Somebody listens on a port: with a handler an HTTP server, without one nobody knows what."""
    if handler is None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            taken.settimeout(0)
            yield taken.getsockname()[1]
        return
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


async def test_a_sound_database_passes_every_check(database_url: str) -> None:
    found = by_name(await checks.examine(database_url, pool=10, key_id=None))
    assert set(found) == {
        "server version", "locale", "durability", "connections", "clock drift",
        "log_horizon_lag", "schema",
    }  # fmt: skip
    found.pop("durability")  # the server of the tests has fsync off
    assert {finding.state for finding in found.values()} == {"ok"}


async def test_a_server_that_does_not_keep_what_it_commits_fails(database_url: str) -> None:
    found = by_name(await checks.examine(database_url, pool=10, key_id=None))["durability"]
    assert found.state == "failed"
    assert "fsync" in found.seen
    assert "fsync = on" in found.remedy


async def test_an_old_server_fails_by_name() -> None:
    class Old:
        @staticmethod
        def get_server_version() -> object:
            return type("Version", (), {"major": 13, "minor": 0, "micro": 2})

    found = checks.server_version(Old())
    assert (found.state, found.seen) == ("failed", "PostgreSQL 13.2")


async def test_a_database_in_the_c_locale_fails(postgres: Server) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(
            "CREATE DATABASE in_c TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'"
        )
        url = postgres.url.replace("/contact_center?", "/in_c?")
        found = by_name(await checks.examine(url, pool=10, key_id=None))
        assert found["locale"].state == "failed"
        assert "C.UTF-8" in found["locale"].remedy
        assert found["schema"].remedy == "contact-center migrate"
    finally:
        await connection.execute("DROP DATABASE in_c WITH (FORCE)")
        await connection.close()


async def test_a_pool_larger_than_the_server_fails(database_url: str) -> None:
    found = by_name(await checks.examine(database_url, pool=5000, key_id=None))
    assert found["connections"].state == "failed"
    assert "database.pool_max" in found["connections"].remedy


async def test_a_forgotten_writing_transaction_is_noticed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_SLOW_LAG", 0.05)
    monkeypatch.setattr(checks, "_BROKEN_LAG", 0.2)
    writer = await asyncpg.connect(database_url)
    try:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute("SELECT pg_current_xact_id(), pg_sleep(0.3)")
        found = by_name(await checks.examine(database_url, pool=10, key_id=None))
        assert found["log_horizon_lag"].state == "failed"
        assert "pg_stat_activity" in found["log_horizon_lag"].remedy
        await transaction.rollback()
    finally:
        await writer.close()


async def test_the_key_of_another_database_fails(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE workspace SET sealing_key_id = 'theirs'")
    await connection.close()
    assert (
        by_name(await checks.examine(database_url, pool=1, key_id="theirs"))["sealing key"].state
        == "ok"
    )
    found = by_name(await checks.examine(database_url, pool=1, key_id="ours"))["sealing key"]
    assert found.state == "failed"
    assert "theirs" in found.seen


async def test_a_database_that_is_away_is_one_finding_with_a_remedy(tmp_path: Path) -> None:
    (found,) = await checks.examine(f"postgresql:///x?host={tmp_path}", pool=1, key_id=None)
    assert (found.check, found.state) == ("database", "failed")
    assert "database_url" in found.remedy


async def test_without_a_running_service_the_private_database_is_a_warning(tmp_path: Path) -> None:
    found = by_name(await doctor.examine(Settings(data_dir=tmp_path, listen_port=0)))
    assert found["database"].state == "warning"
    assert found["port"].state == "ok"
    assert "made at the first start" in found["key file"].seen


def test_a_port_somebody_else_has_fails_and_ours_does_not() -> None:
    with listening(None) as port:
        assert doctor.port(Settings(listen_port=port)).state == "failed"
    with listening(Healthy) as port:
        found = doctor.port(Settings(listen_port=port))
        assert (found.state, "answers" in found.seen) == ("ok", True)


def test_a_key_file_open_to_others_fails(tmp_path: Path) -> None:
    create_key_file(tmp_path / "key")
    settings = Settings(data_dir=tmp_path)
    found, sealer = doctor.key_file(settings)
    assert sealer is not None
    assert load_sealer(tmp_path / "key", create=False).key_id in found.seen
    (tmp_path / "key").chmod(0o644)
    assert doctor.key_file(settings)[0].state == "failed"
    assert doctor.key_file(Settings(key_file=tmp_path / "none"))[0].state == "failed"


async def test_a_file_store_is_tried(tmp_path: Path) -> None:
    found = await doctor.file_store(Settings(data_dir=tmp_path))
    assert (found.state, str(tmp_path) in found.seen) == ("ok", True)
    away = Media(store=SecretStr("s3+http://key:hidden@127.0.0.1:9/files"))
    found = await doctor.file_store(Settings(data_dir=tmp_path, media=away))
    assert (found.state, "media.store" in found.remedy) == ("failed", True)
    assert "does not answer" in found.seen
    assert "hidden" not in found.seen
    (tmp_path / "file").touch()
    found = await doctor.file_store(Settings(data_dir=tmp_path / "file"))
    assert found.state == "failed"


async def test_redis_is_optional_for_one_process_and_missed_by_several(
    own_valkey: Valkey,
) -> None:
    assert (await doctor.hint_bus(Settings())).state == "ok"
    assert (await doctor.hint_bus(Settings(roles="web"))).state == "warning"
    settings = Settings(redis_url=own_valkey.url)
    assert (await doctor.hint_bus(settings)).state == "ok"
    own_valkey.stop()
    found = await doctor.hint_bus(settings)
    assert (found.state, "redis_url" in found.remedy) == ("failed", True)


def test_what_is_not_built_is_named(tmp_path: Path) -> None:
    found = doctor.built_web(tmp_path)
    assert (found.state, found.remedy) == ("failed", "contact-center build-web")
    assert "console and widget" in found.seen


def test_a_full_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_TOO_LITTLE", 1 << 62)
    assert doctor.disk(tmp_path / "not" / "yet").state == "failed"


def test_every_failure_and_warning_of_the_sources_has_a_remedy() -> None:
    with pytest.raises(TypeError):
        doctor.bad("check", "seen")  # type: ignore[call-arg]


def test_the_exit_code_and_json_tell_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_KEY_FILE", str(tmp_path / "missing"))
    assert doctor.main(as_json=True) == 1
    findings = json.loads(capsysbinary.readouterr().out)
    assert {"check", "state", "seen", "remedy"} == set(findings[0])
    assert any(f["check"] == "key file" and f["state"] == "failed" for f in findings)
    assert doctor.main() == 1
    assert "key file" in capsysbinary.readouterr().out.decode()


def test_refused_settings_are_a_finding_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_DEMO", "perhaps")
    assert doctor.main(as_json=True) == 1
    assert b"CC_DEMO" in capsysbinary.readouterr().out
