"""The company's organisation as rows: brands, departments, queues, employees, lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from contact_center.simulator.company import Company, Employee
from contact_center.simulator.rows import Maker, Rows

DAY = (("ready", 9.0, 13.0), ("break", 13.0, 13.6), ("ready", 13.6, 18.0))


@dataclass(slots=True)
class Organisation:
    """Ids by code."""

    brands: dict[str, UUID] = field(default_factory=dict)
    departments: dict[str, UUID] = field(default_factory=dict)
    queues: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    touchpoints: dict[str, UUID] = field(default_factory=dict)
    kinds: dict[str, UUID] = field(default_factory=dict)
    results: dict[str, UUID] = field(default_factory=dict)
    employees: dict[str, UUID] = field(default_factory=dict)
    skills: dict[str, UUID] = field(default_factory=dict)
    crews: dict[str, list[UUID]] = field(default_factory=dict)
    """Who answers in a queue."""


def organise(
    company: Company, rows: Rows, maker: Maker, founded: datetime, password_hash: str
) -> Organisation:
    """Rows of the organisation, and the ids they got."""
    org = Organisation()
    for brand in company.brands:
        org.brands[brand.code] = maker.id(founded)
        rows.add("brands", id=org.brands[brand.code], **brand.model_dump(exclude={"code"}))
    for department in company.departments:
        org.departments[department.code] = maker.id(founded)
        rows.add("departments", id=org.departments[department.code], name=department.name)
    for queue in company.queues:
        org.queues[queue.code] = maker.id(founded)
        given = queue.model_dump(exclude={"code", "department", "brand"})
        rows.add(
            "queues", id=org.queues[queue.code], code=queue.code, **given, data={}, rules={},
            department_id=org.departments[queue.department], brand_id=org.brands[queue.brand],
        )  # fmt: skip
    for code in (*(account.code for account in company.accounts), company.mailbox.code):
        org.accounts[code] = maker.id(founded)
    org.kinds = _titled("kinds", company.kinds, rows, maker, founded)
    org.results = _titled("result_codes", company.result_codes, rows, maker, founded)
    _titled("break_reasons", company.break_reasons, rows, maker, founded)
    own = Maker(company.seed + 1)  # so that a skill more leaves all the rest as it was
    for skill in company.skills:
        org.skills[skill.code] = own.id(founded)
        rows.add("skills", id=org.skills[skill.code], code=skill.code, title=skill.title)
    for employee in company.employees:
        _employ(employee, org, rows, maker.id(founded), password_hash)
    return org


def _titled(
    table: str, given: list[Any], rows: Rows, maker: Maker, founded: datetime
) -> dict[str, UUID]:
    ids = {one.code: maker.id(founded) for one in given}
    for position, one in enumerate(given):
        rows.add(table, id=ids[one.code], code=one.code, title=one.title, position=position)
    return ids


def _employ(
    employee: Employee, org: Organisation, rows: Rows, employee_id: UUID, password_hash: str
) -> None:
    org.employees[employee.email] = employee_id
    rows.add(
        "employees", id=employee_id, email=employee.email, name=employee.name,
        password_hash=password_hash, role=employee.role, state="active", locale=employee.locale,
        settings={},
    )  # fmt: skip
    for code in employee.departments:
        rows.add("department_members", department_id=org.departments[code], employee_id=employee_id)
    for code, level in employee.skills.items():
        rows.add("employee_skills", employee_id=employee_id, skill_id=org.skills[code], level=level)
    for code in employee.queues:
        rows.add("queue_members", queue_id=org.queues[code], employee_id=employee_id)
        if employee.role == "operator":
            org.crews.setdefault(code, []).append(employee_id)


def attend(
    company: Company, org: Organisation, rows: Rows, maker: Maker, now: datetime
) -> dict[UUID, dict[str, Any]]:
    """Capacity rows and three weeks of presence; returns the capacity rows by operator."""
    zone = ZoneInfo(company.zone)
    capacity: dict[UUID, dict[str, Any]] = {}
    for employee in company.employees:
        who = org.employees[employee.email]
        began = now - timedelta(days=company.days)
        if employee.role == "operator":
            began = _history(company.days, who, rows, maker, now.astimezone(zone))
        rows.add(
            "presence_history", id=maker.id(began), employee_id=who, presence="offline",
            cause="employee", started_at=began,
        )  # fmt: skip
        capacity[who] = rows.add(
            "operators", id=who, presence="offline", presence_since=began, ceilings={"chat": 4},
            load={}, used=0,
        )  # fmt: skip
    return capacity


def _history(days: int, who: UUID, rows: Rows, maker: Maker, now: datetime) -> datetime:
    """Working days up to yesterday; returns when the last one ended."""
    end = now - timedelta(days=days)
    for back in range(days, 0, -1):
        midnight = (now - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        if midnight.weekday() >= 5 and not maker.often(0.35):  # noqa: PLR2004 - the weekend
            continue
        late = timedelta(minutes=maker.chance.randint(-10, 12))
        for presence, start, stop in DAY:
            begin, end = (midnight + timedelta(hours=hour) + late for hour in (start, stop))
            rows.add(
                "presence_history", id=maker.id(begin), employee_id=who, presence=presence,
                reason="lunch" if presence == "break" else None, cause="employee",
                started_at=begin, ended_at=end,
            )  # fmt: skip
    return end
