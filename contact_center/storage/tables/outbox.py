"""What goes out, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from contact_center.storage.tables.columns import at, data, id_, metadata, number, one_of, ref, text

# fmt: off

account_paces = sa.Table(  # only where all is not well: what the next sender has to know
    "account_paces", metadata,
    sa.Column("account_id", UUID(as_uuid=True),
              sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    at("until", null=False), number("failures"), at("failing_since"),
    sa.Column("width", sa.Integer, nullable=False),
)
outbox_lines = sa.Table(
    "outbox_lines", metadata, id_(), ref("account_id", "accounts", null=False),
    text("conversation_key"), number("last_seq"),
    sa.UniqueConstraint("account_id", "conversation_key"),
)
outbox = sa.Table(
    "outbox", metadata, id_(), ref("line_id", "outbox_lines", null=False),
    sa.Column("seq", sa.Integer, nullable=False), ref("account_id", "accounts", null=False),
    ref("contact_id", "contacts"), ref("message_id", "messages", index=True),
    text("origin", default="operator"), text("class", default="interactive"),
    text("state", default="pending"), data("payload"), at("hold_until"),
    at("due_at", null=False), number("attempts"), text("owner", null=True),
    sa.Column("token", sa.BigInteger), at("claim_until"), text("provider_id", null=True),
    text("error_kind", null=True), text("error_text", null=True), at("created_at", null=False),
    at("sent_at"), at("settled_at"), number("version", 1),
    sa.Column("recipients", JSONB), data("undelivered"), text("act", default="send"),
    sa.UniqueConstraint("line_id", "seq"), one_of("class", "interactive", "automatic", "bulk"),
    one_of("act", "send", "edit", "delete"),
    one_of("origin", "operator", "rule", "bot", "survey", "campaign"),
    one_of("state", "held", "pending", "sending", "sent", "delivered", "read", "failed",
            "uncertain", "cancelled"),
    sa.Index("ix_outbox_due", "account_id", "class", "due_at", postgresql_where=sa.text(
        "state IN ('held','pending','sending','uncertain')")),
    sa.Index("ix_outbox_sending", "account_id", "claim_until",
             postgresql_where=sa.text("state = 'sending'")),
    sa.Index("ix_outbox_line_open", "line_id", "seq", postgresql_where=sa.text(
        "state IN ('held','pending','sending','uncertain')")),
)
deliveries = sa.Table(  # a receipt and its message meet here in either order; rank only grows
    "deliveries", metadata,
    sa.Column("account_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("provider_id", sa.Text, primary_key=True), ref("outbox_id", "outbox", index=True),
    number("rank"), text("status", default=""), text("reason", null=True),
    at("provider_at"), at("changed_at", null=False), data("undelivered"),
)
