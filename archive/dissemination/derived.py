"""SIP and DIP: packages made anew from a stored one; the files are the stored ones, bit for bit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from archive.dissemination.assembly import DESCRIPTIVE, PREMIS, XML, Assembly
from archive.dissemination.comparing import require_inventoried
from archive.dissemination.copies import UseCopy
from archive.dissemination.history import (
    ORIGINALS,
    RENDITIONS,
    creation,
    digitisation,
    kept_events,
    marking,
    object_of,
    with_agents,
)
from archive.dissemination.outgoing import ExportKind, Opener
from archive.services.stored_packages import StoredPackages
from metadata.descriptions import DossierDescription
from metadata.edxml import READER
from metadata.findings import Finding
from metadata.formats import registered_mime
from metadata.messages import text
from metadata.package import PackageBrokenError, PackageDocument, PackageEvent, PackageFile, PackageRecord
from metadata.package_contents import RECORD, HashingStream
from metadata.package_names import safe
from metadata.profiles.copies import copy_rules
from metadata.profiles.packages import packages
from metadata.xml import schemas
from metadata.xml.ead import DOSSIER_FORM, FORMS, Codes, Filled, document_code, write_ead
from metadata.xml.ead3 import Catalogued, FindingAid, write_ead3
from metadata.xml.mets import FileEntry
from metadata.xml.premis import PremisObject, write_premis

_ROLES = {ORIGINALS: "originals, bit for bit as received", RENDITIONS: "PDF/A renditions for reading"}
_PUBLISHED = ("METS.xsd", "xlink.xsd", "DILCISExtensionMETS.xsd", "DILCISExtensionSIPMETS.xsd")
EAD3_PATH = f"{DESCRIPTIVE}EAD3.xml"
_UP = "../" * EAD3_PATH.count("/")


@dataclass(frozen=True, slots=True)
class Source:
    """What one package is made of."""

    record: PackageRecord
    documents: Sequence[PackageDocument]
    """Those that shall leave."""

    bridged: DossierDescription
    """The dossier and these documents, in their order, in the terms of TT 05/2025."""

    codes: Codes
    total: int
    """Documents of the whole dossier."""

    made_at: str
    """EDTF, UTC."""

    agents: Mapping[str, str]
    """Role by agent of who makes the package now."""

    archive: str
    program: str
    request: Mapping[str, str]
    """EAD.xml of a DIP by element."""

    copies: Mapping[int, Sequence[UseCopy]] = field(default_factory=dict)
    """Copies for reading by the ordinal of their document."""

    note: str = ""
    """What the copies bear; empty: they leave as they are stored."""


class Deriving:
    """Fills an assembly from a stored package."""

    def __init__(self, assembly: Assembly, source: Source, stored: StoredPackages) -> None:
        self._assembly = assembly
        self._source = source
        self._stored = stored
        self._urn = f"urn:uuid:{assembly.heading.package}"
        self.left_out: dict[str, Filled] = {}
        """Forms of which elements did not fit, by file."""

    def fill(self) -> None:
        """Everything, METS files last."""
        self._files()
        self._forms()
        self._documentation()
        add_schemas(self._assembly)
        if self._assembly.shape.premis:
            self._provenance()
        for place in self._places():
            division = self._assembly.shape.division if place == ORIGINALS else ""
            self._assembly.representation(f"{place}/", division)
        self._assembly.root()

    def _places(self) -> tuple[str, ...]:
        rendered = any(self._source.copies.values())
        return (ORIGINALS, RENDITIONS) if rendered else (ORIGINALS,)

    def _copies(self, document: PackageDocument) -> Sequence[UseCopy]:
        return self._source.copies.get(document.ordinal, ())

    def _forms(self) -> None:
        source, shape = self._source, self._assembly.shape
        if source.request:
            self._form(f"{DESCRIPTIVE}EAD.xml", DOSSIER_FORM, Filled(source.request))
        if shape.ead3:
            # Both would describe every document, and whoever reads the package would find each twice.
            add_ead3(self._assembly, source)
            return
        if shape.kind is not ExportKind.DIP:
            dossier = source.codes.dossier(source.bridged, source.total)
            self._form(f"{DESCRIPTIVE}EAD.xml", DOSSIER_FORM, dossier)
        code = safe(source.record.file_code, "HS")
        for document in source.bridged.documents:
            name = FORMS[document.kind]
            path = f"{ORIGINALS}/{DESCRIPTIVE}{name}_{code}.{document.ordinal:03d}.xml"
            self._form(path, name, source.codes.document(document))

    def _form(self, path: str, name: str, form: Filled) -> None:
        self._assembly.write(path, lambda stream: write_ead(stream, form.values))
        self._assembly.describe(path, "OTHER", f"{name}-TT05")
        if form.left_out:
            self.left_out[path] = form

    def _files(self) -> None:
        for document in self._source.documents:
            for file in document.originals:
                opener = partial(self._stored.open, self._source.record, file)
                self._file(file, opener, owner_name=file.original_name)
            for copy in self._copies(document):
                self._file(copy.file, copy.open)

    def _file(self, file: PackageFile, opener: Opener, *, owner_name: str = "") -> None:
        entry = FileEntry(
            path=file.path,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            mime=registered_mime(file.mime),
            conversion=file.conversion if file.derived_from else None,
            owner_name=owner_name,
        )
        self._assembly.copy(entry, opener)

    def _documentation(self) -> None:
        if self._assembly.shape.kind is ExportKind.DIP:
            key = "packages.dip.readme_marked" if self._source.note else "packages.dip.readme"
            words = "\n".join(text(key, language, words=copy_rules().words) for language in ("vi", "en"))
            self._assembly.put("documentation/readme.txt", words.encode(), "text/plain")
            return
        kept = {file.path: file for file in self._stored.packages.files(self._source.record.package_id)}
        if RECORD not in kept:
            raise PackageBrokenError((Finding(rule="PKG-001", subject=RECORD),))
        file = kept[RECORD]
        with self._stored.packages.open(file) as stream:
            digests = HashingStream(stream).digests()
        require_inventoried(RECORD, file.sha512, digests.sha512)
        entry = FileEntry("documentation/record.xml", digests.sha256, digests.size_bytes, XML)
        self._assembly.copy(entry, partial(self._stored.packages.open, file))
        self._trail()

    def _trail(self) -> None:
        """The messages of the exchange, which hold how the documents were handled: `process` says that they come along.

        TT 05/2025/TT-BNV, Phụ lục III: quy trình xử lý = 1, a file with it is attached.
        """
        record = self._source.record
        if record.reader != READER:
            return
        for file in record.sources:
            if not file.held:
                name = file.path.rpartition("/")[2]
                entry = FileEntry(f"documentation/process/{name}", file.sha256, file.size_bytes, XML)
                self._assembly.copy(entry, partial(self._stored.open, record, file))

    def _provenance(self) -> None:
        source, record = self._source, self._source.record
        made = creation(
            self._assembly.heading.package,
            record,
            source.made_at,
            source.agents,
            self._assembly.shape.kind.value.upper(),
        )
        whole = PremisObject("", kind="intellectualEntity")
        self._premis(PREMIS, [whole], [made])
        for place in self._places():
            self._provenance_of(place)

    def _provenance_of(self, place: str) -> None:
        source = self._source
        files = [
            file
            for document in source.documents
            for file in (document.originals if place == ORIGINALS else (c.file for c in self._copies(document)))
        ]
        own = {place, *(file.path for file in files)}
        # What was made knows what it was made from; an original knows nothing of what was made from it.
        sources = {file.derived_from for file in files if file.derived_from} | (
            {ORIGINALS} if place != ORIGINALS else set()
        )
        told = (*digitisation(source.record, source.documents), *source.record.events, *self._marking())
        events = [event for event in kept_events(told, own | sources) if own & event.objects.keys()]
        head = PremisObject(place, kind="representation", properties=(("role", _ROLES[place]),))
        objects = chain([head], (object_of(file, events) for file in files))
        self._premis(f"{place}/metadata/preservation/PREMIS_{place.rpartition('/')[2]}.xml", objects, events)

    def _marking(self) -> Iterator[PackageEvent]:
        source = self._source
        if source.note:
            files = [copy.file for copies in source.copies.values() for copy in copies]
            yield from marking(self._assembly.heading.package, files, source.note, source.made_at, source.agents)

    def _premis(self, path: str, objects: Iterable[PremisObject], events: Sequence[PackageEvent]) -> None:
        agents = with_agents(events, self._source.record.agents)
        self._assembly.write(path, lambda stream: write_premis(stream, self._urn, objects, events, agents))
        self._assembly.describe(path, "PREMIS")


def add_schemas(assembly: Assembly) -> None:
    """The schemas folder: what METS names, and those of the metadata that are in the package."""
    shape = assembly.shape
    names = [*_PUBLISHED, *(["ead3.xsd", "premis-v3-0.xsd"] if shape.ead3 else [])]
    found = {name: schemas.published(name) for name in names}
    if not shape.ead3:
        found |= {f"{name}.xsd": schemas.circular(name, shape.circular) for name in packages()[shape.circular].forms}
    for name, data in found.items():
        if f"schemas/{name}" not in assembly.members:
            assembly.put(f"schemas/{name}", data)


def add_ead3(assembly: Assembly, source: Source) -> None:
    """The finding aid that archives of other countries read."""
    record = source.record
    aid = FindingAid(
        record_id=assembly.shape.objid(assembly.heading.package),
        file_code=record.file_code,
        profile=source.codes.profile,
        dossier=source.bridged,
        agency=record.agency_name or record.agency,
        archive=source.archive,
        program=source.program,
        created=assembly.heading.modified or assembly.heading.created,
        fonds=record.fonds,
    )

    def catalogued() -> Iterator[Catalogued]:
        for document, description in zip(source.documents, source.bridged.documents, strict=True):
            copies = (copy.file for copy in source.copies.get(document.ordinal, ()))
            files = dict.fromkeys(file.path for file in (*document.originals, *document.renditions, *copies))
            # A reference is read from where it stands.
            hrefs = tuple(f"{_UP}{path}" for path in files if path in assembly.members)
            code = document_code(description, record.file_code, source.codes.profile)
            yield Catalogued(description, code, hrefs)

    assembly.write(EAD3_PATH, lambda stream: write_ead3(stream, aid, catalogued()))
    assembly.describe(EAD3_PATH, "EAD")
