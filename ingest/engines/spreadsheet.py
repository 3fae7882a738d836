"""Cells of a delivered spreadsheet as text: .xlsx, .xlsb, .ods, .xls by python-calamine, .csv by the standard library.

Runs in a worker process only: what it parses comes from outside. Hidden
worksheets are left out of metadata (they hold code lists) but for their first
rows, so that the reader can tell of one that describes dossiers; they are not
left out of what can be searched (`every_sheet`). Formulas give the value that
the office program kept, and are told.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Self

from ingest.engines.spreadsheet_csv import csv_rows
from ingest.engines.spreadsheet_formats import Formats, formats_of
from ingest.engines.spreadsheet_mark import Marks, WorkbookMarks
from ingest.engines.spreadsheet_marks import marks_of
from ingest.engines.spreadsheet_refusal import MAX_CELL_CHARS, UnreadableSheetError, refuse_container

MAX_ROWS = 200_000
MAX_COLUMNS = 500
MAX_SHEETS = 200
MAX_ANSWER_BYTES = 256 << 20
INLINE_BYTES = 2 << 20
"""Rows that weigh more are handed over as a file of JSON lines, which the other side reads row by row."""

_BATCH = 1_000
HIDDEN_ROWS = 70
"""Rows of a hidden worksheet that are looked at for headings."""

MAX_HIDDEN_SHEETS = 20
ROWS = "rows"
"""Name under which the file of rows is handed over."""
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(scratch: Path, path: str) -> dict[str, Any]:
    """Read the worksheets of the spreadsheet at `path`; of hidden ones the first rows.

    Returns:
        `sheets`: name, `hidden`, `rows` as `[number from 1, [texts]]` without blank rows and trailing blanks,
        `merges` as `[first row, first column, last row, last column]`, `formulas` as `[row, column, text]` with
        `more_formulas` that were only counted, `hidden_rows`, `hidden_columns`; rows and columns from 1.
        `epoch_1904`: whether bare numbers of days count from 1904.
        `problem`: empty, or `empty`, `format`, `truncated`, `password`, `entities`, `too-large`, with `detail` for
        people who repair.
        Many rows come as the output `rows` instead, JSON lines like those of `rows`; each sheet then says with
        `lines` how many of them, in order, are its own.

    Raises:
        OSError: the file cannot be read.
    """
    source = Path(path)
    with source.open("rb") as stream:
        head = stream.read(4096)
    answer: dict[str, Any] = {"sheets": [], "problem": "", "detail": "", "epoch_1904": False}
    with _Rows(scratch / "rows.jsonl") as rows:
        try:
            marks = marks_of(source, MAX_COLUMNS) if _is_workbook(source, head) else WorkbookMarks()
            for sheet in _sheets(source, head, rows):
                answer["sheets"].append(sheet | _marked(marks.sheets.get(sheet["name"], Marks())))
        except UnreadableSheetError as error:
            return {**answer, "sheets": [], "problem": error.problem, "detail": str(error)[:500]}
        if rows.spilt:
            rows.move()
            answer["outputs"] = {ROWS: "rows.jsonl"}
    return answer | {"epoch_1904": marks.epoch_1904}


def _is_workbook(source: Path, head: bytes) -> bool:
    """Whether `source` is a workbook rather than a text.

    Raises:
        UnreadableSheetError: it is one that is refused before it is parsed.
    """
    if not head.strip(b"\0 \r\n\t"):
        raise UnreadableSheetError("empty")
    if head.startswith(_ZIP):
        refuse_container(source)
    return head.startswith((_ZIP, _OLE))


def _marked(marks: Marks) -> dict[str, Any]:
    return {
        "formulas": marks.formulas,
        "more_formulas": marks.more_formulas,
        "hidden_rows": marks.hidden_rows,
        "hidden_columns": marks.hidden_columns,
    }


def _sheets(source: Path, head: bytes, kept: _Rows) -> Iterator[dict[str, Any]]:
    if head.startswith((_ZIP, _OLE)):
        yield from _workbook(source, kept)
    else:
        yield _sheet("", csv_rows(source), [], kept)


class _Rows:
    """Rows on their way out: in the answer while they are few, in a file of JSON lines when they are many."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._left = MAX_ANSWER_BYTES
        self._held = 0
        self._sheets: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    @property
    def spilt(self) -> bool:
        """Whether there are more than the answer may hold."""
        return self._held > INLINE_BYTES

    def spend(self, texts: list[str]) -> None:
        """Count what `texts` weigh."""
        weight = sum(map(len, texts)) + 4 * len(texts)
        self._held += weight
        self._left -= weight
        if self._left < 0:
            raise UnreadableSheetError("too-large", f"more than {MAX_ANSWER_BYTES} bytes of text")

    def sheet(self, name: str, merges: list[list[int]], *, hidden: bool) -> dict[str, Any]:
        """Begin the next worksheet."""
        self._sheets.append({"name": name, "hidden": hidden, "rows": [], "lines": 0, "merges": merges[:MAX_ROWS]})
        return self._sheets[-1]

    def take(self, number: int, texts: list[str]) -> None:
        """Take one row of the worksheet that was begun last."""
        sheet = self._sheets[-1]
        sheet["rows"].append([number, texts])
        sheet["lines"] += 1
        if self.spilt and len(sheet["rows"]) >= _BATCH:
            self.move()

    def move(self) -> None:
        """Put the rows that are still held into the file, worksheet after worksheet."""
        if self._stream is None:
            self._stream = self._path.open("wb")
        for sheet in self._sheets:
            for row in sheet["rows"]:
                self._stream.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            sheet["rows"].clear()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text as far as it is known; `typed` where a person wrote letters, not a number or a day."""

    text: str
    typed: bool


@dataclass(frozen=True, slots=True)
class CellSheet:
    """All cells of a worksheet, for searching."""

    name: str
    hidden: bool
    rows: list[list[Cell]]
    cut: bool
    """Whether the limit left rows or columns out."""


def every_sheet(source: Path, most_cells: int) -> Iterator[CellSheet]:
    """All worksheets of the spreadsheet at `source`, hidden ones too, up to `most_cells` cells that hold something.

    Raises:
        UnreadableSheetError: it cannot be read as a spreadsheet.
        OSError: it cannot be read at all.
    """
    with source.open("rb") as stream:
        head = stream.read(8)
    if not head.startswith((_ZIP, _OLE)):
        rows, _, cut = _cells(csv_rows(source), most_cells)
        yield CellSheet("", hidden=False, rows=rows, cut=cut)
        return
    if head.startswith(_ZIP):
        refuse_container(source)
    import python_calamine as calamine  # noqa: PLC0415 - a library for the child alone

    try:
        workbook = _opened(calamine.CalamineWorkbook, source, calamine.PasswordError)
        for entry in workbook.sheets_metadata:
            if entry.typ == calamine.SheetTypeEnum.WorkSheet:
                rows, seen, cut = _cells(workbook.get_sheet_by_name(entry.name).iter_rows(), most_cells)
                most_cells -= seen
                yield CellSheet(entry.name, entry.visible != calamine.SheetVisibleEnum.Visible, rows, cut)
    except calamine.PasswordError as error:
        raise UnreadableSheetError("password", str(error)) from error
    except calamine.CalamineError as error:
        raise UnreadableSheetError("format", f"{type(error).__name__}: {error}") from error


def _cells(rows: Iterable[list[Any]], most: int) -> tuple[list[list[Cell]], int, bool]:
    """Rows that hold something, how many cells these are, and whether there were more."""
    kept: list[list[Cell]] = []
    seen = 0
    for row in rows:
        cells = [Cell(text, isinstance(value, str)) for value in row if (text := _text(value, None))]
        seen += len(cells)
        if seen > most:
            return kept, most, True
        if cells:
            kept.append(cells)
    return kept, seen, False


def _workbook(source: Path, kept: _Rows) -> Iterator[dict[str, Any]]:
    import python_calamine as calamine  # noqa: PLC0415 - a library for the child alone

    try:
        workbook = _opened(calamine.CalamineWorkbook, source, calamine.PasswordError)
        visible = calamine.SheetVisibleEnum.Visible
        pages = [entry for entry in workbook.sheets_metadata if entry.typ == calamine.SheetTypeEnum.WorkSheet]
        shown = [entry.name for entry in pages if entry.visible == visible][:MAX_SHEETS]
        hidden = [entry.name for entry in pages if entry.visible != visible][:MAX_HIDDEN_SHEETS]
        for name in (*shown, *hidden):
            sheet = workbook.get_sheet_by_name(name)
            formats = formats_of(source, name) if sheet.end else {}
            merges = [[r1 + 1, c1 + 1, r2 + 1, c2 + 1] for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or ()]
            # Rows come from the sheet's first row, but columns only from the first one that is used.
            shift = sheet.start[1] if sheet.start else 0
            yield _sheet(name, _texts(sheet.iter_rows(), shift, formats), merges, kept, hidden=name not in shown)
    except calamine.PasswordError as error:
        raise UnreadableSheetError("password", str(error)) from error
    except calamine.CalamineError as error:
        raise UnreadableSheetError("format", f"{type(error).__name__}: {error}") from error


def _opened(kind: Any, source: Path, password: type[Exception]) -> Any:  # noqa: ANN401 - the library is loaded late
    """The workbook at `source`, by its extension; where that is wrong (.xls holding an .xlsx), by its bytes."""
    try:
        return kind.from_path(str(source))
    except password:
        raise
    except Exception:  # noqa: BLE001 - the second attempt raises what there is to say
        return kind.from_filelike(io.BytesIO(source.read_bytes()))


def _sheet(
    name: str, rows: Iterable[list[str]], merges: list[list[int]], kept: _Rows, *, hidden: bool = False
) -> dict[str, Any]:
    sheet = kept.sheet(name, merges, hidden=hidden)
    for number, texts in enumerate(rows, start=1):
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if len(texts) > MAX_COLUMNS:
            raise UnreadableSheetError("too-large", f"more than {MAX_COLUMNS} columns")
        if sheet["lines"] >= MAX_ROWS:
            raise UnreadableSheetError("too-large", f"more than {MAX_ROWS} rows")
        kept.spend(texts)
        kept.take(number, texts)
        if hidden and sheet["lines"] >= HIDDEN_ROWS:
            break
    return sheet


def _texts(rows: Iterable[list[Any]], shift: int, formats: Formats) -> Iterator[list[str]]:
    for r, row in enumerate(rows, start=1):
        if not any(row) and all(value == "" for value in row):
            # One stray blank in the last row makes a million empty ones above it.
            yield []
            continue
        yield [""] * shift + [_text(value, formats.get((r, c + 1))) for c, value in enumerate(row, start=shift)]


def _text(value: object, shown: str | None) -> str:  # noqa: PLR0911 - one line a type
    """`value` as the sheet shows it; days as dd/mm/yyyy. `shown` is the cell's number format where it matters."""
    if isinstance(value, str):
        return value[:MAX_CELL_CHARS].strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, shown)
    if isinstance(value, date):
        return _day(value, shown)
    if isinstance(value, time):
        return value.isoformat("seconds")
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return ""


def _number(value: float, shown: str | None) -> str:
    plain = str(int(value)) if float(value).is_integer() and abs(value) < 10**15 else f"{value:.12g}"
    if shown is None or "\0" not in shown or value < 0:
        return plain
    before, zeros, decimals, after = shown.split("\0")
    # A code such as 2019.10 that was typed as a number would lose its last zero.
    width = len(zeros) + (1 + len(decimals) if decimals else 0)
    return f"{before}{value:0{width}.{len(decimals)}f}{after}"


def _day(value: date, shown: str | None) -> str:
    # Whoever types 3/2019 gets the first of March shown as "Mar-19": the day is the program's, not the person's.
    if shown == "month":
        return f"{value:%m}/{value.year:04d}"
    if shown == "year":
        return f"{value.year:04d}"
    text = f"{value:%d/%m}/{value.year:04d}"
    if isinstance(value, datetime) and value.time() != time(0):
        return f"{text} {value:%H:%M:%S}"
    return text
