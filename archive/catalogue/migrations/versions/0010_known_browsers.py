"""what a token's maker could, when a provider vouched last, browsers from which somebody signed in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. A token of before may do what its person may today; a provider vouched when its person was seen."""
    op.add_column("tokens", sa.Column("grants", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("people", sa.Column("provider_at", sa.String(length=32), nullable=False, server_default=""))
    op.create_table(
        "known_browsers",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_known_browsers_person_id")),
        sa.PrimaryKeyConstraint("person_id", "secret", name=op.f("pk_known_browsers")),
    )
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    people = sa.table(
        "people",
        *(sa.column(name) for name in ("id", "subject", "seen_at", "created_at", "provider_at")),
        sa.column("given", sa.JSON()),
    )
    tokens = sa.table("tokens", sa.column("person_id"), sa.column("grants", sa.JSON()))
    granted = sa.table("grants", *(sa.column(name) for name in ("person_id", "role", "agency", "up_to")))
    seen = sa.case((people.c.seen_at != "", people.c.seen_at), else_=people.c.created_at)
    connection.execute(people.update().where(people.c.subject.is_not(None)).values(provider_at=seen))
    holders = sa.select(people.c.id, people.c.given).where(people.c.id.in_(sa.select(tokens.c.person_id)))
    for person in connection.execute(holders).all():
        held: list[Any] = [list(grant) for grant in person.given]
        query = sa.select(granted.c.role, granted.c.agency, granted.c.up_to).where(granted.c.person_id == person.id)
        held += [list(row) for row in connection.execute(query)]
        connection.execute(tokens.update().where(tokens.c.person_id == person.id).values(grants=held))


def downgrade() -> None:
    """Go back."""
    op.drop_table("known_browsers")
    op.drop_column("people", "provider_at")
    op.drop_column("tokens", "grants")
