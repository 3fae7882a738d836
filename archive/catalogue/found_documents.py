"""Documents that a search found, as the catalogue knows them: which of them may be seen, of which fonds they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa

from archive.auth.policy import Scope, Target
from archive.catalogue.database import Database
from archive.catalogue.labels import label_of
from archive.catalogue.places import Place
from archive.catalogue.sights import Sights
from archive.catalogue.tables import documents, dossiers

AT_ONCE = 500
"""Places that one query asks for."""


@dataclass(frozen=True, slots=True)
class FoundDocuments:
    """Looks documents up by their places."""

    database: Database

    def fonds(self, places: Sequence[Place], *, within: Scope) -> Mapping[Place, str]:
        """The fonds of those of `places` (documents, at most `AT_ONCE`) that lie within a scope now."""
        # The scope as a condition would be asked for each document of each dossier: four times the time of this.
        own = [(place.dossier_id, place.ordinal) for place in places]
        columns = (documents.c.dossier_id, documents.c.ordinal, documents.c.agency, documents.c.label, dossiers.c.fonds)
        query = sa.select(*columns).select_from(documents)
        query = query.join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
        query = query.where(
            documents.c.dossier_id.in_({place.dossier_id for place in places}),
            sa.tuple_(documents.c.dossier_id, documents.c.ordinal).in_(own),
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        seen = {kind: self._covered(*kind, within) for kind in {(row.agency, row.label) for row in rows}}
        return {Place(row.dossier_id, row.ordinal): row.fonds for row in rows if seen[row.agency, row.label]}

    def _covered(self, agency: str, label: int | None, within: Scope) -> bool:
        return within.everything or within.covers(Target(Sights(self.database).path(agency), label_of(label)))

    def all_within(self, places: Iterable[Place], *, within: Scope) -> bool:
        """Whether each of `places` is there and lies within a scope now."""
        return all(len(self.fonds(some, within=within)) == len(set(some)) for some in _pieces(places))


def _pieces(places: Iterable[Place]) -> Iterator[Sequence[Place]]:
    left = iter(places)
    while some := list(islice(left, AT_ONCE)):
        yield some
