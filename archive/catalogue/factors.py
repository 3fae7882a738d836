"""Who should have a second factor and has none yet."""

from __future__ import annotations

import sqlalchemy as sa

from archive.auth.people import Role
from archive.catalogue.database import Database
from archive.catalogue.people import ACTIVE, grants_of
from archive.catalogue.tables import grants, people


def administrators_without_factor(database: Database) -> int:
    """Accounts that administer and sign in with a password alone, until they have set a second factor up.

    People of a provider have no password here; what the provider asked of them it says at each sign-in.
    """
    role = Role.ADMINISTRATOR.value
    granted = sa.exists().where(grants.c.person_id == people.c.id, grants.c.role == role)
    alone = (people.c.status == ACTIVE) & (people.c.factor == "") & (people.c.password != "")
    query = sa.select(people.c.id, people.c.given, granted.label("granted")).where(alone)
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return sum(
        bool(row.granted) or any(grant.role is Role.ADMINISTRATOR for grant in grants_of(row.given)) for row in rows
    )
