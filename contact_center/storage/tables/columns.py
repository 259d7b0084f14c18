"""What tables are made of: the one metadata, and the columns that recur, a word each."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

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


def id_() -> sa.Column[Any]:
    return sa.Column("id", UUID(as_uuid=True), primary_key=True)


def ref(name: str, target: str, *, null: bool = True, index: bool = False) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id")
    return sa.Column(name, UUID(as_uuid=True), key, nullable=null, index=index)


def text(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=null, server_default=default)


def number(name: str, default: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=str(default))


def total(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Double, nullable=False, server_default="0")


def flag(name: str, *, default: bool = False) -> sa.Column[Any]:
    value = sa.true() if default else sa.false()
    return sa.Column(name, sa.Boolean, nullable=False, server_default=value)


def at(name: str, *, null: bool = True) -> sa.Column[Any]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=null, server_default=None if null else NOW
    )


def data(name: str = "data") -> sa.Column[Any]:
    return sa.Column(name, JSONB, nullable=False, server_default=EMPTY)


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)
