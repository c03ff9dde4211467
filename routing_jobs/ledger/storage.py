"""Opens the ledger's store, brings its tables up to date, and hands out transactions.

SQLite is the default, any other SQLAlchemy URL (PostgreSQL) goes through the same code. Nothing here knows what the
tables mean.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import OperationalError

from routing_jobs.program.errors import BusyError

NEWEST_REVISION = "ledger_0001"
LOCK_WAIT_SECONDS = 30
_WRITING = "ledger_writing"


def open_engine(url: str) -> Engine:
    """An engine for `url`; SQLite with WAL, foreign keys, a full sync, erased bytes overwritten, our own BEGIN.

    Python's sqlite3 begins late and upgrades a read lock to a write lock, which can fail half way: a writing
    transaction here starts with BEGIN IMMEDIATE or not at all.
    """
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_SECONDS} if is_sqlite else {})
    if is_sqlite:

        @event.listens_for(engine, "connect")
        def _set_up(dbapi_connection, _record) -> None:  # type: ignore[no-untyped-def]
            dbapi_connection.isolation_level = None
            cursor = dbapi_connection.cursor()
            for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            is_writing = connection.get_execution_options().get(_WRITING, False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine


@contextmanager
def writing(engine: Engine, holder_file: Path) -> Iterator[Connection]:
    """One writing transaction: committed at the end, rolled back on any error.

    `holder_file` names the process that writes, for the message of whoever waits in vain (BusyError).
    """
    with engine.connect() as connection:
        connection.execution_options(**{_WRITING: True})
        try:
            transaction = connection.begin()
        except OperationalError as error:
            raise BusyError(_busy_message(holder_file)) from error
        with transaction:
            holder_file.write_text(f"process {os.getpid()}\n")
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One reading transaction: a single snapshot of the ledger."""
    with engine.connect() as connection, connection.begin():
        yield connection


def _busy_message(holder_file: Path) -> str:
    holder = holder_file.read_text().strip() if holder_file.exists() else "another process"
    return f"The ledger is being written by {holder} for more than {LOCK_WAIT_SECONDS} s. Wait for it, then try again."


def upgrade(engine: Engine, holder_file: Path) -> None:
    """Bring the tables to the newest revision, in one transaction; does nothing where they are."""
    if _revision(engine) == NEWEST_REVISION:
        return
    from alembic import command  # 0.3 s, needed once in the life of a ledger
    from alembic.config import Config

    with writing(engine, holder_file) as connection:
        configuration = Config()
        configuration.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, NEWEST_REVISION)


def _revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()
