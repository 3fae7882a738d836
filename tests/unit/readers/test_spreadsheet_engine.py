"""What the worker task makes of spreadsheets of every kind, and of what only claims to be one."""

from __future__ import annotations

import datetime as dt
import importlib
import io
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.engines.spreadsheet import read
from ingest.engines.spreadsheet_formats import meaning
from tests.fixtures.deliveries import CODE, DOCUMENT, DOSSIER, DeliveryFolder, workbook

# Both libraries are untyped.
xlwt: Any = importlib.import_module("xlwt")
opendocument: Any = importlib.import_module("odf.opendocument")
tables: Any = importlib.import_module("odf.table")
texts: Any = importlib.import_module("odf.text")

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


def windows_1258(text: str) -> bytes:
    """Windows-1258 has the letters of Vietnamese, and its tones as signs after them."""
    found: list[str] = []
    for char in text:
        marks = unicodedata.normalize("NFD", char)
        letter = unicodedata.normalize("NFC", "".join(c for c in marks if c not in _TONES))
        found.append(letter + "".join(c for c in marks if c in _TONES))
    return "".join(found).encode("cp1258")


def answer_of(tmp_path: Path, data: bytes, name: str = "s.xlsx") -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(data)
    return read(tmp_path, str(path))


def rows_of(tmp_path: Path, data: bytes, name: str = "s.xlsx") -> list[list[Any]]:
    answer = answer_of(tmp_path, data, name)
    assert answer["problem"] == ""
    rows: list[list[Any]] = answer["sheets"][0]["rows"]
    return rows


def test_cells_become_the_text_that_a_person_sees(tmp_path: Path) -> None:
    cells = ["  chữ  ", 7, 1.5, 0.1 + 0.2, dt.date(2019, 3, 1), dt.datetime(2019, 3, 1, 7, 30), True, dt.time(7, 5)]  # noqa: DTZ001 - a cell has no zone
    (row,) = rows_of(tmp_path, workbook({"S": [cells]}))
    assert row == [1, ["chữ", "7", "1.5", "0.3", "01/03/2019", "01/03/2019 07:30:00", "TRUE", "07:05:00"]]


def test_blank_rows_and_trailing_blanks_are_left_out_and_numbers_kept(tmp_path: Path) -> None:
    assert rows_of(tmp_path, workbook({"S": [[], [None, "x", " ", None], [], ["y"]]})) == [[2, ["", "x"]], [4, ["y"]]]


def test_an_old_xls_is_read_like_a_new_one(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Văn bản")
    hidden = book.add_sheet("DM")
    hidden.visibility = 1
    sheet.write(3, 2, "Quyết định")
    sheet.write(3, 3, dt.date(2019, 3, 1), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    sheet.write_merge(5, 6, 2, 4, "gộp")
    stream = io.BytesIO()
    book.save(stream)
    answer = answer_of(tmp_path, stream.getvalue(), "s.xls")
    assert [(own["name"], own["hidden"]) for own in answer["sheets"]] == [("Văn bản", False), ("DM", True)]
    assert answer["sheets"][0]["rows"] == [[4, ["", "", "Quyết định", "01/03/2019"]], [6, ["", "", "gộp"]]]
    assert answer["sheets"][0]["merges"] == [[6, 3, 7, 5]]


def test_an_open_document_is_read_from_its_first_cell_on(tmp_path: Path) -> None:
    document = opendocument.OpenDocumentSpreadsheet()
    table = tables.Table(name="S")
    table.addElement(tables.TableRow())
    row = tables.TableRow()
    row.addElement(tables.TableCell(numbercolumnsrepeated=2))
    cell = tables.TableCell(valuetype="date", datevalue="2019-03-01")
    cell.addElement(texts.P(text="01/03/2019"))
    row.addElement(cell)
    table.addElement(row)
    document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.save(stream)
    assert rows_of(tmp_path, stream.getvalue(), "s.ods") == [[2, ["", "", "01/03/2019"]]]


def test_formulas_give_the_value_that_was_kept(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"S": [[1]]}))) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = text.replace(b"<v>1</v>", b"<f>A2&amp;A3</f><v>41</v>")
            new.writestr(name, text)
    assert rows_of(tmp_path, data.getvalue()) == [[1, ["41"]]]


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("cp1258", b"")]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_encoding_and_with_every_delimiter(
    tmp_path: Path, encoding: str, mark: bytes, delimiter: str
) -> None:
    text = f'Mã{delimiter}"Tiêu đề{delimiter} dài"\r\n1{delimiter}"hai\ndòng"\r\n'
    data = windows_1258(text) if encoding == "cp1258" else mark + text.encode(encoding)
    rows = rows_of(tmp_path, data, "s.csv")
    assert [number for number, _ in rows] == [1, 2]
    assert rows[0][1][1] == f"Tiêu đề{delimiter} dài"
    assert rows[1][1] == ["1", "hai\ndòng"]


def test_the_hint_of_office_programs_for_the_delimiter_is_taken(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"sep=;\r\na,b;c\r\n", "s.csv") == [[2, ["a,b", "c"]]]


def test_a_wrong_extension_is_no_obstacle(tmp_path: Path) -> None:
    assert rows_of(tmp_path, workbook({"S": [["x"]]}), "s.xls") == [[1, ["x"]]]


def test_a_text_table_that_is_called_xls_is_read_as_text(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "Mã\tTên\n1\tA\n".encode("utf-16"), "s.xls") == [[1, ["Mã", "Tên"]], [2, ["1", "A"]]]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"\0\0  \n", "empty"),
        (b"PK\x03\x04 not a zip", "truncated"),
        (b"PK\x03\x04 not a zip PK\x05\x06" + bytes(18), "format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "format"),
        (b"<html><table><tr><td>1</td></tr></table>", "format"),
        (b"%PDF-1.7", "format"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "format"),
    ],
)
def test_what_only_claims_to_be_a_spreadsheet_is_told(tmp_path: Path, data: bytes, problem: str) -> None:
    assert answer_of(tmp_path, data)["problem"] == problem


@pytest.mark.rule("READ-003")
def test_a_damaged_spreadsheet_is_a_finding(delivery: DeliveryFolder) -> None:
    data = bytearray(workbook({"S": [["Mã hồ sơ", "Tiêu đề hồ sơ"]]}))
    data[40:400] = bytes(360)
    delivery.file("danh-muc.xlsx", bytes(data))
    assert delivery.finding("READ-003").file == "danh-muc.xlsx"


@pytest.mark.rule("READ-035")
def test_a_spreadsheet_that_was_cut_off_is_told_as_such(delivery: DeliveryFolder) -> None:
    delivery.file("danh-muc.xlsx", workbook({"S": [["Mã hồ sơ", "Tiêu đề hồ sơ"]]})[:700])
    assert delivery.finding("READ-035").file == "danh-muc.xlsx"


@pytest.mark.rule("READ-004")
def test_a_spreadsheet_with_a_password_is_a_finding(delivery: DeliveryFolder) -> None:
    book = xlwt.Workbook()
    book.add_sheet("S").write(0, 0, "x" * 5000)
    stream = io.BytesIO()
    book.save(stream)
    # An .xlsx with a password is a compound file with a stream of this name (MS-OFFCRYPTO 2.3.4.4).
    data = bytearray(stream.getvalue())
    entry = data.index("Workbook".encode("utf-16-le"))
    name = "EncryptedPackage".encode("utf-16-le")
    data[entry : entry + 66] = name.ljust(64, b"\0") + (len(name) + 2).to_bytes(2, "little")
    delivery.file("danh-muc.xlsx", bytes(data))
    assert delivery.finding("READ-004").subject == "danh-muc.xlsx"


@pytest.mark.rule("READ-005")
def test_too_many_columns_are_a_finding(delivery: DeliveryFolder) -> None:
    delivery.sheets(Sheet1=[["Mã hồ sơ", "Tiêu đề hồ sơ", *range(600)]])
    assert "500" in delivery.finding("READ-005").values["detail"]


def test_a_bomb_is_refused_by_what_it_says_of_itself(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 1000)
        archive.filelist[0].file_size = 2 << 30
    assert answer_of(tmp_path, stream.getvalue())["problem"] == "too-large"


def test_entities_of_a_sheet_reach_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", encoding="utf-8")
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"S": [["inline"]]}))) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/sharedStrings.xml":
                head = f'<!DOCTYPE sst [<!ENTITY x SYSTEM "file://{secret}">]>'.encode()
                text = head + text.replace(b"inline", b"&x;")
            new.writestr(name, text)
    answer = answer_of(tmp_path, data.getvalue())
    assert "SECRET" not in str(answer)


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("000", "\x00000\x00\x00"),
        ('"HS."00', "HS.\x0000\x00\x00"),
        ("mmm-yy", "month"),
        ("mm/yyyy", "month"),
        ("yyyy", "year"),
        ("dd/mm/yyyy", None),
        ("[$-42A]mm\\/yyyy;@", "month"),
        ("General", None),
        ("0", None),
        ("0.00", "\x000\x0000\x00"),
        ("#,##0", None),
    ],
)
def test_only_formats_that_change_the_reading_count(code: str, means: str | None) -> None:
    assert meaning(code) == means


@pytest.mark.parametrize("name", ["danh-muc.csv", "danh-muc.CSV"])
def test_a_delivery_may_come_with_a_csv_in_windows_1258(delivery: DeliveryFolder, name: str) -> None:
    lines = [";".join([*DOSSIER, *DOCUMENT]), f"{CODE};Hồ sơ về đất;01/01/2019;31/12/2019;1;Quyết định;1/2/2019;a.pdf"]
    delivery.file(name, windows_1258("\r\n".join(lines)))
    delivery.file("a.pdf")
    dossier = delivery.dossier()
    assert (dossier.file_code, dossier.value("title")) == (CODE, "Hồ sơ về đất")
    assert dossier.documents[0].files == ("a.pdf",)
