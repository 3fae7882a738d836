"""Lists of what a search finds, as workbook, Word document or PDF/A: made within the rights of who asks, row by row.

The hits are read in pages and their rows lie on the disk until the file is written: nothing grows with the length of
the list but the file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from archive.auth.policy import ALL, Scope
from archive.catalogue.found_documents import AT_ONCE, FoundDocuments
from archive.catalogue.holdings import Catalogue
from archive.catalogue.places import Place
from archive.catalogue.trail import AuditTrail
from archive.dissemination.outgoing import Exported, Outgoing, opener_of
from archive.dissemination.targets import target_at
from archive.durable import faults_of
from archive.errors import CancelledJobError
from archive.reports.found_lists import FoundHeading, Row, paper, row_of, say, write_document, write_sheet
from archive.reports.lists import FORM
from archive.reports.papers import Papers
from archive.services.accesses import Accesses
from archive.services.asked_searches import AskedSearch
from archive.services.indexing import Indexing
from metadata.errors import UsageError
from metadata.events import EventType
from metadata.messages import catalogue, every_text, text
from metadata.time import VIETNAM, Clock, rfc3339
from search.ports import Hit
from search.searching import RELEVANCE

MOST = 100_000
"""Rows of one list."""

MOST_WAITING = 5
"""Lists that one person may have ordered and not got yet: one of them takes minutes."""

_TELL = 1000
"""Rows that are written between two looks at whether anybody still wants them."""


@unique
class FoundForm(StrEnum):
    """In which form, told by the ending of the file's name."""

    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class ListMaker:
    """Who asks for a list."""

    login: str
    name: str
    within: Scope = ALL
    """Of what one may see."""


@dataclass(frozen=True, slots=True)
class ListTarget:
    """Where a list is put, and who hears how far it is."""

    file: Path
    """Its folder has to be there."""

    told: Callable[[int], bool]
    """Hears how many rows there are so far; False: nobody wants it any more."""

    places: Path | None = None
    """Where the places of the documents in it are written, for `FoundLists.may_still`."""

    job_id: str = ""
    """Of the job that makes it."""


@dataclass(frozen=True, slots=True)
class MadeFound:
    """A list on the disk."""

    rows: int
    total: int
    """Documents that the search finds for who asked; those beyond `MOST` are not in the list, which says so."""

    more: dict[str, Any] = field(default_factory=dict)
    """What is told of a PDF: `pages`, `flavour`, `replaced` letters."""


@dataclass(frozen=True, slots=True)
class FoundLists:
    """Makes lists."""

    indexing: Indexing
    catalogue: Catalogue
    documents: FoundDocuments
    accesses: Accesses
    trail: AuditTrail
    clock: Clock
    papers: Callable[[], Papers]
    """Asked for a PDF: it is set by a worker process."""

    archive: str
    """Name of the archive."""

    scratch: Path

    def count(self, asked: AskedSearch, *, within: Scope) -> int:
        """How many rows a list would have.

        Raises:
            UsageError: none, or more than `MOST`.
            SearchFaultError: the index is down.
        """
        total = self.indexing.search(asked.request(0), within=within).total
        if not 0 < total <= MOST:
            raise UsageError(every_text("found_lists.too_many", found=total, most=MOST))
        return total

    def write(self, asked: AskedSearch, target: Path, *, operator: str, told: Callable[[int], bool]) -> Exported:
        """Write a list to `target`, its form told by the ending, for who runs the command line.

        Raises:
            UsageError: `target` exists, or has another ending.
            ArchiveError: the system failed.
        """
        try:
            form = FoundForm(target.suffix.lower().removeprefix("."))
        except ValueError:
            raise UsageError(every_text("found_lists.unknown_form", name=target.name)) from None
        with (
            target_at(target, single=True) as writer,
            tempfile.TemporaryDirectory(dir=self.scratch) as folder,
            faults_of(self.scratch),
        ):
            path = Path(folder) / target.name
            made = self.make(asked, form, ListMaker(operator, operator), ListTarget(path, told))
            said = {"format": form.value, "documents": made.rows, "total": made.total, **made.more}
            return writer.write(Outgoing(target.name, opener_of(path), said))

    def make(self, asked: AskedSearch, form: FoundForm, maker: ListMaker, target: ListTarget) -> MadeFound:
        """Make a list; the trail knows of it, and of each closed document in it, before this returns.

        Raises:
            CancelledJobError: nobody wants it any more.
            SearchFaultError: the index is down.
            ToolUnreadableError: the worker that sets a PDF was ended.
            WorkFolderFaultError: the disk refused.
        """
        # Beside the file: whoever clears away what a killed process left clears the rows away too.
        with faults_of(target.file), tempfile.TemporaryDirectory(prefix="rows-", dir=target.file.parent) as folder:
            at = self.clock.now()
            making = _Making(self, asked, maker, target, Path(folder) / "rows.jsonl")
            with (target.places or Path(folder) / "places").open("w", encoding="ascii") as kept:
                making.spool(kept)
            more = making.write(form, at)
        detail = {"kind": "found-list", "form": form.value, "documents": str(making.rows)}
        # A query may be a person's name: the trail proves it without telling it.
        detail["asked_sha256"] = hashlib.sha256(asked.address.encode()).hexdigest()
        subject, agent = target.job_id or "found-list", f"person:{maker.login}"
        self.trail.record(self.trail.event(EventType.DISSEMINATION, subject, agent=agent, detail=detail))
        return MadeFound(making.rows, making.total, more)

    def may_still(self, places: Path, *, within: Scope) -> bool:
        """Whether all that stands in a list that was made before lies within a scope now."""
        with faults_of(places), places.open(encoding="ascii") as lines:
            return self.documents.all_within(map(_place, lines), within=within)


def listed(asked: AskedSearch) -> AskedSearch:
    """The search in the order of its list: what has no order but by relevance stands by day, the newest first."""
    return asked.model_copy(update={"sort": "-date"}) if asked.sort == RELEVANCE else asked


def _place(line: str) -> Place:
    dossier_id, _, ordinal = line.rstrip("\n").rpartition("/")
    return Place(dossier_id, int(ordinal))


@dataclass(slots=True)
class _Making:
    """One list being made."""

    lists: FoundLists
    asked: AskedSearch
    maker: ListMaker
    target: ListTarget
    spooled: Path
    rows: int = 0
    total: int = 0

    def spool(self, kept: TextIO) -> None:
        """Find the documents and lay their rows on the disk."""
        with self.spooled.open("w", encoding="ascii") as stream:
            for hits in self._pages():
                fonds = self._seen(hits)
                for hit in hits:
                    place = Place(hit.package_id, hit.ordinal)
                    if place not in fonds:
                        continue
                    self.rows += 1
                    stream.write(json.dumps(row_of(self.rows, hit, fonds[place])) + "\n")
                    kept.write(f"{place.dossier_id}/{place.ordinal}\n")
                self._tell()

    def _pages(self) -> Iterator[Sequence[Hit]]:
        """All hits by a cursor: what comes in meanwhile shifts none of them."""
        asked, after = listed(self.asked), ""
        while self.rows < MOST:
            request = asked.request(min(AT_ONCE, MOST - self.rows), after=after)
            answer = self.lists.indexing.search(request, within=self.maker.within)
            self.total = max(self.total, answer.total)
            yield answer.hits
            after = answer.next
            if not after:
                return

    def _seen(self, hits: Sequence[Hit]) -> dict[Place, str]:
        """The fonds of those that may be seen by the catalogue's own word; that closed ones are shown is recorded."""
        lists, places = self.lists, [Place(hit.package_id, hit.ordinal) for hit in hits]
        fonds = dict(lists.documents.fonds(places, within=self.maker.within))
        lists.accesses.found(lists.catalogue.closed_among(list(fonds)), self.maker.login, "list")
        return fonds

    def _tell(self) -> None:
        if not self.target.told(self.rows):
            raise CancelledJobError(self.target.job_id)

    def write(self, form: FoundForm, at: datetime) -> dict[str, Any]:
        """Write the file; what is told of it."""
        heading, path = self._heading(at), self.target.file
        if form is FoundForm.PDF:
            with self.lists.papers().typeset(
                lambda: paper(heading, self._again), title=heading.title, at=rfc3339(at), landscape=True
            ) as made:
                shutil.move(made.path, path)
                said: dict[str, Any] = {"pages": made.pages, "flavour": made.flavour}
                return said | ({"replaced": made.replaced} if made.replaced else {})
        writer = write_sheet if form is FoundForm.XLSX else write_document
        writer(path, heading, self._again, created=at)
        return {}

    def _again(self) -> Iterator[Row]:
        with self.spooled.open(encoding="ascii") as lines:
            while some := list(islice(lines, _TELL)):
                yield from map(json.loads, some)
                self._tell()

    def _heading(self, at: datetime) -> FoundHeading:
        return FoundHeading(say("title"), [line for line in self._lines(at) if line])

    def _lines(self, at: datetime) -> Iterator[str]:
        asked, maker = listed(self.asked), self.maker
        yield self.lists.archive
        yield say("asked", query=asked.query) if asked.query.strip() else say("no_query")
        for name, value in sorted(asked.fields.items()):
            yield say("field", name=_called(f"web.field.{name}", name), value=value)
        for name, values in sorted(asked.chosen.items()):
            yield say("field", name=_called(f"search.facet.{name}", name), value="; ".join(values))
        for key, day in (("from", asked.issued_from), ("to", asked.issued_to)):
            yield say(key, day=f"{day:%d/%m/}{day.year:04}") if day else ""
        yield say("sort", sort=_called(f"web.sort.{asked.sort.replace('-', '_')}", asked.sort))
        yield say("made_at", local=f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}", utc=rfc3339(at))
        yield say("made_by", name=maker.name, login=maker.login)
        count = f"{self.rows:,}".replace(",", ".")
        total, most = f"{self.total:,}".replace(",", "."), f"{MOST:,}".replace(",", ".")
        yield say("count_cut", count=count, total=total, most=most) if self.total > MOST else say("count", count=count)


def _called(key: str, word: str) -> str:
    """What people call a word; itself where it has no other name."""
    return text(key, FORM) if key in catalogue() else word
