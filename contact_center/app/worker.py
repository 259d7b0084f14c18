"""What the role `worker` starts: sending, listening, jobs, and what is done daily."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from contact_center.accounts.sending import SenderAccounts
from contact_center.automation.confirmation import Confirmations
from contact_center.automation.oversized import Oversized
from contact_center.automation.trials import TrialAnswers
from contact_center.contacts.profiles.service import Portraits
from contact_center.jobs.daily import Daily
from contact_center.jobs.model import Handler, Outside, Together
from contact_center.jobs.retention import Retention
from contact_center.jobs.service import JobRunner
from contact_center.outbox.model import Limits as SendLimits
from contact_center.outbox.service import Sender
from contact_center.web.metrics import METRICS
from contact_center.work.planning.service import DryRuns
from contact_center.work.policies.service import Policies

if TYPE_CHECKING:
    from contact_center.app.workspace import Workspace


def start_worker(house: Workspace, app: web.Application) -> None:
    """Start everything that a worker does, in the background of the workspace."""
    daily = _daily(house, app)
    runner = JobRunner(
        house.database, house.hints, house.clock, _handlers(house, daily), house.process
    )
    house.background.start("outbox", _sender(house).run)
    house.background.start("listeners", house.listeners.run)
    house.background.start("jobs", runner.run)
    house.stopping.append(runner.stop)
    house.background.start("files", house.files.prepare)
    house.background.start("daily", daily.prepare)


def _sender(house: Workspace) -> Sender:
    outbox = house.settings.outbox
    limits = SendLimits(
        concurrency=outbox.concurrency, attempts=outbox.attempts,
        send_timeout=outbox.send_timeout, uncertain_hold=outbox.uncertain_hold,
        lease_ttl=outbox.lease_ttl,
    )  # fmt: skip
    return Sender(
        house.database, house.hints, house.clock,
        accounts=SenderAccounts(house.accounts, house.trials), files=house.files,
        node=house.process, limits=limits,
    )  # fmt: skip


def _daily(house: Workspace, app: web.Application) -> Daily:
    retention = Retention(house.database, house.settings.retention, app[METRICS].registry)
    tasks = {
        "access.tidy": house.access.tidy, "files.orphans": house.files.forget_orphans,
        **retention.tasks(),
    }  # fmt: skip
    return Daily(house.database, house.clock, tasks)


def _handlers(house: Workspace, daily: Daily) -> dict[str, Handler | Together | Outside]:
    return {
        **house.desk.jobs(), **house.accounts.handlers(), **house.files.handlers(),
        **daily.handlers(),
        **Confirmations(house.database).handlers(),
        **DryRuns(house.database, house.clock).handlers(),
        **Policies(house.database).handlers(),
        **Oversized(house.database, house.clock).handlers(),
        **house.starting().handlers(),
        **Portraits(house.database, house.clock, SenderAccounts(house.accounts).live).handlers(),
        **TrialAnswers(house.database, house.trials).handlers(),
    }  # fmt: skip
