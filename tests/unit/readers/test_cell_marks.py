"""Cells that say more or less than they show: each gets its finding, with sheet, row and column, or is read right."""

from __future__ import annotations

import datetime as dt
import importlib
import io
import re
import zipfile
from typing import Any, Literal

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from metadata.rules import message
from tests.fixtures.deliveries import CODE, DOCUMENT, DOSSIER, Change, DeliveryFolder, workbook

xlwt: Any = importlib.import_module("xlwt")
ODS_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
HEADINGS = [*DOSSIER, *DOCUMENT]
FIRST = [CODE, "Hồ sơ về việc thử", "01/01/2019", "31/12/2019"]


def two_documents(delivery: DeliveryFolder, change: Change | None = None) -> None:
    rows = [[*FIRST, n, f"Quyết định {n}", "15/02/2019", f"{n}.pdf"] for n in (1, 2)]
    delivery.sheets(change, Sheet1=[HEADINGS, *rows])
    for n in (1, 2):
        delivery.file(f"{n}.pdf")


@pytest.mark.rule("READ-037")
def test_a_formula_is_told_with_its_kept_value(delivery: DeliveryFolder) -> None:
    def calculate(book: Workbook) -> None:
        book["Sheet1"]["F3"] = '=A1&"x"'

    two_documents(delivery, calculate)
    patch(
        delivery,
        "xl/worksheets/sheet1.xml",
        rb'(<c r="F3"[^>]*)(><f>.*?</f>)<v\s*(/>|></v>)',
        rb'\1 t="str"\2<v>ab</v>',
    )
    found = delivery.finding("READ-037")
    assert (found.sheet, found.row, found.column, found.file) == ("Sheet1", 3, "Trích yếu nội dung", "danh-muc.xlsx")
    assert (found.values["written"], found.values["formula"]) == ("ab", '=A1&"x"')
    assert 'là công thức =A1&"x", giá trị đã lưu là “ab”' in message(found, "vi")
    assert delivery.dossier().documents[1].value("subject") == "ab"


def patch(delivery: DeliveryFolder, part: str, old: bytes, new: bytes) -> None:
    """Alter a part of the workbook: openpyxl keeps no values of formulas."""
    path = delivery.root / "danh-muc.xlsx"
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                data, count = re.subn(old, new, data)
                assert count == 1
            target.writestr(name, data)
    path.write_bytes(stream.getvalue())


@pytest.mark.rule("READ-038")
def test_merged_cells_are_told_and_mean_every_row(delivery: DeliveryFolder) -> None:
    def merge(book: Workbook) -> None:
        book["Sheet1"]["F3"].value = None
        book["Sheet1"].merge_cells("F2:F3")

    two_documents(delivery, merge)
    found = delivery.finding("READ-038")
    assert (found.sheet, found.row, found.column) == ("Sheet1", 2, "Trích yếu nội dung")
    assert (found.values["area"], found.values["written"]) == ("F2:F3", "Quyết định 1")
    assert [document.value("subject") for document in delivery.dossier().documents] == ["Quyết định 1"] * 2


def test_merged_headings_are_no_matter(delivery: DeliveryFolder) -> None:
    def merge(book: Workbook) -> None:
        book["Sheet1"].insert_rows(1)
        book["Sheet1"]["A1"] = "DANH MỤC"
        book["Sheet1"].merge_cells("A1:H1")

    two_documents(delivery, merge)
    assert "READ-038" not in delivery.rules()


@pytest.mark.rule("READ-040")
@pytest.mark.rule("READ-041")
def test_hidden_rows_and_columns_are_read_and_told(delivery: DeliveryFolder) -> None:
    def hide(book: Workbook) -> None:
        book["Sheet1"].row_dimensions[3].hidden = True
        book["Sheet1"].column_dimensions["F"].hidden = True

    two_documents(delivery, hide)
    row, column = delivery.finding("READ-040"), delivery.finding("READ-041")
    assert (row.subject, row.row, row.values["rows"]) == (CODE, 3, "3")
    assert (column.sheet, column.column, column.values["letter"]) == ("Sheet1", "Trích yếu nội dung", "F")
    assert [document.ordinal for document in delivery.dossier().documents] == [1, 2]


@pytest.mark.rule("READ-039")
@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_with_a_table_is_told_and_not_read(
    delivery: DeliveryFolder, state: Literal["hidden", "veryHidden"]
) -> None:
    rows = [[*FIRST, 1, "Quyết định", "15/02/2019", "1.pdf"]]
    hidden = [["H49.02.2019.77", "Ẩn", "01/01/2019", "31/12/2019", 1, "S", "1/2/2019", "2.pdf"]]

    def hide(book: Workbook) -> None:
        book["Nhap"].sheet_state = state

    delivery.sheets(hide, Sheet1=[HEADINGS, *rows], Nhap=[HEADINGS, *hidden], Danh_mục=[["Mã", "Tên"], ["01", "A"]])
    delivery.file("1.pdf")
    found = delivery.finding("READ-039")
    assert (found.file, found.sheet, found.row) == ("danh-muc.xlsx", "Nhap", 1)
    assert delivery.dossier().file_code == CODE


@pytest.mark.rule("READ-043")
@pytest.mark.parametrize(("epoch", "serial"), [(None, 27454), (CALENDAR_MAC_1904, 25992)])
def test_a_bare_number_of_a_day_is_read_from_the_epoch_of_its_workbook(
    delivery: DeliveryFolder, epoch: dt.datetime | None, serial: int
) -> None:
    def count(book: Workbook) -> None:
        if epoch is not None:
            book.epoch = epoch
        book["Sheet1"]["G2"] = serial

    two_documents(delivery, count)
    found = delivery.finding("READ-043")
    assert (found.row, found.column, found.values["written"]) == (2, "Ngày văn bản", str(serial))
    assert found.values["epoch"] == ("1904" if epoch else "1900")
    assert delivery.dossier().documents[0].value("issued_date") == "1975-03-01"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("00/03/1975", "1975-03"),
        ("00/00/1975", "1975"),
        (" 1/3/1975 ", "1975-03-01"),
        ("1975", "1975"),
        (1975.0, "1975"),
    ],
)
def test_days_without_day_and_numbers_as_text_are_read_right(
    delivery: DeliveryFolder, written: object, read: str
) -> None:
    delivery.one((), ("01 ", "Quyết định", written, "1.pdf"))
    delivery.file("1.pdf")
    (document,) = delivery.dossier().documents
    assert (document.ordinal, document.value("issued_date")) == (1, read)
    assert not {rule for rule in delivery.rules() if rule.startswith("READ")}


@pytest.mark.rule("READ-036")
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_part_that_declares_entities_is_refused_before_it_is_parsed(
    delivery: DeliveryFolder, part: str, encoding: str
) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n<!-- {"x" * 40_000} -->'
    bomb = head + '<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"S": [HEADINGS]}))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, bomb.encode(encoding) if name == part else old.read(name))
    delivery.file("danh-muc.xlsx", stream.getvalue())
    found = delivery.finding("READ-036")
    assert (found.subject, found.values["detail"]) == ("danh-muc.xlsx", part)
    assert "XML" in message(found, "vi")


def ods(content: str, *, encrypted: bool = False) -> bytes:
    stream = io.BytesIO()
    entry = "<x:encryption-data/>" if encrypted else ""
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f'<x:manifest xmlns:x="urn:x">{entry}</x:manifest>')
        archive.writestr("content.xml", content)
    return stream.getvalue()


def ods_content(rows: list[str], columns: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        f' xmlns:table="{ODS_TABLE}" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="Văn bản">'
        f"{columns}{''.join(rows)}</table:table></office:spreadsheet></office:body></office:document-content>"
    )


def ods_row(values: list[str], more: str = "", cell: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"{cell if i == 5 else ""}>'
        f"<text:p>{value}</text:p></table:table-cell>"
        for i, value in enumerate(values)
    )
    return f"<table:table-row{more}>{cells}</table:table-row>"


def test_an_ods_is_read_and_its_formulas_and_hidden_rows_are_told(delivery: DeliveryFolder) -> None:
    rows = [
        ods_row(list(HEADINGS)),
        ods_row([*FIRST, "1", "Một", "15/02/2019", "1.pdf"], cell=' table:formula="of:=[.A1]"'),
        ods_row([*FIRST, "2", "Hai", "15/02/2019", "2.pdf"], ' table:visibility="filter"'),
    ]
    columns = '<table:table-column table:number-columns-repeated="6"/><table:table-column table:visibility="collapse"/>'
    delivery.file("danh-muc.ods", ods(ods_content(rows, columns)))
    for n in (1, 2):
        delivery.file(f"{n}.pdf")
    formula, row, column = (delivery.finding(rule) for rule in ("READ-037", "READ-040", "READ-041"))
    assert (formula.sheet, formula.row, formula.column) == ("Văn bản", 2, "Trích yếu nội dung")
    assert (formula.values["formula"], formula.values["written"]) == ("=[.A1]", "Một")
    assert (row.row, column.column) == (3, "Ngày văn bản")
    assert [document.value("subject") for document in delivery.dossier().documents] == ["Một", "Hai"]


@pytest.mark.rule("READ-004")
def test_an_encrypted_ods_is_told_to_need_a_password(delivery: DeliveryFolder) -> None:
    delivery.file("danh-muc.ods", ods("no xml", encrypted=True))
    assert delivery.finding("READ-004").subject == "danh-muc.ods"


def test_an_xls_tells_its_formulas_and_hidden_rows_and_columns(delivery: DeliveryFolder) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Văn bản")
    for i, heading in enumerate(HEADINGS):
        sheet.write(0, i, heading)
    for n in (1, 2):
        for i, value in enumerate([*FIRST, n, f"Số {n}", "15/02/2019", f"{n}.pdf"]):
            sheet.write(n, i, value)
        delivery.file(f"{n}.pdf")
    sheet.write(1, 8, xlwt.Formula("1+1"))
    sheet.write(0, 8, "Số lượng trang")
    sheet.row(2).hidden = True
    sheet.col(5).hidden = True
    stream = io.BytesIO()
    book.save(stream)
    delivery.file("danh-muc.xls", stream.getvalue())
    formula, row, column = (delivery.finding(rule) for rule in ("READ-037", "READ-040", "READ-041"))
    assert (formula.row, formula.column, formula.values["formula"]) == (2, "Số lượng trang", "—")
    assert (row.row, column.column) == (3, "Trích yếu nội dung")


def test_many_rows_come_over_as_a_file_and_are_the_same(delivery: DeliveryFolder) -> None:
    text = "Quyết định về việc giao đất," * 40
    rows = [[*FIRST, n, f"{text} {n}", "15/02/2019", f"{n}.pdf"] for n in range(1, 2_001)]
    delivery.sheets(
        Sheet1=[HEADINGS, *rows], Sheet2=[["Mã hồ sơ", *DOCUMENT], [CODE, 2001, "Cuối", "15/02/2019", "2001.pdf"]]
    )
    dossier = delivery.dossier()
    assert [document.ordinal for document in dossier.documents] == list(range(1, 2_002))
    assert dossier.documents[1_999].value("subject") == f"{text} 2000"
    assert dossier.documents[2_000].sheet == "Sheet2"
