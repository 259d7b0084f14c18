"""The log's order is its key, and a raw request is found by its message."""

from pathlib import Path

from alembic import op

revision = "0028"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n\n"):
        op.execute(statement.rstrip(";\n"))


def downgrade() -> None:
    raise RuntimeError("go back by restoring the backup made before the upgrade")
