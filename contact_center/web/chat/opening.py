"""POST /chat/v1/{key}/session: begin or resume, and learn what the panel has to show."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from channels.errors import Refused
from channels.webchat import PROVIDER
from channels.webchat.session import (
    Session,
    issue_session,
    new_visitor,
    verify_identity,
    visitor_of_user,
)
from channels.webchat.settings import WebChatSettings
from channels.webchat.wire import TEXT_LIMIT
from contact_center.access import limits
from contact_center.access.sessions import address_of
from contact_center.kernel.errors import Forbidden, Unauthenticated
from contact_center.web.auth import json_response
from contact_center.web.bodies import read_soon
from contact_center.web.chat import store
from contact_center.web.chat.door import Visit
from contact_center.web.chat.talk import contact_info, cursor_of
from contact_center.work.hours import is_open, next_opening

TEXTS = Path(__file__).parents[1] / "texts"
WINDOW = 600
LARGEST_FILE = max(PROVIDER.capabilities.attachments.values())

Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=2000)]


class IdentityIn(BaseModel):
    """A signed-in user of the site; only `user_id` is proven by `hash`."""

    model_config = ConfigDict(extra="ignore")

    user_id: Annotated[str, StringConstraints(max_length=128)]
    hash: Annotated[str, StringConstraints(max_length=128)]
    name: Short = ""
    email: Short = ""


class SessionIn(BaseModel):
    """What the widget tells of the page it stands in."""

    model_config = ConfigDict(extra="ignore")

    locale: Annotated[str, StringConstraints(max_length=16)] = ""
    page: Long = ""
    referrer: Long = ""
    title: Short = ""
    identity: IdentityIn | None = None


async def open_session(visit: Visit) -> web.StreamResponse:
    """Answer with a token and all the panel needs."""
    raw = await read_soon(visit.request)
    given = SessionIn.model_validate_json(raw or b"{}")
    session = await _session(visit, given)
    secret = visit.channel.settings.session_secret
    key = visit.key(session)
    row, queue = await asyncio.gather(
        store.contact(visit.chat.database, *key), store.queue(visit.chat.database, key[0])
    )
    locale = _locale(given.locale, visit.channel.settings)
    return json_response({
        "token": issue_session(secret, session),
        "expires_at": _at(session.expires),
        "visitor": session.visitor,
        **_shown(visit.channel.settings, locale, queue),
        **_hours(queue, visit),
        "limits": {"text": TEXT_LIMIT, "file_bytes": LARGEST_FILE},
        "contact": contact_info(row),
        "cursor": cursor_of((row["id"], row["last_seq"])) if row else None,
    })  # fmt: skip


async def _session(visit: Visit, given: SessionIn) -> Session:
    old = _returning(visit)
    settings, now = visit.channel.settings, visit.chat.clock.now()
    expires = int((now + timedelta(days=visit.chat.limits.session_days)).timestamp())
    who = given.identity
    if who is not None:
        try:
            user = verify_identity(settings.identity_secret, who.user_id, who.hash)
        except Refused as error:
            raise Forbidden(str(error), code="identity") from None
        # Who wrote before he signed in keeps his talk; another user's talk stays that user's.
        keep = old is not None and old.user in (None, user)
        visitor = old.visitor if old and keep else visitor_of_user(settings.session_secret, user)
        return Session(visitor, visit.channel.account, expires, user, who.name, who.email)
    if old is not None and old.user is None:
        return Session(old.visitor, visit.channel.account, expires, None, old.name, old.email)
    # A token of a signed-in user opens his talk only together with the site's word: on a shared
    # computer the next person must not read it.
    await _count_start(visit)
    return Session(new_visitor(), visit.channel.account, expires)


def _returning(visit: Visit) -> Session | None:
    if not visit.request.headers.get("Authorization"):
        return None
    try:
        return visit.session()
    except Unauthenticated:
        return None  # expired or of another key: begin anew


async def _count_start(visit: Visit) -> None:
    limit = limits.Limit("chat session", visit.chat.limits.sessions, WINDOW)
    network = limits.network_of(address_of(visit.request))
    key = limits.key_of(limit, str(visit.account_id), network)
    await limits.count(visit.chat.database, [(limit, key)], visit.chat.clock.now())


def _at(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _locale(asked: str, settings: WebChatSettings) -> str:
    short = asked[:2].lower()
    return short if short in settings.locales else settings.locales[0]


def _shown(settings: WebChatSettings, locale: str, queue: Any) -> dict[str, Any]:
    texts = dict(_catalogue(locale))
    own = {"title": settings.title, "greeting": settings.greeting}
    texts |= {name: text for name, value in own.items() if (text := value.within(locale))}
    if queue and (away := queue["offline_text"].get(locale)):
        texts["offline_text"] = away
    prechat = [
        {"name": q.name, "label": q.label.within(locale), "type": q.type, "required": q.required}
        for q in settings.prechat
    ]
    return {
        "texts": texts,
        "theme": {"color": settings.color, "position": settings.position},
        "prechat": prechat,
        "offline_form": settings.offline_form,
        "ask_email": settings.ask_email,
    }


def _hours(queue: Any, visit: Visit) -> dict[str, Any]:
    if queue is None:
        return {"open": False, "opens_at": None, "ready": False}
    when = (queue["hours"], queue["zone"], visit.chat.clock.now(), queue["holidays"])
    opens = next_opening(*when)
    return {
        "open": is_open(*when),
        "opens_at": opens.isoformat().replace("+00:00", "Z") if opens else None,
        "ready": queue["ready"],
    }


@cache
def _catalogue(locale: str) -> dict[str, str]:
    words: dict[str, str] = orjson.loads((TEXTS / f"widget.{locale}.json").read_bytes())
    return words
