"""Cells that a spreadsheet's pages do not show (`ingest.engines.cell_texts:lacking`): cut off, not printed, hidden.

The text of a spreadsheet is that of the PDF that LibreOffice makes, as people see
it. A cell wider than its column loses letters there, what lies outside the print
area or in a hidden sheet is missing. Those cells are taken from the file itself.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.engines.spreadsheet import Cell, CellSheet, every_sheet
from ingest.engines.spreadsheet_refusal import UnreadableSheetError
from metadata.legacy import Encoding, decoded, encoding_of

MOST_CELLS = 2_000_000
MOST_ADDED = 2 << 20
"""Letters that are added to the pages of one file."""

HIDDEN = "[Trang tính ẩn]"
"""Stands before the name of a hidden sheet: kept text has one language, whoever reads it."""

_SAMPLE_CHARS = 20_000
_TELLING_PAGES = 3
"""A word on more pages than that does not tell where its row is."""

_WHOLE_FROM = 100
"""Numbers from here on may be shown without their fraction."""

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d(?:[\d.,/:\u00a0-]*\d)?")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_DAY = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,\u00a0]\d{3})+")
_UNICODE_ALONE = re.compile("[\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")
"""Letters that no text in a legacy encoding has."""


def lacking(scratch: Path, source: str, pages: Sequence[str]) -> dict[str, Any]:
    """What stands in the cells of the spreadsheet `source`, but not on its pages.

    Args:
        scratch: Not used.
        source: The spreadsheet as received.
        pages: JSON files with the `pages` of `pdfium:page_texts`, in the order of pages.

    Returns:
        `added`: by page (from 1, as text) the lines to be added, a row's cells on one line;
        `decoded`: whether some came from a legacy encoding; `cut`: whether limits left cells out;
        `problem`: empty, or why the cells cannot be read.
    """
    del scratch
    printed = Printed(_page_texts(pages))
    found = _Added()
    try:
        hidden, page = [], 1
        for sheet in every_sheet(Path(source), MOST_CELLS):
            found.cut |= sheet.cut
            if sheet.hidden:
                hidden.append(sheet)
            else:
                page = _add_sheet(sheet, printed, found, page)
        # Hidden sheets come last: what a page shows answers for the visible ones first.
        for sheet in hidden:
            _add_sheet(sheet, printed, found, printed.last)
    except UnreadableSheetError as error:
        return {"added": {}, "decoded": False, "cut": True, "problem": error.problem}
    added = {str(number): "\n".join(lines) for number, lines in sorted(found.lines.items())}
    return {"added": added, "decoded": found.decoded, "cut": found.cut, "problem": ""}


def _page_texts(paths: Iterable[str]) -> Iterator[tuple[int, str]]:
    for path in paths:
        for page in json.loads(Path(path).read_bytes())["pages"]:
            yield page["page"], page["text"]


class _Added:
    """Lines by page, each once, up to the limit."""

    def __init__(self) -> None:
        self.lines: dict[int, dict[str, None]] = {}
        self.decoded = False
        self.cut = False
        self._left = MOST_ADDED

    def add(self, page: int, line: str) -> None:
        lines = self.lines.setdefault(page, {})
        if line in lines:
            return
        self._left -= len(line) + 1
        if self._left < 0:
            self.cut = True
        else:
            lines[line] = None


def _add_sheet(sheet: CellSheet, printed: Printed, found: _Added, page: int) -> int:
    """Add the cells of `sheet` that are not printed; returns the page on which its last row was."""
    encoding = _encoding(sheet)
    if encoding is not Encoding.UNICODE:
        found.decoded = True
    named = not sheet.hidden
    for row in sheet.rows:
        cells = [_readable(cell, encoding) for cell in row if cell.text]
        missing = [cell.text for cell in cells if not printed.take(cell)]
        page = page if sheet.hidden else printed.page_of(cells, page)
        if missing:
            if not named:
                found.add(page, f"{HIDDEN} {decoded(sheet.name, Encoding.UNICODE)}")
                named = True
            found.add(page, " ".join(" ".join(missing).split()))
    return page


def _encoding(sheet: CellSheet) -> Encoding:
    texts = (cell.text for row in sheet.rows for cell in row if cell.typed and not cell.text.isascii())
    return encoding_of(" ".join(islice(texts, _SAMPLE_CHARS))[:_SAMPLE_CHARS])


def _readable(cell: Cell, encoding: Encoding) -> Cell:
    if not cell.typed or cell.text.isascii():
        return cell
    own = Encoding.UNICODE if _UNICODE_ALONE.search(cell.text) else encoding
    return Cell(decoded(cell.text, own), typed=True)


class Printed:
    """The words and numbers of the pages: each printed word answers for one cell."""

    def __init__(self, pages: Iterable[tuple[int, str]]) -> None:
        self._left: Counter[str] = Counter()
        self._places: dict[str, list[int]] = {}
        self._numbers: set[str] = set()
        self.last = 1
        for number, text in pages:
            self.last = max(self.last, number)
            words = Counter(_words(text))
            self._left.update(words)
            for word in words:
                places = self._places.setdefault(word, [])
                if len(places) <= _TELLING_PAGES:
                    places.append(number)
            for match in _NUMBER.finditer(text):
                self._numbers |= _as_printed(match.group())

    def take(self, cell: Cell) -> bool:
        """Whether `cell` is printed as a whole; its words then answer for no other cell."""
        if not cell.typed:
            forms = _forms(cell.text)
            if forms:
                return not forms.isdisjoint(self._numbers)
        words = Counter(_words(cell.text))
        if any(self._left[word] < count for word, count in words.items()):
            return False
        self._left.subtract(words)
        return True

    def page_of(self, cells: Sequence[Cell], before: int) -> int:
        """The page on which most of the row's telling words are, of several the nearest to `before`; else that one."""
        votes: Counter[int] = Counter()
        for cell in cells:
            # Parts of a day or of an amount are numbers that stand anywhere.
            for word in set(_words(cell.text)) if cell.typed else {cell.text}:
                places = self._places.get(word, ())
                if len(places) <= _TELLING_PAGES:
                    votes.update(places)
        return min(votes, key=lambda page: (-votes[page], abs(page - before), page), default=before)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def _as_printed(number: str) -> set[str]:
    """The numbers and days that the printed `number` can mean, in one form."""
    found = {_days_form(*re.split(r"[/.-]", number))} if re.search(r"[/-]|\..*\.", number) else set()
    if _THOUSANDS.fullmatch(number):
        found.add(re.sub(r"\D", "", number).lstrip("0"))
    whole, _, fraction = number.replace("\u00a0", "").rpartition(max(",.", key=number.rfind))
    if whole:
        found.add(_number_form(re.sub(r"\D", "", whole) + "." + re.sub(r"\D", "", fraction)))
    else:
        found.add(_number_form(number))
    return found


def _number_form(number: str) -> str:
    whole, point, fraction = number.partition(".")
    return (whole.lstrip("0") + point + fraction.rstrip("0")).rstrip(".")


def _days_form(*parts: str) -> str:
    return "/".join(part.lstrip("0") for part in parts)


def _forms(text: str) -> set[str]:
    """Ways in which a cell's number or day may be printed; none for what is neither."""
    day = _DAY.match(text)
    if day:
        d, m, y = day.groups()
        years = (y, y[2:])
        orders = ((d, m, year) for year in years), ((m, d, year) for year in years), [(y, m, d)], [(m, y)]
        return {_days_form(*parts) for order in orders for parts in order}
    if not _PLAIN_NUMBER.fullmatch(text):
        return set()
    value = abs(float(text))
    found = {_number_form(text.lstrip("-"))}
    if not value.is_integer():
        found |= {_number_form(f"{value:.{digits}f}") for digits in range(0 if value >= _WHOLE_FROM else 1, 5)}
        found |= {_number_form(f"{value * 100:.{digits}f}") for digits in range(3)}
    return found
