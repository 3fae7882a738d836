"""A dossier as TT 02/2019/TT-BNV handed it over: PDF files named by its rule, the fields of its tables as XLSX and XML.

What a later circular says and this one has no field for stands in the remarks
with its name (`metadata.bridge`); every such loss is told with the workbook.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from archive.dissemination.comparing import Comparison
from archive.dissemination.outgoing import ExportKind, Outgoing, Wanted, opener_of
from archive.reports.lists import pages_of
from archive.reports.workbooks import CellKind, SheetColumn, SheetContent, Value, write_workbook
from archive.services.conversion import ConvertedNote, noted
from archive.services.stored_packages import StoredPackages
from metadata.bridge import BRIDGES
from metadata.bridge.conversion import convert
from metadata.bridge.notes import NoteKind
from metadata.dates import from_iso
from metadata.descriptions import Description, DocumentDescription, DossierDescription, RecordKind
from metadata.errors import UsageError
from metadata.package import PackageDocument, PackageFile, PackageRecord
from metadata.package_names import FileNames, extension_of, safe
from metadata.profiles import Field, FieldType, Section, profile
from metadata.time import from_rfc3339, rfc3339
from metadata.xml.tt02 import DeliveredFile, DeliveredRecord, Filled, write_tt02

PROFILE = "02-2019"
WORKBOOK, XML = "muc-luc.xlsx", "muc-luc.xml"
_PDF = "application/pdf"
_ELEMENTS = {
    RecordKind.DOCUMENT: (Section.DOCUMENT, "Document", "Văn bản"),
    RecordKind.PHOTO: (Section.PHOTO, "Photo", "Ảnh"),
    RecordKind.MEDIA: (Section.AUDIO_VIDEO, "Media", "Phim, âm thanh"),
}
_PLACES = frozenset({"path", "file_code", "ordinal"})
_OF_DOSSIER = ("archives_code", "fonds_code", "catalogue", "file_notation")
_NOT_OF_FONDS = frozenset({"language", "description", "archives_time"})
"""Keys that the tables of fonds and of dossiers share and that the dossier's own values fill."""

_TIES = (("file_code", "Mã hồ sơ"), ("ordinal", "Số thứ tự tài liệu"))
_PATH = "Đường dẫn file"
_NARROW, _WIDE, _LONG = 20.0, 60.0, 200


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A file under the name of the circular's rule."""

    name: str
    record: PackageRecord
    file: PackageFile


@dataclass(frozen=True, slots=True)
class _Row:
    """A document as the old circular describes it."""

    description: DocumentDescription
    document: PackageDocument
    files: tuple[_Leaving, ...]

    @property
    def paths(self) -> str:
        return "; ".join(leaving.name for leaving in self.files)


@dataclass(slots=True)
class _Delivery:
    """The dossier with all its parts, converted."""

    file_code: str
    dossier: Description
    created_at: str
    """When the last of its packages was made."""

    rows: list[_Row] = field(default_factory=list)
    notes: list[ConvertedNote] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Makes such deliveries."""

    stored: StoredPackages
    scratch: Path

    def outgoing(self, wanted: Wanted) -> Iterator[Outgoing]:
        """XML, workbook and files of a dossier, all its parts in one; of a document: the dossier in which it stands.

        Raises:
            UsageError: another kind than `sip` is wanted.
            PackageBrokenError: bytes that left are not what the package says; nothing is given then.
        """
        if wanted.kind is not ExportKind.SIP or wanted.options.request:
            msg = f"--profile tt02 goes with --as {ExportKind.SIP.value}"
            raise UsageError(msg)
        delivery = _converted(list(wanted.parts()))
        comparison = Comparison()
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            book, xml = Path(folder) / WORKBOOK, Path(folder) / XML
            # Its time is the packages' own: taken out twice it is one delivery, which is told when it is handed in.
            created = from_rfc3339(delivery.created_at)
            write_workbook(book, _sheets(delivery), created=created, title=profile(PROFILE).titles["vi"])
            with xml.open("wb") as stream:
                _write_xml(stream, delivery, rfc3339(created))
            yield Outgoing(wanted.inside(WORKBOOK), opener_of(book), _told(delivery))
            yield Outgoing(wanted.inside(XML), opener_of(xml))
            for row in delivery.rows:
                for leaving in row.files:
                    file = leaving.file
                    more = {"document": row.document.ordinal, "original": file.original_name}
                    opener = partial(self.stored.open, leaving.record, file)
                    compare = comparison.of(file.path, file.sha256, file.size_bytes)
                    yield Outgoing(wanted.inside(leaving.name), opener, more, compare)
        comparison.require_same()


# ---------------------------------------------------------------- converting


def _converted(records: Sequence[PackageRecord]) -> _Delivery:
    head = records[0]
    names = FileNames(head.file_code)
    delivery = _Delivery(head.file_code, head.dossier, max(record.created_at for record in records))
    for record in records:
        told = {name: getattr(record.dossier, name) for name in Description.model_fields}
        documents = tuple(document.description for document in record.documents)
        described = DossierDescription(**told, file_code=head.file_code, documents=documents)
        if (record.profile, PROFILE) in BRIDGES:
            found = convert(described, source=record.profile, target=PROFILE)
            described = found.dossier
            delivery.notes += [n for n in noted(found.notes) if n.ordinal is not None or record is head]
        if record is head:
            delivery.dossier = described
        for description, document in zip(described.documents, record.documents, strict=True):
            leaving = tuple(_files(names, record, document))
            delivery.rows.append(_Row(description, document, leaving))
    delivery.rows.sort(key=lambda row: row.document.ordinal)
    return delivery


def _files(names: FileNames, record: PackageRecord, document: PackageDocument) -> Iterator[_Leaving]:
    """Each original under the rule's name; of one that is no PDF its PDF/A goes along, for the circular wants PDF.

    Source: TT 02/2019/TT-BNV: `{mã hồ sơ}.{số thứ tự}.pdf`.
    """
    made = {file.derived_from: file for file in document.renditions}
    parts = len(document.originals)
    for part, original in enumerate(document.originals, start=1):
        stem = names.stem(document.ordinal, part, parts)
        yield _Leaving(stem + (extension_of(original.original_name) or extension_of(original.path)), record, original)
        rendition = made.get(original.path)
        if rendition is not None and original.mime != _PDF:
            yield _Leaving(f"{stem}.pdf", record, rendition)


def _told(delivery: _Delivery) -> dict[str, object]:
    """What the line of the workbook says: counts, and every loss and doubt with its rule."""
    code = safe(delivery.file_code, "HS")
    return {
        "documents": len(delivery.rows),
        "losses": sum(1 for note in delivery.notes if note.kind is NoteKind.LOSS),
        "notes": [
            {
                "rule": note.rule,
                "kind": note.kind.value,
                "document": note.ordinal,
                "field": note.key,
                "value": note.value,
                "became": note.became,
                "messages": note.messages,
            }
            for note in delivery.notes
        ],
        **({"named": code} if code != delivery.file_code else {}),
    }


# ---------------------------------------------------------------- values


def _value(description: Description, row: Field) -> str:
    """A value in the words of TT 02/2019 practice, days as dd/mm/yyyy; what was not understood as it was written."""
    value = description.value(row.key)
    if not value:
        return description.written(row.key)
    if row.type is FieldType.DATE:
        day = from_iso(value)
        return day.vietnamese() if day else value
    entry = row.vocabulary.entry(value, codes=False) if row.vocabulary else None
    return entry.legacy if entry else value


def _fonds(delivery: _Delivery) -> list[tuple[Field, str]]:
    fields = profile(PROFILE).fields(Section.FONDS).values()
    return [(row, "" if row.key in _NOT_OF_FONDS else _value(delivery.dossier, row)) for row in fields]


def _dossier(delivery: _Delivery) -> list[tuple[Field, str]]:
    own = {"file_code": delivery.file_code, "total_doc": str(len(delivery.rows))}
    rows = _used(Section.DOSSIER, [delivery.dossier])
    return [(row, _value(delivery.dossier, row) or own.get(row.key, "")) for row in rows]


def _record(delivery: _Delivery, section: Section, row: _Row, used: Sequence[Field]) -> list[tuple[Field, str]]:
    pages = pages_of(row.document) if section is Section.DOCUMENT else None
    own = {key: delivery.dossier.value(key) for key in _OF_DOSSIER}
    own |= {"file_code": delivery.file_code, "page_amount": str(pages or "")}
    fixed = {"ordinal": str(row.document.ordinal)}
    return [(f, fixed.get(f.key) or _value(row.description, f) or own.get(f.key, "")) for f in used]


def _used(section: Section, descriptions: Sequence[Description]) -> list[Field]:
    """The circular's table, and further columns that anything fills; where the files lie is a column of its own.

    These are columns of practice; in rows of pictures and recordings those of the documents' table too.
    """
    fields = dict(profile(PROFILE).fields(section))
    own = {row.key for row in fields.values() if row.number}
    if section in {Section.PHOTO, Section.AUDIO_VIDEO}:
        fields = {**profile(PROFILE).fields(Section.DOCUMENT), **fields}
    filled = {key for d in descriptions for key, cell in d.fields.items() if cell.value or cell.written}
    table = [row for key, row in fields.items() if key in own]
    return table + [row for key, row in fields.items() if key not in own and key in filled - _PLACES]


def _extras(descriptions: Sequence[Description]) -> list[str]:
    return list(dict.fromkeys(heading for description in descriptions for heading in description.extra))


# ---------------------------------------------------------------- workbook and XML


def _sheets(delivery: _Delivery) -> Iterator[SheetContent]:
    filled = _dossier(delivery)
    extras = _extras([delivery.dossier])
    columns = [_column(row) for row, _ in filled] + [SheetColumn(heading, _NARROW) for heading in extras]
    values: list[Value] = [*(value for _, value in filled), *(delivery.dossier.extra[heading] for heading in extras)]
    yield SheetContent("Hồ sơ", columns, iter([values]))
    for kind, (section, _, name) in _ELEMENTS.items():
        rows = [row for row in delivery.rows if row.description.kind is kind]
        if rows:
            yield _sheet(delivery, section, name, rows)
    fonds = _fonds(delivery)
    values = [value for _, value in fonds]
    yield SheetContent("Phông", [_column(row) for row, _ in fonds], iter([values]))


def _sheet(delivery: _Delivery, section: Section, name: str, rows: Sequence[_Row]) -> SheetContent:
    descriptions = [row.description for row in rows]
    used, extras = _used(section, descriptions), _extras(descriptions)
    ties = [(key, label) for key, label in _TIES if key not in {row.key for row in used}]
    columns = [SheetColumn(label, _NARROW) for _, label in ties] + [_column(row) for row in used]
    columns += [SheetColumn(heading, _NARROW) for heading in extras] + [SheetColumn(_PATH, _WIDE)]

    def lines() -> Iterator[list[Value]]:
        for row in rows:
            tied = {"file_code": delivery.file_code, "ordinal": str(row.document.ordinal)}
            values = [value for _, value in _record(delivery, section, row, used)]
            more = [row.description.extra.get(heading, "") for heading in extras]
            yield [*(tied[key] for key, _ in ties), *values, *more, row.paths]

    return SheetContent(name, columns, lines(), frozen_columns=len(ties))


def _column(row: Field) -> SheetColumn:
    return SheetColumn(row.vi, _WIDE if (row.length or 0) > _LONG else _NARROW, CellKind.TEXT)


def _write_xml(stream: BinaryIO, delivery: _Delivery, made_at: str) -> None:
    def records() -> Iterator[DeliveredRecord]:
        used = {
            section: _used(section, [r.description for r in delivery.rows if r.description.kind is kind])
            for kind, (section, _, _) in _ELEMENTS.items()
        }
        for row in delivery.rows:
            section, element, _ = _ELEMENTS[row.description.kind]
            files = [DeliveredFile(f.name, f.file.sha256, f.file.size_bytes) for f in row.files]
            filled = _said(_record(delivery, section, row, used[section]))
            yield DeliveredRecord(element, filled, files, row.description.extra)

    dossier = DeliveredRecord("File", _said(_dossier(delivery)), extra=delivery.dossier.extra)
    write_tt02(stream, fonds=_said(_fonds(delivery)), dossier=dossier, records=records(), made_at=made_at)


def _said(fields: Sequence[tuple[Field, str]]) -> Filled:
    """Fields that say something: an empty element would only claim that somebody asked."""
    return [(row, value) for row, value in fields if value]
