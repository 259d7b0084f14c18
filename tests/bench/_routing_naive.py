"""A router that scans: what one writes first. It imports nothing of what it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Naive:
    """Rows in plain dictionaries. Who arrives looks at every operator, who is free at the line."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.operators: dict[str, dict[str, Any]] = {}
        self.works: dict[str, dict[str, Any]] = {}
        self.waiting: dict[str, dict[str, Any]] = {}
        for row in rows:
            if "presence" in row:
                self.operators[row["id"]] = dict(row)
            elif row.get("state") in ("waiting", "active", "offered"):
                self.works[row["id"]] = dict(row)
                if row["state"] == "waiting":
                    self.waiting[row["id"]] = self.works[row["id"]]

    def apply(self, kind: str, event: Any, now: int) -> None:
        if kind == "Work":
            self.arrive(dict(vars(event)))
        elif kind == "Release":
            self.release(event.work_id, now)
        elif kind == "Abandon":
            self.waiting.pop(event.work_id, None)
        elif kind == "Presence":
            one = self.operators[event.operator_id]
            one["presence"] = event.presence
            self.serve(one)

    def fits(self, work: dict[str, Any], one: dict[str, Any]) -> bool:
        if one["presence"] != "ready" or one["used"] + work["cost"] > one["budget"]:
            return False
        skills = one["skills"]
        return all(skills.get(skill, 0) >= level for skill, level in work["needs"])

    def arrive(self, work: dict[str, Any]) -> None:
        found = [one for one in self.operators.values() if self.fits(work, one)]
        if found:
            self.give(work, min(found, key=lambda one: (len(one["skills"]), one["idle_ms"])))
        else:
            self.waiting[work["id"]] = work

    def release(self, work_id: str, now: int) -> None:
        work = self.works.pop(work_id, None)
        if work is None or work["operator_id"] is None:
            return
        one = self.operators[work["operator_id"]]
        one["used"] -= work["cost"]
        one["idle_ms"] = now
        self.serve(one)

    def serve(self, one: dict[str, Any]) -> None:
        while True:
            found = [work for work in self.waiting.values() if self.fits(work, one)]
            if not found:
                return
            work = min(found, key=lambda work: (work["virtual_ms"], work["seq"]))
            del self.waiting[work["id"]]
            self.give(work, one)

    def give(self, work: dict[str, Any], one: dict[str, Any]) -> None:
        one["used"] += work["cost"]
        work["operator_id"] = one["id"]
        self.works[work["id"]] = work
