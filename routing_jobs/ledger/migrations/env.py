"""Alembic's entry: runs the migrations on the connection `storage.upgrade` hands over, inside its transaction."""

from alembic import context

from routing_jobs.ledger.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,  # the caller's transaction covers all of it
)
context.run_migrations()
