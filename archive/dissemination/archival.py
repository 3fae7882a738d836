"""AIP: the stored package, what happened to it since merged into its PREMIS; or in E-ARK's form alone.

What leaves otherwise than it is stored (METS, PREMIS) goes along as it is
stored too: the archive's evidence covers those bytes, and with them the stored
package can be put together again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import BinaryIO, cast
from uuid import UUID

from archive.dissemination.assembly import PREMIS, XML, Assembly, Heading
from archive.dissemination.before import add_before
from archive.dissemination.comparing import require_inventoried
from archive.dissemination.derived import Source, add_ead3, add_schemas
from archive.dissemination.history import with_agents
from archive.dissemination.outgoing import Opener, Shape
from archive.dissemination.shapes import PackageShape
from archive.dissemination.spool import Spool
from archive.services.foreign_history import ForeignEvent
from ingest.packaging.structure import DIVISIONS
from metadata.findings import Finding
from metadata.formats import registered_mime
from metadata.package import PackageBrokenError, PackageEvent, PackageFile
from metadata.package_contents import ROOT, HashingStream
from metadata.time import from_rfc3339, vietnamese
from metadata.xml.mets import FileEntry, Mets, read_mets
from metadata.xml.premis import read_premis, write_premis
from metadata.xml.reading import XmlRefusedError

AS_STORED = "metadata/other/stored/"
"""Where METS and PREMIS lie as they are stored: the evidence of the archive covers them, byte for byte."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a stored package."""

    open: Opener
    sha512: str
    """As the inventory of the package says."""


class StoredForm:
    """A package as its stored METS files list it.

    What is read here is written anew, so it is compared with the inventory
    first: nothing that was altered in storage may leave as if it were whole.

    Args:
        files: By path.

    Raises:
        PackageBrokenError: METS lists what is not there, or not what is there; bytes are not those of the inventory.
        XmlRefusedError: a METS cannot be read.
    """

    def __init__(self, files: Mapping[str, StoredFile]) -> None:
        self.files = files
        self.root = self._read(ROOT)
        self.representations = {path: self._read(path) for path in self.root.representations}
        self.entries: dict[str, FileEntry] = {}
        self.kinds: dict[str, tuple[str, str]] = {}
        self._take(self.root, "")
        for path, mets in self.representations.items():
            self._take(mets, path.removesuffix(ROOT))
        differing = sorted(set(self.entries) ^ (set(files) - {ROOT}))
        if differing:
            raise PackageBrokenError(tuple(Finding(rule="PKG-002", subject=path) for path in differing))

    def _read(self, path: str) -> Mets:
        with self.reading(path) as stream:
            return read_mets(stream)

    @contextmanager
    def reading(self, path: str) -> Iterator[BinaryIO]:
        """The bytes of a file, compared with the inventory after use.

        Raises:
            PackageBrokenError: they are others, or the file is missing.
        """
        file = self.files.get(path)
        if file is None:
            raise PackageBrokenError((Finding(rule="PKG-001", subject=path),))
        with file.open() as stream:
            hashing = HashingStream(stream)
            refused: XmlRefusedError | None = None
            try:
                yield cast("BinaryIO", hashing)
            except XmlRefusedError as error:
                refused = error
            found = hashing.digests().sha512
        require_inventoried(path, file.sha512, found)
        if refused is not None:
            raise refused

    def _take(self, mets: Mets, place: str) -> None:
        for reference in (*mets.descriptive, *mets.provenance):
            self.kinds[place + reference.file.path] = (reference.kind, reference.other)
        described = (reference.file for reference in (*mets.descriptive, *mets.provenance))
        for entry in chain(described, *(entries for _, entries in mets.groups)):
            path = place + entry.path
            created = entry.created or mets.created
            self.entries[path] = replace(entry, path=path, created="" if created == self.root.created else created)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A file that is kept elsewhere in storage."""

    file: PackageFile
    open: Opener


@dataclass(frozen=True, slots=True)
class Added:
    """What a package has when it leaves and did not have when it was stored."""

    events: Sequence[PackageEvent]
    lists: Mapping[str, Elsewhere]
    """Lists of many dossiers, which are kept once beside all packages, by their path in this one."""

    before: Sequence[ForeignEvent] = ()
    """What former keepers tell: a PREMIS of its own, for it is not what this archive vouches for."""

    def __bool__(self) -> bool:
        return bool(self.events or self.lists or self.before)


def archival(spool: Spool, shape: PackageShape, stored: StoredForm, source: Source, added: Added) -> Assembly:
    """The package with what is `added`. Without anything, TT 05's form is the stored one to the byte."""
    root, events = stored.root, added.events
    last = max((event.at for event in events if not event.at.startswith("..")), default="")
    modified = vietnamese(from_rfc3339(last)) if last else ""
    heading = Heading(
        package=UUID(source.record.package_id),
        created=root.created,
        modified=modified or root.modified,
        agents=root.agents,
        alternatives=tuple(_alternative(shape, kind, value) for kind, value in root.alternatives),
        record_status=root.record_status,
        conversions=True,
    )
    assembly = Assembly(spool, shape, heading)
    anew = _to_write(stored, shape, changed=bool(added))
    for path, file in stored.files.items():
        if path not in anew:
            entry = stored.entries[path] if path != ROOT else _unlisted(path, file.open)
            assembly.copy(replace(entry, mime=registered_mime(entry.mime)), file.open)
            if path in stored.kinds:
                assembly.describe(path, *stored.kinds[path])
    for path, listed in added.lists.items():
        known = listed.file
        assembly.copy(FileEntry(path, known.sha256, known.size_bytes, registered_mime(known.mime)), listed.open)
        assembly.describe(path, "OTHER", "SOURCE")
    if added:
        _merge(assembly, stored, added)
    add_before(assembly, source.record, added.before)
    if shape.shape is Shape.EARK:
        add_ead3(assembly, source)
        add_schemas(assembly)
    for path in sorted(anew & stored.representations.keys()):
        place = path.removesuffix(ROOT)
        assembly.representation(place, "" if shape.shape is Shape.EARK else DIVISIONS.get(place, ""))
    for path in sorted(anew):
        name = f"{AS_STORED}{path.removesuffix('.xml').replace('/', '_')}_stored.xml"
        assembly.write(name, partial(_copy, stored.files[path].open))
        assembly.describe(name, "OTHER", f"{'PREMIS' if path == PREMIS else 'METS'}-STORED")
    if ROOT in anew:
        assembly.root()
    return assembly


def _to_write(stored: StoredForm, shape: PackageShape, *, changed: bool) -> set[str]:
    """Files that leave otherwise than they are stored; every other one leaves byte for byte."""
    anew = {PREMIS} if changed else set()
    for path in stored.representations:
        place = path.removesuffix(ROOT)
        kept = all(e.mime == registered_mime(e.mime) for p, e in stored.entries.items() if p.startswith(place))
        if shape.shape is Shape.EARK or not kept:
            anew.add(path)
    return anew | ({ROOT} if anew else set())


def _alternative(shape: PackageShape, kind: str, value: str) -> tuple[str, str]:
    if kind == "relatedPackage" and shape.shape is Shape.EARK:
        return kind, shape.objid(UUID(value.removeprefix("urn:uuid:")))
    return kind, value


def _merge(assembly: Assembly, stored: StoredForm, added: Added) -> None:
    urn = stored.root.objid
    with stored.reading(PREMIS) as stream:
        premis = read_premis(stream, urn)
    # What lay outside the stored package lies in this one.
    objects = [replace(found, held_at="") if found.id in added.lists else found for found in premis.objects]
    every = sorted((*premis.events, *added.events), key=lambda event: event.at.removeprefix("../"))
    agents = with_agents(every, premis.agents)
    assembly.write(PREMIS, lambda out: write_premis(out, urn, objects, every, agents))
    assembly.describe(PREMIS, "PREMIS")


def _unlisted(path: str, opener: Opener) -> FileEntry:
    with opener() as stream:
        digests = HashingStream(stream).digests()
    return FileEntry(path, digests.sha256, digests.size_bytes, XML)


def _copy(opener: Opener, out: BinaryIO) -> None:
    with opener() as stream:
        shutil.copyfileobj(stream, out)
