"""Finds the line of headings of a worksheet and says which column holds which field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.readers.columns import Column, assigned, mapped_columns, part_columns
from ingest.readers.sheets import Sheet
from metadata.corrections import Correction
from metadata.heading_mapping import MappedSheet
from metadata.profiles import Section
from metadata.profiles.headings import lexicon

SEARCHED_ROWS = 60
"""Title lines above the headings are never more than a page."""

FEWEST_FIELDS = 2
_LONGEST_COUNT = 12
ANCHORS = frozenset(
    {
        *("file_code", "title", "file_notation", "ordinal", "subject", "path", "doc_code", "doc_id"),
        *("code_number", "number_notation", "image_title", "movie_title", "archives_number"),
    }
)
"""A line of headings names at least one of these; a list of types and their abbreviations does not."""


@dataclass(frozen=True, slots=True)
class AppliedCorrection:
    """A cell that counts as a person corrected it."""

    correction: Correction
    delivered: str
    """What stands in the cell of the list."""


@dataclass(frozen=True, slots=True)
class Table:
    """The recognised table of a worksheet."""

    sheet: Sheet
    columns: tuple[Column, ...]
    """One for each column that has a heading."""

    heading_rows: tuple[int, ...]
    """Rows from 1 in which the headings stand."""

    first_row: int
    """First row that may hold data."""

    mapped: MappedSheet | None = None
    """What a person has said of its columns."""

    delivered: Sheet | None = None
    """The worksheet as it lies in the list, where cells of `sheet` were corrected."""

    corrections: tuple[AppliedCorrection, ...] = ()

    @property
    def keys(self) -> frozenset[tuple[Section, str]]:
        """Fields that were recognised."""
        return frozenset((c.section, c.key) for c in self.columns if c.section and c.key)

    def lines_above(self) -> tuple[tuple[str, ...], ...]:
        """The rows over the headings: titles, names of agencies."""
        return tuple(texts for number, texts in self.sheet.rows if number < self.heading_rows[0])

    def has(self, section: Section) -> bool:
        """Whether the table describes records of `section`."""
        return any(column.section is section and column.key for column in self.columns)


def find_table(sheet: Sheet, mapped: MappedSheet | None = None) -> Table | None:
    """The table of `sheet`, None where no line of headings is recognised.

    A line of headings may be one row, or two where a group (`Thời gian bắt
    đầu`) stands over its parts (`Ngày`, `Tháng`, `Năm`); above it a line may say
    which columns describe the dossier and which the document.

    Args:
        sheet: As read.
        mapped: What a person has said of its columns; counts more than any guess.
    """
    if mapped is not None and mapped.heading_rows:
        width = max((len(texts) for _, texts in sheet.rows[:SEARCHED_ROWS]), default=0)
        return _table(sheet, mapped.heading_rows[-2:], width, mapped)
    numbers = [number for number, _ in sheet.rows[:SEARCHED_ROWS]]
    width = max((len(texts) for _, texts in sheet.rows[:SEARCHED_ROWS]), default=0)
    best: Table | None = None
    for number in numbers:
        best = _better(best, _table(sheet, (number,), width, mapped))
    for upper, lower in pairwise(numbers):
        if lower == upper + 1:
            best = _better(best, _table(sheet, (upper, lower), width, mapped))
    return best


def _better(best: Table | None, found: Table | None) -> Table | None:
    if found is None or (best is not None and _score(found) <= _score(best)):
        return best
    return found


def _score(table: Table) -> int:
    return sum(1 for column in table.columns if column.key)


def _table(sheet: Sheet, rows: tuple[int, ...], width: int, mapped: MappedSheet | None) -> Table | None:
    lines = [sheet.filled_across(row, width) for row in rows]
    uppers = _spread(lines[0]) if len(lines) > 1 else tuple("" for _ in range(width))
    if sum(bool(text) for text in lines[-1]) < FEWEST_FIELDS:
        return None
    hints = _blocks(sheet, rows[0], width)
    columns = assigned(
        [
            Column(index, text, upper)
            for index, (text, upper) in enumerate(zip(lines[-1], uppers, strict=True), start=1)
        ],
        hints,
        lexicon().sheet(sheet.name),
    )
    columns = part_columns(columns)
    told = 0
    if mapped is not None:
        columns, told = mapped_columns(columns, mapped)
    keys = {column.key for column in columns if column.key}
    if not told and (len(keys) < FEWEST_FIELDS or not keys & ANCHORS):
        return None
    first = rows[-1] + 1
    if _counts_columns(sheet.texts(first)):
        first += 1
    return Table(sheet, tuple(columns), rows, first, mapped)


def _spread(texts: Sequence[str]) -> tuple[str, ...]:
    """A group's text over all its columns: to the right, until the next group begins."""
    spread: list[str] = []
    for text in texts:
        spread.append(text or (spread[-1] if spread else ""))
    return tuple(spread)


def _blocks(sheet: Sheet, top: int, width: int) -> tuple[Section | None, ...]:
    """Which part of the row each column describes, as a line above the headings announces it."""
    names = lexicon()
    for row in (top - 1, top):
        line = sheet.filled_across(row, width) if row > 0 else ()
        found = [names.block(text) for text in line]
        # A title alone ("Hồ sơ") announces nothing; two blocks side by side do.
        if len({block for block in found if block}) > 1:
            spread: list[Section | None] = []
            for text, block in zip(line, found, strict=True):
                spread.append(block if text else (spread[-1] if spread else None))
            return tuple(spread)
    return tuple(None for _ in range(width))


def _counts_columns(texts: Sequence[str]) -> bool:
    """Whether a row under the headings only numbers the columns (`1`, `2`, `3`, or `A`, `B`, `(1)`, `(2)`)."""
    # Nearly every row has a longer text somewhere, which counts nothing.
    if any(len(text) > _LONGEST_COUNT for text in texts):
        return False
    counts = [text.strip("() .[]") for text in texts if text]
    letters = [c for c in counts if len(c) == 1 and c.isascii() and c.isalpha()]
    numbers = [int(c) for c in counts if len(c) <= 3 and c.isascii() and c.isdigit()]  # noqa: PLR2004 - 500 columns
    if len(counts) < 3 or len(letters) + len(numbers) < len(counts):  # noqa: PLR2004 - two numbers count nothing
        return False
    begins = counts[0] in {"1", "A", "a"}
    return begins and all(b > a for a, b in pairwise(numbers)) and all(b > a for a, b in pairwise(letters))


class RepeatedHeadings:
    """Knows the rows that repeat the headings of a table, as printed sheets do on every page, or number the columns."""

    def __init__(self, table: Table) -> None:
        self._headings = {column.index: column.heading for column in table.columns}

    def are(self, texts: Sequence[str]) -> bool:
        """Whether a row of data is none."""
        if _counts_columns(texts) and len([t for t in texts if t]) >= len(self._headings) - 1:
            return True
        same = sum(1 for index, text in enumerate(texts, start=1) if text and self._headings.get(index) == text)
        return same >= FEWEST_FIELDS + 1 and same * 2 > sum(bool(text) for text in texts)


def without(table: Table, section: Section) -> Table:
    """The table with the columns of `section` as unknown ones."""
    columns = (replace(c, section=None, key="") if c.section is section else c for c in table.columns)
    return replace(table, columns=tuple(columns))
