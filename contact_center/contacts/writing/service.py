"""The writer of one contact: gathers messages and changes, writes them with versions and events.

Each event has a version of its own, so a reader that ignores what is not newer misses none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.contacts.writing import store
from contact_center.contacts.writing.store import NewMessage
from contact_center.kernel.errors import NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Unit

SHOWN = 200
"""Characters of the last text kept with the contact."""
TALK = frozenset({"inbound", "outbound", "call", "survey"})
"""Kinds that count as the contact's last text; notes and system entries do not."""


class Writer:
    """A contact whose row this unit holds locked. Nothing is written before `flush`."""

    def __init__(self, unit: Unit, row: Mapping[str, Any], *, now: datetime, actor: str) -> None:
        self._unit = unit
        self._row = dict(row)
        self._now = now
        self._actor = actor
        self._messages: list[NewMessage] = []
        self._told: list[tuple[str, dict[str, Any]]] = []
        self._changed = False

    @classmethod
    async def lock(cls, unit: Unit, contact_id: UUID, *, now: datetime, actor: str) -> Writer:
        """Lock the contact. Raises NotFound."""
        rows = await unit.lock("contacts", [contact_id])
        if not rows:
            raise NotFound("there is no such contact")
        return cls(unit, rows[0], now=now, actor=actor)

    def __getitem__(self, column: str) -> Any:
        return self._row[column]

    @property
    def id(self) -> UUID:
        value: UUID = self._row["id"]
        return value

    @property
    def is_open(self) -> bool:
        return bool(self._row["state"] == "open")

    def set(self, **values: Any) -> None:
        """Change columns; what stays as it was is no change."""
        for name, value in values.items():
            if self._row[name] != value:
                self._row[name] = value
                self._changed = True

    def say(
        self,
        kind: str,
        text: str = "",
        *,
        employee_id: UUID | None = None,
        client_msg_id: str | None = None,
        reply_to: UUID | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> UUID:
        """Add a message at the end of the thread; returns its id."""
        self._row["last_seq"] += 1
        message = NewMessage(
            new_id(), self._row["last_seq"], kind, employee_id, text, client_msg_id, reply_to,
            data or {},
        )  # fmt: skip
        self._messages.append(message)
        if kind in TALK:
            self._row.update(last_text=text[:SHOWN], last_kind=kind, last_at=self._now)
        return message.id

    def note_system(self, code: str, **data: Any) -> None:
        """Add a system entry; the console words it."""
        values = {name: str(v) for name, v in data.items() if v is not None}
        self.say("system", data={"code": code, **values})

    def tell(self, kind: str, **ids: UUID) -> None:
        """Add an event of another kind, after those of messages and changes."""
        self._told.append((kind, ids))

    async def flush(self, cause: str = "") -> int:
        """Write and log everything gathered; returns the contact's version."""
        closed = self._row["state"] == "closed" and self._changed
        events = [self._message_event(one) for one in self._messages]
        if self._changed:
            kind = "contact.closed" if closed else "contact.changed"
            events.append((kind, self._places(account_id=self._row["account_id"])))
        events.extend((kind, self._places(**ids)) for kind, ids in self._told)
        if self._messages:
            await store.insert(self._unit, self.id, self._messages, self._now)
        for kind, data in events:
            self._row["version"] += 1
            self._unit.log(
                kind, "contact", self.id, version=self._row["version"], actor=self._actor,
                cause=cause, identity_id=self._row["identity_id"], data=data,
            )  # fmt: skip
        if events:
            await store.update(self._unit, self.id, self._row)
        self._messages, self._told, self._changed = [], [], False
        return int(self._row["version"])

    def _message_event(self, message: NewMessage) -> tuple[str, dict[str, Any]]:
        data = self._places(message_id=message.id)
        return "message.added", {**data, "seq": message.seq, "kind": message.kind}

    def _places(self, **more: UUID) -> dict[str, Any]:
        ids = {
            "queue_id": self._row["queue_id"],
            "operator_id": self._row["operator_id"],
            **more,
        }
        return {name: str(value) if value else None for name, value in ids.items()}
