"""Suggestions while typing: what is offered, in which order, and that it finds what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from search.backends.tantivy import TantivyIndex
from search.ports import SearchRequest, Suggestion
from search.suggesting import MAX_SUGGESTIONS
from tests.contract.search_index import document

HOLDING = (
    document(
        "d1",
        number="222/QĐ-TTg",
        type_name="Quyết định",
        title="Quyết định về việc bổ nhiệm Thứ trưởng Bộ Nội vụ",
        organ_name="Thủ tướng Chính phủ",
        issued="2025-02-01",
    ),
    document(
        "d2",
        number="2220/QĐ-UBND",
        type_name="Quyết định",
        title="Quyết định phê duyệt kế hoạch sử dụng đất",
        organ_name="UBND tỉnh A",
        issued="2025-03-01",
    ),
    document(
        "d3", number="12/TB-SNV", title="Thông báo kỳ thi nâng ngạch", organ_name="Sở Nội vụ", issued="2024-01-01"
    ),
    document("d4", number="222/NQ-HĐND", title='Nghị quyết về <đất> "rừng" & biển', organ_name="HĐND", issued="2023"),
    document("d5", number="Số 77 mật", title="Thông báo kỳ thi nâng ngạch", organ_name="So Noi vu", access=("closed",)),
    document("d6", number="78", title="Thông báo  KỲ THI nâng ngạch.", organ_name="Sở Nội vụ", issued="2021"),
    document("d7", title="Đặt tên đường", organ_name="Ủy ban nhân dân thành phố", issued="1999-05-05"),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    index = TantivyIndex(tmp_path_factory.mktemp("suggesting") / "index")
    index.add(HOLDING)
    return index


def texts(found: Sequence[Suggestion], kind: str) -> list[str]:
    return [each.text for each in found if each.kind == kind]


def asked(index: TantivyIndex, typed: str, kind: str = "title", access: Sequence[str] = ("all",)) -> list[str]:
    return texts(index.suggest(typed, access=access), kind)


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("222", ["222/QĐ-TTg", "222/NQ-HĐND", "2220/QĐ-UBND"]),
        ("222/", ["222/QĐ-TTg", "222/NQ-HĐND"]),
        ("222/q", ["222/QĐ-TTg"]),
        ("222 ttg", ["222/QĐ-TTg"]),
        ("222qdt", ["222/QĐ-TTg"]),
        ("0222/NQ", ["222/NQ-HĐND"]),
        ("qd 222", ["222/QĐ-TTg", "2220/QĐ-UBND"]),
        ("QĐ số 222 năm 2025", ["222/QĐ-TTg"]),
        ("số 222/NQ-HĐND", ["222/NQ-HĐND"]),
        ("78", ["78"]),
        ("quyet dinh", []),
    ],
)
def test_a_number_is_offered_by_any_part_of_it_the_exact_one_first_then_the_newest(
    index: TantivyIndex, typed: str, numbers: list[str]
) -> None:
    assert asked(index, typed, "number") == numbers


def test_the_last_word_is_the_beginning_of_one_and_the_newest_title_stands_first(index: TantivyIndex) -> None:
    decisions = ["Quyết định phê duyệt kế hoạch sử dụng đất", "Quyết định về việc bổ nhiệm Thứ trưởng Bộ Nội vụ"]
    assert asked(index, "quyet di") == decisions
    assert asked(index, "quyet di ") == []
    assert asked(index, "quyet dinh bo nh") == decisions[1:]
    assert asked(index, "ky")[:1] == ["Thông báo kỳ thi nâng ngạch"]


@pytest.mark.parametrize(
    ("typed", "is_there"),
    [("đât", True), ("đất", True), ("dất", True), ("đa", True), ("dật", False), ("đắt", False), ("đặt", False)],
)
def test_marks_that_were_typed_are_respected_and_those_that_may_still_come_are_awaited(
    index: TantivyIndex, typed: str, is_there: bool
) -> None:
    assert ("Quyết định phê duyệt kế hoạch sử dụng đất" in asked(index, typed)) is is_there


def test_a_marked_word_that_is_whole_leaves_out_words_with_other_marks(index: TantivyIndex) -> None:
    assert asked(index, "đặt t") == ["Đặt tên đường"]
    assert asked(index, "đất t") == []


def test_a_title_is_offered_once_however_it_is_written(index: TantivyIndex) -> None:
    assert asked(index, "thong bao ky") == ["Thông báo kỳ thi nâng ngạch"]


def test_agencies_are_offered_by_their_words_and_found_by_their_field(index: TantivyIndex) -> None:
    found = [each for each in index.suggest("sở nội", access=("all",)) if each.kind == "agency"]
    assert [(each.text, each.query) for each in found] == [("Sở Nội vụ", 'cơ_quan:"Sở Nội vụ"')]
    assert asked(index, "uy ban nh", "agency") == ["Ủy ban nhân dân thành phố"]


@pytest.mark.parametrize("typed", ["222", "quyet", "đất", "so", "ky thi", "uy ban", "77", "dat ten", "th"])
def test_what_is_offered_finds_what_it_says(index: TantivyIndex, typed: str) -> None:
    for each in index.suggest(typed, access=("all", "closed"), limit=MAX_SUGGESTIONS):
        hits = index.search(SearchRequest(each.query, access=("all", "closed"))).hits
        assert each.text in {
            " ".join(shown.split()) for hit in hits for shown in (hit.number, hit.title, hit.organ_name)
        }


def test_suggestions_are_safe_in_html_and_show_what_was_typed(index: TantivyIndex) -> None:
    (found,) = index.suggest("nghi quyet", access=("all",))
    assert found.html == "<em>Nghị</em> <em>quyết</em> về &lt;đất&gt; &quot;rừng&quot; &amp; biển"
    assert found.text == 'Nghị quyết về <đất> "rừng" & biển'
    assert found.query == '"Nghị quyết về <đất> rừng & biển"'


def test_nothing_is_offered_of_documents_that_may_not_be_seen(index: TantivyIndex) -> None:
    assert asked(index, "77", "number") == []
    assert asked(index, "77", "number", ("closed",)) == ["Số 77 mật"]
    assert index.suggest("so noi", access=("closed",), without=("d5",)) == ()
    assert index.suggest("quyet", access=()) == ()


def test_the_limit_holds_and_is_itself_limited(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    index.add(
        document(f"d{n}", number=f"{n}/QĐ-A{n}", title=f"Quyết định thứ {n}", organ_name="Ban") for n in range(90)
    )
    assert len(index.suggest("quyet", access=("all",), limit=3)) == 3
    assert len(index.suggest("quyet", access=("all",), limit=1000)) == MAX_SUGGESTIONS
    assert index.suggest("quyet", access=("all",), limit=0) == ()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        '"',
        "*",
        "\x00\x1b[31m",
        "\u202e",
        "quyet\x00",
        "-",
        "a" * 10_000,
        "từ " * 10_000,
        ".*",
        "[a-z]+",
        "((((",
        "số:",
    ],
)
def test_whatever_is_typed_is_answered_and_bounded(index: TantivyIndex, typed: str) -> None:
    assert len(index.suggest(typed, access=("all",))) <= 10


def test_control_characters_of_a_title_are_not_told_and_hinder_no_finding(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    index.add([document("d1", title="Biên\u202e bản\x1b[31m “họp”\x00cuối năm")])
    (found,) = index.suggest("bien ban", access=("all",))
    assert not set(found.text + found.query) & set("\u202e\x1b\x00")
    assert index.search(SearchRequest(found.query)).total == 1
