import os
import re
import socket
import tomllib
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from contact_center.kernel import configfile
from contact_center.kernel.configerrors import keys_of
from contact_center.kernel.errors import SettingsError
from contact_center.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]
DOCUMENTED = ROOT / configfile.DEFAULT_PATH


@pytest.fixture(autouse=True)
def _without_our_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(configfile.PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contact_center.toml"


def refusal(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    return str(refused.value)


# --- the file in the repository is the documentation ---------------------------------------


def documented() -> dict[str, Any]:
    """The keys of the shipped file, those that stand there as a comment included."""
    text = re.sub(r"(?m)^# ([a-z_]+ = .*)$", r"\1", DOCUMENTED.read_text())
    found: dict[str, Any] = {}
    for key, value in tomllib.loads(text).items():
        if isinstance(value, dict):
            found.update({f"{key}.{name}": inner for name, inner in value.items()})
        else:
            found[key] = value
    return found


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert set(documented()) == set(keys_of(Settings))


def test_the_documented_defaults_are_the_defaults() -> None:
    defaults = Settings()
    assert load_settings(DOCUMENTED) == defaults
    values = documented()
    assert values["intake.batch"] == defaults.intake.batch
    assert values["dispatch.lease_ttl"] == defaults.dispatch.lease_ttl


def test_every_setting_has_an_explanation() -> None:
    lines = DOCUMENTED.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(# )?[a-z_]+ = ", line):
            before = next(text for text in reversed(lines[:number]) if " = " not in text)
            assert "# " in line[2:] or before.startswith("# "), f"not explained: {line}"


def test_every_setting_is_used_somewhere() -> None:
    sources = [
        path.read_text()
        for path in (ROOT / "contact_center").rglob("*.py")
        if path.name != "settings.py" and "node_modules" not in path.parts
    ]
    own = {
        "database_password_file": "database_url",
        "key_file": "key_path",
        "listen_host": "listen_host",
    }  # reached through a property
    for key in keys_of(Settings):
        name = own.get(key, key.rpartition(".")[2])
        assert any(f".{name}" in text for text in sources), f"nobody reads {key}"


# --- sources -------------------------------------------------------------------------------


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.node_name == socket.gethostname()
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.key_path == Path("var/key")
    assert settings.may_create_key


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('listen_port = 1\nroles = ["web"]\n[intake]\nbatch = 5\nqueue = 7')
    monkeypatch.setenv("CC_INTAKE__BATCH", "6")
    monkeypatch.setenv("CC_ROLES", "worker, router")
    monkeypatch.setenv("CC_TRUSTED_PROXIES", "10.0.0.0/8")
    settings = load_settings(file)
    assert (settings.listen_port, settings.intake.batch, settings.intake.queue) == (1, 6, 7)
    assert settings.roles == {"worker", "router"}
    assert settings.trusted_proxies == (IPv4Network("10.0.0.0/8"),)


def test_a_named_file_is_read_and_must_exist(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_CONFIG", str(file))
    with pytest.raises(SettingsError, match=re.escape(str(file))):
        load_settings()
    file.write_text("listen_port = 9")
    assert load_settings().listen_port == 9


def test_the_addresses_of_stores_are_not_shown(file: Path) -> None:
    file.write_text('database_url = "postgresql://u:canary@h/d"\nredis_url = "redis://:canary@h"')
    settings = load_settings(file)
    assert "canary" not in repr(settings)
    assert settings.database_url is not None
    assert "canary" in settings.database_url.get_secret_value()


def test_a_mounted_password_is_put_into_the_address(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss/word\n")
    file.write_text(f'database_url = "postgresql://u@h:1/d"\ndatabase_password_file = "{secret}"')
    url = load_settings(file).database_url
    assert url is not None
    assert url.get_secret_value() == "postgresql://u:p%40ss%2Fword@h:1/d"
    secret.unlink()
    with pytest.raises(SettingsError, match="database_password_file"):
        load_settings(file)


def test_the_public_address_decides_about_cookies(file: Path) -> None:
    file.write_text('public_url = "https://chat.example/"')
    settings = load_settings(file)
    assert (settings.base_url, settings.secure) == ("https://chat.example", True)


def test_the_parent_peeks_at_the_same_values(file: Path) -> None:
    file.write_text('data_dir = "/srv/cc"')
    environ = {"CC_CONFIG": str(file)}
    assert configfile.peek(environ, "data_dir") == "/srv/cc"
    assert configfile.peek({**environ, "CC_DATA_DIR": "/x"}, "data_dir") == "/x"
    assert configfile.peek(environ, "database_url") is None


# --- refusals: file, key, expected type ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listn_port = 1", ["listn_port", "no such setting", "did you mean listen_port?"]),
        ("[intake]\nbatchs = 1", ["intake.batchs", "did you mean intake.batch?"]),
        ("[nonsense]\na = 1", ["nonsense", "no such setting"]),
        ('[intake]\nbatch = "many"', ["intake.batch", "expected a whole number, more than 0"]),
        ("[intake]\nbatch = 0", ["intake.batch", "more than 0"]),
        ("[retention]\ninbound_key_days = 29", ["retention.inbound_key_days", "less than 30 days"]),
        ("intake = 5", ["intake", "expected a section of keys"]),
        ("listen_port = 70000", ["listen_port", "at most 65535"]),
        ('roles = ["web", "cook"]', ["roles", 'a list of one of "web", "worker", "router"']),
        ("roles = []", ["roles", "a list of"]),
        ('[log]\nlevel = "loud"', ["log.level", '"debug", "info", "warning", "error"']),
        ('demo = "perhaps"', ["demo", "expected true or false"]),
        ('database_url = "mysql://u:canary@x/y"', ["database_url", "postgresql://"]),
        ('redis_url = "http://x"', ["redis_url", "redis://"]),
        ('[media]\nstore = "http://u:canary@x/y"', ["media.store", "s3://"]),
        ('[media]\nstore = "s3://u:canary@x"', ["media.store", "names no bucket"]),
        ('public_url = "chat.example"', ["public_url", "https://"]),
        ('trusted_proxies = ["10.0.0.1/8"]', ["trusted_proxies", "a list of a network such as"]),
        ("[database]\npool_max = 0", ["database.pool_max", "more than 0"]),
        ("listen_port = yes", ["is not TOML", "line 1"]),
    ],
)
def test_a_bad_file_is_refused_with_place_key_and_what_was_expected(
    file: Path, text: str, said: list[str]
) -> None:
    message = refusal(file, text)
    assert message.startswith(str(file))
    for words in said:
        assert words in message
    assert "canary" not in message


def test_all_problems_are_told_at_once(file: Path) -> None:
    message = refusal(file, "listen_port = -1\ndemo = 3\nabc = 1")
    assert all(key in message for key in ("listen_port", "demo", "abc"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CC_INTAKE__BATCH", "many", "expected a whole number"),
        ("CC_LISTEN_PRT", "1", "did you mean CC_LISTEN_PORT?"),
        ("CC_INTAKE", '{"batch": 1}', "no such setting"),
    ],
)
def test_a_bad_variable_is_refused_by_its_name(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    message = refusal(file, "")
    assert f"environment: {name}" in message
    assert said in message


def test_variables_for_tools_are_not_taken_for_settings(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC_SKIP_WEB", "1")
    monkeypatch.setenv("CC_TEST_POSTGRES", "15")
    file.write_text("")
    assert load_settings(file)


def test_shipped_data_files_are_found() -> None:
    assert configfile.shipped("contact_center.toml").read_text() == DOCUMENTED.read_text()
    with pytest.raises(SettingsError, match=r"nothing\.toml"):
        configfile.shipped("nothing.toml")
