"""What every request passes: a number for the log, errors as problems, safe headers, one line.

The path in log and metrics is the route with its variables unfilled: keys and ids stay out.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import MutableMapping

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
    dress(request, response, secure=request.app[SECURE])


def dress(request: web.BaseRequest, response: web.StreamResponse, *, secure: bool) -> None:
    """Give an answer the safe headers it lacks."""
    headers = response.headers
    if NAMES.isdisjoint(map(str.lower, headers)):  # nearly every answer
        headers.extend(FOR_MACHINES if MACHINE in request else HEADERS)
    else:
        _fill(headers)
    if secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    headers["X-Request-ID"] = request.get(REQUEST_ID, "")


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
    give_number(request)
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - a redirect, raised
            raise
        response = answer_error(request, error, route_of(request), request.app[METRICS])
    except Exception as error:  # noqa: BLE001 - this is where they all end
        response = answer_error(request, error, route_of(request), request.app[METRICS])
    seconds = time.perf_counter() - began
    note(request, response, route_of(request), request.app[METRICS], seconds)
    return response


def give_number(request: web.BaseRequest) -> None:
    """By this number the log and the answer speak of a request: a name, no secret."""
    request[REQUEST_ID] = number = f"{random.getrandbits(64):016x}"
    REQUEST.set(number)


def answer_error(
    request: web.BaseRequest, error: Exception, route: str, metrics: Metrics
) -> web.Response:
    """The problem for an error; what nobody foresaw is logged with its traceback."""
    known = understand(error, body_limit=int(request.client_max_size))
    if known is None:
        log.error("unexpected error", route=route, exc_info=error)
        known = HouseError("something went wrong; the log has it under the request_id")
        known.code = "internal"
    metrics.refused.labels(known.code).inc()
    response = problem(known, request[REQUEST_ID])
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = error.headers.get("Allow", "")
    return response


def route_of(request: web.Request) -> str:
    """The path with its variables unfilled."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


def note(
    request: web.BaseRequest, response: web.StreamResponse, route: str, metrics: Metrics,
    seconds: float,
) -> None:  # fmt: skip
    """Count an answer, and log it where it is a bad or a late one."""
    status = response.status
    metrics.answers.seen(route, request.method, status, seconds)
    slow = seconds > SLOW_SECONDS and not _waits(request, response)
    if status < 400 and not slow:  # noqa: PLR2004
        if log.is_enabled_for(logging.DEBUG) and not route.startswith(QUIET):
            log.debug("answered", method=request.method, route=route, status=status)
        return
    told = {"method": request.method, "route": route, "status": status,
            "ms": round(seconds * 1000)}  # fmt: skip
    if status >= 500:  # noqa: PLR2004
        log.warning("failed", **told)
    else:
        log.info("slow" if status < 400 else "refused", **told)  # noqa: PLR2004


def _waits(request: web.BaseRequest, response: web.StreamResponse) -> bool:
    """Whether the request was meant to last."""
    streams = response.content_type == "text/event-stream"
    return streams or isinstance(response, web.WebSocketResponse) or "wait" in request.query
