"""One workspace in one process: what it is built of, what it serves and what it starts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

from channels.toolkit.http import Client
from contact_center.access.service import AccessService
from contact_center.accounts.authorization.handlers import CALLBACK
from contact_center.accounts.authorization.service import SERVICE as AUTHORIZATIONS
from contact_center.accounts.authorization.service import Authorizations
from contact_center.accounts.keys import require_key
from contact_center.accounts.live import LiveAccount
from contact_center.accounts.sending import SenderAccounts
from contact_center.accounts.service import SERVICE as ACCOUNTS
from contact_center.accounts.service import Accounts
from contact_center.accounts.trials.service import SERVICE as TRIALS
from contact_center.accounts.trials.service import Trials
from contact_center.app.parts import (
    account_registry,
    lasting,
    open_database,
    open_files,
    open_hints,
    seed_policy,
)
from contact_center.app.worker import start_worker
from contact_center.clients.service import SERVICE as CLIENTS
from contact_center.clients.service import Clients
from contact_center.clients.starting.service import SERVICE as STARTING
from contact_center.clients.starting.service import Starting
from contact_center.contacts.files.links import Links
from contact_center.contacts.files.service import SERVICE as FILES
from contact_center.contacts.files.service import Files
from contact_center.contacts.letters.service import SERVICE as LETTERS
from contact_center.contacts.letters.service import Letters
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
from contact_center.jobs.service import SERVICE as JOBS
from contact_center.jobs.service import Jobs
from contact_center.kernel.background import Background
from contact_center.kernel.clock import Clock, SystemClock
from contact_center.kernel.hints import Hints
from contact_center.kernel.secrets import load_sealer
from contact_center.outbox.messages import SERVICE as MESSAGES
from contact_center.outbox.messages import Messages
from contact_center.outbox.service import ACCOUNTS_TOPIC
from contact_center.outbox.signs import Signs
from contact_center.outbox.store import topic as outbox_topic
from contact_center.settings import Settings
from contact_center.simulator import seed as demo
from contact_center.simulator.handlers import setup_simulator
from contact_center.storage.database import Database
from contact_center.storage.events import Event
from contact_center.storage.following import Follower
from contact_center.web.chat.hooks import PacedHooks
from contact_center.web.chat.ports import Ports, StoredUpload
from contact_center.web.chat.service import Chat
from contact_center.web.chat.setup import setup_chat
from contact_center.web.chat.talk import Limits
from contact_center.web.live import Live, setup_live
from contact_center.web.metrics import METRICS
from contact_center.web.routes import all_routes
from contact_center.web.server import PREFIX, make_application, serve_files
from contact_center.web.webhooks import setup_hooks
from contact_center.work.planning.service import SERVICE as DRY_RUNS
from contact_center.work.planning.service import DryRuns
from contact_center.work.policies.service import SERVICE as POLICIES
from contact_center.work.policies.service import Policies
from contact_center.work.queues.service import SERVICE as QUEUES
from contact_center.work.queues.service import Queues

FINISH_SECONDS = 10.0


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
        hints = open_hints(settings)
        exits.push_async_callback(hints.close)
        database = await open_database(settings, hints)
        exits.push_async_callback(database.close)
        follower = Follower(database, hints)
        await follower.open()  # before anything is loaded: what changes meanwhile is told then
        sealer = load_sealer(settings.key_path, create=settings.may_create_key)
        await require_key(database, sealer, settings.key_path)

        access = AccessService(
            database, base_url=settings.base_url, clock=clock, lasting=lasting(settings)
        )
        http = await exits.enter_async_context(Client())
        accounts = account_registry(database, settings, sealer, clock, http)
        exits.push_async_callback(accounts.close)
        await accounts.load()
        authorizations = Authorizations(
            accounts, sealer, base_url=settings.base_url, callback=PREFIX + CALLBACK
        )
        await seed_policy(database, settings)
        await demo.prepare(database, accounts, clock, demo=settings.demo)

        parsers = Parsers()
        exits.callback(parsers.close)
        links = Links(sealer.derive("files"))
        files = await open_files(
            database, settings, links, clock, http, accounts=accounts, parsers=parsers
        )
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
        app[STARTING] = self.starting()

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

    def starting(self) -> Starting:
        """Talks that begin by a link of ours."""
        return Starting(self.database, self.clock, SenderAccounts(self.accounts).live)

    def _chat_ports(self) -> Ports:
        return Ports(
            account=self._chat_account,
            deliver=self.hooks.deliver,
            store=self._store_upload,
            file_url=self.files.visitor_url,
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
            start_worker(self, app)

    def _start_router(self, app: web.Application) -> None:
        dispatcher = Dispatcher(
            self.database, self.hints, self.clock, self.process, self.settings.dispatch.lease_ttl,
            registry=app[METRICS].registry,
        )  # fmt: skip
        self.background.start("router", dispatcher.run)

    async def finish(self) -> None:
        """Take nothing more and end what is in flight; what is not done in time is given back."""
        await asyncio.gather(*(stop(FINISH_SECONDS) for stop in self.stopping))

    @property
    def process(self) -> str:
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
