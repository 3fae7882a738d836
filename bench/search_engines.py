"""What `bench/search.py` compares: the embedded index, SQLite FTS5, Elasticsearch, on one analysis."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from bench.search_corpus import Corpus
from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.documents import analyse, document_of, pages_of, stored
from search.highlight import Marker
from search.hits import hit
from search.planning import planned
from search.ports import Hit, IndexedDocument, SearchAnswer, SearchRequest
from search.query import AllOf, AnyOf, Clause, Not, Number, Phrase, Prefix, Word, parse
from search.searching import NOTE_BESIDE, NOTE_MOST, NOTE_TOLERANT, RELEVANCE, Found, Searching, Wanted
from search.settings import ElasticsearchSettings
from search.vietnamese import Forms

INDEX_PREFIX = "luutru-bench-search"
TOKENIZER = "unicode61 remove_diacritics 0"
FACET_COLUMNS = ("organ", "agency", "type", "year")
UNASKED = frozenset({"fuzzy"})
"""Classes that FTS5 has no words for."""

SECOND_TRIES = frozenset({NOTE_TOLERANT, NOTE_MOST})


class Engine(Protocol):
    """What is compared."""

    def search(self, request: SearchRequest) -> tuple[Sequence[Hit], int]: ...


def as_typed(index: Searching, request: SearchRequest, answer: SearchAnswer) -> tuple[Sequence[Hit], int]:
    """What FTS5 answers as well: nothing of a second try, and no total of documents that lack some of the words."""
    if NOTE_BESIDE in answer.notes:
        asked = planned(index.read(request.query), request)
        return answer.hits, index.find(Wanted(asked, RELEVANCE, 0)).total
    return ((), 0) if SECOND_TRIES & set(answer.notes) else (answer.hits, answer.total)


class Embedded:
    """The product's own index."""

    def __init__(self, folder: Path) -> None:
        self.index = TantivyIndex(folder)

    def search(self, request: SearchRequest) -> tuple[Sequence[Hit], int]:
        return as_typed(self.index, request, self.index.search(request))


class Served:
    """Elasticsearch as the product asks it, and the same body sent bare through the same client."""

    def __init__(self, url: str, corpus: Corpus) -> None:
        self.index = ElasticsearchIndex(ElasticsearchSettings(url=url, index_prefix=INDEX_PREFIX))
        self.index.rebuild(corpus)
        self._client = self.index._client  # noqa: SLF001 - the same client is the point
        self._sent: list[dict[str, Any]] = []
        self._search = self._client.search
        self._client.search = self._noted  # type: ignore[method-assign]
        self._find = self.index.find
        self.index.find = self._timed  # type: ignore[method-assign]
        self.found_ms = 0.0
        """What the last search took from plans to documents, without what is the same for every engine."""

    def _noted(self, **body: Any) -> Any:  # noqa: ANN401 - the client's own
        self._sent.append(body)
        return self._search(**body)

    def _timed(self, wanted: Wanted) -> Found:
        begun = time.perf_counter()
        try:
            return self._find(wanted)
        finally:
            self.found_ms += (time.perf_counter() - begun) * 1000

    def search(self, request: SearchRequest) -> tuple[Sequence[Hit], int]:
        self._sent.clear()
        self.found_ms = 0.0
        return as_typed(self.index, request, self.index.search(request))

    def bare(self) -> float:
        """Milliseconds of the bodies that the last search sent, sent again as they are; the server caches no page."""
        begun = time.perf_counter()
        for body in self._sent:
            self._search(**body)
        return (time.perf_counter() - begun) * 1000


class Fts5:
    """The same words in SQLite: two columns, canon counting double, rights and numbers in tables of their own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.db = sqlite3.connect(folder / "fts.db", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA cache_size=-200000",
            "CREATE TABLE d(id INTEGER PRIMARY KEY, type, agency, issued, organ, year, record BLOB, pages BLOB)",
            "CREATE TABLE access(token TEXT, id INT, PRIMARY KEY(token, id)) WITHOUT ROWID",
            "CREATE TABLE number(key TEXT, id INT, PRIMARY KEY(key, id)) WITHOUT ROWID",
            f"CREATE VIRTUAL TABLE f USING fts5(fold, canon, content='', prefix='3', tokenize=\"{TOKENIZER}\")",
            "INSERT INTO f(f, rank) VALUES('rank', 'bm25(1.0, 2.0)')",
        ):
            self.db.execute(statement)

    def build(self, corpus: Iterable[IndexedDocument]) -> None:
        for number, document in enumerate(corpus):
            if number % 5000 == 0:
                self.db.execute("COMMIT" if number else "SELECT 1")
                self.db.execute("BEGIN")
            analysis, kept = analyse(document), stored(document)
            # A word that cannot be typed parts the fields, so that phrases do not cross from one to the next.
            row = (number, " zzgap ".join(analysis.folds), " zzgap ".join(analysis.canons))
            self.db.execute("INSERT INTO f(rowid, fold, canon) VALUES(?, ?, ?)", row)
            shown = (document.type_name, document.agency, document.issued, document.organ_name, document.issued[:4])
            self.db.execute("INSERT INTO d VALUES(?, ?, ?, ?, ?, ?, ?, ?)", (number, *shown, kept.record, kept.pages))
            self.db.executemany("INSERT INTO access VALUES(?, ?)", [(token, number) for token in analysis.access])
            self.db.executemany("INSERT INTO number VALUES(?, ?)", [(key, number) for key in analysis.keys])
        self.db.execute("COMMIT")
        self.db.execute("INSERT INTO f(f) VALUES('optimize')")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def search(self, request: SearchRequest) -> tuple[Sequence[Hit], int]:
        query = parse(request.query)
        positive = [self._match(clause) for clause in query.clauses if not isinstance(clause, Not)]
        negative = [self._match(clause.clause) for clause in query.clauses if isinstance(clause, Not)]
        match = " AND ".join(positive) + "".join(f" NOT {clause}" for clause in negative)
        tokens = ",".join("?" * len(request.access))
        # The plus keeps SQLite from asking the index once for every allowed document.
        allowed = f"+rowid IN (SELECT id FROM access WHERE token IN ({tokens}))"  # noqa: S608 - question marks only
        where = f"FROM f WHERE f MATCH ? AND {allowed}"
        values: list[Any] = [match, *request.access]
        if request.fields:
            where += " AND rowid IN (SELECT id FROM d WHERE type = ? AND agency = ? AND issued BETWEEN ? AND ?)"
            values += [request.fields["type"], request.fields["agency"]]
            values += [str(request.issued_from), str(request.issued_to)]
        total = self.db.execute(f"SELECT count(*) {where}", values).fetchone()[0]
        for column in FACET_COLUMNS if request.facets else ():
            counted = f"SELECT {column}, count(*) FROM d WHERE id IN (SELECT rowid {where}) GROUP BY 1 ORDER BY 2 DESC"  # noqa: S608
            self.db.execute(counted, values).fetchall()
        best = self.db.execute(f"SELECT rowid {where} ORDER BY rank LIMIT ?", [*values, request.limit]).fetchall()
        marker = Marker(query)
        hits = []
        for (number,) in best:
            record, pages = self.db.execute("SELECT record, pages FROM d WHERE id = ?", (number,)).fetchone()
            hits.append(hit(document_of(record, pages_of(pages)), marker, 0.0))
        return hits, total

    def _match(self, clause: Clause) -> str:
        if isinstance(clause, Word):
            return self._either((clause.word,))
        if isinstance(clause, Phrase | Number):
            return self._either(clause.words)
        if isinstance(clause, Prefix):
            return f'fold:"{clause.stem}"*'
        assert isinstance(clause, AnyOf | AllOf)
        joint = " OR " if isinstance(clause, AnyOf) else " AND "
        return f"({joint.join(self._match(inner) for inner in clause.clauses)})"

    def _either(self, words: Sequence[Forms]) -> str:
        canon, folded = (" ".join(word[form] for word in words) for form in (0, 1))
        return f'(canon:"{canon}" OR fold:"{folded}")' if canon != folded else f'fold:"{folded}"'
