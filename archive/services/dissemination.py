"""Use case `export`: original bytes, PDF/A copies, text and whole packages leave the archive, counted and digested."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from archive.catalogue.holdings import Catalogue, Place
from archive.catalogue.trail import AuditTrail
from archive.services.lta_copies import LtaCopies, LtaRefusedError, as_refused
from archive.services.proofs import Proofs
from archive.services.stored_packages import StoredPackages
from metadata.digests import chunks_of
from metadata.errors import UsageError
from metadata.events import EventType
from metadata.package import PackageDocument, PackageFile, PackageRecord
from storage.layout import evidence_object_key

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


@unique
class ExportKind(StrEnum):
    """What can leave the archive in this version."""

    ORIGINAL = "original"
    PDFA = "pdfa"
    TEXT = "text"
    AIP = "aip"
    PROOF = "proof"
    PDF_LTA = "pdf-lta"


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that left."""

    path: str | None
    sha256: str | None
    size_bytes: int | None
    more: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON line."""
        return {"path": self.path, "sha256": self.sha256, "bytes": self.size_bytes, **self.more}


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A file to be written: its name, where its bytes come from, what is said of it."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]] | None
    more: dict[str, Any]


class _Target(Protocol):
    def write(self, outgoing: _Outgoing) -> Exported: ...


@dataclass(frozen=True, slots=True)
class Dissemination:
    """Takes things out."""

    catalogue: Catalogue
    stored: StoredPackages
    trail: AuditTrail
    proofs: Callable[[], Proofs]
    """Asked when a proof is wanted: it leans on trust and evidence as they are then."""

    lta_copies: Callable[[], LtaCopies]
    """Asked when such a copy is wanted: it leans on trust and on time-stamp authorities."""

    def export(self, identifier: str, kind: ExportKind, target: Path, *, operator: str) -> Iterator[Exported]:
        """Write what `identifier` names to `target`: a document as a file, a dossier as a folder or one ZIP.

        Files are written under another name first, so that a broken export never looks whole.

        Raises:
            NotFoundError: nothing has that identifier.
            UsageError: it names several dossiers, or `target` exists.
            ArchiveError: the system failed.
        """
        places = self.catalogue.find(identifier)
        if len(places) > 1:
            listed = ", ".join(f"{place.dossier_id}/{place.ordinal or ''}" for place in places)
            msg = f"{identifier} names several: {listed}"
            raise UsageError(msg)
        place = places[0]
        records = self.catalogue.records(place.dossier_id)
        outgoing = list(self._outgoing(records, place, kind))
        with _target(target, single=_is_single(place, kind, outgoing)) as writer:
            self.trail.record(
                self.trail.event(
                    EventType.DISSEMINATION,
                    place.dossier_id,
                    agency=records[0].agency,
                    agent=f"person:{operator}",
                    detail={"kind": kind.value, "ordinal": str(place.ordinal or "")},
                )
            )
            for file in outgoing:
                yield self._written(writer, file, alone=place.ordinal is not None and len(outgoing) == 1)

    @staticmethod
    def _written(writer: _Target, file: _Outgoing, *, alone: bool) -> Exported:
        try:
            return writer.write(file)
        except LtaRefusedError as refusal:
            # Of a whole dossier what can leave does, and the rest is told.
            if alone:
                raise
            return Exported(None, None, None, file.more | as_refused(refusal))

    def _outgoing(self, records: Sequence[PackageRecord], place: Place, kind: ExportKind) -> Iterator[_Outgoing]:
        if kind is ExportKind.AIP:
            yield from self._packages(records)
            return
        for record in records:
            for document in record.documents:
                if place.ordinal in {None, document.ordinal}:
                    yield from self._of_document(record, document, kind)
            if kind is ExportKind.ORIGINAL and place.ordinal is None:
                seen = {file.original_name for other in records[: record.part - 1] for file in other.sources}
                yield from (
                    _Outgoing(file.original_name, self._opener(record, file), {})
                    for file in record.sources
                    if file.original_name not in seen
                )

    def _of_document(self, record: PackageRecord, document: PackageDocument, kind: ExportKind) -> Iterator[_Outgoing]:
        if kind is ExportKind.ORIGINAL:
            for file in document.originals:
                yield _Outgoing(file.original_name, self._opener(record, file), {})
        elif kind is ExportKind.PROOF:
            proofs = self.proofs()
            yield _Outgoing(proofs.name(document), proofs.opener(record, document), {"document": document.ordinal})
        elif kind is ExportKind.PDF_LTA:
            copies = self.lta_copies()
            for file in document.originals:
                said = {"document": document.ordinal, "original": file.original_name, "copy_of": file.sha256}
                yield _Outgoing(copies.name(file), copies.opener(record, document, file), said)
        elif kind is ExportKind.TEXT:
            yield _Outgoing(f"{_stem(document)}.txt", self._text_opener(record, document), {})
        else:
            made = {file.derived_from: file for file in document.renditions}
            for file in document.originals:
                yield self._pdfa(record, document, file, made.get(file.path))

    def _pdfa(
        self, record: PackageRecord, document: PackageDocument, original: PackageFile, rendition: PackageFile | None
    ) -> _Outgoing:
        said = rendition.conversion if rendition is not None else original.conversion
        more = {
            "flavour": said.flavour if said else None,
            "route": said.route if said else None,
            "document": document.ordinal,
            "original": original.original_name,
        }
        chosen = rendition
        if chosen is None and said is not None and said.flavour is not None:
            chosen = original
        if chosen is None:
            return _Outgoing(original.original_name, None, more | {"flavour": None})
        name = original.original_name
        if PurePosixPath(name).suffix.lower() != ".pdf":
            # `a.docx` and `a.pdf` of one dossier must not meet in one name.
            name += ".pdf"
        return _Outgoing(name, self._opener(record, chosen), more)

    def _packages(self, records: Sequence[PackageRecord]) -> Iterator[_Outgoing]:
        for record in records:
            for file in self.stored.packages.files(record.package_id):
                name = f"urn_uuid_{record.package_id}/{file.path}"
                yield _Outgoing(name, partial(self.stored.packages.open, file), {})
        # A list that is kept once for many dossiers goes out beside their packages, where PREMIS says it lies.
        held = {source.sha256: (record, source) for record in records for source in record.sources if source.held}
        for sha256, (record, source) in held.items():
            yield _Outgoing(evidence_object_key(sha256), self._opener(record, source), {"name": source.original_name})

    def _opener(self, record: PackageRecord, file: PackageFile) -> Callable[[], AbstractContextManager[BinaryIO]]:
        return lambda: self.stored.open(record, file)

    def _text_opener(
        self, record: PackageRecord, document: PackageDocument
    ) -> Callable[[], AbstractContextManager[BinaryIO]]:
        def joined() -> BinaryIO:
            return io.BytesIO("\f".join(page.text for page in self.stored.pages(record, document)).encode())

        return joined


def _is_single(place: Place, kind: ExportKind, outgoing: Sequence[_Outgoing]) -> bool:
    return place.ordinal is not None and kind is not ExportKind.AIP and len(outgoing) == 1


def _stem(document: PackageDocument) -> str:
    names = [file.original_name for file in document.originals]
    return str(PurePosixPath(names[0]).with_suffix("")) if names else f"{document.ordinal:03d}"


def _safe(name: str) -> PurePosixPath:
    """`name` below the target, whatever a delivery called its files."""
    parts = [_UNSAFE.sub("_", part) for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    return PurePosixPath(*parts) if parts else PurePosixPath("_")


@contextmanager
def _target(path: Path, *, single: bool) -> Iterator[_Target]:
    if single and path.is_dir():
        # A document into a folder that is there: under its own name, beside what lies in it.
        yield _Folder(path)
        return
    if path.exists() and (single or path.is_file() or any(path.iterdir())):
        msg = f"{path} exists already"
        raise UsageError(msg)
    if single:
        yield _File(path)
        return
    if path.suffix.lower() != ".zip":
        path.mkdir(parents=True, exist_ok=True)
        yield _Folder(path)
        return
    part = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(part, "w", allowZip64=True) as archive:
            yield _Zip(archive)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _File:
    path: Path

    def write(self, outgoing: _Outgoing) -> Exported:
        return _write(self.path, outgoing)


@dataclass(slots=True)
class _Folder:
    path: Path

    def write(self, outgoing: _Outgoing) -> Exported:
        return _write(self.path / _safe(outgoing.name), outgoing)


@dataclass(slots=True)
class _Zip:
    archive: zipfile.ZipFile

    def write(self, outgoing: _Outgoing) -> Exported:
        if outgoing.open is None:
            return Exported(None, None, None, outgoing.more)
        name = str(_safe(outgoing.name))
        info = zipfile.ZipInfo(name, _ZIP_TIME)
        info.external_attr = 0o644 << 16
        with outgoing.open() as stream, self.archive.open(info, "w", force_zip64=True) as out:
            return Exported(name, *_copy(stream, out), outgoing.more)


def _write(path: Path, outgoing: _Outgoing) -> Exported:
    if outgoing.open is None:
        return Exported(None, None, None, outgoing.more)
    if path.exists():
        msg = f"{path} exists already"
        raise UsageError(msg)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{os.getpid()}.part")
    try:
        with outgoing.open() as stream, part.open("xb") as out:
            sha256, size = _copy(stream, out)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Exported(str(path), sha256, size, outgoing.more)


def _copy(stream: BinaryIO, out: Any) -> tuple[str, int]:  # noqa: ANN401 - a file or a ZIP member
    digest, size = hashlib.sha256(), 0
    for chunk in chunks_of(stream):
        digest.update(chunk)
        size += len(chunk)
        out.write(chunk)
    return digest.hexdigest(), size
