"""The correction file: what a person corrected in the lists of a delivery, kept beside them; they stay as they are.

A delivery that was rejected or returned is handed in again with it. It names author,
time and reason of every corrected cell, and is kept with the delivery's other metadata files.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict

NAME = "luutru-corrections.json"
"""Name of the file in the folder of the delivery."""

MAX_VALUE = 10_000
"""Characters of one value."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Correction(_Kept):
    """One cell that a person corrected."""

    file: str
    """Spreadsheet, relative to the delivery."""

    sheet: str | None = None
    """Worksheet."""

    row: int
    """Row of the sheet, from 1."""

    column: str
    """Heading as written, the column's letter, or the field's name in its circular where there is no such column."""

    delivered: str = ""
    """What the person was shown as the value as written."""

    value: str
    """What counts instead; empty: nothing."""

    by: str
    """Login of who corrected it."""

    at: str
    """RFC 3339."""

    reason: str

    @property
    def place(self) -> tuple[str, str | None, int, str]:
        """Which cell is meant."""
        return (self.file, self.sheet, self.row, self.column)


class Corrections(_Kept):
    """All corrections of a delivery."""

    version: Literal[1] = 1

    sheets: dict[str, str] = {}
    """SHA-256 of the spreadsheets that were corrected, by path; empty text: bound by its container's digest."""

    corrections: tuple[Correction, ...] = ()

    def having(self, later: Corrections) -> Corrections:
        """These with `later` ones, which count more for the same cell."""
        places = {correction.place for correction in later.corrections}
        kept = (correction for correction in self.corrections if correction.place not in places)
        return Corrections(sheets={**self.sheets, **later.sheets}, corrections=(*kept, *later.corrections))

    def without(self, files: frozenset[str]) -> Corrections:
        """These without those of lists that were delivered anew."""
        return Corrections(
            sheets={path: digest for path, digest in self.sheets.items() if path not in files},
            corrections=tuple(correction for correction in self.corrections if correction.file not in files),
        )

    def of(self, file: str, sheet: str) -> tuple[Correction, ...]:
        """Those of one worksheet."""
        return tuple(
            correction
            for correction in self.corrections
            if correction.file == file and (correction.sheet or "") == sheet
        )


def corrections_json(corrections: Corrections) -> bytes:
    """The correction file; the same corrections give the same bytes."""
    return json.dumps(corrections.model_dump(), ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read_corrections(data: bytes) -> Corrections:
    """The corrections in a file that `corrections_json` made.

    Raises:
        ValueError: it is none.
    """
    return Corrections.model_validate_json(data)
