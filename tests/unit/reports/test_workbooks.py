from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from archive.errors import WorkFolderFaultError
from archive.reports.workbooks import (
    LISTS,
    MAX_CELL_CHARS,
    CellKind,
    SheetColumn,
    SheetContent,
    Value,
    write_workbook,
)

WHEN = datetime(2026, 11, 29, tzinfo=UTC)
DANGEROUS = ["=1+1", "+CMD|' /C calc'!A0", "-2+3", "@SUM(A1)", "http://example.vn", "\t=1", '=HYPERLINK("x")', "0012"]


def _written(path: Path, *sheets: SheetContent) -> openpyxl.Workbook:
    write_workbook(path, sheets, created=WHEN)
    return openpyxl.load_workbook(path)


def test_no_text_becomes_a_formula_a_link_or_a_number(tmp_path: Path) -> None:
    book = _written(
        tmp_path / "a.xlsx",
        SheetContent("Hồ sơ", [SheetColumn("=Cột")], [[text] for text in DANGEROUS], above=[["=title"]]),
    )
    cells = [row[0] for row in book["Hồ sơ"].iter_rows()]
    assert [cell.value for cell in cells] == ["=title", "=Cột", *DANGEROUS]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)


def test_days_and_numbers_are_days_and_numbers_and_what_no_workbook_knows_is_text(tmp_path: Path) -> None:
    columns = [SheetColumn("Ngày", kind=CellKind.DATE), SheetColumn("Số", kind=CellKind.NUMBER)]
    rows: list[list[Value]] = [
        [date(1975, 3, 1), 12],
        [date(1899, 12, 31), float("nan")],
        [datetime(2020, 1, 2, 3, 4, tzinfo=UTC), 1.5],
        [None, 0],
    ]
    sheet = _written(tmp_path / "a.xlsx", SheetContent("A", columns, rows))["A"]
    shown = [
        [str(c.value) if isinstance(c.value, datetime) else c.value for c in row] for row in sheet.iter_rows(min_row=2)
    ]
    assert shown == [
        ["1975-03-01 00:00:00", 12],
        ["31/12/1899", "nan"],
        ["2020-01-02 03:04:00", 1.5],
        [None, 0],
    ]


def test_signs_that_no_workbook_can_hold_do_not_break_it(tmp_path: Path) -> None:
    texts = ["a\x00b\x0bc", "\ud800", "\uffff", "_x000D_", "dòng 1\ndòng 2", "x" * 40_000]
    sheet = _written(tmp_path / "a.xlsx", SheetContent("A", [SheetColumn("a")], [[text] for text in texts]))["A"]
    found = [str(sheet.cell(row, 1).value) for row in range(2, 8)]
    assert found[:3] == ["a\ufffdb\ufffdc", "\ufffd", "\ufffd"]
    assert found[4] == "dòng 1\ndòng 2"
    assert len(found[5]) == MAX_CELL_CHARS
    assert found[5].endswith("x…")


def test_names_of_sheets_are_made_fit_and_different(tmp_path: Path) -> None:
    names = ["Phim/Âm thanh", "Phim-Âm thanh", "phim-âm thanh", "a" * 40, "a" * 40, "'", ""]
    book = _written(tmp_path / "a.xlsx", *(SheetContent(name, [SheetColumn("x")]) for name in names))
    assert book.sheetnames == [
        "Phim-Âm thanh",
        "Phim-Âm thanh (2)",
        "phim-âm thanh (3)",
        "a" * 31,
        "a" * 27 + " (2)",
        "Sheet",
        "Sheet (2)",
    ]


def test_choices_comments_widths_and_locked_headings_are_there(tmp_path: Path) -> None:
    choices = tuple(f"Loại {i}" for i in range(100))
    columns = [
        SheetColumn("Loại", width=30, choices=choices, comment="Tên loại", emphasised=True),
        SheetColumn("Khác", choices=choices),
    ]
    book = _written(tmp_path / "a.xlsx", SheetContent("A", columns, [["Loại 1"]], locked=True, example_rows=1))
    sheet = book["A"]
    assert [str(found.sqref) for found in sheet.data_validations.dataValidation] == ["A2:A10000", "B2:B10000"]
    assert {found.formula1 for found in sheet.data_validations.dataValidation} == {f"'{LISTS}'!$A$1:$A$100"}
    assert [book[LISTS].cell(row, 1).value for row in (1, 100)] == ["Loại 0", "Loại 99"]
    assert book[LISTS].sheet_state == "hidden"
    assert sheet["A1"].comment.text == "Tên loại"
    assert sheet.column_dimensions["A"].width == pytest.approx(30, abs=1)
    assert sheet.freeze_panes == "A2"
    assert sheet.protection.sheet
    assert sheet["A1"].protection.locked
    assert not sheet["A2"].protection.locked
    assert sheet["A2"].font.i


def test_a_list_longer_than_a_sheet_goes_on_in_the_next_one(tmp_path: Path) -> None:
    sheet = SheetContent("A", [SheetColumn("x")], ([str(i)] for i in range(25)), above=[["đầu"]], below=[["cuối"]])
    write_workbook(tmp_path / "a.xlsx", [sheet], created=WHEN, rows_a_sheet=13)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["A", "A (2)", "A (3)"]
    assert [page.max_row for page in book] == [12, 12, 8]
    assert book["A (3)"].cell(8, 1).value == "cuối"
    values = [cell.value for page in book for row in page.iter_rows(min_row=3) for cell in row]
    assert values == [*(str(i) for i in range(25)), "cuối"]


def test_the_same_sheets_give_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("a.xlsx", "b.xlsx"):
        _written(tmp_path / name, SheetContent("A", [SheetColumn("x", comment="c")], [["1"]]))
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_memory_does_not_grow_with_the_list(tmp_path: Path) -> None:
    def rows(count: int) -> Iterator[list[str]]:
        for i in range(count):
            yield [f"dòng {i} cột {j}" for j in range(5)]

    _written(tmp_path / "warm.xlsx", SheetContent("A", [SheetColumn("x")], rows(10)))
    peaks = []
    for count in (1_000, 4_000):
        tracemalloc.start()
        write_workbook(tmp_path / "a.xlsx", [SheetContent("A", [SheetColumn("x")], rows(count))], created=WHEN)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


def test_a_folder_that_is_not_there_is_a_fault_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(WorkFolderFaultError):
        write_workbook(tmp_path / "no" / "a.xlsx", [SheetContent("A", [])], created=WHEN)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_rows_leaves_the_old_file(tmp_path: Path) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["1"]
        raise LookupError("gone")

    target = tmp_path / "a.xlsx"
    target.write_bytes(b"old")
    with pytest.raises(LookupError):
        write_workbook(target, [SheetContent("A", [SheetColumn("x")], rows())], created=WHEN)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]
