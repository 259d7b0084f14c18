"""Another sender on a thread of letters is not verified, whatever his own server vouches for.

That an address is its sender's says nothing of his part in somebody else's talk; whoever belongs
to the same client is no stranger. A trigger, so that every way into a thread goes by the one rule.
"""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n\n"):
        op.execute(statement.rstrip(";\n"))


def downgrade() -> None:
    raise RuntimeError("go back by restoring the backup made before the upgrade")
