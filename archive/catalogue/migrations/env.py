"""Alembic's entrance: runs the revisions on the URL that `archive.catalogue.database.upgrade` hands in."""

from __future__ import annotations

from alembic import context

from archive.catalogue.database import engine_of
from archive.catalogue.tables import metadata


def _run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise LookupError("sqlalchemy.url")
    engine = engine_of(url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


_run()
