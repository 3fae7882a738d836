"""Use case `show`: one dossier or document with everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.auth.policy import ALL, Scope
from archive.catalogue.holdings import Catalogue, Place
from archive.catalogue.trail import AuditTrail
from archive.services.accesses import Accesses
from archive.services.foreign_history import BEFORE, ForeignEvent, ForeignStory, Parts
from archive.services.later_verdicts import LaterVerdicts
from metadata.codes import document_number, document_title
from metadata.descriptions import Description, DocumentDescription
from metadata.package import FileVerdicts, PackageDocument, PackageFile, PackageRecord
from metadata.rules import as_json
from metadata.succession import Standing, in_order_of_validity, standings

MOST_FOREIGN = 1000
"""Events of former keepers that are shown of a dossier."""


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Looks dossiers and documents up. Every look is recorded first."""

    catalogue: Catalogue
    trail: AuditTrail
    accesses: Accesses
    later: LaterVerdicts
    foreign: Callable[[Parts], ForeignStory]
    """What former keepers tell of a dossier that was taken in from them."""

    def show(self, identifier: str, language: str, *, operator: str) -> list[dict[str, Any]]:
        """All that `identifier` names, as whole records.

        Raises:
            NotFoundError: nothing.
            DatabaseFaultError: the look could not be recorded.
        """
        told: list[dict[str, Any]] = []
        for place in self.catalogue.find(identifier):
            records = self.catalogue.records(place.dossier_id)
            told += [self._told(each, records, language, operator) for each in _versions(place, records, identifier)]
        return told

    def at(self, place: Place, language: str, *, operator: str, within: Scope = ALL) -> dict[str, Any]:
        """The record of one place, without anything of documents that lie outside of `within`.

        Raises:
            NotFoundError: nothing stands there.
            DatabaseFaultError: the look could not be recorded.
        """
        return self.read(place, self.catalogue.records(place.dossier_id), language, operator=operator, within=within)

    def read(
        self, place: Place, records: Sequence[PackageRecord], language: str, *, operator: str, within: Scope = ALL
    ) -> dict[str, Any]:
        """The same of a dossier whose `records` were read already."""
        return self._told(place, records, language, operator, within)

    def _told(
        self, place: Place, records: Sequence[PackageRecord], language: str, operator: str, within: Scope = ALL
    ) -> dict[str, Any]:
        self.accesses.shown(records[0], operator, ordinal=place.ordinal)
        hidden = self.catalogue.hidden_ordinals(place.dossier_id, within=within)
        if place.ordinal is None:
            return without_hidden(self._dossier(records, language), hidden)
        for record in records:
            for document in record.documents:
                if document.ordinal == place.ordinal:
                    return without_hidden(self._document(records, record, document, language), hidden)
        raise LookupError(place)

    def _dossier(self, records: Sequence[PackageRecord], language: str) -> dict[str, Any]:
        first = records[0]
        row, words = self.catalogue.dossier(first.dossier_id), self.catalogue.verdicts(first.dossier_id)
        documents = {document.ordinal: document for record in records for document in record.documents}
        described = _descriptions(records)
        standing = standings(described)
        story = self.foreign(lambda: records)
        return {
            "kind": "dossier",
            **_head(first),
            "status": "archived",
            "stored_at": row["stored_at"],
            "parts": [record.package_id for record in records],
            "additions": [_addition(record, first) for record in records[1:]],
            "metadata": _fields(first.dossier),
            "fonds": _fields(first.fonds) if first.fonds else {},
            "documents": [
                _summary(documents[description.ordinal], words, standing[description.ordinal])
                for description in in_order_of_validity(described)
            ],
            "sources": [_file(file) for record in records for file in record.sources],
            "verdicts": [verdict for record in records for verdict in _verdicts(record.source_verdicts)],
            "findings": [as_json(finding, language) for record in records for finding in record.findings],
            "conversion": conversion_of(records, language),
            "events": self._events(records),
            "foreign_events": [_foreign(event) for event in story.events[:MOST_FOREIGN]],
            "foreign_problems": _foreign_problems(story),
        }

    def _document(
        self, records: Sequence[PackageRecord], record: PackageRecord, document: PackageDocument, language: str
    ) -> dict[str, Any]:
        first = records[0]
        standing = standings(_descriptions(records))[document.ordinal]
        earlier = self.catalogue.earlier_descriptions(first.dossier_id, document.ordinal)
        return {
            "kind": "document",
            **_head(first),
            **_summary(document, self.catalogue.verdicts(first.dossier_id), standing),
            "part": record.package_id,
            "earlier": [{"part": part.package_id, "metadata": _fields(known)} for part, known in earlier],
            "dossier_title": first.dossier.value("title"),
            "metadata": _fields(document.description),
            "files": [_file(file) for file in (*document.originals, *document.renditions, *document.text_files)],
            "texts": [text.model_dump(mode="json") for text in document.texts],
            "verdicts": _verdicts(document.verdicts),
            "conversion": conversion_of([record], language, document.ordinal),
            "verdicts_later": _verdicts(self._later(record, document)),
            "events": self._events_of(record, document),
            "foreign_events": list(_foreign_of(self.foreign(lambda: records), record, document)),
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


_OF_THE_WHOLE = (
    *("sources", "verdicts", "findings", "conversion"),
    *("events", "additions", "foreign_events", "foreign_problems"),
)
"""What speaks of all documents of a dossier at once, so that it cannot be told of some."""


def without_hidden(told: dict[str, Any], hidden: frozenset[int]) -> dict[str, Any]:
    """What is told of a dossier or document, without what it says of the documents `hidden` of the same dossier.

    Nothing says that something was left out: who may not read a document does not learn that there is one.
    """
    if not hidden:
        return told
    shown = dict(told)
    if told["kind"] == "dossier":
        kept = [_unrelated(document, hidden) for document in told["documents"] if document["ordinal"] not in hidden]
        shown |= {"documents": kept} | {name: [] for name in _OF_THE_WHOLE}
        return shown
    own = {file["path"] for file in told["files"]}
    return _unrelated(shown, hidden) | {"events": [_event(event, own) for event in told["events"]]}


def conversion_of(records: Sequence[PackageRecord], language: str, ordinal: int | None = None) -> list[dict[str, Any]]:
    """Losses and doubts of the conversion at intake, of one document or of all; what parts say alike is said once."""
    told: dict[str, dict[str, Any]] = {}
    for notes in (record.conversion for record in records if record.conversion is not None):
        for note in notes.notes:
            if ordinal in (None, note.ordinal):
                told.setdefault(f"{notes.source} {note.model_dump_json()}", notes.told(note, language))
    return list(told.values())


def _foreign(event: ForeignEvent) -> dict[str, Any]:
    """An event of a former keeper, which nobody takes for one of ours."""
    return {"foreign": True, **event.model_dump(mode="json"), "objects": sorted(event.objects)}


def _foreign_problems(story: ForeignStory) -> list[dict[str, str]]:
    """What of the former keepers' metadata is not shown, and why."""
    told = [{"file": file, "detail": why} for file, why in story.problems.items()]
    if len(story.events) > MOST_FOREIGN:
        told.append({"file": "", "detail": f"{MOST_FOREIGN} / {len(story.events)}; export --as aip: {BEFORE}"})
    return told


def _foreign_of(story: ForeignStory, record: PackageRecord, document: PackageDocument) -> Iterator[dict[str, Any]]:
    """Those of one document; what such an event says of others is not told with it."""
    own = {file.path for file in document.originals}
    for event in story.of(record.package_id, first=False):
        shown = {path: package for path, package in event.objects.items() if path in own}
        if shown:
            alone = len(shown) == len(event.objects) and not event.others
            kept = event.model_copy(update={"objects": shown} | ({} if alone else {"detail": "", "others": ()}))
            yield _foreign(kept)


def _unrelated(document: dict[str, Any], hidden: frozenset[int]) -> dict[str, Any]:
    relations = {
        name: [o for o in document[name] if o not in hidden] for name in ("replaces", "replaced_by", "recalled_by")
    }
    return document | relations


def _event(event: Mapping[str, Any], own: set[str]) -> dict[str, Any]:
    """An event of several documents' files says of this one's only that it happened."""
    objects = event.get("objects", {})
    if set(objects) <= own:
        return dict(event)
    return {**event, "detail": "", "objects": {path: role for path, role in objects.items() if path in own}}


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


def _versions(place: Place, records: Sequence[PackageRecord], identifier: str) -> list[Place]:
    """The place; before it what stands in its place now, behind it the earlier documents of the code asked for."""
    if place.ordinal is None:
        return [place]
    described = _descriptions(records)
    standing = standings(described)
    later = _chain(place.ordinal, lambda own: (*standing[own].recalled_by, *standing[own].replaced_by))
    earlier = _chain(place.ordinal, lambda own: standing[own].replaces)
    called = {description.ordinal for description in described if description.value("doc_code") == identifier}
    ordinals = [*later[::-1], *(ordinal for ordinal in earlier[1:] if ordinal in called and ordinal not in later)]
    return [Place(place.dossier_id, ordinal) for ordinal in ordinals]


def _chain(ordinal: int, following: Callable[[int], Sequence[int]]) -> list[int]:
    """`ordinal` and all that follow from it, each once."""
    found: list[int] = []
    waiting = [ordinal]
    while waiting:
        own = waiting.pop()
        if own not in found:
            found.append(own)
            waiting += following(own)
    return found


def _descriptions(records: Sequence[PackageRecord]) -> list[DocumentDescription]:
    """Descriptions of all documents by ordinal; those of later parts come with numbers of their own."""
    found = [document.description for record in records for document in record.documents]
    return sorted(found, key=lambda description: description.ordinal)


def _addition(record: PackageRecord, first: PackageRecord) -> dict[str, Any]:
    """A further part, with what it says otherwise of the dossier than the first one does."""
    said = {key: cell for key, cell in record.dossier.fields.items() if cell.value != first.dossier.value(key)}
    return {
        "package_id": record.package_id,
        "record_status": record.record_status.value,
        "submission_id": record.submission_id,
        "received_at": record.received_at,
        "documents": len(record.documents),
        "metadata": _fields(record.dossier.model_copy(update={"fields": said, "extra": {}})),
    }


def _summary(document: PackageDocument, verdicts: Mapping[int, str], standing: Standing) -> dict[str, Any]:
    description = document.description
    return {
        "ordinal": document.ordinal,
        "no_file": not document.originals,
        "replaces": list(standing.replaces),
        "replaced_by": list(standing.replaced_by),
        "recalled": standing.recalled,
        "recalled_by": list(standing.recalled_by),
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
