"""Actors, roles and permissions: pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal
from uuid import UUID

Role = Literal["operator", "supervisor", "administrator", "light"]


class Permission(StrEnum):
    """What a route asks for. PUBLIC needs no sign-in; SIGNED_IN any employee."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    READ = "read"  # read contacts and clients within one's visibility
    NOTE = "note"  # write internal notes
    WORK = "work"  # take offers, reply, transfer, close
    CLIENTS = "clients"  # change and merge client records
    SUPERVISE = "supervise"  # see departments' work, lists of administration, health
    ADMINISTER = "administer"  # change the organisation, accounts, quarantine
    TRACE = "trace"  # read the way of an event (simulator, diagnosis)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `queues` are the queues he works in; `departments` those he belongs to."""

    employee_id: UUID
    role: Role
    name: str
    permissions: frozenset[Permission]
    queues: frozenset[UUID] = field(default_factory=frozenset)
    departments: frozenset[UUID] = field(default_factory=frozenset)
    session: bytes | None = None  # hash of the login session; None with an API token
    locale: str = "ru"
    token: bytes | None = None  # hash of the API token; None with a login session

    @property
    def label(self) -> str:
        """The actor as the log writes him."""
        return f"employee:{self.employee_id}"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions
