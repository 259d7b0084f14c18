"""The first schema: all tables of storage/tables.py and the single workspace row."""

from alembic import op

from contact_center.storage.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    metadata.create_all(op.get_bind())
    op.execute("INSERT INTO workspace (id, name, sealing_key_id) VALUES (1, '', '')")


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
