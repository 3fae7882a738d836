"""Searches that people keep by name: rows of an account, seen by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum, unique
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import people, saved_searches


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """One search."""

    id: str
    name: str
    address: str
    """What stands behind the `?` of the search page's address."""

    created_at: str


@unique
class Unkept(StrEnum):
    """Why a search is not kept."""

    FULL = "full"
    TAKEN = "taken"


class SavedSearchRows:
    """Entries and queries; every one names the person whose they are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_person(self, person_id: str) -> list[SavedSearch]:
        """All that a person keeps, as they were kept, the newest last."""
        own = saved_searches.c.person_id == person_id
        query = sa.select(saved_searches).where(own).order_by(saved_searches.c.created_at, saved_searches.c.id)
        with self._database.reading() as connection:
            return [_saved(row) for row in connection.execute(query)]

    def one(self, person_id: str, search_id: str) -> SavedSearch | None:
        """One of a person's searches; None: the person has none of that identifier."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(saved_searches).where(_own(person_id, search_id))).first()
        return None if row is None else _saved(row)

    def add(self, person_id: str, name: str, address: str, *, at: str, most: int) -> SavedSearch | Unkept:
        """Keep a search, unless the person has `most` already, or one of that name."""
        saved = SavedSearch(str(uuid4()), name, address, at)
        with self._alone(person_id) as (connection, kept):
            if len(kept) >= most:
                return Unkept.FULL
            if name in kept.values():
                return Unkept.TAKEN
            connection.execute(saved_searches.insert().values(person_id=person_id, **asdict(saved)))
        return saved

    def rename(self, person_id: str, search_id: str, name: str) -> Unkept | None:
        """Call a search otherwise, where the person has it and none other of that name."""
        with self._alone(person_id) as (connection, kept):
            if name in (known for other, known in kept.items() if other != search_id):
                return Unkept.TAKEN
            connection.execute(saved_searches.update().where(_own(person_id, search_id)).values(name=name))
        return None

    @contextmanager
    def _alone(self, person_id: str) -> Iterator[tuple[sa.Connection, dict[str, str]]]:
        """A transaction with the names of what a person keeps, by identifier; one after the other for one person."""
        own = sa.select(saved_searches.c.id, saved_searches.c.name).where(saved_searches.c.person_id == person_id)
        with self._database.transaction() as connection:
            connection.execute(sa.select(people.c.id).where(people.c.id == person_id).with_for_update())
            yield connection, {str(row.id): str(row.name) for row in connection.execute(own)}

    def remove(self, person_id: str, search_id: str) -> bool:
        """Keep a search no longer; False: the person has none of that identifier."""
        with self._database.transaction() as connection:
            return connection.execute(saved_searches.delete().where(_own(person_id, search_id))).rowcount == 1


def _own(person_id: str, search_id: str) -> sa.ColumnElement[bool]:
    return (saved_searches.c.person_id == person_id) & (saved_searches.c.id == search_id)


def _saved(row: sa.Row[Any]) -> SavedSearch:
    return SavedSearch(row.id, row.name, row.address, row.created_at)
