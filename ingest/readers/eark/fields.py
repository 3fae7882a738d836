"""Fields of descriptive files as cells: names of the circular to canonical keys, codes to words, days to ISO."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from sys import intern
from typing import Any

from metadata.codes import nfc
from metadata.dates import read_date
from metadata.descriptions import Cell, CellRows, cell_rows, cells_of
from metadata.profiles import Field, FieldType, Section, profile

PROFILE = "05-2025"
OTHER_NAMES: Mapping[str, str] = {
    "fileCode": "file_code",
    "arcFileCode": "file_code",
    "docCode": "doc_code",
    "arcDocCode": "doc_code",
    "docOrdinal": "ordinal",
}
"""Names that the circular's packages exchange among each other, and their keys."""

_COUNT = re.compile(r"^(\d+)(?:\.0+)?(?:\s*(?:trang|tờ|tr|tài liệu|văn bản))?\.?$", re.IGNORECASE)
_TIME_OF_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:T.*|Z|[+-]\d{2}:?\d{2})$")


@lru_cache(maxsize=1 << 14)
def cell_of(value: str, written: str, element: str) -> Cell:
    """A cell; the same one for the same words: of 100,000 documents most say most things alike."""
    return Cell(value=value, written=value if written == value else written, column=intern(element))


@dataclass(slots=True)
class Fields:
    """Fields of one description, with what was forgiven on the way."""

    cells: dict[str, Cell] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    """Elements that no form of the circular has."""

    renamed: list[str] = field(default_factory=list)
    """Elements written as another case of letters or another kind of package writes them."""

    doubled: list[tuple[str, str]] = field(default_factory=list)
    """Elements that stand more than once, with what was made of them."""

    @classmethod
    def to_rows(cls, many: Sequence[Fields]) -> tuple[CellRows, list[dict[str, str]]]:
        """As `metadata.compact` packs them: the values; what was forgiven was told."""
        return cell_rows([fields.cells for fields in many]), [fields.extra for fields in many]

    @classmethod
    def from_rows(cls, packed: tuple[CellRows, list[dict[str, str]]]) -> list[Fields]:
        """What `to_rows` was given."""
        cells, extra = packed
        return [cls(*own) for own in zip(cells_of(cells), extra, strict=True)]

    def put(self, key: str, element: str, described: Field | None, text: str, *, sign: str = "; ") -> None:
        """Set field `key`; another value of the same field is joined to it."""
        value = normalised(described, text)
        known = self.cells.get(key)
        if known is not None and text not in known.written.split(sign):
            joined = sign.join(part for part in (known.value, value) if part)
            self.cells[key] = cell_of(joined, f"{known.written}{sign}{text}", known.column or element)
            self.doubled.append((element, joined))
        elif known is None:
            self.cells[key] = cell_of(value, text, element)


def normalised(described: Field | None, written: str) -> str:
    """A value as descriptions keep it (`metadata.descriptions`); empty for a day that is none."""
    value = nfc(written)
    if described is None:
        return value
    if described.type is FieldType.DATE:
        # Programs write days as instants; the day is meant.
        instant = _TIME_OF_DAY.match(value)
        found = read_date(instant[1] if instant else value).date
        return found.iso() if found else ""
    if described.type is FieldType.NUMBER:
        count = _COUNT.match(value)
        return str(int(count[1])) if count else value
    if described.vocabulary is not None:
        return described.vocabulary.words(value, codes=True) or value
    return value


@cache
def elements_of(section: Section) -> Mapping[str, Field]:
    """Fields of `section` by the circular's element name."""
    fields = profile(PROFILE).fields(section).values()
    return {field.short: field for field in sorted(fields, key=lambda field: field.number is None, reverse=True)}


@cache
def _by_small_letters(section: Section) -> Mapping[str, str]:
    return {name.casefold(): name for name in (*elements_of(section), *OTHER_NAMES)}


def by_key(section: Section, key: str) -> Field | None:
    """The field `key` of `section`."""
    return profile(PROFILE).field(section, key)


def simple_fields(listed: Sequence[Sequence[Any]], section: Section, own: Iterable[str]) -> Fields:
    """Fields of a `simpledc` document of the circular.

    Args:
        listed: As `metadata.xml.foreign_descriptions` gives them.
        section: The table that describes it.
        own: Those of `OTHER_NAMES` that this kind of package writes.
    """
    found = Fields()
    known, small, right = elements_of(section), _by_small_letters(section), frozenset(own)
    for name, text, *_ in listed:
        if not text:
            continue
        element = name if name in known or name in OTHER_NAMES else small.get(name.casefold(), "")
        if not element:
            found.extra[name] = f"{found.extra[name]}; {nfc(text)}" if name in found.extra else nfc(text)
            found.unknown.append(name)
            continue
        key = known[element].key if element in known else OTHER_NAMES[element]
        if element in known and known[element].number is None and element not in OTHER_NAMES:
            # Real sheets carry such columns; no form of the circular has them.
            found.unknown.append(name)
        if element != name or (element in OTHER_NAMES and element not in right):
            found.renamed.append(name)
        found.put(key, name, known.get(element) or by_key(section, key), text)
    return found
