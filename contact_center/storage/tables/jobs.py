"""Durable jobs, and the answers to requests that come twice."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA

from contact_center.storage.tables.columns import at, data, id_, metadata, number, one_of, text

# fmt: off

jobs = sa.Table(
    "jobs", metadata, id_(), text("kind"), text("key"), at("due_at", null=False),
    data("payload"), text("state", default="waiting"), number("attempts"),
    text("owner", null=True),
    at("claim_until"), text("error", null=True), at("created_at", null=False), at("ended_at"),
    one_of("state", "waiting", "running", "done", "dead"),
    sa.Index("uq_jobs_live", "kind", "key", unique=True,
             postgresql_where=sa.text("state IN ('waiting','running')")),
    sa.Index("ix_jobs_due", "due_at", postgresql_where=sa.text("state IN ('waiting','running')")),
    sa.Index("ix_jobs_ended", "state", "ended_at",
             postgresql_where=sa.text("state IN ('done','dead')")),
)
idempotency_keys = sa.Table(  # Idempotency-Key on POST: the first answer; 0 = done, answer lost
    "idempotency_keys", metadata,
    sa.Column("actor", sa.Text, primary_key=True), sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", BYTEA, nullable=False), sa.Column("status", sa.Integer),
    sa.Column("answer", BYTEA), at("at", null=False), sa.Index("ix_idempotency_keys_age", "at"),
)
