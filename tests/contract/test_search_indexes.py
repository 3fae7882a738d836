"""Every index backend passes the one suite."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from search.backends.tantivy import TantivyIndex
from search.ports import SearchIndex
from tests.contract.search_index import SearchIndexContract


class TestTantivyIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> SearchIndex:
        return TantivyIndex(tmp_path / "index")

    @pytest.fixture
    def other(self, tmp_path: Path) -> Callable[[], SearchIndex]:
        return lambda: TantivyIndex(tmp_path / "index")

    @pytest.fixture
    def writer(self, tmp_path: Path) -> Sequence[str]:
        return [sys.executable, str(Path(__file__).with_name("search_writer.py")), "tantivy", str(tmp_path / "index")]
