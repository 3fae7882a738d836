"""Section `lists`: a list of dossiers as PDF/A and as workbook, from records as the catalogue keeps them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from archive.auth.policy import Scope
from archive.catalogue.holdings import Catalogue, Place, StoredVersion
from archive.catalogue.journal import Journal
from archive.catalogue.trail import AuditTrail
from archive.clock import SystemClock
from archive.reports.papers import Papers
from archive.services.listing import ListFormat, Listing, ListKind
from ingest.workers.pool import WorkerPool
from metadata.descriptions import Cell, Description, DocumentDescription
from metadata.errors import NotFoundError
from metadata.package import PackageDocument, PackageRecord

SIZES = (100, 1_000, 5_000)
TARGETS = {"seconds": 60.0, "mib": 300.0}
DOCUMENTS = 20
"""Of each dossier."""


def prepare(size: int, folder: Path) -> None:
    """Nothing lies on the disk: records are made as they are asked for."""


def measure(size: int, folder: Path) -> dict[str, float]:
    """Both forms, one after the other; the figure is that of the two together."""
    scratch = folder / "scratch"
    scratch.mkdir()
    pool = WorkerPool(1, scratch)
    found: dict[str, float] = {}
    try:
        listing = Listing(
            cast("Catalogue", _Holding(size)),
            cast("Journal", _Nothing()),
            cast("AuditTrail", _Nothing()),
            SystemClock(),
            Papers(pool, scratch),
            "Lưu trữ lịch sử tỉnh",
            scratch,
        )
        begun = time.perf_counter()
        for form in ListFormat:
            start = time.perf_counter()
            with listing.made(ListKind.DOSSIERS, ["all"], form, operator="bench") as made:
                found[f"{form.value}_seconds"] = round(time.perf_counter() - start, 2)
                found[f"{form.value}_kib"] = made.path.stat().st_size >> 10
                found |= {"pages": made.more["pages"]} if "pages" in made.more else {}
        return {"seconds": time.perf_counter() - begun, **found}
    finally:
        pool.close()


class _Nothing:
    """A journal without jobs, and a trail that keeps nothing."""

    def of_submission(self, submission_id: str) -> list[object]:
        raise NotFoundError(submission_id)

    def event(self, *_: object, **__: object) -> None:
        return None

    def record(self, _: object) -> None:
        return None


class _Holding:
    """Dossiers that are made when they are asked for."""

    def __init__(self, size: int) -> None:
        self._size = size

    def of_submission(self, _: str) -> list[tuple[str, str]]:
        return [(str(number), f"H49.64.2026.{number}") for number in range(self._size)]

    def find(self, identifier: str) -> list[Place]:
        return [Place(identifier)]

    def hidden_ordinals(self, dossier_id: str, *, within: Scope) -> frozenset[int]:
        del dossier_id, within
        return frozenset()

    def parts(self, dossier_id: str) -> list[StoredVersion]:
        return [StoredVersion(dossier_id, "v1", "")]

    def each_record(self, dossier_id: str) -> Iterator[PackageRecord]:
        yield self.part(dossier_id)

    def part(self, dossier_id: str) -> PackageRecord:
        values = {
            "title": f"Hồ sơ về việc quản lý đất đai trên địa bàn xã Mường Ẳng, tập {dossier_id}",
            "file_notation": f"{dossier_id}.TH",
            "maintenance": "Vĩnh viễn",
            "sheet_count": "120",
        }
        fields = {key: Cell(value=value, written=value) for key, value in values.items()}
        day = Cell(value="2019-03-01", written="01/03/2019")
        documents = tuple(
            PackageDocument(description=DocumentDescription(ordinal=n, fields={"issued_date": day}))
            for n in range(1, DOCUMENTS + 1)
        )
        return PackageRecord(
            package_id=dossier_id,
            submission_id="all",
            dossier_id=dossier_id,
            created_at="2026-11-29T00:00:00.000Z",
            agency="H49.64",
            file_code=f"H49.64.2026.{dossier_id}",
            dossier=Description(fields=fields),
            documents=documents,
        )
