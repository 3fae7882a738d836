"""A search as its address says it: the same both ways, and nothing else is read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.services.asked_searches import LONGEST_ADDRESS, AskedSearch
from metadata.errors import UsageError
from search.facets import FACETS
from search.fields import KINDS
from search.searching import SORTS

_words = st.text(st.characters(codec="utf-8"), max_size=30).map(str.strip)
_values = _words.filter(bool)
_asked = st.builds(
    AskedSearch,
    query=_words,
    fields=st.dictionaries(st.sampled_from(sorted(KINDS)), _values, max_size=4),
    chosen=st.dictionaries(st.sampled_from(FACETS), st.lists(_values, min_size=1, max_size=3).map(tuple), max_size=3),
    issued_from=st.none() | st.dates(date(1000, 1, 1)),
    issued_to=st.none() | st.dates(date(1000, 1, 1)),
    sort=st.sampled_from(SORTS),
)


@given(_asked)
def test_a_search_survives_its_address(asked: AskedSearch) -> None:
    again = AskedSearch.of_address(asked.address)
    assert again == asked
    assert again.address == asked.address
    assert again.nothing == (not asked.query and not asked.fields and not asked.chosen and not asked.dated)


def test_what_an_address_says_of_the_page_is_no_part_of_the_search() -> None:
    asked = AskedSearch.of_address("q=%20c%C3%B4ng+v%C4%83n&p=7&open=x%2F1&at=2&lang=en&type=&sort=-date&year=2021")
    assert asked == AskedSearch(query="công văn", fields={"year": "2021"}, sort="-date")
    assert asked.address == "q=c%C3%B4ng+v%C4%83n&year=2021&sort=-date"


@pytest.mark.parametrize(
    "address",
    [
        "colour=red",
        "from=2021-02-30",
        "sort=size",
        "chosen=colour%3Dred",
        "chosen=type",
        "q=%FF",
        "q=" + "a" * 4001,
        "&".join(f"q={number}" for number in range(300)),
        "q=" + "a" * LONGEST_ADDRESS,
    ],
)
def test_no_other_address_is_read(address: str) -> None:
    with pytest.raises(UsageError, match="no address of the search page"):
        AskedSearch.of_address(address)


def test_the_index_is_asked_what_the_address_says() -> None:
    asked = AskedSearch.of_address(
        "q=a&type=B&chosen=type%3DC&chosen=type%3DD&from=2020-01-02&to=2021-03-04&sort=title"
    )
    request = asked.request(20, 40)
    assert (request.query, request.fields, request.sort) == ("a", {"type": "B"}, "title")
    assert request.chosen == {"type": ("C", "D")}
    assert (request.issued_from, request.issued_to) == (date(2020, 1, 2), date(2021, 3, 4))
    assert (request.limit, request.offset, request.after) == (20, 40, None)
