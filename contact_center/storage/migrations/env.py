"""Alembic's entry: the connection comes from storage/migrate.py, which holds the advisory lock."""

from alembic import context

from contact_center.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
