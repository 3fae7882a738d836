"""Workbooks (.xlsx) that the archive writes: templates, lists, reports. The home of XlsxWriter.

Every text is written as text: what comes out of a delivery can begin with `=`,
`+` or `@` and never becomes a formula or a link. Rows are streamed, so that
memory holds one row whatever the length of the list. The same sheets and the
same time give the same bytes.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, BinaryIO

from archive.durable import faults_of

Value = str | int | float | date | None
"""A text stays a text, whatever it looks like; None leaves the cell empty."""

MAX_ROWS = 1_048_576
"""Rows that a worksheet can hold; a longer list goes on in a further sheet."""

MAX_CELL_CHARS = 32_767
"""What a cell can hold; a longer text is cut and ends with `…`."""

LAST_INPUT_ROW = 10_000
"""Drop-downs of a sheet to be filled in reach down to this row (from 1)."""

FIRST_YEAR = 1900
MAX_SHEET_NAME = 31
_MAX_COMMENT = 2_000
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@unique
class CellKind(StrEnum):
    """How the cells of a column are formatted."""

    TEXT = "text"
    """Office programs keep what is typed (`01`, `3/2019`) as it is typed."""

    NUMBER = "number"
    DATE = "date"
    """dd/mm/yyyy; an instant also hh:mm. Days before 1900, which no workbook knows, are written as text."""


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column of a worksheet."""

    heading: str
    width: float = 16.0
    """In characters of the standard font."""

    kind: CellKind = CellKind.TEXT
    comment: str = ""
    """Shown when the pointer rests on the heading."""

    choices: tuple[str, ...] = ()
    """Offered as a drop-down in the rows below the heading; other values stay possible."""

    emphasised: bool = False
    """The heading stands out: the column has to be filled in."""

    wrapped: bool = False
    """Long texts are shown on several lines."""


@dataclass(frozen=True, slots=True)
class SheetContent:
    """One worksheet: lines above, one line of headings, rows, lines below."""

    name: str
    """At most 31 characters; signs that office programs refuse are replaced, doubled names numbered."""

    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[Value]] = ()
    """Read once, in order; not even one is kept."""

    above: Sequence[Sequence[Value]] = ()
    """Lines over the headings; the first is shown as a title."""

    below: Sequence[Sequence[Value]] = ()
    """Lines after the last row: sums, places for signatures."""

    frozen_columns: int = 0
    """Columns that stay in sight when people scroll to the right."""

    locked: bool = False
    """Headings and lines above them cannot be changed (without a password: against slips, not against people)."""

    example_rows: int = 0
    """So many of the first rows are shown as an example, in grey italics."""

    footer: str = ""
    """Printed below every page on the right; `&P` is the page, `&N` how many there are."""


def write_workbook(
    path: Path, sheets: Iterable[SheetContent], *, created: datetime, title: str = "", rows_a_sheet: int = MAX_ROWS
) -> None:
    """Write `sheets` to `path`; after a crash it holds the old file or the whole new one.

    Args:
        path: Replaced if it is there; its folder has to be there.
        sheets: At least one.
        created: Stands in the document's properties; a zone is told by its instant in UTC.
        title: Stands in the document's properties.
        rows_a_sheet: A longer list goes on in a further sheet.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    with faults_of(path):
        try:
            with part.open("xb") as stream, tempfile.TemporaryDirectory(prefix="luutru-workbook-") as room:
                with _workbook(stream, room) as workbook:
                    workbook.set_properties({"title": title, "author": "", "created": created.replace(tzinfo=None)})
                    _Writing(workbook, rows_a_sheet).all(sheets)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _workbook(stream: BinaryIO, room: str) -> Iterator[Any]:
    """A workbook that is written to `stream` at the end, and not at all after an error."""
    # A library for reports alone: `luutru --help` has no time for it.
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 - the library has no types

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "use_zip64": True,
        "default_date_format": "dd/mm/yyyy",
        "tmpdir": room,
    }
    workbook = xlsxwriter.Workbook(stream, options)
    try:
        yield workbook
        workbook.close()
    except xlsxwriter.exceptions.FileCreateError as error:
        raise OSError(*error.args[0].args) from error
    finally:
        # The library leaves the files of its rows open when it is not allowed to finish.
        workbook.fileclosed = True
        for page in workbook.worksheets():
            page._opt_close()  # noqa: SLF001


class _Writing:
    """Writes sheet after sheet; the lists behind drop-downs come last, in a sheet of their own."""

    def __init__(self, workbook: Any, rows_a_sheet: int) -> None:  # noqa: ANN401 - the library has no types
        self._workbook = workbook
        self._most_rows = rows_a_sheet
        self._names: set[str] = set()
        self._lists: dict[tuple[str, ...], int] = {}
        base = {"valign": "top"}
        self._title = workbook.add_format({"bold": True, "font_size": 13, "locked": True})
        self._above = workbook.add_format({"locked": True})
        self._instant = workbook.add_format({**base, "num_format": "dd/mm/yyyy hh:mm", "locked": False})
        heading = {"bold": True, "text_wrap": True, "valign": "vcenter", "align": "center", "border": 1, "locked": True}
        self._heading = workbook.add_format({**heading, "bg_color": "#D9E2F3", "num_format": "@"})
        self._emphasised = workbook.add_format({**heading, "bg_color": "#FFE699", "num_format": "@"})
        numbers = {CellKind.TEXT: "@", CellKind.NUMBER: "0", CellKind.DATE: "dd/mm/yyyy"}
        self._cells = {
            (kind, wrapped, example): workbook.add_format(
                base
                | {"num_format": form, "text_wrap": wrapped, "locked": False}
                | ({"italic": True, "font_color": "#7F7F7F"} if example else {})
            )
            for kind, form in numbers.items()
            for wrapped in (False, True)
            for example in (False, True)
        }

    def all(self, sheets: Iterable[SheetContent]) -> None:
        for sheet in sheets:
            self._sheet(sheet)
        self._write_lists()

    def _sheet(self, sheet: SheetContent) -> None:
        rows = iter(sheet.rows)
        row = next(rows, None)
        first = True
        while first or row is not None:
            page = self._opened(sheet)
            line = len(sheet.above) + 1
            while row is not None and line < self._most_rows - len(sheet.below):
                self._row(page, line, row, sheet, example=first and line - len(sheet.above) <= sheet.example_rows)
                row = next(rows, None)
                line += 1
            if row is None:
                for texts in sheet.below:
                    self._plain(page, line, texts, self._above)
                    line += 1
            first = False

    def _opened(self, sheet: SheetContent) -> Any:  # noqa: ANN401 - as above
        page = self._workbook.add_worksheet(self._name(sheet.name))
        head = len(sheet.above)
        for index, column in enumerate(sheet.columns):
            page.set_column(index, index, column.width, self._cells[column.kind, column.wrapped, False])
            if column.choices:
                page.data_validation(head + 1, index, LAST_INPUT_ROW - 1, index, self._choice(column.choices))
            if column.comment:
                size = {"x_scale": 2.2, "y_scale": max(1.0, len(column.comment) / 130)}
                page.write_comment(head, index, shown(column.comment)[:_MAX_COMMENT], size)
        for line, texts in enumerate(sheet.above):
            self._plain(page, line, texts, self._above if line else self._title)
        for index, column in enumerate(sheet.columns):
            form = self._emphasised if column.emphasised else self._heading
            page.write_string(head, index, shown(column.heading), form)
        page.freeze_panes(head + 1, sheet.frozen_columns)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(head)
        if sheet.footer:
            page.set_footer(f"&R{sheet.footer}")
        if sheet.locked:
            allowed = ("insert_rows", "delete_rows", "format_cells", "format_columns", "format_rows", "sort")
            page.protect("", dict.fromkeys(allowed, True))
        return page

    def _row(self, page: Any, line: int, row: Sequence[Value], sheet: SheetContent, *, example: bool) -> None:  # noqa: ANN401
        for index, value in enumerate(row):
            column = sheet.columns[index] if index < len(sheet.columns) else None
            kind, wrapped = (column.kind, column.wrapped) if column else (CellKind.TEXT, False)
            self._cell(page, (line, index), value, (kind, wrapped, example))

    def _cell(self, page: Any, place: tuple[int, int], value: Value, form: tuple[CellKind, bool, bool]) -> None:  # noqa: ANN401
        kind, wrapped, example = form
        if value is None or value == "":
            return
        if isinstance(value, str):
            page.write_string(*place, shown(value), self._cells[kind, wrapped, example])
        elif isinstance(value, date) and value.year >= FIRST_YEAR:
            instant = isinstance(value, datetime)
            day = self._instant if instant else self._cells[CellKind.DATE, wrapped, example]
            page.write_datetime(*place, _civil(value), day)
        elif isinstance(value, date) or not math.isfinite(value):
            text = f"{value:%d/%m}/{value.year:04d}" if isinstance(value, date) else str(value)
            page.write_string(*place, text, self._cells[CellKind.TEXT, wrapped, example])
        else:
            kind = CellKind.NUMBER if kind is CellKind.TEXT and isinstance(value, int) else kind
            page.write_number(*place, value, self._cells[kind, wrapped, example])

    def _plain(self, page: Any, line: int, texts: Sequence[Value], form: Any) -> None:  # noqa: ANN401 - as above
        for index, value in enumerate(texts):
            if isinstance(value, str) and value:
                page.write_string(line, index, shown(value), form)
            else:
                self._cell(page, (line, index), value, (CellKind.TEXT, False, False))

    def _name(self, wanted: str) -> str:
        plain = _NOT_IN_NAMES.sub("-", shown(wanted)).strip("' ")[:MAX_SHEET_NAME] or "Sheet"
        name, number = plain, 1
        while name.casefold() in self._names:
            number += 1
            end = f" ({number})"
            name = plain[: MAX_SHEET_NAME - len(end)] + end
        self._names.add(name.casefold())
        return name

    def _choice(self, choices: tuple[str, ...]) -> dict[str, Any]:
        column = self._lists.setdefault(choices, len(self._lists))
        letter = _letter(column)
        return {
            "validate": "list",
            "source": f"='{LISTS}'!${letter}$1:${letter}${len(choices)}",
            # What stands in no list is told by `luutru check`, with the rule: a person at the sheet may know more.
            "show_error": False,
        }

    def _write_lists(self) -> None:
        if not self._lists:
            return
        page = self._workbook.add_worksheet(LISTS)
        for line in range(max(len(choices) for choices in self._lists)):
            for choices, column in self._lists.items():
                if line < len(choices):
                    page.write_string(line, column, shown(choices[line]))
        page.hide()


LISTS = "_lists"
"""Hidden sheet with what drop-downs offer: written into the cells themselves they may have 255 characters only."""


def _letter(index: int) -> str:
    letters, rest = "", index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def shown(text: str) -> str:
    """`text` as a cell can hold it: no control signs, no halves of letters, at most `MAX_CELL_CHARS`."""
    clean = _NOT_XML.sub("\ufffd", text)
    return clean if len(clean) <= MAX_CELL_CHARS else clean[: MAX_CELL_CHARS - 1] + "…"


def _civil(value: date) -> date:
    # Cells know no zone; an instant is shown as it stands.
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
