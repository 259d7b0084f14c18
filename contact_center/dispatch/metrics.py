"""The router's numbers."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class DispatchMetrics:
    """Counters of one dispatcher in the application's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.decisions = Counter(
            "dispatch_decisions", "Decisions by kind and whether the rows took them",
            ("kind", "outcome"), registry=registry,
        )  # fmt: skip
        self.rebuilds = Counter(
            "dispatch_rebuilds",
            "How often the engine was built from rows",
            registry=registry,
        )
        self.active = Gauge(
            "dispatch_active", "1 on the node whose router decides", registry=registry
        )
        self.waiting = Gauge("dispatch_waiting", "Contacts waiting in line", registry=registry)
        self.lag = Histogram(
            "dispatch_lag_seconds", "From the log to the engine", buckets=LAG_BUCKETS,
            registry=registry,
        )  # fmt: skip
