"""Use cases of the index: search, catching up, and a fresh index from storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archive.auth.policy import ALL, Scope
from archive.catalogue.holdings import Catalogue
from archive.catalogue.trail import AuditTrail
from archive.services.stored_packages import StoredPackages
from metadata.events import EventType
from search.ports import Hit, IndexedDocument, SearchAnswer, SearchIndex, SearchRequest


@dataclass(frozen=True, slots=True)
class Indexing:
    """The index of the holding."""

    index: SearchIndex
    catalogue: Catalogue
    stored: StoredPackages
    trail: AuditTrail

    def search(self, request: SearchRequest, *, within: Scope = ALL) -> SearchAnswer:
        """Find documents that lie `within`; others are neither shown nor counted.

        Raises:
            SearchFaultError: the index is down.
        """
        tokens, stale = self.catalogue.searched(within)
        answer = self.index.search(replace(request, access=tokens, without=stale))
        return replace(answer, hits=self.told(answer.hits))

    def told(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """`hits` with what no index knows of them."""
        bare = self.catalogue.without_files({(hit.package_id, hit.ordinal) for hit in hits})
        return tuple(replace(hit, no_file=(hit.package_id, hit.ordinal) in bare) for hit in hits)

    def catch_up(self) -> int:
        """Enter what is archived and not searchable yet; how many dossiers.

        Raises:
            SearchFaultError: the index is still down.
        """
        waiting = self.catalogue.unindexed()
        self._enter(waiting)
        return len(waiting)

    def _enter(self, waiting: Mapping[str, str]) -> None:
        for dossier_id, why in waiting.items():
            self.index.add(self.stored.documents_to_index(dossier_id))
            self.catalogue.indexed(dossier_id, why)

    def rebuild(self, tell: Callable[[int, int], None] | None = None) -> int:
        """A fresh index from storage; the old one serves until it is done. How many documents.

        The packages are read, not the catalogue's copies of them; the catalogue
        only tells which there are.
        """
        self.trail.record(self.trail.event(EventType.INDEX_REBUILD, "index"))
        count = self.index.rebuild(self._all(tell))
        self._enter(self.catalogue.unindexed())
        return count

    def _all(self, tell: Callable[[int, int], None] | None) -> Iterator[IndexedDocument]:
        total = self.catalogue.counts(within=ALL)["documents"]
        done = 0
        for package_id in self.catalogue.package_ids():
            for document in self.stored.indexed([self.catalogue.shown(self.stored.record(package_id))]):
                done += 1
                yield document
            if tell is not None:
                tell(done, total)
