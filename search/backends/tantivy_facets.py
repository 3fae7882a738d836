"""Counts of the values of facets in Tantivy, exact to the last tie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tantivy

from search.facets import MAX_VALUES

_EVERY_VALUE = (1 << 31) - 1
"""What each segment gives: all, or the sum of them would be wrong."""

Counts = tuple[tuple[str, int], ...]


def counted(searcher: tantivy.Searcher, query: tantivy.Query, facets: tuple[str, ...]) -> Mapping[str, Counts]:
    """The most frequent values of each facet among what `query` finds."""
    if not facets:
        return {}
    terms = {name: _terms(name, size=MAX_VALUES + 1, order={"_count": "desc"}) for name in facets}
    found = searcher.aggregate(query, terms)
    return {name: _best(searcher, query, name, found[name]["buckets"]) for name in facets}


def _best(searcher: tantivy.Searcher, query: tantivy.Query, name: str, buckets: list[dict[str, Any]]) -> Counts:
    if len(buckets) > MAX_VALUES and buckets[MAX_VALUES]["doc_count"] == buckets[MAX_VALUES - 1]["doc_count"]:
        # The engine cuts equal counts off anywhere. Fewer than MAX_VALUES values are more frequent than these,
        # so the first of all that are at least as frequent hold what is wanted.
        least = buckets[MAX_VALUES]["doc_count"]
        by_value = _terms(name, size=2 * MAX_VALUES, order={"_key": "asc"}, min_doc_count=least)
        buckets = buckets + searcher.aggregate(query, {name: by_value})[name]["buckets"]
    counts = {str(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:MAX_VALUES])


def _terms(name: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401 - the engine's own options
    return {"terms": {"field": f"g_{name}", "segment_size": _EVERY_VALUE, **how}}
