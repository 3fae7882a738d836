"""Use case `show`: one dossier or document with everything that is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.catalogue.holdings import Catalogue, Place
from archive.catalogue.trail import AuditTrail
from archive.services.accesses import Accesses
from archive.services.later_verdicts import LaterVerdicts
from metadata.codes import document_number, document_title
from metadata.descriptions import Description
from metadata.package import FileVerdicts, PackageDocument, PackageFile, PackageRecord
from metadata.rules import as_json


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Looks dossiers and documents up. Every look is recorded first."""

    catalogue: Catalogue
    trail: AuditTrail
    accesses: Accesses
    later: LaterVerdicts

    def show(self, identifier: str, language: str, *, operator: str) -> list[dict[str, Any]]:
        """All that `identifier` names, as whole records.

        Raises:
            NotFoundError: nothing.
            DatabaseFaultError: the look could not be recorded.
        """
        return [self.at(place, language, operator=operator) for place in self.catalogue.find(identifier)]

    def at(self, place: Place, language: str, *, operator: str) -> dict[str, Any]:
        """The record of one place.

        Raises:
            NotFoundError: nothing stands there.
            DatabaseFaultError: the look could not be recorded.
        """
        records = self.catalogue.records(place.dossier_id)
        self.accesses.shown(records[0], operator, ordinal=place.ordinal)
        if place.ordinal is None:
            return self._dossier(records, language)
        for record in records:
            for document in record.documents:
                if document.ordinal == place.ordinal:
                    return self._document(records[0], record, document)
        raise LookupError(place)

    def _dossier(self, records: Sequence[PackageRecord], language: str) -> dict[str, Any]:
        first = records[0]
        row, words = self.catalogue.dossier(first.dossier_id), self.catalogue.verdicts(first.dossier_id)
        return {
            "kind": "dossier",
            **_head(first),
            "status": "archived",
            "stored_at": row["stored_at"],
            "parts": [record.package_id for record in records],
            "metadata": _fields(first.dossier),
            "documents": [_summary(document, words) for record in records for document in record.documents],
            "sources": [_file(file) for record in records for file in record.sources],
            "findings": [as_json(finding, language) for finding in first.findings],
            "events": self._events(records),
        }

    def _document(self, first: PackageRecord, record: PackageRecord, document: PackageDocument) -> dict[str, Any]:
        return {
            "kind": "document",
            **_head(first),
            **_summary(document, self.catalogue.verdicts(first.dossier_id)),
            "part": record.package_id,
            "dossier_title": first.dossier.value("title"),
            "metadata": _fields(document.description),
            "files": [_file(file) for file in (*document.originals, *document.renditions, *document.text_files)],
            "texts": [text.model_dump(mode="json") for text in document.texts],
            "verdicts": _verdicts(document.verdicts),
            "verdicts_later": _verdicts(self._later(record, document)),
            "events": self._events_of(record, document),
        }

    def _later(self, record: PackageRecord, document: PackageDocument) -> Sequence[FileVerdicts]:
        """The newest verdicts where files were judged again after they were stored."""
        paths = {entry.path for entry in document.verdicts}
        return [entry for path, entry in sorted(self.later.latest(record).items()) if path in paths] if paths else []

    def _events(self, records: Sequence[PackageRecord]) -> list[Mapping[str, Any]]:
        premis = [event.model_dump(mode="json") for record in records for event in record.events]
        return sorted(premis + self.trail.of([record.package_id for record in records]), key=lambda event: event["at"])

    def _events_of(self, record: PackageRecord, document: PackageDocument) -> list[Mapping[str, Any]]:
        paths = {file.path for file in (*document.originals, *document.renditions, *document.text_files)}
        found = [event for event in record.events if any(event.concerns(path) for path in paths)]
        return [event.model_dump(mode="json") for event in sorted(found, key=lambda event: event.at)]


def _head(record: PackageRecord) -> dict[str, Any]:
    return {
        "package_id": record.dossier_id,
        "file_code": record.file_code,
        "agency": record.agency,
        "submission_id": record.submission_id,
        "received_at": record.received_at,
        "approval": record.approval.model_dump(mode="json") if record.approval else None,
        "profile": record.profile,
        "format_version": record.format_version,
    }


def _verdicts(entries: Sequence[FileVerdicts]) -> list[dict[str, Any]]:
    return [
        {"path": entry.path, "sha256": entry.sha256, "trust_set": entry.trust_set} | verdict.model_dump(mode="json")
        for entry in entries
        for verdict in entry.verdicts
    ]


def _summary(document: PackageDocument, verdicts: Mapping[int, str]) -> dict[str, Any]:
    description = document.description
    return {
        "ordinal": document.ordinal,
        "doc_code": description.value("doc_code"),
        "record_kind": description.kind.value,
        "title": document_title(description),
        "number": document_number(description),
        "type_name": description.value("type_name"),
        "organ_name": description.value("organ_name"),
        "issued_date": description.value("issued_date"),
        "pages": sum(text.pages for text in document.texts),
        "verdict": verdicts.get(document.ordinal, ""),
    }


def _fields(description: Description) -> dict[str, Any]:
    return {key: cell.model_dump(mode="json", exclude_none=True) for key, cell in description.fields.items()} | (
        {"extra": description.extra} if description.extra else {}
    )


def _file(file: PackageFile) -> dict[str, Any]:
    return file.model_dump(mode="json")
