"""The ledger's tables, in types every SQL store has. The migrations create them; nothing here reads or writes.

`event` is the record. All the others but `side_text` and `chain_head` are projections of it: `effects` says which
event changes which row, and `audit` compares. Instants are texts of `event.instant_text`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_Id = String()  # ids come from outside: no length is right
_Instant = String(27)
_Sha256 = String(64)

EVENT = Table(
    "event",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", String(40), nullable=False),
    Column("subject_id", _Id, nullable=False, index=True),
    Column("event_type", String(60), nullable=False),
    Column("occurred_at", _Instant, nullable=False),
    Column("recorded_at", _Instant, nullable=False),
    Column("actor", _Id, nullable=False),
    Column("payload", Text, nullable=False),
    Column("prev_hash", _Sha256, nullable=False),
    Column("hash", _Sha256, nullable=False),
)

# One row, locked by every writer: the newest event. On stores without a database-wide lock it is the lock.
CHAIN_HEAD = Table(
    "chain_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", _Sha256, nullable=False),
    Column("newest_occurred_at", _Instant, nullable=False),  # the latest as_of of any event
)

# Text people typed, by salted digest: the only personal text of the ledger, and it can be erased.
SIDE_TEXT = Table(
    "side_text",
    METADATA,
    Column("digest", _Sha256, primary_key=True),
    Column("body", Text, nullable=False),
)

ARRIVAL = Table(
    "arrival",
    METADATA,
    Column("arrival_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("feed", _Id, nullable=False),
    Column("file_sha256", _Sha256, nullable=False),
    Column("path_digest", _Sha256, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("arrived_at", _Instant, nullable=False),
    UniqueConstraint("feed", "file_sha256"),
)

BATCH = Table(
    "batch",
    METADATA,
    Column("batch_id", _Id, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_express", Boolean, nullable=False),
    Column("as_of", _Instant, nullable=False),
    Column("run_id", _Id),
    Column("created_by", _Id, nullable=False),
    Column("proposed_at", _Instant, nullable=False),
    Column("proposed_seq", BigInteger, nullable=False),
    Column("content_sha256", _Sha256, nullable=False),
    Column("rulebook_sha256", _Sha256, nullable=False),
    Column("rulebook_version", _Id, nullable=False),
    Column("input_sha256", _Sha256),
    Column("lead_count", BigInteger, nullable=False),
    Column("unit_count", BigInteger, nullable=False),
    Column("assigned_count", BigInteger, nullable=False),
    Column("override_count", BigInteger, nullable=False),
    Column("objective", BigInteger),
    Column("upper_bound", BigInteger),
    Column("gap", Float(53)),
    Column("band_cost", BigInteger),
    Column("files", Text, nullable=False),  # canonical JSON: file name -> sha256
    Column("reviewed_by", _Id),
    Column("approved_by", _Id),
    Column("approved_at", _Instant),
    Column("approved_content_sha256", _Sha256),
    Column("approved_version", Integer),  # the version the approver had seen
    Column("released_by", _Id),
    Column("released_at", _Instant),
    Column("ended_by", _Id),
    Column("ended_at", _Instant),
    Column("reason_digest", _Sha256),
    Column("superseded_by", _Id),
    Index("ix_batch_status", "status"),
)

# What people (or release) decided about single lines; the lines themselves are files beside the ledger.
LINE_DECISION = Table(
    "line_decision",
    METADATA,
    Column("batch_id", _Id, ForeignKey("batch.batch_id"), primary_key=True),
    Column("lead_id", _Id, primary_key=True),
    Column("is_held", Boolean, nullable=False),
    Column("held_by", _Id),
    Column("partner_id", _Id),
    Column("overridden_by", _Id),
    Column("reason_digest", _Sha256),
    Column("withheld_reason", String(60)),
)

ASSIGNMENT = Table(
    "assignment",
    METADATA,
    Column("assignment_id", _Id, primary_key=True),
    Column("batch_id", _Id, ForeignKey("batch.batch_id"), nullable=False, index=True),
    Column("lead_id", _Id, nullable=False, index=True),
    Column("unit_id", _Id, nullable=False),
    Column("identity_id", _Id, nullable=False),
    Column("account_id", _Id, nullable=False),
    Column("product", _Id),
    Column("partner_id", _Id, nullable=False),
    Column("tier_at_release", _Id),
    Column("hop", Integer, nullable=False),
    Column("source", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("released_at", _Instant, nullable=False),
    Column("accept_due_at", _Instant, nullable=False),
    Column("follow_up_due_at", _Instant, nullable=False),
    Column("responded_at", _Instant),
    Column("response", String(20)),
    Column("decline_reason", _Id),
    Column("recall_reason", _Id),
    Column("first_follow_up_at", _Instant),
    Column("closed_at", _Instant),
    Column("rulebook_version", _Id, nullable=False),
)

ASSIGNMENT_EVENT = Table(
    "assignment_event",
    METADATA,
    Column("event_id", _Id, primary_key=True),
    Column("assignment_id", _Id, ForeignKey("assignment.assignment_id"), nullable=False, index=True),
    Column("lead_id", _Id, nullable=False),
    Column("partner_id", _Id, nullable=False),
    Column("event_type", String(40), nullable=False),
    Column("occurred_at", _Instant, nullable=False),
    Column("reported_at", _Instant),
    Column("reason", _Id),
    Column("reason_digest", _Sha256),
    Column("source", _Id, nullable=False),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("message_id", _Id, primary_key=True),
    Column("kind", String(20), nullable=False),  # offer, recall, vendor
    Column("partner_id", _Id),
    Column("assignment_id", _Id, ForeignKey("assignment.assignment_id")),
    Column("batch_id", _Id, ForeignKey("batch.batch_id")),
    Column("first_seq", BigInteger),  # vendor: the events it reports
    Column("last_seq", BigInteger),
    Column("status", String(20), nullable=False),
    Column("blocked_reason", String(60)),
    Column("delivery_id", _Id),
    Column("created_at", _Instant, nullable=False),
    Column("sent_at", _Instant),
    Index("ix_outbox_status", "status"),
)

DELIVERY = Table(
    "delivery",
    METADATA,
    Column("delivery_id", _Id, primary_key=True),
    Column("recipient", _Id, nullable=False),  # a partner_id, or `vendor`
    Column("path", Text, nullable=False),  # below state/outbox
    Column("message_count", Integer, nullable=False),
    Column("status", String(20), nullable=False),  # sending, sent, abandoned
    Column("started_at", _Instant, nullable=False),
    Column("sent_at", _Instant),
    Column("file_sha256", _Sha256),
)

GATE_VERDICT = Table(
    "gate_verdict",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("check_name", _Id, primary_key=True),
    Column("run_id", _Id, nullable=False),
    Column("as_of", _Instant, nullable=False),
    Column("gate", String(60), nullable=False),
    Column("subject_sha256", _Sha256, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("rows_seen", BigInteger, nullable=False),
    Column("rows_failed", BigInteger, nullable=False),
    Column("message", Text),
    Column("remedy", Text),
    Index("ix_gate_verdict_subject", "gate", "subject_sha256"),
)

SUPPRESSION = Table(
    "suppression",
    METADATA,
    Column("digest", _Sha256, primary_key=True),
    Column("suppressed_at", _Instant, nullable=False),
)

# After a restore nothing is sent until somebody has compared what had left with what the backup knows.
EPOCH = Table(
    "epoch",
    METADATA,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("restored_at", _Instant, nullable=False),
    Column("reconciled_at", _Instant),
    Column("reconciled_by", _Id),
)

PROJECTIONS: dict[str, Table] = {
    table.name: table
    for table in (
        ARRIVAL,
        BATCH,
        LINE_DECISION,
        ASSIGNMENT,
        ASSIGNMENT_EVENT,
        OUTBOX,
        DELIVERY,
        GATE_VERDICT,
        SUPPRESSION,
        EPOCH,
    )
}


WRITE_ORDER = [table.name for table in METADATA.sorted_tables if table.name in PROJECTIONS]


def key_columns(table: Table) -> tuple[str, ...]:
    """Names of a table's primary key columns, in order."""
    return tuple(column.name for column in table.primary_key.columns)
