"""unsealed events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: what stands in no segment yet is found without reading the whole trail."""
    unsealed = sa.text("sealed = 0")
    op.create_index(
        "ix_audit_events_unsealed", "audit_events", ["seq"], sqlite_where=unsealed, postgresql_where=unsealed
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_audit_events_unsealed", table_name="audit_events")
