"""/metrics: what a Prometheus may read, from this machine or with a token that may supervise."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

from contact_center.access.model import Permission
from contact_center.access.service import SERVICE
from contact_center.kernel.errors import Forbidden
from contact_center.web.origins import ORIGINS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The numbers of one application. Features add theirs to `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "cc_http_requests", "Answers by route and status class", ("route", "method", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "cc_http_request_seconds", "Time until the answer", ("route",), buckets=BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self._found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.refused = Counter(
            "cc_http_refused", "Requests refused, by the code of the problem", ("code",),
            registry=self.registry,
        )  # fmt: skip

    def seen(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is the path with its variables unfilled."""
        known = method if method in METHODS else "other"  # anybody may invent methods
        key = (route, known, status // 100)
        found = self._found.get(key)
        if found is None:  # looking a child up by its labels costs more than counting
            requests = self.requests.labels(route, known, f"{status // 100}xx")
            found = self._found[key] = (requests, self.seconds.labels(route))
        found[0].inc()
        found[1].observe(seconds)


METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)


async def metrics(request: web.Request) -> web.Response:
    """Numbers tell outsiders how busy a company is, so they are not public."""
    if not request.app[ORIGINS].is_loopback(request):
        actor = await request.app[SERVICE].actor(request)
        if actor is None or not actor.may(Permission.SUPERVISE):
            raise Forbidden("metrics are given to this machine, or for a token that may supervise")
    body = generate_latest(request.app[METRICS].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
