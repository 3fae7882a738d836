"""A DIP as it is given to a reader: copies for reading, marked as such, and the authentication file beside them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.dissemination.assembly import Assembly
from archive.dissemination.authentication import DATA, PAPER, authenticated, blocks, package_items, words
from archive.dissemination.copies import PDF, Copies, NoCopy, UseCopy
from archive.dissemination.derived import Source
from archive.dissemination.history import evidence_of
from archive.dissemination.outgoing import CopyForm, ExportKind, Outgoing, Wanted
from archive.dissemination.requests import authentication_values
from archive.dissemination.shapes import PackageShape
from archive.durable import faults_of
from archive.reports.papers import Papers
from metadata.errors import UsageError
from metadata.package import PackageDocument, PackageRecord
from metadata.profiles.copies import copy_rules
from metadata.time import VIETNAM, rfc3339, vietnamese
from metadata.xml.authentication import Authentication, write_authentication


@dataclass(frozen=True, slots=True)
class MadeCopies:
    """The copies for reading of one package."""

    by_ordinal: Mapping[int, Sequence[UseCopy]] = field(default_factory=dict)
    refused: Sequence[NoCopy] = ()
    note: Sequence[str] = ()
    """Lines that they bear; empty: they leave as they are stored."""

    def told(self) -> dict[str, dict[str, Any]]:
        """What the lines of marked copies say of them, by path."""
        copies = (copy for found in self.by_ordinal.values() for copy in found) if self.note else ()
        return {
            copy.file.path: {
                "flavour": copy.file.conversion.flavour if copy.file.conversion else None,
                "copy_of": copy.file.derived_from,
                **({"copy_losses": list(copy.losses)} if copy.losses else {}),
            }
            for copy in copies
        }

    def missing(self) -> Iterator[Outgoing]:
        """A line for each original of which no marked copy could be made, with the reason."""
        for found in self.refused:
            told = {"document": found.document.ordinal, "original": found.original.original_name, "flavour": None}
            yield Outgoing("", None, told | {"not_copied": found.why})


def require_issuable(wanted: Wanted) -> None:
    """See that what is told of copies and of their authentication can be met.

    Raises:
        UsageError: it goes with no DIP, or with one without an authentication file.
        RequestRefusedError: a name is unknown, a value does not fit.
    """
    options = wanted.options
    if wanted.kind is not ExportKind.DIP and (options.copies is not None or options.authentication):
        msg = f"copies and their authentication go with --as {ExportKind.DIP.value}"
        raise UsageError(msg)
    if options.authentication and not options.marked:
        msg = f"an authentication file goes with --copies {CopyForm.MARKED.value}"
        raise UsageError(msg)
    authentication_values(options.authentication)


@dataclass(frozen=True, slots=True)
class Issuing:
    """Makes what a DIP has besides what is stored."""

    copies: Copies
    papers: Papers
    archive: str
    code: str
    """Mã cơ quan lưu trữ; empty where it has none."""

    scratch: Path

    @contextmanager
    def copies_of(
        self, wanted: Wanted, record: PackageRecord, documents: Sequence[PackageDocument], shape: PackageShape
    ) -> Iterator[MadeCopies]:
        """The copies of `documents`, until the block ends; none for what is no DIP.

        Raises:
            ToolMissingError: the font is not installed.
            ToolUnreadableError: a worker was ended.
            WorkFolderFaultError: the disk refused.
        """
        if shape.kind is not ExportKind.DIP:
            yield MadeCopies()
            return
        if not wanted.options.marked:
            yield MadeCopies({d.ordinal: tuple(self.copies.plain(record, d)) for d in documents})
            return
        note = (copy_rules().words, self.archive or self.code, self._time(wanted))
        at = rfc3339(wanted.made_at)
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            made: dict[int, list[UseCopy]] = {}
            refused: list[NoCopy] = []
            with faults_of(self.scratch):
                for document in documents:
                    for copy in self.copies.noted(record, document, note, at=at, folder=Path(folder)):
                        if isinstance(copy, NoCopy):
                            refused.append(copy)
                        else:
                            made.setdefault(document.ordinal, []).append(copy)
            yield MadeCopies(made, refused, note)

    @staticmethod
    def _time(wanted: Wanted) -> str:
        """ISO 8601, Vietnam, as Nghị định 30/2020/NĐ-CP has it on copies."""
        return wanted.made_at.astimezone(VIETNAM).isoformat(timespec="seconds")

    def authenticate(
        self,
        assembly: Assembly,
        source: Source,
        copies: MadeCopies,
        wanted: Wanted,
        trail: Sequence[Mapping[str, Any]],
    ) -> None:
        """Put the authentication file into `assembly`, for people and for programs.

        Args:
            assembly: Of the DIP.
            source: What it is made of.
            copies: In it.
            wanted: The wish.
            trail: Events of the stored package, which tell under which time-stamps it stands.
        """
        code = assembly.shape.objid(assembly.heading.package)
        named = f"{self.archive} ({self.code})" if self.archive and self.code else self.archive or self.code
        told = authentication_values(wanted.options.authentication)
        today = f"{wanted.made_at.astimezone(VIETNAM):%d/%m/%Y}"
        said = Authentication(
            package=code,
            made_of=f"urn:uuid:{source.record.package_id}",
            made_at=vietnamese(wanted.made_at),
            items=package_items(code, named, source, told, today),
            note=copies.note,
            documents=tuple(authenticated(source, copies.by_ordinal)),
            evidence=tuple(evidence_of(trail)),
        )
        assembly.write(DATA, lambda stream: write_authentication(stream, said))
        title, at = words("title", code=code), rfc3339(wanted.made_at)
        paper = self.papers.typeset(lambda: blocks(said, source.record.package_id), title=title, at=at)
        with paper as set_paper:
            assembly.put(PAPER, set_paper.path.read_bytes(), PDF)


def issued(assembly: Assembly) -> dict[str, str]:
    """What the audit trail keeps of an authentication file: its code, and the digests by which it is known again."""
    return {
        "authentication": assembly.shape.objid(assembly.heading.package),
        "authentication_sha256": assembly.members[PAPER].entry.sha256,
        "authentication_data_sha256": assembly.members[DATA].entry.sha256,
    }
