"""What tests of the intake need: a house with an account, and short words for events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from channels.contract import WebhookRequest
from channels.messages import (
    Address,
    DeliveryChanged,
    DeliveryStatus,
    Event,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    ProfileChanged,
    Proof,
)
from contact_center.intake.model import SubmitResult
from contact_center.intake.writer import Intake
from contact_center.kernel.clock import Clock
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

HISTORY = """
INSERT INTO brands (id, name) VALUES ('{brand}', 'Лавка');
INSERT INTO departments (id, name) VALUES ('{department}', 'Продажи');
INSERT INTO queues (id, name, department_id) VALUES ('{queue}', 'Вопросы', '{department}');
INSERT INTO touchpoints (id, kind, key, title)
  VALUES ('{touchpoint}', 'account', 'chat', 'Чат на сайте');
INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, touchpoint_id, public_key)
  VALUES ('{account}', 'fake', 'Чат', '{medium}', '{brand}', '{queue}', '{touchpoint}', '{key}');
INSERT INTO employees (id, email, name, role)
  VALUES ('{employee}', 'o@example.org', 'O', 'operator');
"""


@dataclass
class Account:
    """The facts of an account, as the live accounts offer them."""

    medium: str = "chat"
    provider: str = "fake"
    id: UUID = field(default_factory=new_id)
    brand_id: UUID = field(default_factory=new_id)
    queue_id: UUID = field(default_factory=new_id)
    touchpoint_id: UUID = field(default_factory=new_id)
    public_key: str = "key"
    state: str = "on"
    settings: Any = None
    channel: Any = None


class House:
    """One account, one queue, one operator, one database; as many intakes as wanted."""

    def __init__(self, database: Database, hints: LocalHints, clock: Clock) -> None:
        self.database = database
        self.hints = hints
        self.clock = clock
        self.account = Account()
        self.employee_id = new_id()
        self.tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def build(
        cls, url: str, hints: LocalHints, clock: Clock, *, medium: str = "chat"
    ) -> House:
        house = cls(await Database.connect(url, hints=hints), hints, clock)
        account = house.account
        account.medium = medium
        values = {
            "brand": account.brand_id, "department": new_id(), "queue": account.queue_id,
            "touchpoint": account.touchpoint_id, "account": account.id, "medium": medium,
            "key": account.public_key, "employee": house.employee_id,
        }  # fmt: skip
        await house.database.execute(HISTORY.format(**values))
        house.intake = house.start()
        return house

    intake: Intake

    def start(self, kind: type[Intake] = Intake, **options: Any) -> Intake:
        """One more running intake."""
        intake = kind(self.database, self.hints, self.clock, **options)
        self.tasks.append(asyncio.create_task(intake.run()))
        return intake

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.database.close()

    async def submit(
        self, *events: Event, raw: bytes = b"{}", request: WebhookRequest | None = None
    ) -> SubmitResult:
        return await self.intake.submit(self.account, events, raw, request)

    async def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.database.fetch(query, *args)]

    async def one(self, query: str, *args: Any) -> dict[str, Any]:
        rows = await self.rows(query, *args)
        assert len(rows) == 1, f"{len(rows)} rows: {query}"
        return rows[0]

    async def count(self, table: str) -> int:
        return int(await self.database.fetchval(f"SELECT count(*) FROM {table}"))

    async def close_contact(self, contact_id: UUID, *, spam: bool = False) -> None:
        """Close as an operator does: contact closed, work done."""
        await self.database.execute(
            "UPDATE contacts SET state = 'closed', closed_at = now(), operator_id = $2, spam = $3, "
            "awaiting = 'nobody', waiting_since = NULL, version = version + 1 WHERE id = $1",
            contact_id, self.employee_id, spam,
        )  # fmt: skip
        await self.database.execute(
            "UPDATE work SET state = 'done', ended_at = now(), version = version + 1 "
            "WHERE contact_id = $1 AND state <> 'done'",
            contact_id,
        )


def visitor(value: str = "v1", **more: Any) -> Address:
    return Address("visitor", value, **more)


def message(
    external: str, text: str = "Здравствуйте", who: str = "v1", **more: Any
) -> MessageReceived:
    values: dict[str, Any] = {
        "at": START, "conversation_key": who, "sender": visitor(who), "text": text,
    } | more  # fmt: skip
    return MessageReceived(external_id=external, **values)


def edit(external: str, target: str, text: str, who: str = "v1", minutes: int = 1) -> MessageEdited:
    return MessageEdited(
        external_id=external, at=START + timedelta(minutes=minutes), conversation_key=who,
        sender=visitor(who), target=target, text=text,
    )  # fmt: skip


def deletion(external: str, target: str, who: str = "v1") -> MessageDeleted:
    return MessageDeleted(
        external_id=external, at=START + timedelta(minutes=9), conversation_key=who,
        sender=visitor(who), target=target,
    )  # fmt: skip


def receipt(
    external: str, target: str, status: DeliveryStatus, who: str = "v1", *, up_to: bool = False
) -> DeliveryChanged:
    return DeliveryChanged(
        external_id=external, at=START, conversation_key=who, sender=visitor(who), target=target,
        status=status, up_to=up_to,
    )  # fmt: skip


def profile(
    external: str, who: str = "v1", name: str = "", claims: Sequence[Address] = (), **fields: str
) -> ProfileChanged:
    return ProfileChanged(
        external_id=external, at=START, conversation_key=who, sender=visitor(who, name=name),
        claims=tuple(claims), fields=fields,
    )  # fmt: skip


def typed(medium: str, value: str) -> Address:
    return Address(medium, value, proof=Proof.CLAIMED)
