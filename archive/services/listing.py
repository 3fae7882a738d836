"""Use case `report`: lists of dossiers, lists of documents and minutes of hand-over, as workbook or PDF/A."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path
from typing import Any

from archive.auth.policy import ALL, Scope
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import DossierStatus, Journal
from archive.catalogue.trail import AuditTrail
from archive.dissemination.outgoing import Exported, Outgoing, opener_of
from archive.dissemination.targets import target_at
from archive.reports import forms
from archive.reports.forms import Heading, Section
from archive.reports.lists import Totals, Whole, document_rows, dossier_row, say, whole
from archive.reports.papers import Papers
from archive.reports.workbooks import SheetContent, write_workbook
from metadata.errors import NotFoundError, UsageError
from metadata.events import EventType
from metadata.package import PackageRecord
from metadata.time import VIETNAM, Clock, rfc3339

_DIGITS = re.compile(r"(\d+)")
_NAMED = 20
"""Identifiers that the trail names of a call; how many there were it always says."""


@unique
class ListKind(StrEnum):
    """What can be made."""

    DOSSIERS = "muc-luc-ho-so"
    DOCUMENTS = "muc-luc-van-ban"
    MINUTES = "bien-ban"


@unique
class ListFormat(StrEnum):
    """In which form, told by the ending of the file's name."""

    XLSX = "xlsx"
    PDF = "pdf"

    @property
    def mime(self) -> str:
        """Of the file."""
        return {
            ListFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ListFormat.PDF: "application/pdf",
        }[self]


@dataclass(frozen=True, slots=True)
class Told:
    """What people add to a form."""

    basis: str = ""
    holding: str = ""


@dataclass(frozen=True, slots=True)
class MadeList:
    """A list on the disk."""

    path: Path
    more: dict[str, Any] = field(default_factory=dict)
    """What its JSON line says besides path, digest and size."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Makes lists."""

    catalogue: Catalogue
    journal: Journal
    trail: AuditTrail
    clock: Clock
    papers: Papers
    archive: str
    """Name of the archive."""

    scratch: Path

    def write(
        self, kind: ListKind, identifiers: Sequence[str], target: Path, *, operator: str, told: Told | None = None
    ) -> Exported:
        """Write a list to `target`, its form told by the ending.

        Raises:
            NotFoundError: an identifier names nothing that is archived.
            UsageError: `target` exists, or ends neither in `.xlsx` nor in `.pdf`.
            ArchiveError: the system failed.
        """
        try:
            form = ListFormat(target.suffix.lower().removeprefix("."))
        except ValueError:
            msg = f"{target}: .xlsx, .pdf"
            raise UsageError(msg) from None
        with (
            target_at(target, single=True) as writer,
            self.made(kind, identifiers, form, operator=operator, told=told) as made,
        ):
            return writer.write(Outgoing(target.name, opener_of(made.path), made.more))

    @contextmanager
    def made(
        self,
        kind: ListKind,
        identifiers: Sequence[str],
        form: ListFormat,
        *,
        operator: str,
        told: Told | None = None,
        within: Scope = ALL,
    ) -> Iterator[MadeList]:
        """A list, until the block ends. Recorded in the trail before anything of it can be seen. See `write`.

        Documents that lie outside of `within` are not in it.
        """
        dossiers = self._dossiers(identifiers)
        self._leaves(kind, identifiers, list(dossiers), operator)
        told = told or Told()
        heading = Heading(self.archive, self.clock.now().astimezone(VIETNAM).date(), told.basis, told.holding)
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            making = _Making(self, heading, dossiers, Path(folder), within)
            with making.made(kind, form) as made:
                yield made

    def wholes(self, dossiers: Mapping[str, str], within: Scope = ALL) -> Iterator[Whole]:
        """The dossiers, each read when it is asked for; of one that a submission named what came with it."""
        for dossier_id, submission_id in dossiers.items():
            came = list(self._came_with(dossier_id, submission_id)) if submission_id else []
            # A delivery that was handed in again brought nothing: its list is that of what it found there.
            records = came or self.catalogue.each_record(dossier_id)
            yield whole(_without(records, self.catalogue.hidden_ordinals(dossier_id, within=within)))

    def _came_with(self, dossier_id: str, submission_id: str) -> Iterator[PackageRecord]:
        """The parts that a submission brought, as they were then: minutes do not count what came before or later."""
        for version in self.catalogue.parts(dossier_id):
            record = self.catalogue.part(version.package_id)
            if record.submission_id == submission_id.lower():
                yield record

    def _dossiers(self, identifiers: Sequence[str]) -> Mapping[str, str]:
        """The submission that names each dossier, or nothing: in the order in which they are named."""
        found: dict[str, str] = {}
        for identifier in identifiers:
            brought = self._of_submission(identifier)
            for dossier_id in brought:
                found.setdefault(dossier_id, identifier)
            for place in () if brought else self.catalogue.find(identifier):
                found[place.dossier_id] = ""
        return found

    def _of_submission(self, identifier: str) -> list[str]:
        """Dossiers of a submission, by their codes; none where it is no submission."""
        codes = dict(self.catalogue.of_submission(identifier))
        try:
            jobs = self.journal.of_submission(identifier)
        except NotFoundError:
            jobs = []
        for job in jobs:
            # A supplement belongs to a dossier that came with another submission.
            dossier_id = self.catalogue.dossier_of(job.package_id) if job.result is DossierStatus.ARCHIVED else None
            if dossier_id is not None:
                codes.setdefault(dossier_id, job.file_code)
        return sorted(codes, key=lambda dossier_id: (natural(codes[dossier_id]), dossier_id))

    def _leaves(self, kind: ListKind, identifiers: Sequence[str], dossier_ids: Sequence[str], operator: str) -> None:
        subject = dossier_ids[0] if len(dossier_ids) == 1 else identifiers[0]
        detail = {"kind": kind.value, "dossiers": str(len(dossier_ids)), "named": " ".join(identifiers[:_NAMED])}
        self.trail.record(self.trail.event(EventType.DISSEMINATION, subject, agent=f"person:{operator}", detail=detail))


def _without(records: Iterable[PackageRecord], hidden: frozenset[int]) -> Iterator[PackageRecord]:
    for record in records:
        kept = tuple(document for document in record.documents if document.ordinal not in hidden)
        yield record if len(kept) == len(record.documents) else record.model_copy(update={"documents": kept})


def natural(code: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts codes as people do: 2 before 10."""
    parts = _DIGITS.split(code)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part)


@dataclass(slots=True)
class _Making:
    """One list being made: rows are spooled once, so that sums are known and memory does not grow."""

    listing: Listing
    heading: Heading
    dossiers: Mapping[str, str]
    folder: Path
    within: Scope
    totals: Totals = field(default_factory=Totals)

    @contextmanager
    def made(self, kind: ListKind, form: ListFormat) -> Iterator[MadeList]:
        title = say({"muc-luc-van-ban": "documents.title", "bien-ban": "minutes.subtitle"}.get(kind, "dossiers.title"))
        if kind is not ListKind.DOCUMENTS:
            self._spool()
        if form is ListFormat.XLSX:
            path = self.folder / "list.xlsx"
            write_workbook(path, self._sheets(kind), created=self.listing.clock.now(), title=title)
            yield MadeList(path, self._said(form))
            return
        at = rfc3339(self.listing.clock.now())
        with self.listing.papers.typeset(lambda: self._blocks(kind), title=title, at=at) as paper:
            said = {"flavour": paper.flavour, "pages": paper.pages}
            yield MadeList(
                paper.path, self._said(form) | said | ({"replaced": paper.replaced} if paper.replaced else {})
            )

    def _said(self, form: ListFormat) -> dict[str, Any]:
        return {"format": form.value, "dossiers": self.totals.dossiers, "documents": self.totals.documents}

    @property
    def _rows(self) -> Path:
        return self.folder / "rows.jsonl"

    def _spool(self) -> None:
        with self._rows.open("w", encoding="utf-8") as stream:
            for number, found in enumerate(self.listing.wholes(self.dossiers, self.within), start=1):
                self.totals.add(found)
                stream.write(json.dumps(dossier_row(number, found)) + "\n")

    def _spooled(self) -> Iterator[list[str]]:
        return forms.read_rows(self._rows)

    def _sections(self) -> Iterator[Section]:
        for found in self.listing.wholes(self.dossiers, self.within):
            self.totals.add(found)
            yield Section(found, list(document_rows(found)))

    def _blocks(self, kind: ListKind) -> Iterator[forms.Block]:
        if kind is ListKind.DOCUMENTS:
            return forms.document_paper(self.heading, self._sections())
        make = forms.minutes_paper if kind is ListKind.MINUTES else forms.dossier_paper
        return make(self.heading, self.totals, self._spooled)

    def _sheets(self, kind: ListKind) -> Iterator[SheetContent]:
        if kind is ListKind.DOCUMENTS:
            return (forms.document_sheet(self.heading, section) for section in self._sections())
        if kind is ListKind.MINUTES:
            return forms.minutes_sheets(self.heading, self.totals, self._spooled)
        return iter((forms.dossier_sheet(self.heading, self.totals, self._spooled),))
