"""What comes in: dedupe keys, requests as they came, and what could not be read."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, UUID

from contact_center.storage.tables.columns import at, data, id_, metadata, number, one_of, ref, text

# fmt: off

inbound_keys = sa.Table(  # narrow, never partitioned by time: the dedupe keys
    "inbound_keys", metadata,
    sa.Column("account_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True), at("at", null=False),
    sa.Index("ix_inbound_keys_age", "account_id", "at"),  # for retention, an account at a time
)
conversation_refs = sa.Table(  # names by which later messages refer to a conversation
    "conversation_refs", metadata,
    sa.Column("account_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True), text("conversation_key"), at("at", null=False),
)
account_cursors = sa.Table(  # how far a listening account has been read
    "account_cursors", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    data("cursor"), at("moved_at", null=False),
)
raw_events = sa.Table(  # under the id of the message it brought; the body is not compressed (0029)
    "raw_events", metadata, id_(), sa.Column("account_id", UUID(as_uuid=True), nullable=False),
    text("external_id"), sa.Column("body", BYTEA, nullable=False), at("received_at", null=False),
)
parked_changes = sa.Table(  # an edit or deletion that came before its message waits here for it
    "parked_changes", metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("account_id", UUID(as_uuid=True), nullable=False), text("target"), text("kind"),
    text("text"), at("at", null=False), at("parked_at", null=False),
    one_of("kind", "edit", "delete"),
    sa.Index("ix_parked_changes_target", "account_id", "target"),
    sa.Index("ix_parked_changes_age", "parked_at"),
)
quarantine = sa.Table(
    "quarantine", metadata, id_(), ref("account_id", "accounts", null=False), text("kind"),
    text("error"), sa.Column("request", BYTEA, nullable=False), text("state", default="waiting"),
    number("attempts", 1), at("received_at", null=False), at("settled_at"),
    ref("settled_by", "employees"), number("version", 1),
    one_of("kind", "malformed", "poison", "unsupported", "refused"),
    one_of("state", "waiting", "replayed", "dropped"),
    sa.Index("ix_quarantine_state", "state", "received_at"),
    sa.Index("ix_quarantine_account", "account_id", "id"),
)
