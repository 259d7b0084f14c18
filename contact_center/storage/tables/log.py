"""The log and its readers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from contact_center.storage.tables.columns import Xid8, at, data, id_, metadata, number, text

# fmt: off

events = sa.Table(  # ids and codes only, never personal text; order of delivery = (xid, seq)
    "events", metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("xid", Xid8, nullable=False, server_default=sa.text("pg_current_xact_id()")),
    text("kind"), text("subject_kind"), sa.Column("subject_id", UUID(as_uuid=True)),
    number("version", 1), sa.Column("identity_id", UUID(as_uuid=True)), text("actor"),
    text("cause", default=""), data("data"),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False,
              server_default=sa.text("clock_timestamp()")),
    sa.PrimaryKeyConstraint("xid", "seq"),
    sa.Index("ix_events_subject", "subject_id", "seq"),
)
installed_functions = sa.Table(  # which text of each .sql file the database holds
    "installed_functions", metadata, sa.Column("name", sa.Text, primary_key=True), text("digest"),
    number("generation"),
)
cursors = sa.Table(
    "cursors", metadata, sa.Column("reader", sa.Text, primary_key=True), number("era", 1),
    sa.Column("xid", Xid8, nullable=False), sa.Column("seq", sa.BigInteger, nullable=False),
    at("moved_at", null=False),
)
checkpoints = sa.Table(
    "checkpoints", metadata, id_(), number("era", 1), sa.Column("xid", Xid8, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("packed", sa.LargeBinary, nullable=False, server_default=sa.text("''::bytea")),
    at("at", null=False),
)
