"""Cells of a delivered spreadsheet as text: .xlsx, .xlsb, .ods, .xls by python-calamine, .csv by the standard library.

Runs in a worker process only: what it parses comes from outside. Hidden
worksheets are left out of metadata (they hold code lists), not of what can be
searched (`every_sheet`). Formulas give the value that the office program kept.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ingest.engines.spreadsheet_formats import Formats, formats_of
from metadata.legacy import decoded, encoding_of, syllable_share

MAX_ROWS = 200_000
MAX_COLUMNS = 500
MAX_SHEETS = 200
MAX_CELL_CHARS = 32_767
"""What a cell of an office program can hold; the rest is cut."""

MAX_ANSWER_BYTES = 40 << 20
MAX_UNPACKED_BYTES = 1 << 30
MAX_CSV_BYTES = 256 << 20

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 40
_SAMPLE_CHARS = 20_000


class UnreadableSheetError(Exception):
    """The content is no spreadsheet that we read; `problem` is one of the words of `read`."""

    def __init__(self, problem: str, detail: str = "") -> None:
        self.problem = problem
        super().__init__(detail)


def read(scratch: Path, path: str) -> dict[str, Any]:  # noqa: ARG001 - every task is given its scratch folder
    """Read the visible worksheets of the spreadsheet at `path`.

    Returns:
        `sheets`: name, `rows` as `[number from 1, [texts]]` without blank rows and trailing blanks,
        `merges` as `[first row, first column, last row, last column]`, rows and columns from 1.
        `problem`: empty, or `empty`, `format`, `password`, `too-large`, with `detail` for people who repair.

    Raises:
        OSError: the file cannot be read.
    """
    source = Path(path)
    with source.open("rb") as stream:
        head = stream.read(4096)
    try:
        sheets = list(_sheets(source, head))
    except UnreadableSheetError as error:
        return {"sheets": [], "problem": error.problem, "detail": str(error)[:500]}
    return {"sheets": sheets, "problem": "", "detail": ""}


def _sheets(source: Path, head: bytes) -> Iterator[dict[str, Any]]:
    if not head.strip(b"\0 \r\n\t"):
        raise UnreadableSheetError("empty")
    if not head.startswith((_ZIP, _OLE)):
        yield _sheet("", _csv_rows(source), [], _Budget())
        return
    if head.startswith(_ZIP):
        _refuse_bomb(source)
    yield from _workbook(source)


def _refuse_bomb(source: Path) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UnreadableSheetError("format", str(error)) from error
    if unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableSheetError("too-large", f"{unpacked} bytes unpacked")


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
        rows, _, cut = _cells(_csv_rows(source), most_cells)
        yield CellSheet("", hidden=False, rows=rows, cut=cut)
        return
    if head.startswith(_ZIP):
        _refuse_bomb(source)
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


def _workbook(source: Path) -> Iterator[dict[str, Any]]:
    import python_calamine as calamine  # noqa: PLC0415 - a library for the child alone

    budget = _Budget()
    try:
        workbook = _opened(calamine.CalamineWorkbook, source, calamine.PasswordError)
        visible = [
            entry.name
            for entry in workbook.sheets_metadata
            if entry.visible == calamine.SheetVisibleEnum.Visible and entry.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        for name in visible[:MAX_SHEETS]:
            sheet = workbook.get_sheet_by_name(name)
            rows, columns = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
            formats = formats_of(source, name, rows, min(columns, MAX_COLUMNS))
            merges = [[r1 + 1, c1 + 1, r2 + 1, c2 + 1] for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or ()]
            # Rows come from the sheet's first row, but columns only from the first one that is used.
            shift = sheet.start[1] if sheet.start else 0
            yield _sheet(name, _texts(sheet.iter_rows(), shift, formats), merges, budget)
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


class _Budget:
    """Counts what the answer will weigh, over all worksheets."""

    def __init__(self) -> None:
        self._left = MAX_ANSWER_BYTES

    def spend(self, texts: list[str]) -> None:
        # The answer crosses to the parent as ASCII JSON: a letter beyond ASCII weighs six bytes.
        self._left -= sum(len(text) + 4 + (0 if text.isascii() else 5 * len(text)) for text in texts)
        if self._left < 0:
            raise UnreadableSheetError("too-large", f"more than {MAX_ANSWER_BYTES} bytes of text")


def _sheet(name: str, rows: Iterable[list[str]], merges: list[list[int]], budget: _Budget) -> dict[str, Any]:
    kept: list[list[Any]] = []
    for number, texts in enumerate(rows, start=1):
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if len(texts) > MAX_COLUMNS:
            raise UnreadableSheetError("too-large", f"more than {MAX_COLUMNS} columns")
        if len(kept) >= MAX_ROWS:
            raise UnreadableSheetError("too-large", f"more than {MAX_ROWS} rows")
        budget.spend(texts)
        kept.append([number, texts])
    return {"name": name, "rows": kept, "merges": merges[:MAX_ROWS]}


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


def _csv_rows(source: Path) -> Iterator[list[str]]:
    if source.stat().st_size > MAX_CSV_BYTES:
        raise UnreadableSheetError("too-large", f"more than {MAX_CSV_BYTES} bytes")
    text = _decoded(source.read_bytes())
    start = text[:2048].lstrip().lower()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "{\\rtf", "%pdf")):
        raise UnreadableSheetError("format", f"begins with {start[:9]!r}")
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # noqa: PLR2004 - `sep=` and one sign
        # The first line is a hint to office programs; it still counts as a row of the sheet.
        yield []
        yield from _split(rest, first.strip()[4])
        return
    yield from _split(text, _delimiter(text))


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), None)
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is not None or b"\0" in data:
            raise UnreadableSheetError("format", str(error)) from error
    # Windows-1258 writes tones after their letters, and leaves few bytes undefined: these become the sign for
    # "unreadable", never an error. TCVN3 and VNI are told by their syllables; the reader decodes them.
    text = unicodedata.normalize("NFC", data.decode("cp1258", errors="replace"))
    western = data.decode("cp1252", errors="replace")
    sample = western[:_SAMPLE_CHARS]
    legacy = decoded(sample, encoding_of(sample))
    return western if syllable_share(legacy) > syllable_share(text[:_SAMPLE_CHARS]) else text


def _delimiter(text: str) -> str:
    """The sign that parts most lines into the same, largest number of cells."""
    sample = "\n".join(text.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES])

    def weight(sign: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=sign) if len(row) > 1]
        except csv.Error:
            return (0, 0)
        common = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
        return (common * widths.count(common), common)

    return max(_DELIMITERS, key=weight)


def _split(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CELL_CHARS * 4)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell[:MAX_CELL_CHARS].strip() for cell in row]
    except csv.Error as error:
        raise UnreadableSheetError("format", str(error)) from error
