"""Documents like another one: by what is rare, within what may be seen, never itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.backends.tantivy import TantivyIndex
from tests.contract.search_index import document

LAND = "Thu hồi đất để xây dựng cầu Nhật Tân"
POSTS = "Bổ nhiệm cán bộ phòng Nội vụ"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    index = TantivyIndex(tmp_path_factory.mktemp("similar") / "index")
    index.add(
        [
            document("a1", title=f"Quyết định về việc {LAND}", pages=["cầu Nhật Tân " * 3], issued="2020-01-01"),
            document("a2", title=f"Kế hoạch {LAND}", issued="2021-01-01"),
            document("a3", title="Báo cáo tiến độ", pages=["xây cầu Nhật Tân; cầu Nhật Tân"], issued="2022-01-01"),
            document("a4", title=f"Biên bản {LAND}", issued="2023-01-01", access=("closed",)),
            document("b1", title=f"Quyết định về việc {POSTS}"),
            document("b2", title=f"Tờ trình về việc {POSTS}"),
            document("c1", title="Cầu"),
            *(document(f"z{n}", title=f"Quyết định về việc khen thưởng lần {n}") for n in range(30)),
        ]
    )
    return index


def like(index: TantivyIndex, package: str, *access: str) -> list[str]:
    return [hit.package_id for hit in index.similar(f"{package}/1", access=access or ("all",))]


def test_what_shares_rare_words_is_like_it_and_what_shares_turns_of_speech_is_not(index: TantivyIndex) -> None:
    assert like(index, "a1") == ["a2", "a3"]
    assert like(index, "b1") == ["b2"]
    assert like(index, "b2") == ["b1"]


def test_neither_itself_nor_what_may_not_be_seen_is_told(index: TantivyIndex) -> None:
    assert like(index, "a1", "all", "closed")[:2] in (["a4", "a2"], ["a2", "a4"])
    assert "a4" not in like(index, "a1")
    assert like(index, "a4") == []
    assert like(index, "nobody") == []
    assert index.similar("a1/1", access=()) == []
    assert [hit.package_id for hit in index.similar("a1/1", access=("all",), without=("a2",))] == ["a3"]
    assert index.similar("a1/1", access=("all",), without=("a1",)) == []


def test_an_answer_is_a_hit_with_the_beginning_of_its_text(index: TantivyIndex) -> None:
    found = index.similar("a1/1", access=("all",))
    assert [hit.snippet for hit in found] == ["", "xây cầu Nhật Tân; cầu Nhật Tân"]
    assert found[0].score > found[1].score > 0
    assert index.similar("a1/1", access=("all",), limit=0) == []
    assert len(index.similar("a1/1", access=("all",), limit=1)) == 1


def test_a_document_without_words_is_like_none(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    index.add([document("a"), document("b"), document("c", title="***"), document("d", title="12 34 56")])
    assert [like(index, package) for package in "abcd"] == [[], [], [], []]
