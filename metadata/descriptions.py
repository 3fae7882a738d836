"""Descriptions as delivered: what a reader found out about dossiers and their documents.

Field keys are the names of the profile table (`metadata.profiles`), for
instance `file_code`, `title`, `issued_date`; the value is normalised (dates
`YYYY-MM-DD`, `YYYY-MM` or `YYYY`; code lists as the Vietnamese words), and the
value as written and its place stay beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from metadata.compact import ByName, InOrder
from metadata.edxml import Exchanged
from metadata.findings import Finding


@unique
class RecordKind(StrEnum):
    """What a row of a delivery describes (văn bản, ảnh, phim/âm thanh)."""

    DOCUMENT = "document"
    PHOTO = "photo"
    MEDIA = "media"


@unique
class RecordStatus(StrEnum):
    """What a dossier of a delivery is to the dossier of the same code that may be stored already (RECORDSTATUS).

    A supplement and a replacement become a further part of the stored dossier: nothing that is stored is
    rewritten or left out, of a replaced document both are kept and the later one is shown first.
    """

    NEW = "new"
    SUPPLEMENT = "supplement"
    """Adds documents, or files to documents that were described without files."""

    REPLACEMENT = "replacement"
    """Documents with the same code or ordinal take the place of the stored ones."""

    TEST = "test"
    """Judged like any other, never stored."""


@unique
class RelationKind(StrEnum):
    """What a document does to an earlier one."""

    REPLACES = "replaces"
    UPDATES = "updates"
    RECALLS = "recalls"


class DocumentRelation(BaseModel):
    """A document says of itself that it replaces, updates or recalls another one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RelationKind

    target: str
    """The other document as it names it: `doc_code`, `doc_id`, packet identifier, number, or `#` and its ordinal."""


class MachineMade(BaseModel):
    """A field that was blank and was filled from a page, because the person who handed in agreed to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """The field; its value stands among the others."""

    file: str
    """The file that was read, as received."""

    page: int
    """From 1."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom as fractions of the page, from the top left."""

    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one field, with the place where it was written.

    No model like the others: a list of 100,000 rows has more than a million of them, and a model weighs ten times
    as much. Models that hold cells validate and write them all the same.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    value: str
    """Normalised value; empty when the cell was empty or not understood."""

    written: str = ""
    """The value as written; a day split over three columns is joined by `/`."""

    row: int | None = None
    """Row of the sheet, from 1."""

    column: str | None = None
    """Heading as written in the sheet."""

    def model_copy(self, *, update: Mapping[str, str | int | None]) -> Cell:
        """This cell with other values, as of a model."""
        return replace(self, **update)  # type: ignore[arg-type]  # the names of the fields, with their types

    def model_dump(self, *, mode: str = "python", exclude_none: bool = False) -> dict[str, str | int | None]:
        """The fields by name, as of a model; they are the same in every mode."""
        del mode
        known = {"value": self.value, "written": self.written, "row": self.row, "column": self.column}
        return {name: value for name, value in known.items() if not exclude_none or value is not None}


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

    relations: tuple[DocumentRelation, ...] = ()
    """Earlier documents that this one replaces, updates or recalls; they may stand in other parts or dossiers."""

    machine_made: tuple[MachineMade, ...] = ()
    """Fields that no person wrote: read from the pages and accepted unseen."""

    @classmethod
    def to_rows(cls, documents: Sequence[DocumentDescription]) -> tuple[CellRows, list[Any]]:
        """As `metadata.compact` packs them."""
        rows: list[Any] = []
        for document in documents:
            rare = document.model_dump(mode="json", include=_RARE, exclude_defaults=True)
            said = (document.source, document.sheet, document.row, document.extra)
            rows.append((document.ordinal, document.kind.value, document.files, *said, rare))
        return cell_rows([document.fields for document in documents]), rows

    @classmethod
    def from_rows(cls, packed: tuple[CellRows, list[Any]]) -> list[DocumentDescription]:
        """What `to_rows` was given: the values are this program's own and are not judged again."""
        fields, rows = packed
        # A copy of one that says nothing is made in a third of the time of `model_construct`.
        return [
            _BLANK.model_copy(
                update={
                    "fields": own,
                    "ordinal": ordinal,
                    "kind": _KINDS[kind],
                    "files": tuple(files),
                    "source": source,
                    "sheet": sheet,
                    "row": row,
                    "extra": extra,
                    **(_seldom(rare) if rare else {}),
                }
            )
            for own, (ordinal, kind, files, source, sheet, row, extra, rare) in zip(cells_of(fields), rows, strict=True)
        ]


CellRows = tuple[list[tuple[str, str, int | None, str | None]], list[list[str]], list[tuple[int, list[int]]]]
"""Cells, each once however many descriptions have it; lists of keys, the same; for each description its numbers."""

_RARE = {"missing_files", "relations", "machine_made"}
_BLANK = DocumentDescription(ordinal=0)
_KINDS = {kind.value: kind for kind in RecordKind}


def cell_rows(described: Iterable[Mapping[str, Cell]]) -> CellRows:
    """The fields of several descriptions, what they have in common written once."""
    cells: dict[tuple[str, str, int | None, str | None], int] = {}
    keys: dict[tuple[str, ...], int] = {}
    rows: list[tuple[int, list[int]]] = []
    for fields in described:
        own = [
            cells.setdefault((cell.value, cell.written, cell.row, cell.column), len(cells)) for cell in fields.values()
        ]
        rows.append((keys.setdefault(tuple(fields), len(keys)), own))
    return list(cells), [list(names) for names in keys], rows


def cells_of(packed: CellRows) -> Iterator[dict[str, Cell]]:
    """What `cell_rows` was given."""
    written, keys, rows = packed
    cells = [Cell(*entry) for entry in written]
    return (dict(zip(keys[names], map(cells.__getitem__, own), strict=True)) for names, own in rows)


def _seldom(packed: Mapping[str, Any]) -> dict[str, Any]:
    """What few documents have, as models again."""
    return {
        "missing_files": tuple(packed.get("missing_files", ())),
        "relations": tuple(DocumentRelation.model_validate(entry) for entry in packed.get("relations", ())),
        "machine_made": tuple(MachineMade.model_validate(entry) for entry in packed.get("machine_made", ())),
    }


class DossierDescription(Description):
    """One dossier (hồ sơ) of a delivery, with its documents in order."""

    file_code: str
    """Code of the dossier as delivered or derived; identifies it within the delivery."""

    record_status: RecordStatus = RecordStatus.NEW
    """Whether it is new, or adds to what is stored under the same code."""

    is_register: bool = False
    """Its documents may be described without files (a register), or there may be none at all (a list of dossiers)."""

    related_package: str = ""
    """Identifier of the package that it adds to or replaces, where the delivery names one; else its code tells."""

    documents: InOrder[DocumentDescription] = ()

    stray_files: tuple[str, ...] = ()
    """Files that no row names, and that name or folder ascribe to this dossier."""

    sources: tuple[str, ...] = ()
    """Metadata files that speak of this dossier alone (messages of the exchange), beside those of the delivery."""

    rows: tuple[SheetRows, ...] = ()
    """The dossier's own rows of the lists, as read."""

    fonds: Description | None = None
    """What a table of fonds beside the list says of its fonds, in the keys of that table (TT 02/2019)."""

    def described(self) -> Iterator[Description]:
        """The dossier itself, then its documents one by one: of many, no more than a few are ever unpacked."""
        yield self
        yield from self.documents


class Claim(BaseModel):
    """What a metadata file of the delivery says of the bytes of another file; compared when these are received."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    """The metadata file (METS.xml, manifest-md5.txt), relative to the delivery."""

    digests: dict[str, str] = {}
    """Hexadecimal in small letters by algorithm, one of `metadata.digests.CLAIMABLE`."""

    size_bytes: int | None = None


class ReceivedContainer(BaseModel):
    """A ZIP or TAR in which a delivery came: its members are the originals, it is kept on record (ADR 0361)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As received."""

    kind: str
    """`zip`, `tar`, `tar.gz`, `tar.bz2`, `tar.xz`, `tar.zst`."""

    files: int
    size_bytes: int
    sha256: str
    sha512: str
    written: dict[str, str] = {}
    """Names of members as written in it, by path, where they are read otherwise (NFC, `/`)."""


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

    claims: ByName[tuple[Claim, ...]] = {}
    """Digests and sizes that the delivery states of its files, by path; the stage `receive` compares them."""

    containers: tuple[ReceivedContainer, ...] = ()
    """Containers that were opened to get at the delivery, the outermost first."""

    exchanged: tuple[Exchanged, ...] = ()
    """Messages of the national document exchange that were delivered: their senders may be answered."""

    ignored: tuple[str, ...] = ()
    """Files that are no part of any delivery: Thumbs.db, .DS_Store, `~$` locks."""

    findings: tuple[Finding, ...] = ()
    """What concerns the whole delivery; an error among them rejects all dossiers."""

    accept_suggestions: bool = False
    """Blanks of documents may be filled with what their pages show, marked as machine-made."""

    dossier_findings: dict[str, tuple[Finding, ...]] = {}
    """Findings of the reader by `file_code`: broken paths, files missing, secrets …"""
