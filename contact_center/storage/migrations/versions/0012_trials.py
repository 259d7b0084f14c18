"""Accounts that are being connected are tried out; what accounts do is counted."""

from pathlib import Path

from alembic import op

revision = "0012"
# Written beside 0009 to 0011: whichever of them is there comes first.
down_revision = max(path.name[:4] for path in Path(__file__).parent.glob("00[01][0-9]_*.py")
                    if path.name[:4] < revision)  # fmt: skip
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n\n"):
        op.execute(statement.rstrip(";\n"))


def downgrade() -> None:
    raise RuntimeError("go back by restoring the backup made before the upgrade")
