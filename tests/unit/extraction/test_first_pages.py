"""What first pages say, as they are laid out and as OCR damages them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.extraction.document import DocumentReader
from metadata.extraction.suggestions import KEYS, Suggestion
from metadata.texts import PageText, Word
from tests.generators.page_texts import NATION, Cell, letterhead, page_text

Rows = list[tuple[float, list[Cell]]]

DECISION: Rows = [
    *letterhead(),
    (0.19, [(0.5, "QUYẾT ĐỊNH")]),
    (0.212, [(0.5, "Về việc ban hành Quy chế công tác văn thư, lưu trữ")]),
    (0.233, [(0.5, "của các cơ quan chuyên môn")]),
    (0.29, [(0.5, "Căn cứ Luật Lưu trữ ngày 21 tháng 6 năm 2024;")]),
    (0.312, [(0.5, "Điều 1. Ban hành kèm theo Quyết định này Quy chế công tác văn thư.")]),
]


def suggested(rows: Rows, *, ocr: bool = False) -> dict[str, Suggestion]:
    reader = DocumentReader(last_year=2026)
    reader.add(page_text(rows, ocr=ocr))
    return {one.key: one for one in reader.suggestions()}


def values(rows: Rows, *, ocr: bool = False) -> dict[str, str]:
    return {key: one.value for key, one in suggested(rows, ocr=ocr).items()}


def test_a_decision_says_number_day_body_type_and_subject_each_at_its_place() -> None:
    found = suggested(DECISION)
    assert {key: one.value for key, one in found.items()} == {
        "code_number": "15",
        "code_notation": "QĐ-UBND",
        "issued_date": "2020-03-05",
        "organ_name": "Ủy ban nhân dân tỉnh Sông Lam",
        "type_name": "Quyết định",
        "subject": "Về việc ban hành Quy chế công tác văn thư, lưu trữ của các cơ quan chuyên môn",
    }
    assert found["code_number"].box[2] < 0.5 < found["issued_date"].box[0]
    assert found["organ_name"].box[1] < found["code_number"].box[1] < found["subject"].box[1]
    assert {one.page for one in found.values()} == {1}
    assert all(one.confidence > 0.9 for one in found.values())


def test_a_letter_says_its_subject_under_its_number() -> None:
    rows = [
        *letterhead(number="Số: 214/UBND-NC"),
        (0.146, [(0.27, "V/v trả lời kiến nghị của cử tri")]),
        (0.166, [(0.27, "sau kỳ họp thứ 8")]),
        (0.22, [(0.5, "Kính gửi: Ủy ban nhân dân các huyện")]),
    ]
    found = values(rows)
    assert found["type_name"] == "Công văn"
    assert found["subject"] == "V/v trả lời kiến nghị của cử tri sau kỳ họp thứ 8"
    assert (found["code_number"], found["code_notation"]) == ("214", "UBND-NC")


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("UBND TỈNH SÔNG LAM", "SỞ NỘI VỤ"), "Sở Nội vụ"),
        (("BỘ NỘI VỤ", "CỤC VĂN THƯ", "VÀ LƯU TRỮ NHÀ NƯỚC"), "Cục Văn thư và lưu trữ Nhà nước"),
        (("BỘ NỘI VỤ - BỘ TÀI CHÍNH",), "Bộ Nội vụ - Bộ Tài chính"),
        (("BỘ NỘI VỤ", "BỘ TÀI CHÍNH"), "Bộ Nội vụ - Bộ Tài chính"),
        (("UBND HUYỆN KIẾN SƠN", "VĂN PHÒNG"), "Văn phòng UBND huyện Kiến Sơn"),
        (("PHÒNG TÀI CHÍNH", "- KẾ HOẠCH"), "Phòng Tài chính - kế hoạch"),
        (("THỦ TƯỚNG CHÍNH PHỦ",), "Thủ tướng Chính phủ"),
    ],
)
def test_the_issuing_body_is_the_last_name_above_the_number(lines: tuple[str, ...], name: str) -> None:
    assert values([*letterhead(lines), *DECISION[3:]])["organ_name"] == name


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("Số:15/QĐ-UBND", ("15", "QĐ-UBND")),
        ("Sõ: 15/QĐÐ-UBND", ("15", "QĐ-UBND")),
        ("Só: 15/QD-UBND", ("15", "QĐ-UBND")),
        ("Số: l5/QĐ-UBND", ("15", "QĐ-UBND")),
        ("Số: 15 /2020/QĐ-UBND", ("15", "2020/QĐ-UBND")),
        ("Số: 15a/QĐ-UBND", ("15a", "QĐ-UBND")),
        ("Số: 15/QĐ-UBNĐ.", ("15", "QĐ-UBND")),
        ("Số: /QĐ-UBND", ("", "QĐ-UBND")),
        ("Số: ...... /QĐ-UBND", ("", "QĐ-UBND")),
        ("Số: 4#~40 /QĐ-UBND", ("", "QĐ-UBND")),
        ("Số: 47~60 /QĐ-UBND", ("", "QĐ-UBND")),
        ("Số: ab/QĐ-UBND", ("", "QĐ-UBND")),
    ],
)
def test_numbers_are_read_through_damage_or_left_out(number: str, expected: tuple[str, str]) -> None:
    rows = [*letterhead(number=number), *DECISION[3:]]
    found = values(rows, ocr=True)
    assert (found.get("code_number", ""), found.get("code_notation", "")) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("Sông Lam, ngày 05 tháng 3 năm 2020", "2020-03-05"),
        ("Sông Lam, ngày.05 tháng 3 năm 2020", "2020-03-05"),
        ("Sông Lam, ngảy l1 thắng 12 nãm 2020", "2020-12-11"),
        ("Sông Lam, ngày 5/3/2020", "2020-03-05"),
        ("Sông Lam, ngày tháng 3 năm 2020", ""),
        ("Sông Lam, ngày Ñ\\À~19 tháng 3 năm 2020", ""),
        ("Sông Lam, ngày 31 tháng 02 năm 2020", ""),
        ("Sông Lam, ngày 05 tháng 3 năm 2097", ""),
        ("Sông Lam, ngày 05~30 tháng 3 năm 2020", ""),
    ],
)
def test_days_are_read_through_damage_or_left_out(day: str, expected: str) -> None:
    """The text names other days: none of them is taken for the day of issue."""
    assert values([*letterhead(day=day), *DECISION[3:]], ocr=True).get("issued_date", "") == expected


def test_the_better_a_page_was_read_as_a_whole_the_less_sure_a_number_of_its_day_may_be() -> None:
    page = page_text([*letterhead(day="Sông Lam, ngày 05~80 tháng 3 năm 2020"), *DECISION[3:]], ocr=True)
    for confidence, expected in ((93.0, "2020-03-05"), (92.0, "")):
        reader = DocumentReader(last_year=2026)
        reader.add(page.model_copy(update={"confidence": confidence}))
        found = {one.key: one.value for one in reader.suggestions()}
        assert found.get("issued_date", "") == expected


def test_the_mark_that_ocr_lost_between_number_and_notation_stands_where_the_title_says() -> None:
    rows = [*letterhead(number="Số: 66DA-UBND"), (0.19, [(0.5, "DỰ ÁN")]), *DECISION[4:]]
    found = values(rows, ocr=True)
    assert (found["code_number"], found["code_notation"]) == ("66", "DA-UBND")


def test_a_year_in_the_number_that_is_not_the_days_leaves_both_out() -> None:
    found = values([*letterhead(number="Số: 15/2021/QĐ-UBND"), *DECISION[3:]])
    assert "issued_date" not in found
    assert "code_notation" not in found
    assert found["code_number"] == "15"


def test_a_type_that_ocr_mistook_is_mended_by_the_notation() -> None:
    rows = [*letterhead(number="Số: 15/TB-UBND"), (0.19, [(0.5, "THÔNG CÁO")]), *DECISION[4:]]
    assert values(rows, ocr=True)["type_name"] == "Thông báo"


def test_a_type_that_cannot_be_read_is_told_by_the_notation() -> None:
    rows = [*letterhead(number="Số: 15/TB-UBND"), (0.19, [(0.5, "THOÔNG~15 BÁÔ~20")]), *DECISION[4:]]
    assert values(rows, ocr=True)["type_name"] == "Thông báo"
    assert "type_name" not in values([*letterhead(number="Số: 15/UBND-NC"), *DECISION[4:]])


def test_capitals_that_were_lost_with_their_font_are_capitals() -> None:
    rows: Rows = [
        (0.09, [(0.27, "bộ tài chính"), (0.68, "cộng hoà xã hội chủ nghĩa Việt nam")]),
        (0.11, [(0.68, "Độc lập-Tự do-Hạnh phúc")]),
        (0.13, [(0.27, "SỐ: 144 /2002/QĐ/BTC"), (0.68, "Hà nội, ngày 22 tháng 11 năm 2002")]),
        (0.18, [(0.5, "quyết định của bộ trưởng bộ tài chính")]),
        (0.2, [(0.5, "về việc sửa đổi mức thuế suất của một số mặt hàng")]),
        (0.26, [(0.5, "Căn cứ Nghị định số 86/2002/NĐ-CP ngày 05/11/2002 của Chính phủ;")]),
    ]
    reader = DocumentReader(last_year=2026)
    reader.add(page_text(rows).model_copy(update={"source": "decoded"}))
    assert {one.key: one.value for one in reader.suggestions()} == {
        "code_number": "144",
        "code_notation": "2002/QĐ/BTC",
        "issued_date": "2002-11-22",
        "organ_name": "Bộ Tài chính",
        "type_name": "Quyết định",
        "subject": "về việc sửa đổi mức thuế suất của một số mặt hàng",
    }


@pytest.mark.parametrize(("short", "kind"), [("DA", "DỰ ÁN"), ("ĐA", "ĐỀ ÁN")])
def test_a_project_and_a_scheme_are_told_apart_by_the_title(short: str, kind: str) -> None:
    rows = [*letterhead(number="Số: 15/DA-UBND"), (0.19, [(0.5, kind)]), *DECISION[4:]]
    assert values(rows)["code_notation"] == f"{short}-UBND"


def test_the_stamp_of_the_registry_is_neither_number_nor_day_nor_subject() -> None:
    rows = [
        *DECISION[:3],
        (0.15, [(0.2, "CÔNG VĂN ĐẾN")]),
        (0.163, [(0.2, "Số: 1450")]),
        (0.176, [(0.2, "Ngày: 5/10/2021")]),
        *DECISION[3:],
    ]
    assert values(rows, ocr=True) == values(DECISION, ocr=True)


def test_a_subject_of_which_a_stamp_hides_a_word_is_left_out() -> None:
    covered = [*DECISION[:4], (0.212, [(0.53, "ban hành Quy chế công tác văn thư, lưu trữ")]), *DECISION[5:]]
    assert "subject" not in values(covered, ocr=True)
    hole = [*DECISION[:4], (0.212, [(0.3, "Về việc ban hành"), (0.68, "văn thư, lưu trữ")]), *DECISION[5:]]
    assert "subject" not in values(hole, ocr=True)


def test_the_gazettes_form_before_2011_is_read() -> None:
    rows: Rows = [
        (0.09, [(0.5, "Quyết định")]),
        (0.135, [(0.5, "của Thủ tướng Chính phủ số 115/2004/QĐ-TTg")]),
        (0.151, [(0.5, "ngày 25 tháng 6 năm 2004 về việc sửa đổi Quy chế")]),
        (0.167, [(0.5, "thành lập Quỹ bảo lãnh tín dụng")]),
        (0.25, [(0.4, "Căn cứ Luật Tổ chức Chính phủ ngày 25 tháng 12 năm 2001;")]),
    ]
    assert values(rows) == {
        "code_number": "115",
        "code_notation": "2004/QĐ-TTg",
        "issued_date": "2004-06-25",
        "organ_name": "Thủ tướng Chính phủ",
        "type_name": "Quyết định",
        "subject": "về việc sửa đổi Quy chế thành lập Quỹ bảo lãnh tín dụng",
    }


def test_the_running_head_of_a_gazette_is_no_body() -> None:
    rows = [(0.035, [(0.35, "CÔNG BÁO"), (0.5, "Số 35 + 36")]), *DECISION]
    assert values(rows) == values(DECISION)


def test_the_partys_numbers_are_parted_by_a_dash() -> None:
    rows: Rows = [
        (0.07, [(0.27, "TỈNH ỦY SÔNG LAM"), (0.68, "ĐẢNG CỘNG SẢN VIỆT NAM")]),
        (0.11, [(0.27, "Số 12-QĐ/TU"), (0.68, "Sông Lam, ngày 05 tháng 3 năm 2020")]),
        *DECISION[3:],
    ]
    found = values(rows)
    assert (found["code_number"], found["code_notation"], found["issued_date"]) == ("12", "QĐ/TU", "2020-03-05")
    assert found["organ_name"] == "Tỉnh ủy Sông Lam"


@pytest.mark.parametrize(
    "rows",
    [
        [(0.1, [(0.5, "MEMORANDUM OF UNDERSTANDING")]), (0.15, [(0.4, "No. 15/MOU dated 5 March 2020")])],
        [(0.1, [(0.5, "BẢNG CÂN ĐỐI KẾ TOÁN")]), (0.15, [(0.4, "Số: 15/QĐ-UBND ngày 05 tháng 3 năm 2020")])],
        [(0.8, [(0.68, NATION)]), (0.83, [(0.27, "Số: 15/QĐ-UBND")])],
        [],
    ],
)
def test_another_kind_of_paper_suggests_nothing(rows: Rows) -> None:
    assert values(rows) == {}


_boxes = st.tuples(*[st.floats(0, 1)] * 4)
_texts = st.text("SỐố:/-QĐngàythángnăm 0123456789lO|ĐÐ\u0301\u200b.…", min_size=1, max_size=12) | st.sampled_from(
    [*NATION.split(), "Số:", "15/QĐ-UBND", "ngày", "05", "tháng", "năm", "2020", "QUYẾT", "ĐỊNH", "V/v", "Nơi", "nhận:"]
)


@given(st.lists(st.tuples(_texts, _boxes, st.none() | st.floats(0, 100), st.booleans()), max_size=60))
def test_whatever_a_page_holds_is_read_without_error_and_every_place_lies_on_the_page(
    parts: list[tuple[str, tuple[float, ...], float | None, bool]],
) -> None:
    text, words = "", []
    for written, box, confidence, breaks in parts:
        text += "\n" if breaks else " "
        start = len(text)
        text += written
        words.append(Word(start=start, end=len(text), box=box, confidence=confidence))
    reader = DocumentReader(last_year=2026)
    reader.add(PageText(page=1, text=text, source="ocr", words=tuple(words)))
    for one in reader.suggestions():
        assert one.key in KEYS
        assert one.value
        assert 0 <= one.confidence <= 1
        assert all(0 <= edge <= 1 for edge in one.box)
