"""how many pages of a document a person should look at."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 200


def upgrade() -> None:
    """Go forward. What stands in the records is brought into the new column."""
    op.add_column("documents", sa.Column("doubtful", sa.Integer(), nullable=False, server_default="0"))
    _fill(op.get_bind())
    some = sa.text("doubtful > 0")
    op.create_index(
        "ix_documents_doubtful",
        "documents",
        ["agency", "label"],
        unique=False,
        sqlite_where=some,
        postgresql_where=some,
    )


def _fill(connection: sa.Connection) -> None:
    documents = sa.table(
        "documents", sa.column("dossier_id"), sa.column("ordinal"), sa.column("part_id"), sa.column("doubtful")
    )
    packages = sa.table("packages", sa.column("id"), sa.column("record", sa.JSON()))
    last = ""
    while rows := list(
        connection.execute(sa.select(packages).where(packages.c.id > last).order_by(packages.c.id).limit(_BATCH))
    ):
        for row in rows:
            last = row.id
            for ordinal, count in _doubtful(row.record):
                own = (documents.c.part_id == row.id) & (documents.c.ordinal == ordinal)
                connection.execute(documents.update().where(own).values(doubtful=count))


def _doubtful(record: dict[str, Any]) -> list[tuple[int, int]]:
    counts = [
        (document["description"]["ordinal"], sum(len(text.get("doubtful_pages", ())) for text in document["texts"]))
        for document in record.get("documents", ())
    ]
    return [(ordinal, count) for ordinal, count in counts if count]


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_documents_doubtful", table_name="documents")
    op.drop_column("documents", "doubtful")
