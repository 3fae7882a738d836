"""Use cases of the text review: a person corrects the text of a page, finds it right, or brings an earlier one back.

Each act is a new version of the package: storage first, then ledger, catalogue and trail together, then the index. It
is announced before; whatever a crash cuts off is entered by the next process from what lies in storage (ADR 0440).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from archive.catalogue.entering import StoredVersion
from archive.catalogue.holdings import Catalogue
from archive.catalogue.text_changes import TextChanges, text_reason
from archive.catalogue.trail import AuditTrail
from archive.services.stored_packages import StoredPackages
from archive.services.text_announcements import TextAnnouncements
from archive.services.text_revisions import Act, Revising
from metadata.errors import ArchiveError, NotFoundError, UsageError
from metadata.events import AuditEvent, EventType
from metadata.package import PackageDocument, PackageRecord, TextSummary
from metadata.page_corrections import Edit, confirmed, edited, edits_between, page_tag
from metadata.text_events import (
    Correction,
    CorrectionEvent,
    Kind,
    Reason,
    corrections,
    place_of_page,
    standings,
)
from metadata.texts import PageText
from metadata.texts_io import iter_page_texts
from metadata.time import Clock, rfc3339
from search.errors import SearchFaultError
from search.ports import IndexedDocument, SearchIndex
from storage.errors import PreconditionFailedError
from storage.holdings import Newest, PackageFile
from storage.ledger import Ledger, LedgerLine

MESSAGE = "Rà soát văn bản nhận dạng: {path}, trang {page}"
"""Kept in the inventory of each version; not shown as an interface text."""

MOST_INVENTORY_BYTES = 24 << 20
"""Each version names all files of a package again; a package is not let grow to where reading it takes long."""

_RACES = 32
"""How often an act is tried again because others corrected other pages of the same package."""


class TextChangedError(UsageError):
    """Somebody has corrected the page since the person looked at it; look at it again."""

    code: ClassVar[str] = "text.changed"

    def __init__(self, page: int, tag: str) -> None:
        self.tag = tag
        super().__init__(f"page {page}")


class TextFullError(UsageError):
    """The package has so many versions that reading it would become slow; nothing was stored."""

    code: ClassVar[str] = "text.full"

    def __init__(self, package_id: str, versions: str) -> None:
        super().__init__(f"{package_id}: {versions}")


class TextContendedError(ArchiveError):
    """Others keep on correcting the same package; repeating is safe."""

    code: ClassVar[str] = "text.contended"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants done to a page. Without edits, text and version: it was read, and is right."""

    dossier_id: str
    ordinal: int
    page: int
    """Counted through the files of the document."""

    seen: str
    """Tag of the page that the person saw."""

    author: str
    edits: Sequence[Edit] | None = None
    text: str | None = None
    """The whole text of the page."""

    version: int | None = None
    """Number of the version that is brought back."""

    reason: Reason | None = None
    note: str = ""

    def request(self) -> str:
        """SHA-256 of what is asked."""
        edits = None if self.edits is None else [[edit.start, edit.end, edit.text] for edit in self.edits]
        said = [self.author, edits, self.text, self.version, self.reason, self.note]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PageState:
    """A page of a document as it is now."""

    record: PackageRecord
    document: PackageDocument
    summary: TextSummary
    number: int
    """In its file."""

    text: PageText
    """With the number that the page has in the document."""

    tag: str
    history: tuple[CorrectionEvent, ...]

    @property
    def version(self) -> int:
        """Number of this version of the page; 1 is what was read at intake."""
        return len(self.history) + 1

    @property
    def standing(self) -> Kind | None:
        """Corrected, confirmed, or neither."""
        return standings([event.correction for event in self.history])[-1]


@dataclass(frozen=True, slots=True)
class Corrected:
    """What came of an act."""

    state: PageState
    already: bool
    """The same act had been done before."""

    searchable: bool
    """False: the index is down, it catches up by itself."""


class TextCorrections:
    """Corrects texts."""

    def __init__(  # noqa: PLR0913 - a use case over storage, catalogue, trail and index
        self,
        *,
        stored: StoredPackages,
        catalogue: Catalogue,
        changes: TextChanges,
        ledger: Ledger,
        trail: AuditTrail,
        index: Callable[[], SearchIndex],
        announcements: TextAnnouncements,
        scratch: Path,
        clock: Clock,
    ) -> None:
        self._stored = stored
        self._packages = stored.packages
        self._catalogue = catalogue
        self._changes = changes
        self._ledger = ledger
        self._trail = trail
        self._index = index
        self._announcements = announcements
        self._scratch = scratch
        self._clock = clock

    # ------------------------------------------------------------ looking

    def state(self, dossier_id: str, ordinal: int, page: int) -> PageState:
        """A page as it is now.

        Raises:
            NotFoundError: there is no such page.
        """
        record, document = self._document(dossier_id, ordinal)
        return self._state(record, document, page, None)

    def at_version(self, state: PageState, version: int) -> PageText:
        """A page as it was in `version` of it.

        Raises:
            NotFoundError: it had no such version.
        """
        if not 1 <= version <= state.version:
            missing = f"page {state.text.page} version {version}"
            raise NotFoundError(missing)
        stored = state.history[version - 2].correction.stored if version > 1 else "v1"
        package_id = state.record.package_id
        found = self._read(self._packages.files(package_id, stored), package_id, state.summary.path, state.number)
        return found.model_copy(update={"page": state.text.page})

    def _document(self, dossier_id: str, ordinal: int) -> tuple[PackageRecord, PackageDocument]:
        for record in self._catalogue.each_record(dossier_id):
            for document in record.documents:
                if document.ordinal == ordinal:
                    return record, document
        missing = f"{dossier_id}/{ordinal}"
        raise NotFoundError(missing)

    def _state(self, record: PackageRecord, document: PackageDocument, page: int, newest: Newest | None) -> PageState:
        place = place_of_page(document, page)
        if place is None or page < 1:
            missing = f"{record.dossier_id}/{document.ordinal} page {page}"
            raise NotFoundError(missing)
        summary, number = place
        files = self._packages.files(record.package_id) if newest is None else newest.files
        text = self._read(files, record.package_id, summary.path, number)
        history = tuple(corrections(record, summary.path, number))
        shown = text.model_copy(update={"page": page})
        return PageState(record, document, summary, number, shown, page_tag(shown), history)

    def _read(self, files: Iterable[PackageFile], package_id: str, path: str, number: int) -> PageText:
        for file in files:
            if file.path == path:
                with self._packages.open(file) as stream:
                    for at, page in enumerate(iter_page_texts(stream), start=1):
                        if at == number:
                            return page
        missing = f"{package_id}/{path} page {number}"
        raise NotFoundError(missing)

    # ------------------------------------------------------------ acting

    def act(self, wanted: Wanted) -> Corrected:
        """Do what a person wants done to a page; the same again changes nothing.

        Raises:
            NotFoundError: there is no such page, or no such version of it.
            TextChangedError: the page is not what the person saw.
            EditRefusedError: an edit does not fit the page.
            TextFullError: the package has too many versions.
            TextContendedError: others keep on correcting the same package.
            StorageFaultError: the store failed; repeating is safe.
        """
        for _ in range(_RACES):
            record, document = self._document(wanted.dossier_id, wanted.ordinal)
            self.settle(record.package_id)
            record, document = self._document(wanted.dossier_id, wanted.ordinal)
            newest = self._packages.newest(record.package_id)
            if newest.inventory_sha512 != self._changes.known(record.package_id).inventory_sha512:
                continue
            state = self._state(record, document, wanted.page, newest)
            last = state.history[-1].correction if state.history else None
            if last is not None and (last.seen, last.request) == (wanted.seen, wanted.request()):
                return Corrected(state, already=True, searchable=self._findable(state))
            if state.tag != wanted.seen:
                raise TextChangedError(wanted.page, state.tag)
            if newest.inventory_bytes > MOST_INVENTORY_BYTES:
                raise TextFullError(record.package_id, newest.version)
            if self._written(self._planned(wanted, state, newest), newest):
                now = self.state(wanted.dossier_id, wanted.ordinal, wanted.page)
                return Corrected(now, already=False, searchable=self._findable(now))
        raise TextContendedError(wanted.dossier_id)

    def _planned(self, wanted: Wanted, state: PageState, newest: Newest) -> Act:
        page = self._changed(wanted, state)
        kind = Kind.RESTORED
        if wanted.version is None:
            kind = Kind.CORRECTED if page.text != state.text.text else Kind.CONFIRMED
        correction = Correction(
            page=state.number,
            kind=kind,
            reason=wanted.reason,
            note=wanted.note,
            stored=f"v{int(newest.version[1:]) + 1}",
            seen=wanted.seen,
            made=page_tag(page),
            request=wanted.request(),
            restores=wanted.version,
        )
        acts = [*(event.correction for event in state.history), correction]
        return Act(
            summary=state.summary,
            page=page.model_copy(update={"page": state.number}),
            correction=correction,
            standing=standings(acts)[-1],
            author=wanted.author,
            at=rfc3339(self._clock.now()),
        )

    def _changed(self, wanted: Wanted, state: PageState) -> PageText:
        if wanted.version is not None:
            return self.at_version(state, wanted.version)
        if wanted.text is not None:
            return edited(state.text, edits_between(state.text.text, wanted.text))
        return edited(state.text, wanted.edits) if wanted.edits else confirmed(state.text)

    def _written(self, act: Act, newest: Newest) -> bool:
        """Store the next version and enter it; False: another one came first."""
        files = {file.path: file for file in newest.files}
        with tempfile.TemporaryDirectory(dir=self._scratch) as room:
            changed = Revising(self._packages.open, files, Path(room)).made(newest.package_id, act)
            message = MESSAGE.format(path=act.path, page=act.correction.page)
            with self._announcements.made(newest.package_id):
                try:
                    self._packages.revise(
                        newest.package_id, changed, upon=newest.inventory_sha512, message=message, agent="luutru"
                    )
                except PreconditionFailedError:
                    return False
                self.settle(newest.package_id)
        return True

    # ------------------------------------------------------------ settling

    def settle_left(self) -> int:
        """Enter what processes that died had stored and not entered; how many acts."""
        return self._announcements.left(self._settle_known)

    def _settle_known(self, package_id: str) -> None:
        self._packages.tidy(package_id)
        try:
            self.settle(package_id)
        except NotFoundError:
            # The catalogue is being made again from storage, and will read what lies there.
            return

    def settle(self, package_id: str) -> bool:
        """Bring ledger, catalogue and trail up to the newest version of a package; False: they were.

        Raises:
            NotFoundError: the catalogue does not know the package.
        """
        newest = self._packages.newest(package_id)
        if self._changes.known(package_id).inventory_sha512 == newest.inventory_sha512:
            return False
        record = self._stored.record_of(newest)
        self.account(record, newest)
        version = StoredVersion(package_id, newest.version, newest.inventory_sha512)
        with self._trail.transaction() as connection:
            before = self._changes.enter(connection, record, version)
            if before is not None:
                self._trail.record_all(self._told(record, before), connection)
        return before is not None

    def account(self, record: PackageRecord, newest: Newest) -> None:
        """Let the ledger know the version; safe to repeat."""
        self._ledger.record(
            [
                LedgerLine(
                    id=record.package_id,
                    version=newest.version,
                    inventory=newest.inventory_sha512,
                    time=newest.created,
                )
            ]
        )

    def retell(self, record: PackageRecord) -> None:
        """Make sure that ledger and trail know of the corrections of a part that was read from storage."""
        if next(corrections(record), None) is not None:
            self.account(record, self._packages.newest(record.package_id))
            self._trail.record_all(self._told(record, set()))

    def _told(self, record: PackageRecord, before: set[str]) -> list[AuditEvent]:
        ordinals = {file.path: file.ordinal for document in record.documents for file in document.text_files}
        found: list[AuditEvent] = []
        for event in corrections(record):
            if event.event.id in before:
                continue
            told = event.correction
            detail = {
                "document": str(ordinals.get(event.path) or ""),
                "text": event.path,
                "page": str(told.page),
                "kind": told.kind.value,
                "reason": told.reason.value if told.reason else "",
                "version": told.stored,
                "made_at": event.event.at,
            }
            found.append(
                self._trail.event(
                    EventType.METADATA_MODIFICATION,
                    record.package_id,
                    agency=record.agency,
                    id=event.event.id,
                    agent=f"person:{event.author}",
                    detail=detail,
                )
            )
        return found

    # ------------------------------------------------------------ finding

    def _findable(self, state: PageState) -> bool:
        """Bring the document into the index as it is now; False: the index is down, and catches up later."""
        dossier_id, ordinal = state.record.dossier_id, state.document.ordinal
        why = self._catalogue.waits_because(dossier_id)
        if not why:
            return True
        try:
            self._index().add(self._as_indexed(state))
        except SearchFaultError:
            return False
        if why.startswith(text_reason(ordinal)):
            self._catalogue.indexed(dossier_id, why)
        return True

    def _as_indexed(self, state: PageState) -> Iterator[IndexedDocument]:
        record, document = self._document(state.record.dossier_id, state.document.ordinal)
        return self._stored.indexed([record.model_copy(update={"documents": (document,)})])
