"""Whole packages: AIP, SIP, DIP; each is judged before it is given, its bytes as they leave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from archive.dissemination.archival import Added, Elsewhere, StoredFile, StoredForm, archival
from archive.dissemination.assembly import Assembly, Heading
from archive.dissemination.authentication import PAPER
from archive.dissemination.comparing import Comparison
from archive.dissemination.derived import Deriving, Source
from archive.dissemination.history import digitisation, later_events
from archive.dissemination.issuing import Issuing, MadeCopies, issued, require_issuable
from archive.dissemination.outgoing import ExportKind, Outgoing, Shape, Wanted
from archive.dissemination.requests import request_values
from archive.dissemination.shapes import PackageShape, shape_of
from archive.dissemination.spool import Spool
from archive.services.foreign_history import ForeignStory, Parts
from archive.services.stored_packages import StoredPackages
from archive.version import AGENT, VERSION
from metadata.bridge.conversion import IN_FORCE, in_force
from metadata.descriptions import Description, DossierDescription, RecordStatus
from metadata.errors import UsageError
from metadata.extraction.acceptance import with_remark
from metadata.findings import Finding
from metadata.outgoing_check import Asked, check_outgoing
from metadata.package import PackageBrokenError, PackageDocument, PackageFile, PackageRecord
from metadata.time import VIETNAM, from_rfc3339, rfc3339, vietnamese
from metadata.validation_lots import is_loose
from metadata.xml.ead import Codes, Filled
from metadata.xml.mets import MetsAgent
from metadata.xml.reading import XmlRefusedError
from storage.layout import evidence_object_key

PROGRAM = "luutru"
LONGEST_REMARK = 500
"""Letters of the remarks of a document, in every form of the circular."""


@dataclass(frozen=True, slots=True)
class ArchiveName:
    """The archive that gives packages away."""

    name: str
    code: str
    """Mã cơ quan lưu trữ; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Packages:
    """Makers of what leaves as a package."""

    stored: StoredPackages
    trail: Callable[[str], Sequence[Mapping[str, Any]]]
    """What the audit trail knows of a package, oldest first."""

    archive: ArchiveName
    scratch: Path
    issuing: Issuing
    """What a DIP needs besides what is stored."""

    foreign: Callable[[Parts], ForeignStory]
    """What former keepers tell of a dossier."""

    def outgoing(self, wanted: Wanted) -> Iterator[Outgoing]:
        """The files of the packages of a dossier, one package after the other.

        Of a DIP of one document only that document is in it; an AIP or SIP is of the dossier in which it stands.

        Raises:
            UsageError: the options do not go with the kind.
            PackageBrokenError: what is stored is not what it was, or what was made breaks a rule.
        """
        if wanted.options.shape is Shape.STORED and wanted.kind is not ExportKind.AIP:
            msg = f"--profile {Shape.STORED.value} goes with --as {ExportKind.AIP.value}"
            raise UsageError(msg)
        if wanted.options.request and wanted.kind is not ExportKind.DIP:
            msg = f"a request goes with --as {ExportKind.DIP.value}"
            raise UsageError(msg)
        require_issuable(wanted)
        if wanted.options.shape is Shape.STORED:
            yield from self._as_stored(wanted)
            return
        whole = _Whole(wanted)
        given = False
        for record in wanted.parts():
            for file in self._made(wanted, record, whole):
                given = True
                yield file
        if not given:
            msg = f"{wanted.dossier_id} has no documents: there is nothing to use"
            raise UsageError(msg)

    def _as_stored(self, wanted: Wanted) -> Iterator[Outgoing]:
        held: dict[str, tuple[PackageRecord, PackageFile]] = {}
        for record in wanted.parts():
            for file in self.stored.packages.files(record.package_id):
                name = f"urn_uuid_{record.package_id}/{file.path}"
                yield Outgoing(name, partial(self.stored.packages.open, file))
            held |= {source.sha256: (record, source) for source in record.sources if source.held}
        # A list that is kept once for many dossiers goes out beside their packages, where PREMIS says it lies.
        for sha256, (record, source) in held.items():
            opener = partial(self.stored.open, record, source)
            yield Outgoing(evidence_object_key(sha256), opener, {"name": source.original_name})

    def _made(self, wanted: Wanted, record: PackageRecord, whole: _Whole) -> Iterator[Outgoing]:
        total = whole.documents(record)
        package = _identifier(wanted, record, total)
        whole.first = whole.first or package
        documents = [
            d for d in record.documents if wanted.kind is not ExportKind.DIP or wanted.ordinal in {None, d.ordinal}
        ]
        if wanted.kind is ExportKind.DIP and not documents:
            return
        before = whole.before(self.foreign)
        part = _Part(record, documents, _bridged(record, documents), total, package, whole.first, before)
        shape = shape_of(wanted.kind, wanted.options, loose=is_loose(_told(record)))
        with Spool(self.scratch) as spool, self.issuing.copies_of(wanted, record, documents, shape) as copies:
            try:
                assembly, left_out = self._assembled(wanted, part, shape, spool, copies)
            except XmlRefusedError as error:
                # The bytes that were stored are read as METS and PREMIS of our own: they are not what they were.
                values = {"detail": str(error)[:300]}
                raise PackageBrokenError(
                    (Finding(rule="PKG-005", subject=record.package_id, values=values),)
                ) from error
            folder = shape.folder(assembly.heading.package)
            _judge(assembly, folder, documents)
            comparison, told = Comparison(), copies.told()
            for member in assembly.in_order():
                entry = member.entry
                said = _losses(left_out.get(entry.path)) | told.get(entry.path, {})
                compare = comparison.of(entry.path, entry.sha256, entry.size_bytes)
                noted = issued(assembly) if entry.path == PAPER else {}
                yield Outgoing(f"{folder}/{entry.path}", member.open, said, compare, noted)
            comparison.require_same()
            yield from copies.missing()

    def _assembled(
        self, wanted: Wanted, part: _Part, shape: PackageShape, spool: Spool, copies: MadeCopies
    ) -> tuple[Assembly, Mapping[str, Filled]]:
        record, documents = part.record, part.documents
        source = Source(
            record=record,
            documents=documents,
            bridged=part.bridged,
            codes=Codes(shape.circular, record.file_code, self.archive.code, IN_FORCE),
            total=part.total,
            made_at=_made_between(wanted, record),
            agents=self._makers(),
            archive=self.archive.name,
            program=f"{PROGRAM} {VERSION}",
            request=self._request(wanted, shape, part.package),
            copies=copies.by_ordinal,
            note=" · ".join(copies.note),
        )
        if wanted.kind is ExportKind.AIP:
            files = {
                file.path: StoredFile(partial(self.stored.packages.open, file), file.sha512)
                for file in self.stored.packages.files(record.package_id)
            }
            trail = self.trail(record.package_id)
            events = [*later_events(record, trail), *digitisation(record, record.documents)]
            lists = {
                file.path: Elsewhere(file, partial(self.stored.open, record, file))
                for file in record.sources
                if file.held
            }
            before = tuple(part.before.of(record.package_id, first=record.package_id == record.dossier_id))
            return archival(spool, shape, StoredForm(files), source, Added(events, lists, before)), {}
        assembly = Assembly(spool, shape, self._heading(wanted, part, shape))
        if copies.note:
            self.issuing.authenticate(assembly, source, copies, wanted, self.trail(record.package_id))
        deriving = Deriving(assembly, source, self.stored)
        deriving.fill()
        return assembly, deriving.left_out

    def _makers(self) -> dict[str, str]:
        body = f"organization:{self.archive.code or self.archive.name or 'archive'}"
        return {AGENT: "executing program", body: "authorizer"}

    @staticmethod
    def _request(wanted: Wanted, shape: PackageShape, package: UUID) -> Mapping[str, str]:
        """EAD.xml of a DIP, which the circular asks for; E-ARK has no form for it, so only where it was told."""
        told = wanted.options.request
        if wanted.kind is not ExportKind.DIP or (shape.ead3 and not told):
            return {}
        today = wanted.made_at.astimezone(VIETNAM).date()
        return request_values(told, request_id=shape.objid(package), today=today)

    def _heading(self, wanted: Wanted, part: _Part, shape: PackageShape) -> Heading:
        record, further = part.record, part.first != part.package
        references = [("SUBMISSIONAGREEMENT", record.submission_id), ("REFERENCECODE", record.file_code)]
        if further:
            references.append(("relatedPackage", shape.objid(part.first)))
        return Heading(
            package=part.package,
            created=vietnamese(_made_at(wanted, record)),
            agents=tuple(self._agents(wanted.kind, record)),
            alternatives=tuple(references),
            record_status=_status(wanted.kind, record, further=further),
            conversions=wanted.kind is ExportKind.DIP,
        )

    def _agents(self, kind: ExportKind, record: PackageRecord) -> Iterator[MetsAgent]:
        agency = record.agency_name or record.agency
        body = self.archive.name or self.archive.code
        yield MetsAgent(PROGRAM, "CREATOR", "OTHER", VERSION, "SOFTWARE VERSION", "SOFTWARE")
        yield MetsAgent(agency, "ARCHIVIST", "ORGANIZATION", record.agency, "IDENTIFICATIONCODE")
        if kind is ExportKind.SIP:
            yield MetsAgent(agency, "CREATOR", "ORGANIZATION", record.agency, "IDENTIFICATIONCODE")
        yield MetsAgent(body, "PRESERVATION", "ORGANIZATION", self.archive.code or body, "IDENTIFICATIONCODE")


def _losses(form: Filled | None) -> dict[str, list[str]]:
    """What the line of a file says of what its form could not take."""
    if form is None:
        return {}
    told = {"left_out": list(form.left_out)}
    return told | ({"in_remarks": list(form.in_remarks)} if form.in_remarks else {})


def _told(record: PackageRecord) -> DossierDescription:
    told = {name: getattr(record.dossier, name) for name in Description.model_fields}
    return DossierDescription(**told, file_code=record.file_code)


def _bridged(record: PackageRecord, documents: Sequence[PackageDocument]) -> DossierDescription:
    described = tuple(document.description for document in documents)
    bridged = in_force(_told(record).model_copy(update={"documents": described}), record.profile).dossier
    # What the machine filled in says so wherever it goes.
    marked = tuple(with_remark(document, LONGEST_REMARK) for document in bridged.documents)
    return bridged.model_copy(update={"documents": marked})


def _status(kind: ExportKind, record: PackageRecord, *, further: bool) -> str:
    if kind is not ExportKind.SIP or not further:
        return "NEW"
    return "REPLACEMENT" if record.record_status is RecordStatus.REPLACEMENT else "SUPPLEMENT"


@dataclass(frozen=True, slots=True)
class _Part:
    record: PackageRecord
    documents: Sequence[PackageDocument]
    """Those that shall leave."""

    bridged: DossierDescription
    """The same in the terms of TT 05/2025."""

    total: int
    """Documents of the whole dossier."""

    package: UUID
    first: UUID
    """The package of the first part."""

    before: ForeignStory
    """Of the whole dossier, where it leaves as an AIP."""


class _Whole:
    """What packages of one dossier share."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._counted: int | None = None
        self.first: UUID | None = None
        self._before: ForeignStory | None = None

    def before(self, read: Callable[[Parts], ForeignStory]) -> ForeignStory:
        """What former keepers tell: it goes along with an AIP alone."""
        if self._wanted.kind is not ExportKind.AIP:
            return ForeignStory()
        if self._before is None:
            self._before = read(self._wanted.parts)
        return self._before

    def documents(self, record: PackageRecord) -> int:
        """How many the dossier has; of one in parts they are counted once, when a SIP has to say it."""
        if self._wanted.kind is not ExportKind.SIP or record.parts == record.part == 1:
            return len(record.documents)
        if self._counted is None:
            self._counted = sum(len(part.documents) for part in self._wanted.parts())
        return self._counted


def _made_at(wanted: Wanted, record: PackageRecord) -> datetime:
    """The instant that a package names as its own: a DIP is made for a request, a SIP is as old as what it holds.

    So a SIP that is taken out twice is one SIP: whoever gets both knows the second.
    """
    return from_rfc3339(record.created_at) if wanted.kind is ExportKind.SIP else wanted.made_at


def _made_between(wanted: Wanted, record: PackageRecord) -> str:
    """When PREMIS says that it was made (EDTF): of a SIP, some time since the package was stored."""
    return f"{record.created_at}/.." if wanted.kind is ExportKind.SIP else rfc3339(wanted.made_at)


def _identifier(wanted: Wanted, record: PackageRecord, total: int) -> UUID:
    """An AIP keeps its own; what is made of it anew has one of its own, the same for the same content."""
    if wanted.kind is ExportKind.AIP:
        return UUID(record.package_id)
    options = wanted.options
    wish = [wanted.kind.value, options.shape.value, options.eark_version, rfc3339(_made_at(wanted, record))]
    if wanted.kind is ExportKind.DIP:
        told = [sorted(options.request.items()), sorted(options.authentication.items()), options.marked]
        wish += [str(wanted.ordinal or ""), json.dumps(told)]
    else:
        wish.append(str(total))
    return uuid5(UUID(record.package_id), "\x1f".join(wish))


def _judge(assembly: Assembly, folder: str, documents: Sequence[PackageDocument]) -> None:
    """Every rule that can be judged before a byte leaves; a broken one is a defect of the program, so a fault."""
    shape = assembly.shape
    asked = Asked(
        package=shape.circular,
        circular=shape.shape is Shape.TT05,
        objid=shape.objid(assembly.heading.package),
        folder=folder,
        profile=shape.root_profile,
        urn=f"urn:uuid:{assembly.heading.package}",
        premis=shape.premis,
        documents=len(documents),
        originals=sum(len(document.originals) for document in documents),
    )
    entries = {path: member.entry for path, member in assembly.members.items()}
    broken = check_outgoing(lambda path: assembly.members[path].open(), entries, asked)
    if broken:
        raise PackageBrokenError(broken)
