"""Routes of the simulator's mailbox."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints

from contact_center.accounts.service import SERVICE as ACCOUNTS
from contact_center.kernel.errors import Invalid
from contact_center.kernel.log import get_logger
from contact_center.simulator import accounts as house_accounts
from contact_center.simulator import store
from contact_center.simulator.company import Company
from contact_center.simulator.mailbox import imap, mails
from contact_center.simulator.mailbox.mails import Draft, File
from contact_center.simulator.mailbox.post import Answer, Post
from contact_center.simulator.requests import HOUSE, Body, body, ours, since
from contact_center.web.auth import json_response

API = "/simulator/api/mail"
POST: web.AppKey[Post] = web.AppKey("simulator_post", Post)
log = get_logger(__name__)


class Attached(Body):
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    type: Annotated[str, StringConstraints(max_length=100)] = "application/octet-stream"
    content: str


class Write(Body):
    subject: Annotated[str, StringConstraints(max_length=400)] = ""
    text: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    html: bool = False
    forged: Annotated[str, StringConstraints(max_length=300)] = ""
    answers: str | None = None
    file: Attached | None = None


class Machine(Body):
    how: Answer


class ImapFault(Body):
    fault: imap.Fault


class SmtpFault(Body):
    fault: Literal["none", "later", "refused", "drop", "slow"]


def setup_mailbox(app: web.Application, company: Company) -> None:
    """Mount the mailbox; its servers run for as long as the application."""
    app[POST] = post = Post(company.names, company.mailbox)
    person = f"{API}/people/{{person}}"
    app.router.add_get(f"{API}/state", state)
    app.router.add_post(f"{API}/people", ours(invite))
    app.router.add_delete(person, ours(dismiss))
    app.router.add_post(f"{person}/seen", ours(seen))
    app.router.add_post(f"{person}/mails", ours(write))
    app.router.add_post(f"{person}/mails/{{item}}/answers", ours(answer))
    app.router.add_get(f"{person}/mails/{{item}}/contact", contact)
    app.router.add_get(f"{person}/mails/{{item}}/raw", raw)
    app.router.add_put(f"{API}/faults/imap", ours(imap_fault))
    app.router.add_put(f"{API}/faults/smtp", ours(smtp_fault))

    async def run(_: web.Application) -> AsyncIterator[None]:
        accounts, house = app[ACCOUNTS], company.mailbox
        try:
            servers = await post.start(house_accounts.settings_of(accounts, house.code))
        except ImportError as error:
            log.warning("no mailbox: install contact-center[demo]", missing=error.name)
        else:
            await house_accounts.lead(accounts, house.code, servers)
        yield
        await post.stop()

    app.cleanup_ctx.append(run)


async def state(request: web.Request) -> web.StreamResponse:
    return json_response(await request.app[POST].state(*since(request)))


async def invite(request: web.Request) -> web.StreamResponse:
    return json_response(request.app[POST].invite().shown(), status=201)


async def dismiss(request: web.Request) -> web.StreamResponse:
    request.app[POST].dismiss(request.match_info["person"])
    return web.Response(status=204)


async def seen(request: web.Request) -> web.StreamResponse:
    request.app[POST].seen(request.match_info["person"])
    return web.Response(status=204)


async def write(request: web.Request) -> web.StreamResponse:
    given = await body(request, Write)
    file = _file(given.file) if given.file else None
    draft = Draft(given.subject, given.text, given.html, given.forged.strip(), file)
    item = request.app[POST].write(request.match_info["person"], draft, given.answers)
    return json_response(item.shown(), status=201)


def _file(given: Attached) -> File:
    try:
        content = base64.b64decode(given.content, validate=True)
    except binascii.Error:
        raise Invalid("the file is not base64", field="file.content") from None
    return File(given.name, given.type or "application/octet-stream", content)


async def answer(request: web.Request) -> web.StreamResponse:
    given, at = await body(request, Machine), request.match_info
    item = request.app[POST].answer(at["person"], at["item"], given.how)
    return json_response(item.shown(), status=201)


async def contact(request: web.Request) -> web.StreamResponse:
    """The number of the contact a mail is in, as rows tell it; null while it is in none."""
    at = request.match_info
    mail = request.app[POST].item(at["person"], at["item"]).mail
    names = [n for h in ("Message-ID", "In-Reply-To", "References") for n in mails.ids_of(mail, h)]
    number = await store.contact_of_mail(request.app[HOUSE], names)
    return json_response({"number": number})


async def raw(request: web.Request) -> web.StreamResponse:
    """A mail as it travelled."""
    at = request.match_info
    return web.Response(
        body=request.app[POST].item(at["person"], at["item"]).raw,
        content_type="text/plain", charset="utf-8",
    )  # fmt: skip


async def imap_fault(request: web.Request) -> web.StreamResponse:
    request.app[POST].fail("imap", (await body(request, ImapFault)).fault)
    return web.Response(status=204)


async def smtp_fault(request: web.Request) -> web.StreamResponse:
    request.app[POST].fail("smtp", (await body(request, SmtpFault)).fault)
    return web.Response(status=204)
