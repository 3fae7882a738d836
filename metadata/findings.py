"""Findings: what a rule has to say about a submission."""

from __future__ import annotations

from enum import StrEnum, unique

from pydantic import BaseModel, ConfigDict


@unique
class Severity(StrEnum):
    """How much a finding weighs: an error rejects, a warning is told and kept."""

    ERROR = "error"
    WARNING = "warning"


class Finding(BaseModel):
    """One broken rule at one place, with the value as it was written.

    The words come from the rule registry (`metadata.rules`), filled with
    `values`; nothing here is shown to a person without it. For a secret grade
    `values` never holds a title or content (rule of the house 7).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    """Stable rule id such as `ING-020`, listed in docs/rules.md."""

    subject: str = ""
    """The file, field or document that breaks the rule, as the archivist knows it."""

    file: str | None = None
    """The spreadsheet or file in which it stands, relative to the delivery."""

    sheet: str | None = None
    """Name of the worksheet, where one is meant."""

    row: int | None = None
    """Row of the spreadsheet as its program counts it, from 1."""

    column: str | None = None
    """Heading of the column as written in the sheet (or its letter where there is none)."""

    values: dict[str, str] = {}
    """What the message quotes: the value as written, what was expected, the other place …"""
