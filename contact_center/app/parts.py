"""Single parts of a workspace that take more than a line to build from the settings."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from channels import registry
from channels.contract import Deps
from channels.toolkit.http import Client
from contact_center.access.service import Lasting
from contact_center.accounts.memory import AccountMemory
from contact_center.accounts.sending import SenderAccounts
from contact_center.accounts.service import Accounts
from contact_center.contacts.files.links import Links
from contact_center.contacts.files.service import Files
from contact_center.intake.parsing import Parsers
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import NotFound, SettingsError, Unavailable
from contact_center.kernel.hints import Hints, LocalHints
from contact_center.kernel.log import get_logger
from contact_center.kernel.secrets import Sealer
from contact_center.settings import Settings
from contact_center.storage.blobs import Blobs
from contact_center.storage.database import Database
from contact_center.storage.era import ensure_era
from contact_center.storage.migrate import migrate
from contact_center.storage.s3 import Refused
from contact_center.storage.store import open_store
from contact_center.work.policies import file as policy_file
from contact_center.work.policies.service import Policies

log = get_logger(__name__)


def open_hints(settings: Settings) -> Hints:
    """Of this process alone, or through Redis."""
    if settings.redis_url is None:
        return LocalHints()
    from contact_center.kernel.redis_hints import RedisHints  # noqa: PLC0415 - 13 MB

    return RedisHints(settings.redis_url.get_secret_value())


async def file_store(settings: Settings, http: Client, clock: Clock) -> Blobs:
    """Where files lie. One that is away comes back; one that refuses us needs a person."""
    address = settings.media.store.get_secret_value() if settings.media.store else None
    blobs = open_store(address, settings.data_dir, http, clock)
    try:
        await blobs.check()
    except Refused as error:
        raise SettingsError(error.detail, key="media.store") from None
    except Unavailable as error:
        log.warning("the file store is away", error=str(error.__cause__ or error))
    return blobs


async def open_database(settings: Settings, hints: Hints) -> Database:
    """The database, migrated. Raises SettingsError where none is named."""
    if settings.database_url is None:
        raise SettingsError("no database: use `contact-center run`", key="database_url")
    url = settings.database_url.get_secret_value()
    await migrate(url)
    database = await Database.connect(url, hints=hints, size=settings.database.pool_max)
    await ensure_era(database)
    return database


async def seed_policy(database: Database, settings: Settings) -> None:
    """The policy file: what a new house begins with, later a draft whenever it has changed.

    The demo brings queues of its own.
    """
    path = policy_file.found()
    text = path.read_bytes()
    try:
        document = policy_file.read(text, str(path))
    except SettingsError as error:  # what runs is in the database: a bad file stops nobody
        log.warning("unreadable_policy_file", error=str(error))
        document = None
    grace = max(1, round(settings.dispatch.presence_grace))
    became = await Policies(database).seed(
        document, text, grace_seconds=grace, whole=not settings.demo
    )
    if became is not None:
        log.info("policy_file", file=str(path), became=became)


def lasting(settings: Settings) -> Lasting:
    """How long somebody stays signed in."""
    session = settings.session
    return Lasting(
        idle=timedelta(hours=session.idle_hours), absolute=timedelta(hours=session.absolute_hours)
    )


def account_registry(
    database: Database, settings: Settings, sealer: Sealer, clock: Clock, http: Client
) -> Accounts:
    """The connections, each built with what its channel may use of the outside."""

    def webhook(public_key: str) -> str:
        return f"{settings.base_url}/hooks/{public_key}"

    def deps(account_id: UUID, public_key: str) -> Deps:
        memory = AccountMemory(database, sealer, account_id)
        return Deps(str(account_id), http, memory, webhook=webhook(public_key))

    return Accounts(database, registry, sealer, clock, deps=deps, webhook=webhook)


async def open_files(
    database: Database, settings: Settings, links: Links, clock: Clock, http: Client,
    *, accounts: Accounts, parsers: Parsers,
) -> Files:  # fmt: skip
    """The files, with where they lie; those inside letters are read in the limited process."""

    async def read_part(account_id: UUID, raw: bytes, ref: str) -> bytes:
        account = accounts.get(account_id)
        if account is None:
            raise NotFound("its account is switched off")
        return await parsers.part(account, raw, ref)

    return Files(
        database, await file_store(settings, http, clock), links, clock,
        SenderAccounts(accounts).live, max_bytes=settings.media.max_bytes,
        base_url=settings.base_url, part=read_part,
    )  # fmt: skip
