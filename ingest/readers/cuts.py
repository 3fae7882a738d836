"""What each dossier keeps of a list that describes many: its own rows, under the lines of headings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingest.readers.headings import Table
from ingest.readers.sheets import Sheet
from metadata.descriptions import SheetRows


class Cuts:
    """The lists of a delivery, to be cut by dossier.

    Cells are those that were read: of one that is merged over several rows, the
    text stands in the first of them only, which may be another dossier's. What
    the reader understood of it stands in the dossier's fields.
    """

    def __init__(self, tables: Iterable[tuple[str, Table]]) -> None:
        self._tables = {(path, table.sheet.name): table for path, table in tables}

    def of(self, rows: Mapping[tuple[str, str], Sequence[int]]) -> tuple[SheetRows, ...]:
        """The rows with these numbers, by spreadsheet and worksheet."""
        return tuple(self._cut(place, numbers) for place, numbers in sorted(rows.items()))

    def _cut(self, place: tuple[str, str], numbers: Sequence[int]) -> SheetRows:
        table = self._tables[place]
        # Not validated: these are the rows as read, and a copy of each would be one too many.
        return SheetRows.model_construct(
            source=place[0],
            sheet=place[1] or None,
            headings=_lines(table.delivered or table.sheet, table.heading_rows),
            rows=_lines(table.delivered or table.sheet, sorted(set(numbers))),
        )


def _lines(sheet: Sheet, numbers: Iterable[int]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    return tuple((number, sheet.texts(number)) for number in numbers)
