"""Cells of spreadsheets that their pages do not show."""

from __future__ import annotations

import datetime as dt
import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from ingest.engines import cell_texts
from ingest.engines.cell_texts import HIDDEN, Printed, lacking
from ingest.engines.spreadsheet import Cell, every_sheet

_tables: Any = importlib.import_module("odf.table")
_texts: Any = importlib.import_module("odf.text")
_document: Any = importlib.import_module("odf.opendocument")


def printed(folder: Path, *pages: str) -> list[str]:
    """Kept page texts, all in one piece."""
    kept = folder / "own--000001.json"
    kept.write_text(json.dumps({"pages": [{"page": n, "text": text} for n, text in enumerate(pages, start=1)]}))
    return [str(kept)]


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], hidden: str = "") -> str:
    """An .xlsx with `sheets`."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name == hidden else "visible"
    book.save(path)
    return str(path)


def test_a_cell_that_is_cut_off_is_added_whole_on_the_page_of_its_row(tmp_path: Path) -> None:
    source = workbook(tmp_path / "a.xlsx", {"A": [["một", "Bình khí FM200"], ["hai", "Bình khí CO2"], ["ba", "Bơm"]]})
    pages = printed(tmp_path, "một Bình khí F", "hai Bình khí C\nba Bơm")
    answer = lacking(tmp_path, source, pages)
    assert answer == {
        "added": {"1": "Bình khí FM200", "2": "Bình khí CO2"},
        "decoded": False,
        "cut": False,
        "problem": "",
    }


def test_what_is_printed_is_not_doubled_however_it_is_broken_into_lines(tmp_path: Path) -> None:
    source = workbook(tmp_path / "a.xlsx", {"A": [["Quyết định về việc", "Ủy ban nhân dân"]]})
    assert lacking(tmp_path, source, printed(tmp_path, "Quyết định\nỦy ban\nvề việc\nnhân dân"))["added"] == {}


def test_a_printed_word_answers_for_one_cell_only(tmp_path: Path) -> None:
    source = workbook(tmp_path / "a.xlsx", {"A": [["Kho A"], ["Kho A"]]})
    assert lacking(tmp_path, source, printed(tmp_path, "Kho A"))["added"] == {"1": "Kho A"}


def test_hidden_sheets_come_last_under_their_name(tmp_path: Path) -> None:
    source = workbook(tmp_path / "a.xlsx", {"Danh mục": [["mã ẩn"]], "A": [["thấy"]]}, hidden="Danh mục")
    assert lacking(tmp_path, source, printed(tmp_path, "thấy", "trang hai"))["added"] == {
        "2": f"{HIDDEN} Danh mục\nmã ẩn"
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567, "1,234,567"),
        (1234567, "1.234.567"),
        (1234567.5, "1.234.567,50"),
        (12.345678, "12.35"),
        (12.5, "12,5"),
        (0.05, "5%"),
        (-7, "(7)"),
        (3, "003"),
        (dt.date(2019, 3, 1), "01/03/2019"),
        (dt.date(2019, 3, 1), "1/3/19"),
        (dt.date(2019, 3, 1), "2019-03-01"),
        (dt.date(2019, 3, 1), "3/1/2019"),
        (dt.date(2019, 3, 1), "3/2019"),
    ],
)
def test_numbers_and_days_are_known_in_the_form_in_which_they_are_printed(
    tmp_path: Path, value: object, shown: str
) -> None:
    source = workbook(tmp_path / "a.xlsx", {"A": [[value]]})
    assert lacking(tmp_path, source, printed(tmp_path, f"đầu {shown} cuối"))["added"] == {}


@pytest.mark.parametrize(
    ("value", "text"), [(1234567, "1234567"), (dt.date(2019, 3, 1), "01/03/2019"), (12, "12"), ("2019.10", "2019.10")]
)
def test_a_column_too_narrow_for_its_number_loses_nothing(tmp_path: Path, value: object, text: str) -> None:
    source = workbook(tmp_path / "a.xlsx", {"A": [[value]]})
    assert lacking(tmp_path, source, printed(tmp_path, "### 2019.1 12345"))["added"] == {"1": text}


def test_old_encodings_are_decoded_sheet_by_sheet_and_unicode_is_left(tmp_path: Path) -> None:
    library: Any = xlwt
    book = library.Workbook()
    for name, words in (
        ("vni", ["Quyeát ñònh cuûa Uûy ban nhaân daân huyeän", "Quyết định", "veà vieäc ban haønh"]),
        ("tcvn3", ["QuyÕt ®Þnh cña Bé tr\xadëng Bé Tµi chÝnh"]),
    ):
        sheet = book.add_sheet(name)
        for row, text in enumerate(words):
            sheet.write(row, 0, text)
    book.save(str(tmp_path / "a.xls"))
    answer = lacking(tmp_path, str(tmp_path / "a.xls"), printed(tmp_path, ""))
    assert answer["decoded"]
    assert answer["added"]["1"].split("\n") == [
        "Quyết định của Ủy ban nhân dân huyện",
        "Quyết định",
        "về việc ban hành",
        "Quyết định của Bộ trưởng Bộ Tài chính",
    ]


def test_ods_and_csv_are_read_too(tmp_path: Path) -> None:
    made = _document.OpenDocumentSpreadsheet()
    table = _tables.Table(name="A")
    row, cell = _tables.TableRow(), _tables.TableCell(valuetype="string")
    cell.addElement(_texts.P(text="Bình khí FM200"))
    row.addElement(cell)
    table.addElement(row)
    made.spreadsheet.addElement(table)
    made.save(str(tmp_path / "a.ods"))
    (tmp_path / "a.csv").write_text("STT;Tên\n1;Bình khí FM200\n", encoding="utf-8-sig")
    for name in ("a.ods", "a.csv"):
        pages = printed(tmp_path, "STT Tên\n1 Bình khí F")
        assert lacking(tmp_path, str(tmp_path / name), pages)["added"] == {"1": "Bình khí FM200"}, name


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 and then nothing")
    answer = lacking(tmp_path, str(tmp_path / "a.xlsx"), printed(tmp_path, ""))
    assert (answer["added"], answer["cut"], answer["problem"]) == ({}, True, "truncated")


def test_limits_cut_and_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(f"hàng {number}" for number in range(10)), encoding="utf-8")
    (sheet,) = every_sheet(tmp_path / "a.csv", 4)
    assert [row[0].text for row in sheet.rows] == ["hàng 0", "hàng 1", "hàng 2", "hàng 3"]
    assert sheet.cut
    long = "chữ " * 8_000
    (tmp_path / "b.csv").write_text("\n".join(f"{number} {long}" for number in range(80)), encoding="utf-8")
    answer = lacking(tmp_path, str(tmp_path / "b.csv"), printed(tmp_path, ""))
    assert answer["cut"]
    assert len(answer["added"]["1"]) <= cell_texts.MOST_ADDED


@given(st.lists(st.text("aB1.,/:- \u00a0\u0301Ệ%#", max_size=12), max_size=6), st.booleans())
def test_what_stands_on_the_page_as_it_is_typed_is_never_missed(cells: list[str], typed: bool) -> None:
    page = Printed([(1, "\n".join(cells))])
    assert all(page.take(Cell(cell.strip(), typed)) for cell in cells)
