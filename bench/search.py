"""Embedded index against SQLite FTS5: the same documents, analysis, queries, rights, snippets and totals in one run.

`python bench/search.py [--documents 10000] [--queries 40]` prints one JSON line.
The corpus is made, not real: Zipf over syllables and compounds, 1.6 pages a
document, as in the research that chose the engine.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, product
from pathlib import Path
from typing import Any, Protocol

# This file has the name of the package that it measures: its folder must not come first.
sys.path[:] = [str(Path(__file__).parents[1]), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from search.backends.tantivy import TantivyIndex  # noqa: E402 - the path is set above
from search.documents import analyse, document_of, pages_of, stored  # noqa: E402
from search.highlight import Marker  # noqa: E402
from search.hits import hit  # noqa: E402
from search.planning import planned  # noqa: E402
from search.ports import Hit, IndexedDocument, SearchRequest  # noqa: E402
from search.query import AllOf, AnyOf, Clause, Not, Number, Phrase, Prefix, Word, parse  # noqa: E402
from search.searching import NOTE_BESIDE, NOTE_MOST, NOTE_TOLERANT, RELEVANCE, Wanted  # noqa: E402
from search.vietnamese import Forms  # noqa: E402

ONSETS = "b c ch d đ g gh h kh k l m n ng nh ph qu r s t th tr v x"
RIMES = (
    "a á à ả ã ạ ăn ắn ặng âm ấp ậu an án ang áng e é ẻ ê ế ệ em ên i í ị inh ích o ó ọ on ong ô ố ộ ông ồng ơ ớ ợ ơn"
    " u ú ụ ung ư ứ ự ưng ước ương ường oa oà oan uy uyên uyết iê iên iết yê"
)

TYPES = (("QĐ", "Quyết định"), ("NQ", "Nghị quyết"), ("TB", "Thông báo"), ("CV", "Công văn"), ("BC", "Báo cáo"))
TOPICS = (
    "về việc phê duyệt kế hoạch sử dụng đất",
    "về việc giao chỉ tiêu biên chế công chức",
    "về việc phê duyệt chủ trương đầu tư dự án",
    "về công tác văn thư, lưu trữ",
    "về việc thu hồi đất để giải phóng mặt bằng",
    "về việc bổ nhiệm cán bộ lãnh đạo, quản lý",
)
OPENINGS = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
    "Xét đề nghị của Giám đốc Sở Nội vụ,",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
)
ORGANS = ("UBND", "HĐND", "SNV", "STNMT", "TTg")
TOKENIZER = "unicode61 remove_diacritics 0"
UNITS = 200
WORDS_PER_PAGE = 250


class Corpus:
    """Documents by number, the same at every run."""

    def __init__(self, documents: int) -> None:
        self.documents = documents
        chance = random.Random(7)  # noqa: S311 - a corpus, not a secret
        syllables = ["".join(pair) for pair in product(ONSETS.split(), RIMES.split())]
        chance.shuffle(syllables)
        compounds = [" ".join(chance.sample(syllables, 2)) for _ in range(60_000)]
        self.words = syllables + compounds
        self.weights = list(accumulate(1 / (rank + 20) for rank in range(len(self.words))))

    def __iter__(self) -> Iterator[IndexedDocument]:
        return (self.document(number) for number in range(self.documents))

    def document(self, number: int) -> IndexedDocument:
        chance = random.Random(number)  # noqa: S311
        notation, name = chance.choices(TYPES, (9, 5, 3, 2, 1))[0]
        organ = chance.choice(ORGANS)
        issued = f"{chance.randint(1995, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        title = f"{name} {chance.choice(TOPICS)}"
        written = f"{chance.randint(1, 4000)}/{notation}-{organ}"
        pages = []
        for page in range(chance.choices((1, 2, 3), (55, 30, 15))[0]):
            count = int(WORDS_PER_PAGE * (0.5 + chance.random()) * 0.6)
            text = " ".join(chance.choices(self.words, cum_weights=self.weights, k=count))
            head = f"{organ} Số: {written} {title}. " if page == 0 else ""
            pages.append(f"{head}{chance.choice(OPENINGS)} {text}")
        return IndexedDocument(
            document_id=f"package-{number // 20}/{number % 20 + 1}",
            package_id=f"package-{number // 20}",
            ordinal=number % 20 + 1,
            agency=organ,
            title=title,
            dossier_title=f"Hồ sơ {chance.choice(TOPICS)}",
            doc_code=f"000.00.{number // 20:05}.{number % 20 + 1:03}",
            file_code=f"000.00.{number // 20:05}",
            number=written,
            type_name=name,
            organ_name=organ,
            issued=issued,
            signer="Nguyễn Văn A",
            fonds=organ,
            retention="Vĩnh viễn",
            language="Tiếng Việt",
            rights="",
            keywords="",
            fields={},
            pages=pages,
            access=(f"u{chance.randrange(UNITS)}", *(["pub"] if chance.random() < 0.3 else [])),
        )

    def queries(self, count: int) -> Iterator[tuple[str, str]]:
        """Class and query; frequent and rare words in turn."""
        chance = random.Random(1)  # noqa: S311
        common, middle, rare = self.words[:40], self.words[40:1200], self.words[3000:]
        pick = chance.choice
        makers: dict[str, Callable[[], str]] = {
            "common word": lambda: pick(common),
            "two words": lambda: f"{pick(common)} {pick(middle)}",
            "three words": lambda: f"{pick(common)} {pick(common)} {pick(middle)}",
            "rare words": lambda: pick(rare),
            "common phrase": lambda: pick(
                ('"chinh quyen dia phuong"', '"giám đốc sở"', '"độc lập tự do"', '"hội chủ nghĩa"')
            ),
            "phrase": lambda: f'"{pick(rare)}"',
            "prefix": lambda: f"{pick(middle)[:4].split()[0]}*",
            "or, not": lambda: f"{pick(common)} OR {pick(middle)} OR {pick(middle)} -{pick(common)}",
            "number": lambda: self.document(chance.randrange(self.documents)).number,
        }
        for _ in range(count):
            for name, make in makers.items():
                yield name, make()


class Engine(Protocol):
    """What is compared."""

    def build(self, corpus: Corpus) -> None: ...

    def search(self, request: SearchRequest) -> tuple[Sequence[Hit], int]: ...


class Embedded:
    """The product's own index."""

    def __init__(self, folder: Path) -> None:
        self.index = TantivyIndex(folder)

    def build(self, corpus: Corpus) -> None:
        self.index.rebuild(corpus)

    def search(self, request: SearchRequest) -> tuple[Sequence[Hit], int]:
        answer = self.index.search(request)
        if NOTE_BESIDE in answer.notes:
            # Documents were added to those that have all words, which FTS5 does not do.
            typed = planned(self.index.read(request.query), request)
            return answer.hits, self.index.find(Wanted(typed, RELEVANCE, 0)).total
        # A second try answers what FTS5 does not; nothing was found as it was typed.
        return ((), 0) if {NOTE_TOLERANT, NOTE_MOST} & set(answer.notes) else (answer.hits, answer.total)


class Fts5:
    """The same words in SQLite: two columns, canon counting double, rights and numbers in tables of their own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.db = sqlite3.connect(folder / "fts.db", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA cache_size=-200000",
            "CREATE TABLE d(id INTEGER PRIMARY KEY, record BLOB, pages BLOB)",
            "CREATE TABLE access(token TEXT, id INT, PRIMARY KEY(token, id)) WITHOUT ROWID",
            "CREATE TABLE number(key TEXT, id INT, PRIMARY KEY(key, id)) WITHOUT ROWID",
            f"CREATE VIRTUAL TABLE f USING fts5(fold, canon, content='', prefix='3', tokenize=\"{TOKENIZER}\")",
            "INSERT INTO f(f, rank) VALUES('rank', 'bm25(1.0, 2.0)')",
        ):
            self.db.execute(statement)

    def build(self, corpus: Corpus) -> None:
        for number, document in enumerate(corpus):
            if number % 5000 == 0:
                self.db.execute("COMMIT" if number else "SELECT 1")
                self.db.execute("BEGIN")
            analysis, kept = analyse(document), stored(document)
            # A word that cannot be typed parts the fields, so that phrases do not cross from one to the next.
            row = (number, " zzgap ".join(analysis.folds), " zzgap ".join(analysis.canons))
            self.db.execute("INSERT INTO f(rowid, fold, canon) VALUES(?, ?, ?)", row)
            self.db.execute("INSERT INTO d VALUES(?, ?, ?)", (number, kept.record, kept.pages))
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
        total = self.db.execute(f"SELECT count(*) {where}", values).fetchone()[0]
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


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def percentile(values: Sequence[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 2)


def measure(engine: Engine, folder: Path, corpus: Corpus) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    engine.build(corpus)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "build_docs_per_s": round(corpus.documents / wall),
        "build_docs_per_cpu_s": round(corpus.documents / cpu),
        "bytes_per_doc": size(folder) // corpus.documents,
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--documents", type=int, default=10_000)
    arguments.add_argument("--queries", type=int, default=40, help="of each of the nine classes")
    asked = arguments.parse_args()
    corpus = Corpus(asked.documents)
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"tantivy": Path(scratch) / "tantivy", "fts5": Path(scratch) / "fts5"}
        engines: dict[str, Engine] = {"tantivy": Embedded(folders["tantivy"]), "fts5": Fts5(folders["fts5"])}
        begun = time.perf_counter()
        generated = sum(1 for _ in corpus)
        result: dict[str, Any] = {
            "bench": "search",
            "documents": generated,
            "generate_docs_per_s": round(generated / (time.perf_counter() - begun)),
        }
        for name, engine in engines.items():
            result[name] = measure(engine, folders[name], corpus)
        times: dict[str, dict[str, list[float]]] = {name: {} for name in engines}
        cpu: dict[str, list[float]] = {name: [] for name in engines}
        differing = 0
        access = (*(f"u{unit}" for unit in range(0, UNITS, 4)), "pub")
        for group, text in corpus.queries(asked.queries):
            totals = set()
            for name, engine in engines.items():
                wall, used = time.perf_counter(), time.process_time()
                _, total = engine.search(SearchRequest(text, access=access))
                times[name].setdefault(group, []).append((time.perf_counter() - wall) * 1000)
                cpu[name].append((time.process_time() - used) * 1000)
                totals.add(total)
            differing += len(totals) > 1
        for name, groups in times.items():
            every = [value for values in groups.values() for value in values]
            result[name] |= {"p50_ms": percentile(every, 0.5), "p95_ms": percentile(every, 0.95)}
            result[name] |= {"p50_cpu_ms": percentile(cpu[name], 0.5), "p95_cpu_ms": percentile(cpu[name], 0.95)}
            result[name]["classes_p50_p95_ms"] = {
                group: [percentile(values, 0.5), percentile(values, 0.95)] for group, values in groups.items()
            }
        result["queries"] = sum(map(len, times["tantivy"].values()))
        result["queries_with_other_totals"] = differing
        for figure in ("p50_ms", "p95_ms", "p50_cpu_ms", "p95_cpu_ms", "build_docs_per_s", "bytes_per_doc"):
            result[f"ratio_{figure}"] = round(result["tantivy"][figure] / result["fts5"][figure], 3)
    result["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result, ensure_ascii=False))
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
