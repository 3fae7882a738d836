"""Copies for reading in a DIP: the PDF/A copies as they are stored, or with the note that they are copies.

Source: TT 05/2025/TT-BNV, Chương VI; Nghị định 30/2020/NĐ-CP, Phụ lục I (`metadata/profiles/copies.toml`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from archive.dissemination.history import ORIGINALS, RENDITIONS
from archive.dissemination.outgoing import Opener, opener_of
from archive.reports.papers import worked
from archive.services.stored_packages import StoredPackages
from ingest.ports import Limits, PdfaJudge, Workers
from metadata.digests import chunks_of, digests_of_file
from metadata.package import Conversion, PackageDocument, PackageFile, PackageRecord, Representation

TASK = "ingest.engines.copy_mark:mark"
LIMITS = Limits(cpu_seconds=900.0, wall_seconds=1800.0, memory_mib=3072, output_mib=8192)

PDF = "application/pdf"
_PUIDS = {"2b": "fmt/477", "2u": "fmt/478"}


@dataclass(frozen=True, slots=True)
class Marked:
    """A PDF/A that bears the note."""

    path: Path
    flavour: str
    """As measured."""

    judge: str
    judge_version: str
    losses: tuple[str, ...] = ()


class Marker(Protocol):
    """Puts notes on copies."""

    def marked(self, source: Path, note: Sequence[str], *, at: str, claim: str, kept: bool, room: Path) -> Marked | str:
        """A copy of `source` with `note` on its first page, or why there is none.

        Args:
            source: A PDF/A; it stays as it is.
            note: Its lines.
            at: RFC 3339; the same file, note and time give the same bytes.
            claim: Flavour that was measured of it.
            kept: This archive did not write it.
            room: Where the copy goes, not there yet.

        Raises:
            ArchiveError: the system failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class WorkerMarker:
    """Implements `Marker` with a worker process."""

    workers: Workers
    judge: PdfaJudge | None = None
    """A better judge than the one that reads back what was written, where there is one."""

    def marked(self, source: Path, note: Sequence[str], *, at: str, claim: str, kept: bool, room: Path) -> Marked | str:
        """See `Marker.marked`. What a judge denies is no copy."""
        arguments = {"source": str(source), "at": at, "note": list(note), "claim": claim, "kept": kept}
        answer = worked(self.workers, TASK, arguments, LIMITS, room)
        flavour = answer.value["flavour"]
        if flavour is None:
            return str(answer.value["detail"])
        made = answer.outputs["pdf"]
        verdict = self.judge.check(made, flavour) if self.judge else None
        if verdict is not None and verdict.status == "invalid":
            return f"{', '.join(verdict.rules)} {verdict.detail}".strip()
        tool = answer.value["tool"]
        return Marked(made, str(flavour), str(tool["name"]), str(tool["version"]), tuple(answer.value["losses"]))


@dataclass(frozen=True, slots=True)
class UseCopy:
    """A copy for reading as it lies in a DIP."""

    file: PackageFile
    """`derived_from` is the original of which it is a copy."""

    open: Opener
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoCopy:
    """That there is none of an original, and why."""

    document: PackageDocument
    original: PackageFile
    why: str


@dataclass(frozen=True, slots=True)
class Copies:
    """Makes the copies of a DIP."""

    stored: StoredPackages
    marker: Marker

    def plain(self, record: PackageRecord, document: PackageDocument) -> Iterator[UseCopy]:
        """The PDF/A copies of a document as they are stored."""
        for file in document.renditions:
            yield UseCopy(file, partial(self.stored.open, record, file))

    def noted(
        self, record: PackageRecord, document: PackageDocument, note: Sequence[str], *, at: str, folder: Path
    ) -> Iterator[UseCopy | NoCopy]:
        """Marked copies of a document's PDF/A copies, and of its originals that were kept as PDF/A.

        Args:
            record: The package in which it stands.
            document: The document.
            note: Lines of the note.
            at: RFC 3339.
            folder: Takes the copies; the caller removes it.

        Raises:
            ArchiveError: the system failed.
        """
        made = {file.derived_from: file for file in document.renditions}
        for original in document.originals:
            rendition = made.get(original.path)
            if rendition is None and not _is_pdfa(original):
                # There is nothing to copy: the original alone goes along.
                continue
            source = rendition or original
            base = f"{document.ordinal:06d}-{original.part:03d}"
            path = folder / f"{base}.pdf"
            self._lay(record, source, path)
            flavour = (source.conversion.flavour if source.conversion else None) or "2b"
            kept = rendition is None
            found = self.marker.marked(path, note, at=at, claim=flavour, kept=kept, room=folder / base)
            path.unlink()
            if isinstance(found, str):
                yield NoCopy(document, original, found)
            else:
                yield UseCopy(_described(source, original, found), opener_of(found.path), found.losses)

    def _lay(self, record: PackageRecord, file: PackageFile, path: Path) -> None:
        with self.stored.open(record, file) as stream, path.open("wb") as out:
            for chunk in chunks_of(stream):
                out.write(chunk)


def _is_pdfa(original: PackageFile) -> bool:
    return original.mime == PDF and original.conversion is not None and original.conversion.flavour is not None


def _described(source: PackageFile, original: PackageFile, marked: Marked) -> PackageFile:
    """The copy as METS and PREMIS describe it, in the place of the stored one."""
    digests = digests_of_file(marked.path)
    known = source.conversion or Conversion(route="keep")
    measured = {"judge": marked.judge, "judge_version": marked.judge_version, "confirmed": True, "reason": ""}
    return source.model_copy(
        update={
            "path": source.path if source is not original else source.path.replace(ORIGINALS, RENDITIONS, 1),
            "representation": Representation.RENDITION,
            "derived_from": original.path,
            "sha256": digests.sha256,
            "sha512": digests.sha512,
            "size_bytes": digests.size_bytes,
            "puid": _PUIDS.get(marked.flavour, ""),
            "format_name": f"PDF/A-{marked.flavour}",
            "format_version": marked.flavour,
            "conversion": known.model_copy(update={"flavour": marked.flavour, **measured}),
        }
    )
