"""Connections at providers: what an account is, how it fares, who holds it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, UUID

from contact_center.storage.tables.columns import at, data, id_, metadata, number, one_of, ref, text

# fmt: off

accounts = sa.Table(  # public_key: in the webhook's path; secrets: sealed JSON
    "accounts", metadata, id_(), text("provider"), text("title"), text("medium"),
    ref("brand_id", "brands", null=False), ref("queue_id", "queues", null=False),
    ref("touchpoint_id", "touchpoints"), text("public_key"), data("settings"),
    sa.Column("secrets", BYTEA), text("state", default="on"), text("health", default="unknown"),
    text("health_text", null=True), at("health_at"), at("last_in_at"), at("last_out_at"),
    at("created_at", null=False), at("archived_at"), number("version", 1),
    sa.UniqueConstraint("public_key"), one_of("state", "on", "off", "test"),
    one_of("health", "unknown", "green", "yellow", "red"),
)
account_trials = sa.Table(  # the live test of an account that is being connected
    "account_trials", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    at("began_at", null=False), at("received_at"), at("proven_at"), at("stored_at"),
    at("answered_at"), text("fault", null=True), text("words", null=True),
    sa.Column("quarantine_id", UUID(as_uuid=True)), sa.Column("contact_id", UUID(as_uuid=True)),
    sa.Column("message_id", UUID(as_uuid=True)), number("tries", 1), number("version", 1),
    one_of("fault", "refused", "unreadable", "not_stored", "not_sent", "uncertain"),
)
account_counts = sa.Table(  # what an account did within five minutes; kept for two days
    "account_counts", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
    number("received"), number("refused"), number("unreadable"), number("sent"),
    number("failed"), number("postponed"), number("uncertain"),
    sa.Column("took", sa.ARRAY(sa.Integer), nullable=False),  # sends by their time, see traffic.py
    sa.Index("ix_account_counts_age", "at"),
)
authorizations = sa.Table(  # a person asked to agree at a provider; state: SHA-256 of what went out
    "authorizations", metadata, id_(), sa.Column("state", BYTEA, nullable=False, unique=True),
    ref("account_id", "accounts", null=False), ref("employee_id", "employees", null=False),
    sa.Column("session", BYTEA, nullable=False), sa.Column("verifier", BYTEA), text("authority"),
    at("begun_at", null=False), at("expires_at", null=False), at("used_at"), at("ended_at"),
    text("outcome", null=True), text("words", null=True),
    one_of("outcome", "granted", "refused"),
    sa.Index("ix_authorizations_ended", "account_id", "ended_at"),
)
account_memories = sa.Table(  # what a channel has to remember by itself: sealed JSON
    "account_memories", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("sealed", BYTEA, nullable=False), at("at", null=False),
)
leases = sa.Table(  # router, outbox:<account>, listener:<account>, jobs…; token = fencing
    "leases", metadata, sa.Column("name", sa.Text, primary_key=True), text("holder"),
    sa.Column("token", sa.BigInteger, nullable=False, server_default="1"),
    at("until", null=False),
)
