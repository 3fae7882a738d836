"""The embedded index: Tantivy in a folder of the home, for one machine and any number of its processes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import tantivy

from metadata.errors import ArchiveError
from search.assisting import Assisting
from search.backends.analysts import processors, worked
from search.backends.batches import batches
from search.backends.generations import Generations
from search.backends.held import Held
from search.backends.tantivy_facets import counted
from search.backends.tantivy_order import Asked, Rank
from search.backends.tantivy_pruning import near_the_narrow, pruned, unranked
from search.backends.tantivy_query import Compiler, share, standing
from search.backends.tantivy_schema import engine, opened, put, read, row_of, schema, total, writing_to
from search.documents import FORMAT, stored
from search.errors import SearchExpiredError, SearchFaultError, SearchRequestError
from search.plan import Term
from search.ports import IndexedDocument
from search.searching import ORDERS, Found, Wanted

_ADD_HEAP_BYTES = 32 << 20
_REBUILD_HEAP_BYTES = 128 << 20
_BATCH_DOCUMENTS = 1000
_BATCH_CHARS = 16 << 20
_COMMIT_DOCUMENTS = 5000
_COMMIT_CHARS = 64 << 20
_OPEN_ATTEMPTS = 5

_HELD_STATES = 128
_HELD_FOR = timedelta(minutes=10)
_MAX_PLACE = 1 << 40


@dataclass(frozen=True, slots=True)
class _Opened:
    """A generation as last read, and the stamps by which a newer one is told."""

    folder: Path
    stamp: tuple[int, int, int]
    index: tantivy.Index

    @property
    def name(self) -> str:
        """Names the state in all processes."""
        return hashlib.blake2b(f"{self.folder.name}{self.stamp}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class _State:
    """A state of the index, which stays as it is, and its name."""

    name: str
    searcher: tantivy.Searcher


class _Behind(NamedTuple):
    """Where a list by relevance goes on. A place alone would not do: rights may have changed, and with them all places.

    The place only says how far down to look.
    """

    state: str
    place: int
    rank: Rank
    document_id: str

    def written(self) -> str:
        return json.dumps([self.state, self.place, *self.rank, self.document_id], ensure_ascii=False)

    @classmethod
    def read(cls, written: str) -> _Behind:
        try:
            state, place, score, tie, document_id = json.loads(written)
            behind = cls(str(state), int(place), (float(score), int(tie)), str(document_id))
        except (ValueError, TypeError, OverflowError) as error:
            raise SearchRequestError("cursor", written) from error
        if not 0 <= behind.place <= _MAX_PLACE or abs(behind.rank[1]) > _MAX_PLACE:
            raise SearchRequestError("cursor", written)
        return behind


class TantivyIndex(Assisting):
    """A `SearchIndex` in `folder`, which is made at the first use.

    Safe for threads. Writers of all processes wait for each other, at most
    `lock_wait_seconds`; readers see what was acknowledged, at once.
    """

    def __init__(self, folder: Path, *, lock_wait_seconds: float = 120.0, analysts: int | None = None) -> None:
        self._generations = Generations(folder, FORMAT, lock_wait_seconds)
        self._analysts = processors() if analysts is None else analysts
        self._schema = schema()
        self._compiler = Compiler(self._schema, tantivy.Index(self._schema))
        self._held: Held[tantivy.Searcher] = Held(_HELD_STATES, _HELD_FOR)
        self._opened: _Opened | None = None
        self._opening = threading.Lock()

    def add(self, documents: Iterable[IndexedDocument]) -> int:
        """See `SearchIndex.add`. Durable batch by batch; a document that stands there unchanged costs a look-up."""
        taken = 0
        for batch in batches(documents, _BATCH_DOCUMENTS, _BATCH_CHARS):
            latest = {document.document_id: document for document in batch}
            with self._generations.writing(), engine("writing"):
                index = opened(self._serving(), self._schema)
                searcher = index.searcher()
                changed = [
                    document for document in latest.values() if not self._holds(searcher, stored(document).revision)
                ]
                self._generations.touch({document.package_id for document in changed})
                if changed:
                    with writing_to(index, _ADD_HEAP_BYTES) as writer:
                        for document in changed:
                            put(writer, self._schema, row_of(document))
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
            resumed = int(searcher.num_docs) > 0
        if resumed:
            # To look a revision up costs a fifth of the analysis.
            documents = (document for document in documents if not self._holds(searcher, stored(document).revision))
        since, chars = 0, 0
        # The caller's own errors pass through unchanged, so the loop stands outside `engine`.
        with writing_to(index, _REBUILD_HEAP_BYTES) as writer:
            for row in worked(documents, row_of, self._analysts):
                with engine("rebuilding"):
                    put(writer, self._schema, row)
                    since, chars = since + 1, chars + row.chars
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
                    put(writer, self._schema, row_of(document))
        index.reload()

    def find(self, wanted: Wanted) -> Found:
        """See `Searching.find`."""
        with engine("searching"):
            behind = _Behind.read(wanted.resume) if wanted.resume else None
            state = self._searcher() if behind is None else self._state(behind.state)
            order = ORDERS.get(wanted.sort)
            plan = pruned(wanted.plan, standing(state.searcher))
            unscored = self._compiler.query(unranked(plan))
            scored = unscored if order else self._compiler.query(near_the_narrow(plan, share(state.searcher)))
            asked = Asked(state.searcher, self._compiler, scored, unscored)
            facets = counted(state.searcher, unscored, wanted.facets)
            first = asked.place_behind(behind.rank, behind.document_id, behind.place) if behind else wanted.offset
            last = min(first + wanted.limit, int(state.searcher.num_docs))
            if first >= last:
                return Found((), total(state.searcher, unscored), facets)
            places, count = asked.sorted(order, first, last) if order else asked.best(first, last)
            page = [(each, read(state.searcher, each.address, pages=wanted.pages)) for each in places]
        page.sort(key=lambda each: (each[0].rank, each[1].document_id))
        documents = [(document, round(place.score, 3)) for place, document in page]
        further = first + len(page)
        if not wanted.hold or order or not page or further >= count:
            return Found(documents, count, facets)
        self._held.keep(state.name, state.searcher)
        resume = _Behind(state.name, further, page[-1][0].rank, page[-1][1].document_id)
        return Found(documents, count, facets, resume.written())

    def _state(self, name: str) -> _State:
        """The state of that name. What has not changed since needs no keeping: another process has it too."""
        now = self._searcher()
        held = now.searcher if now.name == name else self._held.get(name)
        if held is None:
            raise SearchExpiredError
        return _State(name, held)

    def document(self, document_id: str) -> IndexedDocument | None:
        """See `Searching.document`."""
        with engine("reading"):
            searcher = self._searcher().searcher
            found = searcher.search(self._compiler.query(Term("id", document_id)), 1).hits
            return read(searcher, found[0][1]) if found else None

    def count(self) -> int:
        """See `SearchIndex.count`."""
        with engine("counting"):
            return int(self._searcher().searcher.num_docs)

    def engine(self) -> str:
        """See `SearchIndex.engine`."""
        return f"Tantivy {version('tantivy')}"

    def ready(self) -> None:
        """See `SearchIndex.ready`. Reads one document, so that a damaged store shows."""
        with engine("proving itself"):
            searcher = self._searcher().searcher
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

    def _searcher(self) -> _State:
        """All that is acknowledged."""
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
            return _State(self._opened.name, self._opened.index.searcher())

    def _open(self, folder: Path) -> None:
        meta = (folder / "meta.json").stat()
        stamp = (meta.st_ino, meta.st_mtime_ns, meta.st_size)
        last = self._opened
        if last is None or last.folder != folder:
            self._opened = _Opened(folder, stamp, opened(folder, self._schema))
        elif last.stamp != stamp:
            last.index.reload()
            self._opened = _Opened(folder, stamp, last.index)
