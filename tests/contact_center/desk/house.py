"""A house with people, queues and contacts, written as the other features write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.contract import Capabilities
from contact_center.access.model import Actor, Role
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.contacts.service import Contacts
from contact_center.desk.service import Desk
from contact_center.kernel.clock import Clock
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

UNDO_SECONDS = 0


def carries(_provider: str, *_account: object) -> Capabilities:
    most = dict.fromkeys(("image", "video", "audio", "voice", "file"), 10_000_000)
    return Capabilities(authentication="secret", undo_seconds=UNDO_SECONDS, attachments=most)


@dataclass
class House:
    """One department with a queue, an account, and whoever is hired."""

    database: Database
    clock: Clock
    brand: UUID = field(default_factory=new_id)
    department: UUID = field(default_factory=new_id)
    account: UUID = field(default_factory=new_id)
    code: UUID = field(default_factory=new_id)
    kind: UUID = field(default_factory=new_id)
    main: UUID = field(default_factory=new_id)
    arrivals: int = 0

    def __post_init__(self) -> None:
        self.contacts = Contacts(
            self.database, self.clock, lambda one, _now: f"/files/{one}", carries=carries
        )
        self.desk = Desk(self.database, self.clock, self.contacts)

    async def build(self) -> House:
        db = self.database
        await db.execute("INSERT INTO brands (id, name) VALUES ($1, 'Shop')", self.brand)
        await db.execute("INSERT INTO departments (id, name) VALUES ($1, 'Sales')", self.department)
        await self.queue("main", queue_id=self.main)
        await db.execute(
            "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key)"
            " VALUES ($1, 'fake', 'Chat', 'chat', $2, $3, 'key')",
            self.account, self.brand, self.main,
        )  # fmt: skip
        await db.execute("INSERT INTO result_codes (id, code) VALUES ($1, 'sold')", self.code)
        await db.execute("INSERT INTO kinds (id, code) VALUES ($1, 'claim')", self.kind)
        return self

    async def queue(
        self, name: str, *, queue_id: UUID | None = None, department: UUID | None = None,
        wrap_up: int = 60, code_required: bool = True, priority: int = 0,
    ) -> UUID:  # fmt: skip
        queue_id = queue_id or new_id()
        await self.database.execute(
            "INSERT INTO queues (id, name, department_id, wrap_up_seconds, wrap_up_code_required,"
            " priority_seconds) VALUES ($1, $2, $3, $4, $5, $6)",
            queue_id, name, department or self.department, wrap_up, code_required, priority,
        )  # fmt: skip
        return queue_id

    async def elsewhere(self) -> UUID:
        """A queue of another department."""
        other = new_id()
        await self.database.execute(
            "INSERT INTO departments (id, name) VALUES ($1, $2)", other, str(other)
        )
        return await self.queue(str(other), department=other)

    async def hire(
        self, name: str, *queues: UUID, role: Role = "operator", presence: str = "ready"
    ) -> Actor:
        me, queues = new_id(), queues or (self.main,)
        db = self.database
        await db.execute(
            "INSERT INTO employees (id, email, name, role) VALUES ($1, $2, $3, $4)",
            me, f"{me}@example.org", name, role,
        )  # fmt: skip
        for queue in queues:
            await db.execute("INSERT INTO queue_members VALUES ($1, $2)", queue, me)
        await db.execute(
            "INSERT INTO operators (id, presence, idle_since) VALUES ($1, $2, $3)",
            me, presence, self.clock.now(),
        )  # fmt: skip
        departments = frozenset({self.department}) if role != "operator" else frozenset()
        return Actor(me, role, name, ROLE_PERMISSIONS[role], frozenset(queues), departments)

    async def arrive(
        self, text: str = "hello", *, queue: UUID | None = None, name: str = "", ago: float = 0
    ) -> UUID:
        """A stranger writes: client, address, contact, message, work."""
        self.arrivals += 1
        client, identity, contact, work = (new_id() for _ in range(4))
        queue, at = queue or self.main, self.clock.now() - timedelta(seconds=ago)

        async def step(unit: Unit) -> None:
            await unit.execute(
                "INSERT INTO clients (id, name) VALUES ($1, $2)",
                client, name or f"Client {self.arrivals}",
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO identities (id, client_id, medium, value, proof)"
                " VALUES ($1, $2, 'visitor', $3, 'signed')",
                identity, client, str(identity),
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id,"
                " queue_id, identity_id, last_seq, last_text, last_kind, last_at, waiting_since,"
                " opened_at) VALUES ($1, $2, $3, 'chat', $4, $5, $6, 1, $7, 'inbound', $8, $8, $8)",
                contact, self.account, str(identity), self.brand, queue, identity, text, at,
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO messages (id, contact_id, seq, kind, identity_id, text)"
                " VALUES ($1, $2, 1, 'inbound', $3, $4)",
                new_id(), contact, identity, text,
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO participants (contact_id, identity_id) VALUES ($1, $2)",
                contact, identity,
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO work (id, contact_id, queue_id, medium, cost, arrived_at,"
                " virtual_arrival) VALUES ($1, $2, $3, 'chat', 20, $4, $4)",
                work, contact, queue, at,
            )  # fmt: skip

        await self.database.run(step)
        return contact

    async def write(self, contact: UUID, text: str = "and?") -> None:
        """The client writes into an open contact, as intake does it."""

        async def step(unit: Unit) -> None:
            rows = await unit.lock("contacts", [contact])
            await unit.execute(
                "UPDATE contacts SET last_seq = last_seq + 1, version = version + 1,"
                " awaiting = 'us', waiting_since = coalesce(waiting_since, $2) WHERE id = $1",
                contact, self.clock.now(),
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO messages (id, contact_id, seq, kind, identity_id, text)"
                " VALUES ($1, $2, $3, 'inbound', $4, $5)",
                new_id(), contact, rows[0]["last_seq"] + 1, rows[0]["identity_id"], text,
            )  # fmt: skip

        await self.database.run(step)

    async def offer(self, contact: UUID, to: Actor) -> UUID:
        """Offer waiting work, as the router does it."""
        offer = new_id()

        async def step(unit: Unit) -> None:
            await unit.lock("operators", [to.employee_id], "id")
            work = await unit.fetchval(
                "SELECT id FROM work WHERE contact_id = $1 AND state = 'waiting'", contact
            )
            await unit.lock("work", [work], "id")
            until = self.clock.now() + timedelta(seconds=45)
            await unit.execute(
                "INSERT INTO offers (id, work_id, operator_id, fence, created_at, until)"
                " VALUES ($1, $2, $3, 1, $4, $5)",
                offer, work, to.employee_id, self.clock.now(), until,
            )  # fmt: skip
            await unit.execute(
                "UPDATE work SET state = 'offered', operator_id = $2, offer_id = $3,"
                " offer_until = $4, offered_at = $5, version = version + 1 WHERE id = $1",
                work, to.employee_id, offer, until, self.clock.now(),
            )  # fmt: skip
            await unit.execute(
                "UPDATE operators SET used = used + 20, version = version + 1, misses = 1,"
                " load = load || jsonb_build_object('chat', coalesce((load->>'chat')::int, 0) + 1)"
                " WHERE id = $1",
                to.employee_id,
            )

        await self.database.run(step)
        return offer

    async def work(self, contact: UUID) -> Any:
        """The latest turn of a contact."""
        return await self.database.fetchrow(
            "SELECT * FROM work WHERE contact_id = $1 ORDER BY seq DESC LIMIT 1", contact
        )

    async def operator(self, actor: Actor) -> Any:
        return await self.database.fetchrow(
            "SELECT * FROM operators WHERE id = $1", actor.employee_id
        )

    async def row(self, contact: UUID) -> Any:
        return await self.database.fetchrow("SELECT * FROM contacts WHERE id = $1", contact)

    async def events(self, contact: UUID) -> list[str]:
        """Kinds of the log's events about a contact, with versions checked."""
        rows = await self.database.fetch(
            "SELECT kind, version FROM events WHERE subject_id = $1 ORDER BY seq", contact
        )
        versions = [row["version"] for row in rows]
        assert versions == sorted(set(versions))
        return [row["kind"] for row in rows]

    async def codes(self, contact: UUID) -> list[str]:
        """Codes of the system entries of a thread."""
        rows = await self.database.fetch(
            "SELECT data->>'code' AS code FROM messages WHERE contact_id = $1"
            " AND kind = 'system' ORDER BY seq", contact
        )  # fmt: skip
        return [row["code"] for row in rows]


FAULTS = """
SELECT 'capacity', o.id FROM operators o LEFT JOIN (
  SELECT operator_id, sum(cost) AS used, count(*) AS n FROM work
  WHERE state IN ('offered', 'active', 'wrap_up') GROUP BY 1) b ON b.operator_id = o.id
WHERE o.used <> coalesce(b.used, 0) OR coalesce((o.load->>'chat')::int, 0) <> coalesce(b.n, 0)
UNION ALL SELECT 'holder', c.id FROM contacts c LEFT JOIN work w
  ON w.contact_id = c.id AND w.state = 'active' WHERE c.state = 'open'
  AND c.operator_id IS DISTINCT FROM w.operator_id
UNION ALL SELECT 'offer', w.id FROM work w WHERE w.state = 'offered' AND NOT EXISTS (
  SELECT FROM offers o WHERE o.id = w.offer_id AND o.state = 'live'
  AND o.operator_id = w.operator_id)
UNION ALL SELECT 'stray', o.id FROM offers o JOIN work w ON w.id = o.work_id
  WHERE o.state = 'live' AND (w.state <> 'offered' OR w.offer_id <> o.id)
UNION ALL SELECT 'gap', contact_id FROM messages GROUP BY 2 HAVING max(seq) <> count(*)
UNION ALL SELECT 'last', c.id FROM contacts c
  WHERE c.last_seq <> (SELECT count(*) FROM messages m WHERE m.contact_id = c.id)
UNION ALL SELECT 'open turn of closed', w.id FROM work w JOIN contacts c ON c.id = w.contact_id
  WHERE c.state = 'closed' AND w.state NOT IN ('done', 'wrap_up')
UNION ALL SELECT 'unanswered', m.id FROM messages m WHERE m.kind = 'outbound'
  AND 1 <> (SELECT count(*) FROM outbox o WHERE o.message_id = m.id)
UNION ALL SELECT 'version', e.subject_id FROM events e JOIN work w ON w.id = e.subject_id
  GROUP BY 2, w.version HAVING max(e.version) > w.version
"""


async def faults(database: Database) -> list[tuple[str, UUID]]:
    """What rows must never show, whatever happened."""
    rows = [tuple(row.values()) for row in await database.fetch(FAULTS)]
    return [(kind, subject) for kind, subject in rows]
