"""The catalogue's connection: SQLite in WAL mode with full synchronisation, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from archive.errors import DatabaseFaultError

BUSY_TIMEOUT_SECONDS = 30

Transaction = sa.Connection
"""What `Database.transaction` gives: for those who hand it on and have nothing to ask of it."""


def _pragmas(connection: Any) -> None:  # noqa: ANN401 - DBAPI objects have no common type
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA foreign_keys=ON")


def jobs_engine_of(url: str) -> sa.Engine:
    """An engine for the job engine's own tables: durable like the catalogue's, transactions begun by the driver.

    The job engine sends some BEGIN itself, so none may be sent for it; by itself it would neither use WAL nor wait.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:  # noqa: ANN401 - as above
        _pragmas(connection)
        connection.isolation_level = "IMMEDIATE"

    return engine


def engine_of(url: str) -> sa.Engine:
    """An engine for `url`; for SQLite every transaction is IMMEDIATE, WAL and FULL.

    Without IMMEDIATE two processes that first read and then write would fail
    each other with "database is locked" instead of waiting.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:  # noqa: ANN401 - DBAPI objects have no common type
        connection.isolation_level = None
        _pragmas(connection)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def upgrade(url: str) -> None:
    """Bring the schema to the newest revision; safe to repeat, and for two processes at once.

    Raises:
        DatabaseFaultError: the database failed.
    """
    from alembic import command  # noqa: PLC0415 - only `init` needs it, and starting is measured
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseFaultError(str(error)) from error


class Database:
    """Transactions on the catalogue."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(reading=True)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction: committed when the block ends well, durable on return.

        Raises:
            DatabaseFaultError: the database failed; nothing of the block counts.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.IntegrityError:
            raise
        except sa.exc.SQLAlchemyError as error:
            raise DatabaseFaultError(str(error)) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent view for reading; it waits for no writer.

        Raises:
            DatabaseFaultError: the database failed.
        """
        try:
            with self._reading.connect() as connection, connection.begin():
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise DatabaseFaultError(str(error)) from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
