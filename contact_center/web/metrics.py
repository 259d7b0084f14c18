"""/metrics: what a Prometheus may read, from this machine or with a token that may supervise."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from contact_center.access.model import Permission
from contact_center.access.service import SERVICE
from contact_center.kernel.errors import Forbidden
from contact_center.web.gauges import Local, Shared
from contact_center.web.keys import DATABASE
from contact_center.web.origins import ORIGINS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Answers(Collector):
    """Answers counted by route, method and status class, and the time they took.

    Plain numbers, made into metrics when somebody reads them: one event loop counts, and a metric
    object's locks cost more than all the rest of counting a request.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], _Tally] = {}

    def seen(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is the path with its variables unfilled."""
        key = (route, method, status // 100)
        tally = self._kept.get(key)
        if tally is None:
            known = method if method in METHODS else "other"  # anybody may invent methods
            tally = self._kept.setdefault((route, known, status // 100), _Tally())
        tally.count += 1
        tally.seconds += seconds
        tally.buckets[bisect_left(BUCKETS, seconds)] += 1

    def collect(self) -> Iterable[Metric]:
        """The metrics as they are now."""
        answers, times = _families()
        by_route: dict[str, _Tally] = {}
        for (route, method, status), tally in self._kept.items():
            answers.add_metric((route, method, f"{status}xx"), tally.count)
            by_route.setdefault(route, _Tally()).add(tally)
        for route, tally in by_route.items():
            bounds = (*map(floatToGoString, BUCKETS), "+Inf")
            times.add_metric(
                (route,), list(zip(bounds, accumulate(tally.buckets), strict=True)), tally.seconds
            )
        yield answers
        yield times

    def describe(self) -> Iterable[Metric]:
        """Nothing is registered beforehand."""
        return ()


class _Tally:
    """What is counted for one kind of answer; each bucket alone, not yet summed up."""

    __slots__ = ("buckets", "count", "seconds")

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0
        self.buckets = [0] * (len(BUCKETS) + 1)

    def add(self, other: _Tally) -> None:
        self.count += other.count
        self.seconds += other.seconds
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]


def _families() -> tuple[CounterMetricFamily, HistogramMetricFamily]:
    return (
        CounterMetricFamily(
            "cc_http_requests", "Answers by route and status class",
            labels=("route", "method", "status"),
        ),
        HistogramMetricFamily(
            "cc_http_request_seconds", "Time until the answer", labels=("route",)
        ),
    )  # fmt: skip


class Metrics:
    """The numbers of one application. Features add theirs to `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.answers = Answers()
        self.registry.register(self.answers)
        self.local = Local()
        self.registry.register(self.local)
        self.refused = Counter(
            "cc_http_refused", "Requests refused, by the code of the problem", ("code",),
            registry=self.registry,
        )  # fmt: skip


METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)


async def metrics(request: web.Request) -> web.Response:
    """Numbers tell outsiders how busy a company is, so they are not public."""
    if not request.app[ORIGINS].is_loopback(request):
        actor = await request.app[SERVICE].actor(request)
        if actor is None or not actor.may(Permission.SUPERVISE):
            raise Forbidden("metrics are given to this machine, or for a token that may supervise")
    shared = CollectorRegistry()
    shared.register(await Shared.read(request.app[DATABASE]))
    body = generate_latest(request.app[METRICS].registry) + generate_latest(shared)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
