"""The ledger's first tables, and triggers that let nobody change or remove an event."""

from alembic import op

from routing_jobs.ledger.tables import METADATA

revision = "ledger_0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE_GUARDS = (
    "create trigger event_is_never_changed before update on event "
    "begin select raise(abort, 'the event table is append-only'); end",
    "create trigger event_is_never_removed before delete on event "
    "begin select raise(abort, 'the event table is append-only'); end",
)
_POSTGRESQL_GUARDS = (
    "create function refuse_event_change() returns trigger language plpgsql as "
    "$$ begin raise exception 'the event table is append-only'; end $$",
    "create trigger event_is_append_only before update or delete or truncate on event "
    "for each statement execute function refuse_event_change()",
)


def upgrade() -> None:
    """Create the tables."""
    METADATA.create_all(op.get_bind())
    guards = _POSTGRESQL_GUARDS if op.get_bind().dialect.name == "postgresql" else _SQLITE_GUARDS
    for statement in guards:
        op.execute(statement)
