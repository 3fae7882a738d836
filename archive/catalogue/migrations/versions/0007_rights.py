"""grants, labels, changes of rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. What has no label yet is as closed as can be until `luutru init` has read what it says of itself."""
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("up_to", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_grants_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_person_id"), "grants", ["person_id"], unique=False)
    op.create_table(
        "labels",
        sa.Column("subject", sa.String(length=520), nullable=False),
        sa.Column("label", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_labels")),
    )
    op.create_table(
        "rights_changes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=520), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("confirmed_at", sa.String(length=32), nullable=False, server_default=""),
        sa.Column("confirmed_by", sa.String(length=200), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_changes")),
    )
    op.create_index(op.f("ix_rights_changes_confirmed_at"), "rights_changes", ["confirmed_at"], unique=False)
    op.add_column("submissions", sa.Column("label", sa.Integer(), nullable=True))
    op.add_column("jobs", sa.Column("label", sa.Integer(), nullable=True))
    op.add_column("dossiers", sa.Column("fonds", sa.String(length=400), nullable=False, server_default=""))
    for table in ("dossiers", "documents"):
        op.add_column(table, sa.Column("declared", sa.Integer(), nullable=True))
        op.add_column(table, sa.Column("label", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_jobs_package_id"), "jobs", ["package_id"], unique=False)
    op.create_index(op.f("ix_dossiers_agency_fonds"), "dossiers", ["agency", "fonds"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_dossiers_agency_fonds"), table_name="dossiers")
    op.drop_index(op.f("ix_jobs_package_id"), table_name="jobs")
    for table in ("dossiers", "documents"):
        op.drop_column(table, "label")
        op.drop_column(table, "declared")
    op.drop_column("dossiers", "fonds")
    op.drop_column("jobs", "label")
    op.drop_column("submissions", "label")
    op.drop_table("rights_changes")
    op.drop_table("labels")
    op.drop_table("grants")
