"""Marks of worksheets, whatever file they were found in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_FORMULAS = 2_000
"""Formulas of one worksheet that are told one by one; the rest is counted."""

MOST_LINES = 200_000
_MAX_FORMULA_CHARS = 500


@dataclass(slots=True)
class Marks:
    """Of one worksheet; rows and columns from 1."""

    formulas: list[tuple[int, int, str]] = field(default_factory=list)
    more_formulas: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)

    def formula(self, row: int, column: int, text: str) -> None:
        """Note one formula, as written after its equals sign."""
        if len(self.formulas) < MOST_FORMULAS:
            self.formulas.append((row, column, text[:_MAX_FORMULA_CHARS]))
        else:
            self.more_formulas += 1

    def hide_rows(self, first: int, count: int) -> None:
        """Note hidden rows; those beyond any list do not matter."""
        last = min(first + count, MOST_LINES + 1)
        self.hidden_rows.extend(range(first, last))

    def hide_columns(self, first: int, count: int, most: int) -> None:
        """Note hidden columns up to `most`: programs hide all to the right of a table."""
        self.hidden_columns.extend(range(first, min(first + count, most + 1)))


@dataclass(frozen=True, slots=True)
class WorkbookMarks:
    """Of a whole workbook."""

    sheets: Mapping[str, Marks] = field(default_factory=dict)
    epoch_1904: bool = False
    """Numbers of days count from 1904."""
