"""Embedded index against a real Elasticsearch: the same documents, queries and rights; where do the answers differ?

`PYTHONPATH=. python -P bench/engines_agree.py [--documents 100000] [--queries 20] [--shards 1] [--folder FOLDER]`
prints one JSON line and ends with 1 when anything differs that both promise: totals, notes, facets, sorted pages.
The documents are those of `bench/search.py`. `ELASTICSEARCH_URL` names a node that runs; without it one is started
by the recipe of the tests and ended again. A folder keeps the embedded index for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any

import psutil

# A neighbour has the name of the package that is measured: this folder must not come first.
sys.path[:] = [str(Path(__file__).parents[1]), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from bench.search import UNITS, Corpus, percentile  # noqa: E402 - the path is set above
from search.backends.elasticsearch import ElasticsearchIndex  # noqa: E402
from search.backends.tantivy import TantivyIndex  # noqa: E402
from search.facets import FACETS  # noqa: E402
from search.ports import SearchAnswer, SearchIndex, SearchRequest  # noqa: E402
from search.settings import ElasticsearchSettings  # noqa: E402

SEEN = (*(f"u{unit}" for unit in range(0, UNITS, 4)), "pub")
READERS = {"many": SEEN, "one": ("u3",), "none": ("nobody",)}
ORDERS = ("date", "-date", "number", "title")
PAGE, FAR = 20, 230
RECIPE = Path(__file__).parents[1] / "tests" / "servers" / "elasticsearch" / "es.py"


def queries(corpus: Corpus, of_each: int) -> Iterator[tuple[str, str]]:
    """Class and query: those of `bench/search.py`, and those that only a person would type."""
    common, middle, rare = corpus.words[:40], corpus.words[40:1200], corpus.words[3000:]
    yield from corpus.queries(of_each)
    for turn in range(of_each):
        document = corpus.document(turn * 977 % corpus.documents)
        word, other = middle[turn * 31 % len(middle)], common[turn % len(common)]
        yield "number in other words", document.number.replace("/", " ").replace("-", " ").lower()
        yield "title", document.title
        yield "title without marks", "phe duyet chu truong dau tu"
        yield "field", f'loại:"{document.type_name}" {word}'
        yield "period", f"năm:{2000 + turn % 20}-{2004 + turn % 20} {other}"
        yield "code", document.doc_code
        yield "not alone", f"-{other}"
        yield "parentheses", f"({word} OR {middle[turn * 7 % len(middle)]}) {other}"
        yield "tolerant", f"{rare[turn].split()[0]}~"
        yield "nothing", f"{rare[turn]} không-có-ở-đâu-cả-{turn}"


class Side:
    """One engine, with the time that it took."""

    def __init__(self, index: SearchIndex) -> None:
        self.index = index
        self.milliseconds: list[float] = []

    def ask(self, request: SearchRequest) -> SearchAnswer:
        """The answer, its time kept."""
        begun = time.perf_counter()
        answer = self.index.search(request)
        self.milliseconds.append((time.perf_counter() - begun) * 1000)
        return answer


class Comparison:
    """What was asked of both sides, and where they were not of one mind."""

    def __init__(self, one: Side, other: Side) -> None:
        self.sides = (one, other)
        self.asked: Counter[str] = Counter()
        self.differ: Counter[str] = Counter()
        self.overlaps: dict[str, list[float]] = {}
        self.same_order = 0
        self.swapped_ties = 0
        """First pages whose order differs although each place has the same score to the third decimal."""
        self.examples: list[str] = []

    def _both(self, request: SearchRequest) -> tuple[SearchAnswer, SearchAnswer]:
        one, other = (side.ask(request) for side in self.sides)
        return one, other

    def _same(self, what: str, text: str, one: object, other: object) -> None:
        self.asked[what] += 1
        if one != other:
            self.differ[what] += 1
            self.examples.append(f"{what}: {text}")

    def by_relevance(self, group: str, text: str, access: tuple[str, ...]) -> None:
        """Total, notes, every facet; the first page is compared and only counted."""
        request = SearchRequest(text, access=access, limit=PAGE, facets=FACETS)
        one, other = self._both(request)
        self._same("totals", text, one.total, other.total)
        self._same("notes", text, one.notes, other.notes)
        self._same("facets", text, one.facets, other.facets)
        first, second = ([hit.document_id for hit in answer.hits] for answer in (one, other))
        self._same("page_lengths", text, len(first), len(second))
        if not first:
            return
        self.overlaps.setdefault(group, []).append(len(set(first) & set(second)) / len(first))
        if first == second:
            self.same_order += 1
        elif [hit.score for hit in one.hits] == [hit.score for hit in other.hits]:
            self.swapped_ties += 1

    def sorted_pages(self, text: str) -> None:
        """The first page and one behind it, in every order, to the last tie."""
        for sort in ORDERS:
            for offset in (0, FAR):
                request = SearchRequest(text, access=SEEN, sort=sort, limit=PAGE, offset=offset)
                one, other = ([hit.document_id for hit in answer.hits] for answer in self._both(request))
                self._same("sorted_pages", f"{text} by {sort} from {offset}", one, other)

    def report(self) -> dict[str, Any]:
        """Counts of what was compared and what differed; nothing of the documents."""
        pages = [value for values in self.overlaps.values() for value in values]
        worst = {group: round(mean(values), 3) for group, values in self.overlaps.items() if mean(values) < 1}
        return {
            "queries": self.asked["totals"],
            "compared": dict(self.asked),
            "differ": {what: self.differ[what] for what in self.asked},
            "differences": self.differ.total(),
            "examples": self.examples[:10],
            "first_pages": len(pages),
            "first_pages_same_order": self.same_order,
            "first_pages_other_order_of_equal_scores": self.swapped_ties,
            "overlap_mean": round(mean(pages), 4),
            "overlap_min": round(min(pages), 3),
            "overlap_of_classes_below_1": worst,
        }


@contextmanager
def node(folder: Path, heap: str) -> Iterator[tuple[str, int | None]]:
    """Address and process number of a node of Elasticsearch; the number of one that runs already is not known."""
    if running := os.environ.get("ELASTICSEARCH_URL"):
        yield running, None
        return
    start = [sys.executable, str(RECIPE), "start", "--heap", heap, "--data", str(folder)]
    said = json.loads(subprocess.run(start, check=True, stdout=subprocess.PIPE).stdout)
    try:
        yield said["url"], said["pid"]
    finally:
        subprocess.run([sys.executable, str(RECIPE), "stop", "--data", str(folder)], check=True)


def cpu_seconds(pid: int | None) -> float:
    """Processor time of a node's process and of those that it started."""
    if pid is None:
        return 0.0
    node_process = psutil.Process(pid)
    times = [one.cpu_times() for one in (node_process, *node_process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def built(index: SearchIndex, corpus: Corpus, pid: int | None) -> dict[str, float]:
    """Fill an index; documents a second, by the wall and by processors of both sides."""
    wall, cpu, server = time.perf_counter(), time.process_time(), cpu_seconds(pid)
    index.rebuild(corpus)
    wall = time.perf_counter() - wall
    cpu = time.process_time() - cpu + cpu_seconds(pid) - server
    return {"docs_per_s": round(corpus.documents / wall), "docs_per_cpu_s": round(corpus.documents / cpu)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--documents", type=int, default=10_000)
    arguments.add_argument("--queries", type=int, default=20, help="of each of the nineteen classes")
    arguments.add_argument("--shards", type=int, default=1)
    arguments.add_argument("--heap", default="1g", help="of the node that is started")
    arguments.add_argument("--folder", type=Path, help="keeps the embedded index")
    asked = arguments.parse_args()
    corpus = Corpus(asked.documents)
    result: dict[str, Any] = {"bench": "engines_agree", "documents": asked.documents, "shards": asked.shards}
    with tempfile.TemporaryDirectory() as scratch, node(Path(scratch) / "node", asked.heap) as (url, pid):
        embedded = TantivyIndex((asked.folder or Path(scratch)) / "tantivy")
        prefix = f"bench-{secrets.token_hex(3)}"
        other = ElasticsearchIndex(ElasticsearchSettings(url=url, index_prefix=prefix, shards=asked.shards))
        if embedded.count() != asked.documents:
            result["tantivy"] = built(embedded, corpus, None)
        result["elasticsearch"] = built(other, corpus, pid)
        result["engine"] = other.engine()
        one, two = Side(embedded), Side(other)
        comparison = Comparison(one, two)
        for group, text in queries(corpus, asked.queries):
            for access in READERS.values():
                comparison.by_relevance(group, text, access)
        for text in ("", corpus.words[0], corpus.words[200], "ke hoach", '"độc lập tự do"', f"-{corpus.words[3]}"):
            comparison.sorted_pages(text)
        result |= comparison.report()
        for name, side in (("tantivy", one), ("elasticsearch", two)):
            p50, p95 = (percentile(side.milliseconds, share) for share in (0.5, 0.95))
            result.setdefault(name, {}).update({"p50_ms": p50, "p95_ms": p95})
        if pid is None:
            # Somebody else's node is left as it was found.
            other._client.indices.delete(index=f"{prefix}-documents-v1,{prefix}-state")  # noqa: SLF001
            other._client.indices.delete_index_template(name=f"{prefix}-documents")  # noqa: SLF001
    print(json.dumps(result, ensure_ascii=False))
    sys.exit(1 if result["differences"] else 0)


if __name__ == "__main__":
    main()
