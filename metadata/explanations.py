"""How worksheets were understood: which heading means which field, and what the unknown ones may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from metadata.heading_mapping import MappedColumn, MappedSheet
from metadata.profiles import PROFILES, Field, Section, profile
from metadata.profiles.headings import DatePart, fold, lexicon

_NEAR = 0.6
"""Share of equal letters from which a known heading is worth showing."""


@dataclass(frozen=True, slots=True)
class ColumnExplanation:
    """One column that has a heading."""

    letter: str
    heading: str
    """As written; what stands over it first, where there are two lines."""

    text: str
    """The lower line alone."""

    upper: str = ""
    section: Section | None = None
    key: str = ""
    """Empty: no field of any profile, the column is kept as it is."""

    part: DatePart | None = None
    counts_rows: bool = False
    empty: bool = False
    """Nothing stands below the heading."""

    @property
    def known(self) -> bool:
        """Whether it is clear what to do with the column."""
        return bool(self.key) or self.counts_rows

    def field(self, profile_id: str = PROFILES[0]) -> Field | None:
        """The row of the table of `profile_id`; of another circular where it has none."""
        return field_of(self.section, self.key, profile_id) if self.section and self.key else None


@dataclass(frozen=True, slots=True)
class SheetExplanation:
    """How one worksheet was understood."""

    file: str
    sheet: str
    heading_rows: tuple[int, ...]
    """Empty: no headings recognised."""

    columns: tuple[ColumnExplanation, ...] = ()
    hidden: bool = False
    """The worksheet is hidden and was not read."""

    problem: str = ""
    """Rule that says why the spreadsheet cannot be read."""

    sections: tuple[Section, ...] = ()
    """What the rows describe."""

    profile: str = PROFILES[0]
    """The circular whose own names stand above the columns."""

    def as_json(self, language: str) -> dict[str, Any]:
        """One line of `check --explain`."""
        return {
            "file": self.file,
            "sheet": self.sheet,
            "hidden": self.hidden,
            "problem": self.problem or None,
            "profile": self.profile,
            "heading_rows": list(self.heading_rows),
            "sections": [section.value for section in self.sections],
            "columns": [self._column(column, language) for column in self.columns],
        }

    def _column(self, column: ColumnExplanation, language: str) -> dict[str, Any]:
        known, near = column.field(self.profile), None if column.known else nearest(column, self.sections)
        return {
            "column": column.letter,
            "heading": column.heading,
            "field": f"{column.section}.{column.key}" if column.section and column.key else None,
            "name": known.label(language) if known else None,
            "part": column.part.value if column.part else None,
            "counts_rows": column.counts_rows,
            "empty": column.empty,
            "nearest": None if near is None else {"field": f"{near[0]}.{near[1].key}", "name": near[1].label(language)},
        }

    def mapping(self) -> MappedSheet:
        """The same as a saved mapping, to be corrected by a person."""
        headings = [column.heading for column in self.columns]
        return MappedSheet(
            name=self.sheet,
            file=self.file,
            heading_rows=self.heading_rows,
            columns={
                column.heading
                if headings.count(column.heading) == 1 and column.text
                else f"[{column.letter}]": MappedColumn(column.section, column.key, column.part, column.counts_rows)
                if column.known
                else MappedColumn()
                for column in self.columns
            },
        )


def field_of(section: Section, key: str, first: str = PROFILES[0]) -> Field | None:
    """The field `key` of `section`, of the circular `first` if it has it, else of another.

    Pictures and recordings have the fields of documents too.
    """
    sections = (section,) if section is Section.DOSSIER else (section, Section.DOCUMENT)
    profiles = sorted(PROFILES, key=lambda id_: id_ != first)
    found = (profile(id_).field(each, key) for id_ in profiles for each in sections)
    return next((row for row in found if row is not None), None)


def nearest(column: ColumnExplanation, sections: Sequence[Section]) -> tuple[Section, Field] | None:
    """The field whose names look most like the heading of an unknown column; None where none does."""
    text = fold(column.text or column.upper)
    if not text:
        return None
    best: tuple[float, Section, str] = (_NEAR, Section.DOSSIER, "")
    matcher = SequenceMatcher(b=text, autojunk=False)
    for section in dict.fromkeys((*sections, Section.DOCUMENT, Section.DOSSIER)):
        for name, keys in lexicon().fields[section].items():
            matcher.set_seq1(name)
            if matcher.real_quick_ratio() > best[0] and matcher.quick_ratio() > best[0] < matcher.ratio():
                best = (matcher.ratio(), section, keys[0])
    described = field_of(best[1], best[2]) if best[2] else None
    return None if described is None else (best[1], described)
