"""Makes a `PackageRecord` from the bytes of a package: the only way into the catalogue."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metadata.bridge.kept import CONVERSION, ConversionNotes, read_conversion
from metadata.formats import by_puid
from metadata.package import (
    Approval,
    FileVerdicts,
    PackageBrokenError,
    PackageDocument,
    PackageEvent,
    PackageFile,
    PackageRecord,
    Representation,
    TextSummary,
)
from metadata.package_contents import RECEIPT, RECORD, ROOT, SOURCES, Contents, OpenFile, open_contents
from metadata.receipts import Receipt, read_receipt
from metadata.rules import errors_of
from metadata.time import rfc3339
from metadata.xml.mets import Mets, MetsAgent
from metadata.xml.record import Record, RecordedDocument, read_record

VERDICTS = "metadata/other/signatures/"
TRANSCRIPTION = "transcription"
METADATA_MODIFICATION = "metadata modification"
CORRECTION = "correction"
"""In the detail of an event of a text: what a person did to one page of it (`metadata.text_events`)."""

ACCESSION = "accession"


def read_package(open_file: OpenFile, paths: Collection[str], package_id: str | None = None) -> PackageRecord:
    """Read a package's own description of itself.

    Metadata files are compared with METS as they are read; originals,
    renditions and texts are not opened (`check_package` reads every byte).

    Args:
        open_file: Opens a file of the package; what it raises goes through.
        paths: All files of the package.
        package_id: UUID under which the package is kept, where that is known.

    Raises:
        PackageBrokenError: it is not what it was when it was made; every broken rule is in `findings`.
    """
    contents = open_contents(open_file, paths, package_id)
    record, receipt = _record(contents), _receipt(contents)
    verdicts, conversion = dict(_verdicts(contents)), _conversion(contents)
    broken = errors_of(tuple(contents.findings))
    if broken or contents.root is None or record is None:
        raise PackageBrokenError(broken)
    try:
        found = _assembled(contents, contents.root, record, receipt, verdicts)
        return found.model_copy(update={"conversion": conversion}) if conversion else found
    except (ValueError, LookupError) as error:
        # Every file is what METS says, so METS itself was altered, or names what is not there.
        contents.broken("PKG-005", ROOT, detail=str(error)[:300])
        raise PackageBrokenError(errors_of(tuple(contents.findings))) from error


def _record(contents: Contents) -> Record | None:
    with contents.reading(RECORD) as stream:
        if stream is not None:
            return read_record(stream)
    return None


def _receipt(contents: Contents) -> Receipt | None:
    with contents.reading(RECEIPT) as stream:
        if stream is not None:
            return read_receipt(stream.read())
    return None


def _conversion(contents: Contents) -> ConversionNotes | None:
    """Absent in packages of earlier forms, and where nothing was lost or doubtful."""
    if CONVERSION not in contents.kinds:
        return None
    with contents.reading(CONVERSION) as stream:
        if stream is not None:
            return read_conversion(stream.read())
    return None


def _verdicts(contents: Contents) -> Iterator[tuple[str, FileVerdicts]]:
    for path in sorted(path for path in contents.kinds if path.startswith(VERDICTS)):
        with contents.reading(path) as stream:
            if stream is not None:
                found = FileVerdicts.model_validate_json(stream.read())
                yield found.path, found


def _assembled(
    contents: Contents, root: Mets, record: Record, receipt: Receipt | None, verdicts: dict[str, FileVerdicts]
) -> PackageRecord:
    files = {file.path: file for file in _files(contents, record)}
    made: defaultdict[str, list[PackageFile]] = defaultdict(list)
    for file in files.values():
        if file.derived_from:
            made[file.derived_from].append(file)
    parts = _Parts(files, made, dict(_texts(contents.events)), verdicts)
    software = _agent(root, "CREATOR")
    agency = _agent(root, "ARCHIVIST")
    sources = tuple(file for file in files.values() if file.representation is Representation.SOURCE)
    alternatives = dict(root.alternatives)
    related = alternatives.get("relatedPackage", "").removeprefix("urn:uuid:")
    return PackageRecord(
        package_id=contents.package_id,
        dossier_id=related or contents.package_id,
        part=record.part,
        parts=record.parts,
        record_status=record.status,
        format_version=contents.format_version,
        program_version=software.note.partition(";")[0].strip(),
        created_at=rfc3339(datetime.fromisoformat(root.created)),
        received_at=receipt.received_at if receipt else "",
        submission_id=alternatives.get("SUBMISSIONAGREEMENT", ""),
        fingerprint=record.fingerprint,
        agency=agency.note,
        agency_name="" if agency.name == agency.note else agency.name,
        approval=_approval(contents),
        submitted_by=receipt.submitted_by if receipt else "",
        reader=record.reader,
        profile=record.profile,
        file_code=record.file_code,
        dossier=record.dossier,
        fonds=record.fonds,
        documents=tuple(parts.document(recorded) for recorded in record.documents),
        sources=sources,
        source_verdicts=tuple(verdicts[file.path] for file in sources if file.path in verdicts),
        findings=receipt.findings if receipt else (),
        events=tuple(contents.events),
        agents=tuple(contents.agents.values()),
        receipt=receipt,
    )


def _agent(root: Mets, role: str) -> MetsAgent:
    empty = MetsAgent("", role, "", "", "")
    return next((agent for agent in root.agents if agent.role == role), empty)


def _files(contents: Contents, record: Record) -> Iterator[PackageFile]:
    places = {
        file.path: (document.description.ordinal, file.part) for document in record.documents for file in document.files
    }
    for path, known in contents.objects.items():
        derived = known.source.object_id if known.source else None
        ordinal, part = places.get(derived or path, (None, 1))
        entry = contents.listed.get(path)
        yield PackageFile(
            path=path,
            original_name=known.original_name or (contents.objects[derived].original_name if derived else ""),
            representation=_representation(path),
            sha256=known.sha256,
            sha512=known.sha512,
            size_bytes=known.size_bytes,
            mime=entry.mime if entry else _mime(known.puid),
            puid=known.puid,
            format_name=known.format_name,
            format_version=known.format_version,
            ordinal=ordinal,
            part=part,
            derived_from=derived,
            conversion=entry.conversion if entry else None,
            held=entry is None,
        )


def _mime(puid: str) -> str:
    known = by_puid(puid)
    return known.mime if known else "application/octet-stream"


def _representation(path: str) -> Representation:
    if path.startswith(SOURCES):
        return Representation.SOURCE
    return Representation(path.split("/")[1])


def _texts(events: list[PackageEvent]) -> Iterator[tuple[str, TextSummary]]:
    """What each event says of the text that it left behind; the last one of a file tells how it is now."""
    for event in events:
        of_text = event.type == TRANSCRIPTION or (
            event.type == METADATA_MODIFICATION and f'"{CORRECTION}"' in event.detail
        )
        if not of_text or not event.detail:
            continue
        said: dict[str, Any] = json.loads(event.detail)
        said.pop(CORRECTION, None)
        for path, role in event.objects.items():
            if role == "outcome":
                yield path, TextSummary.model_validate({"path": path, **said})


def _approval(contents: Contents) -> Approval | None:
    event = next((event for event in contents.events if event.type == ACCESSION), None)
    if event is None:
        return None
    person = next((contents.agents[agent].name for agent, role in event.agents.items() if role == "authorizer"), "")
    return Approval(by=person, at=event.at, mode=event.detail or "same")


@dataclass(frozen=True, slots=True)
class _Parts:
    files: Mapping[str, PackageFile]
    made: Mapping[str, list[PackageFile]]
    """Made files by the original they were made from."""

    texts: Mapping[str, TextSummary]
    verdicts: Mapping[str, FileVerdicts]

    def document(self, recorded: RecordedDocument) -> PackageDocument:
        originals = tuple(self.files[file.path] for file in recorded.files)
        made = tuple(file for original in originals for file in self.made.get(original.path, ()))
        text_files = tuple(file for file in made if file.representation is Representation.TEXT)
        return PackageDocument(
            description=recorded.description,
            originals=originals,
            renditions=tuple(file for file in made if file.representation is Representation.RENDITION),
            text_files=text_files,
            texts=tuple(self.texts[file.path] for file in text_files if file.path in self.texts),
            verdicts=tuple(self.verdicts[file.path] for file in originals if file.path in self.verdicts),
        )
