"""Descriptions as delivered: what a reader found out about dossiers and their documents.

Field keys are the names of the profile table (`metadata.profiles`), for
instance `file_code`, `title`, `issued_date`; the value is normalised (dates
`YYYY-MM-DD`, `YYYY-MM` or `YYYY`; code lists as the Vietnamese words), and the
value as written and its place stay beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique

from pydantic import BaseModel, ConfigDict

from metadata.findings import Finding


@unique
class RecordKind(StrEnum):
    """What a row of a delivery describes (văn bản, ảnh, phim/âm thanh)."""

    DOCUMENT = "document"
    PHOTO = "photo"
    MEDIA = "media"


class Cell(BaseModel):
    """One value of one field, with the place where it was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str
    """Normalised value; empty when the cell was empty or not understood."""

    written: str = ""
    """The value as written; a day split over three columns is joined by `/`."""

    row: int | None = None
    """Row of the sheet, from 1."""

    column: str | None = None
    """Heading as written in the sheet."""


class Description(BaseModel):
    """Fields of one dossier or one document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: dict[str, Cell] = {}
    """Known fields by the key of the profile table."""

    extra: dict[str, str] = {}
    """Columns that no profile knows, by heading: kept, searchable, never an error."""

    source: str | None = None
    """Spreadsheet in which the row stands, relative to the delivery."""

    sheet: str | None = None
    """Worksheet in which the row stands."""

    row: int | None = None
    """Row of the sheet, from 1."""

    def value(self, key: str) -> str:
        """The normalised value of field `key`, empty where there is none."""
        cell = self.fields.get(key)
        return cell.value if cell else ""

    def written(self, key: str) -> str:
        """The value of field `key` as written, empty where there is none."""
        cell = self.fields.get(key)
        return cell.written if cell else ""

    def values(self) -> Mapping[str, str]:
        """All fields that have a normalised value."""
        return {key: cell.value for key, cell in self.fields.items() if cell.value}


class SheetRows(BaseModel):
    """The rows of one worksheet that speak of one dossier, cell by cell, with the lines of headings over them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Spreadsheet, relative to the delivery."""

    sheet: str | None = None
    headings: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """Number of the row from 1, and its cells from column A on."""

    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()


class DocumentDescription(Description):
    """One row of a delivery: a document of the dossier, with the files that it names."""

    ordinal: int
    """Number in the dossier as delivered; order of rows from 1 where that is missing or doubled."""

    kind: RecordKind = RecordKind.DOCUMENT

    files: tuple[str, ...] = ()
    """Paths of its files, relative to the delivery, `/` between segments, exactly as on disk."""

    missing_files: tuple[str, ...] = ()
    """Paths that the row names and that are not in the delivery, as written."""


class DossierDescription(Description):
    """One dossier (hồ sơ) of a delivery, with its documents in order."""

    file_code: str
    """Code of the dossier as delivered or derived; identifies it within the delivery."""

    documents: tuple[DocumentDescription, ...] = ()

    stray_files: tuple[str, ...] = ()
    """Files that no row names, and that name or folder ascribe to this dossier."""

    rows: tuple[SheetRows, ...] = ()
    """The dossier's own rows of the lists, as read."""


class Delivery(BaseModel):
    """What a reader found in a delivery: dossiers, source metadata, and what is wrong with the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reader: str
    """Name of the reader, such as `folder`."""

    profile: str
    """Profile of the headings: `02-2019` or `05-2025`."""

    root: str
    """Absolute path of the delivery's folder. File paths are relative to it."""

    dossiers: tuple[DossierDescription, ...] = ()

    other_dossiers: int = 0
    """How many more the lists describe than are given here: a job knows one dossier of many."""

    sources: tuple[str, ...] = ()
    """Metadata files exactly as received (spreadsheets), relative to the delivery."""

    ignored: tuple[str, ...] = ()
    """Files that are no part of any delivery: Thumbs.db, .DS_Store, `~$` locks."""

    findings: tuple[Finding, ...] = ()
    """What concerns the whole delivery; an error among them rejects all dossiers."""

    dossier_findings: dict[str, tuple[Finding, ...]] = {}
    """Findings of the reader by `file_code`: broken paths, files missing, secrets …"""
