"""audit chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: events recorded before have no place in the chain, which begins by naming what they were."""
    with op.batch_alter_table("audit_events") as table:
        table.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("sha256", sa.String(length=64), nullable=True))
        table.create_unique_constraint(op.f("uq_audit_events_number"), ["number"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    # Always there, so that two processes that append for the first time wait for each other like any later two.
    op.bulk_insert(head, [{"id": 1, "seq": 0, "sha256": "0" * 64, "at": ""}])


def downgrade() -> None:
    """Go back."""
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_events") as table:
        table.drop_constraint(op.f("uq_audit_events_number"), type_="unique")
        table.drop_column("sha256")
        table.drop_column("number")
