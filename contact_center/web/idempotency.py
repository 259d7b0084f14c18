"""Idempotency-Key on POST: the same request sent twice is done once and answered alike.

A key is claimed before the work and keeps the answer of a success. A refusal changed nothing, so
it releases the key. If the process dies in between, nobody knows whether the work was done: the
key then answers 409 `outcome_unknown`, because doing it twice is the worse mistake.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from contact_center.access import store
from contact_center.access.routes import Call
from contact_center.access.service import SERVICE
from contact_center.kernel.errors import Conflict, HouseError, Invalid
from contact_center.storage.unit import Record

HEADER = "Idempotency-Key"
LONGEST = 200


async def once(
    key: str, call: Call, answer: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer from what is kept under the key, or do the work and keep its answer."""
    if len(key) > LONGEST or "\0" in key:
        raise Invalid(f"{HEADER} has at most {LONGEST} characters", field=HEADER)
    access = call.app[SERVICE]
    actor, fingerprint = call.actor.label, await _fingerprint(call.request)
    earlier = await store.claim_key(access.database, actor, key, fingerprint, access.clock.now())
    if earlier is not None:
        return _again(earlier, fingerprint)
    try:
        response = await answer()
    except Exception:  # not CancelledError: a deadline may fall between commit and answer
        with contextlib.suppress(HouseError):
            await store.release_key(access.database, actor, key)
        raise
    if isinstance(response, web.Response) and isinstance(response.body, bytes | None):
        await store.keep_answer(access.database, actor, key, response.status, response.body or b"")
    return response


def _again(earlier: Record, fingerprint: bytes) -> web.Response:
    if earlier["fingerprint"] != fingerprint:
        raise Invalid("this key came with another request before", code="key_reused")
    if earlier["status"] is None:
        raise Conflict("the first request with this key has no known outcome (yet)",
                       code="outcome_unknown")  # fmt: skip
    response = web.Response(status=earlier["status"], body=earlier["answer"] or None)
    if earlier["answer"]:
        response.content_type = "application/json"
    response.headers["Idempotency-Replayed"] = "true"
    return response


async def _fingerprint(request: web.Request) -> bytes:
    text = f"{request.method} {request.path_qs}\n".encode()
    return hashlib.sha256(text + await request.read()).digest()
