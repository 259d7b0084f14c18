"""Fills an empty database with the demo company, and keeps demo and earnest apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from contact_center.access.passwords import Passwords
from contact_center.accounts.service import Accounts
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import SettingsError
from contact_center.kernel.log import get_logger
from contact_center.simulator import clientele, company, organisation, store
from contact_center.simulator.accounts import rest
from contact_center.simulator.company import Company
from contact_center.simulator.history import Historian
from contact_center.simulator.mailbox import account as mail_account
from contact_center.simulator.organisation import Organisation
from contact_center.simulator.rows import Maker, Rows
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

log = get_logger(__name__)


async def prepare(database: Database, accounts: Accounts, clock: Clock, *, demo: bool) -> None:
    """Make the demo company where a demo is asked for and nothing is there yet.

    A database that holds a demo has known passwords, so it is never served in earnest; and an
    earnest one never becomes a demo. Raises SettingsError for both.
    """
    is_demo, is_empty = await store.nature(database)
    if is_demo and not demo:
        raise SettingsError(
            "this database holds the demo company, whose passwords everybody knows: use another "
            "one, or start the demo", key="database_url",
        )  # fmt: skip
    if demo and not is_demo:
        if not is_empty:
            raise SettingsError("this database is no demo: use another one", key="demo")
        await seed(database, accounts, clock, company.load())
    elif demo:
        given = company.load()
        await rest(accounts, (given.mailbox.code, given.telegram.code, given.sms.code))


async def seed(database: Database, accounts: Accounts, clock: Clock, given: Company) -> None:
    """Write the company and its history, in a few statements."""
    now = clock.now().replace(microsecond=0)
    rows, maker = Rows(), Maker(given.seed)
    founded = now - timedelta(days=given.days * 6 + 1)
    password_hash = await Passwords().hash(given.password)
    org = organisation.organise(given, rows, maker, founded, password_hash)
    await database.run(lambda unit: store.write(unit, rows))
    await _connect(accounts, given, org)
    later = Rows()
    capacity = organisation.attend(given, org, later, maker, now)
    people = clientele.gather(given, later, maker, now)
    Historian(given, org, later, maker, capacity).write(people, now)

    async def step(unit: Unit) -> None:
        await store.write(unit, later)
        await store.become_demo(unit, given, _sign_ins(given))

    await database.run(step)
    log.info("demo company made", clients=len(people), contacts=later.count("contacts"),
             messages=later.count("messages"))  # fmt: skip


async def _connect(accounts: Accounts, given: Company, org: Organisation) -> None:
    for account in given.accounts:
        await accounts.create(
            "system", provider="webchat", title=account.title,
            account_id=org.accounts[account.code],
            brand_id=org.brands[account.brand], queue_id=org.queues[account.queue],
            public_key=account.code,
            settings={"color": account.color, "greeting": account.greeting,
                      "prechat": account.prechat},
        )  # fmt: skip
    box = given.mailbox
    await mail_account.connect(
        accounts, box, account_id=org.accounts[box.code], brand_id=org.brands[box.brand],
        queue_id=org.queues[box.queue],
    )  # fmt: skip


def _sign_ins(given: Company) -> list[dict[str, Any]]:
    """What the sign-in page shows."""
    return [
        {"email": e.email, "name": e.name, "role": e.role, "password": given.password}
        for e in given.employees
    ]
