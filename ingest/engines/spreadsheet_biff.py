"""Marks of .xls workbooks: formulas (which, not what), hidden rows and columns, where days begin.

Source: [MS-XLS]: records BoundSheet8, Date1904, ColInfo, Row and Formula of the Workbook stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from ingest.engines.spreadsheet_mark import Marks, WorkbookMarks

_BOUND_SHEET, _DATE_1904, _COL_INFO, _ROW, _FORMULA, _EOF = 0x85, 0x22, 0x7D, 0x208, 0x06, 0x0A
_MOST_BYTES = 1 << 28
_HIDDEN_ROW = 0x20
_ROW_FLAGS = 12
_WORKSHEET = 0


def legacy_marks_of(source: Path, most_columns: int) -> WorkbookMarks:
    """Marks of the .xls workbook at `source`; none where it is none. What a formula says is not decoded."""
    import olefile  # noqa: PLC0415 - only for this kind of file

    try:
        if not olefile.isOleFile(str(source)):  # type: ignore[no-untyped-call]  # the library has no types
            return WorkbookMarks()
        with olefile.OleFileIO(str(source)) as container:  # type: ignore[no-untyped-call]  # as above
            name = next((name for name in ("Workbook", "Book") if container.exists(name)), "")
            if not name or container.get_size(name) > _MOST_BYTES:
                return WorkbookMarks()
            data = container.openstream(name).read()
        return _marks(data, most_columns)
    except (OSError, struct.error, UnicodeDecodeError, IndexError, ValueError):
        # The values have been read by another library: marks are told where they can be.
        return WorkbookMarks()


def _marks(data: bytes, most_columns: int) -> WorkbookMarks:
    places: dict[str, int] = {}
    epoch = False
    for kind, record in _records(data, 0):
        if kind == _BOUND_SHEET and record[5] == _WORKSHEET:
            (place,) = struct.unpack_from("<I", record)
            places[_name(record[6:])] = place
        elif kind == _DATE_1904:
            epoch = record[:1] == b"\x01"
    return WorkbookMarks({name: _worksheet(data, place, most_columns) for name, place in places.items()}, epoch)


def _worksheet(data: bytes, place: int, most_columns: int) -> Marks:
    marks = Marks()
    for kind, record in _records(data, place):
        if kind == _FORMULA:
            row, column = struct.unpack_from("<HH", record)
            marks.formula(row + 1, column + 1, "")
        elif kind == _ROW:
            (row,) = struct.unpack_from("<H", record)
            if record[_ROW_FLAGS] & _HIDDEN_ROW:
                marks.hide_rows(row + 1, 1)
        elif kind == _COL_INFO:
            first, last, _, _, flags = struct.unpack_from("<5H", record)
            if flags & 1:
                marks.hide_columns(first + 1, last - first + 1, most_columns)
    return marks


def _records(data: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Records from `place` to the end of that part of the stream."""
    while place + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, place)
        if kind == _EOF:
            return
        yield kind, data[place + 4 : place + 4 + size]
        place += 4 + size


def _name(text: bytes) -> str:
    length, wide = text[0], text[1] & 1
    return text[2 : 2 + length * 2].decode("utf-16-le") if wide else text[2 : 2 + length].decode("latin-1")
