"""The next generation of the server, by the same client: every promise of an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from search.backends.elasticsearch import ElasticsearchIndex
from search.ports import SearchIndex
from search.settings import ElasticsearchSettings
from tests.contract.search_index import SearchIndexContract
from tests.contract.test_search_indexes import WRITER
from tests.fixtures.elasticsearch import told

pytestmark = [
    pytest.mark.soak,
    pytest.mark.server,
    pytest.mark.xdist_group("elasticsearch"),
    pytest.mark.timeout(1200),
]


class TestElasticsearchNine(SearchIndexContract):
    @pytest.fixture
    def settings(self, elasticsearch_nine: Callable[[], ElasticsearchSettings]) -> ElasticsearchSettings:
        return elasticsearch_nine()

    @pytest.fixture
    def index(self, settings: ElasticsearchSettings) -> SearchIndex:
        return ElasticsearchIndex(settings)

    @pytest.fixture
    def other(self, settings: ElasticsearchSettings) -> Callable[[], SearchIndex]:
        return lambda: ElasticsearchIndex(settings)

    @pytest.fixture
    def writer(self, settings: ElasticsearchSettings) -> Sequence[str]:
        return [*WRITER, "elasticsearch", told(settings)]

    def test_it_is_what_it_is_taken_for(self, index: SearchIndex) -> None:
        index.ready()
        assert index.engine().startswith("Elasticsearch 9.")
