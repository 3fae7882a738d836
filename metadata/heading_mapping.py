"""A saved mapping of headings to fields: what `luutru check --explain --save-mapping` writes and `--mapping` reads.

    version = 1

    [[sheet]]
    name = "Văn bản"              # worksheet; left out: every worksheet
    file = "muc-luc.xlsx"         # spreadsheet, relative to the delivery; left out: every spreadsheet
    heading_rows = [3]            # rows of the headings, from 1; left out: they are looked for

    [sheet.columns]
    "Số KH" = "document.number_notation"
    "Ngày" = "document.issued_date:day"      # one part of a day that is split over three columns
    "[F]" = "document.subject"               # a column by its letter: without a heading, or one of two alike
    "TT" = "#"                               # only counts the rows
    "Ghi chú riêng" = ""                     # no field: kept as it is, searchable

A field is `section.key` with the keys of the profile tables (docs/metadata.md).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, ClassVar

from metadata.errors import UsageError
from metadata.profiles import PROFILES, Section, profile
from metadata.profiles.headings import DatePart, fold

VERSION = 1
MAX_BYTES = 1 << 20
COUNTS_ROWS = "#"
_SECTIONS = (Section.DOSSIER, Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO)
_LETTER = re.compile(r"^\[([A-Z]{1,3})\]$")


class MappingInvalidError(UsageError):
    """A saved mapping is not one, or names fields or places that do not exist."""

    code: ClassVar[str] = "mapping.invalid"


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """What a column means."""

    section: Section | None = None
    """None: no field."""

    key: str = ""
    part: DatePart | None = None
    counts_rows: bool = False


@dataclass(frozen=True, slots=True)
class MappedSheet:
    """What the columns of one worksheet mean, or of all worksheets of that name."""

    name: str = ""
    file: str = ""
    heading_rows: tuple[int, ...] = ()
    columns: Mapping[str, MappedColumn] = field(default_factory=dict)
    """By heading as written, or by `[letter]`."""

    def column(self, letter: str, heading: str, upper: str = "") -> MappedColumn | None:
        """What the column means; None: the mapping does not say.

        Args:
            letter: Of the column in office programs.
            heading: As written, of two lines the lower one; blanks and line breaks count alike.
            upper: The line above, where there are two.
        """
        found = self.columns.get(f"[{letter}]")
        texts = [" ".join(text.split()) for text in (f"{upper}: {heading}", heading) if text.strip(": ")]
        for text in texts:
            found = found or self.columns.get(text)
        if found is not None:
            return found
        folded = {fold(name): column for name, column in self.columns.items() if not _LETTER.match(name)}
        return next((folded[fold(text)] for text in texts if fold(text) in folded), None)


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """What a person has said of the columns of a delivery's spreadsheets."""

    sheets: tuple[MappedSheet, ...]

    def of(self, file: str, sheet: str) -> MappedSheet | None:
        """The entry for the worksheet `sheet` of the spreadsheet `file`: the one that says most of where it belongs."""
        fitting = [
            entry
            for entry in self.sheets
            if (not entry.name or fold(entry.name) == fold(sheet))
            and (not entry.file or entry.file in {file, PurePosixPath(file).name})
        ]
        return max(fitting, key=lambda entry: (bool(entry.file), bool(entry.name)), default=None)


def read_mapping(data: bytes) -> SavedMapping:
    """The mapping that `data` (TOML) holds.

    Raises:
        MappingInvalidError: see there.
    """
    if len(data) > MAX_BYTES:
        msg = f"a mapping of {len(data)} bytes; {MAX_BYTES} are allowed"
        raise MappingInvalidError(msg)
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"no TOML: {error}"
        raise MappingInvalidError(msg) from error
    if table.get("version") != VERSION:
        msg = f"version is {table.get('version')!r}, expected {VERSION}"
        raise MappingInvalidError(msg)
    sheets = table.get("sheet")
    if not isinstance(sheets, list) or not sheets or not all(isinstance(row, dict) for row in sheets):
        msg = "no [[sheet]] in it"
        raise MappingInvalidError(msg)
    return SavedMapping(tuple(_sheet(row) for row in sheets))


def _sheet(row: Mapping[str, Any]) -> MappedSheet:
    unknown = sorted(set(row) - {"name", "file", "heading_rows", "columns"})
    if unknown:
        msg = f"unknown entries in [[sheet]]: {', '.join(unknown)}"
        raise MappingInvalidError(msg)
    name, file, columns = row.get("name", ""), row.get("file", ""), row.get("columns", {})
    rows = row.get("heading_rows", [])
    if not isinstance(name, str) or not isinstance(file, str) or not isinstance(columns, dict):
        msg = "name and file are texts, columns is a table"
        raise MappingInvalidError(msg)
    if not isinstance(rows, list) or not all(type(number) is int and number > 0 for number in rows):
        msg = f"heading_rows of {name!r} are numbers from 1: {rows!r}"
        raise MappingInvalidError(msg)
    found = {" ".join(heading.split()): _column(name, heading, value) for heading, value in columns.items()}
    return MappedSheet(name, file, tuple(sorted(rows)), found)


def _column(sheet: str, heading: str, value: object) -> MappedColumn:
    if value == "":
        return MappedColumn()
    if value == COUNTS_ROWS:
        return MappedColumn(counts_rows=True)
    named, _, part = value.partition(":") if isinstance(value, str) else ("", "", "")
    section, _, key = named.partition(".")
    known = {entry.value: entry for entry in _SECTIONS}
    parts = {"": None, **{entry.value: entry for entry in DatePart}}
    if section not in known or key not in known_keys(known[section]) or part not in parts:
        msg = f"sheet {sheet!r}, column {heading!r}: no field is called {value!r}"
        raise MappingInvalidError(msg)
    return MappedColumn(known[section], key, parts[part])


def known_keys(section: Section) -> frozenset[str]:
    """Keys of all fields of `section`, in either circular; what describes documents also describes pictures."""
    sections = {section, Section.DOCUMENT} if section is not Section.DOSSIER else {section}
    return frozenset(key for id_ in PROFILES for each in sections for key in profile(id_).fields(each))


def mapping_toml(sheets: Iterable[MappedSheet]) -> str:
    """`sheets` as a file that `read_mapping` reads."""
    lines = [f"version = {VERSION}"]
    for sheet in sheets:
        lines += ["", "[[sheet]]"]
        if sheet.name:
            lines.append(f"name = {_quoted(sheet.name)}")
        if sheet.file:
            lines.append(f"file = {_quoted(sheet.file)}")
        if sheet.heading_rows:
            lines.append(f"heading_rows = [{', '.join(map(str, sheet.heading_rows))}]")
        lines += ["", "[sheet.columns]"]
        lines += [f"{_quoted(heading)} = {_quoted(_named(column))}" for heading, column in sheet.columns.items()]
    return "\n".join(lines) + "\n"


def _named(column: MappedColumn) -> str:
    if column.counts_rows:
        return COUNTS_ROWS
    if column.section is None or not column.key:
        return ""
    return f"{column.section.value}.{column.key}" + (f":{column.part.value}" if column.part else "")


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for one sign that JSON lets stand.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
