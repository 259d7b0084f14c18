"""The first schema: all tables, and the single workspace row."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n\n"):
        op.execute(statement.rstrip(";\n"))
    op.execute("INSERT INTO workspace (id, name, sealing_key_id) VALUES (1, '', '')")


def downgrade() -> None:
    raise RuntimeError("before the first schema there is nothing to go back to")
