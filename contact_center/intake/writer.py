"""The micro-batching writer: one per process, one connection, one transaction at a time.

While one batch commits the next one gathers; there is no timer, so an idle house adds no wait and a
busy one writes up to 256 events at once. Whoever submits waits for the commit: a provider hears
"yes" only about what is on disk. Letters alone wait a moment for others whose files are just being
kept: they were read in one group, and a batch costs the database most of what it costs for one.

Bad data is isolated by halving: what fails twice alone is poison and goes into quarantine. Faults
of the database are never poison: the sender hears 503 and comes again, the dedupe keys make the
repetition harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import asyncpg
import orjson

from channels.contract import Cursor, Received, WebhookRequest
from channels.messages import Event, Medium, Typing
from contact_center.contacts.triage import Rule
from contact_center.intake import store
from contact_center.intake.calling import Caller, Poison
from contact_center.intake.carried import Carried
from contact_center.intake.judging import Judge
from contact_center.intake.model import AccountFacts, SubmitResult
from contact_center.intake.packing import pack
from contact_center.intake.rows import BODY, KIND, SPOKEN, Row, row_of
from contact_center.jobs.store import TOPIC as JOBS_TOPIC
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Invalid, Unavailable
from contact_center.kernel.hints import Hints, rang
from contact_center.kernel.log import get_logger
from contact_center.storage.database import LOG_TOPIC, Database

BATCH = 256
BATCH_BYTES = 16 * 1024 * 1024
QUEUE = 4096
RETRY_AFTER = 2.0
SHARED_BODY_BYTES = 256 * 1024
GATHER_SECONDS = 0.02

log = get_logger(__name__)


class Parcel:
    """The events of one request and who waits for them."""

    __slots__ = ("future", "keep", "left", "quarantined", "raw", "request", "stored", "twice")

    def __init__(self, raw: bytes, request: WebhookRequest | None, *, keep: bool) -> None:
        self.future: asyncio.Future[SubmitResult] = asyncio.get_running_loop().create_future()
        self.raw = raw
        self.request = request
        self.keep = keep
        self.left = self.stored = self.twice = self.quarantined = 0

    def settle(self) -> None:
        self.left -= 1
        if self.left == 0 and not self.future.done():
            self.future.set_result(SubmitResult(self.stored, self.twice, self.quarantined))

    def fail(self, error: BaseException) -> None:
        self.left -= 1
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # whoever waited may be gone: no complaint about that

    def packed(self) -> bytes:
        """What a replay needs."""
        return pack(self.request, self.raw)


class Intake:
    """The writer of one process. `run` it; then `submit` from any task of the same loop.

    Typing is never written: it goes to the hint topic ``typing:{account id}:{conversation key}``,
    payload ``{"account_id", "conversation_key", "medium", "address", "name", "at"}``.
    """

    def __init__(
        self,
        database: Database,
        hints: Hints,
        clock: Clock,
        *,
        rules: tuple[Rule, ...] = (),
        batch: int = BATCH,
        queue: int = QUEUE,
        retry_after: float = RETRY_AFTER,
        carried: Carried | None = None,
    ) -> None:
        self._carried = carried
        self._database = database
        self._hints = hints
        self._clock = clock
        self._judge = Judge(rules)
        self._batch = batch
        self._limit = queue
        self._retry_after = retry_after
        self._queue: deque[Row] = deque()
        self._judged: list[Row] = []
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._caller = Caller(database.url, retry_after=retry_after)
        self._closed = False
        self._filing = 0  # requests whose files are being kept
        self._filed = asyncio.Event()
        self.batches = self.events = self.poisoned = self.unsupported = 0

    # --- the door -------------------------------------------------------------------------

    def submit(
        self,
        account: AccountFacts,
        events: Sequence[Event],
        raw: bytes = b"",
        request: WebhookRequest | None = None,
        *,
        keep: bool = True,
        cursor: Cursor | None = None,
    ) -> asyncio.Future[SubmitResult]:
        """Store the events of one request; what is returned is done after their commit.

        `raw` is kept beside the events; `request` lets a quarantined event be replayed. With
        `keep` off (a replay) poison is not quarantined again: Invalid is raised. `cursor` is
        written in the transaction of the last event, if that is new. Raises, when awaited,
        Unavailable (503) when the queue is full or the database is away: nothing is promised
        then, and coming again is safe.
        """
        parcel = Parcel(raw, request, keep=keep)
        rows = [row for event in events if (row := row_of(account, event, parcel))]
        if len(rows) < len(events) and any(type(event) is Typing for event in events):
            return asyncio.ensure_future(self._with_typing(account, events, raw, request))
        refusal = self._refusal(len(rows))
        if not rows:
            parcel.future.set_result(SubmitResult())
        elif refusal:
            parcel.fail(refusal)
        else:
            if cursor is not None:
                rows[-1].carry("cursor", cursor)
            self._enqueue(parcel, rows)
        return parcel.future

    async def with_files(self, account: AccountFacts, received: Received) -> Sequence[Event]:
        """The events to submit, once the files that came inside them are kept."""
        if self._carried is None or not received.parts:
            return received.events
        self._filing += 1
        self._filed.clear()
        try:
            return await self._carried.kept(account.id, received)
        finally:
            self._filing -= 1
            if not self._filing:  # whoever waits for them is to submit first
                asyncio.get_running_loop().call_soon(self._filed.set)

    def _enqueue(self, parcel: Parcel, rows: list[Row]) -> None:
        parcel.left = len(rows)
        shared = len(parcel.raw) * len(rows) <= SHARED_BODY_BYTES
        for row in rows if shared else [next(filter(_speaks, rows), rows[0])]:
            row.values[BODY] = parcel.raw
        self._queue.extend(rows)
        self._idle.clear()
        self._news.set()

    def _refusal(self, count: int) -> Unavailable | None:
        if self._closed:
            return Unavailable("this node is stopping", retry_after=self._retry_after)
        if self._caller.rests:
            return Unavailable("the database does not answer", retry_after=self._retry_after)
        if len(self._queue) + count > self._limit and self._queue:
            return Unavailable("too much is coming in", retry_after=self._retry_after)
        return None

    async def _with_typing(
        self,
        account: AccountFacts,
        events: Sequence[Event],
        raw: bytes,
        request: WebhookRequest | None,
    ) -> SubmitResult:
        typing = [event for event in events if type(event) is Typing]
        await self._pass_on(typing, account)
        lasting = [event for event in events if type(event) is not Typing]
        result = await self.submit(account, lasting, raw, request)
        return replace(result, ephemeral=len(typing))

    async def _pass_on(self, typing: Iterable[Event], account: AccountFacts) -> None:
        for event in typing:
            payload = {
                "account_id": str(account.id), "conversation_key": event.conversation_key,
                "medium": event.sender.medium, "address": event.sender.value,
                "name": event.sender.name, "at": event.at,
            }  # fmt: skip
            topic = f"typing:{account.id}:{event.conversation_key}"
            await self._hints.publish(topic, orjson.dumps(payload))

    def numbers(self) -> dict[str, float]:
        """What /metrics tells of this writer."""
        return {
            "intake_queue_length": len(self._queue) + len(self._judged),
            "intake_batches": self.batches,
            "intake_events": self.events,
            "intake_poison": self.poisoned,
            "intake_unsupported": self.unsupported,
        }

    # --- the loop -------------------------------------------------------------------------

    async def run(self) -> None:
        """Write until cancelled; what still waits then hears Unavailable."""
        try:
            while True:
                await self._turn()
        finally:
            self._give_up()
            await self._caller.disconnect()

    async def drain(self, seconds: float = 10.0) -> None:
        """Take no more; return when everything taken is committed, or after `seconds`."""
        self._closed = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def _turn(self) -> None:
        if not (self._queue or self._judged):
            self._idle.set()
            self._news.clear()
            await self._news.wait()
        await self._gather()
        rows = self._take()
        try:
            self._judge.place(rows)
            await self._write(rows)
        except Unavailable as error:
            self._fail(rows, error)
        except asyncio.CancelledError:
            self._fail(rows, Unavailable("this node is stopping", retry_after=self._retry_after))
            raise
        except Exception as error:
            log.exception("intake_failed", rows=len(rows))
            self._fail(rows, Unavailable(f"intake failed: {error}", retry_after=self._retry_after))

    async def _gather(self) -> None:
        """Let letters wait for those that come with files; nothing else waits for them."""
        if not self._filing:
            return
        if all(row.account.medium == Medium.MAIL for row in chain(self._judged, self._queue)):
            await rang(self._filed, GATHER_SECONDS)

    def _take(self) -> list[Row]:
        """The judged rows first, then what waits; a repeated event follows its first copy."""
        first: dict[Any, Row] = {}
        judged, self._judged = self._judged, []
        for row in judged:
            twin = first.setdefault(row.key, row)
            if twin is not row:
                twin.twins.append(row)
        size = 0
        while self._queue and len(first) < self._batch and size < BATCH_BYTES:
            row = self._queue.popleft()
            size += len(row.values[BODY] or b"")
            twin = first.setdefault(row.key, row)
            if twin is not row:
                twin.twins.append(row)
        return list(first.values())

    def _give_up(self) -> None:
        rows, self._judged = [*self._judged, *self._queue], []
        self._queue.clear()
        self._fail(rows, Unavailable("this node is stopping", retry_after=self._retry_after))

    @staticmethod
    def _fail(rows: Iterable[Row], error: Exception) -> None:
        for row in rows:
            for copy in (row, *row.twins):
                if not copy.done:
                    copy.done = True
                    copy.parcel.fail(error)

    # --- one batch ------------------------------------------------------------------------

    async def _write(self, rows: list[Row]) -> None:
        """Write rows in one transaction; where some are poison, halve until they stand alone."""
        try:
            answer = await self._caller.call(rows)
        except Poison as poison:
            if len(rows) > 1:
                middle = len(rows) // 2
                await self._write(rows[:middle])
                await self._write(rows[middle:])
                return
            await self._last_try(rows[0], poison)
            return
        self._release(rows, answer)

    async def _last_try(self, row: Row, first: Poison) -> None:
        try:
            answer = await self._caller.call([row])
        except Poison:
            await self._quarantine(row, first)
        else:
            self._release([row], answer)

    def _release(self, rows: list[Row], answer: dict[str, Any]) -> None:
        fresh, back = set(answer["fresh"]), {entry["i"]: entry for entry in answer["back"]}
        self.batches += 1
        self.events += len(fresh)
        for number, row in enumerate(rows, 1):
            if number in back:
                self._judge.judge(row, back[number]["facts"])
                self._judged.append(row)
                continue
            if row.rare and "unsupported" in row.rare and number in fresh:
                self.unsupported += 1
            self._settle(row, fresh=number in fresh)
        if fresh:
            self._database.wake(LOG_TOPIC)
        if answer["jobs"]:
            self._database.wake(JOBS_TOPIC)

    @staticmethod
    def _settle(row: Row, *, fresh: bool) -> None:
        row.done = True
        if fresh:
            row.parcel.stored += 1
        else:
            row.parcel.twice += 1
        row.parcel.settle()
        for twin in row.twins:
            twin.done = True
            twin.parcel.twice += 1
            twin.parcel.settle()

    async def _quarantine(self, row: Row, poison: Poison) -> None:
        error = repr(poison.__cause__)
        if not row.parcel.keep:
            self._fail([row], Invalid(error, code="poison"))
            return
        log.warning("event_quarantined", account=str(row.account.id), error=error)
        kept = store.Kept(row.account.id, "poison", error[:2000], row.parcel.packed())
        try:
            await store.keep(self._database, kept)
        except asyncpg.PostgresError as failed:
            raise Unavailable(f"quarantine failed: {failed}") from failed
        self.poisoned += 1
        row.done = True
        row.parcel.quarantined += 1
        row.parcel.settle()
        for twin in row.twins:
            self._settle(twin, fresh=False)


def _speaks(row: Row) -> bool:
    """Whether it is a message: the one whose source people look at, and whose files lie in it."""
    return row.values[KIND] in SPOKEN
