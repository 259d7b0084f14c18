"""Dry runs of policies over the API."""

from __future__ import annotations

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.kernel.errors import Invalid
from contact_center.work.planning import store
from contact_center.work.planning.model import (
    KEPT,
    DryRun,
    DryRunList,
    DryRunWish,
    Staffing,
    StaffingQuery,
    shown,
)
from contact_center.work.planning.service import SERVICE
from contact_center.work.planning.staffing import around
from contact_center.work.policies import store as policies

P = Permission


async def ask_dry_run(call: Call) -> DryRun:
    row = await call.app[SERVICE].ask(call.actor.label, call.id(), call.body)
    return DryRun.model_validate(shown(row))


async def list_dry_runs(call: Call) -> DryRunList:
    database = call.app[SERVICE].database
    await policies.one(database, call.id())
    rows = await store.of_policy(database, call.id(), KEPT)
    return DryRunList(items=[DryRun.model_validate(shown(row)) for row in rows])


async def get_dry_run(call: Call) -> DryRun:
    return DryRun.model_validate(shown(await store.one(call.app[SERVICE].database, call.id())))


async def cancel_dry_run(call: Call) -> None:
    await call.app[SERVICE].cancel(call.actor.label, call.id())


async def staffing(call: Call) -> Staffing:
    try:
        return around(call.query)
    except ValueError as error:
        raise Invalid(str(error), field="share", code="not_enough") from None


ROUTES: list[Route] = [
    Route("GET", "/policies/{id}/dry-runs", list_dry_runs, P.SUPERVISE,
          "How a policy did on recorded traffic", answer=DryRunList),
    Route("POST", "/policies/{id}/dry-runs", ask_dry_run, P.ADMINISTER,
          "Try a policy on recorded traffic beside the one that runs", body=DryRunWish,
          answer=DryRun, status=201),
    Route("GET", "/dry-runs/{id}", get_dry_run, P.SUPERVISE, "One dry run and how far it is",
          answer=DryRun),
    Route("DELETE", "/dry-runs/{id}", cancel_dry_run, P.ADMINISTER, "Cancel a dry run",
          status=204),
    Route("GET", "/staffing", staffing, P.SUPERVISE,
          "How many operators a stretch of time needs: Erlang C, with patience A",
          query=StaffingQuery, answer=Staffing),
]  # fmt: skip
