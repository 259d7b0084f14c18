"""The doors of the live protocol: the WebSocket, and the long poll where sockets are blocked."""

from __future__ import annotations

import orjson
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.access.service import SERVICE
from contact_center.kernel.errors import TooLarge, Unauthenticated, Unavailable
from contact_center.web.live import protocol
from contact_center.web.live.frames import Said, Told
from contact_center.web.live.protocol import BadFrame
from contact_center.web.live.session import PollOutgoing, Session, socket_outgoing
from contact_center.web.live.setup import LIVE, Live
from contact_center.web.origins import ORIGINS

LONGEST_WAIT = 25.0
PING_SECONDS = 20.0


async def socket(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/live: one screen's socket."""
    request.app[ORIGINS].require_ours(request)
    known = await request.app[SERVICE].identify(request)
    if known is None:
        raise Unauthenticated("sign in first")
    live = request.app[LIVE]
    wire = web.WebSocketResponse(
        heartbeat=PING_SECONDS, compress=False, max_msg_size=protocol.LONGEST_FRAME
    )
    await wire.prepare(request)
    out = socket_outgoing(wire, request, live.flusher, live.buffer)
    try:
        session = await live.open(request, known.actor, out, wire)
    except Unavailable:  # too late for a 503: the socket is open
        await wire.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"try again")
        return wire
    try:
        await _listen(live, session, wire)
    finally:
        await live.leave(session)
    return wire


async def _listen(live: Live, session: Session, wire: web.WebSocketResponse) -> None:
    async for message in wire:
        if message.type is not WSMsgType.TEXT:
            await session.end("only text frames are understood", WSCloseCode.UNSUPPORTED_DATA)
            return
        try:
            for frame in protocol.frames(message.data):
                await live.handle(session, frame)
        except BadFrame as error:
            session.out.put(protocol.encoded(t="error", detail=str(error)))
        except Unavailable:
            await session.end("try again", WSCloseCode.TRY_AGAIN_LATER)
            return


class PollQuery(BaseModel):
    """What a poll has: its session ("" for a new one), the last number, how long it may wait."""

    model_config = ConfigDict(extra="forbid")

    session: str = ""
    after: int = Field(default=0, ge=0)
    wait: float = Field(default=LONGEST_WAIT, ge=0, le=LONGEST_WAIT)


async def poll(call: Call) -> web.Response:
    """GET /live/poll: what came since; the first answer of a new session is "ready"."""
    live, query = call.app[LIVE], call.query
    if query.session:
        session = live.poll_session(query.session, call.actor)
    else:
        out = PollOutgoing(live.buffer)
        session = await live.open(call.request, call.actor, out, None)
    out_of = session.out
    if not isinstance(out_of, PollOutgoing):
        raise Unauthenticated("this session has a socket")
    body = await out_of.take(query.after, query.wait)
    return web.Response(body=body, content_type="application/json", charset="utf-8")


async def tell(call: Call) -> None:
    """POST /live/poll/{session}: what a screen says, as on the socket."""
    live = call.app[LIVE]
    session = live.poll_session(str(call.path["session"]), call.actor)
    data = await call.request.read()
    if len(data) > protocol.LONGEST_FRAME:
        raise TooLarge("the frame is too large", limit=protocol.LONGEST_FRAME)
    try:
        for frame in protocol.frames(data):
            await live.handle(session, frame)
    except BadFrame as error:
        session.out.put(orjson.dumps({"t": "error", "detail": str(error)}))


ROUTES = [
    Route(
        "GET", "/live/poll", poll, Permission.SIGNED_IN, "Live events by long poll",
        query=PollQuery, answer=list[Told], tags=("live",),
    ),
    Route(
        "POST", "/live/poll/{session}", tell, Permission.SIGNED_IN,
        "What a screen says, where it has no socket", tags=("live",), reads=list[Said],
    ),
]  # fmt: skip
