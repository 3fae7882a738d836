"""Facets, order and pages on random holdings: as if only what may be seen were there, and each document once."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.backends.tantivy import TantivyIndex
from search.facets import FACETS
from search.ports import IndexedDocument, SearchAnswer, SearchRequest
from search.searching import SORTS
from tests.contract.search_index import document
from tests.generators.examples import examples

TOKENS = ["all", "u1", "u2"]
DAYS = ["", "2020", "2020-02", "2021-01-01"]
VALUES = {
    "title": ["Kế hoạch", "Đất đai", "", "ke hoach dat"],
    "type_name": ["Quyết định", "QUYẾT ĐỊNH", ""],
    "organ_name": ["UBND xã A", "UBND  xã A", "Sở B", ""],
    "agency": ["H49", "X01"],
    "fonds": ["Phông 1", ""],
    "number": ["7/QĐ", "12/QĐ", ""],
    "verdict": ["", "TOTAL_PASSED", "INDETERMINATE"],
    "issued": DAYS,
}
documents = st.fixed_dictionaries(
    {
        **{name: st.sampled_from(values) for name, values in VALUES.items()},
        "pages": st.lists(st.sampled_from(["kế hoạch", "đất", ""]), max_size=2),
        "confidence": st.sampled_from([None, 50.0, 90.0, 99.0]),
        "access": st.lists(st.sampled_from(TOKENS), min_size=1, max_size=2, unique=True),
    }
)
chosen = st.dictionaries(
    st.sampled_from(["type", "organ", "year", "quality"]),
    st.lists(st.sampled_from(["Quyết định", "UBND xã A", "2020", "2021", "poor", "born_digital"]), min_size=1),
    max_size=2,
)


def holding(made: Sequence[Mapping[str, object]]) -> list[IndexedDocument]:
    return [document(f"p{number}", **values) for number, values in enumerate(made)]


def filled(folder: str, name: str, held: Sequence[IndexedDocument]) -> TantivyIndex:
    """In two parts, so that no part has all."""
    index = TantivyIndex(Path(folder) / name)
    index.add(held[::2])
    index.add(held[1::2])
    return index


def told(answer: SearchAnswer) -> tuple[set[str], int, dict[str, list[tuple[str, int]]]]:
    return (
        {hit.document_id for hit in answer.hits},
        answer.total,
        {name: list(counts) for name, counts in answer.facets.items()},
    )


@settings(max_examples=examples(16), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(documents, max_size=8), st.lists(st.sampled_from(TOKENS), max_size=2), chosen)
def test_facets_are_those_of_an_index_that_holds_only_what_may_be_seen(
    made: list[dict[str, object]], access: list[str], picked: dict[str, list[str]]
) -> None:
    held = holding(made)
    hidden = ("p0",)
    seen = [each for each in held if set(each.access) & set(access) and each.package_id not in hidden]
    with tempfile.TemporaryDirectory() as folder:
        whole, visible = filled(folder, "whole", held), filled(folder, "visible", seen)
        for query in ("", "ke hoach", "đất OR kế", "-đất", "ho*"):
            request = SearchRequest(query, facets=FACETS, chosen=picked, access=access, without=hidden)
            assert told(whole.search(request)) == told(visible.search(request))


@settings(max_examples=examples(16), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(documents, max_size=10), st.integers(1, 4), st.sampled_from(SORTS))
def test_pages_by_cursor_and_by_offset_are_the_whole_list_in_its_order(
    made: list[dict[str, object]], limit: int, sort: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = filled(folder, "index", holding(made))
        for query in ("", "ke hoach", "đất"):
            request = SearchRequest(query, sort=sort, access=TOKENS)
            whole = [hit.document_id for hit in index.search(request).hits]
            paged: list[str] = []
            after = ""
            while after or not paged:
                answer = index.search(SearchRequest(query, sort=sort, access=TOKENS, limit=limit, after=after))
                paged += [hit.document_id for hit in answer.hits]
                after = answer.next
                if not answer.hits:
                    break
            by_offset = [
                hit.document_id
                for offset in range(0, len(whole), limit)
                for hit in index.search(SearchRequest(query, sort=sort, access=TOKENS, limit=limit, offset=offset)).hits
            ]
            assert paged == whole == by_offset
