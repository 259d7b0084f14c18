"""The words of the live protocol; pure.

Text frames are JSON arrays of objects. Numbered objects begin with their number, and the rest of
an object is encoded once and shared by all sockets that get it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import orjson

from contact_center.storage.events import Event

MOST_TOPICS = 500
MOST_CONTACTS = 1000
LONGEST_FRAME = 64 * 1024
LISTED_ANY = frozenset({"me", "floor", "directory"})
LISTED_ID = frozenset({"contact", "queue", "client"})

TopicKind = Literal["contact", "queue", "client", "me", "floor", "directory"]


class BadFrame(ValueError):
    """A frame that cannot be followed; the text goes back to the client."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a client subscribes to; `id` only for contact, queue and client."""

    kind: TopicKind
    id: UUID | None = None

    @classmethod
    def parse(cls, text: Any) -> Topic:
        """The topic of "contact:ID", "queue:ID", "client:ID", "me", "floor" or "directory"."""
        kind, colon, rest = text.partition(":") if isinstance(text, str) else ("", "", "")
        if not colon and kind in LISTED_ANY:
            return cls(cast("TopicKind", kind))
        if kind in LISTED_ID:
            return cls(cast("TopicKind", kind), uuid(rest))
        raise BadFrame(f"unknown topic {str(text)[:60]!r}")

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


def frames(data: str | bytes) -> list[dict[str, Any]]:
    """The objects of a client's frame: one object, or an array of them. Raises BadFrame."""
    try:
        given = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadFrame("not JSON") from None
    listed = given if isinstance(given, list) else [given]
    if not all(isinstance(item, dict) for item in listed):
        raise BadFrame("expected objects")
    return listed


def topics_of(frame: dict[str, Any]) -> list[Topic]:
    """The topics of a sub or unsub frame."""
    listed = frame.get("topics")
    if not isinstance(listed, list) or len(listed) > MOST_TOPICS:
        raise BadFrame(f"topics must be a list of at most {MOST_TOPICS}")
    return [Topic.parse(text) for text in listed]


def contacts_of(frame: dict[str, Any]) -> dict[UUID, int]:
    """The contacts a client has and their versions, of a resync frame."""
    given = frame.get("contacts", {})
    if not isinstance(given, dict) or len(given) > MOST_CONTACTS:
        raise BadFrame(f"contacts must map at most {MOST_CONTACTS} ids to versions")
    if not all(isinstance(version, int) for version in given.values()):
        raise BadFrame("a version is a whole number")
    return {uuid(key): version for key, version in given.items()}


def uuid(text: Any) -> UUID:
    """An id of a frame. Raises BadFrame."""
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise BadFrame(f"{str(text)[:60]!r} is not an id") from None


def topics_for(event: Event) -> list[str]:
    """The internal topics an event belongs to, the most particular first.

    Internally "me" of an employee is "operator:ID".
    """
    named = _TOPICS.get(event.kind.partition(".")[0])
    return named(event.subject_id, event.data) if named else ["floor"]


def _ids(data: dict[str, Any]) -> list[str]:
    return _id(data, "operator_id", "operator") + _id(data, "queue_id", "queue")


def _id(data: dict[str, Any], name: str, kind: str) -> list[str]:
    return [f"{kind}:{value}"] if (value := data.get(name)) else []


def _talk(subject: UUID, data: dict[str, Any]) -> list[str]:
    return [f"contact:{subject}", *_ids(data), "floor"]


_TOPICS: dict[str, Callable[[UUID, dict[str, Any]], list[str]]] = {
    "bell": lambda *_: [],  # for sleepers of the service, not for screens
    "contact": _talk,
    "message": _talk,
    "work": lambda _, data: [
        *_id(data, "contact_id", "contact"), *_ids(data), *_id(data, "preferred_id", "operator"),
        "floor",
    ],
    "operator": lambda subject, _: [f"operator:{subject}", "directory", "floor"],
    "employee": lambda subject, _: [f"operator:{subject}", "directory"],
    "queue": lambda subject, _: [f"queue:{subject}", "directory", "floor"],
    "client": lambda subject, data: [
        f"client:{subject}", *_id(data, "merged_into", "client"), "floor"
    ],
    "account": lambda *_: ["directory"],
    "directory": lambda *_: ["directory"],
}  # fmt: skip


def event_tail(event: Event, topic: str) -> bytes:
    """An event's frame without its number: what follows `{"n":7,`."""
    shown = "me" if topic.startswith("operator:") else topic
    body = {
        "t": "event",
        "topic": shown,
        "kind": event.kind,
        "id": event.subject_id,
        "version": event.version,
        "data": event.data,
    }
    return orjson.dumps(body, default=str)[1:]  # the driver's UUID is a subclass


def numbered(n: int, tail: bytes) -> bytes:
    """The frame of a tail."""
    return b'{"n":%d,%b' % (n, tail)


def template(tails: list[bytes]) -> bytes:
    """Frames whose numbers are filled in by one `%`: numbering costs a copy and no encoding."""
    return b",".join(b'{"n":%d,' + tail.replace(b"%", b"%%") for tail in tails)


def encoded(**fields: Any) -> bytes:
    """An unnumbered object."""
    return orjson.dumps(fields, default=str, option=orjson.OPT_UTC_Z)


def beat_tail(now: datetime) -> bytes:
    """A beat without the number it tells, shared by all sockets."""
    return orjson.dumps({"t": "beat", "now": now}, option=orjson.OPT_UTC_Z)[1:]


def array(parts: list[bytes]) -> bytes:
    """One text frame of many objects."""
    return b"[" + b",".join(parts) + b"]"
