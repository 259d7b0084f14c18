"""The way of a contact as steps, told by rows and log alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
Rows = Mapping[str, list[dict[str, Any]]]
NEW = timedelta(seconds=2)
# Rows carry the time their transaction began; the log has the time of each write within it.
FIRST = ("message.added", "work.waiting")
Logged = Mapping[str, datetime]


def steps(contact: Row, rows: Rows) -> list[dict[str, Any]]:
    """Steps in the order of time: {stage, at, about, data}; stage names the floor of the house."""
    logged = {
        event["data"].get("message_id") or str(event["subject_id"]): event["at"]
        for event in reversed(rows["events"])
        if event["kind"] in FIRST
    }
    found = [
        *_messages(rows["messages"], logged, "mail" if contact["medium"] == "email" else "request"),
        *_client(contact),
        *_work(rows["work"], logged),
        *_offers(rows["offers"]),
        *_outbox(rows["outbox"]),
        *_closing(contact),
    ]
    order = {stage: at for at, stage in enumerate(STAGES)}
    return sorted(found, key=lambda step: (step["at"], order[step["stage"]]))


STAGES = (
    "received", "stored", "client", "triage", "work", "offer", "operator", "answer", "closed",
)  # fmt: skip


def _step(stage: str, at: datetime, about: str, **data: Any) -> dict[str, Any]:
    return {"stage": stage, "at": at, "about": about, "data": data}


def _messages(rows: Iterable[Row], logged: Logged, came: str) -> Iterable[dict[str, Any]]:
    for row in rows:
        if row["kind"] != "inbound":
            continue
        if row["received_at"]:
            yield _step(
                "received", row["received_at"], came, bytes=row["bytes"],
                body=bytes(row["body"]).decode("utf-8", "replace"), external_id=row["external_id"],
            )  # fmt: skip
        yield _step(
            "stored", logged.get(str(row["id"]), row["created_at"]), "message",
            seq=row["seq"], text=row["text"], message_id=row["id"],
            external_id=row["external_id"],
            dedupe_key_at=row["keyed_at"],
        )  # fmt: skip


def _client(contact: Row) -> Iterable[dict[str, Any]]:
    opened = contact["opened_at"]
    is_new = abs(contact["client_created"] - opened) < NEW
    yield _step(
        "client", opened, "new" if is_new else "known", client=contact["client"],
        client_id=contact["client_id"], medium=contact["medium"], value=contact["value"],
        proof=contact["proof"],
    )  # fmt: skip
    yield _step(
        "triage", opened, "follow_up" if contact["follows_id"] else "opened",
        contact_id=contact["id"], number=contact["number"], queue=contact["queue"],
        brand=contact["brand"], account=contact["account"], locale=contact["locale"],
        page=contact["data"].get("page"),
    )  # fmt: skip


def _work(rows: Iterable[Row], logged: Logged) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield _step(
            "work", logged.get(str(row["id"]), row["arrived_at"]), row["origin"],
            work_id=row["id"], queue=row["queue"],
            cost=row["cost"], place_since=row["virtual_arrival"], state=row["state"],
            version=row["version"],
        )  # fmt: skip
        if row["accepted_at"]:
            yield _step(
                "operator", row["accepted_at"], "accepted", operator=row["operator"],
                work_id=row["id"], waited=_seconds(row["arrived_at"], row["accepted_at"]),
            )  # fmt: skip
        if row["ended_at"] and row["outcome"] != "closed":
            yield _step("work", row["ended_at"], "ended", outcome=row["outcome"], work_id=row["id"])


def _offers(rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield _step(
            "offer", row["created_at"], "made", operator=row["operator"], until=row["until"],
            offer_id=row["id"], token=row["fence"], explanation=row["explanation"],
        )  # fmt: skip
        if row["ended_at"] and row["state"] != "accepted":
            yield _step(
                "offer", row["ended_at"], row["state"], operator=row["operator"],
                offer_id=row["id"], reason=row["reason"],
            )  # fmt: skip


def _outbox(rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield _step(
            "answer", row["created_at"], "written", outbox_id=row["id"], line_seq=row["seq"],
            state=row["state"], held_until=row["hold_until"],
        )  # fmt: skip
        if row["sent_at"]:
            yield _step(
                "answer", row["sent_at"], "sent", attempts=row["attempts"],
                provider_id=row["provider_id"], took=_seconds(row["created_at"], row["sent_at"]),
            )  # fmt: skip
        if row["state"] in ("delivered", "read") and row["settled_at"]:
            yield _step("answer", row["settled_at"], row["state"], outbox_id=row["id"])
        if row["state"] in ("failed", "uncertain") and row["settled_at"]:
            yield _step(
                "answer", row["settled_at"], row["state"], error=row["error_kind"],
                text=row["error_text"],
            )  # fmt: skip


def _closing(contact: Row) -> Iterable[dict[str, Any]]:
    if contact["closed_at"]:
        yield _step(
            "closed", contact["closed_at"], "closed", kind=contact["kind"],
            result=contact["result_code"], operator=contact["operator"],
        )  # fmt: skip


def _seconds(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds(), 3)
