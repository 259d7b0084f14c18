"""People who work: employees, what they may and can, their presence and their sign-ins."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from contact_center.storage.tables.columns import at, data, id_, metadata, number, one_of, ref, text

# fmt: off

employees = sa.Table(  # settings: theme, density, sounds, shortcuts; kept on the server
    "employees", metadata, id_(), text("email"), text("name"), text("password_hash", null=True),
    text("role"), text("state", default="active"), text("locale", default="ru"),
    text("zone", default="Europe/Minsk"), data("settings"), at("created_at", null=False),
    number("version", 1),
    sa.Index("uq_employees_email", sa.text("lower(email)"), unique=True),
    one_of("role", "operator", "supervisor", "administrator", "light"),
    one_of("state", "invited", "active", "disabled"),
)
department_members = sa.Table(
    "department_members", metadata,
    sa.Column("department_id", sa.ForeignKey("departments.id"), primary_key=True),
    sa.Column("employee_id", sa.ForeignKey("employees.id"), primary_key=True, index=True),
)
queue_members = sa.Table(
    "queue_members", metadata,
    sa.Column("queue_id", sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("employee_id", sa.ForeignKey("employees.id"), primary_key=True, index=True),
)
skills = sa.Table(
    "skills", metadata, id_(), text("code"), data("title"), at("archived_at"),
    sa.UniqueConstraint("code"),
)
employee_skills = sa.Table(
    "employee_skills", metadata,
    sa.Column("employee_id", sa.ForeignKey("employees.id"), primary_key=True),
    sa.Column("skill_id", sa.ForeignKey("skills.id"), primary_key=True),
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.CheckConstraint("level BETWEEN 1 AND 5", name="level"),
)
break_reasons = sa.Table(
    "break_reasons", metadata, id_(), text("code"), data("title"), number("position"),
    at("archived_at"), sa.UniqueConstraint("code"),
)
operators = sa.Table(  # the capacity row; load and ceilings: {"chat": 2, "mail": 5, …}
    "operators", metadata,
    sa.Column("id", sa.ForeignKey("employees.id"), primary_key=True),
    text("presence", default="offline"), text("presence_reason", null=True),
    at("presence_since", null=False), text("presence_next", null=True),
    number("budget", 100), number("used"), data("ceilings"), data("load"),
    at("idle_since"), number("misses"), number("version", 1), at("offered_at"),
    at("missed_at"),
    one_of("presence", "ready", "break", "offline", "not_answering"),
    sa.CheckConstraint("used >= 0", name="used"),
)
presence_history = sa.Table(
    "presence_history", metadata, id_(), ref("employee_id", "employees", null=False),
    text("presence"), text("reason", null=True), text("cause"), at("started_at", null=False),
    at("ended_at"), sa.Index("ix_presence_history_employee_id", "employee_id", "started_at"),
    sa.Index("uq_presence_history_open", "employee_id", unique=True,
             postgresql_where=sa.text("ended_at IS NULL")),
)
operator_sessions = sa.Table(  # live console sockets; renewed per node in one update
    "operator_sessions", metadata, id_(), ref("employee_id", "employees", null=False, index=True),
    text("node"), at("opened_at", null=False), at("seen_at", null=False), at("closed_at"),
)
login_sessions = sa.Table(  # id_hash = SHA-256 of the cookie
    "login_sessions", metadata, sa.Column("id_hash", BYTEA, primary_key=True),
    ref("employee_id", "employees", null=False, index=True), text("csrf"), text("address"),
    text("agent"), at("created_at", null=False), at("seen_at", null=False), at("revoked_at"),
)
one_time_links = sa.Table(  # first administrator, invitation, password reset
    "one_time_links", metadata, sa.Column("hash", BYTEA, primary_key=True), text("purpose"),
    ref("employee_id", "employees"), at("expires_at", null=False), at("used_at"),
)
api_tokens = sa.Table(
    "api_tokens", metadata, id_(), sa.Column("hash", BYTEA, nullable=False, unique=True),
    ref("employee_id", "employees", null=False), text("title"),
    sa.Column("scopes", JSONB, nullable=False), at("created_at", null=False), at("used_at"),
    at("expires_at"), at("revoked_at"),
)
attempts = sa.Table(  # sign-in and start limits, per key (account, address) and window
    "attempts", metadata, sa.Column("key", sa.Text, primary_key=True), number("count"),
    at("window_start", null=False),
)
