"""Descriptions of fonds by the table of TT 02/2019 (13 fields), as a delivery brings them: judged, never refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata.descriptions import Description
from metadata.findings import Finding
from metadata.profiles import Field, FieldType, Required, Section, profile

PROFILE = "02-2019"
"""The one circular that has a table of fonds."""

_NUMBER = re.compile(r"^(\d+(?:[.,]\d+)*)(?:\s+[^\d\s]+)*\.?$")
"""Digits with separators, and the unit behind them: `1.250 trang`, `12,5 mét giá`."""


def field_findings(row: Description) -> Iterator[Finding]:
    """What the fields of `row` break: too long, no number, blank though implementers ask for it. Warnings only."""
    for key, field in profile(PROFILE).fields(Section.FONDS).items():
        cell = row.fields.get(key)
        if cell is None:
            if field.required is Required.IMPLEMENTATION:
                yield _finding("MET-002", row, field, rows=str(row.row or ""))
            continue
        number = _NUMBER.match(cell.value) if field.type is FieldType.NUMBER else None
        if field.type is FieldType.NUMBER and number is None:
            yield _finding("MET-011", row, field)
            continue
        # The unit behind a number is none of its digits.
        letters = len(number[1] if number else cell.value)
        if field.length and letters > field.length:
            yield _finding("MET-010", row, field, actual=str(letters), length=str(field.length))


def named(row: Description) -> str:
    """By what people know the fonds."""
    return row.value("fonds_code") or row.value("fonds_name")


def told_by(row: Description, key: str, rule: str, **values: str) -> Finding:
    """A finding on one field of `row`, with its place."""
    cell = row.fields.get(key)
    written = {"written": cell.written} if cell else {}
    return Finding(
        rule=rule,
        subject=named(row),
        file=row.source,
        sheet=row.sheet,
        row=row.row,
        column=cell.column if cell else None,
        values={**written, **values},
    )


def _finding(rule: str, row: Description, field: Field, **values: str) -> Finding:
    return told_by(row, field.key, rule, field=field.vi, field_en=field.en, **values)
