"""Use cases that help to ask: suggestions while typing, and documents like another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archive.auth.people import Label
from archive.auth.policy import ALL, Scope
from archive.catalogue.places import Place
from archive.services.indexing import Indexing
from search.ports import Hit, Suggestion


@dataclass(frozen=True, slots=True)
class Suggesting:
    """Asks the index of the holding."""

    indexing: Indexing

    def suggest(self, typed: str, *, limit: int, within: Scope = ALL) -> Sequence[Suggestion]:
        """What may be meant by the beginning of a query, from documents `within`.

        Restricted and confidential documents suggest nothing, even to who may see
        them: each piece that is shown of one is recorded, and nobody looks at
        documents by typing a letter.

        Raises:
            SearchFaultError: the index is down.
        """
        tokens, stale = self.indexing.catalogue.searched(_open_part(within))
        return self.indexing.index.suggest(typed, access=tokens, without=stale, limit=limit)

    def similar(self, place: Place, *, limit: int, within: Scope = ALL) -> Sequence[Hit]:
        """Documents `within` that are like one of them, the most alike first.

        Raises:
            SearchFaultError: the index is down.
        """
        tokens, stale = self.indexing.catalogue.searched(within)
        document_id = f"{place.dossier_id}/{place.ordinal}"
        hits = self.indexing.index.similar(document_id, access=tokens, without=stale, limit=limit)
        return self.indexing.told(hits)


def _open_part(scope: Scope) -> Scope:
    most = Label.INTERNAL
    return Scope(tuple(replace(area, up_to=most) if area.up_to.rank > most.rank else area for area in scope.areas))
