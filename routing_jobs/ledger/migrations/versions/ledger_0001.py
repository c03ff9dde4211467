"""The ledger's first tables, and triggers that let nobody change or remove an event."""

import sqlalchemy as sa
from alembic import op

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
    _create_journal()
    _create_arrivals_and_gates()
    _create_batch()
    _create_line_decision()
    _create_assignments()
    _create_reports()
    _create_outbox()
    guards = _POSTGRESQL_GUARDS if op.get_bind().dialect.name == "postgresql" else _SQLITE_GUARDS
    for statement in guards:
        op.execute(statement)


def _create_journal() -> None:
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("stream", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.String, nullable=False),
        sa.Column("event_type", sa.String(60), nullable=False),
        sa.Column("occurred_at", sa.String(27), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
    )
    op.create_index("ix_event_subject_id", "event", ["subject_id"])
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("newest_occurred_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain_head"),
    )
    op.create_table(
        "side_text",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_side_text"),
    )


def _create_arrivals_and_gates() -> None:
    op.create_table(
        "arrival",
        sa.Column("arrival_seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("feed", sa.String, nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("path_digest", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("arrived_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("arrival_seq", name="pk_arrival"),
        sa.UniqueConstraint("feed", "file_sha256", name="uq_arrival_feed_file_sha256"),
    )
    op.create_table(
        "gate_verdict",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("check_name", sa.String, nullable=False),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("as_of", sa.String(27), nullable=False),
        sa.Column("gate", sa.String(60), nullable=False),
        sa.Column("subject_sha256", sa.String(64), nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("rows_seen", sa.BigInteger, nullable=False),
        sa.Column("rows_failed", sa.BigInteger, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("remedy", sa.Text),
        sa.PrimaryKeyConstraint("seq", "check_name", name="pk_gate_verdict"),
    )
    op.create_index("ix_gate_verdict_subject", "gate_verdict", ["gate", "subject_sha256"])
    op.create_table(
        "suppression",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("suppressed_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_suppression"),
    )


def _create_batch() -> None:
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.String, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("is_express", sa.Boolean, nullable=False),
        sa.Column("as_of", sa.String(27), nullable=False),
        sa.Column("run_id", sa.String),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("proposed_at", sa.String(27), nullable=False),
        sa.Column("proposed_seq", sa.BigInteger, nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("rulebook_sha256", sa.String(64), nullable=False),
        sa.Column("rulebook_version", sa.String, nullable=False),
        sa.Column("input_sha256", sa.String(64)),
        sa.Column("lead_count", sa.BigInteger, nullable=False),
        sa.Column("unit_count", sa.BigInteger, nullable=False),
        sa.Column("assigned_count", sa.BigInteger, nullable=False),
        sa.Column("override_count", sa.BigInteger, nullable=False),
        sa.Column("objective", sa.BigInteger),
        sa.Column("upper_bound", sa.BigInteger),
        sa.Column("gap", sa.Float(precision=53)),
        sa.Column("band_cost", sa.BigInteger),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("reviewed_by", sa.String),
        sa.Column("approved_by", sa.String),
        sa.Column("approved_at", sa.String(27)),
        sa.Column("approved_content_sha256", sa.String(64)),
        sa.Column("approved_version", sa.Integer),
        sa.Column("released_by", sa.String),
        sa.Column("released_at", sa.String(27)),
        sa.Column("ended_by", sa.String),
        sa.Column("ended_at", sa.String(27)),
        sa.Column("reason_digest", sa.String(64)),
        sa.Column("superseded_by", sa.String),
        sa.PrimaryKeyConstraint("batch_id", name="pk_batch"),
    )
    op.create_index("ix_batch_status", "batch", ["status"])


def _create_line_decision() -> None:
    op.create_table(
        "line_decision",
        sa.Column("batch_id", sa.String, nullable=False),
        sa.Column("lead_id", sa.String, nullable=False),
        sa.Column("is_held", sa.Boolean, nullable=False),
        sa.Column("held_by", sa.String),
        sa.Column("partner_id", sa.String),
        sa.Column("overridden_by", sa.String),
        sa.Column("reason_digest", sa.String(64)),
        sa.Column("withheld_reason", sa.String(60)),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.batch_id"], name="fk_line_decision_batch_id_batch"),
        sa.PrimaryKeyConstraint("batch_id", "lead_id", name="pk_line_decision"),
    )


def _create_assignments() -> None:
    op.create_table(
        "assignment",
        sa.Column("assignment_id", sa.String, nullable=False),
        sa.Column("batch_id", sa.String, nullable=False),
        sa.Column("lead_id", sa.String, nullable=False),
        sa.Column("unit_id", sa.String, nullable=False),
        sa.Column("identity_id", sa.String, nullable=False),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("product", sa.String),
        sa.Column("partner_id", sa.String, nullable=False),
        sa.Column("tier_at_release", sa.String),
        sa.Column("hop", sa.Integer, nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("released_at", sa.String(27), nullable=False),
        sa.Column("accept_due_at", sa.String(27), nullable=False),
        sa.Column("follow_up_due_at", sa.String(27), nullable=False),
        sa.Column("responded_at", sa.String(27)),
        sa.Column("response", sa.String(20)),
        sa.Column("decline_reason", sa.String),
        sa.Column("recall_reason", sa.String),
        sa.Column("first_follow_up_at", sa.String(27)),
        sa.Column("closed_at", sa.String(27)),
        sa.Column("rulebook_version", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.batch_id"], name="fk_assignment_batch_id_batch"),
        sa.PrimaryKeyConstraint("assignment_id", name="pk_assignment"),
    )
    op.create_index("ix_assignment_batch_id", "assignment", ["batch_id"])
    op.create_index("ix_assignment_lead_id", "assignment", ["lead_id"])


def _create_reports() -> None:
    op.create_table(
        "assignment_event",
        sa.Column("event_id", sa.String, nullable=False),
        sa.Column("assignment_id", sa.String, nullable=False),
        sa.Column("lead_id", sa.String, nullable=False),
        sa.Column("partner_id", sa.String, nullable=False),
        sa.Column("event_type", sa.String(40), nullable=False),
        sa.Column("occurred_at", sa.String(27), nullable=False),
        sa.Column("reported_at", sa.String(27)),
        sa.Column("reason", sa.String),
        sa.Column("reason_digest", sa.String(64)),
        sa.Column("source", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.assignment_id"], name="fk_assignment_event_assignment_id_assignment"
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_assignment_event"),
    )
    op.create_index("ix_assignment_event_assignment_id", "assignment_event", ["assignment_id"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("partner_id", sa.String),
        sa.Column("assignment_id", sa.String),
        sa.Column("batch_id", sa.String),
        sa.Column("first_seq", sa.BigInteger),
        sa.Column("last_seq", sa.BigInteger),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("blocked_reason", sa.String(60)),
        sa.Column("delivery_id", sa.String),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("sent_at", sa.String(27)),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.assignment_id"], name="fk_outbox_assignment_id_assignment"
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.batch_id"], name="fk_outbox_batch_id_batch"),
        sa.PrimaryKeyConstraint("message_id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_status", "outbox", ["status"])
    op.create_table(
        "delivery",
        sa.Column("delivery_id", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("message_count", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("sent_at", sa.String(27)),
        sa.Column("file_sha256", sa.String(64)),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_delivery"),
    )
    op.create_table(
        "epoch",
        sa.Column("epoch", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("restored_at", sa.String(27), nullable=False),
        sa.Column("reconciled_at", sa.String(27)),
        sa.Column("reconciled_by", sa.String),
        sa.PrimaryKeyConstraint("epoch", name="pk_epoch"),
    )
