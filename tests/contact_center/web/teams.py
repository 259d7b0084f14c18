"""Two teams with everything a permission may be about: contacts, work, offers, messages, files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contact_center.kernel.ids import new_id
from tests.support.office import Office, Person

CANARY = "canaryword"


@dataclass(frozen=True, slots=True)
class Talk:
    """One contact with all that hangs on it, and in whose hands it is."""

    contact: UUID
    client: UUID
    identity: UUID
    message: UUID
    work: UUID
    offer: UUID
    file: UUID

    def ids(self) -> set[str]:
        """Ids that only who may see the contact may see."""
        return {str(i) for i in (self.contact, self.message, self.work, self.offer, self.file)}


class Teams:
    """Makes talks in the queue of a team, in the hands of somebody, active or being offered."""

    def __init__(self, office: Office, account: UUID) -> None:
        self.office = office
        self.account = account

    @classmethod
    async def of(cls, office: Office) -> Teams:
        account = office.ids["account"] = new_id()
        await office.db.execute(
            "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key,"
            " secrets) VALUES ($1, 'webchat', 'Chat', 'chat', $2, $3, 'matrix-key', NULL)",
            account, office.ids["brand"], office.ids["sales_queue"],
        )  # fmt: skip
        await office.workspace.accounts.refresh([account])
        return cls(office, account)

    async def talk(self, team: str, holder: UUID, *, state: str = "active") -> Talk:
        talk = Talk(*(new_id() for _ in range(7)))
        queue = self.office.ids[f"{team}_queue"]
        for query, values in self._rows(talk, team, queue, holder, state):
            await self.office.db.execute(query, *values)
        return talk

    # ruff: noqa: ISC004 - each pair is a statement and its values
    def _rows(
        self, talk: Talk, team: str, queue: UUID, holder: UUID, state: str
    ) -> list[tuple[str, tuple[Any, ...]]]:
        text, line = f"{CANARY} {team}", new_id()
        owner = holder if state == "active" else None
        return [
            ("INSERT INTO clients (id, name) VALUES ($1, $2)",
             (talk.client, f"client of {team} {talk.client}")),
            ("INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'visitor', $3)",
             (talk.identity, talk.client, str(talk.identity))),
            ("INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, queue_id,"
             " identity_id, subject, last_text, last_kind, last_seq, last_at, operator_id)"
             " VALUES ($1, $2, $3, 'chat', $4, $5, $6, $7, $7, 'outbound', 1, now(), $8)",
             (talk.contact, self.account, str(talk.identity), self.office.ids["brand"], queue,
              talk.identity, text, owner)),
            ("INSERT INTO participants (contact_id, identity_id) VALUES ($1, $2)",
             (talk.contact, talk.identity)),
            ("INSERT INTO messages (id, contact_id, seq, kind, employee_id, text, external_id)"
             " VALUES ($1, $2, 1, 'outbound', $3, $4, $5)",
             (talk.message, talk.contact, holder, text, str(talk.message))),
            ("INSERT INTO message_bodies (message_id, text, html) VALUES ($1, $2, $2)",
             (talk.message, text)),
            ("INSERT INTO raw_events (id, account_id, external_id, body)"
             " VALUES ($1, $2, $3, $4)",
             (talk.message, self.account, str(talk.message), text.encode())),
            ("INSERT INTO attachments (id, message_id, contact_id, owner, name, state, blob_key)"
             " VALUES ($1, $2, $3, $4, $5, 'stored', 'none')",
             (talk.file, talk.message, talk.contact, f"employee:{holder}", text)),
            ("INSERT INTO work (id, contact_id, queue_id, medium, cost, state, operator_id,"
             " offer_id, offer_until, accepted_at)"
             " VALUES ($1, $2, $3, 'chat', 20, $4, $5, $6, now() + interval '1 hour', now())",
             (talk.work, talk.contact, queue, state, holder, talk.offer)),
            ("INSERT INTO offers (id, work_id, operator_id, state, fence, until)"
             " VALUES ($1, $2, $3, $4, 1, now() + interval '1 hour')",
             (talk.offer, talk.work, holder, "live" if state == "offered" else "accepted")),
            ("INSERT INTO outbox_lines (id, account_id, conversation_key, last_seq)"
             " VALUES ($1, $2, $3, 1)", (line, self.account, str(talk.identity))),
            ("INSERT INTO outbox (id, line_id, seq, account_id, contact_id, message_id, state)"
             " VALUES ($1, $2, 1, $3, $4, $5, 'failed')",
             (new_id(), line, self.account, talk.contact, talk.message)),
        ]  # fmt: skip

    async def quarantine(self, team: str) -> None:
        """Something that could not be read, at an account of this team."""
        account = new_id()
        await self.office.db.execute(
            "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key)"
            " VALUES ($1, 'none', 'Other', 'chat', $2, $3, $4)",
            account, self.office.ids["brand"], self.office.ids[f"{team}_queue"], f"{team}-key",
        )  # fmt: skip
        await self.office.db.execute(
            "INSERT INTO quarantine (id, account_id, kind, error, request)"
            " VALUES ($1, $2, 'malformed', $3, '')", new_id(), account, f"{CANARY} {team}",
        )  # fmt: skip

    async def merge(self, winner: UUID, loser: UUID) -> UUID:
        """A merge that may be undone."""
        merge = new_id()
        await self.office.db.execute(
            "INSERT INTO merges (id, winner_id, loser_id) VALUES ($1, $2, $3)", merge, winner, loser
        )
        await self.office.db.execute(
            "UPDATE clients SET merged_into = $2 WHERE id = $1", loser, winner
        )
        return merge

    async def staff(self, role: str) -> Person:
        """Somebody of the sales team."""
        return await self.office.hire(f"{role}{new_id().hex}", role)
