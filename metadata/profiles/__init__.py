"""Profiles: the tables of fields of TT 02/2019/TT-BNV and TT 05/2025/TT-BNV as data (`*.toml` beside this file).

A field has one canonical key in both circulars (`file_code`, `issued_date`),
which is the key of `Description.fields`; its short name differs (`FileCode`,
`fileCode`). What a table leaves unknown (a length, a code list) is `None`
here, and no rule may be made of it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files
from typing import Any

from metadata.profiles.vocabularies import Vocabulary, vocabularies

__all__ = ["PROFILES", "Certainty", "Field", "FieldType", "Profile", "Required", "Section", "Vocabulary", "profile"]


@unique
class Section(StrEnum):
    """What a table of a circular describes."""

    FONDS = "fonds"
    DOSSIER = "dossier"
    DOCUMENT = "document"
    PHOTO = "photo"
    AUDIO_VIDEO = "audio_video"


@unique
class FieldType(StrEnum):
    """Kiểu dữ liệu."""

    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    """LongText: no length."""

    BOOLEAN = "boolean"


@unique
class Required(StrEnum):
    """Who asks for a value; neither table has a column "mandatory"."""

    NOT_STATED = ""
    IMPLEMENTATION = "implementation"
    """Products that implement the circular ask for it; no legal flag."""

    DIGITISED = "digitised"
    """TT 05/2025: when the dossier was digitised from paper."""

    RISK_RECOVERY = "risk_recovery"
    """TT 05/2025: when `risk_recovery` is yes."""

    BORN_DIGITAL = "born_digital"
    """TT 05/2025: when the confidence level is born digital or mixed."""


@unique
class Certainty(StrEnum):
    """How we know a row."""

    IMPLEMENTATION = "implementation"
    """Read in products that implement the circular, not in the annex itself."""

    NOTES = "notes"
    """Read in notes that summarise the annex."""

    PRACTICE = "practice"
    """Stands in no table; real delivery sheets carry it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a circular's table."""

    key: str
    """Canonical name, the key of `Description.fields`."""

    short: str
    """English short name of this circular, such as `FileCode`."""

    vi: str
    en: str
    type: FieldType
    number: str | None = None
    """STT in the table, such as `1.3`; None for columns of practice."""

    length: int | None = None
    """Longest value in characters; None: unknown or unlimited."""

    length_doubtful: bool = False
    """Sources disagree on `length`."""

    required: Required = Required.NOT_STATED
    vocabulary: Vocabulary | None = None
    note: str = ""
    certainty: Certainty = Certainty.NOTES
    source: str = ""

    def label(self, language: str) -> str:
        """Name of the field in `language` (`vi` or `en`)."""
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True, slots=True)
class Profile:
    """The tables of one circular."""

    id: str
    """`02-2019` or `05-2025`."""

    titles: Mapping[str, str]
    """By language."""

    source: str
    sections: Mapping[Section, Mapping[str, Field]]
    """Fields by key, in the order of the table."""

    def fields(self, section: Section) -> Mapping[str, Field]:
        """Fields of `section` by key, empty where the circular has no such table."""
        return self.sections.get(section, {})

    def field(self, section: Section, key: str) -> Field | None:
        """The field called `key`, None where this circular has none."""
        return self.fields(section).get(key)


PROFILES = ("02-2019", "05-2025")


class UnknownProfileError(KeyError):
    """No such profile: a defect of the program."""


def _field(row: Mapping[str, Any], source: str) -> Field:
    vocabulary = row.get("vocabulary")
    return Field(
        key=row["key"],
        short=row["short"],
        vi=row["vi"],
        en=row["en"],
        type=FieldType(row["type"]),
        number=row.get("number"),
        length=row.get("length"),
        length_doubtful=row.get("length_doubtful", False),
        required=Required(row.get("required", "")),
        vocabulary=vocabularies()[vocabulary] if vocabulary else None,
        note=row.get("note", ""),
        certainty=Certainty(row.get("certainty", "notes")),
        source=row.get("source", source),
    )


@cache
def profile(profile_id: str) -> Profile:
    """The profile called `profile_id`.

    Raises:
        UnknownProfileError: it is not one of `PROFILES`.
    """
    if profile_id not in PROFILES:
        raise UnknownProfileError(profile_id)
    table = tomllib.loads((files(__package__) / f"tt-{profile_id}.toml").read_text(encoding="utf-8"))
    sections: dict[Section, Mapping[str, Field]] = {}
    for section in Section:
        rows = [_field(row, table["source"]) for row in table.get(section.value, [])]
        if len({row.key for row in rows}) != len(rows):
            msg = f"profile {profile_id}: a key of {section} stands twice"
            raise ValueError(msg)
        if rows:
            sections[section] = {row.key: row for row in rows}
    return Profile(table["id"], {"vi": table["title_vi"], "en": table["title_en"]}, table["source"], sections)
