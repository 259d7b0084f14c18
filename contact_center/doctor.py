"""`contact-center doctor`: everything the service depends on, and how to mend what is wrong.

Each check is one function and returns one `Finding`. What the database is asked stands in
`storage/checks.py`.
"""

import asyncio
import resource
import shutil
import socket
import sys
import urllib.error
import urllib.request
from dataclasses import asdict
from pathlib import Path

import orjson

from channels.toolkit.http import Client
from contact_center import webbuild
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import HouseError, SettingsError
from contact_center.kernel.finding import Finding, bad, fine, poor
from contact_center.kernel.secrets import Sealer, load_sealer
from contact_center.settings import ROLES, Settings, load_settings
from contact_center.storage import checks
from contact_center.storage.embedded import PrivatePostgres
from contact_center.storage.store import open_store

PACKAGE = Path(__file__).parent

_GIB = 1024**3
_LITTLE, _TOO_LITTLE = 5 * _GIB, _GIB
_FEW_FILES = 4096
_SECONDS = 3.0
_STORE_SECONDS = 10.0

_START = "contact-center run  starts one, or set database_url"
_COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def main(*, as_json: bool = False) -> int:
    """Examine and print; 1 when something failed, else 0."""
    try:
        findings = asyncio.run(examine(load_settings()))
    except SettingsError as error:
        findings = [
            bad("settings", str(error), "mend that line; config/contact_center.toml explains")
        ]
    (_print_json if as_json else _print_table)(findings)
    return int(any(finding.state == "failed" for finding in findings))


async def examine(settings: Settings) -> list[Finding]:
    """Make every check there is; what could not be looked at is said."""
    key, sealer = key_file(settings)
    findings = [
        fine("settings", f"roles {', '.join(sorted(settings.roles))}, {settings.base_url}"),
        disk(settings.data_dir),
        open_files(),
        key,
        port(settings),
        built_web(PACKAGE),
        await hint_bus(settings),
        await file_store(settings),
    ]
    try:
        url = database_url(settings)
    except SettingsError as error:
        return [*findings, poor("database", error.detail, _START)]
    key_id = sealer.key_id if sealer else None
    return findings + await checks.examine(url, pool=settings.database.pool_max, key_id=key_id)


def database_url(settings: Settings) -> str:
    """The database of the settings, or the private one while it runs; raises `SettingsError`."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return PrivatePostgres(settings.data_dir).url()


def disk(data_dir: Path) -> Finding:
    """Free space where attachments and the private PostgreSQL are."""
    place = data_dir.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    said = f"{free / _GIB:.1f} GiB free in {place}"
    remedy = "make room, or move data_dir to a larger disk"
    if free < _TOO_LITTLE:
        return bad("disk", said, remedy)
    return poor("disk", said, remedy) if free < _LITTLE else fine("disk", said)


def open_files() -> Finding:
    """Every screen, visitor and provider is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    said = f"{soft} per process"
    if soft < _FEW_FILES:
        remedy = f"ulimit -n {min(hard, 65536)}, or LimitNOFILE= of the service unit"
        return poor("open files", said, remedy)
    return fine("open files", said)


def key_file(settings: Settings) -> tuple[Finding, Sealer | None]:
    """The key that seals account secrets."""
    path = settings.key_path
    if settings.may_create_key and not path.exists():
        return fine("key file", f"{path} is made at the first start"), None
    try:
        sealer = load_sealer(path, create=False)
    except SettingsError as error:
        remedy = "bring the key file of the first node, or its backup, with mode 600"
        return bad("key file", str(error), remedy), None
    return fine("key file", f"{path}, key {sealer.key_id}"), sealer


def port(settings: Settings) -> Finding:
    """The port is free, or it is we who listen there."""
    where = f"{settings.listen_host}:{settings.listen_port}"
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            settings.listen_host, settings.listen_port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if _is_us(where):
            return fine("port", f"the service answers at {where}")
        remedy = "stop what listens there (ss -ltnp), or set another listen_port"
        return bad("port", f"{where}: {error.strerror}", remedy)
    return fine("port", f"{where} is free")


def _is_us(where: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{where}/healthz", timeout=_SECONDS) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (OSError, urllib.error.URLError, ValueError):
        return False


def built_web(package: Path) -> Finding:
    """Console and widget are built."""
    gone = webbuild.missing(package)
    if gone:
        said = f"{' and '.join(gone)} not built: people see a plain page"
        return bad("built console", said, "contact-center build-web")
    return fine("built console", "console and widget are built")


async def hint_bus(settings: Settings) -> Finding:
    """Redis, which more than one process needs to wake each other."""
    if settings.redis_url is None:
        if settings.roles == frozenset(ROLES):
            return fine("redis", "not used: one process needs none")
        said = "not set, and this process leaves roles to others: they wake each other late"
        return poor("redis", said, "set redis_url in every process")
    from redis.asyncio import Redis  # noqa: PLC0415 - only where it is used
    from redis.exceptions import RedisError  # noqa: PLC0415

    client = Redis.from_url(settings.redis_url.get_secret_value(), socket_connect_timeout=_SECONDS)
    try:
        async with asyncio.timeout(_SECONDS):
            version = (await client.info("server"))["redis_version"]
    except (RedisError, OSError, TimeoutError) as error:
        said = f"does not answer ({type(error).__name__}): everything works, slower"
        return bad("redis", said, "start Redis, or mend redis_url")
    finally:
        await client.aclose()
    return fine("redis", f"answers, speaks Redis {version}")


async def file_store(settings: Settings) -> Finding:
    """Attachments can be written, read and deleted."""
    address = settings.media.store.get_secret_value() if settings.media.store else None
    remedy = 'mend media.store, or what it says of the store; docs/operate.md, "Files"'
    async with Client() as http:
        store = open_store(address, settings.data_dir, http, SystemClock())
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                return fine("file store", f"{await store.check()} takes and gives files")
        except HouseError as error:
            cause = f": {error.__cause__}" if error.__cause__ else ""
            return bad("file store", f"{error.detail}{cause}", remedy)
        except (OSError, TimeoutError) as error:
            return bad("file store", f"does not work ({type(error).__name__})", remedy)


def _print_json(findings: list[Finding]) -> None:
    sys.stdout.buffer.write(
        orjson.dumps([asdict(finding) for finding in findings], option=orjson.OPT_INDENT_2) + b"\n"
    )


def _print_table(findings: list[Finding]) -> None:
    from rich.console import Console  # noqa: PLC0415 - a quarter of a second of import
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("", "check", "seen"):
        table.add_column(title)
    for finding in findings:
        seen = Text(finding.seen)
        if finding.remedy:
            seen.append(f"\n→ {finding.remedy}", style="bold")
        state = Text(finding.state, style=_COLOURS[finding.state])
        table.add_row(state, finding.check, seen)
    Console(soft_wrap=not sys.stdout.isatty()).print(table)
