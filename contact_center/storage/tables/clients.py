"""Clients and their addresses: only identities.client_id points to a client."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

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

clients = sa.Table(
    "clients", metadata, id_(), text("kind", default="person"), text("name"),
    text("locale", null=True), text("stage", default="learns"), ref("company_id", "clients"),
    ref("responsible_id", "employees"), ref("touchpoint_id", "touchpoints"), data("fields"),
    ref("merged_into", "clients", index=True), at("created_at", null=False), at("changed_at"),
    at("erased_at"), number("version", 1), one_of("kind", "person", "company", "public_body"),
    sa.Index("ix_clients_name_trgm", "name", postgresql_using="gin",
             postgresql_ops={"name": "gin_trgm_ops"}),
)
identities = sa.Table(  # medium: the kind of address (visitor, email, phone, telegram…)
    "identities", metadata, id_(), ref("client_id", "clients", null=False, index=True),
    text("medium"), text("value"), text("name", default=""), text("proof", default="claimed"),
    ref("touchpoint_id", "touchpoints"), at("created_at", null=False), at("seen_at"),
    number("version", 1), sa.UniqueConstraint("medium", "value"),
    sa.Index("ix_identities_value_trgm", "value", postgresql_using="gin",
             postgresql_ops={"value": "gin_trgm_ops"}),
    one_of("proof", "claimed", "provider", "signed", "confirmed"),
)
identity_profiles = sa.Table(  # what a provider tells of whom an address belongs to; his picture
    "identity_profiles", metadata,
    sa.Column("identity_id", sa.ForeignKey("identities.id"), primary_key=True),
    ref("account_id", "accounts", null=False), data("fields"), ref("file_id", "attachments"),
    at("checked_at", null=False),
)
# digest: SHA-256 of what stands in the link. It leads to a client, or to a place: that is no secret
# and is kept whole.
start_links = sa.Table(
    "start_links", metadata, id_(), ref("account_id", "accounts", null=False),
    sa.Column("digest", BYTEA, nullable=False, unique=True), ref("client_id", "clients"),
    ref("touchpoint_id", "touchpoints"), ref("created_by", "employees"),
    at("created_at", null=False), at("expires_at"), at("used_at"),
    ref("identity_id", "identities"), text("url", null=True),
    sa.CheckConstraint("(client_id IS NULL) <> (touchpoint_id IS NULL)", name="leads"),
    sa.Index("ix_start_links_places", "account_id", "id",
             postgresql_where=sa.text("touchpoint_id IS NOT NULL")),
    sa.Index("ix_start_links_age", "expires_at"),
)
merges = sa.Table(
    "merges", metadata, id_(), ref("winner_id", "clients", null=False, index=True),
    ref("loser_id", "clients", null=False, index=True), text("reason", default=""),
    ref("merged_by", "employees"), at("merged_at", null=False), ref("undone_by", "employees"),
    at("undone_at"),
)
merge_moves = sa.Table(  # the ledger: left_at = no longer there by this merge
    "merge_moves", metadata, sa.Column("merge_id", sa.ForeignKey("merges.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    ref("identity_id", "identities", null=False), ref("from_client_id", "clients", null=False),
    ref("to_client_id", "clients", null=False), at("left_at"),
    sa.Index("ix_merge_moves_identity", "identity_id", postgresql_where=sa.text("left_at IS NULL")),
)
client_changes = sa.Table(  # who changed which field from which source
    "client_changes", metadata, id_(), ref("client_id", "clients", null=False),
    ref("identity_id", "identities"), text("field"), sa.Column("old", JSONB),
    sa.Column("new", JSONB), text("source"), ref("employee_id", "employees"),
    at("at", null=False), sa.Index("ix_client_changes_client_id", "client_id", "at"),
)
stage_history = sa.Table(
    "stage_history", metadata, id_(), ref("client_id", "clients", null=False), text("stage"),
    text("cause"), at("at", null=False), sa.Index("ix_stage_history_client", "client_id", "at"),
)
consents = sa.Table(
    "consents", metadata, id_(), ref("identity_id", "identities", null=False, index=True),
    text("purpose"), flag("granted"), text("text_version"), text("source"),
    at("at", null=False),
)
client_notes = sa.Table(
    "client_notes", metadata, id_(), ref("client_id", "clients", null=False, index=True),
    ref("employee_id", "employees"), text("text"), at("created_at", null=False),
)
