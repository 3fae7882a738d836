"""Lists and minutes: what their rows and sums say of dossiers of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from archive.reports.forms import (
    Block,
    Heading,
    Section,
    document_paper,
    document_sheet,
    dossier_paper,
    dossier_sheet,
    dossier_sums,
    minutes_lines,
    minutes_paper,
    minutes_sheets,
)
from archive.reports.lists import Totals, Whole, document_rows, dossier_row, whole
from archive.reports.workbooks import write_workbook
from archive.services.listing import natural
from metadata.descriptions import Cell, Description, DocumentDescription, RecordKind
from metadata.package import Approval, PackageDocument, PackageFile, PackageRecord, Representation, TextSummary
from tests.fakes.exports import LEAVING

HEADING = Heading("Lưu trữ lịch sử tỉnh", date(2026, 12, 1))
HOSTILE = '=HYPERLINK("http://x") <script>'


def _cells(values: Mapping[str, str]) -> dict[str, Cell]:
    return {key: Cell(value=value, written=value) for key, value in values.items()}


def _file(size_bytes: int = 10) -> PackageFile:
    return PackageFile(
        path="representations/rep1/data/a.pdf",
        original_name="a.pdf",
        representation=Representation.ORIGINAL,
        sha256="0" * 64,
        sha512="0" * 128,
        size_bytes=size_bytes,
        mime="application/pdf",
    )


def _document(
    ordinal: int, kind: RecordKind = RecordKind.DOCUMENT, *, files: int = 1, pages: int = 0, **values: str
) -> PackageDocument:
    texts = (TextSummary(path="t", pages=pages),) if pages else ()
    description = DocumentDescription(ordinal=ordinal, kind=kind, fields=_cells(values))
    return PackageDocument(description=description, originals=(_file(),) * files, texts=texts)


def _dossier(*documents: PackageDocument, code: str = "H49.1", **values: str) -> Whole:
    record = PackageRecord(
        package_id="p",
        dossier_id="p",
        created_at="2026-11-29T00:00:00.000Z",
        submission_id="s1",
        agency="H49",
        agency_name="Sở Nội vụ",
        approval=Approval(by="lan", at="2026-11-29T00:00:00.000Z"),
        submitted_by="binh",
        profile="02-2019",
        file_code=code,
        dossier=Description(fields=_cells(values)),
        documents=documents,
    )
    return whole([record])


def _totals(*dossiers: Whole) -> Totals:
    totals = Totals()
    for found in dossiers:
        totals.add(found)
    return totals


PAPER = _dossier(
    _document(1, issued_date="2019-03-01", type_name="Quyết định", subject="Về đất", pages=3),
    _document(2, issued_date="2018", subject="b", pages=2),
    file_notation="01.TH",
    title=HOSTILE,
    maintenance="Vĩnh viễn",
    sheet_count="12",
    box="Hộp 5",
    format="Bình thường",
    fonds_name="Phông UBND tỉnh",
)
REGISTER = _dossier(
    _document(1, files=0, issued_date="1998-05", subject="chỉ có dòng"),
    code="H49.2",
    maintenance="20 năm",
    start_date="1997",
    end_date="1998-12-31",
    title="Sổ đăng ký",
)


# ---------------------------------------------------------------- rows


def test_a_dossier_is_a_row_of_the_decrees_seven_columns() -> None:
    assert dossier_row(3, PAPER) == ["3", "01.TH", HOSTILE, "2018 - 01/03/2019", "Vĩnh viễn", "12/5", ""]


def test_a_register_without_files_is_listed_and_says_so() -> None:
    assert dossier_row(1, REGISTER) == [
        "1",
        "H49.2",
        "Sổ đăng ký",
        "1997 - 31/12/1998",
        "20 năm",
        "",
        "chưa có tệp: 1/1 văn bản",
    ]
    ((*_, note),) = document_rows(REGISTER)
    assert note == "chưa có tệp"


def test_a_dossier_of_which_only_pages_or_sheets_are_known_says_which() -> None:
    assert dossier_row(1, _dossier(_document(1, pages=4)))[5] == "4 trang"
    assert dossier_row(1, _dossier(_document(1), sheet_count="7"))[5] == "7 tờ"


def test_documents_stand_in_the_order_of_their_numbers_with_type_and_subject() -> None:
    found = _dossier(
        _document(2, code_number="5", code_notation="QĐ-UBND", type_name="Quyết định", subject="Quyết định về đất"),
        _document(1, number_notation="7/TB", type_name="Thông báo", subject="họp", organ_name="UBND", sheet_number="3"),
    )
    assert list(document_rows(found)) == [
        ["1", "7/TB", "", "Thông báo họp", "UBND", "3", ""],
        ["2", "5/QĐ-UBND", "", "Quyết định về đất", "", "", ""],
    ]


def test_pictures_and_recordings_have_their_own_day_author_and_length() -> None:
    found = _dossier(
        _document(
            1, RecordKind.PHOTO, image_title="Lễ", photographer="Lê A", photo_time="2024-09", archives_number="A1"
        ),
        _document(
            2, RecordKind.MEDIA, movie_title="Họp", recorder="Đài", record_date="2024-09-02", play_time="00:10:00"
        ),
    )
    assert list(document_rows(found)) == [
        ["1", "A1", "09/2024", "Ảnh: Lễ", "Lê A", "", ""],
        ["2", "", "02/09/2024", "Phim, âm thanh: Họp", "Đài", "00:10:00", ""],
    ]
    assert dossier_row(1, found)[3] == "09/2024"


def test_replaced_and_recalled_documents_say_so_and_are_not_left_out() -> None:
    found = _dossier(_document(1, doc_code="A", recalled="Có"), _document(2, doc_code="B", replaces="A"))
    notes = [row[6] for row in document_rows(found)]
    assert notes == ["đã bị thay thế bởi số thứ tự 2; đã bị thu hồi", "thay thế văn bản số thứ tự 1"]


def test_a_day_that_was_not_understood_is_listed_as_it_was_written() -> None:
    document = _document(1)
    fields = {"issued_date": Cell(value="", written="32/13/2019")}
    odd = document.model_copy(update={"description": document.description.model_copy(update={"fields": fields})})
    ((_, _, day, *_),) = document_rows(_dossier(odd))
    assert day == "32/13/2019"


def test_codes_are_sorted_as_people_count() -> None:
    codes = ["H49.10", "H49.9", "H49.9.TH", "H5.1", "h49.9"]
    assert sorted(codes, key=natural) == ["H5.1", "H49.9", "h49.9", "H49.9.TH", "H49.10"]


# ---------------------------------------------------------------- sums


def test_sums_count_dossiers_documents_files_and_what_lies_on_paper() -> None:
    totals = _totals(PAPER, REGISTER)
    assert (totals.dossiers, totals.documents, totals.files, totals.bytes) == (2, 3, 2, 20)
    assert (totals.electronic, totals.on_paper, totals.without_files, totals.permanent) == (1, 1, 1, 1)
    assert (totals.years, len(totals.boxes)) == ("1997 - 2019", 1)


def test_the_sums_are_said_in_figures_and_in_words() -> None:
    assert dossier_sums(_totals(PAPER, REGISTER)) == [
        "Mục lục này gồm: 2 hồ sơ (đơn vị bảo quản).",
        "Viết bằng chữ: hai hồ sơ (đơn vị bảo quản).",
        "Trong đó: 1 hồ sơ bảo quản vĩnh viễn; 1 hồ sơ bảo quản có thời hạn hoặc chưa rõ thời hạn.",
        "Số văn bản, tài liệu: 3; số tệp tin: 2.",
    ]


def test_minutes_say_what_is_known_and_leave_blank_what_is_not() -> None:
    lines = [line for _, line in minutes_lines(HEADING, _totals(PAPER, REGISTER))]
    assert "BÊN GIAO: Sở Nội vụ" in lines
    assert "BÊN NHẬN: Lưu trữ lịch sử tỉnh" in lines
    assert lines.count("Ông (bà): ……………………………………") == 2
    assert "1. Tên khối tài liệu giao nộp: Phông UBND tỉnh" in lines
    assert "2. Thời gian của hồ sơ, tài liệu: 1997 - 01/03/2019" in lines
    assert "- Tổng số hộp (cặp): 1" in lines
    assert "- Tổng số hồ sơ (đơn vị bảo quản): 1. Quy ra mét giá: …… mét." in lines
    assert "- Tổng số hồ sơ: 1 (số văn bản, tài liệu: 2)" in lines
    assert "- Tổng số tệp tin trong hồ sơ: 2 (dung lượng 20 byte)" in lines
    assert "- Văn bản chỉ có thông tin mô tả, chưa có tệp: 1" in lines
    assert "4. Tình trạng tài liệu giao nộp: Bình thường: 1" in lines
    assert "Mã lần nộp trong hệ thống: s1; tài khoản nộp: binh; tài khoản duyệt: lan" in lines
    assert "Căn cứ ……………………………………," in lines


def test_minutes_take_what_people_tell_of_basis_and_holding() -> None:
    told = Heading("Kho", date(2026, 12, 1), "Kế hoạch số 5", "Khối tài liệu đất đai")
    lines = [line for _, line in minutes_lines(told, _totals(PAPER))]
    assert "Căn cứ Kế hoạch số 5," in lines
    assert "1. Tên khối tài liệu giao nộp: Khối tài liệu đất đai" in lines


# ---------------------------------------------------------------- forms


def _said(blocks: list[Block]) -> str:
    found: list[str] = []

    def take(thing: Any) -> None:  # noqa: ANN401 - JSON
        if isinstance(thing, str):
            found.append(thing)
        elif isinstance(thing, Mapping):
            for key in ("text", "pair", "row", "table", "heading"):
                take(thing.get(key))
        elif isinstance(thing, list):
            for entry in thing:
                take(entry)

    take([dict(block) for block in blocks])
    return "\n".join(found)


@pytest.mark.parametrize("make", [dossier_paper, minutes_paper])
def test_papers_have_the_nations_heading_the_list_its_sums_and_places_to_sign(make: Any) -> None:  # noqa: ANN401
    totals, rows = _totals(PAPER, REGISTER), [dossier_row(1, PAPER), dossier_row(2, REGISTER)]
    said = _said(list(make(HEADING, totals, lambda: iter(rows))))
    for words in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Số tờ/ Số trang", HOSTILE):
        assert words in said
    assert "Mục lục này gồm: 2 hồ sơ" in said
    signs = "(Ký và ghi rõ họ và tên" if make is minutes_paper else "(Ký và ghi rõ họ và tên, chức vụ)"
    assert signs in said


def test_the_list_of_documents_starts_each_dossier_on_a_page_of_its_own() -> None:
    sections = [Section(found, list(document_rows(found))) for found in (PAPER, REGISTER)]
    blocks = list(document_paper(HEADING, sections))
    assert sum(1 for block in blocks if block.get("break")) == 1
    assert sum(1 for block in blocks if "table" in block) == 2
    assert "Số, ký hiệu hồ sơ: 01.TH" in _said(blocks)
    assert "Mục lục này gồm: 2 văn bản, tài liệu (hai); số tệp tin: 2." in _said(blocks)


def test_workbooks_hold_the_same_rows_as_text_and_number_their_pages(tmp_path: Path) -> None:
    totals, rows = _totals(PAPER, REGISTER), [dossier_row(1, PAPER), dossier_row(2, REGISTER)]
    sheets = [
        *minutes_sheets(HEADING, totals, lambda: iter(rows)),
        dossier_sheet(HEADING, totals, lambda: iter(rows)),
        document_sheet(HEADING, Section(PAPER, list(document_rows(PAPER)))),
    ]
    write_workbook(tmp_path / "a.xlsx", sheets, created=LEAVING)
    book: Any = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Biên bản", "Mục lục hồ sơ", "Mục lục hồ sơ (2)", "01.TH"]
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    listed = [row for row in book["Mục lục hồ sơ (2)"].iter_rows(values_only=True) if row[0] in {"1", "2"}]
    assert listed == [tuple(value or None for value in row) for row in rows]
    assert {page.oddFooter.right.text for page in book} == {"Trang &P/&N"}
    text = {cell.value for cell in cells}
    assert {"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "MỤC LỤC VĂN BẢN, TÀI LIỆU", "ĐẠI DIỆN BÊN GIAO", "Người lập"} <= text
