"""What every request passes: a number for the log, errors as problems, safe headers, one line.

The path in log and metrics is the route with its variables unfilled: keys and ids stay out.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping, MutableMapping

from aiohttp import web
from aiohttp.typedefs import Handler

from contact_center.kernel.errors import HouseError
from contact_center.kernel.log import REQUEST, get_logger
from contact_center.web.errors import problem, understand
from contact_center.web.metrics import METRICS, Metrics

log = get_logger("contact_center.web")

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
SECURE: web.AppKey[bool] = web.AppKey("secure", bool)
SLOW_SECONDS = 2.0
QUIET = ("/healthz", "/readyz", "/metrics")

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    "Cache-Control": "no-store",
}
NAMES = frozenset(name.lower() for name in HEADERS)
MACHINE: web.RequestKey[bool] = web.RequestKey("machine", bool)
"""Set by doors that programs come through: their answers carry only what makes them harmless."""
FOR_MACHINES = {
    name: HEADERS[name]
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control")
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal on_response_prepare: what a handler has not said itself is said strictly."""
    kind = FOR_MACHINES if MACHINE in request else HEADERS
    dress(response.headers, kind, secure=request.app[SECURE])
    response.headers["X-Request-ID"] = request.get(REQUEST_ID, "")


def dress(headers: MutableMapping[str, str], kind: Mapping[str, str], *, secure: bool) -> None:
    """Give an answer the safe headers it lacks; `headers` fold the case of names."""
    if NAMES.isdisjoint(map(str.lower, headers)):  # nearly every answer
        headers.update(kind)
    else:
        _fill(headers)
    if secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


def _fill(headers: MutableMapping[str, str]) -> None:
    for name, value in HEADERS.items():
        if name not in headers:
            headers[name] = value
    if "frame-ancestors" not in headers["Content-Security-Policy"]:
        headers["Content-Security-Policy"] += "; frame-ancestors 'none'"
    elif "frame-ancestors 'none'" not in headers["Content-Security-Policy"]:
        del headers["X-Frame-Options"]  # the older header knows no list of sites


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Number the request, call the handler, word its errors, count and log the answer."""
    began = time.perf_counter()
    request[REQUEST_ID] = new_number()
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - a redirect, raised
            raise
        response = _answer(request, error)
    except Exception as error:  # noqa: BLE001 - this is where they all end
        response = _answer(request, error)
    seconds, status = time.perf_counter() - began, response.status
    metrics, waits = request.app[METRICS], _waits(request, response)
    note(request.method, route_of(request), status, seconds, metrics, waits=waits)
    return response


def new_number() -> str:
    """By this number the log and the answer speak of a request: a name, no secret."""
    number = f"{random.getrandbits(64):016x}"
    REQUEST.set(number)
    return number


def _answer(request: web.Request, error: Exception) -> web.Response:
    metrics, limit = request.app[METRICS], int(request.client_max_size)
    return problem_of(error, request[REQUEST_ID], route_of(request), metrics, body_limit=limit)


def problem_of(
    error: Exception, number: str, route: str, metrics: Metrics, *, body_limit: int
) -> web.Response:
    """The problem for an error; what nobody foresaw is logged with its traceback."""
    known = understand(error, body_limit=body_limit)
    if known is None:
        log.error("unexpected error", route=route, exc_info=error)
        known = HouseError("something went wrong; the log has it under the request_id")
        known.code = "internal"
    metrics.refused.labels(known.code).inc()
    response = problem(known, number)
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = error.headers.get("Allow", "")
    return response


def route_of(request: web.Request) -> str:
    """The path with its variables unfilled."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


def note(
    method: str, route: str, status: int, seconds: float, metrics: Metrics, *, waits: bool = False
) -> None:
    """Count an answer, and log it where it is a bad or a late one, unless it `waits` by intent."""
    metrics.answers.seen(route, method, status, seconds)
    slow = seconds > SLOW_SECONDS and not waits
    if status < 400 and not slow:  # noqa: PLR2004
        if log.is_enabled_for(logging.DEBUG) and not route.startswith(QUIET):
            log.debug("answered", method=method, route=route, status=status)
        return
    told = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000)}
    if status >= 500:  # noqa: PLR2004
        log.warning("failed", **told)
    else:
        log.info("slow" if status < 400 else "refused", **told)  # noqa: PLR2004


def _waits(request: web.BaseRequest, response: web.StreamResponse) -> bool:
    """Whether the request was meant to last."""
    streams = response.content_type == "text/event-stream"
    return streams or isinstance(response, web.WebSocketResponse) or "wait" in request.query
