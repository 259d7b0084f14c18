"""SQL of employees, departments and the short lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contact_center.kernel.errors import Invalid, NotFound
from contact_center.storage import tables as t
from contact_center.storage.coded import CodedList
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

Queries = Database | Unit

break_reasons = CodedList(t.break_reasons)
skills = CodedList(t.skills)
EVERYTHING = sa.true()


def _gathered(column: sa.Column[Any], table: sa.Table) -> sa.ColumnElement[Any]:
    return sa.func.array(
        sa.select(column)
        .where(table.c.employee_id == t.employees.c.id)
        .order_by(column)
        .scalar_subquery()
    )


_SKILLS = (
    sa.select(
        sa.func.coalesce(
            sa.func.jsonb_agg(
                sa.func.jsonb_build_object(
                    "skill_id", t.employee_skills.c.skill_id, "level", t.employee_skills.c.level
                )
            ),
            sa.text("'[]'::jsonb"),
        )
    )
    .select_from(t.employee_skills.join(t.skills))
    .where(t.employee_skills.c.employee_id == t.employees.c.id, t.skills.c.archived_at.is_(None))
    .scalar_subquery()
)
# What of him would go back to the line: open contacts in his hands, and those he has laid aside.
_HOLDS = sa.text("""(
  (SELECT count(*) FROM work w WHERE w.operator_id = employees.id AND w.state = 'active')
  + (SELECT count(*) FROM work w WHERE w.preferred_id = employees.id AND w.state = 'parked')
) AS holds""")
_EMPLOYEES = sa.select(
    *[t.employees.c[name] for name in (
        "id", "email", "name", "role", "state", "locale", "zone", "settings", "created_at",
        "version")],
    *[t.operators.c[name] for name in (
        "presence", "presence_reason", "presence_since", "presence_next", "budget", "used",
        "ceilings", "load")],
    _gathered(t.department_members.c.department_id, t.department_members).label("departments"),
    _gathered(t.queue_members.c.queue_id, t.queue_members).label("queues"),
    _SKILLS.label("skills"),
    _HOLDS,
).select_from(t.employees.join(t.operators, t.operators.c.id == t.employees.c.id))  # fmt: skip

BUMP = """
UPDATE operators SET version = version + 1 WHERE id = ANY($1::uuid[])
RETURNING id, version
"""
SNAPSHOTS = """
SELECT id, version, cc_operator_snapshot(id) AS snapshot FROM operators
WHERE id = ANY($1::uuid[]) ORDER BY id
"""
# Becoming ready starts the wait for the next work anew, unless there still is some.
SET_PRESENCE = """
UPDATE operators SET presence = $2, presence_reason = $3, presence_since = $4,
  presence_next = NULL,
  misses = CASE WHEN $2 = 'ready' THEN 0 ELSE misses END,
  idle_since = CASE WHEN $2 = 'ready' AND presence <> 'ready' AND used = 0 THEN $4
                    ELSE idle_since END
WHERE id = ANY($1::uuid[])
"""
END_PRESENCE = """
UPDATE presence_history SET ended_at = $2 WHERE employee_id = ANY($1::uuid[]) AND ended_at IS NULL
"""
BEGIN_PRESENCE = """
INSERT INTO presence_history (id, employee_id, presence, reason, cause, started_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
"""
SET_NEXT = "UPDATE operators SET presence_next = $2 WHERE id = $1"
BREAK_IS_DUE = """
SELECT id, presence_next FROM operators
WHERE id = ANY($1::uuid[]) AND presence_next IS NOT NULL AND used = 0
"""
NOW = "SELECT now()"
FORGET_SKILLS = """
DELETE FROM employee_skills e USING skills s
WHERE s.id = e.skill_id AND s.archived_at IS NULL AND e.employee_id = $1
"""
ADD_SKILLS = """
INSERT INTO employee_skills (employee_id, skill_id, level)
SELECT $1, v.skill_id, v.level FROM unnest($2::uuid[], $3::int[]) AS v(skill_id, level)
"""
ASKED_FOR = """
SELECT EXISTS (SELECT FROM skills s JOIN queues q ON q.archived_at IS NULL
  WHERE s.id = $1 AND (q.rules -> 'needs' ? s.code OR EXISTS (
    SELECT FROM jsonb_array_elements(q.rules -> 'ladder') r
    WHERE r -> 'needs' ? s.code OR r -> 'drop' ? s.code)))
"""
ADD_CAPACITY = """
INSERT INTO operators (id, budget, ceilings, presence_since)
SELECT $1, coalesce((p.body -> 'house' ->> 'capacity')::int, 100),
  CASE WHEN p.body IS NULL THEN $2 ELSE coalesce((
    SELECT jsonb_object_agg(m.key, m.value -> 'ceiling') FROM jsonb_each(p.body -> 'media') m
    WHERE m.value ->> 'ceiling' IS NOT NULL), '{}') END, $3
FROM (VALUES (1)) AS one LEFT JOIN policies p ON p.state = 'current'
"""


async def employees(db: Queries, visible: sa.ColumnElement[bool]) -> list[Record]:
    """Employees by name, with departments, queues, skills and presence."""
    query = _EMPLOYEES.where(visible).order_by(sa.func.lower(t.employees.c.name), t.employees.c.id)
    return await db.fetch(query)


async def employee(db: Queries, employee_id: UUID) -> Record:
    """One employee. Raises NotFound."""
    row = await db.fetchrow(_EMPLOYEES.where(t.employees.c.id == employee_id))
    if row is None:
        raise NotFound("there is no such employee")
    return row


async def lock_employee(unit: Unit, employee_id: UUID) -> Record:
    """Lock capacity row and employee, in this order. Raises NotFound."""
    await unit.lock("operators", [employee_id])
    row = await unit.fetchrow(
        "SELECT * FROM employees WHERE id = $1 FOR NO KEY UPDATE", employee_id
    )
    if row is None:
        raise NotFound("there is no such employee")
    return row


async def email_is_taken(db: Queries, email: str, *, but: UUID | None = None) -> bool:
    found = await db.fetchval(
        "SELECT EXISTS (SELECT FROM employees WHERE lower(email) = lower($1)"
        " AND id IS DISTINCT FROM $2::uuid)",
        email,
        but,
    )
    return bool(found)


async def add_employee(
    unit: Unit, values: Mapping[str, Any], *, ceilings: Mapping[str, int], now: datetime
) -> None:
    """Insert the employee, his capacity row and the beginning of his presence history.

    `ceilings`, and the usual points, hold where no policy runs yet that says others.
    """
    await unit.execute(sa.insert(t.employees).values(dict(values)))
    await unit.execute(ADD_CAPACITY, values["id"], dict(ceilings), now)


async def set_capacity(unit: Unit, employee_id: UUID, values: Mapping[str, Any]) -> None:
    """Write budget or ceilings."""
    await unit.execute(
        sa.update(t.operators).where(t.operators.c.id == employee_id).values(dict(values))
    )


async def other_administrators(unit: Unit, employee_id: UUID) -> bool:
    """Whether somebody else administers; holds those rows, so two cannot leave at once."""
    rows = await unit.fetch(
        "SELECT id FROM employees WHERE role = 'administrator' AND state = 'active'"
        " ORDER BY id FOR NO KEY UPDATE"
    )
    return any(row["id"] != employee_id for row in rows)


async def set_departments(unit: Unit, employee_id: UUID, departments: Iterable[UUID]) -> None:
    await _replace(unit, t.department_members, "employee_id", employee_id, departments)


async def set_queues(unit: Unit, employee_id: UUID, queues: Iterable[UUID]) -> None:
    await _replace(unit, t.queue_members, "employee_id", employee_id, queues)


async def set_skills(unit: Unit, employee_id: UUID, levels: Mapping[UUID, int]) -> None:
    """Make these his levels; what he had of archived skills is kept for their return."""
    await _known(unit, t.skills, list(levels))
    await unit.execute(FORGET_SKILLS, employee_id)
    await unit.execute(ADD_SKILLS, employee_id, list(levels), list(levels.values()))


async def skilled(db: Queries, skill_id: UUID) -> list[UUID]:
    """Who has the skill."""
    rows = await db.fetch("SELECT employee_id FROM employee_skills WHERE skill_id = $1", skill_id)
    return [row["employee_id"] for row in rows]


async def skill_is_asked_for(db: Queries, skill_id: UUID) -> bool:
    """Whether a queue asks for it or speaks of it on a rung of its ladder."""
    return bool(await db.fetchval(ASKED_FOR, skill_id))


async def _replace(
    unit: Unit, table: sa.Table, key: str, value: UUID, others: Iterable[UUID]
) -> None:
    """Make the pairs of a membership table those of one side."""
    other = next(column.name for column in table.c if column.name != key)
    wanted = set(others)
    target = next(iter(table.c[other].foreign_keys)).column.table
    await _known(unit, target, list(wanted))
    await unit.execute(
        sa.delete(table).where(table.c[key] == value, table.c[other].not_in(list(wanted)))
    )
    await unit.execute(
        f"INSERT INTO {table.name} ({key}, {other})"
        " SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING",
        value,
        sorted(wanted),
    )


async def _known(unit: Unit, table: sa.Table, ids: Sequence[UUID]) -> None:
    found = await unit.fetch(
        sa.select(table.c.id).where(table.c.id.in_(list(ids)), table.c.archived_at.is_(None))
    )
    missing = set(ids) - {row["id"] for row in found}
    if missing:
        raise Invalid(
            f"there is no such entry in {table.name}: {min(missing)}",
            field=table.name,
            code="unknown_reference",
        )


# --- departments -----------------------------------------------------------------------------

_DEPARTMENTS = sa.select(
    t.departments,
    sa.func.array(
        sa.select(t.department_members.c.employee_id)
        .where(t.department_members.c.department_id == t.departments.c.id)
        .order_by(t.department_members.c.employee_id)
        .scalar_subquery()
    ).label("members"),
)


async def departments(
    db: Queries, visible: sa.ColumnElement[bool], *, archived: bool = False
) -> list[Record]:
    query = _DEPARTMENTS.where(visible).order_by(sa.func.lower(t.departments.c.name))
    return await db.fetch(query if archived else query.where(t.departments.c.archived_at.is_(None)))


async def department(db: Queries, department_id: UUID) -> Record:
    """One department. Raises NotFound."""
    row = await db.fetchrow(_DEPARTMENTS.where(t.departments.c.id == department_id))
    if row is None:
        raise NotFound("there is no such department")
    return row


async def add_department(unit: Unit, values: Mapping[str, Any]) -> None:
    await unit.execute(sa.insert(t.departments).values(dict(values)))


async def set_members(unit: Unit, department_id: UUID, members: Iterable[UUID]) -> None:
    table, wanted = t.department_members, list(set(members))
    await unit.execute(
        sa.delete(table).where(
            table.c.department_id == department_id, table.c.employee_id.not_in(wanted)
        )
    )
    await unit.execute(
        "INSERT INTO department_members (department_id, employee_id)"
        " SELECT $1, id FROM employees WHERE id = ANY($2::uuid[]) ON CONFLICT DO NOTHING",
        department_id,
        wanted,
    )


async def department_is_used(db: Queries, department_id: UUID) -> bool:
    found = await db.fetchval(
        "SELECT EXISTS (SELECT FROM queues WHERE department_id = $1 AND archived_at IS NULL)",
        department_id,
    )
    return bool(found)
