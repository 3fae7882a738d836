"""How well the documents meant are found: judged queries on whole and damaged pages, beside plain BM25 in one index.

`PYTHONPATH=. .venv/bin/python -P bench/relevance.py [--damage 0 0.01 0.05 0.1] [--show CLASS]` prints one JSON line for
each engine, damage, kind of errors (`measured`, or `letters`: only those that folding does not undo, as many in all),
holding, way of ranking and class of queries: MRR, recall@10 and nDCG@10 with the bounds of their
95 % confidence interval, for the queries that may be looked at in mending (`tuning`) and for those held out, and the
ratio of each mean to the better base line. `described`: a clerk typed number and title; else all that is known of a
document is its pages. Tantivy always; Elasticsearch where LUUTRU_SEARCH__ELASTICSEARCH__URL names one. `--show` tells
on standard error which queries of a class (or `all`) that are not held out miss.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product as product_of
from pathlib import Path
from typing import Any

from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.searching import Searching
from search.settings import ElasticsearchSettings
from tests.relevance.holding import Holding
from tests.relevance.measures import MEASURES, estimate
from tests.relevance.ranking import Measured, Ranking, measured, plain, product

ALL = "all"
INDEX_PREFIX = "luutru-bench-relevance"
PRODUCT = "product"


def filled(folder: Path, holding: Holding) -> Iterator[tuple[str, Searching]]:
    """Each engine that is there, with the holding in it."""
    embedded = TantivyIndex(folder)
    embedded.rebuild(holding)
    yield "tantivy", embedded
    url = os.environ.get("LUUTRU_SEARCH__ELASTICSEARCH__URL", "")
    if url:
        served = ElasticsearchIndex(ElasticsearchSettings(url=url, index_prefix=INDEX_PREFIX))
        served.rebuild(holding)
        yield "elasticsearch", served


def ways(index: Searching) -> Mapping[str, Ranking]:
    """What is compared."""
    return {
        PRODUCT: product(index),
        "bm25_any": plain(index, every=False),
        "bm25_every": plain(index, every=True),
    }


def row(found: Iterable[Measured]) -> dict[str, Any]:
    """The figures of some queries."""
    kept = list(found)
    figures: dict[str, Any] = {"queries": len(kept)}
    for name in MEASURES:
        of = estimate([each.values[name] for each in kept])
        figures[name] = [round(value, 3) for value in (of.mean, of.low, of.high)]
    return figures


def rows(results: Mapping[str, Sequence[Measured]]) -> Iterator[dict[str, Any]]:
    """One way and one class a row."""
    groups = dict.fromkeys(each.group for each in results[PRODUCT])
    for group in (*groups, ALL):
        figures: dict[str, dict[str, Any]] = {}
        for way, found in results.items():
            chosen = [each for each in found if group in {each.group, ALL}]
            parts = {"every": chosen, "tuning": [each for each in chosen if not each.held_out]}
            parts["held_out"] = [each for each in chosen if each.held_out]
            figures[way] = {part: row(kept) for part, kept in parts.items()}
        for way, found_figures in figures.items():
            line = {"class": group, "way": way} | found_figures
            if way == PRODUCT:
                for name in MEASURES:
                    base = max(figures[other]["every"][name][0] for other in figures if other != PRODUCT)
                    line[f"ratio_{name}"] = round(found_figures["every"][name][0] / base, 3) if base else None
            yield line


def show(found: Iterable[Measured], group: str) -> None:
    """The queries that do not have all their documents on the first page, the first one on top."""
    for each in found:
        missed = each.values["recall"] < 1 or each.values["mrr"] < 1
        if group in {each.group, ALL} and not each.held_out and missed:
            values = " ".join(f"{name} {value:.2f}" for name, value in each.values.items())
            wanted, best = ", ".join(each.query.exact), ", ".join(each.found[:4]) or "nothing"
            sys.stderr.write(f"  {each.group}: {each.query.typed}   {values}   wanted {wanted}; found {best}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--damage", type=float, nargs="*", default=[0.0, 0.01, 0.05, 0.1])
    parser.add_argument("--crowd", type=int, default=1, help="how many times four documents resemble each judged one")
    parser.add_argument("--samples", type=Path, help="folder of real documents, held whole")
    parser.add_argument("--further", type=Path, help="folder of text files that stand around")
    parser.add_argument("--show", default="")
    asked = parser.parse_args()
    for described, letters, damage in product_of((True, False), (False, True), asked.damage):
        if damage or not letters:
            holding = Holding(
                damage=damage,
                letters=letters,
                described=described,
                crowd=asked.crowd,
                samples=asked.samples,
                further=asked.further,
            )
            errors = "letters" if letters else "measured"
            with tempfile.TemporaryDirectory() as scratch:
                for engine, index in filled(Path(scratch) / "index", holding):
                    results = {way: list(measured(ranking)) for way, ranking in ways(index).items()}
                    about = {"bench": "relevance", "engine": engine, "damage": damage, "errors": errors}
                    about |= {"described": described, "crowd": asked.crowd}
                    for line in rows(results):
                        print(json.dumps(about | line, ensure_ascii=False))
                    if asked.show:
                        sys.stderr.write(f"damage {damage} {errors}, {'described' if described else 'pages alone'}\n")
                        show(results[PRODUCT], asked.show)


if __name__ == "__main__":
    main()
