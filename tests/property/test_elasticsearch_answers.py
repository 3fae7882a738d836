"""The second index answers as the language says too, within the rights: all examples lie in one index, side by side.

So each example also proves that nothing of the others, which carry other access tokens, is found or counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.backends.elasticsearch import ElasticsearchIndex
from search.facets import FACETS
from search.ports import SearchRequest
from search.query import parse
from search.searching import NOTE_BESIDE
from search.settings import ElasticsearchSettings
from tests.contract.search_index import document
from tests.generators.examples import examples
from tests.property.test_search_answers import TOKENS, expected, holdings, typed

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("elasticsearch")]

_EXAMPLES = itertools.count()


@pytest.fixture(scope="module")
def shared(elasticsearch_shared: Callable[..., ElasticsearchSettings]) -> ElasticsearchIndex:
    return ElasticsearchIndex(elasticsearch_shared())


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    holding=holdings,
    queries=st.lists(typed, min_size=1, max_size=8),
    asked=st.lists(st.sampled_from(TOKENS), max_size=2),
)
def test_answers_are_those_of_a_plain_reading_within_the_rights(
    shared: ElasticsearchIndex, holding: list[tuple[list[str], list[str]]], queries: list[str], asked: list[str]
) -> None:
    example = f"e{next(_EXAMPLES)}"
    documents = [
        document(
            f"{example}-{number}",
            pages=pages,
            access=[f"{example}-{token}" for token in rights],
            type_name=f"Loại {number % 2}",
        )
        for number, (pages, rights) in enumerate(holding)
    ]
    shared.add(documents)
    access = [f"{example}-{token}" for token in asked]
    for text in queries:
        answer = shared.search(SearchRequest(text, access=access, limit=50, facets=FACETS))
        hits = {hit.package_id for hit in answer.hits}
        wanted = expected(parse(text), documents, access)
        if NOTE_BESIDE in answer.notes:
            # Documents with more of the words side by side are added to those that have all.
            assert wanted < hits
        elif wanted or not answer.notes:
            # Where nothing answers, a second try takes words that are nearly those that were typed, and says so.
            assert hits == wanted
        assert answer.total == len(answer.hits) == len(hits)
        assert all(name.startswith(f"{example}-") for name in hits)
        assert sum(count for _, count in answer.facets.get("type", ())) == answer.total
