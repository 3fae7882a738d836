"""Documents that a search found, as the catalogue knows them: which of them may be seen, of which fonds they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa

from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.places import Place
from archive.catalogue.tables import documents, dossiers
from archive.catalogue.visibility import documents_within

AT_ONCE = 500
"""Places that one query asks for."""


@dataclass(frozen=True, slots=True)
class FoundDocuments:
    """Looks documents up by their places."""

    database: Database

    def fonds(self, places: Sequence[Place], *, within: Scope) -> Mapping[Place, str]:
        """The fonds of those of `places` (documents, at most `AT_ONCE`) that lie within a scope now."""
        asked = set(places)
        query = sa.select(documents.c.dossier_id, documents.c.ordinal, dossiers.c.fonds)
        query = query.join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
        query = query.where(
            documents.c.dossier_id.in_({place.dossier_id for place in places}),
            documents.c.ordinal.in_({place.ordinal for place in places}),
            documents_within(within),
        )
        with self.database.reading() as connection:
            rows = connection.execute(query)
            return {place: row.fonds for row in rows if (place := Place(row.dossier_id, row.ordinal)) in asked}

    def all_within(self, places: Iterable[Place], *, within: Scope) -> bool:
        """Whether each of `places` is there and lies within a scope now."""
        return all(len(self.fonds(some, within=within)) == len(set(some)) for some in _pieces(places))


def _pieces(places: Iterable[Place]) -> Iterator[Sequence[Place]]:
    left = iter(places)
    while some := list(islice(left, AT_ONCE)):
        yield some
