"""Profiles: the tables of fields of the circulars as data (`*.toml` beside this file).

TT 02/2019/TT-BNV and TT 05/2025/TT-BNV describe what an archive keeps,
TT 01/2019/TT-BNV with Decree 30/2020/NĐ-CP what a document system knows
before. A field has one canonical key in all of them (`file_code`,
`issued_date`), which is the key of `Description.fields`; its short name
differs (`FileCode`, `fileCode`). What a table leaves unknown (a length, a code
list) is `None` here, and no rule may be made of it. Columns that real sheets
carry and no table has (`practice.toml`, and the fields of the document
system) stand in both archival profiles without a number.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files
from typing import Any

from metadata.descriptions import RecordKind
from metadata.profiles.vocabularies import Vocabulary, vocabularies

__all__ = [
    "ALL_PROFILES",
    "PROFILES",
    "RECORD_SECTIONS",
    "Certainty",
    "Field",
    "FieldType",
    "Profile",
    "Required",
    "Section",
    "Vocabulary",
    "profile",
]


@unique
class Section(StrEnum):
    """What a table of a circular describes."""

    FONDS = "fonds"
    DOSSIER = "dossier"
    DOCUMENT = "document"
    PHOTO = "photo"
    AUDIO_VIDEO = "audio_video"
    LOT = "lot"
    """TT 05/2025: a package of loose documents (gói tin tài liệu)."""

    REQUEST = "request"
    """TT 05/2025: the request for which a DIP is made."""

    OUTGOING = "outgoing"
    """TT 01/2019: văn bản đi; its fields and those of `INCOMING` are also `DOCUMENT`'s."""

    INCOMING = "incoming"
    """TT 01/2019: văn bản đến."""


RECORD_SECTIONS: Mapping[RecordKind, Section] = {
    RecordKind.DOCUMENT: Section.DOCUMENT,
    RecordKind.PHOTO: Section.PHOTO,
    RecordKind.MEDIA: Section.AUDIO_VIDEO,
}
"""The table that describes records of a kind."""


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
    """Who asks for a value, and when. TT 02/2019 and TT 01/2019 have no column "mandatory" as far as is known."""

    NOT_STATED = ""
    IMPLEMENTATION = "implementation"
    """Products that implement the circular ask for it; no legal flag."""

    ALWAYS = "always"
    """TT 05/2025 asks for it in every case."""

    IF_AVAILABLE = "if_available"
    """TT 05/2025: "nếu có"."""

    DIGITISED = "digitised"
    """TT 05/2025: when the dossier was digitised from paper. See `metadata.profiles.conditions`."""

    RISK_RECOVERY = "risk_recovery"
    """TT 05/2025: when `risk_recovery` is yes."""

    PROCESS_TRAIL = "process_trail"
    """TT 05/2025: when the confidence level is born digital or mixed."""


@unique
class Certainty(StrEnum):
    """How we know a row."""

    READ = "read"
    """Read in the text of the law itself."""

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
    asked_by: str = ""
    """Products that ask for it, where `required` is `IMPLEMENTATION`."""

    automatic: bool = False
    """TT 01/2019: the document system fills it in by itself."""

    vocabulary: Vocabulary | None = None
    note: str = ""
    """How it is written, in Vietnamese."""

    note_en: str = ""
    doubt: str = ""
    """What is not certain about the row, in Vietnamese; empty: nothing that we know of."""

    doubt_en: str = ""
    certainty: Certainty = Certainty.NOTES
    source: str = ""

    def label(self, language: str) -> str:
        """Name of the field in `language` (`vi` or `en`)."""
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True, slots=True)
class Profile:
    """The tables of one circular."""

    id: str
    """`02-2019`, `05-2025` or `01-2019`."""

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
"""The archival circulars: what a delivery and a package are described by."""

ALL_PROFILES = (*PROFILES, "01-2019")
_DOCUMENT_SYSTEM = "01-2019"


class UnknownProfileError(KeyError):
    """No such profile: a defect of the program."""


def _field(row: Mapping[str, Any], source: str, certainty: str) -> Field:
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
        asked_by=row.get("asked_by", ""),
        automatic=row.get("automatic", False),
        vocabulary=vocabularies()[vocabulary] if vocabulary else None,
        note=row.get("note", ""),
        note_en=row.get("note_en", row.get("note", "")),
        doubt=row.get("doubt", ""),
        doubt_en=row.get("doubt_en", row.get("doubt", "")),
        certainty=Certainty(row.get("certainty", certainty)),
        source=row.get("source", source),
    )


def _table(name: str) -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


def _rows(table: Mapping[str, Any], section: Section) -> dict[str, Field]:
    rows = [
        _field(row, table.get("source", ""), table.get("certainty", "notes")) for row in table.get(section.value, [])
    ]
    if len({row.key for row in rows}) != len(rows):
        msg = f"{table.get('id', 'practice')}: a key of {section} stands twice"
        raise ValueError(msg)
    return {row.key: row for row in rows}


@cache
def _practice(section: Section) -> tuple[Field, ...]:
    """Columns without a number: those of real sheets, then the fields that only a document system has."""
    known = profile(_DOCUMENT_SYSTEM).fields(section).values()
    system = (replace(field, number=None, length=None, certainty=Certainty.PRACTICE) for field in known)
    return (*_rows(_table("practice"), section).values(), *system)


@cache
def profile(profile_id: str) -> Profile:
    """The profile called `profile_id`.

    Raises:
        UnknownProfileError: it is not one of `ALL_PROFILES`.
    """
    if profile_id not in ALL_PROFILES:
        raise UnknownProfileError(profile_id)
    table = _table(f"tt-{profile_id}")
    sections: dict[Section, Mapping[str, Field]] = {
        section: rows for section in Section if (rows := _rows(table, section))
    }
    if profile_id == _DOCUMENT_SYSTEM:
        sections[Section.DOCUMENT] = {**sections[Section.INCOMING], **sections[Section.OUTGOING]}
    else:
        for section in (Section.DOSSIER, Section.DOCUMENT):
            fields = dict(sections[section])
            for row in _practice(section):
                fields.setdefault(row.key, row)
            sections[section] = fields
    return Profile(table["id"], {"vi": table["title_vi"], "en": table["title_en"]}, table["source"], sections)
