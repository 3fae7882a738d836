"""Plans a package: which documents stand in which part, and where each file goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ingest.facts import (
    Adds,
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
from ingest.page_suggestions import with_accepted
from ingest.work import WorkItem
from metadata.descriptions import DocumentDescription, RecordStatus
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
    status: RecordStatus = RecordStatus.NEW

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
        verdicts = self._verdicts.get(file.path, ())
        return PlacedFile(
            received=file,
            format=self._formats.get(file.path, UNKNOWN),
            path=f"{SOURCES}{source_name(file.path, number)}",
            verdicts=verdicts,
            verdicts_path=f"{VERDICTS}source-{number:03d}.json" if verdicts else "",
            held=held,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of a dossier's package: as many as its documents need, made one by one."""

    item: WorkItem

    @property
    def count(self) -> int:
        """How many parts there are."""
        adds = self._adds
        documents = self.item.dossier.documents
        taken = len(documents) if adds is None else sum(document.ordinal in adds.ordinals for document in documents)
        return max(1, -(-taken // MAX_DOCUMENTS))

    @property
    def _adds(self) -> Adds | None:
        adds = self.item.facts.get(Adds)
        return adds if isinstance(adds, Adds) else None

    def parts(self) -> Iterator[Part]:
        """The parts in order; the metadata as received go with the first."""
        item, adds, count = self.item, self._adds, self.count
        placing = _Placing(item)
        documents = self._documents(placing)
        before = adds.first_part - 1 if adds else 0
        for number in range(1, count + 1):
            yield Part(
                package_id=part_id(item.package_id, number),
                dossier_id=adds.dossier_id if adds else item.package_id,
                number=before + number,
                count=before + count,
                documents=tuple(islice(documents, MAX_DOCUMENTS)),
                sources=self._sources(placing) if number == 1 else (),
                status=adds.status if adds else RecordStatus.NEW,
            )

    def _documents(self, placing: _Placing) -> Iterator[PlacedDocument]:
        received = self.item.fact(Received).files
        places: defaultdict[int | None, list[int]] = defaultdict(list)
        for place, file in enumerate(received):
            if file.role is FileRole.DOCUMENT:
                places[file.ordinal].append(place)
        for description, settled in _settled(with_accepted(self.item), self._adds):
            files = [received[place] for place in places.get(description.ordinal, ())]
            yield PlacedDocument(settled, tuple(_placed(placing, settled, files)))

    def _sources(self, placing: _Placing) -> tuple[PlacedFile, ...]:
        item, received = self.item, self.item.fact(Received)
        weight = sum(file.size_bytes for file in received.documents())
        sources = (file for file in received.files if file.role is FileRole.SOURCE)
        listed = frozenset(item.delivery.sources)
        return tuple(
            placing.source(
                file,
                number,
                # What speaks of this dossier alone is never kept elsewhere, however large it is.
                held=file.path in listed
                and is_held(file, documents_bytes=weight, other_dossiers=item.delivery.other_dossiers),
            )
            for number, file in enumerate(sources, start=1)
        )


def _settled(
    documents: Sequence[DocumentDescription], adds: Adds | None
) -> Iterator[tuple[DocumentDescription, DocumentDescription]]:
    """Each document as delivered, and as it stands in the dossier: with its ordinal there and what it replaces."""
    for document in documents:
        if adds is None:
            yield document, document
        elif document.ordinal in adds.ordinals:
            relations = (*document.relations, *adds.relations.get(document.ordinal, ()))
            ordinal = adds.ordinals[document.ordinal]
            yield document, document.model_copy(update={"ordinal": ordinal, "relations": relations})


def _placed(placing: _Placing, description: DocumentDescription, files: Sequence[ReceivedFile]) -> Iterator[PlacedFile]:
    for file in sorted(files, key=lambda file: file.part):
        yield placing.original(file, description.ordinal, len(files))
