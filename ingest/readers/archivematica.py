"""The reader "archivematica": an AIP of Archivematica, for migration: originals, Dublin Core, events, original names.

An AIP is a bag (`ingest.readers.bagit` compares its manifests); here is its
payload: `METS.{uuid}.xml`, which describes everything with PREMIS 2 or 3 and
Dublin Core inside it, and `objects/`. See docs/packages-in.md for what is
certain of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.ports import Workers
from ingest.readers.containers import inner
from ingest.readers.eark.fields import Fields
from ingest.readers.eark.inventory import algorithm_of
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.other_forms import dublin_core_fields, number_of
from ingest.readers.eark.places import Places
from ingest.readers.eark.records import FileRecord, MetsRecord, Reading
from ingest.readers.listing import list_delivery, shown
from ingest.readers.migrated import (
    PROFILE,
    events_summed_up,
    kept_beside,
    named_after,
    tell_derivatives,
    tell_mapping,
    tell_renamed,
)
from ingest.readers.undescribed import document_of
from metadata.codes import nfc
from metadata.descriptions import Claim, Delivery, DocumentDescription, DossierDescription
from metadata.digests import CLAIMABLE
from metadata.profiles import Section
from metadata.validation_secrets import secret_findings

PROGRAM = "Archivematica"
_METS = re.compile(r"^METS\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.xml$", re.IGNORECASE)
_UUID_BEHIND = re.compile(r"-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_PLACE = re.compile(r"^%\w+%(?:objects/|data/)?")
"""How originalName begins: where the transfer lay when the file came in."""

_OBJECTS = "objects/"
_BESIDE = ("objects/metadata/", "objects/submissionDocumentation/")
_ORIGINAL = "original"
_DERIVATIVES = frozenset({"preservation", "access", "service", "thumbnail", "text/ocr"})


def mets_of(folder: Path) -> str:
    """Name of the METS of the AIP in `folder`; empty where there is none."""
    if not (folder / "objects").is_dir():
        return ""
    found = (entry for entry in sorted(folder.iterdir()) if _METS.match(entry.name))
    return next((entry.name for entry in found if entry.is_file() and not entry.is_symlink()), "")


@dataclass(frozen=True, slots=True)
class ArchivematicaReader:
    """Reads the payload of an AIP of Archivematica.

    Args:
        workers: Where METS is parsed.
    """

    workers: Workers
    name: str = "archivematica"

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`: a folder with `METS.{uuid}.xml` and `objects/`."""
        return path.is_dir() and bool(mets_of(path) or mets_of(inner(path)))

    def read(self, path: Path, room: Path) -> Delivery:
        """See `Reader.read`. Nothing is left in the room.

        Raises:
            DeliveryUnreadableError: a folder cannot be read.
            ArchiveError: the system failed.
        """
        root = (path if mets_of(path) else inner(path)).resolve()
        (mets,) = Reading(self.workers, root, room).mets([mets_of(root)], whole=True)
        return _Aip(root, mets).delivery()


@dataclass(slots=True)
class _Premis:
    """What PREMIS says of one file."""

    name: str = ""
    size: int | None = None
    digests: dict[str, str] = field(default_factory=dict)


class _Aip:
    """One AIP while it is put together."""

    def __init__(self, root: Path, mets: MetsRecord) -> None:
        self._root = root
        self._mets = mets
        self._notes = Notes()
        self._listing = list_delivery(root)
        self._places = Places(self._listing.files, (oddity.path for oddity in self._listing.oddities))
        self._objects = dict(_objects(mets))
        self._descriptions = dict(self._described())
        self._by_file = self._descriptions_by_file()

    def delivery(self) -> Delivery:
        for oddity in self._listing.oddities:
            self._notes.tell(oddity.rule, oddity.path, detail=oddity.detail)
        if self._mets.problem:
            self._notes.tell("MIG-001", self._mets.path, detail=self._mets.problem)
            return self._delivered((), ())
        originals, others = self._sorted()
        documents = tuple(self._documents(originals))
        dossier = self._dossier(documents)
        left = sorted({*others, *self._unlisted(originals, others)})
        sources = (self._mets.path, *kept_beside([path for path in left if path != self._mets.path], self._notes))
        return self._delivered((dossier,) if documents else (), sources, self._claims())

    def _delivered(
        self,
        dossiers: tuple[DossierDescription, ...],
        sources: tuple[str, ...],
        claims: Mapping[str, tuple[Claim, ...]] | None = None,
    ) -> Delivery:
        secrets = {
            dossier.file_code: found
            for dossier in dossiers
            if (found := tuple(secret_findings(dossier, dossier.source)))
        }
        return Delivery(
            reader="archivematica",
            profile=PROFILE,
            root=str(self._root),
            dossiers=dossiers,
            sources=sources,
            claims=dict(claims or {}),
            ignored=self._listing.ignored,
            findings=() if secrets else self._notes.findings(),
            dossier_findings=secrets,
        )

    # ------------------------------------------------------------ files

    def _sorted(self) -> tuple[list[tuple[FileRecord, str]], list[str]]:
        """Originals in the order of METS, and the paths of everything else that METS lists."""
        originals: list[tuple[FileRecord, str]] = []
        others: list[str] = []
        derivatives: list[str] = []
        for file in self._mets.files:
            use = file.use.rpartition("/")[2] if file.use != "text/ocr" else file.use
            path = self._places.find(file.href, "").path if file.href else ""
            if not path:
                # What was deleted on purpose is listed without a place.
                if use == _ORIGINAL and file.href:
                    self._notes.tell("MIG-002", shown(file.href), file=self._mets.path)
            elif use == _ORIGINAL:
                originals.append((file, path))
            else:
                others.append(path)
                if use in _DERIVATIVES:
                    derivatives.append(path)
        tell_derivatives(self._notes, derivatives, PROGRAM)
        return originals, others

    def _unlisted(self, originals: Sequence[tuple[FileRecord, str]], others: Sequence[str]) -> Iterator[str]:
        """Files that METS does not list: an error among the originals, kept beside elsewhere (logs, README)."""
        listed = {*others, *(path for _, path in originals), self._mets.path}
        for path in self._listing.files:
            if path in listed:
                continue
            if path.startswith(_OBJECTS) and not path.startswith(_BESIDE):
                self._notes.tell("MIG-003", path, file=self._mets.path)
            else:
                yield path

    def _claims(self) -> dict[str, tuple[Claim, ...]]:
        claims: dict[str, tuple[Claim, ...]] = {}
        for file in self._mets.files:
            facts = self._objects.get(_uuid(file.id))
            path = self._places.find(file.href, "").path if file.href else ""
            if facts is not None and path and (facts.digests or facts.size is not None):
                claims[path] = (Claim(by=self._mets.path, digests=facts.digests, size_bytes=facts.size),)
        return claims

    # ------------------------------------------------------------ descriptions

    def _described(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Sections of descriptions that stand: by their identifier; an updated one goes before what it replaces."""
        for section in self._mets.wrapped:
            superseded = "superseded" in str(section["status"]).casefold()
            if section["section"] == "dmdSec" and not superseded and not _is_premis(section):
                yield str(section["id"]), section

    def _descriptions_by_file(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for division in self._mets.divisions:
            if division["type"].casefold() == "item":
                for identifier in division["files"]:
                    found[identifier] += self._sections(division["dmd"])
        for file in self._mets.files:
            found[file.id] += self._sections(file.dmd)
        return found

    def _sections(self, identifiers: Sequence[str]) -> list[dict[str, Any]]:
        return [self._descriptions[one] for one in identifiers if one in self._descriptions]

    def _dossier(self, documents: tuple[DocumentDescription, ...]) -> DossierDescription:
        # Folders further down may be described too; what they say is said of some documents, and stays in the source.
        top = [division for division in self._mets.divisions if _is_whole(division)]
        sections = [section for division in top for section in self._sections(division["dmd"])]
        fields = _fields(sections, Section.DOSSIER)
        name = nfc(shown(_UUID_BEHIND.sub("", self._name())))
        if sections:
            tell_mapping(self._notes, name, "Dublin Core", fields)
        code = named_after(fields, name, self._notes, described=bool(sections))
        if summary := events_summed_up(_events(self._mets)):
            fields.extra.setdefault("Archivematica events", summary)
        return DossierDescription(
            file_code=code,
            fields=fields.cells,
            extra=fields.extra,
            source=self._mets.path,
            documents=documents,
        )

    def _name(self) -> str:
        """What the AIP is called: PREMIS says it, else the folder around the payload."""
        for section in self._mets.wrapped:
            if section["section"] == "dmdSec" and _is_premis(section):
                names = [text for _, name, text in section["fields"] if name == "originalName"]
                if names:
                    return str(names[0])
        folder = self._root.parent if self._root.name == "data" else self._root
        return folder.name

    def _documents(self, originals: Sequence[tuple[FileRecord, str]]) -> Iterator[DocumentDescription]:
        renamed: list[tuple[str, str]] = []
        for ordinal, (file, path) in enumerate(originals, start=1):
            facts = self._objects.get(_uuid(file.id), _Premis())
            name = _PLACE.sub("", facts.name)
            plain = document_of(path, ordinal, name.rpartition("/")[2])
            fields = _fields(self._by_file.get(file.id, ()), Section.DOCUMENT)
            number_of(fields)
            fields.cells.setdefault("subject", plain.fields["subject"])
            if name and name != path.removeprefix(_OBJECTS):
                renamed.append((path, name))
                fields.extra["Archivematica originalName"] = nfc(name)
            yield plain.model_copy(update={"fields": fields.cells, "extra": fields.extra, "source": self._mets.path})
        tell_renamed(self._notes, renamed, PROGRAM)


def _is_premis(section: Mapping[str, Any]) -> bool:
    return str(section["kind"]).upper().startswith("PREMIS")


def _is_whole(division: Mapping[str, Any]) -> bool:
    """Whether a division is the AIP itself or its folder of objects."""
    label = str(division["label"])
    return str(division["type"]).casefold() == "directory" and (
        label == "objects" or _UUID_BEHIND.search(label) is not None
    )


def _uuid(identifier: str) -> str:
    return identifier.removeprefix("file-").casefold()


def _objects(mets: MetsRecord) -> Iterator[tuple[str, _Premis]]:
    """PREMIS objects by UUID; of several of one file the last, which is the newest."""
    for section in mets.wrapped:
        if str(section["kind"]).upper() != "PREMIS:OBJECT" or section["section"] != "techMD":
            continue
        identifiers = [text for _, name, text in section["fields"] if name == "objectIdentifierValue"]
        if identifiers:
            yield str(identifiers[0]).strip().casefold(), _facts(section["fields"])


def _facts(fields: Sequence[Sequence[str]]) -> _Premis:
    facts, algorithm = _Premis(), ""
    for _, name, text in fields:
        match name:
            case "messageDigestAlgorithm":
                algorithm = text
            case "messageDigest":
                known, digest = algorithm_of(algorithm, text), text.strip().lower()
                if known and len(digest) == CLAIMABLE[known]:
                    facts.digests[known] = digest
            case "size" if facts.size is None and text.isascii() and text.isdigit():
                facts.size = int(text)
            case "originalName" if not facts.name:
                facts.name = text
    return facts


def _events(mets: MetsRecord) -> Iterator[dict[str, str]]:
    for section in mets.wrapped:
        if str(section["kind"]).upper() == "PREMIS:EVENT":
            said = {name: str(text) for _, name, text in reversed(section["fields"])}
            yield {
                "at": said.get("eventDateTime", ""),
                "type": said.get("eventType", ""),
                "outcome": said.get("eventOutcome", ""),
            }


def _fields(sections: Sequence[Mapping[str, Any]], section: Section) -> Fields:
    """Fields of Dublin Core; of other forms (custom metadata of a spreadsheet) every element is kept beside."""
    listed: list[list[str]] = []
    extra: dict[str, str] = {}
    for found in sections:
        if str(found["kind"]).upper() == "DC":
            listed += [[name, text] for _, name, text in found["fields"] if not _is_type_of_package(name, text)]
        else:
            for _, name, text in found["fields"]:
                extra[name] = f"{extra[name]}; {nfc(text)}" if name in extra else nfc(text)
    fields = dublin_core_fields(listed, section)
    return Fields(cells=fields.cells, extra={**fields.extra, **extra})


def _is_type_of_package(name: str, text: str) -> bool:
    """Archivematica writes `Archival Information Package` into the type of every description of an AIP."""
    return name == "type" and text.strip().casefold().startswith("archival information")
