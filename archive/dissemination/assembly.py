"""Puts the files of one package together: what its METS files list, and in which order it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID

from archive.dissemination.outgoing import Opener
from archive.dissemination.shapes import PackageShape
from archive.dissemination.spool import Member, Spool
from metadata.package_contents import ROOT
from metadata.xml.mets import FileEntry, MetadataEntry, Mets, MetsAgent, write_mets

PREMIS = "metadata/preservation/PREMIS.xml"
DESCRIPTIVE = "metadata/descriptive/"
PRESERVATION = "metadata/preservation/"
OTHER = "metadata/other/"
REPRESENTATIONS = "representations/"
XML = "application/xml"


@dataclass(frozen=True, slots=True)
class Heading:
    """What every METS of the package says at its head."""

    package: UUID
    created: str
    """RFC 3339, +07:00."""

    agents: tuple[MetsAgent, ...]
    alternatives: tuple[tuple[str, str], ...]
    modified: str = ""
    record_status: str = "NEW"
    conversions: bool = False
    """Whether files carry what the archive says of PDF/A copies."""


class Assembly:
    """A package that grows; METS files are written when what they list is there."""

    def __init__(self, spool: Spool, shape: PackageShape, heading: Heading) -> None:
        self.shape = shape
        self.heading = heading
        self.members: dict[str, Member] = {}
        self._spool = spool
        self._kinds: dict[str, tuple[str, str]] = {}

    def copy(self, entry: FileEntry, opener: Opener) -> None:
        """A file that lies in storage, under `entry.path`."""
        self._add(Member(entry, opener))

    def write(self, path: str, write: Callable[[BinaryIO], None], mime: str = XML) -> None:
        """A file that is written now."""
        self._add(self._spool.member(path, mime, write))

    def put(self, path: str, data: bytes, mime: str = XML) -> None:
        """A file of `data`."""
        self._add(self._spool.bytes_member(path, mime, data))

    def describe(self, path: str, kind: str, other: str = "") -> None:
        """Say what METS shall call the metadata file `path`: MDTYPE, OTHERMDTYPE."""
        self._kinds[path] = (kind, other)

    def _add(self, member: Member) -> None:
        path = member.entry.path
        if path in self.members:
            msg = f"{path} stands twice in the package"
            raise ValueError(msg)
        self.members[path] = member

    def below(self, prefix: str) -> list[str]:
        """Paths that start with `prefix`, in order."""
        return sorted(path for path in self.members if path.startswith(prefix))

    def _entries(self, prefix: str, place: str = "") -> tuple[FileEntry, ...]:
        found = (self.members[path].entry for path in self.below(prefix))
        return tuple(replace(entry, path=entry.path.removeprefix(place)) if place else entry for entry in found)

    def _metadata(self, prefix: str, place: str = "") -> Iterator[MetadataEntry]:
        for entry in self._entries(prefix, place):
            yield MetadataEntry(entry, *self._kinds.get(place + entry.path, ("OTHER", "OTHER")))

    def _mets(self, path: str, mets: Mets, place: str = "") -> None:
        self.write(path, lambda stream: write_mets(stream, mets, self.heading.package, place))

    def representation(self, place: str, division: str) -> None:
        """Write the METS of the representation at `place` (`representations/rep1/`)."""
        self._mets(
            f"{place}{ROOT}",
            replace(
                self._head(),
                objid=place.split("/")[1],
                profile=self.shape.representation_profile,
                type="Mixed",
                alternatives=(),
                descriptive=tuple(self._metadata(place + DESCRIPTIVE, place)),
                provenance=tuple(self._metadata(place + PRESERVATION, place)),
                groups=(("Data", self._entries(f"{place}data/", place)),),
                division=division,
                schemas="../../schemas/",
            ),
            place,
        )

    def root(self) -> None:
        """Write the root METS, when everything else is there."""
        representations = tuple(path for path in self.below(REPRESENTATIONS) if path.endswith(f"/{ROOT}"))
        groups: Mapping[str, tuple[FileEntry, ...]] = {
            "Documentation": self._entries("documentation/"),
            "Schemas": self._entries("schemas/"),
            "Representations": tuple(self.members[path].entry for path in representations),
        }
        provenance = (*self._metadata(PRESERVATION), *self._metadata(OTHER))
        self._mets(
            ROOT,
            replace(
                self._head(),
                descriptive=tuple(self._metadata(DESCRIPTIVE)),
                provenance=provenance,
                groups=tuple((use, entries) for use, entries in groups.items() if entries),
                representations=representations,
            ),
        )

    def _head(self) -> Mets:
        heading, shape = self.heading, self.shape
        return Mets(
            objid=shape.objid(heading.package),
            profile=shape.root_profile,
            created=heading.created,
            modified=heading.modified,
            agents=heading.agents,
            alternatives=heading.alternatives,
            package_type=shape.kind.value.upper(),
            record_status=heading.record_status,
            type=shape.type,
            conversions=heading.conversions,
        )

    def in_order(self) -> Iterator[Member]:
        """All files: the root METS first, so that whoever reads a stream knows what will come."""
        yield self.members[ROOT]
        for path in sorted(self.members):
            if path != ROOT:
                yield self.members[path]
