"""Use cases of the index: search, catching up, and a fresh index from storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive.catalogue.holdings import Catalogue
from archive.catalogue.trail import AuditTrail
from archive.services.stored_packages import StoredPackages
from metadata.events import EventType
from search.ports import IndexedDocument, SearchAnswer, SearchIndex, SearchRequest


@dataclass(frozen=True, slots=True)
class Indexing:
    """The index of the holding."""

    index: SearchIndex
    catalogue: Catalogue
    stored: StoredPackages
    trail: AuditTrail

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Find documents.

        Raises:
            SearchFaultError: the index is down.
        """
        return self.index.search(request)

    def catch_up(self) -> int:
        """Enter what is archived and not searchable yet; how many dossiers.

        Raises:
            SearchFaultError: the index is still down.
        """
        waiting = self.catalogue.unindexed()
        for dossier_id in waiting:
            self.index.add(self.stored.documents_to_index(dossier_id))
            self.catalogue.indexed(dossier_id)
        return len(waiting)

    def rebuild(self, tell: Callable[[int, int], None] | None = None) -> int:
        """A fresh index from storage; the old one serves until it is done. How many documents.

        The packages are read, not the catalogue's copies of them; the catalogue
        only tells which there are.
        """
        self.trail.record(self.trail.event(EventType.INDEX_REBUILD, "index"))
        count = self.index.rebuild(self._all(tell))
        for dossier_id in self.catalogue.unindexed():
            self.index.add(self.stored.documents_to_index(dossier_id))
            self.catalogue.indexed(dossier_id)
        return count

    def _all(self, tell: Callable[[int, int], None] | None) -> Iterator[IndexedDocument]:
        total = self.catalogue.counts()["documents"]
        done = 0
        for package_id in self.catalogue.package_ids():
            for document in self.stored.indexed([self.stored.record(package_id)]):
                done += 1
                yield document
            if tell is not None:
                tell(done, total)
