"""Both engines give the same answers on 5,000 documents: totals, facets, orders, and nearly the same first pages.

At 100,000: `bench/engines_agree.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import mean

import pytest

from bench.engines_agree import READERS, SEEN, queries
from bench.search import Corpus
from search import numbers
from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.facets import FACETS
from search.ports import SearchIndex, SearchRequest
from search.settings import ElasticsearchSettings

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("elasticsearch"), pytest.mark.timeout(600)]

DOCUMENTS = 5_000
OF_EACH_CLASS = 4


@dataclass(frozen=True)
class Engines:
    """The same documents in both."""

    corpus: Corpus
    tantivy: SearchIndex
    elasticsearch: SearchIndex


@pytest.fixture(scope="module")
def engines(
    tmp_path_factory: pytest.TempPathFactory, elasticsearch_shared: Callable[..., ElasticsearchSettings]
) -> Engines:
    corpus = Corpus(DOCUMENTS)
    embedded = TantivyIndex(tmp_path_factory.mktemp("agree") / "index")
    other = ElasticsearchIndex(elasticsearch_shared())
    for index in (embedded, other):
        assert index.rebuild(corpus) == DOCUMENTS
    return Engines(corpus, embedded, other)


@pytest.mark.parametrize("access", READERS.values(), ids=READERS)
def test_totals_are_equal_query_by_query_and_first_pages_overlap(engines: Engines, access: tuple[str, ...]) -> None:
    overlaps = []
    for group, text in queries(engines.corpus, OF_EACH_CLASS):
        asked = SearchRequest(text, access=access, limit=10)
        one, other = engines.tantivy.search(asked), engines.elasticsearch.search(asked)
        assert one.total == other.total, (group, text)
        assert one.notes == other.notes, (group, text)
        first, second = ([hit.document_id for hit in answer.hits] for answer in (one, other))
        assert len(first) == len(second), (group, text)
        if first:
            overlaps.append(len(set(first) & set(second)) / len(first))
    assert not overlaps or mean(overlaps) >= 0.9


def test_the_exact_number_stands_first_in_both(engines: Engines) -> None:
    for ordinal in range(0, DOCUMENTS, 499):
        document = engines.corpus.document(ordinal)
        asked = SearchRequest(document.number, access=document.access, limit=5)
        for index in (engines.tantivy, engines.elasticsearch):
            best = index.search(asked).hits[0]
            assert numbers.key(best.number) == numbers.key(document.number)


@pytest.mark.parametrize("sort", ["date", "-date", "number", "title"])
def test_sorted_pages_are_the_same_to_the_last_tie(engines: Engines, sort: str) -> None:
    for text in ("", engines.corpus.words[0], "ke hoach"):
        for offset in (0, 230):
            asked = SearchRequest(text, access=SEEN, sort=sort, limit=40, offset=offset)
            one, other = engines.tantivy.search(asked), engines.elasticsearch.search(asked)
            assert [hit.document_id for hit in one.hits] == [hit.document_id for hit in other.hits]
            assert [hit.snippet for hit in one.hits] == [hit.snippet for hit in other.hits]


def test_facets_are_counted_alike(engines: Engines) -> None:
    for text in ("", engines.corpus.words[0], "ke hoach", '"độc lập tự do"'):
        asked = SearchRequest(text, access=SEEN, limit=0, facets=FACETS)
        for request in (asked, replace(asked, chosen={"type": ("Quyết định",), "year": ("2001", "2002")})):
            one, other = engines.tantivy.search(request), engines.elasticsearch.search(request)
            assert (one.total, one.facets) == (other.total, other.facets)


def test_suggestions_are_the_same(engines: Engines) -> None:
    for text in ("ke hoa", "UB", "quyet dinh ve viec phe", engines.corpus.document(7).number[:4]):
        one, other = (index.suggest(text, access=SEEN) for index in (engines.tantivy, engines.elasticsearch))
        assert one == other
