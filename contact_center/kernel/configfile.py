"""Where the settings are read from; standard library only.

The small parent (`contact_center.supervise`) has to know the data directory before it can start
the database, and must not carry pydantic for the rest of its life to learn it. Everything else
reads settings through `contact_center.settings`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contact_center.kernel.errors import SettingsError

PREFIX = "CC_"
NESTED = "__"
DEFAULT_PATH = Path("config/contact_center.toml")

CONFIG_VARIABLE = "CC_CONFIG"

# Variables with our prefix that steer tools and not the service.
_NOT_SETTINGS = {CONFIG_VARIABLE, "CC_SKIP_WEB", "CC_SOAK"}
_NOT_SETTINGS_PREFIXES = ("CC_TEST_", "CC_BENCH_", "CC_DEV_", "CC_SUPERVISED_", "CC_MAIL_PIPE_")


def path_of(environ: Mapping[str, str]) -> Path | None:
    """The settings file in force: the named one (which must exist), the usual one, or none."""
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    return DEFAULT_PATH if DEFAULT_PATH.exists() else None


def shipped(name: str) -> Path:
    """A data file of `config/`: of the checkout, or as packed into an installed package."""
    package = Path(__file__).parents[1]
    for folder in (package.parent / "config", package / "_config"):
        if (folder / name).exists():
            return folder / name
    raise SettingsError("is not part of this installation", file=name)


def read(path: Path) -> dict[str, Any]:
    """The values of a settings file; raises `SettingsError` with line and column."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror})", file=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"is not TOML: {error}", file=str(path)) from None


def peek(environ: Mapping[str, str], key: str) -> str | None:
    """One top-level text setting without checking the others."""
    if value := environ.get(variable_of(key)):
        return value
    path = path_of(environ)
    value = read(path).get(key) if path else None
    return str(value) if value else None


def variable_of(key: str) -> str:
    """The environment variable of a key: ``intake.batch`` is ``CC_INTAKE__BATCH``."""
    return PREFIX + key.replace(".", NESTED).upper()


def is_not_a_setting(variable: str) -> bool:
    """Whether a variable with our prefix is meant for a tool."""
    return variable in _NOT_SETTINGS or variable.startswith(_NOT_SETTINGS_PREFIXES)
