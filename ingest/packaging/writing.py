"""Writes the metadata of one part: EAD, record, PREMIS, verdicts, receipt, schemas, METS, in this order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ingest.facts import Adds, Approved, Judged, LeantOn, Received, Rendition, Renditions, Texts, Tool, Validated
from ingest.packaging import provenance
from ingest.packaging.folder import PartFolder
from ingest.packaging.held import ROWS, rows_document
from ingest.packaging.parts import ORIGINALS, RENDITIONS, TEXTS, Part
from ingest.packaging.provenance import ArchiveBody, PartProvenance, Provenance
from ingest.packaging.structure import PREMIS_PATH, Heading, Structure
from ingest.work import WorkItem
from metadata.bridge.conversion import IN_FORCE, in_force
from metadata.bridge.kept import CONVERSION, ConversionNotes, conversion_json, counts_of, kept
from metadata.descriptions import Description
from metadata.extraction.acceptance import with_remark
from metadata.findings import Finding
from metadata.package import Conversion, FileVerdicts, PackageEvent
from metadata.package_contents import RECEIPT, RECEIPT_PAGE, RECORD, ROOT
from metadata.profiles.packages import PackageKind, packages
from metadata.receipts import Receipt, ReceivedEntry, receipt_html, receipt_json
from metadata.validation_lots import is_loose
from metadata.xml import ead, schemas
from metadata.xml.mets import write_mets
from metadata.xml.premis import PremisObject, write_premis
from metadata.xml.record import Record, RecordedDocument, RecordFile, write_record

_SCHEMA_NAMES = ("METS.xsd", "xlink.xsd", "DILCISExtensionMETS.xsd", "DILCISExtensionSIPMETS.xsd")
_LONGEST_REMARK = 500
"""Letters of a document's `description` (TT 05/2025)."""

_EAD_NAMES = ("EAD.xsd", "EAD_doc.xsd", "EAD_pic.xsd", "EAD_media.xsd")


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes the package, and for whom."""

    program: Tool
    archive: ArchiveBody
    agency_name: str
    created_at: str
    """RFC 3339, UTC."""

    time_source: str


class PartWriter:
    """Writes one part into its folder."""

    def __init__(self, item: WorkItem, part: Part, maker: Maker, folder: PartFolder) -> None:
        self._item = item
        self._part = part
        self._maker = maker
        self._folder = folder
        # Loose documents are described by a form of their own (AIP_tailieu).
        self._kind = PackageKind.AIP_LOOSE if is_loose(item.dossier) else PackageKind.AIP_DOSSIER
        self._heading = Heading(
            program_version=maker.program.version,
            program=maker.program.name,
            archive=maker.archive,
            agency=(item.agency, maker.agency_name),
            created_at=maker.created_at,
            references=(("SUBMISSIONAGREEMENT", item.submission_id), ("REFERENCECODE", item.dossier.file_code)),
            content=packages()[self._kind].type,
        )
        self._mimes: dict[str, str] = {}
        self._conversions: dict[str, Conversion] = {}
        self._notes = ConversionNotes(source=item.delivery.profile, target=IN_FORCE)

    def write(self) -> None:
        """Write everything."""
        self._place_files()
        self._descriptions()
        self._verdicts()
        events = Provenance(
            self._item,
            self._part,
            program=self._maker.program,
            archive=self._maker.archive,
            created_at=self._maker.created_at,
            conversion=self._notes,
        ).all()
        self._receipt()
        self._schemas()
        self._representations(events)
        self._root(events)

    def _place_files(self) -> None:
        for file in (*self._part.sources, *self._part.originals()):
            if file.held:
                self._folder.hold(file.path, file.received.stored)
                rows = rows_document(file.received, self._item.dossier.rows)
                self._folder.write(f"{file.path}{ROWS}", rows)
                continue
            self._folder.place(file.path, file.received.stored)
            self._mimes[file.path] = file.format.mime
            if file.rendition and not file.rendition.path:
                self._conversions[file.path] = conversion_of(file.rendition)
            if file.rendition and file.rendition.path:
                self._folder.place(file.rendition_path, file.rendition.path)
                self._mimes[file.rendition_path] = "application/pdf"
                self._conversions[file.rendition_path] = conversion_of(file.rendition)
            if file.text:
                self._folder.place(file.text_path, file.text.jsonl)

    def _descriptions(self) -> None:
        item, part, code = self._item, self._part, self._maker.archive.code
        described = tuple(document.description for document in part.documents)
        # One bridge for what comes in and for holdings that are converted: EAD speaks by the circular in force,
        # the record says to the letter what was delivered.
        made = in_force(item.dossier.model_copy(update={"documents": described}), item.delivery.profile)
        bridged, self._notes = made.dossier, kept(made.notes, item.delivery.profile, IN_FORCE)
        if self._notes.notes:
            self._folder.write(CONVERSION, conversion_json(self._notes))
        with self._folder.writing("metadata/descriptive/EAD.xml") as stream:
            whole = bridged.model_copy(update={"documents": item.dossier.documents})
            ead.write_ead(stream, ead.dossier_fields(whole, code, self._kind))
        for document in bridged.documents:
            form = ead.FORMS[document.kind]
            name = f"{form}_{document.ordinal:03d}.xml"
            fields = ead.document_fields(with_remark(document, _LONGEST_REMARK), item.dossier.file_code, code, IN_FORCE)
            with self._folder.writing(f"{ORIGINALS}metadata/descriptive/{name}") as stream:
                ead.write_ead(stream, fields)
        with self._folder.writing(RECORD) as stream:
            write_record(stream, self._record())

    def _record(self) -> Record:
        item, part = self._item, self._part
        dossier = item.dossier
        return Record(
            reader=item.delivery.reader,
            profile=item.delivery.profile,
            fingerprint=item.fact(Received).fingerprint,
            file_code=dossier.file_code,
            part=part.number,
            parts=part.count,
            status=part.status,
            dossier=Description(**{name: getattr(dossier, name) for name in Description.model_fields}),
            documents=[
                RecordedDocument(
                    document.description,
                    tuple(RecordFile(file.received.path, file.path, file.received.part) for file in document.files),
                )
                for document in part.documents
            ],
            stray_files=dossier.stray_files,
            fonds=dossier.fonds,
        )

    def _verdicts(self) -> None:
        judged = self._item.fact(Judged)
        for file in (*self._part.sources, *self._part.originals()):
            if file.verdicts:
                leant_on = judged.leant_on.get(file.received.path, LeantOn())
                found = FileVerdicts(
                    path=file.path,
                    sha256=file.received.sha256,
                    trust_set=file.verdicts[0].trust_set,
                    policy=file.verdicts[0].policy,
                    judged_at=file.verdicts[0].judged_at,
                    engine=file.verdicts[0].engine,
                    facts=leant_on.facts,
                    objects=leant_on.objects,
                    content=leant_on.content,
                    verdicts=file.verdicts,
                )
                self._folder.write(file.verdicts_path, (found.model_dump_json(indent=1) + "\n").encode())

    def _receipt(self) -> None:
        receipt = receipt_of(self._item, self._part, self._maker)
        self._folder.write(RECEIPT, receipt_json(receipt))
        self._folder.write(RECEIPT_PAGE, receipt_html(receipt))

    def _schemas(self) -> None:
        for name in _SCHEMA_NAMES:
            self._folder.write(f"schemas/{name}", schemas.published(name))
        for name in _EAD_NAMES:
            self._folder.write(f"schemas/{name}", schemas.circular(name, self._kind))

    def _representations(self, events: PartProvenance) -> None:
        digests, part = self._folder.digests, self._part
        self._representation(ORIGINALS, provenance.original_objects(part, digests), events, events.originals)
        self._representation(RENDITIONS, provenance.rendition_objects(part, digests), events, events.renditions)
        self._representation(TEXTS, provenance.text_objects(part, digests), events, events.texts)

    def _representation(
        self,
        place: str,
        objects: Iterable[PremisObject],
        events: PartProvenance,
        own: Sequence[PackageEvent],
    ) -> None:
        if not self._folder.below(f"{place}data/") and not (place == ORIGINALS and self._part.documents):
            return
        name = place.split("/")[1]
        path = f"{place}metadata/preservation/PREMIS_{name}.xml"
        with self._folder.writing(path) as stream:
            write_premis(stream, self._part.urn, objects, own, events.agents_of(own))
        structure = self._structure()
        with self._folder.writing(f"{place}{ROOT}") as stream:
            write_mets(stream, structure.representation(place), UUID(self._part.package_id), place)

    def _root(self, events: PartProvenance) -> None:
        objects = provenance.package_objects(self._part, self._folder.digests)
        with self._folder.writing(PREMIS_PATH) as stream:
            write_premis(stream, self._part.urn, objects, events.root, events.agents_of(events.root))
        structure = self._structure()
        with self._folder.writing(ROOT) as stream:
            write_mets(stream, structure.root(), UUID(self._part.package_id))

    def _structure(self) -> Structure:
        return Structure(self._folder, self._part, self._heading, self._mimes, self._conversions)


def conversion_of(decision: Rendition) -> Conversion:
    """The decision about a PDF/A copy as the package keeps it."""
    return Conversion(
        route=decision.route.value,
        flavour=decision.flavour,
        judge=decision.judge.name if decision.judge else "",
        judge_version=decision.judge.version if decision.judge else "",
        confirmed=decision.confirmed,
        losses=decision.losses,
        reason=decision.reason,
    )


def findings_of(item: WorkItem) -> tuple[Finding, ...]:
    """What the stages so far found, warnings all."""
    own = item.delivery.dossier_findings.get(item.dossier.file_code, ())
    staged = (*item.fact(Validated).findings, *item.fact(Texts).findings, *item.fact(Renditions).findings)
    adds = item.facts.get(Adds)
    added = adds.findings if isinstance(adds, Adds) else ()
    every = (*item.delivery.findings, *own, *staged, *added)
    return tuple({finding.model_dump_json(): finding for finding in every}.values())


def receipt_of(item: WorkItem, part: Part, maker: Maker) -> Receipt:
    """The receipt of one part: every file of it, with its digests."""
    received, approved = item.fact(Received), item.facts.get(Approved)
    files = [file.received for file in (*part.sources, *part.originals())]
    found = findings_of(item)
    return Receipt(
        submission_id=item.submission_id,
        package_id=part.package_id,
        file_code=item.dossier.file_code,
        title=item.dossier.value("title"),
        agency=item.agency,
        agency_name=maker.agency_name,
        archive=maker.archive.name,
        submitted_by=approved.submitted_by if isinstance(approved, Approved) else "",
        received_at=received.received_at,
        issued_at=maker.created_at,
        time_source=maker.time_source,
        documents=len(part.documents),
        counted_in=len(files),
        counted_out=len(files),
        bytes_in=sum(file.size_bytes for file in files),
        containers=item.delivery.containers,
        files=tuple(
            ReceivedEntry(
                path=file.path,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                sha512=file.sha512,
                ordinal=file.ordinal,
            )
            for file in files
        ),
        findings=found,
        conversion=counts_of(found),
        program=f"{maker.program.name} {maker.program.version}",
    )
