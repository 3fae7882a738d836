"""An index in Elasticsearch, for one node or a cluster and any number of machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from search.assisting import Assisting
from search.backends.batches import batches
from search.backends.elasticsearch_cluster import NOT_FOUND, Cluster, Write, answering, refused_with
from search.backends.elasticsearch_generations import Generations
from search.backends.elasticsearch_looks import Looks
from search.backends.elasticsearch_schema import line
from search.documents import analyse, stored
from search.errors import SearchFaultError
from search.ports import IndexedDocument
from search.searching import Found, Wanted
from search.settings import ElasticsearchSettings

_BATCH_DOCUMENTS = 500
_BATCH_CHARS = 4 << 20
_PACKAGE_CHUNK = 1000


class ElasticsearchIndex(Assisting):
    """A `SearchIndex` on the nodes of `settings`; its indices are made at the first use.

    Safe for threads, processes and machines, without a lock: see
    `elasticsearch_generations`. `find` sees what was acknowledged, at once.
    """

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._cluster = Cluster(settings)
        self._client = self._cluster.client
        self._generations = Generations(self._cluster)
        self._looks = Looks(self._cluster, self._generations)

    # Changing

    def add(self, documents: Iterable[IndexedDocument]) -> int:
        """See `SearchIndex.add`. Durable batch by batch; what was added later by another call stays."""
        state = self._generations.draw()
        written: set[str] = set()
        taken = 0
        for batch in batches(documents, _BATCH_DOCUMENTS, _BATCH_CHARS):
            latest = {document.document_id: document for document in batch}
            lines = {name: line(analyse(document), stored(document)) for name, document in latest.items()}
            done: set[str] = set()
            while missing := state.targets - done:
                writes = (
                    Write(index, name, state.ticket, source) for index in missing for name, source in lines.items()
                )
                lost = self._cluster.write(writes)
                done |= missing
                state = self._generations.settle(lost, self._generations.now(state.ticket))
            written |= done
            taken += len(batch)
        self._refresh(written)
        return taken

    def remove_package(self, package_id: str) -> None:
        """See `SearchIndex.remove_package`."""
        state = self._generations.draw()
        done: set[str] = set()
        while missing := state.targets - done:
            self._generations.note_removal(package_id, state)
            lost = self._remove(package_id, missing, state.ticket)
            done |= missing
            state = self._generations.settle(lost, self._generations.now(state.ticket))
        self._refresh(done)

    def _remove(self, package_id: str, indices: Iterable[str], ticket: int) -> set[str]:
        names: dict[str, set[str]] = {}
        lost: set[str] = set()
        for index in indices:
            try:
                names[index] = self._of_package(index, package_id)
            except SearchFaultError as error:
                if not refused_with(error, NOT_FOUND):
                    raise
                lost.add(index)
        everywhere = sorted(set().union(*names.values()))
        return lost | self._cluster.write(Write(index, name, ticket) for index in names for name in everywhere)

    def _of_package(self, index: str, package_id: str) -> set[str]:
        """Identifiers of a package's documents in one index."""
        found: set[str] = set()
        after: list[Any] | None = None
        self._cluster.show([index], "to look for a package")
        with answering("to look for a package"):
            while True:
                page = self._client.search(
                    index=index,
                    query={"term": {"package": package_id}},
                    size=_PACKAGE_CHUNK,
                    sort=[{"id": "asc"}],
                    search_after=after,
                    source=False,
                    allow_partial_search_results=False,
                )["hits"]["hits"]
                found |= {hit["_id"] for hit in page}
                if len(page) < _PACKAGE_CHUNK:
                    return found
                after = page[-1]["sort"]

    def _refresh(self, indices: Iterable[str]) -> None:
        if names := set(indices):
            self._cluster.show(names, "to show what was written")

    def rebuild(self, documents: Iterable[IndexedDocument]) -> int:
        """See `SearchIndex.rebuild`.

        Writers go on meanwhile, in both indices. After a kill the next call keeps
        what was written and skips it, document by document, when its content is
        the same. Who begins while another process rebuilds goes on in its place.
        """
        begun, resumed = self._generations.begin()
        for batch in batches(documents, _BATCH_DOCUMENTS, _BATCH_CHARS):
            self._generations.mine(begun)
            kept = {document.document_id: (document, stored(document)) for document in batch}
            there = self._revisions(begun.building, list(kept)) if resumed else {}
            lines = (
                Write(begun.building, name, begun.ticket, line(analyse(document), keep))
                for name, (document, keep) in kept.items()
                if there.get(name) != keep.revision
            )
            self._whole(self._cluster.write(lines))
        for package_id, ticket in self._generations.removals(begun):
            self._whole(self._remove(package_id, [begun.building], ticket))
        self._cluster.show([begun.building], "to show what was built")
        with answering("to count what was built"):
            count = int(self._client.count(index=begun.building)["count"])
        self._generations.publish(begun)
        self._generations.forget_removals(begun)
        return count

    def _whole(self, lost: set[str]) -> None:
        if lost:
            msg = f"the index that is being built is gone: {', '.join(lost)}; run: luutru index rebuild"
            raise SearchFaultError(msg)

    def _revisions(self, index: str, names: Sequence[str]) -> dict[str, str]:
        with answering("to see what was built"):
            found = self._client.mget(index=index, ids=list(names), source_includes=["revision"])["docs"]
        return {each["_id"]: each["_source"]["revision"] for each in found if each.get("found")}

    # Reading

    def find(self, wanted: Wanted) -> Found:
        """See `Searching.find`."""
        return self._looks.find(wanted)

    def document(self, document_id: str) -> IndexedDocument | None:
        """See `Searching.document`."""
        return self._looks.document(document_id)

    def count(self) -> int:
        """See `SearchIndex.count`."""
        return self._looks.count()

    def engine(self) -> str:
        """See `SearchIndex.engine`."""
        return f"Elasticsearch {self._looks.version()}"

    def ready(self) -> None:
        """See `SearchIndex.ready`. Reads one document, so that a damaged store shows."""
        self._looks.ready()
