"""What the METS files of a part list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.packaging.folder import PartFolder
from ingest.packaging.held import ROWS
from ingest.packaging.parts import ORIGINALS, RENDITIONS, TEXTS, Part
from ingest.packaging.provenance import ArchiveBody
from metadata.bridge.kept import CONVERSION
from metadata.package import FORMAT_VERSION, Conversion
from metadata.package_contents import RECORD, ROOT, SOURCES
from metadata.package_reader import VERDICTS
from metadata.time import from_rfc3339, vietnamese
from metadata.xml.mets import (
    REPRESENTATION_PROFILE,
    ROOT_PROFILE,
    FileEntry,
    MetadataEntry,
    Mets,
    MetsAgent,
)

PREMIS_PATH = "metadata/preservation/PREMIS.xml"
_DESCRIPTIVE = "metadata/descriptive/"
DIVISIONS = {ORIGINALS: "NORMALIZED", RENDITIONS: "NORMALIZED", TEXTS: "TRANSCRIPTION"}
"""The circular asks for NORMALIZED in an AIP; that rep1 holds the originals is said by PREMIS."""

_MIMES = {
    ".xml": "application/xml",
    ".xsd": "application/xml",
    ".json": "application/json",
    ".html": "text/html",
    ".zst": "application/zstd",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What every METS of a part says at its head."""

    program: str
    program_version: str
    archive: ArchiveBody
    agency: tuple[str, str]
    """Code and name."""

    created_at: str
    references: tuple[tuple[str, str], ...]
    content: str = "Mixed"
    """TYPE of the root METS: `Collection` for loose documents."""

    @property
    def created(self) -> str:
        """`created_at` in the civil time of Vietnam, as the circular asks."""
        return vietnamese(from_rfc3339(self.created_at))

    def agents(self) -> tuple[MetsAgent, ...]:
        """Software, submitting agency, archive."""
        code, name = self.agency
        version = f"{self.program_version}; {FORMAT_VERSION}"
        return (
            MetsAgent(self.program, "CREATOR", "OTHER", version, "SOFTWARE VERSION", "SOFTWARE"),
            MetsAgent(name or code, "ARCHIVIST", "ORGANIZATION", code, "IDENTIFICATIONCODE"),
            MetsAgent(
                self.archive.name,
                "PRESERVATION",
                "ORGANIZATION",
                self.archive.code or self.archive.name,
                "IDENTIFICATIONCODE",
            ),
        )


@dataclass(frozen=True, slots=True)
class Structure:
    """Lists what lies in a part's folder."""

    folder: PartFolder
    part: Part
    heading: Heading
    mimes: Mapping[str, str]
    """By path; others by their extension."""

    conversions: Mapping[str, Conversion]

    def _entry(self, path: str, place: str = "") -> FileEntry:
        digests = self.folder.digests(path)
        return FileEntry(
            path=path.removeprefix(place),
            sha256=digests.sha256,
            size_bytes=digests.size_bytes,
            mime=self.mimes.get(path) or _MIMES.get(path[path.rfind(".") :], "application/octet-stream"),
            conversion=self.conversions.get(path),
        )

    def _entries(self, prefix: str, place: str = "") -> tuple[FileEntry, ...]:
        return tuple(self._entry(path, place) for path in self.folder.below(prefix))

    def _descriptive(self, place: str) -> Iterator[MetadataEntry]:
        for path in self.folder.below(place + _DESCRIPTIVE):
            name = path.rpartition("/")[2].removesuffix(".xml")
            if path == RECORD:
                kind = "RECORD-TT02"
            elif path.startswith(SOURCES):
                kind = "SOURCE-ROWS" if path.endswith(ROWS) else "SOURCE"
            else:
                kind = f"{name.rpartition('_')[0] or name}-TT05"
            yield MetadataEntry(self._entry(path, place), "OTHER", kind)

    def representation(self, place: str) -> Mets:
        """METS of the representation that lies at `place`; that of documents without files lists no data."""
        name = place.split("/")[1]
        data = self._entries(f"{place}data/", place)
        preserved = self._entry(f"{place}metadata/preservation/PREMIS_{name}.xml", place)
        return Mets(
            objid=name,
            profile=REPRESENTATION_PROFILE,
            created=self.heading.created,
            agents=self.heading.agents(),
            descriptive=tuple(self._descriptive(place)),
            provenance=(MetadataEntry(preserved, "PREMIS"),),
            groups=(("Data", data),) if data else (),
            division=DIVISIONS[place],
            schemas="../../schemas/",
        )

    def root(self) -> Mets:
        """The root METS, when everything else is written."""
        first = (("relatedPackage", f"urn:uuid:{self.part.dossier_id}"),) if self.part.number > 1 else ()
        verdicts = (MetadataEntry(entry, "OTHER", "VERDICT") for entry in self._entries(VERDICTS))
        converted = (MetadataEntry(entry, "OTHER", "CONVERSION") for entry in self._entries(CONVERSION))
        representations = tuple(path for path in self.folder.below("representations/") if path.endswith(f"/{ROOT}"))
        return Mets(
            objid=self.part.urn,
            profile=ROOT_PROFILE,
            created=self.heading.created,
            type=self.heading.content,
            agents=self.heading.agents(),
            alternatives=(*self.heading.references, *first),
            record_status=self.part.status.value.upper(),
            descriptive=tuple(self._descriptive("")),
            provenance=(MetadataEntry(self._entry(PREMIS_PATH), "PREMIS"), *verdicts, *converted),
            groups=(
                ("Documentation", self._entries("documentation/")),
                ("Schemas", self._entries("schemas/")),
                ("Representations", tuple(self._entry(path) for path in representations)),
            ),
            representations=representations,
        )
