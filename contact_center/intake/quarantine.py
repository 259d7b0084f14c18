"""What could not be taken in: kept as it came, looked at, replayed or dropped by a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import web

from channels.contract import Received, WebhookRequest
from channels.errors import Malformed, Refused
from contact_center.access.model import Actor
from contact_center.access.policy import visible
from contact_center.intake import store
from contact_center.intake.model import Accounts, LiveAccount, SubmitResult
from contact_center.intake.packing import pack, unpack
from contact_center.intake.parsing import Parsers
from contact_center.intake.store import Kept, Quarantined
from contact_center.intake.writer import Intake
from contact_center.kernel.errors import Conflict, Invalid, NotFound, TooMany
from contact_center.kernel.log import get_logger
from contact_center.kernel.pace import Pace
from contact_center.storage.database import Database

LONGEST_ERROR = 2000
PER_HOUR = 500
HOUR = 3600.0

Alarm = Callable[[UUID, str, float], Awaitable[None]]
"""Shows people that something is the matter with an account, for so many seconds."""

log = get_logger(__name__)


class Quarantine:
    """The service behind the quarantine's routes and the webhooks' bad days."""

    def __init__(
        self, database: Database, intake: Intake, accounts: Accounts, parsers: Parsers, *,
        per_hour: int = PER_HOUR, alarm: Alarm | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._intake = intake
        self._accounts = accounts
        self._parsers = parsers
        self._per_hour = per_hour
        self._pace = Pace(per_hour, HOUR)
        self._alarm = alarm
        self._full: set[UUID] = set()
        self.kept = 0

    async def keep(self, account: LiveAccount, request: WebhookRequest, error: Exception) -> UUID:
        """Keep a request that cannot be read; returns after the commit.

        Raises TooMany (429) where this account has had too many of them within the hour: what is
        not kept must not be acknowledged.
        """
        reason = str(error)[:LONGEST_ERROR].replace("\x00", "")
        text = reason.encode("utf-8", "replace").decode()
        await self._require_room(account.id, text)
        log.warning("request_quarantined", account=str(account.id), reason=reason)
        kind = "refused" if isinstance(error, Refused) else "malformed"
        kept = Kept(account.id, kind, text, pack(request, request.body))
        number = await store.keep(self._database, kept)
        self.kept += 1
        return number

    def numbers(self) -> dict[str, float]:
        """What /metrics tells of this process."""
        return {"intake_quarantined": self.kept}

    async def _require_room(self, account_id: UUID, reason: str) -> None:
        wait = self._pace.wait_of(account_id)
        if wait <= 0:
            self._full.discard(account_id)
            return
        if account_id not in self._full:  # told once an hour, however much comes
            self._full.add(account_id)
            log.warning("quarantine_full", account=str(account_id), kept=self._per_hour)
            if self._alarm is not None:
                told = f"{self._per_hour} requests of this hour could not be read, more are refused"
                await self._alarm(account_id, f"{told}: {reason[:200]}", wait)
        raise TooMany("too much that cannot be read", code="quarantine_full", retry_after=wait)

    async def listed(
        self,
        actor: Actor,
        state: str | None,
        before: UUID | None,
        limit: int,
        account_id: UUID | None = None,
    ) -> list[Quarantined]:
        """What the actor may see, newest first, without the requests.

        An entry belongs to whom the queue of its account belongs.
        """
        seen = visible(actor, "queue")
        return await store.listed(self._database, seen, state, before, limit, account_id=account_id)

    async def get(self, quarantined: UUID) -> Quarantined:
        """One with its request. Raises NotFound."""
        found = await store.get(self._database, quarantined)
        if found is None:
            raise NotFound("there is nothing like this in quarantine")
        return found

    async def replay(self, quarantined: UUID, employee_id: UUID | None) -> SubmitResult:
        """Run the request through its channel and the intake again, and mark it.

        Raises NotFound; Conflict where it is settled or cannot run; Invalid with the reason when
        it fails as before.
        """
        kept = await self._waiting(quarantined)
        request, _ = unpack(kept.request)
        account = self._accounts.get(kept.account_id)
        if account is None:
            raise Conflict("its account is switched off", code="account_off")
        if request is None:
            raise Conflict("it did not come as a request", code="not_replayable")
        try:
            received = await self._read_again(account, kept, request)
            events = await self._intake.with_files(account, received)
            result = await self._intake.submit(account, events, request.body, request, keep=False)
        except (Refused, Malformed, Invalid) as error:
            reason = str(error)[:LONGEST_ERROR]
            await store.failed_again(self._database, quarantined, reason)
            raise Invalid(reason, code="failed_again") from error
        await store.settle(self._database, quarantined, "replayed", employee_id)
        return result

    async def _read_again(
        self, account: LiveAccount, kept: Quarantined, request: WebhookRequest
    ) -> Received:
        """What was proven is not asked again; what was refused has to prove itself now."""
        if kept.kind == "refused":
            return await self._parsers.receive(account, request)
        return await self._parsers.again(account, request)

    async def drop(self, quarantined: UUID, employee_id: UUID | None) -> None:
        """Mark as of no use. Raises NotFound, or Conflict where it is settled."""
        await self._waiting(quarantined)
        if not await store.settle(self._database, quarantined, "dropped", employee_id):
            raise Conflict("somebody has settled it meanwhile")

    async def waiting(self) -> int:
        """How many wait for a person."""
        return await store.waiting(self._database)

    async def _waiting(self, quarantined: UUID) -> Quarantined:
        kept = await self.get(quarantined)
        if kept.state != "waiting":
            raise Conflict(f"it is {kept.state} already", current=kept.state)
        return kept


SERVICE: web.AppKey[Quarantine] = web.AppKey("quarantine", Quarantine)
