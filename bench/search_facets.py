"""What facets, exact order, pages by cursor and reasons cost, beside the same query without them, in one run.

`python bench/search_facets.py [--documents 100000] [--queries 40] [--index FOLDER]` prints one JSON line; an index
that an earlier run left in the folder is used again.
The corpus is that of `bench/search.py` with 3,000 organs, 500 fonds and a confidence
for two documents of three, so that facets have as many values as those of a province.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

# This folder holds a file that is called as the package that it measures: it must not come first.
sys.path[:] = [str(Path(__file__).parents[1]), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from bench.search import UNITS, Corpus, percentile, size  # noqa: E402 - the path is set above
from search.backends.tantivy import TantivyIndex  # noqa: E402
from search.facets import FACETS  # noqa: E402
from search.ports import IndexedDocument, SearchRequest  # noqa: E402

ORGANS, FONDS = 3000, 500
ACCESS = (*(f"u{unit}" for unit in range(0, UNITS, 4)), "pub")


def documents(corpus: Corpus) -> Iterator[IndexedDocument]:
    for number, document in enumerate(corpus):
        yield replace(
            document,
            organ_name=f"UBND xã {number * 7919 % ORGANS}",
            fonds=f"Phông {number * 31 % FONDS}",
            confidence=None if number % 3 == 0 else 60 + number * 17 % 400 / 10,
        )


def kinds(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """What is asked beside the query, by name; `plain` is what all are compared with."""
    year, kind = {"year": ["2019", "2020", "2021"]}, {"type": ["Quyết định"]}
    return {
        "plain": {},
        "four facets": {"facets": FACETS[:4]},
        "nine facets": {"facets": FACETS},
        "nine facets, two chosen": {"facets": FACETS, "chosen": year | kind},
        "only nine facets": {"facets": FACETS, "limit": 0},
        "by date": {"sort": "-date"},
        "by title": {"sort": "title"},
        "offset 9980": {"offset": min(9980, corpus.documents // 20)},
        "first page of a list": {"after": ""},
        "reasons": {"explain": True},
    }


def asked(index: TantivyIndex, corpus: Corpus, queries: int) -> dict[str, Any]:
    """Each query in each way, one after the other, so that all see the same machine."""
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in kinds(corpus)}
    common = corpus.words[:40]
    for number in range(queries):
        for name, more in kinds(corpus).items():
            wall, used = time.perf_counter(), time.process_time()
            index.search(SearchRequest(common[number % len(common)], access=ACCESS, **more))
            times[name][0].append((time.perf_counter() - wall) * 1000)
            times[name][1].append((time.process_time() - used) * 1000)
    return {
        name: {
            "p50_ms": percentile(wall, 0.5),
            "p95_ms": percentile(wall, 0.95),
            "p50_cpu_ms": percentile(cpu, 0.5),
            "p95_cpu_ms": percentile(cpu, 0.95),
        }
        for name, (wall, cpu) in times.items()
    }


def paged(index: TantivyIndex, corpus: Corpus, sort: str) -> dict[str, Any]:
    """A whole list by cursor, 1,000 at a time."""
    wall, used = time.perf_counter(), time.process_time()
    after, seen, last = "", 0, 0.0
    while after or not seen:
        begun = time.perf_counter()
        answer = index.search(SearchRequest(corpus.words[0], access=ACCESS, sort=sort, limit=1000, after=after))
        seen, after, last = seen + len(answer.hits), answer.next, (time.perf_counter() - begun) * 1000
    return {
        "documents": seen,
        "s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - used, 2),
        "last_page_ms": round(last, 1),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--documents", type=int, default=100_000)
    arguments.add_argument("--queries", type=int, default=40)
    arguments.add_argument("--index", type=Path, help="where the index is kept; default: nowhere")
    said = arguments.parse_args()
    corpus = Corpus(said.documents)
    with tempfile.TemporaryDirectory() as scratch:
        folder = said.index or Path(scratch) / "index"
        index = TantivyIndex(folder)
        if index.count() != said.documents:
            index.rebuild(documents(corpus))
        result: dict[str, Any] = {
            "bench": "search_facets",
            "documents": said.documents,
            "bytes_per_doc": size(folder) // said.documents,
            "queries": asked(index, corpus, said.queries),
            "lists": {sort: paged(index, corpus, sort) for sort in ("relevance", "-date", "title")},
        }
    plain = result["queries"]["plain"]["p50_cpu_ms"]
    for measured in result["queries"].values():
        measured["ratio_p50_cpu"] = round(measured["p50_cpu_ms"] / plain, 2)
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
