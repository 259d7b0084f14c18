"""The composition root: builds one workspace from the settings and runs it. Nothing is global.

Read `serve` first, then `Workspace.open` from top to bottom: it is the whole house in the order
of its floors. A process does what its roles say: `web` answers people and providers, `worker`
sends and runs jobs, `router` gives out work; without a role its part is simply not started.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from uuid import UUID

import uvloop
from aiohttp import web

from channels import registry
from channels.contract import Deps
from channels.toolkit.http import Client
from contact_center.access.service import AccessService, Lasting
from contact_center.accounts.authorization.handlers import CALLBACK
from contact_center.accounts.authorization.service import SERVICE as AUTHORIZATIONS
from contact_center.accounts.authorization.service import Authorizations
from contact_center.accounts.keys import require_key
from contact_center.accounts.live import LiveAccount
from contact_center.accounts.memory import AccountMemory
from contact_center.accounts.sending import SenderAccounts
from contact_center.accounts.service import SERVICE as ACCOUNTS
from contact_center.accounts.service import Accounts
from contact_center.accounts.trials.service import SERVICE as TRIALS
from contact_center.accounts.trials.service import Trials
from contact_center.automation.confirmation import Confirmations
from contact_center.automation.oversized import Oversized
from contact_center.automation.trials import TrialAnswers
from contact_center.clients.service import SERVICE as CLIENTS
from contact_center.clients.service import Clients
from contact_center.clients.starting.service import SERVICE as STARTING
from contact_center.clients.starting.service import Starting
from contact_center.contacts.files.links import Links
from contact_center.contacts.files.service import SERVICE as FILES
from contact_center.contacts.files.service import Files
from contact_center.contacts.letters.service import SERVICE as LETTERS
from contact_center.contacts.letters.service import Letters
from contact_center.contacts.profiles.service import Portraits
from contact_center.contacts.service import SERVICE as CONTACTS
from contact_center.contacts.service import Contacts
from contact_center.desk.service import SERVICE as DESK
from contact_center.desk.service import Desk
from contact_center.dispatch.service import Dispatcher
from contact_center.dispatch.why.service import SERVICE as WHY
from contact_center.dispatch.why.service import Why
from contact_center.employees.service import SERVICE as EMPLOYEES
from contact_center.employees.service import Employees
from contact_center.intake.carried import Carried
from contact_center.intake.listening import Listeners
from contact_center.intake.notes import Notes
from contact_center.intake.parsing import Parsers
from contact_center.intake.quarantine import SERVICE as QUARANTINE
from contact_center.intake.quarantine import Quarantine
from contact_center.intake.writer import Intake
from contact_center.jobs.daily import Daily
from contact_center.jobs.model import Handler, Outside, Together
from contact_center.jobs.retention import Retention
from contact_center.jobs.service import SERVICE as JOBS
from contact_center.jobs.service import JobRunner, Jobs
from contact_center.kernel import log as logs
from contact_center.kernel.background import Background
from contact_center.kernel.clock import Clock, SystemClock
from contact_center.kernel.errors import NotFound, SettingsError, Unavailable
from contact_center.kernel.hints import Hints, LocalHints
from contact_center.kernel.log import get_logger
from contact_center.kernel.secrets import load_sealer
from contact_center.outbox.messages import SERVICE as MESSAGES
from contact_center.outbox.messages import Messages
from contact_center.outbox.model import Limits as SendLimits
from contact_center.outbox.service import ACCOUNTS_TOPIC, Sender
from contact_center.outbox.signs import Signs
from contact_center.outbox.store import topic as outbox_topic
from contact_center.settings import Settings
from contact_center.simulator import seed as demo
from contact_center.simulator.handlers import setup_simulator
from contact_center.storage.blobs import Blobs
from contact_center.storage.database import Database
from contact_center.storage.events import Event, ensure_era
from contact_center.storage.following import Follower
from contact_center.storage.migrate import migrate
from contact_center.storage.s3 import Refused
from contact_center.storage.store import open_store
from contact_center.web.chat.hooks import PacedHooks
from contact_center.web.chat.ports import Ports, StoredUpload
from contact_center.web.chat.service import Chat
from contact_center.web.chat.setup import setup_chat
from contact_center.web.chat.talk import Limits
from contact_center.web.front import listening
from contact_center.web.live import Live, setup_live
from contact_center.web.metrics import METRICS
from contact_center.web.routes import all_routes
from contact_center.web.server import PREFIX, make_application, serve_files
from contact_center.web.webhooks import setup_hooks
from contact_center.work.planning.service import SERVICE as DRY_RUNS
from contact_center.work.planning.service import DryRuns
from contact_center.work.policies import file as policy_file
from contact_center.work.policies.service import SERVICE as POLICIES
from contact_center.work.policies.service import Policies
from contact_center.work.queues.service import SERVICE as QUEUES
from contact_center.work.queues.service import Queues

STOP_SECONDS = 20.0
FINISH_SECONDS = 10.0
log = get_logger(__name__)


@dataclass(slots=True)
class Workspace:
    """One workspace in one process: its services and its standing tasks."""

    settings: Settings
    database: Database
    hints: Hints
    follower: Follower
    clock: Clock
    access: AccessService
    accounts: Accounts
    trials: Trials
    authorizations: Authorizations
    files: Files
    intake: Intake
    hooks: PacedHooks
    quarantine: Quarantine
    listeners: Listeners
    desk: Desk
    signs: Signs
    background: Background
    account_news: list[Event] = field(default_factory=list)
    account_bell: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: list[Callable[[float], Awaitable[None]]] = field(default_factory=list)

    @classmethod
    async def open(cls, settings: Settings, exits: AsyncExitStack) -> Self:
        """Build everything up to the first request; what was built is closed by `exits`."""
        clock = SystemClock()
        hints = _hints(settings)
        exits.push_async_callback(hints.close)
        database = await _database(settings, hints)
        exits.push_async_callback(database.close)
        follower = Follower(database, hints)
        await follower.open()  # before anything is loaded: what changes meanwhile is told then
        sealer = load_sealer(settings.key_path, create=settings.may_create_key)
        await require_key(database, sealer, settings.key_path)

        access = AccessService(
            database, base_url=settings.base_url, clock=clock, lasting=_lasting(settings)
        )
        http = await exits.enter_async_context(Client())

        def webhook(public_key: str) -> str:
            return f"{settings.base_url}/hooks/{public_key}"

        def deps(account_id: UUID, public_key: str) -> Deps:
            memory = AccountMemory(database, sealer, account_id)
            return Deps(str(account_id), http, memory, webhook=webhook(public_key))

        accounts = Accounts(database, registry, sealer, clock, deps=deps, webhook=webhook)
        exits.push_async_callback(accounts.close)
        await accounts.load()
        authorizations = Authorizations(
            accounts, sealer, base_url=settings.base_url, callback=PREFIX + CALLBACK
        )
        await _seed_policy(database, settings)
        await demo.prepare(database, accounts, clock, demo=settings.demo)

        parsers = Parsers()
        exits.callback(parsers.close)

        async def read_part(account_id: UUID, raw: bytes, ref: str) -> bytes:
            account = accounts.get(account_id)
            if account is None:
                raise NotFound("its account is switched off")
            return await parsers.part(account, raw, ref)

        links = Links(sealer.derive("files"))
        files = Files(
            database, await _store(settings, http, clock), links, clock,
            SenderAccounts(accounts).live, max_bytes=settings.media.max_bytes,
            base_url=settings.base_url, part=read_part,
        )  # fmt: skip
        limits = settings.intake
        intake = Intake(
            database, hints, clock, batch=limits.batch, queue=limits.queue,
            retry_after=limits.retry_after,
            carried=Carried.of(files.blobs, max_bytes=settings.media.max_bytes),
        )  # fmt: skip
        quarantine = Quarantine(
            database, intake, accounts, parsers, per_hour=limits.quarantine_per_hour,
            alarm=accounts.alarm,
        )  # fmt: skip
        trials = Trials(database, accounts, clock)
        notes = Notes(accounts.traffic, trials, quarantine)
        hooks = PacedHooks(accounts, intake, quarantine, parsers, clock, settings.base_url, notes)
        listeners = Listeners(
            database, hints, clock, accounts=accounts, intake=intake, quarantine=quarantine,
            parsers=parsers, node=f"{settings.node_name}:{os.getpid()}",
            notes=notes,
        )  # fmt: skip
        desk = Desk(database, clock, Contacts(database, clock, links.url))
        signs = Signs(database, SenderAccounts(accounts))
        exits.push_async_callback(signs.close)
        desk.contacts.on_read = signs.seen
        background = Background()
        exits.push_async_callback(background.close)
        return cls(
            settings, database, hints, follower, clock, access, accounts, trials, authorizations,
            files, intake, hooks, quarantine, listeners, desk, signs, background,
        )  # fmt: skip

    def application(self) -> web.Application:
        """The web application of this process; without the web role it only tells its health."""
        is_web = "web" in self.settings.roles
        app = make_application(
            self.settings, self.database, self.access, all_routes() if is_web else []
        )
        app[METRICS].local.sources += [
            self.database.use, self.intake.numbers, self.quarantine.numbers,
        ]  # fmt: skip
        if is_web:
            self._add_services(app)
            self._add_doors(app)
            serve_files(app)
        return app

    def _add_services(self, app: web.Application) -> None:
        app[ACCOUNTS] = self.accounts
        app[TRIALS] = self.trials
        app[AUTHORIZATIONS] = self.authorizations
        app[CLIENTS] = Clients(self.database, self.files.url)
        app[CONTACTS] = self.desk.contacts
        app[DESK] = self.desk
        app[EMPLOYEES] = Employees(self.database, self.access)
        app[FILES] = self.files
        app[LETTERS] = Letters(self.database, self.clock, self.files.links)
        app[JOBS] = Jobs(self.database)
        app[MESSAGES] = Messages(self.database)
        app[QUARANTINE] = self.quarantine
        app[POLICIES] = Policies(self.database)
        app[DRY_RUNS] = DryRuns(self.database, self.clock)
        app[QUEUES] = Queues(self.database, self.clock)
        app[WHY] = Why(self.database)
        app[STARTING] = self._starting()

    def _add_doors(self, app: web.Application) -> None:
        """The ways in that are no plain requests: live screens, web chat, providers."""
        settings = self.settings
        live = Live(
            self.database, self.access, self.hints, self.follower, node=settings.node_name,
            buffer=settings.live.buffer, clock=self.clock,
            on_typing=self.signs.typed,
        )  # fmt: skip
        setup_live(app, live)
        app[METRICS].local.sources += [live.numbers, self.signs.numbers]
        chat = Chat(
            self.database, self.hints, self._chat_ports(), base_url=settings.base_url,
            limits=Limits(events=settings.chat.events), clock=self.clock,
        )  # fmt: skip
        setup_chat(app, chat, self.follower)
        self.hooks.pace = chat.pace
        setup_hooks(app, self.hooks)
        if settings.demo:
            setup_simulator(app, self.database, settings.base_url)

    def _starting(self) -> Starting:
        return Starting(self.database, self.clock, SenderAccounts(self.accounts).live)

    def _chat_ports(self) -> Ports:
        return Ports(
            account=self._chat_account,
            deliver=self.hooks.deliver,
            store=self._store_upload,
            file_url=self.files.url,
        )

    async def _chat_account(self, public_key: str) -> LiveAccount | None:
        account = self.accounts.by_public_key(public_key)
        return account if account is not None and account.state != "off" else None

    async def _store_upload(self, chunks: AsyncIterator[bytes], limit: int) -> StoredUpload:
        blob = await self.files.blobs.put(chunks, limit=min(limit, self.settings.media.max_bytes))
        return StoredUpload(blob.key, blob.size, blob.sha256)

    def _follow_accounts(self, events: Sequence[Event]) -> None:
        self.account_news += [event for event in events if event.kind == "account.changed"]
        if self.account_news:
            self.account_bell.set()

    def start(self, app: web.Application) -> None:
        """Start what the roles ask for."""
        roles = self.settings.roles
        if roles & {"web", "worker"}:
            self.background.start("intake", self.intake.run)
            self.stopping.append(self.intake.drain)
        self.follower.listeners.append(self._follow_accounts)
        self.background.start("log", self.follower.run)
        self.background.start("accounts", self._take_over_accounts)
        if "router" in roles:
            self._start_router(app)
        if "worker" in roles:
            self._start_worker(app)

    def _start_router(self, app: web.Application) -> None:
        dispatcher = Dispatcher(
            self.database, self.hints, self.clock, self._process, self.settings.dispatch.lease_ttl,
            registry=app[METRICS].registry,
        )  # fmt: skip
        self.background.start("router", dispatcher.run)

    def _start_worker(self, app: web.Application) -> None:
        outbox = self.settings.outbox
        limits = SendLimits(
            concurrency=outbox.concurrency, attempts=outbox.attempts,
            send_timeout=outbox.send_timeout, uncertain_hold=outbox.uncertain_hold,
            lease_ttl=outbox.lease_ttl,
        )  # fmt: skip
        sender = Sender(
            self.database, self.hints, self.clock,
            accounts=SenderAccounts(self.accounts, self.trials), files=self.files,
            node=self._process, limits=limits,
        )  # fmt: skip
        retention = Retention(
            self.database, self.clock, self.settings.retention, app[METRICS].registry
        )
        tasks = {
            "access.tidy": self.access.tidy, "files.orphans": self.files.forget_orphans,
            **retention.tasks(),
        }  # fmt: skip
        daily = Daily(self.database, self.clock, tasks)
        confirmations = Confirmations(self.database)
        handlers: dict[str, Handler | Together | Outside] = {
            **self.desk.jobs(), **self.accounts.handlers(), **self.files.handlers(),
            **daily.handlers(),
            **confirmations.handlers(),
            **DryRuns(self.database, self.clock).handlers(),
            **Policies(self.database).handlers(),
            **Oversized(self.database, self.clock).handlers(),
            **self._starting().handlers(),
            **Portraits(self.database, self.clock, SenderAccounts(self.accounts).live).handlers(),
            **TrialAnswers(self.database, self.trials).handlers(),
        }  # fmt: skip
        runner = JobRunner(self.database, self.hints, self.clock, handlers, self._process)
        self.background.start("outbox", sender.run)
        self.background.start("listeners", self.listeners.run)
        self.background.start("jobs", runner.run)
        self.stopping.append(runner.stop)
        self.background.start("files", self.files.prepare)
        self.background.start("daily", daily.prepare)

    async def finish(self) -> None:
        """Take nothing more and end what is in flight; what is not done in time is given back."""
        await asyncio.gather(*(stop(FINISH_SECONDS) for stop in self.stopping))

    @property
    def _process(self) -> str:
        """Who holds a lease: two processes of one node are not the same."""
        return f"{self.settings.node_name}:{os.getpid()}"

    async def _take_over_accounts(self) -> None:
        while True:
            while news := list(self.account_news):
                await self.accounts.on_events(news)  # where the database is away they stay news
                del self.account_news[: len(news)]
                self.hints.ring(ACCOUNTS_TOPIC)
                for account_id in {event.subject_id for event in news}:
                    self.hints.ring(outbox_topic(account_id))  # what waits for its cure
            self.account_bell.clear()
            await self.account_bell.wait()


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; raises SettingsError for what only a person can mend."""
    logs.configure(settings.log.level, settings.log.format, node=settings.node_name)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings):
        _spare_the_collector()
        await stop.wait()
        log.info("stopping")


def _spare_the_collector() -> None:
    """Look for cycles seldom, and never among what was built at start.

    A request makes some hundred short-lived objects and hardly a cycle: with Python's usual
    thresholds a quarter of the processor's time at full load goes into looking for them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Workspace]:
    """The service for as long as the block lasts; tests and the simulator use it as well."""
    async with AsyncExitStack() as exits:
        workspace = await Workspace.open(settings, exits)
        app = workspace.application()
        workspace.start(app)
        exits.push_async_callback(workspace.finish)
        await _listen(app, settings, exits)
        await _greet(workspace)
        yield workspace


async def _listen(app: web.Application, settings: Settings, exits: AsyncExitStack) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    exits.push_async_callback(runner.cleanup)
    host, port, most = settings.listen_host, settings.listen_port, settings.intake.max_body_bytes
    door = listening(runner, host, port, most=most, seconds=STOP_SECONDS)
    try:
        await exits.enter_async_context(door)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise SettingsError(
            f"cannot listen on {host}:{port}: {why}; free it, or name another", key="listen_port"
        ) from error


async def _greet(workspace: Workspace) -> None:
    """Say where it is, and how the first person gets in; on the terminal, not in the log."""
    lines = [f"\n  Contact centre: {workspace.settings.base_url}"]
    link = await workspace.access.first_administrator_link()
    if link is not None:
        lines.append(f"  First administrator (15 minutes, once): {link}")
    lines += _sign_ins(await workspace.access.demo_accounts())
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _sign_ins(accounts: Sequence[Mapping[str, str]]) -> list[str]:
    if not accounts:
        return []
    return [
        f"  Sign in as one of these, password {accounts[0]['password']}:",
        *(f"    {one['email']:<24} {one['role']:<14} {one['name']}" for one in accounts),
    ]


def _hints(settings: Settings) -> Hints:
    if settings.redis_url is None:
        return LocalHints()
    from contact_center.kernel.redis_hints import RedisHints  # noqa: PLC0415 - 13 MB

    return RedisHints(settings.redis_url.get_secret_value())


async def _store(settings: Settings, http: Client, clock: Clock) -> Blobs:
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


async def _database(settings: Settings, hints: Hints) -> Database:
    if settings.database_url is None:
        raise SettingsError("no database: use `contact-center run`", key="database_url")
    url = settings.database_url.get_secret_value()
    await migrate(url)
    database = await Database.connect(url, hints=hints, size=settings.database.pool_max)
    if await ensure_era(database):
        log.warning("the log comes from another cluster: a new era begins")
    return database


async def _seed_policy(database: Database, settings: Settings) -> None:
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


def _lasting(settings: Settings) -> Lasting:
    session = settings.session
    return Lasting(
        idle=timedelta(hours=session.idle_hours), absolute=timedelta(hours=session.absolute_hours)
    )
