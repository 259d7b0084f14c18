"""A Twilio of our own: the REST interface's messages, and what Twilio posts to us. Stateful.

What the real one refuses is refused, fields it does not know are complained of. What may go wrong
is switched on (`switches`), for one request to send only it stands in `faults`; `mischief` is what
is on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from aiohttp import web

from contact_center.simulator import twilio_media
from contact_center.simulator.faults import Report as Mischief
from contact_center.simulator.twilio_telling import EVERYTHING, Telling
from contact_center.simulator.twilio_wire import (
    FIELDS,
    FILTERS,
    LONGEST,
    PHONE,
    Fault,
    Form,
    Message,
    basic,
    error,
    now,
    passes,
    sid,
    spoilt,
)

__all__ = ["FakeTwilio", "Mischief"]

SILENCE = 3600.0
VERSION = "/2010-04-01/Accounts/{account}"
NUMBER_FIELDS = frozenset({"SmsUrl", "SmsMethod", "SmsApplicationSid", "SmsFallbackUrl",
                           "SmsFallbackMethod", "FriendlyName"})  # fmt: skip


class FakeTwilio(Telling):
    """One account with one number. `faults` befall requests in turn, `mischief` the reports.

    `complaints`: what the real one would not have understood.
    """

    def __init__(
        self, *, account: str = "AC" + "0" * 32, token: str = "0" * 32,
        number: str = "+15005550006", service: str = "MG" + "0" * 32, kept: int = EVERYTHING,
    ) -> None:  # fmt: skip
        super().__init__(account, token, number, kept)
        self.service = service
        self.keys: dict[str, str] = {}  # API keys: sid → secret
        self.configured = 0  # how often it was told
        self.refuses: dict[str, int] = {}  # recipient → code at once
        self.faults: deque[Fault] = deque()
        self.lag = 0.0  # between taking a message and saying so
        self.delivers = True
        self.complaints: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()

    # --- serving ---------------------------------------------------------------------------------

    def application(self) -> web.Application:
        """The REST interface."""
        app = web.Application()
        base = VERSION
        routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = [
            ("POST", base + "/Messages.json", self._create),
            ("GET", base + "/Messages.json", self._list),
            ("GET", base + "/Messages/{sid}.json", self._fetch),
            ("GET", base + "/Messages/{sid}/Media.json", self._media),
            ("GET", base + "/Messages/{sid}/Media/{media}", self._file),
            ("GET", base + "/IncomingPhoneNumbers.json", self._numbers),
            ("POST", base + "/IncomingPhoneNumbers/{sid}.json", self._configure),
            ("GET", base + ".json", self._account),
            ("GET", "/stored/{media}", self._stored),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, path, handler)
        app.on_shutdown.append(self._stop)
        return app

    async def _stop(self, _app: web.Application) -> None:
        self._stopped.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until everything that is under way was told."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- REST ------------------------------------------------------------------------------------

    def _refused(self, request: web.Request) -> web.Response | None:
        """Who asks, and for which account: the real one says 20003 to both."""
        known = {self.account: self.token, **self.keys}
        logins = {basic(user, password) for user, password in known.items()}
        revoked = self.switches.happens("revoked")
        good = request.headers.get("Authorization") in logins and not revoked
        return None if good and request.match_info["account"] == self.account else error(20003)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        fault = self.faults.popleft() if self.faults else self.switches.of_sending()
        if fault in ("busy", "broken"):
            return error(20429 if fault == "busy" else 20500)
        if fault == "silent_before":
            await self._silence()
            return error(20500)  # nothing was done, whoever still listens
        form = await request.post()
        given = {name: str(value) for name, value in form.items()}
        urls = [str(value) for value in form.getall("MediaUrl", [])]
        if code := self._wrong(given) or twilio_media.wrong(urls):
            return error(code)
        self.switches.count("asked")
        message = self._take(given, urls)
        shown = message.shown()  # as it is now, however long the answer takes
        await asyncio.sleep(self.lag)
        if fault in ("silent_after", "cut_after"):
            return await self._unanswered(request, fault)
        answer = web.json_response(shown, status=201)
        return await spoilt(request, answer, fault) if fault else answer

    async def _silence(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENCE):
                await self._stopped.wait()

    async def _unanswered(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault == "silent_after":
            await self._silence()
        elif request.transport is not None:
            request.transport.close()
        return web.Response(status=500)

    def _wrong(self, given: Form) -> int | None:
        if unknown := set(given) - FIELDS:
            self.complaints.append(f"no fields of a message: {sorted(unknown)}")
        to, body = given.get("To", ""), given.get("Body", "")
        if not to:
            return 21604
        if not PHONE.match(to):
            return 21211
        if not body and "MediaUrl" not in given and "ContentSid" not in given:
            return 21602
        if len(body) > LONGEST:
            return 21617
        return self._wrong_sender(given) or self._wrong_callback(given) or self._unwanted(to)

    def _wrong_sender(self, given: Form) -> int | None:
        service = given.get("MessagingServiceSid")
        if service is not None:
            return None if service == self.service else 21701
        if "From" not in given:
            return 21603
        return None if given["From"] == self.number else 21606

    @staticmethod
    def _wrong_callback(given: Form) -> int | None:
        url = given.get("StatusCallback")
        if url is None:
            return None
        parts = urlsplit(url)
        return None if parts.scheme in ("http", "https") and parts.hostname else 21609

    def _unwanted(self, to: str) -> int | None:
        return 21610 if to in self.unsubscribed else self.refuses.get(to)

    def _take(self, given: Form, urls: Sequence[str]) -> Message:
        service = given.get("MessagingServiceSid")
        message = Message(
            sid("MM" if urls else "SM"), self.account, "outbound-api", given.get("From", ""),
            given["To"], given.get("Body", ""), "accepted" if service else "queued", now(), service,
            given.get("StatusCallback", ""), urls=tuple(urls),
        )  # fmt: skip
        self._keep(message)
        if self.delivers:
            self._begin(self._deliver(message))
        return message

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        if unknown := set(request.query) - FILTERS:
            self.complaints.append(f"no filters of messages: {sorted(unknown)}")
        query = request.query
        found = [one for one in reversed(self.messages.values()) if passes(one, query)]
        size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        shown = found[page * size : (page + 1) * size]
        onward = None
        if len(found) > (page + 1) * size:
            more = {**query, "PageSize": str(size), "Page": str(page + 1), "PageToken": "PA1"}
            onward = f"{request.path}?{urlencode(more, quote_via=quote)}"
        page_of = {"messages": [one.shown() for one in shown], "page": page, "page_size": size,
                   "next_page_uri": onward, "uri": request.path_qs}  # fmt: skip
        return web.json_response(page_of)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        refused, message = self._refused(request), self.messages.get(request.match_info["sid"])
        if refused:
            return refused
        return web.json_response(message.shown()) if message else error(20404)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        refused, message = self._refused(request), self.messages.get(request.match_info["sid"])
        if refused or message is None:
            return refused or error(20404)
        files = [{"sid": name, "content_type": kind, "parent_sid": message.sid}
                 for name, kind, _ in message.media]  # fmt: skip
        return web.json_response({"media_list": files, "next_page_uri": None})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A redirect to an address that needs no login, as the real one answers."""
        if refused := self._refused(request):
            return refused
        message = self.messages.get(request.match_info["sid"])
        media = request.match_info["media"]
        if message is None or all(name != media for name, _, _ in message.media):
            return error(20404)
        return web.Response(status=307, headers={"Location": f"/stored/{media}?Signature=s"})

    async def _stored(self, request: web.Request) -> web.StreamResponse:
        for message in self.messages.values():
            for name, kind, content in message.media:
                if name == request.match_info["media"]:
                    return web.Response(body=content, content_type=kind)
        return web.Response(status=404)

    async def _numbers(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        ours = request.query.get("PhoneNumber") in (None, self.number)
        found = [self._record()] if ours else []
        return web.json_response({"incoming_phone_numbers": found, "next_page_uri": None})

    def _record(self) -> dict[str, str]:
        return {"sid": "PN" + "0" * 32, "phone_number": self.number, "sms_url": self.webhook,
                "sms_method": "POST", "sms_application_sid": ""}  # fmt: skip

    async def _configure(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        given = {name: str(value) for name, value in (await request.post()).items()}
        if unknown := set(given) - NUMBER_FIELDS:
            self.complaints.append(f"no fields of a number: {sorted(unknown)}")
        url = given.get("SmsUrl", self.webhook)
        if url and not urlsplit(url).hostname:
            return error(21503)
        self.webhook, self.configured = url, self.configured + 1
        return web.json_response(self._record())

    async def _account(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        if request.headers["Authorization"] != basic(self.account, self.token):
            return error(20003)  # a standard key may not ask for the account
        return web.json_response({"sid": self.account, "status": "active"})
