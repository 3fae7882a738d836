"""The tree of agencies, and changes of rights with who confirmed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import agencies, rights_changes
from archive.catalogue.visibility import below
from metadata.errors import NotFoundError

RESET = "reset"
"""Kind of a change: somebody else gave a person a new password."""


@dataclass(frozen=True, slots=True)
class RightsChange:
    """Something that somebody may do, or somebody may no longer, since somebody said so."""

    id: str
    kind: str
    """`grant`, `revoke`, `label`, `agency` or `reset`."""

    subject: str
    """`person/LOGIN`, what a label is on (`archive.catalogue.labels.Labelled`), `agency/CODE`."""

    at: str
    by: str
    """Login."""

    detail: Mapping[str, Any]
    confirmed_at: str = ""
    """Empty: it alarms until a second person confirms."""

    confirmed_by: str = ""


class RightsRows:
    """Entries and queries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------ changes

    def alarm(
        self, connection: sa.Connection, kind: str, subject: str, told: Mapping[str, str], *, by: str, at: str
    ) -> RightsChange:
        """A change that was made just now, and waits for a second person."""
        change = RightsChange(str(uuid4()), kind, subject, at, by, told)
        self.note(connection, change)
        return change

    def note(self, connection: sa.Connection, change: RightsChange) -> None:
        """Keep a change that waits for a second person; known already: nothing changes."""
        known = sa.select(rights_changes.c.id).where(rights_changes.c.id == change.id)
        if connection.execute(known).first() is None:
            row = {"id": change.id, "kind": change.kind, "subject": change.subject, "at": change.at, "by": change.by}
            connection.execute(rights_changes.insert().values(**row, detail=dict(change.detail)))

    def confirm(self, connection: sa.Connection, change_id: str, *, by: str, at: str) -> bool:
        """Confirm a change; False: somebody else has meanwhile."""
        waits = (rights_changes.c.id == change_id) & (rights_changes.c.confirmed_at == "")
        query = rights_changes.update().where(waits).values(confirmed_at=at, confirmed_by=by)
        return connection.execute(query).rowcount == 1

    def pending(self, limit: int, after: str = "") -> list[RightsChange]:
        """Changes that nobody has confirmed, the oldest first; `after` is a cursor `at|id` of the last one seen."""
        query = sa.select(rights_changes).where(rights_changes.c.confirmed_at == "")
        if after:
            at, _, last = after.partition("|")
            later = (rights_changes.c.at == at) & (rights_changes.c.id > last)
            query = query.where((rights_changes.c.at > at) | later)
        query = query.order_by(rights_changes.c.at, rights_changes.c.id).limit(limit)
        with self._database.reading() as connection:
            return [_change(row) for row in connection.execute(query)]

    def unconfirmed(self, subjects: Sequence[str]) -> dict[str, set[tuple[str, str]]]:
        """Role and agency of each grant to one of `subjects` (`person/LOGIN`) that nobody has confirmed."""
        waits = (rights_changes.c.kind == "grant") & (rights_changes.c.confirmed_at == "")
        query = sa.select(rights_changes.c.subject, rights_changes.c.detail)
        found: dict[str, set[tuple[str, str]]] = {each: set() for each in subjects}
        with self._database.reading() as connection:
            for subject, detail in connection.execute(query.where(waits, rights_changes.c.subject.in_(subjects))):
                found[subject].add((str(detail["role"]), str(detail["agency"])))
        return found

    def waiting(self, subject: str) -> frozenset[str]:
        """Identifiers of the changes of `subject` that nobody has confirmed."""
        query = sa.select(rights_changes.c.id).where(rights_changes.c.confirmed_at == "")
        with self._database.reading() as connection:
            return frozenset(connection.execute(query.where(rights_changes.c.subject == subject)).scalars())

    def is_reset(self, subject: str) -> bool:
        """Whether a reset of `subject` (`person/LOGIN`) waits."""
        waits = (rights_changes.c.kind == RESET) & (rights_changes.c.confirmed_at == "")
        query = sa.select(rights_changes.c.id).where(waits, rights_changes.c.subject == subject).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def count_pending(self) -> int:
        """How many wait."""
        query = sa.select(sa.func.count()).select_from(rights_changes).where(rights_changes.c.confirmed_at == "")
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def change(self, change_id: str) -> RightsChange:
        """One change.

        Raises:
            NotFoundError: there is none.
        """
        with self._database.reading() as connection:
            row = connection.execute(sa.select(rights_changes).where(rights_changes.c.id == change_id)).first()
        if row is None:
            raise NotFoundError(change_id)
        return _change(row)

    # ------------------------------------------------------------ agencies

    def agency(self, connection: sa.Connection, code: str) -> Mapping[str, Any] | None:
        """The row of an agency."""
        row = connection.execute(sa.select(agencies).where(agencies.c.code == code)).first()
        return None if row is None else dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented accessor

    def below(self, connection: sa.Connection, code: str) -> Sequence[str]:
        """An agency and all below it."""
        return list(connection.execute(below(code)).scalars())

    def put_agency(self, connection: sa.Connection, code: str, name: str, parent: str | None) -> None:
        """Make an agency known, or give it another name and place."""
        if self.agency(connection, code) is None:
            connection.execute(agencies.insert().values(code=code, name=name, parent=parent))
        else:
            connection.execute(agencies.update().where(agencies.c.code == code).values(name=name, parent=parent))


def _change(row: sa.Row[Any]) -> RightsChange:
    return RightsChange(**row._mapping)  # noqa: SLF001 - as above
