"""Idempotency-Key on POST: the same request sent twice is done once and answered alike.

A key is claimed before the work; every transaction of the work marks it before its commit, so the
row itself says whether anything was done, however the connection or the process ended. What failed
unmarked has changed nothing and releases the key; what is marked and has no answer is answered 409
`answer_lost`, because doing it twice is the worse mistake. While it is not known (the first request
may still run) the answer is 409 `outcome_unknown`; after two minutes the key may be claimed anew.
An answer that holds a secret is not kept: that the work was done is, so it is `answer_lost`, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from aiohttp import web
from asyncpg import PostgresError

from contact_center.access.idempotency import store
from contact_center.access.routes import Call
from contact_center.access.service import SERVICE
from contact_center.kernel.errors import Conflict, HouseError, Invalid
from contact_center.storage.unit import BEFORE_COMMIT, Record, Unit

HEADER = "Idempotency-Key"
LONGEST = 200
DONE = 0  # instead of a status


async def once(
    key: str, call: Call, answer: Callable[[], Awaitable[web.StreamResponse]], *, secret: bool
) -> web.StreamResponse:
    """Answer from what is kept under the key, or do the work and keep its answer.

    Of a `secret` answer only that there was one.
    """
    if len(key) > LONGEST or "\0" in key:
        raise Invalid(f"{HEADER} has at most {LONGEST} characters", field=HEADER)
    access = call.app[SERVICE]
    actor, fingerprint = call.actor.label, await _fingerprint(call.request)
    now = access.clock.now()
    earlier = await store.claim_key(access.database, actor, key, fingerprint, now)
    if earlier is not None:
        return _again(earlier, fingerprint)
    mark = BEFORE_COMMIT.set(partial(_mark, actor, key, now))
    try:
        response = await answer()
    except Exception:  # not CancelledError: a deadline may fall between commit and answer
        with suppress(HouseError, PostgresError):
            await store.release_key(access.database, actor, key)
        raise
    finally:
        BEFORE_COMMIT.reset(mark)
    if isinstance(response, web.Response) and isinstance(response.body, bytes | None):
        with suppress(HouseError):  # who asks now gets the answer, who asks again the problem
            status, body = (DONE, b"") if secret else (response.status, response.body or b"")
            await store.keep_answer(access.database, actor, key, status, body)
    return response


async def _mark(actor: str, key: str, at: datetime, unit: Unit) -> None:
    if not await store.mark_done(unit, actor, key, at):
        raise Conflict("this request took so long that it was begun anew", code="outcome_unknown")


def _again(earlier: Record, fingerprint: bytes) -> web.Response:
    if earlier["fingerprint"] != fingerprint:
        raise Invalid("this key came with another request before", code="key_reused")
    if earlier["status"] is None:
        raise Conflict("the first request with this key has no known outcome (yet)",
                       code="outcome_unknown")  # fmt: skip
    if earlier["status"] == DONE:
        raise Conflict("the first request with this key was carried out, its answer is not kept",
                       code="answer_lost")  # fmt: skip
    response = web.Response(status=earlier["status"], body=earlier["answer"] or None)
    if earlier["answer"]:
        response.content_type = "application/json"
    response.headers["Idempotency-Replayed"] = "true"
    return response


async def _fingerprint(request: web.Request) -> bytes:
    text = f"{request.method} {request.path_qs}\n".encode()
    return hashlib.sha256(text + await request.read()).digest()
