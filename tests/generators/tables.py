"""The tables of the catalogue for tests that need nothing else of a home."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from archive.catalogue.tables import metadata


@cache
def _statements() -> str:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connection:
        # What SQLite makes by itself has no statement.
        query = sa.text("select sql from sqlite_master where sql is not null order by rowid")
        statements = list(connection.execute(query).scalars())
    engine.dispose()
    return ";\n".join(statements)


def make_tables(engine: sa.Engine) -> None:
    """As `metadata.create_all` does on SQLite, whose work is to put the same statements together each time."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.executescript(_statements())
