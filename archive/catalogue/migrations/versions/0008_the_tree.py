"""years and catalogues of dossiers, for the tree of the holding."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = {"year": 4, "catalogue": 400, "starts": 10, "ends": 10}


def upgrade() -> None:
    """Go forward. What stands in the records is brought into the new columns."""
    for name, length in _COLUMNS.items():
        op.add_column("dossiers", sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    _fill(op.get_bind())
    op.create_index("ix_dossiers_year", "dossiers", ["agency", "fonds", "year", "documents"], unique=False)
    op.create_index("ix_dossiers_catalogue", "dossiers", ["agency", "fonds", "catalogue", "documents"], unique=False)
    op.create_index("ix_documents_agency", "documents", ["agency", "label", "dossier_id"], unique=False)
    op.create_index("ix_documents_issued", "documents", ["issued", "dossier_id", "ordinal"], unique=False)


def _fill(connection: sa.Connection) -> None:
    dossiers = sa.table("dossiers", sa.column("package_id"), *(sa.column(name) for name in _COLUMNS))
    packages = sa.table("packages", sa.column("dossier_id"), sa.column("part"), sa.column("record", sa.JSON()))

    def told(key: str) -> sa.ScalarSelect[str]:
        value = packages.c.record["dossier"]["fields"][key]["value"].as_string()
        query = sa.select(sa.func.coalesce(value, "")).select_from(packages)
        return query.where(packages.c.dossier_id == dossiers.c.package_id, packages.c.part == 1).scalar_subquery()

    for name, key in (("starts", "start_date"), ("ends", "end_date"), ("catalogue", "catalogue")):
        connection.execute(dossiers.update().values({name: sa.func.coalesce(told(key), "")}))
    connection.execute(dossiers.update().values(year=sa.func.substr(dossiers.c.starts, 1, 4)))


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_documents_issued", table_name="documents")
    op.drop_index("ix_documents_agency", table_name="documents")
    op.drop_index("ix_dossiers_catalogue", table_name="dossiers")
    op.drop_index("ix_dossiers_year", table_name="dossiers")
    for name in _COLUMNS:
        op.drop_column("dossiers", name)
