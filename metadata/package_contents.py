"""Opens a package by its METS files: what it lists, what PREMIS says, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from metadata.digests import Digester, Digests, chunks_of
from metadata.findings import Finding
from metadata.package import READABLE_FORMATS, PackageAgent, PackageEvent
from metadata.xml.mets import FileEntry, Mets, read_mets
from metadata.xml.premis import PremisObject, read_premis
from metadata.xml.reading import XmlRefusedError

OpenFile = Callable[[str], AbstractContextManager[BinaryIO]]
"""Opens a file of the package by its path inside it."""

ROOT = "METS.xml"
RECORD = "metadata/descriptive/source/record.xml"
SOURCES = "metadata/descriptive/source/"
HELD = "evidence/objects/"
"""Where bytes lie that are kept once per holding, by their SHA-256."""

RECEIPT = "documentation/receipt.json"
RECEIPT_PAGE = "documentation/receipt.html"
_URN = "urn:uuid:"


class HashingStream:
    """A stream that digests what passes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digester = Digester()

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes."""
        chunk = self._stream.read(size)
        self._digester.update(chunk)
        return chunk

    def digests(self) -> Digests:
        """Digests of the whole stream; what was not read yet is read."""
        for chunk in chunks_of(self._stream):
            self._digester.update(chunk)
        return self._digester.digests()


@dataclass(slots=True)
class Contents:
    """A package as its own METS and PREMIS describe it."""

    open_file: OpenFile
    paths: frozenset[str]
    root: Mets | None = None
    listed: dict[str, FileEntry] = field(default_factory=dict)
    """Every file that a METS lists, by path inside the package."""

    kinds: dict[str, str] = field(default_factory=dict)
    """OTHERMDTYPE or MDTYPE of metadata files, by path."""

    data: set[str] = field(default_factory=set)
    """Files of representations."""

    objects: dict[str, PremisObject] = field(default_factory=dict)
    """PREMIS file objects by path."""

    events: list[PackageEvent] = field(default_factory=list)
    agents: dict[str, PackageAgent] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def package_id(self) -> str:
        """UUID that the root METS gives; empty where it gives none."""
        objid = self.root.objid if self.root else ""
        return objid.removeprefix(_URN) if objid.startswith(_URN) else ""

    @property
    def format_version(self) -> str:
        """Form that the root METS names; empty where it names none."""
        agents = self.root.agents if self.root else ()
        note = next((agent.note for agent in agents if agent.other_type == "SOFTWARE"), "")
        return note.partition(";")[2].strip() or note

    def held(self, path: str) -> bool:
        """Whether PREMIS says that the bytes of `path` are kept beside the packages, under their own digest."""
        known = self.objects.get(path)
        return known is not None and path.startswith(SOURCES) and known.held_at == f"{HELD}{known.sha256}"

    def broken(self, rule: str, subject: str, **values: str) -> None:
        """Note that `rule` is broken."""
        self.findings.append(Finding(rule=rule, subject=subject, values=values))

    @contextmanager
    def reading(self, path: str) -> Iterator[BinaryIO | None]:
        """The file `path`, its bytes compared with METS after use; None (and a finding) where it is missing."""
        if path not in self.paths:
            self.broken("PKG-001", path)
            yield None
            return
        with self.open_file(path) as stream:
            hashing = HashingStream(stream)
            try:
                yield hashing  # type: ignore[misc]  # parsers ask for nothing but `read`
            except (XmlRefusedError, ValueError) as error:
                self.broken("PKG-005", path, detail=str(error)[:300])
            if path in self.listed:
                self.compare(path, hashing.digests())

    def compare(self, path: str, found: Digests) -> None:
        """Compare the bytes of `path` with METS, and with PREMIS where it knows the file."""
        entry = self.listed[path]
        if (entry.sha256, entry.size_bytes) != (found.sha256, found.size_bytes):
            expected = f"{entry.size_bytes} B, SHA-256 {entry.sha256}"
            self.broken("PKG-003", path, expected=expected, found=f"{found.size_bytes} B, SHA-256 {found.sha256}")
        known = self.objects.get(path)
        if known and entry.sha256 == found.sha256 and known.sha512 != found.sha512:
            self.broken("PKG-004", path, premis=f"SHA-512 {known.sha512}", mets=f"SHA-512 {found.sha512}")


def open_contents(open_file: OpenFile, paths: Collection[str], package_id: str | None = None) -> Contents:
    """Read every METS and PREMIS of a package; nothing is raised for what is wrong, it is in `findings`.

    Args:
        open_file: See `OpenFile`; what it raises goes through.
        paths: All files of the package.
        package_id: UUID under which the package is kept, where that is known.
    """
    contents = Contents(open_file, frozenset(paths))
    with contents.reading(ROOT) as stream:
        if stream is not None:
            contents.root = read_mets(stream)
    if contents.root is None:
        return contents
    _take(contents, contents.root, "")
    for path in contents.root.representations:
        with contents.reading(path) as stream:
            if stream is not None:
                _take(contents, read_mets(stream), path.removesuffix(ROOT))
    _judge_root(contents, contents.root, package_id)
    for path in sorted(path for path, kind in contents.kinds.items() if kind == "PREMIS"):
        _take_premis(contents, path, contents.root.objid)
    _judge_premis(contents)
    return contents


def _take(contents: Contents, mets: Mets, folder: str) -> None:
    def listed(entry: FileEntry) -> str:
        path = folder + entry.path
        if contents.listed.setdefault(path, entry) != entry:
            contents.broken("PKG-005", folder + ROOT, detail=f"{path} is listed twice, and differently")
        return path

    for reference in (*mets.descriptive, *mets.provenance):
        contents.kinds[listed(reference.file)] = reference.other or reference.kind
    for _, entries in mets.groups:
        for entry in entries:
            path = listed(entry)
            if folder:
                contents.data.add(path)


def _judge_root(contents: Contents, root: Mets, package_id: str | None) -> None:
    if contents.format_version not in READABLE_FORMATS:
        contents.broken("PKG-008", ROOT, found=contents.format_version, expected=", ".join(READABLE_FORMATS))
    if not contents.package_id or (package_id is not None and contents.package_id != package_id):
        contents.broken("PKG-009", ROOT, found=root.objid, expected=f"{_URN}{package_id or '…'}")


def _take_premis(contents: Contents, path: str, urn: str) -> None:
    with contents.reading(path) as stream:
        if stream is None:
            return
        premis = read_premis(stream, urn)
        contents.objects |= {found.id: found for found in premis.objects if found.kind == "file"}
        contents.events.extend(premis.events)
        contents.agents |= {agent.id: agent for agent in premis.agents}


def _judge_premis(contents: Contents) -> None:
    for path, known in contents.objects.items():
        entry = contents.listed.get(path)
        if entry is None and contents.held(path):
            continue
        if entry is None:
            contents.broken("PKG-007", path, where="PREMIS", missing="METS.xml")
        elif (known.sha256, known.size_bytes) != (entry.sha256, entry.size_bytes):
            premis = f"{known.size_bytes} B, SHA-256 {known.sha256}"
            contents.broken("PKG-004", path, premis=premis, mets=f"{entry.size_bytes} B, SHA-256 {entry.sha256}")
    for path in sorted(contents.data - set(contents.objects)):
        contents.broken("PKG-007", path, where="METS.xml", missing="PREMIS")
