"""Suggestions, corrections and similar documents are those of an index that holds only what the asker may see."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.backends.tantivy import TantivyIndex
from search.ports import IndexedDocument, SearchRequest
from tests.contract.search_index import document
from tests.generators.examples import examples

WORDS = [
    "ban",
    "bàn",
    "bản",
    "hòa",
    "hoà",
    "đất",
    "dat",
    "kỳ",
    "ký",
    "quyết",
    "quyet",
    "định",
    "đình",
    "12",
    "222",
    "vụ",
]
NUMBERS = ["", "12/QĐ-A", "122/QĐ-B", "222/NQ-A", "222/QĐ-TTg", "Số 12"]
ORGANS = ["", "Sở Nội vụ", "So Noi vu", "UBND tỉnh", "Ban quản lý đất"]
TOKENS = ["u1", "u2", "u3"]
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
documents = st.fixed_dictionaries(
    {
        "title": texts,
        "pages": st.lists(texts, max_size=2),
        "number": st.sampled_from(NUMBERS),
        "organ_name": st.sampled_from(ORGANS),
        "issued": st.sampled_from(["", "2020", "2021-02", "2022-03-04", "2022-03-05"]),
        "access": st.lists(st.sampled_from(TOKENS), min_size=1, max_size=2, unique=True),
    }
)
typed = st.one_of(
    texts,
    st.sampled_from(["12", "222/", "222 q", "so n", "quyett dinh", "quyetdinh", "dihn", "ubn", "ky", "dât", "hoa b"]),
)


def told(
    index: TantivyIndex,
    holding: Sequence[IndexedDocument],
    queries: Sequence[str],
    access: Sequence[str],
    without: Sequence[str],
) -> object:
    """All that an index says of itself to one person."""
    requests = [SearchRequest(text, correct=True, access=access, without=without) for text in queries]
    return [
        [index.suggest(text, access=access, without=without) for text in queries],
        [index.search(request).did_you_mean for request in requests],
        [index.similar(each.document_id, access=access, without=without) for each in holding],
    ]


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow])
@given(
    holding=st.lists(documents, max_size=8),
    queries=st.lists(typed, min_size=1, max_size=4),
    access=st.lists(st.sampled_from(TOKENS), max_size=2, unique=True),
    hidden=st.sets(st.integers(0, 7), max_size=2),
)
def test_what_is_told_depends_on_nothing_that_may_not_be_seen(
    holding: list[dict[str, Any]], queries: list[str], access: list[str], hidden: set[int]
) -> None:
    everything = [document(f"d{number}", **values) for number, values in enumerate(holding)]
    without = [f"d{number}" for number in sorted(hidden)]
    seen = [each for each in everything if set(access) & set(each.access) and each.package_id not in without]
    with tempfile.TemporaryDirectory() as folder:
        whole, part = TantivyIndex(Path(folder) / "whole"), TantivyIndex(Path(folder) / "part")
        whole.add(everything)
        part.add(seen)
        assert told(whole, everything, queries, access, without) == told(part, everything, queries, access, without)


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.too_slow])
@given(holding=st.lists(documents, min_size=1, max_size=8), queries=st.lists(typed, min_size=1, max_size=5))
def test_what_is_suggested_or_meant_is_found(holding: list[dict[str, Any]], queries: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder) / "index")
        index.add([document(f"d{number}", **values) for number, values in enumerate(holding)])
        for text in queries:
            for each in index.suggest(text, access=TOKENS):
                hits = index.search(SearchRequest(each.query, access=TOKENS)).hits
                assert each.text in {shown for hit in hits for shown in (hit.number, hit.title, hit.organ_name)}
            meant = index.search(SearchRequest(text, access=TOKENS, correct=True)).did_you_mean
            assert not meant or index.search(SearchRequest(meant, access=TOKENS)).total > 0
