"""The whole schema on one page: every table, every invariant the database itself keeps.

Reading order: organisation, people who work, connections, clients, contacts, work, the log,
intake, outbox, the rest. Ids are UUIDv7 made in Python; instants are timestamptz; `version`
counts the changes of a row and decides which of two observations is newer. A table ends with
the constraints that carry the promises P1-P7 of the design; code may rely on them and never
needs to check first.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, UUID

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
NOW = sa.text("now()")
EMPTY = sa.text("'{}'::jsonb")


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id; asyncpg carries it as int."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


OPEN_WORK = sa.text("state <> 'done'")


def _id() -> sa.Column[Any]:
    return sa.Column("id", UUID(as_uuid=True), primary_key=True)


def _ref(name: str, target: str, *, null: bool = True, index: bool = False) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id")
    return sa.Column(name, UUID(as_uuid=True), key, nullable=null, index=index)


def _text(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=null, server_default=default)


def _number(name: str, default: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=str(default))


def _sum(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Double, nullable=False, server_default="0")


def _flag(name: str, *, default: bool = False) -> sa.Column[Any]:
    value = sa.true() if default else sa.false()
    return sa.Column(name, sa.Boolean, nullable=False, server_default=value)


def _at(name: str, *, null: bool = True) -> sa.Column[Any]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=null, server_default=None if null else NOW
    )


def _data(name: str = "data") -> sa.Column[Any]:
    return sa.Column(name, JSONB, nullable=False, server_default=EMPTY)


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


# The whole schema stays on one page.
# fmt: off

# --- organisation: one workspace is one database -------------------------------------------

workspace = sa.Table(
    "workspace", metadata,
    sa.Column("id", sa.Integer, primary_key=True), sa.CheckConstraint("id = 1", name="single"),
    _text("name"), _text("sealing_key_id"), _text("locale", default="ru"),
    _text("zone", default="Europe/Minsk"), _flag("demo"), _number("era", 1), _data("settings"),
    _number("version", 1), _at("created_at", null=False),
)
brands = sa.Table(
    "brands", metadata, _id(), _text("name"), _text("locale", default="ru"),
    _text("zone", default="Europe/Minsk"), _data("data"), _at("archived_at"), _number("version", 1),
    _data("letters"), sa.UniqueConstraint("name"),
)
departments = sa.Table(
    "departments", metadata, _id(), _text("name"), _ref("parent_id", "departments"),
    _at("archived_at"), _number("version", 1), sa.UniqueConstraint("name"),
)
queues = sa.Table(
    # hours: {"mon": [["09:00","18:00"]], …}; empty = always open, in `zone`. letters (of a brand
    # too): {"signature" | "confirmation" | "too_large": {"ru": …, "en": …}}. rules: what the policy
    # that runs says beside the columns (work/policies); code: its name in policy files, else its id
    "queues", metadata, _id(), _text("name"), _ref("department_id", "departments", null=False),
    _ref("brand_id", "brands"), _text("zone", default="Europe/Minsk"), _data("hours"),
    _number("priority_seconds"), _number("offer_seconds", 45), _number("wrap_up_seconds", 60),
    _flag("wrap_up_code_required", default=True), _number("follow_up_minutes", 1440),
    _number("preferred_hold_seconds", 60), _data("offline_text"), _data("data"),
    _at("archived_at"), _number("version", 1), _data("letters"), _text("code", null=True),
    _data("rules"), sa.UniqueConstraint("name"), sa.UniqueConstraint("code"),
    sa.CheckConstraint("offer_seconds BETWEEN 5 AND 3600", name="offer_seconds"),
)
policies = sa.Table(  # what ran has an edition; source: the digest of the file it was read from
    "policies", metadata, _id(), sa.Column("edition", sa.Integer), _text("state"), _data("body"),
    _text("author"), _text("note", default=""), _text("source", null=True), _at("at", null=False),
    _number("version", 1), sa.UniqueConstraint("edition"),
    _one_of("state", "draft", "current", "past"),
    sa.CheckConstraint("(state = 'draft') = (edition IS NULL)", name="edition"),
    sa.Index("uq_policies_current", "state", unique=True,
             postgresql_where=sa.text("state = 'current'")),
)
dry_runs = sa.Table(  # a policy on recorded traffic; asked: of when and how; given: the documents
    "dry_runs", metadata, _id(),
    sa.Column("policy_id", UUID(as_uuid=True),
              sa.ForeignKey("policies.id", ondelete="CASCADE"), nullable=False),
    sa.Column("policy_version", sa.Integer, nullable=False),
    sa.Column("edition", sa.Integer, nullable=False), _data("asked"), _data("given"),
    _text("state", default="waiting"), _number("done"), _number("total"), _data("result"),
    _text("failure", null=True), _text("author"), _at("created_at", null=False),
    _at("ended_at"), _number("version", 1),
    _one_of("state", "waiting", "running", "done", "failed", "cancelled"),
    sa.Index("ix_dry_runs_policy_id", "policy_id", "id"),
    sa.Index("uq_dry_runs_live", "policy_id", unique=True,
             postgresql_where=sa.text("state IN ('waiting','running')")),
)
kinds = sa.Table(  # kinds of request; title: {"ru": …, "en": …}
    "kinds", metadata, _id(), _text("code"), _data("title"), _number("position"),
    _at("archived_at"), _number("version", 1), sa.UniqueConstraint("code"),
)
result_codes = sa.Table(
    "result_codes", metadata, _id(), _text("code"), _data("title"), _ref("queue_id", "queues"),
    _number("position"), _at("archived_at"), _number("version", 1), sa.UniqueConstraint("code"),
)
touchpoints = sa.Table(  # where a client met us; key is unique per kind: account id, utm campaign…
    "touchpoints", metadata, _id(), _text("kind"), _text("key"), _text("title"), _data("data"),
    _at("created_at", null=False), sa.UniqueConstraint("kind", "key"),
    _one_of("kind", "account", "site", "campaign", "number", "shop", "point_of_sale"),
)

# --- people who work -----------------------------------------------------------------------

employees = sa.Table(  # settings: theme, density, sounds, shortcuts; kept on the server
    "employees", metadata, _id(), _text("email"), _text("name"), _text("password_hash", null=True),
    _text("role"), _text("state", default="active"), _text("locale", default="ru"),
    _text("zone", default="Europe/Minsk"), _data("settings"), _at("created_at", null=False),
    _number("version", 1),
    sa.Index("uq_employees_email", sa.text("lower(email)"), unique=True),
    _one_of("role", "operator", "supervisor", "administrator", "light"),
    _one_of("state", "invited", "active", "disabled"),
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
    "skills", metadata, _id(), _text("code"), _data("title"), _at("archived_at"),
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
    "break_reasons", metadata, _id(), _text("code"), _data("title"), _number("position"),
    _at("archived_at"), sa.UniqueConstraint("code"),
)
operators = sa.Table(  # the capacity row; load and ceilings: {"chat": 2, "mail": 5, …}
    "operators", metadata,
    sa.Column("id", sa.ForeignKey("employees.id"), primary_key=True),
    _text("presence", default="offline"), _text("presence_reason", null=True),
    _at("presence_since", null=False), _text("presence_next", null=True),
    _number("budget", 100), _number("used"), _data("ceilings"), _data("load"),
    _at("idle_since"), _number("misses"), _number("version", 1), _at("offered_at"),
    _at("missed_at"),
    _one_of("presence", "ready", "break", "offline", "not_answering"),
    sa.CheckConstraint("used >= 0", name="used"),
)
presence_history = sa.Table(
    "presence_history", metadata, _id(), _ref("employee_id", "employees", null=False),
    _text("presence"), _text("reason", null=True), _text("cause"), _at("started_at", null=False),
    _at("ended_at"), sa.Index("ix_presence_history_employee_id", "employee_id", "started_at"),
    sa.Index("uq_presence_history_open", "employee_id", unique=True,
             postgresql_where=sa.text("ended_at IS NULL")),
)
operator_sessions = sa.Table(  # live console sockets; renewed per node in one update
    "operator_sessions", metadata, _id(), _ref("employee_id", "employees", null=False, index=True),
    _text("node"), _at("opened_at", null=False), _at("seen_at", null=False), _at("closed_at"),
)
login_sessions = sa.Table(  # id_hash = SHA-256 of the cookie
    "login_sessions", metadata, sa.Column("id_hash", BYTEA, primary_key=True),
    _ref("employee_id", "employees", null=False, index=True), _text("csrf"), _text("address"),
    _text("agent"), _at("created_at", null=False), _at("seen_at", null=False), _at("revoked_at"),
)
one_time_links = sa.Table(  # first administrator, invitation, password reset
    "one_time_links", metadata, sa.Column("hash", BYTEA, primary_key=True), _text("purpose"),
    _ref("employee_id", "employees"), _at("expires_at", null=False), _at("used_at"),
)
api_tokens = sa.Table(
    "api_tokens", metadata, _id(), sa.Column("hash", BYTEA, nullable=False, unique=True),
    _ref("employee_id", "employees", null=False), _text("title"),
    sa.Column("scopes", JSONB, nullable=False), _at("created_at", null=False), _at("used_at"),
    _at("expires_at"), _at("revoked_at"),
)
attempts = sa.Table(  # sign-in and start limits, per key (account, address) and window
    "attempts", metadata, sa.Column("key", sa.Text, primary_key=True), _number("count"),
    _at("window_start", null=False),
)

# --- connections ---------------------------------------------------------------------------

accounts = sa.Table(  # public_key: in the webhook's path; secrets: sealed JSON
    "accounts", metadata, _id(), _text("provider"), _text("title"), _text("medium"),
    _ref("brand_id", "brands", null=False), _ref("queue_id", "queues", null=False),
    _ref("touchpoint_id", "touchpoints"), _text("public_key"), _data("settings"),
    sa.Column("secrets", BYTEA), _text("state", default="on"), _text("health", default="unknown"),
    _text("health_text", null=True), _at("health_at"), _at("last_in_at"), _at("last_out_at"),
    _at("created_at", null=False), _at("archived_at"), _number("version", 1),
    sa.UniqueConstraint("public_key"), _one_of("state", "on", "off", "test"),
    _one_of("health", "unknown", "green", "yellow", "red"),
)
account_trials = sa.Table(  # the live test of an account that is being connected
    "account_trials", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    _at("began_at", null=False), _at("received_at"), _at("proven_at"), _at("stored_at"),
    _at("answered_at"), _text("fault", null=True), _text("words", null=True),
    sa.Column("quarantine_id", UUID(as_uuid=True)), sa.Column("contact_id", UUID(as_uuid=True)),
    sa.Column("message_id", UUID(as_uuid=True)), _number("tries", 1), _number("version", 1),
    _one_of("fault", "refused", "unreadable", "not_stored", "not_sent", "uncertain"),
)
account_counts = sa.Table(  # what an account did within five minutes; kept for two days
    "account_counts", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
    _number("received"), _number("refused"), _number("unreadable"), _number("sent"),
    _number("failed"), _number("postponed"), _number("uncertain"),
    sa.Column("took", sa.ARRAY(sa.Integer), nullable=False),  # sends by their time, see traffic.py
    sa.Index("ix_account_counts_age", "at"),
)
authorizations = sa.Table(  # a person asked to agree at a provider; state: SHA-256 of what went out
    "authorizations", metadata, _id(), sa.Column("state", BYTEA, nullable=False, unique=True),
    _ref("account_id", "accounts", null=False), _ref("employee_id", "employees", null=False),
    sa.Column("session", BYTEA, nullable=False), sa.Column("verifier", BYTEA), _text("authority"),
    _at("begun_at", null=False), _at("expires_at", null=False), _at("used_at"), _at("ended_at"),
    _text("outcome", null=True), _text("words", null=True),
    _one_of("outcome", "granted", "refused"),
    sa.Index("ix_authorizations_ended", "account_id", "ended_at"),
)
account_memories = sa.Table(  # what a channel has to remember by itself: sealed JSON
    "account_memories", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("sealed", BYTEA, nullable=False), _at("at", null=False),
)
leases = sa.Table(  # router, outbox:<account>, listener:<account>, jobs…; token = fencing
    "leases", metadata, sa.Column("name", sa.Text, primary_key=True), _text("holder"),
    sa.Column("token", sa.BigInteger, nullable=False, server_default="1"),
    _at("until", null=False),
)

# --- clients: only identities.client_id points to a client ----------------------------------

clients = sa.Table(
    "clients", metadata, _id(), _text("kind", default="person"), _text("name"),
    _text("locale", null=True), _text("stage", default="learns"), _ref("company_id", "clients"),
    _ref("responsible_id", "employees"), _ref("touchpoint_id", "touchpoints"), _data("fields"),
    _ref("merged_into", "clients", index=True), _at("created_at", null=False), _at("changed_at"),
    _at("erased_at"), _number("version", 1), _one_of("kind", "person", "company", "public_body"),
    sa.Index("ix_clients_name_trgm", "name", postgresql_using="gin",
             postgresql_ops={"name": "gin_trgm_ops"}),
)
identities = sa.Table(  # medium: the kind of address (visitor, email, phone, telegram…)
    "identities", metadata, _id(), _ref("client_id", "clients", null=False, index=True),
    _text("medium"), _text("value"), _text("name", default=""), _text("proof", default="claimed"),
    _ref("touchpoint_id", "touchpoints"), _at("created_at", null=False), _at("seen_at"),
    _number("version", 1), sa.UniqueConstraint("medium", "value"),
    sa.Index("ix_identities_value_trgm", "value", postgresql_using="gin",
             postgresql_ops={"value": "gin_trgm_ops"}),
    _one_of("proof", "claimed", "provider", "signed", "confirmed"),
)
identity_profiles = sa.Table(  # what a provider tells of whom an address belongs to; his picture
    "identity_profiles", metadata,
    sa.Column("identity_id", sa.ForeignKey("identities.id"), primary_key=True),
    _ref("account_id", "accounts", null=False), _data("fields"), _ref("file_id", "attachments"),
    _at("checked_at", null=False),
)
# digest: SHA-256 of what stands in the link. It leads to a client, or to a place: that is no secret
# and is kept whole.
start_links = sa.Table(
    "start_links", metadata, _id(), _ref("account_id", "accounts", null=False),
    sa.Column("digest", BYTEA, nullable=False, unique=True), _ref("client_id", "clients"),
    _ref("touchpoint_id", "touchpoints"), _ref("created_by", "employees"),
    _at("created_at", null=False), _at("expires_at"), _at("used_at"),
    _ref("identity_id", "identities"), _text("url", null=True),
    sa.CheckConstraint("(client_id IS NULL) <> (touchpoint_id IS NULL)", name="leads"),
    sa.Index("ix_start_links_places", "account_id", "id",
             postgresql_where=sa.text("touchpoint_id IS NOT NULL")),
    sa.Index("ix_start_links_age", "expires_at"),
)
merges = sa.Table(
    "merges", metadata, _id(), _ref("winner_id", "clients", null=False, index=True),
    _ref("loser_id", "clients", null=False, index=True), _text("reason", default=""),
    _ref("merged_by", "employees"), _at("merged_at", null=False), _ref("undone_by", "employees"),
    _at("undone_at"),
)
merge_moves = sa.Table(  # the ledger: left_at = no longer there by this merge
    "merge_moves", metadata, sa.Column("merge_id", sa.ForeignKey("merges.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    _ref("identity_id", "identities", null=False), _ref("from_client_id", "clients", null=False),
    _ref("to_client_id", "clients", null=False), _at("left_at"),
    sa.Index("ix_merge_moves_identity", "identity_id", postgresql_where=sa.text("left_at IS NULL")),
)
client_changes = sa.Table(  # who changed which field from which source
    "client_changes", metadata, _id(), _ref("client_id", "clients", null=False),
    _ref("identity_id", "identities"), _text("field"), sa.Column("old", JSONB),
    sa.Column("new", JSONB), _text("source"), _ref("employee_id", "employees"),
    _at("at", null=False), sa.Index("ix_client_changes_client_id", "client_id", "at"),
)
stage_history = sa.Table(
    "stage_history", metadata, _id(), _ref("client_id", "clients", null=False), _text("stage"),
    _text("cause"), _at("at", null=False), sa.Index("ix_stage_history_client", "client_id", "at"),
)
consents = sa.Table(
    "consents", metadata, _id(), _ref("identity_id", "identities", null=False, index=True),
    _text("purpose"), _flag("granted"), _text("text_version"), _text("source"),
    _at("at", null=False),
)
client_notes = sa.Table(
    "client_notes", metadata, _id(), _ref("client_id", "clients", null=False, index=True),
    _ref("employee_id", "employees"), _text("text"), _at("created_at", null=False),
)

# --- contacts ------------------------------------------------------------------------------

contacts = sa.Table(  # number: shown to the client; may have gaps, so a sequence
    "contacts", metadata, _id(), sa.Column("number", sa.BigInteger, sa.Identity(always=False)),
    _ref("account_id", "accounts", null=False), _text("conversation_key"), _text("medium"),
    _ref("brand_id", "brands", null=False), _ref("queue_id", "queues", null=False),
    _ref("identity_id", "identities", null=False), _ref("touchpoint_id", "touchpoints"),
    _ref("kind_id", "kinds"), _ref("result_code_id", "result_codes"),
    _ref("operator_id", "employees"), _ref("follows_id", "contacts"),
    _text("state", default="open"),
    _text("subject", null=True), _text("locale", null=True), _number("priority_seconds"),
    _number("last_seq"), _text("last_text", default=""), _text("last_kind", default=""),
    _at("last_at"), _text("awaiting", default="us"), _at("waiting_since"), _at("first_reply_at"),
    _flag("spam"), _flag("automatic"), _at("snoozed_until"), _data("data"),
    _at("opened_at", null=False), _at("closed_at"), _ref("closed_by", "employees"),
    _number("version", 1), _one_of("state", "open", "closed"),
    _one_of("awaiting", "us", "client", "nobody"), sa.UniqueConstraint("number"),
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
    _text("role", default="owner"), _flag("verified"), _at("joined_at", null=False),
)
messages = sa.Table(
    "messages", metadata, _id(), _ref("contact_id", "contacts", null=False),
    sa.Column("seq", sa.Integer, nullable=False), _text("kind"), _ref("identity_id", "identities"),
    _ref("employee_id", "employees"), _text("text", default=""), _text("external_id", null=True),
    _text("client_msg_id", null=True), _ref("reply_to", "messages"), _data("data"),
    _at("provider_at"), _at("created_at", null=False), _at("edited_at"), _at("deleted_at"),
    _number("version", 1), sa.UniqueConstraint("contact_id", "seq"),
    _one_of("kind", "inbound", "outbound", "note", "system", "call", "survey"),
    sa.Index("uq_messages_client_msg_id", "employee_id", "client_msg_id", unique=True,
             postgresql_where=sa.text("client_msg_id IS NOT NULL")),
    sa.Index("ix_messages_external", "contact_id", "external_id",
             postgresql_where=sa.text("external_id IS NOT NULL")),
)
message_bodies = sa.Table(  # the whole as it came, where messages.text is only what is new in it
    "message_bodies", metadata,
    sa.Column("message_id", sa.ForeignKey("messages.id"), primary_key=True),
    _text("text"), _text("html"),
)
message_names = sa.Table(  # further names of a message; text: of the pieces of one told in several
    "message_names", metadata,
    sa.Column("account_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True), _ref("message_id", "messages", null=False,
                                                       index=True), _text("text", null=True),
    sa.Column("place", sa.BigInteger, nullable=False, server_default="0"), _at("edited_at"),
    _at("deleted_at"),
)
auto_answers = sa.Table(  # what machines of ours wrote: one of a kind per contact, few per address
    "auto_answers", metadata,
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True),
    _ref("account_id", "accounts", null=False), _text("address"), _at("at", null=False),
    sa.Column("kind", sa.Text, primary_key=True, server_default="confirmation"),
    sa.Index("ix_auto_answers_account", "account_id", "at"),
    sa.Index("ix_auto_answers_address", "address", "at"),
)
attachments = sa.Table(  # message_id is null until an upload is sent with a message
    "attachments", metadata, _id(), _ref("message_id", "messages", index=True),
    _ref("contact_id", "contacts"), _ref("account_id", "accounts"), _text("owner", default=""),
    _text("kind", default="file"), _text("name", default=""), _text("type", default=""),
    sa.Column("size", sa.BigInteger), _text("sha256", null=True), _text("state", default="wanted"),
    _text("ref", null=True), _text("blob_key", null=True), _data("data"),
    _at("created_at", null=False), _number("version", 1),
    _one_of("state", "wanted", "stored", "too_large", "gone", "failed", "infected"),
)
drafts = sa.Table(
    "drafts", metadata, sa.Column("employee_id", sa.ForeignKey("employees.id"), primary_key=True),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True), _text("text"), _data("data"),
    _at("changed_at", null=False), _number("version", 1), _one_of("kind", "reply", "note"),
)
contact_reads = sa.Table(  # how far an employee, or the client, has read
    "contact_reads", metadata,
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True),
    sa.Column("reader", sa.Text, primary_key=True), _number("seq"), _at("at", null=False),
)
expectations = sa.Table(  # a survey waiting for "5", a bot's question: attach, never ring
    "expectations", metadata, _id(), _ref("account_id", "accounts", null=False),
    _text("conversation_key"), _text("kind"), _ref("contact_id", "contacts"), _data("data"),
    _at("until", null=False), sa.UniqueConstraint("account_id", "conversation_key"),
)
survey_invitations = sa.Table(
    "survey_invitations", metadata, _id(),
    _ref("identity_id", "identities", null=False, index=True),
    _ref("contact_id", "contacts"), _text("survey"), _text("state"), _at("invited_at", null=False),
    _at("answered_at"), _data("data"),
)

# --- work: one turn in the waiting line -----------------------------------------------------

work = sa.Table(  # everything the engine needs to be rebuilt stands here (virtual_arrival, rung, …)
    "work", metadata, _id(), sa.Column("seq", sa.BigInteger, sa.Identity(always=False)),
    _text("subject_kind", default="contact"), _ref("contact_id", "contacts"),
    _ref("queue_id", "queues", null=False), _text("medium"), _number("cost", 1),
    _text("state", default="waiting"), _text("origin", default="arrival"),
    _ref("previous_id", "work"), _at("arrived_at", null=False), _at("virtual_arrival", null=False),
    _number("rung"), _data("requirement"), _ref("preferred_id", "employees"),
    _at("preferred_until"), sa.Column("excluded", JSONB, nullable=False,
                                      server_default=sa.text("'[]'::jsonb")),
    _number("misses"), _ref("operator_id", "employees"), sa.Column("offer_id", UUID(as_uuid=True)),
    _at("offered_at"), _at("offer_until"), _at("accepted_at"), _at("wrap_up_since"),
    _at("wrap_up_until"), _at("ended_at"), _text("outcome", null=True), _text("note", default=""),
    _number("policy_version", 1), _number("version", 1),
    _at("queued_at"),  # in this queue since; the ladder counts from it
    sa.Column("kept_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("came_queue_id", UUID(as_uuid=True)),  # where it came to, if it was led on from there
    _at("parked_until"),  # it is laid aside by whom it prefers, until then at most
    _one_of("state", "waiting", "offered", "active", "wrap_up", "parked", "done"),
    _one_of("subject_kind", "contact", "callback", "task"),
    _one_of("origin", "arrival", "follow_up", "transfer", "reopen", "return", "parked"),
    sa.CheckConstraint("(state IN ('offered','active','wrap_up')) <= (operator_id IS NOT NULL)",
                       name="operator"),
    sa.CheckConstraint("(state = 'parked') <= (parked_until IS NOT NULL)", name="parked"),
    sa.Index("ix_work_parked", "preferred_id", postgresql_where=sa.text("state = 'parked'")),
    sa.Index("uq_work_contact_open", "contact_id", unique=True, postgresql_where=OPEN_WORK),
    sa.Index("ix_work_operator_open", "operator_id", postgresql_where=OPEN_WORK),
    sa.Index("ix_work_waiting", "queue_id", "virtual_arrival",
             postgresql_where=sa.text("state IN ('waiting','offered')")),
    sa.Index("ix_work_contact_id", "contact_id", "arrived_at"),
)
offers = sa.Table(  # explanation: why this one (rule, candidates, runner-up)
    "offers", metadata, _id(), _ref("work_id", "work", null=False, index=True),
    _ref("operator_id", "employees", null=False), _text("state", default="live"),
    _text("reason", null=True), sa.Column("fence", sa.BigInteger, nullable=False),
    _data("explanation"), _at("created_at", null=False), _at("until", null=False), _at("ended_at"),
    _one_of("state", "live", "accepted", "declined", "missed", "rescinded"),
    sa.Index("uq_offers_live", "work_id", unique=True,
             postgresql_where=sa.text("state = 'live'")),
    sa.Index("ix_offers_operator_live", "operator_id", postgresql_where=sa.text("state = 'live'")),
)

wait_rates = sa.Table(  # sums over about the last 200 contacts: what lines move at
    "wait_rates", metadata,
    sa.Column("queue_id", sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("medium", sa.Text, primary_key=True),
    _sum("handled"), _sum("handle_seconds"), _sum("gone"), _sum("waited_seconds"),
    _sum("promised"), _sum("within_low"), _sum("within_high"), _sum("off_seconds"),
    _sum("real_seconds"),
)
wait_promises = sa.Table(  # what who waits now was told of his wait, at first and last
    "wait_promises", metadata,
    sa.Column("work_id", sa.ForeignKey("work.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("queue_id", UUID(as_uuid=True), nullable=False), _text("medium"), _text("asked"),
    sa.Column("ahead", sa.Double, nullable=False), sa.Column("senior", sa.Integer, nullable=False),
    sa.Column("room", sa.Integer, nullable=False),
    sa.Column("low_ms", sa.BigInteger, nullable=False),
    sa.Column("high_ms", sa.BigInteger, nullable=False),
    sa.Column("told_ms", sa.BigInteger, nullable=False), _text("cause"),
    _flag("shown", default=True), sa.Column("first_low_ms", sa.BigInteger, nullable=False),
    sa.Column("first_high_ms", sa.BigInteger, nullable=False), _at("first_at", null=False),
)

# --- the log and its readers -----------------------------------------------------------------

events = sa.Table(  # ids and codes only, never personal text; order of delivery = (xid, seq)
    "events", metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("xid", Xid8, nullable=False, server_default=sa.text("pg_current_xact_id()")),
    _text("kind"), _text("subject_kind"), sa.Column("subject_id", UUID(as_uuid=True)),
    _number("version", 1), sa.Column("identity_id", UUID(as_uuid=True)), _text("actor"),
    _text("cause", default=""), _data("data"),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False,
              server_default=sa.text("clock_timestamp()")),
    sa.PrimaryKeyConstraint("xid", "seq"),
    sa.Index("ix_events_subject", "subject_id", "seq"),
)
installed_functions = sa.Table(  # which text of each .sql file the database holds
    "installed_functions", metadata, sa.Column("name", sa.Text, primary_key=True), _text("digest"),
    _number("generation"),
)
cursors = sa.Table(
    "cursors", metadata, sa.Column("reader", sa.Text, primary_key=True), _number("era", 1),
    sa.Column("xid", Xid8, nullable=False), sa.Column("seq", sa.BigInteger, nullable=False),
    _at("moved_at", null=False),
)
checkpoints = sa.Table(
    "checkpoints", metadata, _id(), _number("era", 1), sa.Column("xid", Xid8, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("packed", sa.LargeBinary, nullable=False, server_default=sa.text("''::bytea")),
    _at("at", null=False),
)

# --- intake ----------------------------------------------------------------------------------

inbound_keys = sa.Table(  # narrow, never partitioned by time: the dedupe keys
    "inbound_keys", metadata,
    sa.Column("account_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True), _at("at", null=False),
    sa.Index("ix_inbound_keys_age", "account_id", "at"),  # for retention, an account at a time
)
conversation_refs = sa.Table(  # names by which later messages refer to a conversation
    "conversation_refs", metadata,
    sa.Column("account_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True), _text("conversation_key"), _at("at", null=False),
)
account_cursors = sa.Table(  # how far a listening account has been read
    "account_cursors", metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    _data("cursor"), _at("moved_at", null=False),
)
raw_events = sa.Table(  # under the id of the message it brought
    "raw_events", metadata, _id(), sa.Column("account_id", UUID(as_uuid=True), nullable=False),
    _text("external_id"), sa.Column("body", BYTEA, nullable=False), _at("received_at", null=False),
)
parked_changes = sa.Table(  # an edit or deletion that came before its message waits here for it
    "parked_changes", metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("account_id", UUID(as_uuid=True), nullable=False), _text("target"), _text("kind"),
    _text("text"), _at("at", null=False), _at("parked_at", null=False),
    _one_of("kind", "edit", "delete"),
    sa.Index("ix_parked_changes_target", "account_id", "target"),
    sa.Index("ix_parked_changes_age", "parked_at"),
)
quarantine = sa.Table(
    "quarantine", metadata, _id(), _ref("account_id", "accounts", null=False), _text("kind"),
    _text("error"), sa.Column("request", BYTEA, nullable=False), _text("state", default="waiting"),
    _number("attempts", 1), _at("received_at", null=False), _at("settled_at"),
    _ref("settled_by", "employees"), _number("version", 1),
    _one_of("kind", "malformed", "poison", "unsupported", "refused"),
    _one_of("state", "waiting", "replayed", "dropped"),
    sa.Index("ix_quarantine_state", "state", "received_at"),
    sa.Index("ix_quarantine_account", "account_id", "id"),
)

# --- outbox ----------------------------------------------------------------------------------

account_paces = sa.Table(  # only where all is not well: what the next sender has to know
    "account_paces", metadata,
    sa.Column("account_id", UUID(as_uuid=True),
              sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    _at("until", null=False), _number("failures"), _at("failing_since"),
    sa.Column("width", sa.Integer, nullable=False),
)
outbox_lines = sa.Table(
    "outbox_lines", metadata, _id(), _ref("account_id", "accounts", null=False),
    _text("conversation_key"), _number("last_seq"),
    sa.UniqueConstraint("account_id", "conversation_key"),
)
outbox = sa.Table(
    "outbox", metadata, _id(), _ref("line_id", "outbox_lines", null=False),
    sa.Column("seq", sa.Integer, nullable=False), _ref("account_id", "accounts", null=False),
    _ref("contact_id", "contacts"), _ref("message_id", "messages", index=True),
    _text("origin", default="operator"), _text("class", default="interactive"),
    _text("state", default="pending"), _data("payload"), _at("hold_until"),
    _at("due_at", null=False), _number("attempts"), _text("owner", null=True),
    sa.Column("token", sa.BigInteger), _at("claim_until"), _text("provider_id", null=True),
    _text("error_kind", null=True), _text("error_text", null=True), _at("created_at", null=False),
    _at("sent_at"), _at("settled_at"), _number("version", 1),
    sa.Column("recipients", JSONB), _data("undelivered"), _text("act", default="send"),
    sa.UniqueConstraint("line_id", "seq"), _one_of("class", "interactive", "automatic", "bulk"),
    _one_of("act", "send", "edit", "delete"),
    _one_of("origin", "operator", "rule", "bot", "survey", "campaign"),
    _one_of("state", "held", "pending", "sending", "sent", "delivered", "read", "failed",
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
    sa.Column("provider_id", sa.Text, primary_key=True), _ref("outbox_id", "outbox", index=True),
    _number("rank"), _text("status", default=""), _text("reason", null=True),
    _at("provider_at"), _at("changed_at", null=False), _data("undelivered"),
)

# --- jobs and the rest -----------------------------------------------------------------------

jobs = sa.Table(
    "jobs", metadata, _id(), _text("kind"), _text("key"), _at("due_at", null=False),
    _data("payload"), _text("state", default="waiting"), _number("attempts"),
    _text("owner", null=True),
    _at("claim_until"), _text("error", null=True), _at("created_at", null=False), _at("ended_at"),
    _one_of("state", "waiting", "running", "done", "dead"),
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
    sa.Column("answer", BYTEA), _at("at", null=False), sa.Index("ix_idempotency_keys_age", "at"),
)
