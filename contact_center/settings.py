"""Typed settings: `config/contact_center.toml`, overridden by ``CC_*`` environment variables.

``CC_DATABASE_URL`` sets `database_url`, ``CC_INTAKE__BATCH`` sets `batch` of section `intake`.
What is unknown or of the wrong type is refused at start with its place and what was expected.
Every key is explained in `config/contact_center.toml`; a test compares the two.
"""

import os
import socket
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from contact_center.kernel import configfile
from contact_center.kernel.configerrors import explain, refuse_unknown_variables
from contact_center.kernel.errors import SettingsError
from contact_center.kernel.log import Format, Level

Role = Literal["web", "worker", "router"]
ROLES: tuple[Role, ...] = get_args(Role)

LEAST_KEY_DAYS = 30

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]


def _split(value: Any) -> Any:
    """``"web, worker"`` of an environment variable is what ``["web", "worker"]`` is in TOML."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Log(Section):
    """How the service speaks to whoever runs it."""

    level: Level = "info"
    format: Format = "auto"


class Database(Section):
    """This process's share of the database."""

    pool_max: Count = 16


class Session(Section):
    """How long a sign-in lasts."""

    idle_hours: Seconds = 12.0
    absolute_hours: Seconds = 24.0 * 14


class Intake(Section):
    """The door for everything that comes in."""

    batch: Count = 256
    queue: Count = 4096
    max_body_bytes: Count = 1024 * 1024
    retry_after: Seconds = 2.0
    quarantine_per_hour: Count = 500


class Chat(Section):
    """The web chat's public side."""

    events: Count = 60


class Media(Section):
    """Attachments. `store`: an address for `kernel.s3_signing.Place.of`; without one files."""

    max_bytes: Count = 25 * 1024 * 1024
    store: SecretStr | None = None

    @field_validator("store")
    @classmethod
    def _is_store(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        from contact_center.kernel.s3_signing import Place  # noqa: PLC0415 - only where it is used

        Place.of(value.get_secret_value())
        return value


class Outbox(Section):
    """Sending."""

    concurrency: Count = 16
    attempts: Count = 8
    send_timeout: Seconds = 15.0
    uncertain_hold: Seconds = 60.0
    lease_ttl: Seconds = 10.0


class Dispatch(Section):
    """Giving out work."""

    lease_ttl: Seconds = 2.0
    presence_grace: Seconds = 15.0


class Live(Section):
    """The operators' open screens."""

    buffer: Count = 1024


class Retention(Section):
    """How long is kept what only serves the service itself."""

    raw_days: Count = 30
    inbound_key_days: int = 90
    quarantine_days: Count = 30
    idempotency_key_days: Count = 2
    parked_change_days: Count = 7
    done_job_days: Count = 7
    dead_job_days: Count = 90
    checkpoint_hours: Count = 48

    @field_validator("inbound_key_days")
    @classmethod
    def _outlives_repetitions(cls, value: int) -> int:
        if value < LEAST_KEY_DAYS:
            raise ValueError(
                f"less than {LEAST_KEY_DAYS} days: an event that is delivered again later than"
                " that would become a second message"
            )
        return value


class Settings(BaseSettings):
    """Everything that differs from one installation to another."""

    model_config = SettingsConfigDict(
        env_prefix=configfile.PREFIX,
        env_nested_delimiter=configfile.NESTED,
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    database_url: SecretStr | None = None
    database_password_file: Path | None = None
    redis_url: SecretStr | None = None
    data_dir: Path = Path("var")
    key_file: Path | None = None
    listen_host: str = "127.0.0.1"
    listen_port: Port = 8080
    public_url: str = ""
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)
    ] = ()
    node_name: str = Field(default_factory=socket.gethostname, min_length=1, max_length=64)
    roles: Annotated[frozenset[Role], NoDecode, BeforeValidator(_split), Field(min_length=1)] = (
        frozenset(ROLES)
    )
    demo: bool = False
    log: Log = Log()
    database: Database = Database()
    session: Session = Session()
    intake: Intake = Intake()
    chat: Chat = Chat()
    media: Media = Media()
    outbox: Outbox = Outbox()
    dispatch: Dispatch = Dispatch()
    live: Live = Live()
    retention: Retention = Retention()

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, "postgresql", "postgres")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, "redis", "rediss", "unix")

    @field_validator("public_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("expected an address that begins with http:// or https://")
        return value.rstrip("/")

    @property
    def base_url(self) -> str:
        """The address people and providers use, without a slash at the end."""
        return self.public_url or f"http://{_bracketed(self.listen_host)}:{self.listen_port}"

    @property
    def secure(self) -> bool:
        """Whether people come over HTTPS, so that cookies may be marked for it alone."""
        return self.base_url.startswith("https://")

    @property
    def key_path(self) -> Path:
        """Where the sealing key is."""
        return self.key_file or self.data_dir / "key"

    @property
    def may_create_key(self) -> bool:
        """Only a key file nobody named may be made: a named one that is missing is a mistake."""
        return self.key_file is None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is theirs
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over the values given by `load_settings` (the file's)."""
        return env_settings, init_settings


def load_settings(path: Path | None = None) -> Settings:
    """Read the file and the environment; raises `SettingsError`.

    Without a path: ``CC_CONFIG``, else `config/contact_center.toml`, else nothing but defaults.
    """
    path = path or configfile.path_of(os.environ)
    values = configfile.read(path) if path else {}
    refuse_unknown_variables(os.environ, Settings)
    try:
        return _with_password(Settings(**values))
    except ValidationError as error:
        raise explain(error, str(path or ""), Settings) from None


def _with_password(settings: Settings) -> Settings:
    """Put the password of a mounted secret into the address."""
    file, url = settings.database_password_file, settings.database_url
    if file is None or url is None:
        return settings
    try:
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"cannot be read ({error})", file=str(file), key="database_password_file"
        ) from None
    parts = urlsplit(url.get_secret_value())
    user, _, rest = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}:{quote(password, safe='')}@{rest}"
    return settings.model_copy(
        update={"database_url": SecretStr(urlunsplit(parts._replace(netloc=netloc)))}
    )


def _with_scheme(value: SecretStr | None, *schemes: str) -> SecretStr | None:
    if value is None or not value.get_secret_value():
        return None
    if value.get_secret_value().partition("://")[0] not in schemes:
        raise ValueError(
            "expected an address that begins with "
            + " or ".join(f"{scheme}://" for scheme in schemes)
        )
    return value


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
