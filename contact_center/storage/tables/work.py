"""Work: one turn in the waiting line; offers of it, and what the line promises."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

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
    total,
)

OPEN_WORK = sa.text("state <> 'done'")

# fmt: off

work = sa.Table(  # everything the engine needs to be rebuilt stands here (virtual_arrival, rung, …)
    "work", metadata, id_(), sa.Column("seq", sa.BigInteger, sa.Identity(always=False)),
    text("subject_kind", default="contact"), ref("contact_id", "contacts"),
    ref("queue_id", "queues", null=False), text("medium"), number("cost", 1),
    text("state", default="waiting"), text("origin", default="arrival"),
    ref("previous_id", "work"), at("arrived_at", null=False), at("virtual_arrival", null=False),
    number("rung"), data("requirement"), ref("preferred_id", "employees"),
    at("preferred_until"), sa.Column("excluded", JSONB, nullable=False,
                                     server_default=sa.text("'[]'::jsonb")),
    number("misses"), ref("operator_id", "employees"), sa.Column("offer_id", UUID(as_uuid=True)),
    at("offered_at"), at("offer_until"), at("accepted_at"), at("wrap_up_since"),
    at("wrap_up_until"), at("ended_at"), text("outcome", null=True), text("note", default=""),
    number("policy_version", 1), number("version", 1),
    at("queued_at"),  # in this queue since; the ladder counts from it
    sa.Column("kept_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("came_queue_id", UUID(as_uuid=True)),  # where it came to, if it was led on from there
    at("parked_until"),  # it is laid aside by whom it prefers, until then at most
    one_of("state", "waiting", "offered", "active", "wrap_up", "parked", "done"),
    one_of("subject_kind", "contact", "callback", "task"),
    one_of("origin", "arrival", "follow_up", "transfer", "reopen", "return", "parked"),
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
    "offers", metadata, id_(), ref("work_id", "work", null=False, index=True),
    ref("operator_id", "employees", null=False), text("state", default="live"),
    text("reason", null=True), sa.Column("fence", sa.BigInteger, nullable=False),
    data("explanation"), at("created_at", null=False), at("until", null=False), at("ended_at"),
    one_of("state", "live", "accepted", "declined", "missed", "rescinded"),
    sa.Index("uq_offers_live", "work_id", unique=True,
             postgresql_where=sa.text("state = 'live'")),
    sa.Index("ix_offers_operator_live", "operator_id", postgresql_where=sa.text("state = 'live'")),
)

wait_rates = sa.Table(  # sums over about the last 200 contacts: what lines move at
    "wait_rates", metadata,
    sa.Column("queue_id", sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("medium", sa.Text, primary_key=True),
    total("handled"), total("handle_seconds"), total("gone"), total("waited_seconds"),
    total("promised"), total("within_low"), total("within_high"), total("off_seconds"),
    total("real_seconds"),
)
wait_promises = sa.Table(  # what who waits now was told of his wait, at first and last
    "wait_promises", metadata,
    sa.Column("work_id", sa.ForeignKey("work.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("queue_id", UUID(as_uuid=True), nullable=False), text("medium"), text("asked"),
    sa.Column("ahead", sa.Double, nullable=False), sa.Column("senior", sa.Integer, nullable=False),
    sa.Column("room", sa.Integer, nullable=False),
    sa.Column("low_ms", sa.BigInteger, nullable=False),
    sa.Column("high_ms", sa.BigInteger, nullable=False),
    sa.Column("told_ms", sa.BigInteger, nullable=False), text("cause"),
    flag("shown", default=True), sa.Column("first_low_ms", sa.BigInteger, nullable=False),
    sa.Column("first_high_ms", sa.BigInteger, nullable=False), at("first_at", null=False),
)
