"""words of titles, folded, for lists that are filtered without diacritics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.catalogue.wording import wording

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    """Go forward. Titles that are there get their words."""
    for table in ("dossiers", "documents"):
        op.add_column(table, sa.Column("words", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    _fill(connection, "dossiers", "package_id")
    _fill(connection, "documents", "dossier_id", "ordinal")


def _fill(connection: sa.Connection, name: str, *key: str) -> None:
    table = sa.table(name, *(sa.column(column) for column in (*key, "title", "words")))
    columns = [table.c[column] for column in key]
    last: tuple[object, ...] | None = None
    one = table.update().where(*(table.c[column] == sa.bindparam(f"b_{column}") for column in key))
    one = one.values(words=sa.bindparam("b_words"))
    while True:
        query = sa.select(*columns, table.c.title).order_by(*columns).limit(_BATCH)
        if last is not None:
            query = query.where(sa.tuple_(*columns) > sa.tuple_(*last))
        rows = connection.execute(query).all()
        if not rows:
            return
        last = tuple(rows[-1][:-1])
        told = [
            {f"b_{column}": value for column, value in zip(key, row, strict=False)} | {"b_words": wording(row.title)}
            for row in rows
        ]
        connection.execute(one, told)


def downgrade() -> None:
    """Go back."""
    for table in ("documents", "dossiers"):
        op.drop_column(table, "words")
