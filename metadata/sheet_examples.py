"""The example dossier in the workbooks that `luutru template` writes, known again when it comes back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from metadata.profiles import PROFILES, Section

_RECORDS = (Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO)


@dataclass(frozen=True, slots=True)
class SheetExample:
    """One example dossier: values as written in cells, by key."""

    dossier: Mapping[str, str]
    records: Mapping[Section, Sequence[Mapping[str, str]]]

    @property
    def file_code(self) -> str:
        """Its code, which no real dossier has."""
        return self.dossier["file_code"]

    def rows(self, section: Section) -> Sequence[Mapping[str, str]]:
        """Its rows in the sheet of `section`."""
        return (self.dossier,) if section is Section.DOSSIER else self.records[section]


@cache
def sheet_example(profile_id: str) -> SheetExample:
    """The example for the circular `profile_id`."""
    table = tomllib.loads((files("metadata") / "sheet_examples.toml").read_text(encoding="utf-8"))[profile_id]
    return SheetExample(table["dossier"], {section: tuple(table[section.value]) for section in _RECORDS})


@cache
def example_codes() -> frozenset[str]:
    """Codes of all examples."""
    return frozenset(sheet_example(profile_id).file_code for profile_id in PROFILES)


def is_example_row(file_code: str, written: Mapping[str, str]) -> bool:
    """Whether a row is, cell for cell, one of an example dossier: nothing that a person wrote.

    Args:
        file_code: Code of the dossier that the row belongs to.
        written: What its cells say, by key, empty ones left out.
    """
    for profile_id in PROFILES:
        example = sheet_example(profile_id)
        if example.file_code == file_code:
            rows = (row for section in (Section.DOSSIER, *_RECORDS) for row in example.rows(section))
            return any(written == row for row in rows)
    return False
