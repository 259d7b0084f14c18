"""How the house is ordered: one workspace is one database; queues, policies and catalogues."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from contact_center.storage.tables.columns import (
    at,
    data,
    flag,
    id_,
    metadata,
    number,
    one_of,
    ref,
    text,
)

# fmt: off

workspace = sa.Table(
    "workspace", metadata,
    sa.Column("id", sa.Integer, primary_key=True), sa.CheckConstraint("id = 1", name="single"),
    text("name"), text("sealing_key_id"), text("locale", default="ru"),
    text("zone", default="Europe/Minsk"), flag("demo"), number("era", 1), data("settings"),
    number("version", 1), at("created_at", null=False),
)
brands = sa.Table(
    "brands", metadata, id_(), text("name"), text("locale", default="ru"),
    text("zone", default="Europe/Minsk"), data("data"), at("archived_at"), number("version", 1),
    data("letters"), sa.UniqueConstraint("name"),
)
departments = sa.Table(
    "departments", metadata, id_(), text("name"), ref("parent_id", "departments"),
    at("archived_at"), number("version", 1), sa.UniqueConstraint("name"),
)
queues = sa.Table(
    # hours: {"mon": [["09:00","18:00"]], …}; empty = always open, in `zone`. letters (of a brand
    # too): {"signature" | "confirmation" | "too_large": {"ru": …, "en": …}}. rules: what the policy
    # that runs says beside the columns (work/policies); code: its name in policy files, else its id
    "queues", metadata, id_(), text("name"), ref("department_id", "departments", null=False),
    ref("brand_id", "brands"), text("zone", default="Europe/Minsk"), data("hours"),
    number("priority_seconds"), number("offer_seconds", 45), number("wrap_up_seconds", 60),
    flag("wrap_up_code_required", default=True), number("follow_up_minutes", 1440),
    number("preferred_hold_seconds", 60), data("offline_text"), data("data"),
    at("archived_at"), number("version", 1), data("letters"), text("code", null=True),
    data("rules"), sa.UniqueConstraint("name"), sa.UniqueConstraint("code"),
    sa.CheckConstraint("offer_seconds BETWEEN 5 AND 3600", name="offer_seconds"),
)
policies = sa.Table(  # what ran has an edition; source: the digest of the file it was read from
    "policies", metadata, id_(), sa.Column("edition", sa.Integer), text("state"), data("body"),
    text("author"), text("note", default=""), text("source", null=True), at("at", null=False),
    number("version", 1), sa.UniqueConstraint("edition"),
    one_of("state", "draft", "current", "past"),
    sa.CheckConstraint("(state = 'draft') = (edition IS NULL)", name="edition"),
    sa.Index("uq_policies_current", "state", unique=True,
             postgresql_where=sa.text("state = 'current'")),
)
dry_runs = sa.Table(  # a policy on recorded traffic; asked: of when and how; given: the documents
    "dry_runs", metadata, id_(),
    sa.Column("policy_id", UUID(as_uuid=True),
              sa.ForeignKey("policies.id", ondelete="CASCADE"), nullable=False),
    sa.Column("policy_version", sa.Integer, nullable=False),
    sa.Column("edition", sa.Integer, nullable=False), data("asked"), data("given"),
    text("state", default="waiting"), number("done"), number("total"), data("result"),
    text("failure", null=True), text("author"), at("created_at", null=False),
    at("ended_at"), number("version", 1),
    one_of("state", "waiting", "running", "done", "failed", "cancelled"),
    sa.Index("ix_dry_runs_policy_id", "policy_id", "id"),
    sa.Index("uq_dry_runs_live", "policy_id", unique=True,
             postgresql_where=sa.text("state IN ('waiting','running')")),
)
kinds = sa.Table(  # kinds of request; title: {"ru": …, "en": …}
    "kinds", metadata, id_(), text("code"), data("title"), number("position"),
    at("archived_at"), number("version", 1), sa.UniqueConstraint("code"),
)
result_codes = sa.Table(
    "result_codes", metadata, id_(), text("code"), data("title"), ref("queue_id", "queues"),
    number("position"), at("archived_at"), number("version", 1), sa.UniqueConstraint("code"),
)
touchpoints = sa.Table(  # where a client met us; key is unique per kind: account id, utm campaign…
    "touchpoints", metadata, id_(), text("kind"), text("key"), text("title"), data("data"),
    at("created_at", null=False), sa.UniqueConstraint("kind", "key"),
    one_of("kind", "account", "site", "campaign", "number", "shop", "point_of_sale"),
)
