"""Number formats of .xlsx cells, where they change what a person reads: zeros at either end, and dates without a day.

python-calamine gives values only; openpyxl is asked for formats, and only when
the style sheet holds one that matters, for it is twenty times slower.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

Formats = Mapping[tuple[int, int], str]
"""By row and column from 1: `month` or `year` for a shortened date, or the parts of a padded number
(text before, zeros, decimals, text after), parted by NUL."""

MAX_STYLES_BYTES = 8 << 20
_BUILT_IN = (b'numFmtId="17"', b'numFmtId="2"')
"""`mmm-yy` and `0.00`, which workbooks name by number only (ECMA-376, 18.8.30)."""

_FORMAT_CODE = re.compile(rb'formatCode="([^"]{1,200})"')
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


def formats_of(source: Path, sheet: str, rows: int, columns: int) -> Formats:
    """Formats that matter in the first `rows` and `columns` of `sheet`; nothing for files other than .xlsx.

    A workbook that openpyxl refuses keeps the plain values: a lost leading zero is no reason to refuse a delivery.
    """
    if not rows or not columns or not _has_such_formats(source):
        return {}
    import openpyxl  # noqa: PLC0415 - a library for the child alone

    found: dict[tuple[int, int], str] = {}
    known: dict[str, str | None] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(source, read_only=True, data_only=True)
            try:
                for row in workbook[sheet].iter_rows(max_row=rows, max_col=columns):
                    for cell in row:
                        if cell.value is None or isinstance(cell.value, str):
                            continue
                        code = cell.number_format
                        if code not in known:
                            known[code] = meaning(code)
                        if (shown := known[code]) is not None:
                            found[cell.row, cell.column] = shown
            finally:
                workbook.close()
    except Exception:  # noqa: BLE001 - openpyxl raises nearly anything on workbooks of other programs
        return {}
    return found


def _has_such_formats(source: Path) -> bool:
    if not zipfile.is_zipfile(source):
        return False
    try:
        with zipfile.ZipFile(source) as archive, archive.open("xl/styles.xml") as stream:
            styles = stream.read(MAX_STYLES_BYTES)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        return False
    if any(name in styles for name in _BUILT_IN):
        return True
    codes = (code.replace(b"&quot;", b'"').decode("utf-8", "replace") for code in _FORMAT_CODE.findall(styles))
    return any(meaning(code) for code in codes)
