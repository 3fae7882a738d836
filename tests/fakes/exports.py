"""Dossiers that are archived, and their packages on the way out, without a home around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from archive.catalogue.holdings import Catalogue
from archive.dissemination.copies import Copies, Marked, Marker
from archive.dissemination.issuing import Issuing
from archive.dissemination.outgoing import Exported, ExportKind, Options, Outgoing, Wanted
from archive.dissemination.packages import ArchiveName, Packages
from archive.dissemination.targets import target_at
from archive.reports.papers import Papers
from archive.services.foreign_history import ForeignStory
from archive.services.stored_packages import StoredPackages
from ingest.stages.store import Store
from ingest.work import WorkItem
from metadata.package import PackageRecord
from metadata.package_names import part_id
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from storage.ledger import Ledger
from storage.packages import PackageStore
from tests.fakes.dossiers import Paper, StandingClock, dossier, package_stage
from tests.fakes.workers import InlineWorkers

LEAVING = datetime(2026, 12, 1, 2, 3, 4, 567_000, tzinfo=UTC)
STORED = {
    "id": "3c7f6a50-0a51-4d51-8f0c-0f3a2b1c0d01",
    "type": "fixity check",
    "at": "2026-11-29T00:00:00.000Z",
    "clock": "test",
    "agent": "software:luutru/0.1.0",
    "subject": "",
    "agency": "H49.64",
    "outcome": "success",
    "rules": [],
    "detail": {"files": "12", "location": "main"},
}
"""An event of the audit trail, after intake."""


@dataclass
class Stamper:
    """Implements `Marker` for files that are no real PDF: the note is written behind them."""

    refuses: str = ""
    """Why no copy can be marked."""

    asked: list[tuple[str, bool]] = field(default_factory=list)
    """Claim, and whether it was a kept original."""

    def marked(self, source: Path, note: Sequence[str], *, at: str, claim: str, kept: bool, room: Path) -> Marked | str:
        self.asked.append((claim, kept))
        if self.refuses:
            return self.refuses
        room.mkdir()
        made = room / "copy.pdf"
        made.write_bytes(source.read_bytes() + "\n".join(["", *note, at]).encode())
        return Marked(made, "2b", "stamper", "1", ("signature",) if kept else ())


@dataclass
class Shelf:
    """One archived dossier."""

    folder: Path
    item: WorkItem
    stored: StoredPackages
    kept: tuple[PackageRecord, ...]
    """The parts as the catalogue keeps them."""

    trail: list[Mapping[str, Any]] = field(default_factory=lambda: [STORED])
    marker: Marker = field(default_factory=Stamper)
    before: ForeignStory = field(default_factory=ForeignStory)

    def wanted(self, kind: ExportKind, options: Options | None = None, ordinal: int | None = None) -> Wanted:
        """A wish for it."""
        return Wanted(
            kind=kind,
            dossier_id=self.item.package_id,
            ordinal=ordinal,
            parts=lambda: iter(self.kept),
            made_at=LEAVING,
            options=options or Options(),
        )

    @property
    def scratch(self) -> Path:
        """Where makers put what they need for a while."""
        folder = self.folder / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def packages(self) -> Packages:
        """The makers of packages."""
        name = ArchiveName("Trung tâm Lưu trữ lịch sử tỉnh", "H49.01")
        issuing = Issuing(
            Copies(self.stored, self.marker), Papers(InlineWorkers(), self.scratch), name.name, name.code, self.scratch
        )
        return Packages(
            self.stored, lambda _package_id: self.trail, name, self.scratch, issuing, lambda _parts: self.before
        )

    def leave(
        self, target: Path, kind: ExportKind, options: Options | None = None, ordinal: int | None = None
    ) -> list[Exported]:
        """Write its packages to `target`."""
        return written(self.packages().outgoing(self.wanted(kind, options, ordinal)), target)

    def leave_one(
        self, target: Path, kind: ExportKind, options: Options | None = None, ordinal: int | None = None
    ) -> Path:
        """Write its only package to `target`; its folder."""
        self.leave(target, kind, options, ordinal)
        (folder,) = (path for path in target.iterdir() if path.name != "evidence")
        return folder

    def lying(self) -> Shelf:
        """The same of which the record tells another digest of its first original than is stored."""
        record = self.kept[0]
        first = record.documents[0]
        original = first.originals[0].model_copy(update={"sha256": "0" * 64})
        changed = first.model_copy(update={"originals": (original,)})
        return replace(self, kept=(record.model_copy(update={"documents": (changed, *record.documents[1:])}),))


def written(files: Iterable[Outgoing], target: Path) -> list[Exported]:
    """What `files` became at `target`, a folder or a ZIP."""
    left = []
    with target_at(target, single=False) as writer:
        for file in files:
            left.append(writer.write(file))
            file.written(left[-1])
    return left


def shelved(folder: Path, *parts: Sequence[Paper], profile: str = "02-2019", **how: Any) -> Shelf:  # noqa: ANN401
    """A dossier stored below `folder`, each of `parts` as a package of its own; `how` is for `dossier`."""
    store = FilesystemStore(folder / "store")
    packages, evidence = PackageStore(store, StandingClock()), EvidenceObjects(store)
    packages.init()
    # Nothing of what leaves asks the catalogue: a record comes from the package itself.
    stored = StoredPackages(packages, cast("Catalogue", None), evidence)
    kept, items = [], []
    for number, papers in enumerate(parts, start=1):
        whole = dossier(folder / f"work-{number}", papers, **how)
        delivery = whole.delivery.model_copy(update={"profile": profile})
        item = replace(whole, package_id=part_id(whole.package_id, number), delivery=delivery)
        Store(packages, Ledger(store), evidence, StandingClock()).run(item.having(package_stage().run(item)))
        items.append(item)
        place = {"dossier_id": whole.package_id, "part": number, "parts": len(parts)}
        kept.append(stored.record(item.package_id).model_copy(update=place))
    return Shelf(folder, items[0], stored, tuple(kept))
