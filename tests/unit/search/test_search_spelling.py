"""Did you mean: from the words of the holding, never from a dictionary, never from what may not be seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from search.backends.tantivy import TantivyIndex
from search.ports import SearchRequest
from tests.contract.search_index import document

HOLDING = (
    document(
        "d1",
        title="Quyết định về việc bổ nhiệm Thứ trưởng Bộ Nội vụ",
        pages=["Quyết định bổ nhiệm ông Nguyễn Văn Hòa giữ chức Thứ trưởng kể từ ngày ký"],
    ),
    document("d2", title="Quyết định phê duyệt kế hoạch sử dụng đất", pages=["hợp đồng thuê đất, đình làng"]),
    document("d3", title="Thông báo về kỳ thi nâng ngạch", pages=["kỳ thi tổ chức ở đình làng", "ban tổ chức"]),
    document("d4", title="Thong bao lich hop", pages=["van ban khong dau, quyet dinh"]),
    document("d5", title="Báo cáo tuyệt mật", pages=["Zebra, quyệt địnn"], access=("closed",)),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    index = TantivyIndex(tmp_path_factory.mktemp("spelling") / "index")
    index.add(HOLDING)
    return index


def meant(index: TantivyIndex, typed: str, access: Sequence[str] = ("all",)) -> str:
    return index.search(SearchRequest(typed, access=access, correct=True)).did_you_mean


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("quyet dinh", "quyết định"),
        ("Quyet Dinh", "Quyết Định"),
        ("QUYET DINH bo nhiem", "QUYẾT ĐỊNH bổ nhiệm"),
        ("hop dong thue dat", "hợp đồng thuê đất"),
        ("nguyen van hoa", "nguyễn văn hòa"),
        ('"ke hoach" su dung dat', '"kế hoạch" sử dụng đất'),
        ("ky thi -hop", "kỳ thi -hop"),
        ("ky thi OR dinh lang", "kỳ thi OR đình làng"),
        ("tiêu_đề:ky thong bao", "tiêu_đề:ky thông báo"),
    ],
)
def test_marks_are_put_back_as_the_holding_has_them(index: TantivyIndex, typed: str, better: str) -> None:
    assert meant(index, typed) == better


def test_a_word_gets_the_marks_that_it_has_beside_its_neighbour(index: TantivyIndex) -> None:
    assert meant(index, "quyet dinh") == "quyết định"
    assert meant(index, "dinh lang") == "đình làng"


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("quyet dihn", "quyết định"),
        ("quyt dinh", "quyết định"),
        ("quyeet dinh", "quyết định"),
        ("quyetdinh bo nhiem", "quyết định bổ nhiệm"),
        ("thuee đất", "thuê đất"),
        ("bo nhiem nguyen vn hoa", "bổ nhiệm nguyễn văn hòa"),
    ],
)
def test_misspelt_words_are_mended_where_nothing_is_found(index: TantivyIndex, typed: str, better: str) -> None:
    found = index.search(SearchRequest(typed))
    assert found.total == 0 or found.notes, "what is found is found by another try than what was typed"
    assert meant(index, typed) == better
    found = index.search(SearchRequest(better))
    assert found.total > 0
    assert not found.notes


@pytest.mark.parametrize(
    "typed",
    [
        *("quyết định", "xyzzyx", "", "222/QĐ-TTg", "năm:2025", "quyet*", "-quyet", "OR", '"', "a b c"),
        *("quyết định phê duyệt", "ban to chuc zzzzzz", "\x00", "*" * 5000),
    ],
)
def test_where_nothing_better_is_known_nothing_is_said(index: TantivyIndex, typed: str) -> None:
    assert meant(index, typed) == ""


def test_nothing_is_said_unless_it_was_asked_for(index: TantivyIndex) -> None:
    assert index.search(SearchRequest("quyet dinh")).did_you_mean == ""


def test_only_words_of_documents_that_may_be_seen_are_said(index: TantivyIndex) -> None:
    assert meant(index, "tuyet mat") == ""
    assert meant(index, "tuyet mat", ("closed",)) == "tuyệt mật"
    assert meant(index, "zebrra") == ""
    assert meant(index, "zebrra", ("closed",)) == "zebra"
    assert meant(index, "zebrra", ()) == ""


def test_without_a_clear_majority_a_word_stays_as_it_was_typed(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    index.add([document("d1", title="Bàn thờ"), document("d2", title="Bản vẽ"), document("d3", title="Bán đất")])
    assert meant(index, "ban") == ""


def test_texts_without_any_mark_say_nothing_of_marks(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    index.add([document(f"d{n}", title="Thong bao lich hop") for n in range(9)])
    assert meant(index, "lich hop") == ""
    index.add([document("e1", title="Lịch họp tuần này")])
    assert meant(index, "lich hop") == "lịch họp"


def test_a_rare_word_is_left_alone_unless_another_finds_much_more(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    index.add([document("d1", title="Quyết địnhh"), document("d2", title="Lý lịch Đinh Quyết")])
    index.add(document(f"e{n}", title="Quyết định") for n in range(5))
    assert meant(index, "quyết địnhh") == ""
    index.add(document(f"f{n}", title="Quyết định") for n in range(20))
    assert meant(index, "quyết địnhh") == "quyết định"


@pytest.mark.parametrize(
    "typed", ["từ " * 10_000, "a" * 100_000, '"' * 9999, "quyetdinhbonhiem" * 9, "qu\x1b[31met dinh"]
)
def test_whatever_is_typed_is_answered(index: TantivyIndex, typed: str) -> None:
    assert not set(meant(index, typed)) & set("\x1b\x00")


def test_the_number_of_looks_is_bounded_however_many_words_are_typed(index: TantivyIndex) -> None:
    class Counting(TantivyIndex):
        looks = 0

        def find(self, wanted):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - hands on
            self.looks += 1
            return super().find(wanted)

    counting = Counting(index._generations.folder)
    meant(counting, " ".join(f"tu{chr(97 + n % 26)}{chr(97 + n // 26)}xq" for n in range(200)))
    assert 0 < counting.looks <= 60
