"""From rows to the shapes of the API. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from channels.contract import Capabilities
from contact_center.access.model import Actor, Permission
from contact_center.contacts.model import CapabilitiesOut

Row = Mapping[str, Any]
CAN_RETRY = frozenset({"failed", "uncertain"})
_CHANGING = {"pending": "pending", "sending": "pending", "failed": "failed"}
LARGEST_PICTURE = 100_000_000
CAN_FETCH = frozenset({"failed", "gone"})
"""States of a file that its provider may be asked for once more."""
PLACEHOLDERS = frozenset({"location", "contact"})
"""Attachments without a file."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


_TOLD: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("duration", "latitude", "longitude"), _is_number),
    **dict.fromkeys(("title", "performer", "emoji", "address", "phone"), _is_text),
    **dict.fromkeys(("round", "animation"), bool),
}
_PLAIN = (
    "id", "number", "version", "state", "medium", "brand_id", "queue_id", "operator_id", "kind_id",
    "result_code_id", "subject", "last_text", "last_kind", "last_at", "last_seq", "read_seq",
    "unread", "awaiting", "waiting_since", "opened_at", "closed_at", "follows_id", "draft", "spam",
    "automatic", "locale",
)  # fmt: skip


def row(one: Row) -> dict[str, Any]:
    """A line of a list."""
    return {
        **{name: one[name] for name in _PLAIN},
        "account": _part(one, "account", "id", "title", "provider"),
        "client": _part(one, "client", "id", "name", "kind"),
        "identity": _part(one, "identity", "id", "medium", "value", "proof"),
        "work": _work(one) if one["work_id"] else None,
    }


def _part(one: Row, prefix: str, *names: str) -> dict[str, Any]:
    return {name: one[f"{prefix}_{name}"] for name in names}


def _work(one: Row) -> dict[str, Any]:
    plain = (
        "offer_id", "offer_until", "wrap_up_until", "parked_until", "preferred_id", "arrived_at",
        "origin", "note",
    )  # fmt: skip
    return {
        **_part(one, "work", "id", "state", "version", "operator_id"),
        **{name: one[name] for name in plain},
    }


def can(one: Row, actor: Actor, *, letters: bool = False) -> dict[str, bool]:
    """What this employee may do with the contact in its present state."""
    works, leads = actor.may(Permission.WORK), actor.may(Permission.SUPERVISE)
    is_open = one["state"] == "open"
    mine = is_open and one["operator_id"] == actor.employee_id
    free = is_open and one["operator_id"] is None
    offered_to_other = one["work_state"] == "offered" and (
        one["work_operator_id"] != actor.employee_id
    )
    acts = works and (mine or (leads and is_open))
    aside = one["work_state"] == "parked" and one["preferred_id"] == actor.employee_id
    return {
        "reply": works and mine,
        "note": actor.may(Permission.NOTE),
        "take": works and free and (leads or not offered_to_other),
        "transfer": acts,
        "park": works and (mine or (is_open and aside)),
        "close": acts,
        "wrap_up": one["work_state"] == "wrap_up" and one["work_operator_id"] == actor.employee_id,
        "spam": acts or (works and free),
        "not_spam": works and one["spam"],
        "edit": works,
        "part": letters and works and (mine or free),
    }


def capabilities(of: Capabilities) -> dict[str, Any]:
    """What the console has to know of the channel; pictures that are made smaller may be larger."""
    known = asdict(of)
    if of.pictures and "image" in of.attachments:
        known["attachments"] |= {"image": max(LARGEST_PICTURE, of.attachments["image"])}
    return {name: known[name] for name in CapabilitiesOut.model_fields}


def attachment(one: Row, link: Callable[[UUID], str]) -> dict[str, Any]:
    """A file; only a stored one has an address, and what stands in the place of a file none."""
    stored = one["state"] == "stored" and one["kind"] not in PLACEHOLDERS
    return {
        **{name: one[name] for name in ("id", "kind", "name", "type", "size", "state")},
        "url": link(one["id"]) if stored else None,
        "reason": one["data"].get("reason"),
        "progress": progress(one),
        "can_retry": one["state"] in CAN_FETCH and "upload" not in one["data"],
        "width": one["data"].get("width"),
        "height": one["data"].get("height"),
        "inline": bool(one["data"].get("inline")),
        "about": about(one["data"]),
    }


def progress(one: Row) -> float | None:
    """Which share of a file is here, from 0 to 1; None where that is not known."""
    fetched, size = one["data"].get("fetched"), one["size"]
    if one["state"] != "wanted" or not fetched or not size:
        return None
    return round(min(1.0, float(fetched / size)), 2)


def about(told: Row) -> dict[str, Any] | None:
    """What the provider told of a file, as far as it reads as expected."""
    known = {name: told[name] for name in _TOLD if _TOLD[name](told.get(name))}
    return known or None


def message(one: Row, files: list[dict[str, Any]]) -> dict[str, Any]:
    """A message with its author and delivery."""
    plain = (
        "id", "contact_id", "seq", "kind", "text", "created_at", "provider_at", "edited_at",
        "deleted_at", "reply_to", "data", "version", "client_msg_id", "has_body",
    )  # fmt: skip
    return {
        **{name: one[name] for name in plain},
        "author": _author(one),
        "quoted": _quoted(one) if one["quoted_kind"] else None,
        "attachments": [] if one["deleted_at"] else files,
        "change": change(one),
        "delivery": {
            "state": one["delivery"],
            "reason": one["reason"],
            "hold_until": one["hold_until"],
            "can_retry": one["delivery"] in CAN_RETRY,
            "undelivered": [
                {"address": address, "reason": reason}
                for address, reason in (one["undelivered"] or {}).items()
            ],
        },
    }


def _quoted(one: Row) -> dict[str, Any]:
    here = one["quoted_in"] == one["contact_id"]
    seq = one["quoted_seq"] if here else None
    return {"seq": seq, "kind": one["quoted_kind"], "text": one["quoted_text"]}


def change(one: Row) -> dict[str, Any] | None:
    """What is being done to a message that has left, until the provider has done it."""
    state = _CHANGING.get(one["act_state"])
    if state is None or one["deleted_at"] is not None:
        return None
    return {"act": one["act"], "state": state, "text": one["act_text"],
            "reason": one["act_reason"]}  # fmt: skip


def _author(one: Row) -> dict[str, Any]:
    if one["employee_id"] is not None and one["kind"] != "system":
        return {"type": "employee", "id": one["employee_id"], "name": one["employee_name"] or ""}
    if one["client_id"] is not None:
        return {"type": "client", "id": one["client_id"], "name": one["client_name"] or ""}
    return {"type": "system", "id": None, "name": ""}
