"""Order in the embedded index: exact over many equal documents, however they lie in its parts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.backends.held import Held
from search.backends.tantivy import TantivyIndex
from search.backends.tantivy_schema import sortable
from search.errors import SearchExpiredError, SearchRequestError
from search.plan import Node, OneOf, Past, Term
from search.planning import allowed
from search.ports import SearchRequest
from search.searching import Wanted
from search.vietnamese import sort_key
from tests.contract.search_index import document


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=8))
def test_what_is_written_in_letters_and_digits_stands_in_the_order_of_code_points(texts: list[str]) -> None:
    assert [sortable(text) for text in sorted(texts)] == sorted(map(sortable, texts))
    assert all(sortable(text).isalnum() for text in texts if text)


@pytest.fixture
def equal(tmp_path: Path) -> TantivyIndex:
    """500 documents of one score in ten parts; half of them are of one year, all others of another."""
    index = TantivyIndex(tmp_path / "index")
    many = [document(f"e{n:03}", title="kế hoạch", issued="2024" if n % 2 else "2023") for n in range(500)]
    for part in range(10):
        index.add(many[part::10])
    return index


EXPECTED = [f"e{n:03}" for n in (*range(1, 500, 2), *range(0, 500, 2))]


@pytest.mark.parametrize("offset", [0, 3, 200, 248, 250, 251, 490])
def test_equal_documents_by_the_hundred_stand_where_they_belong_on_every_page(equal: TantivyIndex, offset: int) -> None:
    answer = equal.search(SearchRequest("ke hoach", limit=10, offset=offset))
    assert [hit.package_id for hit in answer.hits] == EXPECTED[offset : offset + 10]
    assert answer.total == 500


@pytest.mark.parametrize("limit", [1, 37, 250, 499])
def test_a_cursor_goes_on_among_equal_documents(equal: TantivyIndex, limit: int) -> None:
    first = equal.search(SearchRequest("ke hoach", limit=limit, after=""))
    second = equal.search(SearchRequest("ke hoach", limit=limit, after=first.next))
    assert [hit.package_id for hit in (*first.hits, *second.hits)] == EXPECTED[: 2 * limit]


def test_titles_are_asked_for_as_every_engine_has_them(equal: TantivyIndex) -> None:
    equal.add([document("other", title="Đất đai")])

    def total(node: Node) -> int:
        return equal.find(Wanted(allowed(SearchRequest(""), node), "-date", 0)).total

    assert total(Term("sort_title", sort_key("Đất đai"))) == 1
    assert total(OneOf("sort_title", (sort_key("Đất đai"), sort_key("không có")))) == 1
    assert total(Past("sort_title", sort_key("Đất"))) == 501
    assert total(Past("sort_title", sort_key("Kế hoạch"))) == 0
    assert total(Past("id", "e498/1")) == 2


def test_a_list_whose_state_is_kept_no_more_has_expired_and_one_that_did_not_change_has_not(
    equal: TantivyIndex, tmp_path: Path
) -> None:
    asked = Wanted(allowed(SearchRequest(""), Term("title", "ke")), "relevance", 3, hold=True)
    resume = equal.find(asked).resume
    another = TantivyIndex(tmp_path / "index")

    def ids(index: TantivyIndex) -> list[str]:
        wanted = Wanted(asked.plan, "relevance", 3, hold=True, resume=resume)
        return [found.package_id for found, _ in index.find(wanted).documents]

    assert ids(another) == ids(equal) == EXPECTED[3:6]
    equal.add([document("new", title="kế hoạch", issued="2025")])
    assert ids(another) == ids(equal) == EXPECTED[3:6], "both have kept it"
    with pytest.raises(SearchExpiredError):
        ids(TantivyIndex(tmp_path / "index"))


@pytest.mark.parametrize(
    "resume",
    ["x", "[]", "{}", "null", '["a", -1, 0, 0, "e"]', '["a", 1, 0, 1e99, "e"]', '["a", 1, "x", 0, "e"]', "[1]"],
)
def test_what_no_list_can_go_on_with_is_refused(equal: TantivyIndex, resume: str) -> None:
    with pytest.raises(SearchRequestError):
        equal.find(Wanted(allowed(SearchRequest("")), "relevance", 3, resume=resume))


def test_states_are_kept_for_their_time_and_no_more_than_so_many() -> None:
    now = [0.0]
    held: Held[int] = Held(2, timedelta(seconds=10), lambda: now[0])
    held.keep("a", 1)
    held.keep("b", 2)
    assert held.get("a") == 1
    held.keep("c", 3)
    assert (held.get("a"), held.get("b"), held.get("c")) == (1, None, 3)
    now[0] = 8.0
    assert held.get("a") == 1
    now[0] = 12.0
    assert (held.get("c"), held.get("a")) == (None, 1)
    now[0] = 30.0
    assert held.get("a") is None
