"""Dry runs: asked for, run as jobs in a process aside, cancelled; what came of them is kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from aiohttp import web

from contact_center.jobs import store as jobs
from contact_center.jobs.model import Handler, Job
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit
from contact_center.work.planning import aside, model, past, store
from contact_center.work.planning.traffic import BadTraffic
from contact_center.work.policies import model as policies
from contact_center.work.policies import store as policy_store
from contact_center.work.policies.judging import complete
from contact_center.work.policies.newcomers import join

KIND = "policy.dry_run"
SEED = 1
AT_ONCE = 1  # in one process: each takes a processor
SECONDS = 400.0  # from start to end, however busy the machine is
TELL_SECONDS = 0.5  # at most so often its progress is written
SILENCE_SECONDS = 2.0  # after so long without news it is asked whether anybody still wants it
TRIES = 3
ENDED = {"failed": "too_many", "text": "it went over its limits"}
LINE = 64 * 1024 * 1024

log = get_logger(__name__)


class Unwanted(Exception):
    """It was cancelled, or its policy is gone."""


class DryRuns:
    """The dry runs of the workspace."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._turn = asyncio.Semaphore(AT_ONCE)

    # --- what people do ------------------------------------------------------------------------

    async def ask(self, actor: str, policy_id: UUID, wish: model.DryRunWish) -> Record:
        """Try a policy. Raises NotFound, Invalid (its faults, the window), Conflict (`busy`)."""
        now = self._clock.now()
        try:
            since, until = model.window(wish, now)
        except ValueError as error:
            raise Invalid(str(error), field="since", code="bad_window") from None
        asked = {"since": since, "until": until, "how": wish.how, "within": wish.within}

        async def step(unit: Unit) -> Record:
            chosen = await policy_store.one(unit, policy_id)
            given, edition = await _given(unit, chosen["body"])
            if await store.live(unit) >= model.MOST_LIVE:
                raise Conflict("too many dry runs are under way", code="busy")
            plain = orjson.loads(orjson.dumps(asked))
            row = await store.add(unit, chosen, edition, asked=plain, given=given, author=actor)
            if row is None:
                raise Conflict("a dry run of this policy is under way", code="busy")
            await store.forget(unit, policy_id, model.KEPT)
            await jobs.schedule(unit, KIND, str(row["id"]), now)
            unit.log("dry_run.started", "dry_run", row["id"], version=1, actor=actor,
                     data={"policy_id": str(policy_id), "edition": edition, **plain})  # fmt: skip
            return row

        return await self.database.run(step)

    async def cancel(self, actor: str, run_id: UUID) -> None:
        """End it without a result; nothing where it is over. Raises NotFound."""
        await store.one(self.database, run_id)
        await self._end(run_id, "cancelled", actor=actor)

    # --- what the worker does ------------------------------------------------------------------

    def handlers(self) -> dict[str, Handler]:
        """The jobs of this feature."""
        return {KIND: self.run}

    async def run(self, job: Job) -> None:
        """Run one, and write what came of it; idempotent, for its traffic and chance are fixed."""
        run_id = UUID(job.key)
        async with self._turn:
            try:
                row = await store.begin(self.database, run_id, 2 * model.REPLICATIONS)
                if row is None:
                    return
                if job.attempts > TRIES:
                    await self._end(run_id, "failed", failure="interrupted")
                    return
                async with asyncio.timeout(SECONDS):
                    result = await self._play(run_id, row["asked"], row["given"])
            except Unwanted:
                return
            except TimeoutError:
                await self._end(run_id, "failed", failure="too_long")
            except BadTraffic as error:
                await self._end(run_id, "failed", failure=error.code)
            else:
                await self._end(run_id, "done", result=result)

    async def _play(
        self, run_id: UUID, asked: Mapping[str, Any], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        rows = await store.rows(self.database, _ms(asked["since"]), _ms(asked["until"]))
        days = model.replications(len(rows["turns"]))
        if await store.begin(self.database, run_id, 2 * days) is None:
            raise Unwanted
        question = {
            **given, "rows": rows, "how": asked["how"], "within": asked["within"], "seed": SEED,
            "replications": days, "seconds": aside.MOST_SECONDS,
        }  # fmt: skip
        packed = await asyncio.to_thread(past.packed, question)
        async with _process() as process:
            writing = asyncio.create_task(_write(process, packed))
            try:
                return await self._follow(run_id, process)
            finally:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)

    async def _follow(self, run_id: UUID, process: Process) -> dict[str, Any]:
        """Read what it says until it has said all. Raises Unwanted, BadTraffic."""
        assert process.stdout is not None  # noqa: S101 - it has a pipe
        told, done = time.monotonic(), 0
        reading = asyncio.ensure_future(process.stdout.readline())
        try:
            while True:
                await asyncio.wait([reading], timeout=SILENCE_SECONDS)
                if reading.done():
                    line = reading.result()
                    said: Any = (
                        orjson.loads(line) if line else {"failed": "too_many", "text": "ended"}
                    )
                    if "result" in said:
                        return dict(said["result"])
                    if "failed" in said:
                        raise BadTraffic(said["text"], code=said["failed"])
                    done = said["done"]
                    reading = asyncio.ensure_future(process.stdout.readline())
                    if time.monotonic() - told < TELL_SECONDS:
                        continue
                told = time.monotonic()
                if not await store.advance(self.database, run_id, done):
                    raise Unwanted
        finally:
            reading.cancel()

    async def _end(
        self, run_id: UUID, state: str, *, actor: str = "system",
        result: Mapping[str, Any] | None = None, failure: str | None = None,
    ) -> None:  # fmt: skip
        async def step(unit: Unit) -> None:
            row = await store.end(unit, run_id, state, result=result, failure=failure)
            if row is None:
                return
            if state == "cancelled":
                await jobs.cancel(unit, KIND, str(run_id))
            data = {"policy_id": str(row["policy_id"]), "state": state, "failure": failure}
            unit.log("dry_run.ended", "dry_run", run_id, version=row["version"], actor=actor,
                     data=data)  # fmt: skip

        await self.database.run(step)


async def _given(unit: Unit, body: policies.Document) -> tuple[dict[str, Any], int]:
    """The whole policies to compare, a draft's and the one that runs, and that one's edition."""
    running = await policy_store.current(unit)
    world = await policy_store.world(unit)
    part = running["body"] if running else policies.house()
    known = join(body, world).known
    given = {
        "draft": complete(body, world, part), "running": complete({}, known, part),
        "names": known.names,
    }  # fmt: skip
    return given, running["edition"] if running else 0


def _ms(instant: str) -> int:
    return int(datetime.fromisoformat(instant).astimezone(UTC).timestamp() * 1000)


@asynccontextmanager
async def _process() -> AsyncIterator[Process]:
    """One that ends with the block, whatever it does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", aside.__name__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        env=_environment(), limit=LINE,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _environment() -> dict[str, str]:
    """As here, but for our settings: it needs none."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("CC_")}
    return {**given, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


async def _write(process: Process, packed: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it has a pipe
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(packed)
        await process.stdin.drain()
        process.stdin.close()


SERVICE: web.AppKey[DryRuns] = web.AppKey("dry_runs", DryRuns)
