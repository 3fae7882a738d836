"""Section `leaving`: SIPs of a dossier of `size` documents as one ZIP, made, judged and written; 500 a package.

Storage is not measured: the records are made when they are asked for, and
every document has the same small file. So what stands here is metadata: forms,
METS, the check before it is given, the ZIP.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import NAMESPACE_OID, uuid5

from archive.dissemination.copies import Copies, Marker
from archive.dissemination.issuing import Issuing
from archive.dissemination.outgoing import ExportKind, Options, Wanted
from archive.dissemination.packages import ArchiveName, Packages
from archive.dissemination.targets import target_at
from archive.reports.papers import Papers
from archive.services.foreign_history import ForeignStory
from archive.services.stored_packages import StoredPackages
from ingest.ports import Workers
from metadata.descriptions import Cell, Description, DocumentDescription
from metadata.package import MAX_DOCUMENTS, PackageDocument, PackageFile, PackageRecord, Representation
from metadata.package_contents import RECORD
from storage.holdings import PackageFile as StoredFile

SIZES = (1_000, 10_000, 100_000)
TARGETS = {"cpu_seconds": 90.0, "mib": 150.0}
_DATA = b"%PDF-1.7 " + b"x" * 1000
_SHA256, _SHA512 = hashlib.sha256(_DATA).hexdigest(), hashlib.sha512(_DATA).hexdigest()
_WORDS = {
    "type_name": "Quyết định",
    "code_notation": "QĐ-UBND",
    "issued_date": "2025-01-02",
    "organ_name": "Ủy ban nhân dân tỉnh",
    "language": "Tiếng Việt",
}


class _Storage:
    """Gives the same bytes for every file."""

    @property
    def packages(self) -> _Storage:
        return self

    def files(self, _package_id: str) -> tuple[StoredFile, ...]:
        return (StoredFile(RECORD, RECORD, _SHA512),)

    def open(self, *_file: object) -> AbstractContextManager[BinaryIO]:
        return closing(cast("BinaryIO", io.BytesIO(_DATA)))


def prepare(_size: int, _folder: Path) -> None:
    """Nothing is needed."""


def _document(ordinal: int) -> PackageDocument:
    told = {**_WORDS, "subject": f"Về việc lưu trữ số {ordinal}", "code_number": str(ordinal)}
    file = PackageFile(
        path=f"representations/rep1/data/H49.64.2025.12.{ordinal:03d}.pdf",
        original_name=f"nộp/{ordinal}.pdf",
        representation=Representation.ORIGINAL,
        sha256=_SHA256,
        sha512=_SHA512,
        size_bytes=len(_DATA),
        mime="application/pdf",
        puid="fmt/276",
        ordinal=ordinal,
    )
    fields = {key: Cell(value=value) for key, value in told.items()}
    return PackageDocument(description=DocumentDescription(ordinal=ordinal, fields=fields), originals=(file,))


def _parts(size: int) -> Iterator[PackageRecord]:
    count = -(-size // MAX_DOCUMENTS)
    for part in range(1, count + 1):
        first = (part - 1) * MAX_DOCUMENTS
        yield PackageRecord(
            package_id=str(uuid5(NAMESPACE_OID, str(part))),
            dossier_id=str(uuid5(NAMESPACE_OID, "1")),
            part=part,
            parts=count,
            created_at="2026-11-28T03:04:05.678Z",
            agency="H49.64",
            profile="02-2019",
            file_code="H49.64.2025.12",
            dossier=Description(fields={"title": Cell(value="Hồ sơ")}),
            documents=tuple(_document(n) for n in range(first + 1, min(first + MAX_DOCUMENTS, size) + 1)),
        )


def measure(size: int, folder: Path) -> dict[str, float]:
    """Write one ZIP."""
    stored = cast("StoredPackages", _Storage())
    # A SIP has neither copies nor papers: no worker is ever asked.
    copies, papers = Copies(stored, cast("Marker", None)), Papers(cast("Workers", None), folder)
    issuing = Issuing(copies, papers, "Kho", "H49.01", folder)
    packages = Packages(stored, _nothing, ArchiveName("Kho", "H49.01"), folder, issuing, lambda _parts: ForeignStory())
    made_at = datetime(2026, 12, 1, tzinfo=UTC)
    wanted = Wanted(ExportKind.SIP, "dossier", None, lambda: _parts(size), made_at, Options())
    start, files = time.perf_counter(), 0
    with target_at(folder / "out.zip", single=False) as target:
        for file in packages.outgoing(wanted):
            file.written(target.write(file))
            files += 1
    seconds = time.perf_counter() - start
    return {"seconds": round(seconds, 2), "files": files, "zip_mib": (folder / "out.zip").stat().st_size >> 20}


def _nothing(_package_id: str) -> list[dict[str, Any]]:
    return []
