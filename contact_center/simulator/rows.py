"""Rows made up in memory and written table by table: one statement each."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.storage.tables import metadata


class Maker:
    """Everything that is left to chance, from one seed: the same seed makes the same company."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - made-up data, no secret

    def id(self, at: datetime) -> UUID:
        """A UUIDv7 of an instant, so that made-up rows sort like real ones."""
        milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
        bits = self.chance.getrandbits
        return UUID(int=milliseconds << 80 | 0x7 << 76 | bits(12) << 64 | 0b10 << 62 | bits(62))

    def often(self, share: float) -> bool:
        return self.chance.random() < share


class Rows:
    """Rows of many tables; those of one table may differ in which columns they give."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Add a row; it may still be changed until it is written."""
        self._rows.setdefault(table, []).append(values)
        return values

    def sort(self, table: str, column: str) -> None:
        """Numbers the database gives out follow this order."""
        self._rows.get(table, []).sort(key=lambda row: row[column])

    def last(self, table: str) -> dict[str, Any]:
        """The row added last."""
        return self._rows[table][-1]

    def count(self, table: str) -> int:
        return len(self._rows.get(table, ()))

    def batches(self) -> Iterator[tuple[str, tuple[str, ...], list[dict[str, Any]]]]:
        """(table, columns, rows), those first that others refer to."""
        for table in metadata.sorted_tables:
            for columns, rows in _alike(self._rows.get(table.name, [])).items():
                yield table.name, columns, rows


def _alike(rows: list[dict[str, Any]]) -> Mapping[tuple[str, ...], list[dict[str, Any]]]:
    """Rows by the columns they give, in order: what a row leaves out is the table's default."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return groups
