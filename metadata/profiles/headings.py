"""What people write above a column, and which field it means.

The names of both circulars (Vietnamese, English, short names), and the
synonyms of `headings.toml`; compared without marks, case, punctuation and
line breaks, with and without what stands in brackets.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache, lru_cache
from importlib.resources import files

from metadata.profiles import PROFILES, Field, FieldType, Section, profile
from metadata.profiles.vocabularies import fold

__all__ = ["DatePart", "Lexicon", "date_keys", "fold", "lexicon", "spellings"]

LONGEST_HEADING = 200

_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_NUMBERING = re.compile(
    r"^\s*(?:\(?\d{1,2}(?:\.\d{1,2})*\)|\d{1,2}(?:\.\d{1,2})*[.)]|\d{1,2}(?:\.\d{1,2})+\s)\s*(?=\D)"
)
_DATE_WORDS = frozenset({"ngay", "thang", "nam", "thoi", "gian"})
_TOO_VAGUE = frozenset({"", "tu", "den", "va"})


@unique
class DatePart(StrEnum):
    """Which part of a date a column holds, where a day is split over three."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All known headings, folded."""

    fields: Mapping[Section, Mapping[str, tuple[str, ...]]]
    """By section, then by folded heading: keys that it can mean, the likeliest first."""

    parts: Mapping[Section, Mapping[str, tuple[str, DatePart]]]
    """Headings that name a part of a date themselves (`Tháng bắt đầu`)."""

    bare_parts: Mapping[str, DatePart]
    """`Ngày`, `Tháng`, `Năm` alone: the line above or the neighbours say of which date."""

    blocks: Mapping[str, Section]
    sheets: Mapping[str, Section]
    row_numbers: frozenset[str]
    marked: Mapping[Section, Mapping[str, str]]
    """Headings that only their marks tell from another one: `Phòng` (room) and `Phông` (fonds)."""

    def keys(self, section: Section, heading: str) -> tuple[str, ...]:
        """Fields of `section` that `heading` can mean, the likeliest first."""
        marked = _marked(heading)
        if any(marked in names for names in self.marked.values()):
            exact = self.marked.get(section, {}).get(marked)
            return (exact,) if exact else ()
        known = self.fields[section]
        return next((known[s] for s in spellings(heading) if s in known), ())

    def part(self, section: Section, heading: str) -> tuple[str, DatePart] | None:
        """The date field and the part of it that `heading` names by itself."""
        known = self.parts[section]
        return next((known[s] for s in spellings(heading) if s in known), None)

    def bare_part(self, heading: str) -> DatePart | None:
        """Day, month or year, where `heading` says no more than that."""
        return next((self.bare_parts[s] for s in spellings(heading) if s in self.bare_parts), None)

    def block(self, text: str) -> Section | None:
        """The part of a row that a line above the headings announces."""
        return next((self.blocks[s] for s in spellings(text) if s in self.blocks), None)

    def sheet(self, name: str) -> Section | None:
        """What a worksheet of that name holds."""
        return self.sheets.get(fold(name))

    def is_row_number(self, heading: str) -> bool:
        """Whether the column only counts rows."""
        return any(s in self.row_numbers for s in spellings(heading))


def _marked(heading: str) -> str:
    """`heading` with its marks, composed, without case, brackets and outer signs."""
    plain = _BRACKETS.sub(" ", _NUMBERING.sub("", heading)) if len(heading) <= LONGEST_HEADING else ""
    return " ".join(unicodedata.normalize("NFC", plain).casefold().split()).strip(" .:*")


@lru_cache(maxsize=1 << 12)
def spellings(heading: str) -> tuple[str, ...]:
    """Folded readings of a heading: whole, without brackets and numbering, each line, what stands in brackets.

    None of a text that is longer than any heading.
    """
    if len(heading) > LONGEST_HEADING:
        return ()
    plain = _NUMBERING.sub("", heading)
    bare = _BRACKETS.sub(" ", plain)
    inner = [a or b for a, b in _BRACKETS.findall(plain)]
    texts = (heading, plain, bare, *bare.splitlines(), *re.split(r"\s[-–/|]\s", bare), *inner)
    return tuple(dict.fromkeys(folded for text in texts if (folded := fold(text))))


def date_keys(section: Section) -> tuple[str, ...]:
    """Keys of the date fields of `section` that a table numbers, in order of the tables.

    A bare `Ngày`, `Tháng`, `Năm` can mean one of these; the day of arrival has to be named.
    """
    return tuple(key for key, field in _date_fields(section).items() if field.number)


def _date_fields(section: Section) -> Mapping[str, Field]:
    found: dict[str, Field] = {}
    for profile_id in PROFILES:
        for key, field in profile(profile_id).fields(section).items():
            if field.type is FieldType.DATE:
                found.setdefault(key, field)
    return found


def _names(section: Section, synonyms: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Pairs of heading and key: names of the tables first, for they are the likeliest."""
    for profile_id in PROFILES:
        for key, field in profile(profile_id).fields(section).items():
            for name in (field.vi, field.short, field.en, key.replace("_", " ")):
                yield name, key
    for key, names in synonyms.items():
        for name in names:
            yield name, key


def _field_names(section: Section, synonyms: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, key in _names(section, synonyms):
        for spelling in {fold(name), fold(_BRACKETS.sub(" ", name))}:
            keys = found.setdefault(spelling, [])
            if key not in keys:
                keys.append(key)
    # `Ghi chú` is a remark only where another column is the description of the circular (`Chú giải`).
    return {name: tuple(sorted(keys, key=lambda key: key == "remark")) for name, keys in found.items()}


def _part_names(
    section: Section, synonyms: Mapping[str, list[str]], words: Mapping[DatePart, list[str]]
) -> Mapping[str, tuple[str, DatePart]]:
    dates = _date_fields(section)
    found: dict[str, tuple[str, DatePart]] = {}
    for name, key in _names(section, synonyms):
        if key not in dates:
            continue
        rest = " ".join(word for word in fold(name).split() if word not in _DATE_WORDS)
        if rest in _TOO_VAGUE:
            continue
        for part, spoken in words.items():
            for word in spoken:
                found.setdefault(f"{fold(word)} {rest}", (key, part))
    return found


@cache
def lexicon() -> Lexicon:
    """Everything that is recognised."""
    table = tomllib.loads((files("metadata.profiles") / "headings.toml").read_text(encoding="utf-8"))
    words = {part: list(table["parts"][part.value]) for part in DatePart}
    sections = (Section.DOSSIER, Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO)
    return Lexicon(
        fields={s: _field_names(s, table[s.value]) for s in sections},
        parts={s: _part_names(s, table[s.value], words) for s in sections},
        bare_parts={fold(word): part for part, spoken in words.items() for word in spoken},
        blocks={fold(name): Section(section) for section, names in table["blocks"].items() for name in names},
        sheets={fold(name): Section(section) for section, names in table["sheets"].items() for name in names},
        row_numbers=frozenset(fold(name) for name in table["row_number"]["names"]),
        marked={
            Section(section): {_marked(name): key for key, names in keys.items() for name in names}
            for section, keys in table["marked"].items()
        },
    )
