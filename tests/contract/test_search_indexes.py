"""Every index backend passes the one suite."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.ports import SearchIndex
from search.settings import ElasticsearchSettings
from tests.contract.search_index import SearchIndexContract
from tests.fixtures.elasticsearch import told

WRITER = (sys.executable, str(Path(__file__).with_name("search_writer.py")))


class TestTantivyIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> SearchIndex:
        return TantivyIndex(tmp_path / "index")

    @pytest.fixture
    def other(self, tmp_path: Path) -> Callable[[], SearchIndex]:
        return lambda: TantivyIndex(tmp_path / "index")

    @pytest.fixture
    def writer(self, tmp_path: Path) -> Sequence[str]:
        return [*WRITER, "tantivy", str(tmp_path / "index")]


@pytest.mark.server
@pytest.mark.xdist_group("elasticsearch")
class TestElasticsearchIndex(SearchIndexContract):
    @pytest.fixture
    def settings(self, elasticsearch_settings: Callable[[], ElasticsearchSettings]) -> ElasticsearchSettings:
        return elasticsearch_settings()

    @pytest.fixture
    def index(self, settings: ElasticsearchSettings) -> SearchIndex:
        return ElasticsearchIndex(settings)

    @pytest.fixture
    def other(self, settings: ElasticsearchSettings) -> Callable[[], SearchIndex]:
        return lambda: ElasticsearchIndex(settings)

    @pytest.fixture
    def writer(self, settings: ElasticsearchSettings) -> Sequence[str]:
        return [*WRITER, "elasticsearch", told(settings)]
