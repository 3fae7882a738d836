"""lists by day and by a part of the number, and counts, from indexes alone."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OF_DOCUMENTS = ["agency", "label", "issued", "dossier_id", "ordinal", "number", "doc_code"]


def upgrade() -> None:
    """Go forward."""
    op.drop_index("ix_documents_agency", table_name="documents")
    op.create_index("ix_documents_agency", "documents", _OF_DOCUMENTS, unique=False)
    op.drop_index("ix_dossiers_agency", table_name="dossiers")
    op.create_index("ix_dossiers_agency", "dossiers", ["agency", "label", "documents"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_dossiers_agency", table_name="dossiers")
    op.create_index("ix_dossiers_agency", "dossiers", ["agency"], unique=False)
    op.drop_index("ix_documents_agency", table_name="documents")
    op.create_index("ix_documents_agency", "documents", ["agency", "label", "dossier_id"], unique=False)
