"""`authorize` for one thing, `visible` for many: the only two places where rights are decided."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from contact_center.access.model import Actor, Permission, Role
from contact_center.kernel.errors import Forbidden
from contact_center.storage import tables as t

P = Permission
LIGHT = frozenset({P.PUBLIC, P.SIGNED_IN, P.READ, P.NOTE})
OPERATOR = LIGHT | {P.WORK, P.CLIENTS}
SUPERVISOR = OPERATOR | {P.SUPERVISE}
ADMINISTRATOR = SUPERVISOR | {P.ADMINISTER, P.TRACE}
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "light": LIGHT,
    "operator": OPERATOR,
    "supervisor": SUPERVISOR,
    "administrator": ADMINISTRATOR,
}

Kind = Literal["contact", "work", "queue", "client"]


def authorize(actor: Actor, permission: Permission) -> None:
    """Raise Forbidden unless the actor holds the permission."""
    if not actor.may(permission):
        raise Forbidden(f"the role {actor.role} lacks the permission {permission.value}")


def _own_departments(actor: Actor) -> sa.ScalarSelect[UUID] | sa.Select[tuple[UUID]]:
    return sa.select(t.queues.c.id).where(t.queues.c.department_id.in_(list(actor.departments)))


def visible(actor: Actor, kind: Kind) -> sa.ColumnElement[bool]:
    """The rows of a kind the actor may see, as a predicate on that kind's table.

    administrator: all. supervisor and light: queues of the own departments. operator: the queues
    he works in. Everybody: what is assigned or offered to him, or laid aside by him. Clients: all
    for who works with them, for others those of whom they see a contact.
    """
    if actor.role == "administrator" or (kind == "client" and actor.may(P.WORK)):
        return sa.true()
    if kind == "client":
        return _has_visible_contact(actor)
    table = {"contact": t.contacts, "work": t.work, "queue": t.queues}[kind]
    queue = table.c.id if kind == "queue" else table.c.queue_id
    seen: sa.ColumnElement[bool]
    if actor.role == "operator":
        seen = queue.in_(list(actor.queues))
    else:
        seen = sa.or_(queue.in_(_own_departments(actor)), queue.in_(list(actor.queues)))
    if kind == "queue":
        return seen
    seen = sa.or_(seen, table.c.operator_id == actor.employee_id)
    return sa.or_(seen, t.contacts.c.id.in_(_his(actor))) if kind == "contact" else seen


def _his(actor: Actor) -> sa.CompoundSelect[tuple[UUID]]:
    """What is being offered to him, or he has laid aside, may be of a queue that is not his."""
    w = t.work.c
    offered = sa.select(w.contact_id).where(
        w.operator_id == actor.employee_id, w.state == sa.literal_column("'offered'")
    )
    parked = sa.select(w.contact_id).where(
        w.preferred_id == actor.employee_id, w.state == sa.literal_column("'parked'")
    )
    return sa.union_all(offered, parked)


def _has_visible_contact(actor: Actor) -> sa.ColumnElement[bool]:
    of_client = t.identities.join(t.contacts, t.contacts.c.identity_id == t.identities.c.id)
    return (
        sa.select(sa.literal(1))
        .select_from(of_client)
        .where(t.identities.c.client_id == t.clients.c.id, visible(actor, "contact"))
        .correlate(t.clients)
        .exists()
    )
