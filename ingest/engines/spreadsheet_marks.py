"""What a workbook says of its cells beside their values: formulas, hidden rows and columns, where its days begin.

python-calamine gives values only. Here the parts are read as streams, by expat
without entities; a part without any such mark is looked through as bytes only,
which is twenty times faster. What cannot be read gives no marks: the values
have been read by then, and a formula that is not told is no reason to refuse.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.parsers import expat

from ingest.engines.spreadsheet_biff import legacy_marks_of
from ingest.engines.spreadsheet_mark import Marks, WorkbookMarks
from ingest.engines.spreadsheet_parts import DoctypeError, cell_place, elements, parse, sheet_parts

_CHUNK_BYTES = 1 << 18
_OVERLAP = 64
_SIGNS = re.compile(rb'<(?:\w+:)?f[\s>/]|\shidden="')
_ODS_SIGNS = re.compile(rb'table:formula="|table:visibility="(?:collapse|filter)"')
_TRUE = frozenset({"1", "true"})
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "


def marks_of(source: Path, most_columns: int) -> WorkbookMarks:
    """Marks of the workbook (.xlsx, .ods, .xls) at `source`; none for others."""
    if not zipfile.is_zipfile(source):
        return legacy_marks_of(source, most_columns)
    try:
        with zipfile.ZipFile(source) as archive:
            names = frozenset(archive.namelist())
            if "xl/workbook.xml" in names:
                return _ooxml(archive, most_columns)
            if "content.xml" in names:
                return WorkbookMarks(_ods(archive, most_columns))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, KeyError, expat.ExpatError, DoctypeError):
        pass
    return WorkbookMarks()


# ---------------------------------------------------------------- Office Open XML


def _ooxml(archive: zipfile.ZipFile, most_columns: int) -> WorkbookMarks:
    properties = (attributes for name, attributes in elements(archive, "xl/workbook.xml") if name == "workbookPr")
    epoch = any(attributes.get("date1904", "").lower() in _TRUE for attributes in properties)
    found = {
        name: _worksheet(archive, path, most_columns)
        for name, path in sheet_parts(archive).items()
        if _has_signs(archive, path, _SIGNS)
    }
    return WorkbookMarks(found, epoch)


def _worksheet(archive: zipfile.ZipFile, path: str, most_columns: int) -> Marks:
    reading = _Worksheet(most_columns)
    with archive.open(path) as stream:
        parse(stream, reading.start, reading.end, reading.text)
    return reading.marks


class _Worksheet:
    """Takes the elements of one worksheet part."""

    def __init__(self, most_columns: int) -> None:
        self.marks = Marks()
        self._most_columns = most_columns
        self._row = 0
        self._column = 0
        self._formula: list[str] | None = None
        self._shared: dict[str, str] = {}
        self._shares = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "c":
            place = attributes.get("r")
            self._column = cell_place(place)[1] if place else self._column + 1
        elif local == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdecimal() else self._row + 1
            self._column = 0
            if attributes.get("hidden", "").lower() in _TRUE:
                self.marks.hide_rows(self._row, 1)
        elif local == "f":
            self._formula = []
            self._shares = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        elif local == "col" and attributes.get("hidden", "").lower() in _TRUE:
            first, last = int(attributes.get("min", "0")), int(attributes.get("max", "0"))
            self.marks.hide_columns(first, last - first + 1, self._most_columns)

    def text(self, data: str) -> None:
        if self._formula is not None:
            self._formula.append(data)

    def end(self, name: str) -> None:
        if self._formula is None or name.rpartition(" ")[2] != "f":
            return
        text = "".join(self._formula)
        self._formula = None
        if self._shares:
            text = text or self._shared.get(self._shares, "")
            self._shared.setdefault(self._shares, text)
        self.marks.formula(self._row, self._column, text)


# ---------------------------------------------------------------- OpenDocument


def _ods(archive: zipfile.ZipFile, most_columns: int) -> dict[str, Marks]:
    if not _has_signs(archive, "content.xml", _ODS_SIGNS):
        return {}
    reading = _Content(most_columns)
    with archive.open("content.xml") as stream:
        parse(stream, reading.start)
    return reading.sheets


class _Content:
    """Takes the elements of an OpenDocument's tables."""

    def __init__(self, most_columns: int) -> None:
        self.sheets: dict[str, Marks] = {}
        self._marks = Marks()
        self._most_columns = most_columns
        self._next_row = 1
        self._row = 0
        self._column = 1

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if not name.startswith(_OFFICE):
            return
        match name.removeprefix(_OFFICE):
            case "table":
                self._marks = self.sheets.setdefault(attributes.get(f"{_OFFICE}name", ""), Marks())
                self._next_row, self._column = 1, 1
            case "table-column":
                count = _repeated(attributes, "columns")
                if self._is_hidden(attributes):
                    self._marks.hide_columns(self._column, count, self._most_columns)
                self._column += count
            case "table-row":
                count = _repeated(attributes, "rows")
                self._row, self._next_row, self._column = self._next_row, self._next_row + count, 1
                if self._is_hidden(attributes):
                    self._marks.hide_rows(self._row, count)
            case "table-cell" | "covered-table-cell":
                if formula := attributes.get(f"{_OFFICE}formula"):
                    self._marks.formula(self._row, self._column, formula.removeprefix("of:="))
                self._column += _repeated(attributes, "columns")
            case _:
                pass

    @staticmethod
    def _is_hidden(attributes: Mapping[str, str]) -> bool:
        return attributes.get(f"{_OFFICE}visibility", "visible") != "visible"


def _repeated(attributes: Mapping[str, str], what: str) -> int:
    count = attributes.get(f"{_OFFICE}number-{what}-repeated", "1")
    return int(count) if count.isdecimal() else 1


# ---------------------------------------------------------------- streams


def _has_signs(archive: zipfile.ZipFile, path: str, signs: re.Pattern[bytes]) -> bool:
    tail = b""
    with archive.open(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if signs.search(tail + chunk):
                return True
            tail = chunk[-_OVERLAP:]
    return False
