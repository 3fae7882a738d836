"""The embedded index: Tantivy in a folder of the home, for one machine and any number of its processes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tantivy

from metadata.errors import ArchiveError
from search.backends.generations import Generations
from search.backends.tantivy_query import Compiler
from search.backends.tantivy_schema import FORMAT, count_of, engine, opened, put, read, schema, total, writing_to
from search.documents import analyse, stored
from search.errors import SearchFaultError
from search.plan import Term
from search.ports import IndexedDocument
from search.searching import Found, Searching, Wanted

_ADD_HEAP_BYTES = 32 << 20
_REBUILD_HEAP_BYTES = 128 << 20
_BATCH_DOCUMENTS = 1000
_BATCH_CHARS = 16 << 20
_COMMIT_DOCUMENTS = 5000
_COMMIT_CHARS = 64 << 20
_OPEN_ATTEMPTS = 5

_SORTS: Final = {
    "date": ("date_up", tantivy.Order.Asc),
    "-date": ("date_down", tantivy.Order.Desc),
    "number": ("sort_number", tantivy.Order.Asc),
    "title": ("sort_title", tantivy.Order.Asc),
}


@dataclass(frozen=True, slots=True)
class _Opened:
    """A generation as last read, and the stamps by which a newer one is told."""

    folder: Path
    stamp: tuple[int, int, int]
    index: tantivy.Index


class TantivyIndex(Searching):
    """A `SearchIndex` in `folder`, which is made at the first use.

    Safe for threads. Writers of all processes wait for each other, at most
    `lock_wait_seconds`; readers see what was acknowledged, at once.
    """

    def __init__(self, folder: Path, *, lock_wait_seconds: float = 120.0) -> None:
        self._generations = Generations(folder, FORMAT, lock_wait_seconds)
        self._schema = schema()
        self._compiler = Compiler(self._schema)
        self._opened: _Opened | None = None
        self._opening = threading.Lock()

    def add(self, documents: Iterable[IndexedDocument]) -> int:
        """See `SearchIndex.add`. Durable batch by batch; a document that stands there unchanged costs a look-up."""
        taken = 0
        for batch in _batches(documents):
            latest = {document.document_id: document for document in batch}
            with self._generations.writing(), engine("writing"):
                index = opened(self._serving(), self._schema)
                searcher = index.searcher()
                changed = [
                    (document, kept)
                    for document in latest.values()
                    if not self._holds(searcher, (kept := stored(document)).revision)
                ]
                self._generations.touch({document.package_id for document, _ in changed})
                if changed:
                    with writing_to(index, _ADD_HEAP_BYTES) as writer:
                        for document, kept in changed:
                            put(writer, analyse(document), kept)
            taken += len(batch)
        return taken

    def remove_package(self, package_id: str) -> None:
        """See `SearchIndex.remove_package`."""
        with self._generations.writing(), engine("removing"):
            index = opened(self._serving(), self._schema)
            self._generations.touch({package_id})
            with writing_to(index, _ADD_HEAP_BYTES) as writer:
                writer.delete_documents_by_term("package", package_id)

    def rebuild(self, documents: Iterable[IndexedDocument]) -> int:
        """See `SearchIndex.rebuild`.

        Writers go on meanwhile: what they change is copied over before the switch.
        After a kill the next call keeps what was committed and skips it, document by
        document, when its content is the same.
        """
        with self._generations.rebuilding():
            with self._generations.writing(), engine("beginning a rebuild"):
                building = self._begin()
            self._fill(building, documents)
            with self._generations.writing(), engine("ending a rebuild"):
                index = opened(building, self._schema)
                self._catch_up(building, index)
                documents_held = int(index.searcher().num_docs)
                self._generations.publish(building)
        return documents_held

    def _begin(self) -> Path:
        try:
            current = self._generations.current()
            if current is not None:
                opened(current, self._schema)
        except (ArchiveError, OSError, ValueError):
            # Changes made since an earlier attempt could not be copied from an index that cannot be read.
            self._generations.discard_unfinished()
        building = self._generations.fresh()
        try:
            building.mkdir(parents=True, exist_ok=True)
            opened(building, self._schema, new=True)
        except (OSError, ValueError):
            self._generations.discard_unfinished()
            building.mkdir(parents=True)
            opened(building, self._schema, new=True)
        return building

    def _fill(self, building: Path, documents: Iterable[IndexedDocument]) -> None:
        with engine("rebuilding"):
            index = opened(building, self._schema)
            searcher = index.searcher()
        since, chars = 0, 0
        # The caller's own errors pass through unchanged, so the loop stands outside `_engine`.
        with writing_to(index, _REBUILD_HEAP_BYTES) as writer:
            for document in documents:
                with engine("rebuilding"):
                    kept = stored(document)
                    if self._holds(searcher, kept.revision):
                        continue
                    put(writer, analyse(document), kept)
                    since, chars = since + 1, chars + _size(document)
                    if since >= _COMMIT_DOCUMENTS or chars >= _COMMIT_CHARS:
                        writer.commit()
                        since, chars = 0, 0

    def _catch_up(self, building: Path, index: tantivy.Index) -> None:
        touched = self._generations.touched(building)
        current = self._generations.current() if touched else None
        if current is None:
            return
        searcher = opened(current, self._schema).searcher()
        with writing_to(index, _ADD_HEAP_BYTES) as writer:
            for package_id in sorted(touched):
                writer.delete_documents_by_term("package", package_id)
                package = self._compiler.query(Term("package", package_id))
                for _, address in searcher.search(package, max(1, total(searcher, package))).hits:
                    document = read(searcher, address)
                    put(writer, analyse(document), stored(document))
        index.reload()

    def find(self, wanted: Wanted) -> Found:
        """See `Searching.find`."""
        with engine("searching"):
            compiled = self._compiler.query(wanted.plan)
            searcher = self._searcher()
            held = max(1, int(searcher.num_docs))
            if wanted.limit == 0 or wanted.offset >= held:
                return Found((), total(searcher, compiled))
            field, order = _SORTS.get(wanted.sort, (None, tantivy.Order.Desc))
            limit = min(wanted.limit, held - wanted.offset)
            result = searcher.search(
                compiled, limit, count=True, offset=wanted.offset, order_by_field=field, order=order
            )
            documents = [
                (read(searcher, address, pages=wanted.pages), 0.0 if field else round(float(score), 3))
                for score, address in result.hits
            ]
        return Found(documents, count_of(result))

    def document(self, document_id: str) -> IndexedDocument | None:
        """See `Searching.document`."""
        with engine("reading"):
            searcher = self._searcher()
            found = searcher.search(self._compiler.query(Term("id", document_id)), 1).hits
            return read(searcher, found[0][1]) if found else None

    def count(self) -> int:
        """See `SearchIndex.count`."""
        with engine("counting"):
            return int(self._searcher().num_docs)

    def ready(self) -> None:
        """See `SearchIndex.ready`. Reads one document, so that a damaged store shows."""
        with engine("proving itself"):
            searcher = self._searcher()
            for _, address in searcher.search(tantivy.Query.all_query(), 1).hits:
                read(searcher, address)

    def _holds(self, searcher: tantivy.Searcher, revision: str) -> bool:
        return total(searcher, self._compiler.query(Term("revision", revision))) > 0

    def _serving(self) -> Path:
        """The generation to write to, made when there is none; under `writing`."""
        current = self._generations.current()
        if current is not None:
            return current
        path = self._generations.empty()
        path.mkdir()
        opened(path, self._schema, new=True)
        return self._generations.publish(path)

    def _current(self) -> Path:
        current = self._generations.current()
        if current is not None:
            return current
        if self._generations.unfinished() is not None:
            msg = "the search index is being built for the first time; see: luutru index rebuild"
            raise SearchFaultError(msg)
        with self._generations.writing():
            return self._serving()

    def _searcher(self) -> tantivy.Searcher:
        """A searcher on all that is acknowledged."""
        with self._opening:
            for attempt in range(_OPEN_ATTEMPTS):
                folder = self._current()
                try:
                    self._open(folder)
                    break
                except (OSError, ValueError):
                    # A rebuild may have replaced the generation between the two looks.
                    if attempt + 1 == _OPEN_ATTEMPTS or self._current() == folder:
                        raise
            assert self._opened is not None  # noqa: S101 - narrows the type after the loop
            return self._opened.index.searcher()

    def _open(self, folder: Path) -> None:
        meta = (folder / "meta.json").stat()
        stamp = (meta.st_ino, meta.st_mtime_ns, meta.st_size)
        last = self._opened
        if last is None or last.folder != folder:
            self._opened = _Opened(folder, stamp, opened(folder, self._schema))
        elif last.stamp != stamp:
            last.index.reload()
            self._opened = _Opened(folder, stamp, last.index)


def _size(document: IndexedDocument) -> int:
    return sum(map(len, document.pages))


def _batches(documents: Iterable[IndexedDocument]) -> Iterator[list[IndexedDocument]]:
    batch: list[IndexedDocument] = []
    chars = 0
    for document in documents:
        batch.append(document)
        chars += _size(document)
        if len(batch) >= _BATCH_DOCUMENTS or chars >= _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch
