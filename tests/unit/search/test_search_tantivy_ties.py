"""Of many documents that answer equally well, the first page is the same however they are parted."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from search.backends import tantivy_order
from search.backends.tantivy import TantivyIndex
from search.ports import SearchRequest
from tests.contract.search_index import document

DOCUMENTS = 240
QUERIES = ("ủy ban", "ủy ban nhân dân", "ủy ban đất")
PLACES = ((0, 1), (0, 20), (3, 20), (40, 7), (150, 30), (230, 20))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    """Three texts, forty days, in several segments: nearly every document is equal to many."""
    folder: Path = tmp_path_factory.mktemp("ties")
    chance = random.Random(5)  # noqa: S311
    made = TantivyIndex(folder / "index", analysts=0)
    documents = [
        document(
            f"d{chance.randrange(10**6)}-{number}",
            access=("pub",),
            title=("Ủy ban nhân dân", "Ủy ban nhân dân", "Ủy ban nhân dân giao đất")[number % 3],
            issued=f"2020-{chance.randint(1, 2):02}-{chance.randint(1, 20):02}" if number % 7 else "",
        )
        for number in range(DOCUMENTS)
    ]
    for first in range(0, DOCUMENTS, 60):
        made.add(documents[first : first + 60])
    return made


def asked(index: TantivyIndex, query: str, offset: int, limit: int) -> tuple[list[str], int]:
    answer = index.search(SearchRequest(query=query, offset=offset, limit=limit, access=("pub",)))
    return [hit.document_id for hit in answer.hits], answer.total


@pytest.mark.parametrize("query", QUERIES)
def test_ties_that_are_asked_for_by_day_stand_as_those_that_are_all_read(
    index: TantivyIndex, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tantivy_order, "_MANY", 10**9)
    plain = [asked(index, query, *place) for place in PLACES]
    whole, total = asked(index, query, 0, DOCUMENTS)
    assert total > 60
    assert [hits for hits, _ in plain] == [whole[offset : offset + limit] for offset, limit in PLACES]
    monkeypatch.setattr(tantivy_order, "_MANY", 1)
    monkeypatch.setattr(tantivy_order, "_BEYOND", 1)
    calls: list[int] = []
    first_of = tantivy_order.Asked._first_of

    def counted(self: tantivy_order.Asked, rank: float, wanted: int, seen: int, count: int) -> object:
        calls.append(wanted)
        return first_of(self, rank, wanted, seen, count)

    monkeypatch.setattr(tantivy_order.Asked, "_first_of", counted)
    assert [asked(index, query, *place) for place in PLACES] == plain
    assert calls, "no page needed it"
