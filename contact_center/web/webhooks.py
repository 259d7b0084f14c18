"""The door for providers: verify, parse, store; the answer comes after the commit.

`POST|GET /hooks/{key}`. An unknown key is 404 like any other address that is none. Web chat comes
the same way through `Hooks.deliver`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from channels.contract import Reply, WebhookRequest
from channels.errors import Malformed, Refused
from channels.messages import Event, Medium
from contact_center.intake.model import Accounts, LiveAccount
from contact_center.intake.notes import Notes
from contact_center.intake.parsing import Parsers
from contact_center.intake.quarantine import Quarantine
from contact_center.intake.writer import Intake
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import HouseError, NotFound, Unavailable
from contact_center.kernel.log import get_logger
from contact_center.web.bodies import read_soon
from contact_center.web.guard import MACHINE

LETTER_BYTES = 40 * 1024 * 1024  # files come inside: as much as is fetched from a mailbox

log = get_logger(__name__)


class Hooks:
    """What stands between a provider's request and the intake."""

    def __init__(  # noqa: PLR0917 - collaborators, given once
        self,
        accounts: Accounts,
        intake: Intake,
        quarantine: Quarantine,
        parsers: Parsers,
        clock: Clock,
        base_url: str,
        notes: Notes,
    ) -> None:
        self._accounts = accounts
        self._intake = intake
        self._quarantine = quarantine
        self._parsers = parsers
        self._clock = clock
        self._base_url = base_url
        self._notes = notes

    async def handle(self, request: web.Request) -> web.Response:
        """The aiohttp handler of /hooks/{key}; web/front.py spares most requests the way here."""
        account = self._account(request.match_info["key"])
        request[MACHINE] = True
        self.admit(account, request.headers)
        return await self._taken(request, account)

    async def deliver(self, request: web.Request, key: str) -> web.Response:
        """Take a request to the account of this public key; it was counted elsewhere.

        Raises what `answer` does, NotFound, and TooLarge by aiohttp's own error.
        """
        return await self._taken(request, self._account(key))

    def knows(self, key: str) -> bool:
        """Whether there is something at this address."""
        return self._open(key) is not None

    async def enter(self, key: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What a provider hears who posted this to /hooks/{key}. Raises as `handle` does."""
        account = self._account(key)
        self.admit(account, headers)
        return await self.answer(account, self._values("POST", path, headers, {}, body))

    def admit(self, account: LiveAccount, headers: Mapping[str, str]) -> None:
        """A place to refuse before anything is read or kept."""

    async def _taken(self, request: web.Request, account: LiveAccount) -> web.Response:
        request[MACHINE] = True
        if account.medium == Medium.MAIL:
            request = request.clone(client_max_size=LETTER_BYTES)
        path = request.raw_path
        query = dict(request.query) if "?" in path else {}
        body = await read_soon(request)
        given = self._values(request.method, path, request.headers, query, body)
        reply = await self.answer(account, given)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    async def answer(self, account: LiveAccount, given: WebhookRequest) -> Reply:
        """Verify, read and store; the provider's answer comes after the commit.

        Raises HouseError 401/403 (`refused`), Unavailable 503 when it cannot be read or stored now.
        """
        try:
            received = self._parsers.at_once(account, given)
            if received is None:
                received = await self._parsers.receive(account, given)
        except Unavailable:  # nothing is wrong with it: it is to come again
            raise
        except Exception as error:  # noqa: BLE001 - no bytes may make us say 500
            return await self._unread(account, given, error)
        events: Sequence[Event] = received.events
        if received.parts:
            events = await self._intake.with_files(account, received)
        result = await self._intake.submit(account, events, given.body, given)
        self._notes.taken(account, given, received.events, result)
        if account.state == "test":
            await self._notes.tried(account, received.events, result)
        return received.reply

    def _account(self, key: str) -> LiveAccount:
        account = self._open(key)
        if account is None:
            raise NotFound("there is nothing at this address")
        return account

    def _open(self, key: str) -> LiveAccount | None:
        """The account of this public key, unless it is off or nothing is posted to it."""
        account = self._accounts.by_public_key(key)
        if account is None or account.state == "off" or not hasattr(account.channel, "receive"):
            return None
        return account

    def _values(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str],
        body: bytes,
    ) -> WebhookRequest:  # fmt: skip
        url = self._base_url + path
        return WebhookRequest(method, url, headers, query, body, self._clock.now())

    async def _unread(
        self, account: LiveAccount, request: WebhookRequest, error: Exception
    ) -> Reply:
        """The answer to a request the channel could not read; what was proven is kept."""
        if isinstance(error, Refused):
            log.info("request_refused", account=str(account.id), reason=str(error))
            await self._notes.refused(account, request, error)
            raise HouseError("not proven", code="refused", status=error.status) from None
        if not isinstance(error, Malformed):
            # The provider would send it again for days if we said 500.
            log.error("parser_failed", account=str(account.id), exc_info=error)
        kept = await self._quarantine.keep(account, request, error)
        await self._notes.unread(account, request, error, kept)
        return _answer_of(error) if isinstance(error, Malformed) else Reply()


HOOKS: web.AppKey[Hooks] = web.AppKey("hooks", Hooks)
ROUTE = "/hooks/{key}"


def _answer_of(error: Malformed) -> Reply:
    if error.status < 400:  # noqa: PLR2004 - the provider is told that all is well
        return Reply(error.status)
    text = str(error).encode("utf-8", "replace")
    return Reply(error.status, {"content-type": "text/plain; charset=utf-8"}, text)


def setup_hooks(app: web.Application, hooks: Hooks) -> None:
    """Mount the door."""
    app[HOOKS] = hooks
    app.router.add_route("POST", ROUTE, hooks.handle)
    # Some providers choose by how the address ends what they send: "/mime" a whole mail.
    app.router.add_route("POST", f"{ROUTE}/{{rest}}", hooks.handle)
    app.router.add_get(ROUTE, hooks.handle, allow_head=False)
