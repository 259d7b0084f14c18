"""Contacts, their messages, and what hangs on them."""

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

contacts = sa.Table(  # number: shown to the client; may have gaps, so a sequence
    "contacts", metadata, id_(), sa.Column("number", sa.BigInteger, sa.Identity(always=False)),
    ref("account_id", "accounts", null=False), text("conversation_key"), text("medium"),
    ref("brand_id", "brands", null=False), ref("queue_id", "queues", null=False),
    ref("identity_id", "identities", null=False), ref("touchpoint_id", "touchpoints"),
    ref("kind_id", "kinds"), ref("result_code_id", "result_codes"),
    ref("operator_id", "employees"), ref("follows_id", "contacts"),
    text("state", default="open"),
    text("subject", null=True), text("locale", null=True), number("priority_seconds"),
    number("last_seq"), text("last_text", default=""), text("last_kind", default=""),
    at("last_at"), text("awaiting", default="us"), at("waiting_since"), at("first_reply_at"),
    flag("spam"), flag("automatic"), at("snoozed_until"), data("data"),
    at("opened_at", null=False), at("closed_at"), ref("closed_by", "employees"),
    number("version", 1), one_of("state", "open", "closed"),
    one_of("awaiting", "us", "client", "nobody"), sa.UniqueConstraint("number"),
    sa.Index("uq_contacts_open", "account_id", "conversation_key", unique=True,
             postgresql_where=sa.text("state = 'open'")),
    sa.Index("ix_contacts_conversation", "account_id", "conversation_key", "closed_at"),
    sa.Index("ix_contacts_identity_id", "identity_id", "opened_at"),
    # No index names a column that a message changes, and pages keep room: such updates stay where
    # they are and touch no index (HOT), a fifth of the whole price of a message.
    sa.Index("ix_contacts_operator_open", "operator_id",
             postgresql_where=sa.text("state = 'open'")),
    sa.Index("ix_contacts_queue_open", "queue_id", postgresql_where=sa.text("state = 'open'")),
    sa.Index("ix_contacts_closed", "queue_id", "closed_at",
             postgresql_where=sa.text("state = 'closed'")),
    sa.Index("ix_contacts_operator_closed", "operator_id", "closed_at",
             postgresql_where=sa.text("state = 'closed'")),
    sa.Index("ix_contacts_subject_trgm", "subject", postgresql_using="gin",
             postgresql_ops={"subject": "gin_trgm_ops"},
             postgresql_where=sa.text("subject IS NOT NULL")),
    sa.Index("ix_contacts_queue_opened", "queue_id", "opened_at"),
    sa.Index("ix_contacts_operator_opened", "operator_id", "opened_at",
             postgresql_where=sa.text("operator_id IS NOT NULL")),
    postgresql_with={"fillfactor": 80},
)
participants = sa.Table(
    "participants", metadata,
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True),
    sa.Column("identity_id", sa.ForeignKey("identities.id"), primary_key=True, index=True),
    text("role", default="owner"), flag("verified"), at("joined_at", null=False),
)
messages = sa.Table(
    "messages", metadata, id_(), ref("contact_id", "contacts", null=False),
    sa.Column("seq", sa.Integer, nullable=False), text("kind"), ref("identity_id", "identities"),
    ref("employee_id", "employees"), text("text", default=""), text("external_id", null=True),
    text("client_msg_id", null=True), ref("reply_to", "messages"), data("data"),
    at("provider_at"), at("created_at", null=False), at("edited_at"), at("deleted_at"),
    number("version", 1), sa.UniqueConstraint("contact_id", "seq"),
    one_of("kind", "inbound", "outbound", "note", "system", "call", "survey"),
    sa.Index("uq_messages_client_msg_id", "employee_id", "client_msg_id", unique=True,
             postgresql_where=sa.text("client_msg_id IS NOT NULL")),
    sa.Index("ix_messages_external", "contact_id", "external_id",
             postgresql_where=sa.text("external_id IS NOT NULL")),
)
message_bodies = sa.Table(  # the whole as it came, where messages.text is only what is new in it
    "message_bodies", metadata,
    sa.Column("message_id", sa.ForeignKey("messages.id"), primary_key=True),
    text("text"), text("html"),
)
message_names = sa.Table(  # further names of a message; text: of the pieces of one told in several
    "message_names", metadata,
    sa.Column("account_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True), ref("message_id", "messages", null=False,
                                                      index=True), text("text", null=True),
    sa.Column("place", sa.BigInteger, nullable=False, server_default="0"), at("edited_at"),
    at("deleted_at"),
)
auto_answers = sa.Table(  # what machines of ours wrote: one of a kind per contact, few per address
    "auto_answers", metadata,
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True),
    ref("account_id", "accounts", null=False), text("address"), at("at", null=False),
    sa.Column("kind", sa.Text, primary_key=True, server_default="confirmation"),
    sa.Index("ix_auto_answers_account", "account_id", "at"),
    sa.Index("ix_auto_answers_address", "address", "at"),
)
attachments = sa.Table(  # message_id is null until an upload is sent with a message
    "attachments", metadata, id_(), ref("message_id", "messages", index=True),
    ref("contact_id", "contacts"), ref("account_id", "accounts"), text("owner", default=""),
    text("kind", default="file"), text("name", default=""), text("type", default=""),
    sa.Column("size", sa.BigInteger), text("sha256", null=True), text("state", default="wanted"),
    text("ref", null=True), text("blob_key", null=True), data("data"),
    at("created_at", null=False), number("version", 1),
    one_of("state", "wanted", "stored", "too_large", "gone", "failed", "infected"),
)
drafts = sa.Table(
    "drafts", metadata, sa.Column("employee_id", sa.ForeignKey("employees.id"), primary_key=True),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True), text("text"), data("data"),
    at("changed_at", null=False), number("version", 1), one_of("kind", "reply", "note"),
)
contact_reads = sa.Table(  # how far an employee, or the client, has read
    "contact_reads", metadata,
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True),
    sa.Column("reader", sa.Text, primary_key=True), number("seq"), at("at", null=False),
)
expectations = sa.Table(  # a survey waiting for "5", a bot's question: attach, never ring
    "expectations", metadata, id_(), ref("account_id", "accounts", null=False),
    text("conversation_key"), text("kind"), ref("contact_id", "contacts"), data("data"),
    at("until", null=False), sa.UniqueConstraint("account_id", "conversation_key"),
)
survey_invitations = sa.Table(
    "survey_invitations", metadata, id_(),
    ref("identity_id", "identities", null=False, index=True),
    ref("contact_id", "contacts"), text("survey"), text("state"), at("invited_at", null=False),
    at("answered_at"), data("data"),
)
