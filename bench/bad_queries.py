"""Twenty queries typed badly on purpose, on a holding of many documents: where does what was meant stand?

`PYTHONPATH=. .venv/bin/python -P bench/bad_queries.py [--documents 100000]` places the judged documents of
`tests/relevance` among the made ones of `bench/search.py` and prints one JSON line a query and engine: `rank` of the
first document meant (null: not among the first fifty), `total`, `notes`, `better` (the spelling that is offered),
`cpu_ms` of this process; then one line that sums up. Where LUUTRU_SEARCH__ELASTICSEARCH__URL names a server it is
asked the same, and each query's last line says whether totals and facets are equal and how far the first pages overlap.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from bench.search import Corpus
from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.facets import FACETS
from search.ports import IndexedDocument, SearchAnswer, SearchRequest
from search.searching import Searching
from search.settings import ElasticsearchSettings
from tests.relevance.holding import Holding

QUERIES: Final = (
    ("222 ttg 2025", ("qd-222-2025",)),
    ("0222/qd-ttg", ("qd-222-2025",)),
    ("222qdttg", ("qd-222-2025",)),
    ("QD so 1187 ubnd 2018", ("ks-bn-tuyet",)),
    ("nghi dinh so 30 nam 2020 cong tac van thu", ("nd-30-2020",)),
    ("kinh tế tuần hoàng", ("qd-222-2025",)),
    ("ke hoach kinh te tuan hoan", ("qd-222-2025",)),
    ("kế hoặch hành động kinh tế tuần hòan", ("qd-222-2025",)),
    ("thời hạng bảo quản tài liệu", ("tt-10-2022-bnv",)),
    ("chỉnh lí tài liệu hành chánh", ("cv-283-vtlt",)),
    ("sắp sếp đơn vị hành chính kiên sơn", ("ks-sap-nhap-xa",)),
    ("phòng cháy trữa cháy rừng", ("cd-31-2024", "ks-chi-thi-rung", "cd-09-2010-bnn")),
    ("dịch tả lơn châu fi", ("ks-dich-ta-lon",)),
    ("quyếtđịnh bổ nhiệm trợ lý thủ tướng", ("qd-515-2013",)),
    ("bo nhiem ba dang thi anh tuyet", ("ks-bn-tuyet",)),
    ("khiếu nại vàng a sìn", ("ks-khieu-nai-sinh",)),
    ("thue dat nuoc mat thuy dienn nam rom", ("ks-thuy-dien",)),
    ("học bỗng dân tộc nội chú", ("ks-hoc-bong",)),
    ("truy thu thuế khoán sản hồng lĩnh", ("ks-truy-thu-thue",)),
    ("chuyển đổi sô quốc ja", ("qd-749-2020",)),
)
"""What was typed, and the documents of `tests/relevance` that are meant by it."""

INDEX_PREFIX = "luutru-bench-bad-queries"
ACCESS: Final = ("all",)
PAGE, DEEP = 10, 50


def documents(count: int) -> Iterator[IndexedDocument]:
    """The judged ones with those that resemble them, and as many made ones as are wanted; everybody may see all."""
    made = (replace(document, access=ACCESS) for document in Corpus(count))
    return chain(Holding(), made)


def filled(folder: Path, count: int) -> Iterator[tuple[str, Searching]]:
    """Each engine that is there, with the holding in it."""
    embedded = TantivyIndex(folder)
    embedded.rebuild(documents(count))
    yield "tantivy", embedded
    url = os.environ.get("LUUTRU_SEARCH__ELASTICSEARCH__URL", "")
    if url:
        served = ElasticsearchIndex(ElasticsearchSettings(url=url, index_prefix=INDEX_PREFIX))
        served.rebuild(documents(count))
        yield "elasticsearch", served


def row(typed: str, meant: Sequence[str], answer: SearchAnswer) -> dict[str, Any]:
    """What came of one query."""
    ranks = [rank for rank, hit in enumerate(answer.hits, start=1) if hit.document_id in meant]
    found = {"typed": typed, "rank": min(ranks, default=None), "total": answer.total, "notes": list(answer.notes)}
    return found | {"better": answer.did_you_mean}


def compared(typed: str, one: SearchAnswer, other: SearchAnswer) -> dict[str, Any]:
    """Two engines' answers to the same."""
    pages = [{hit.document_id for hit in answer.hits[:PAGE]} for answer in (one, other)]
    overlap = len(pages[0] & pages[1]) / max(1, len(pages[0] | pages[1]))
    facets = {name: tuple(values) for name, values in one.facets.items()}
    equal = facets == {name: tuple(values) for name, values in other.facets.items()}
    return {"typed": typed, "same_total": one.total == other.total, "same_facets": equal, "overlap": round(overlap, 3)}


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    count = parser.parse_args().documents
    answers: dict[str, list[SearchAnswer]] = {}
    about = {"bench": "bad_queries", "documents": count}
    with tempfile.TemporaryDirectory() as scratch:
        for engine, index in filled(Path(scratch) / "index", count):
            ranks: list[int | None] = []
            for typed, meant in QUERIES:
                request = SearchRequest(typed, limit=DEEP, facets=tuple(FACETS), correct=True, access=ACCESS)
                begun = time.process_time()
                answer = index.search(request)
                used = round((time.process_time() - begun) * 1000, 1)
                line = row(typed, meant, answer)
                print(json.dumps(about | {"engine": engine} | line | {"cpu_ms": used}, ensure_ascii=False), flush=True)
                answers.setdefault(engine, []).append(answer)
                ranks.append(line["rank"])
            summed = {"first": ranks.count(1), "on_first_page": sum(1 for rank in ranks if rank and rank <= PAGE)}
            print(json.dumps(about | {"engine": engine, "queries": len(ranks)} | summed), flush=True)
    if len(answers) > 1:
        both = zip(QUERIES, *answers.values(), strict=True)
        lines = [compared(typed, one, other) for (typed, _), one, other in both]
        for line in lines:
            print(json.dumps(about | line, ensure_ascii=False))
        mean = sum(line["overlap"] for line in lines) / len(lines)
        same = all(line["same_total"] and line["same_facets"] for line in lines)
        print(json.dumps(about | {"same_totals_and_facets": same, "mean_overlap": round(mean, 3)}))


if __name__ == "__main__":
    main()
