"""Plans a package: which documents stand in which part, and where each file goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.facts import (
    FileFormat,
    FileRole,
    FileText,
    Formats,
    Judged,
    Received,
    ReceivedFile,
    Rendition,
    Renditions,
    Texts,
)
from ingest.packaging.held import is_held
from ingest.work import WorkItem
from metadata.descriptions import DocumentDescription
from metadata.package import MAX_DOCUMENTS
from metadata.package_contents import SOURCES
from metadata.package_names import FileNames, extension_of, part_id, source_name
from metadata.package_reader import VERDICTS
from metadata.verdicts import SignatureVerdict

ORIGINALS = "representations/rep1/"
RENDITIONS = "representations/rep2/"
TEXTS = "representations/rep3/"
UNKNOWN = FileFormat(puid="", name="", version="", mime="application/octet-stream")


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """An original with everything that was found out about it and made from it, and its places in the package."""

    received: ReceivedFile
    format: FileFormat
    path: str
    rendition: Rendition | None = None
    rendition_path: str = ""
    text: FileText | None = None
    text_path: str = ""
    verdicts: tuple[SignatureVerdict, ...] = ()
    verdicts_path: str = ""
    held: bool = False
    """A list that is kept beside the packages: `path` is only its name."""


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """A document with its files, in order."""

    description: DocumentDescription
    files: tuple[PlacedFile, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One package: the dossier, or one part of a large one."""

    package_id: str
    dossier_id: str
    number: int
    count: int
    documents: tuple[PlacedDocument, ...]
    sources: tuple[PlacedFile, ...]

    @property
    def urn(self) -> str:
        """Identifier that METS and PREMIS carry."""
        return f"urn:uuid:{self.package_id}"

    def originals(self) -> Iterator[PlacedFile]:
        """Files of documents, in order."""
        for document in self.documents:
            yield from document.files


class _Placing:
    def __init__(self, item: WorkItem) -> None:
        self._formats = item.fact(Formats).formats
        self._verdicts = item.fact(Judged).verdicts
        self._texts = item.fact(Texts).texts
        self._decisions = item.fact(Renditions).decisions
        self._names = FileNames(item.dossier.file_code)

    def original(self, file: ReceivedFile, ordinal: int, parts: int) -> PlacedFile:
        stem = self._names.stem(ordinal, file.part, parts)
        number = f"{ordinal:03d}" if parts == 1 else f"{ordinal:03d}.{file.part}"
        decision, text = self._decisions.get(file.path), self._texts.get(file.path)
        verdicts = self._verdicts.get(file.path, ())
        return PlacedFile(
            received=file,
            format=self._formats.get(file.path, UNKNOWN),
            path=f"{ORIGINALS}data/{stem}{extension_of(file.path)}",
            rendition=decision,
            rendition_path=f"{RENDITIONS}data/{stem}.pdf" if decision and decision.path else "",
            text=text,
            text_path=f"{TEXTS}data/{stem}.jsonl.zst" if text else "",
            verdicts=verdicts,
            verdicts_path=f"{VERDICTS}{number}.json" if verdicts else "",
        )

    def source(self, file: ReceivedFile, number: int, *, held: bool) -> PlacedFile:
        path = f"{SOURCES}{source_name(file.path, number)}"
        return PlacedFile(received=file, format=self._formats.get(file.path, UNKNOWN), path=path, held=held)


def plan(item: WorkItem) -> tuple[Part, ...]:
    """The parts of the dossier's package, in order; the metadata as received go with the first."""
    placing = _Placing(item)
    received = item.fact(Received)
    by_ordinal: defaultdict[int | None, list[ReceivedFile]] = defaultdict(list)
    for file in received.documents():
        by_ordinal[file.ordinal].append(file)
    documents = [
        PlacedDocument(description, tuple(_placed(placing, description, by_ordinal[description.ordinal])))
        for description in item.dossier.documents
    ]
    sources = [file for file in received.files if file.role is FileRole.SOURCE]
    weight = sum(file.size_bytes for file in received.documents())
    placed_sources = tuple(
        placing.source(
            file, number, held=is_held(file, documents_bytes=weight, other_dossiers=item.delivery.other_dossiers)
        )
        for number, file in enumerate(sources, start=1)
    )
    chunks = [documents[start : start + MAX_DOCUMENTS] for start in range(0, len(documents), MAX_DOCUMENTS)] or [[]]
    return tuple(
        Part(
            package_id=part_id(item.package_id, number),
            dossier_id=item.package_id,
            number=number,
            count=len(chunks),
            documents=tuple(chunk),
            sources=placed_sources if number == 1 else (),
        )
        for number, chunk in enumerate(chunks, start=1)
    )


def _placed(placing: _Placing, description: DocumentDescription, files: Sequence[ReceivedFile]) -> Iterator[PlacedFile]:
    for file in sorted(files, key=lambda file: file.part):
        yield placing.original(file, description.ordinal, len(files))
