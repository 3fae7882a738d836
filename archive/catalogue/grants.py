"""Who has which role over which agencies, as granted by people."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa

from archive.auth.people import Grant, Label, Role
from archive.catalogue.database import Database
from archive.catalogue.tables import grants, people


class GrantRows:
    """Entries and queries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person_id: str) -> tuple[Grant, ...]:
        """All grants of an account."""
        return self.of_each([person_id])[person_id]

    def of_each(self, person_ids: Sequence[str]) -> dict[str, tuple[Grant, ...]]:
        """The same of several accounts."""
        rows = self.listed(person_ids)
        return {each: tuple(_grant(row) for row in rows[each]) for each in person_ids}

    def all(self) -> dict[tuple[str, str], tuple[Grant, ...]]:
        """Grants of everybody who has some, by identifier and login of the account."""
        query = sa.select(people.c.id, people.c.login, grants).join(people, people.c.id == grants.c.person_id)
        found: dict[tuple[str, str], list[Grant]] = {}
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(people.c.login, grants.c.role, grants.c.agency)).mappings()
            for row in rows:
                found.setdefault((row["person_id"], row["login"]), []).append(_grant(row))
        return {person: tuple(given) for person, given in found.items()}

    def listed(self, person_ids: Sequence[str]) -> dict[str, list[sa.RowMapping]]:
        """The same as rows: since when and by whom."""
        query = sa.select(grants).where(grants.c.person_id.in_(person_ids)).order_by(grants.c.role, grants.c.agency)
        found: dict[str, list[sa.RowMapping]] = {each: [] for each in person_ids}
        with self._database.reading() as connection:
            for row in connection.execute(query).mappings():
                found[row["person_id"]].append(row)
        return found

    def give(self, connection: sa.Connection, person_id: str, grant: Grant, *, by: str, at: str) -> Label | None:
        """Give a grant; of the same role over the same agency it takes the place of the one before.

        Returns:
            The label that the one before gave; None: there was none.
        """
        same = _same(person_id, grant.role, grant.agency)
        before = connection.execute(sa.select(grants.c.up_to).where(same)).scalar()
        connection.execute(grants.delete().where(same))
        row = {"role": grant.role.value, "agency": grant.agency, "up_to": grant.up_to.value}
        connection.execute(grants.insert().values(id=str(uuid4()), person_id=person_id, at=at, by=by, **row))
        return None if before is None else Label(before)

    def take(self, connection: sa.Connection, person_id: str, role: Role, agency: str) -> bool:
        """Take a grant away; whether there was one."""
        return bool(connection.execute(grants.delete().where(_same(person_id, role, agency))).rowcount)

    def person(self, login: str) -> str | None:
        """The account of that login."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(people.c.id).where(people.c.login == login)).scalar()


def _same(person_id: str, role: Role, agency: str) -> sa.ColumnElement[bool]:
    return (grants.c.person_id == person_id) & (grants.c.role == role.value) & (grants.c.agency == agency)


def _grant(row: sa.RowMapping) -> Grant:
    return Grant(Role(row["role"]), row["agency"], Label(row["up_to"]))
