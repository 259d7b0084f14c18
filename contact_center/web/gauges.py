"""What /metrics says beyond requests: taken from the services and the database when it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from contact_center.kernel.errors import HouseError
from contact_center.storage import health
from contact_center.storage.database import Database

SECONDS = 2.0  # a scrape must not wait longer for a database that is busy or away

Numbers = Mapping[str, float]
LOCAL: dict[str, tuple[type[GaugeMetricFamily | CounterMetricFamily], str]] = {
    "intake_queue_length": (GaugeMetricFamily, "Events that wait for the writer of this process"),
    "intake_batches": (CounterMetricFamily, "Transactions of the writer"),
    "intake_events": (CounterMetricFamily, "Events written, repetitions not counted"),
    "intake_poison": (CounterMetricFamily, "Events that could not be written: in quarantine"),
    "intake_unsupported": (CounterMetricFamily, "Messages with a kind that could not be read"),
    "intake_quarantined": (CounterMetricFamily, "Requests that could not be read: in quarantine"),
    "outbox_signs_sent": (CounterMetricFamily, "Signs of typing and reading shown to clients"),
    "outbox_signs_failed": (CounterMetricFamily, "Signs that a provider did not take"),
    "outbox_signs_dropped": (CounterMetricFamily, "Signs too late or too many to be shown"),
    "live_sessions": (GaugeMetricFamily, "Screens connected to this process"),
    "database_pool_busy": (GaugeMetricFamily, "Connections of the pool that are in use"),
    "database_pool_open": (GaugeMetricFamily, "Connections the pool has"),
    "database_pool_limit": (GaugeMetricFamily, "Connections the pool may have"),
}
SHARED = {
    "log_horizon_lag_seconds": "Age of the oldest transaction of the server that may still write",
    "outbox_pending": "Messages that are to be sent",
    "outbox_uncertain": "Messages of which nobody knows whether they arrived",
    "outbox_oldest_seconds": "How long the oldest message has been due",
    "jobs_waiting": "Jobs that wait or run",
    "jobs_dead": "Jobs that were given up and are not deleted yet, at most 10,000",
    "quarantine_waiting": "Entries that wait for a person, at most 10,000",
}


class Local(Collector):
    """Numbers of this process, asked for when they are read."""

    def __init__(self) -> None:
        self.sources: list[Callable[[], Numbers]] = []

    def collect(self) -> Iterable[Metric]:
        """The numbers as they are now."""
        for source in self.sources:
            for name, value in source().items():
                family, words = LOCAL[name]
                made = family(name, words)
                made.add_metric((), value)
                yield made

    def describe(self) -> Iterable[Metric]:
        """Nothing is registered beforehand."""
        return ()


class Shared(Collector):
    """Numbers of the database, the same on every node; read beforehand by `read`."""

    def __init__(self, numbers: Mapping[str, Any] | None) -> None:
        self._numbers = numbers

    @classmethod
    async def read(cls, database: Database) -> Shared:
        """Ask the database; where it does not answer in time, only that is said."""
        try:
            async with asyncio.timeout(SECONDS):
                return cls(await health.gauges(database))
        except (HouseError, TimeoutError, OSError):
            return cls(None)

    def collect(self) -> Iterable[Metric]:
        """What was read."""
        up = self._numbers is not None
        yield GaugeMetricFamily("database_up", "1 where the database answered in time", value=up)
        for name, value in (self._numbers or {}).items():
            yield GaugeMetricFamily(name, SHARED[name], value=value)
