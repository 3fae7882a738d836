"""Number formats of .xlsx cells, where they change what a person reads: zeros at either end, and dates without a day.

python-calamine gives values only. Formats are read beside it, and only when the
style sheet holds one that matters: expat over the style sheet and the cells.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.parsers import expat

from ingest.engines.spreadsheet_parts import DoctypeError, cell_place, parse, sheet_parts

Formats = Mapping[tuple[int, int], str]
"""By row and column from 1: `month` or `year` for a shortened date, or the parts of a padded number
(text before, zeros, decimals, text after), parted by NUL."""

_STYLES = "xl/styles.xml"
_BUILT_IN = {"17": "mmm-yy", "2": "0.00"}
"""Formats that matter and that workbooks name by number only (ECMA-376, 18.8.30)."""

_NOT_NUMBERS = frozenset({"s", "str", "inlineStr", "e", "b"})
_PADDED = re.compile(r'^(?:"([^"]*)")?(0+)(?:\.(0+))?(?:"([^"]*)")?$')
_NOT_SHOWN = re.compile(r'\[[^\]]*\]|"[^"]*"|\\.|;.*$')


def meaning(code: str) -> str | None:
    """What the format `code` changes; None for one that changes nothing that matters."""
    padded = _PADDED.match(code)
    if padded and code != "0":
        return "\0".join(part or "" for part in padded.groups())
    letters = set(re.sub(r"[^a-z]", "", _NOT_SHOWN.sub("", code.lower())))
    if "y" not in letters or not letters <= {"y", "m"}:
        return None
    return "month" if "m" in letters else "year"


def formats_of(source: Path, sheet: str) -> Formats:
    """Formats that matter in the cells of `sheet`; nothing for files other than .xlsx.

    A workbook whose parts cannot be read so keeps the plain values: a lost leading zero is no reason to refuse a
    delivery.
    """
    if not zipfile.is_zipfile(source):
        return {}
    try:
        with zipfile.ZipFile(source) as archive:
            if _STYLES not in archive.namelist():
                return {}
            styles = _styles(archive)
            part = sheet_parts(archive).get(sheet) if styles else None
            return _cells(archive, part, styles) if part else {}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, KeyError, expat.ExpatError, DoctypeError):
        return {}


def _styles(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """What the cell styles change, by their index; only those that change something."""
    codes = dict(_BUILT_IN)
    cell_styles: list[str] = []
    inside = False

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal inside
        match name.rpartition(" ")[2]:
            case "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            case "cellXfs":
                inside = True
            case "xf" if inside:
                cell_styles.append(attributes.get("numFmtId", ""))
            case _:
                pass

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and name.rpartition(" ")[2] != "cellXfs"

    with archive.open(_STYLES) as stream:
        parse(stream, start, end)
    meanings = {number: meaning(code) for number, code in codes.items()}
    found = {str(index): meanings.get(number) for index, number in enumerate(cell_styles)}
    return {index: changed for index, changed in found.items() if changed is not None}


def _cells(archive: zipfile.ZipFile, part: str, styles: Mapping[str, str]) -> Formats:
    found: dict[tuple[int, int], str] = {}
    row = column = 0

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal row, column
        local = name.rpartition(" ")[2]
        if local == "c":
            place = attributes.get("r")
            column += place is None
            changed = styles.get(attributes.get("s", ""))
            if changed is not None and attributes.get("t", "n") not in _NOT_NUMBERS:
                found[(row, column) if place is None else cell_place(place)] = changed
        elif local == "row":
            number = attributes.get("r", "")
            row, column = (int(number) if number.isdecimal() else row + 1), 0

    with archive.open(part) as stream:
        parse(stream, start)
    return found
