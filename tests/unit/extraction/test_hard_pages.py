"""What first pages say when they are askew, in two languages, written on by hand, or under stamps."""

from __future__ import annotations

from itertools import pairwise

import pytest

from metadata.extraction.document import DocumentReader
from metadata.extraction.suggestions import Suggestion
from metadata.texts import PageText
from tests.generators.page_texts import MOTTO, NATION, Cell, letterhead, page_text

Rows = list[tuple[float, list[Cell]]]

TEXT: Rows = [
    (0.29, [(0.5, "Căn cứ Nghị quyết ngày 12 tháng 7 năm 2018 của Hội đồng nhân dân tỉnh Sông Lam;")]),
    (0.312, [(0.5, "Điều 1. Ban hành kèm theo Quyết định này Quy chế công tác văn thư, lưu trữ.")]),
]
TITLE: Rows = [
    (0.19, [(0.5, "QUYẾT ĐỊNH")]),
    (0.212, [(0.5, "Về việc ban hành Quy chế công tác văn thư, lưu trữ")]),
    (0.233, [(0.5, "của các cơ quan chuyên môn")]),
]
SUBJECT = "Về việc ban hành Quy chế công tác văn thư, lưu trữ của các cơ quan chuyên môn"
TWO_LANGUAGES: Rows = [
    (0.07, [(0.27, "BỘ NGOẠI GIAO"), (0.68, NATION)]),
    (0.085, [(0.27, "MINISTRY OE FOREIGN AFEAIRS"), (0.68, "SOCIALIST REPUBLIC OF VIET NAM")]),
    (0.105, [(0.68, MOTTO)]),
    (0.12, [(0.68, "Independence - Freedom - Happiness")]),
    (0.15, [(0.27, "Số/No.: 15/QĐ-BNG"), (0.68, "Hà Nội, ngày 05 tháng 3 năm 2020")]),
    (0.19, [(0.5, "QUYẾT ĐỊNH")]),
    (0.205, [(0.5, "DECISION")]),
    (0.225, [(0.5, "Về việc cử đoàn cán bộ đi công tác nước ngoài")]),
    (0.245, [(0.5, "Sending a delegation of offcials on mission abroad")]),
    *TEXT,
]


def suggested(page: PageText) -> dict[str, Suggestion]:
    reader = DocumentReader(last_year=2026)
    reader.add(page)
    return {one.key: one for one in reader.suggestions()}


def values(rows: Rows, *, ocr: bool = True) -> dict[str, str]:
    return {key: one.value for key, one in suggested(page_text(rows, ocr=ocr)).items()}


def askew(page: PageText, slope: float) -> PageText:
    """`page` whose lines fall by `slope` of the page's height over its width."""
    words = []
    for word in page.words:
        left, top, right, bottom = word.box
        off = slope * ((left + right) / 2 - 0.5)
        words.append(word.model_copy(update={"box": (left, max(0.0, top + off), right, bottom + off)}))
    return page.model_copy(update={"words": tuple(words)})


@pytest.mark.parametrize("slope", [0.037, -0.037])
def test_a_page_three_degrees_askew_says_what_it_says_upright_and_at_the_place_where_it_stands(slope: float) -> None:
    """Words of one row stand farther apart in height than two rows of an upright page."""
    upright = page_text([*letterhead(), *TITLE, *TEXT], ocr=True)
    page = askew(upright, slope)
    # OCR reads such rows in pieces.
    text = list(page.text)
    for before, after in pairwise(page.words):
        if before.box[0] < 0.45 < after.box[0]:
            text[before.end] = "\n"
    found, wanted = suggested(page.model_copy(update={"text": "".join(text)})), suggested(upright)
    assert {key: one.value for key, one in found.items()} == {key: one.value for key, one in wanted.items()}
    for key, one in found.items():
        middle = (one.box[0] + one.box[2]) / 2
        height = (one.box[1] + one.box[3]) / 2
        straight = (wanted[key].box[1] + wanted[key].box[3]) / 2
        assert height == pytest.approx(straight + slope * (middle - 0.5), abs=0.006)


def test_a_paper_in_two_languages_is_read_in_vietnamese() -> None:
    assert values(TWO_LANGUAGES) == {
        "code_number": "15",
        "code_notation": "QĐ-BNG",
        "issued_date": "2020-03-05",
        "organ_name": "Bộ Ngoại giao",
        "type_name": "Quyết định",
        "subject": "Về việc cử đoàn cán bộ đi công tác nước ngoài",
    }


def test_a_foreign_name_in_the_subject_of_a_vietnamese_paper_stays() -> None:
    rows = [*letterhead(), *TITLE[:2], (0.233, [(0.5, "Microsoft Corporation")]), *TEXT]
    assert values(rows)["subject"].endswith("văn thư, lưu trữ Microsoft Corporation")


@pytest.mark.parametrize("label", ["Số (No.):", "Số/NÑo.:", "Số/No:"])
def test_the_label_of_a_number_may_be_in_two_languages(label: str) -> None:
    rows = [*letterhead(number=f"{label} 15/QĐ-UBND"), *TITLE, *TEXT]
    assert (values(rows)["code_number"], values(rows)["code_notation"]) == ("15", "QĐ-UBND")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("Số: 08⁄2020/QĐ-UBND", ("08", "2020/QĐ-UBND")),
        ("Số: 11/QĐ~60 -UBND~60", ("11", "QĐ-UBND")),
        ("Số: @6/QĐ-UBND", ("", "QĐ-UBND")),
        ("Số | 45/QĐ-UBND", ("45", "QĐ-UBND")),
    ],
)
def test_strokes_and_marks_beside_a_number_are_no_digits_of_it(number: str, expected: tuple[str, str]) -> None:
    found = values([*letterhead(number=number), *TITLE, *TEXT])
    assert (found.get("code_number", ""), found.get("code_notation", "")) == expected


@pytest.mark.parametrize(
    ("body", "number", "notation"),
    [
        ("THỦ TƯỚNG CHÍNH PHỦ", "15/QĐ-TTE", "QĐ-TTg"),
        ("CỤC QUẢN LÝ CHẤT LƯỢNG NÔNG LÂM SẢN", "15/QĐ-QLCI", "QĐ-QLCL"),
        ("SỞ NỘI VỤ", "15/QĐ-XYZ", "QĐ-XYZ"),
    ],
)
def test_a_letter_of_the_notation_is_mended_by_the_body_that_it_abbreviates(
    body: str, number: str, notation: str
) -> None:
    rows = [*letterhead((body,), f"Số: {number}"), *TITLE, *TEXT]
    assert values(rows)["code_notation"] == notation


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("Sông Lam, ngày 05 tháng 3 năm 1 996", "1996-03-05"),
        ("Sông Lam, ngày Í~32 1 tháng 3 năm 2020", ""),
        ("Sông Lam, ngày 1", ""),
        ("Sông Lam, ngày 5/3/2020~60", "2020-03-05"),
        ("Sông Lam, ngày 21⁄12∕2017", "2017-12-21"),
        ("Sông Lam, ngày 15 tháng Z7 năm 2006", "2006-07-15"),
        ("Sông Lam, ngày Z7 tháng 7 năm 2006", ""),
    ],
)
def test_days_in_parts_are_read_whole_or_left_out(day: str, expected: str) -> None:
    """What is left of a day under a stamp is none, and a day in the text below is not that of the paper."""
    assert values([*letterhead(day=day), *TITLE, *TEXT]).get("issued_date", "") == expected


def test_a_day_that_is_gone_is_not_taken_from_the_text() -> None:
    right = (0.75, "ngày 12 tháng 7 năm 2018 của Hội")
    rows = [*letterhead(day=""), *TITLE, (0.29, [(0.3, "Căn cứ Nghị quyết"), right])]
    assert "issued_date" not in values(rows)


def test_the_body_named_again_under_the_type_is_no_subject_in_one_line_or_three() -> None:
    named: Rows = [
        (0.212, [(0.5, "CỦA BAN QUẢN LÝ DỰ ÁN")]),
        (0.233, [(0.5, "CÁC CÔNG TRÌNH THỦY LỢI")]),
        (0.254, [(0.5, "TỈNH SÔNG LAM")]),
    ]
    for count in (1, 2, 3):
        subject: Rows = [(0.212 + 0.021 * count, [(0.5, "Ban hành Quy chế công tác văn thư, lưu trữ")])]
        text: Rows = [(0.34, TEXT[0][1])]
        assert values([*letterhead(), TITLE[0], *named[:count], *subject, *text])["subject"] == (
            "Ban hành Quy chế công tác văn thư, lưu trữ"
        )


def test_capitals_under_the_name_of_a_minister_are_the_subject_of_a_paper_in_capitals() -> None:
    rows: Rows = [
        *letterhead(("BỘ TÀI CHÍNH",), "Số: 02/2020/TT-BTC"),
        (0.19, [(0.5, "THÔNG TƯ")]),
        (0.212, [(0.5, "CỦA BỘ TRƯỞNG BỘ TÀI CHÍNH")]),
        (0.233, [(0.5, "QUY ĐỊNH MỨC THU PHÍ KIỂM ĐỊNH")]),
        *TEXT,
    ]
    assert values(rows)["subject"] == "QUY ĐỊNH MỨC THU PHÍ KIỂM ĐỊNH"


def test_a_speck_before_the_subject_does_not_change_its_first_word() -> None:
    rows = [*letterhead(), TITLE[0], (0.212, [(0.5, "'Về việc ban hành Quy chế công tác văn thư, lưu trữ")]), *TEXT]
    assert values(rows)["subject"] == "Về việc ban hành Quy chế công tác văn thư, lưu trữ"


def test_a_stamp_over_the_number_is_no_line_of_the_body() -> None:
    rows = [*letterhead(), *TITLE, *TEXT]
    stamped = [*rows[:2], (0.11, [(0.27, "CÔNG VĂN ĐÈN")]), (0.128, [(0.27, "Số: 20")]), *rows[3:]]
    assert values(stamped)["organ_name"] == "Ủy ban nhân dân tỉnh Sông Lam"


def test_a_line_of_a_stamp_beside_the_subject_is_no_part_of_it() -> None:
    rows = [*letterhead(), *TITLE[:2], (0.2275, [(0.257, "GỐNG THÔNG TT BIỆN TỪ")]), TITLE[2], *TEXT]
    assert values(rows)["subject"] == SUBJECT


@pytest.mark.parametrize("lines", [("TRUNG TÂM PHỤC VỤ", "HÀNH CHÍNH CÔNG VÀ"), ("SỞ NỘI VỤ", "PHÒNG TÀI CHÍNH -")])
def test_a_name_that_wants_another_word_is_left_out(lines: tuple[str, ...]) -> None:
    assert "organ_name" not in values([*letterhead(lines), *TITLE, *TEXT])


def test_a_name_with_room_for_a_lost_line_is_left_out() -> None:
    lines = ("UBND TỈNH SÔNG LAM", "BAN QUẢN LÝ DỰ ÁN", "CÁC CÔNG TRÌNH", "NÔNG NGHIỆP")
    rows = letterhead(lines)
    assert values([*rows, *TITLE, *TEXT])["organ_name"] == "Ban Quản lý dự án các công trình nông nghiệp"
    assert "organ_name" not in values([*rows[:2], *rows[3:], *TITLE, *TEXT])


def test_a_part_of_a_body_is_not_named_after_a_line_that_cannot_be_read() -> None:
    rows = [*letterhead(("KH~20 ỦY SÔNG LAM", "BAN TỔ CHỨC")), *TITLE, *TEXT]
    assert "organ_name" not in values(rows)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (("ỦY~30 BAN~20 NHÂN~20 DÂN", "SỞ NỘI VỤ"), "Sở Nội vụ"),
        (("ỦY~30 BAN~20 NHÂN~20 DÂN", "HỘI AN"), None),
        (("Y BAN NHÂN DÂN", "TỈNH SÔNG LAM"), "Ủy ban nhân dân tỉnh Sông Lam"),
        (("BỘ NỘI VỤ —~24",), "Bộ Nội vụ"),
        (("BỘ NỘI VỤ", "CỤC~20 VĂN~30 THƯ~30"), None),
        (("UBND TỈNH SÔNG LAM", "SỞ KẾ HOẠCH", "Y~0 PAUU~0 .ẽ~0"), None),
        (("UBND TỈNH SÔNG LAM", "=245900~1 ...~43"), None),
        (("SỞ KẾ HOẠCH", "mm.~20"), "Sở Kế hoạch"),
    ],
)
def test_the_body_is_read_under_a_superior_that_is_not(body: tuple[str, ...], name: str | None) -> None:
    assert values([*letterhead(body), *TITLE, *TEXT]).get("organ_name") == name


def test_what_begins_left_of_the_heading_belongs_to_the_day_beside_the_number() -> None:
    rows: Rows = [
        (0.07, [(0.27, "TỈNH ỦY SÔNG LAM"), (0.7, "ĐẢNG CỘNG SẢN VIỆT NAM")]),
        (0.11, [(0.27, "Số12-QĐ/TU"), (0.68, "Sông Lam, ngày 05 tháng 3 năm 2020")]),
        *TITLE,
        *TEXT,
    ]
    found = values(rows)
    assert (found["code_number"], found["code_notation"], found["issued_date"]) == ("12", "QĐ/TU", "2020-03-05")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("THỦ TƯỜNG CHÍNH PHỦ", "Thủ tướng Chính phủ"),
        ("BẠN QUẢN LÝ DỰÁN", "Ban Quản lý dự án"),
        ("BAN QUẢN IÝ~79 DỰ ÁN", None),
        ("TRƯỜNG THPT~80 SÔNG LAM", "Trường THPT Sông lam"),
    ],
)
def test_the_first_words_of_a_body_are_known_and_what_is_no_syllable_was_misread(body: str, name: str | None) -> None:
    assert values([*letterhead((body,)), *TITLE, *TEXT]).get("organ_name") == name


@pytest.mark.parametrize(("number", "notation"), [("15/TT-THET~55", None), ("15/TT-TCTSL~55", "TT-TCTSL")])
def test_letters_that_nothing_else_on_the_page_says_are_believed_only_when_ocr_is_sure(
    number: str, notation: str | None
) -> None:
    rows = [*letterhead(("TRƯỜNG CHÍNH TRỊ SÔNG LAM",), f"Số: {number}"), (0.19, [(0.5, "THÔNG TƯ")]), *TITLE[1:]]
    assert values(rows).get("code_notation") == notation


def test_a_stamp_beside_a_line_that_is_off_the_middle_hides_a_word_of_it() -> None:
    stamp: Rows = [(0.2, [(0.77, "CÔNG VĂN ĐẾN")]), (0.222, [(0.77, "Ngày: 14/2/2022")])]
    line: Rows = [(0.212, [(0.485, "Bổ nhiệm lại công chức lãnh đạo, quản")])]
    assert "subject" not in values([*letterhead(), TITLE[0], *stamp, *line, *TEXT])
    assert "subject" in values([*letterhead(), TITLE[0], *line, *TEXT])


def test_a_letter_whose_next_line_is_lost_has_no_subject() -> None:
    rows: Rows = [
        *letterhead(number="Số: 214/UBND-NC"),
        (0.146, [(0.27, "V/v trả lời kiến nghị của cử tri")]),
        (0.166, [(0.27, "sau kỳ họp thứ 8 của")]),
        (0.186, [(0.2, "«4~10")]),
        (0.23, [(0.5, "Kính gửi: Ủy ban nhân dân các huyện")]),
    ]
    assert "subject" not in values(rows)
