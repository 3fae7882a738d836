"""Which dossiers a list is of, what is counted of each, and that the trail knows first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest

from archive.auth.policy import Scope
from archive.catalogue.holdings import Catalogue, Place, StoredVersion
from archive.catalogue.journal import DossierStatus, Journal
from archive.catalogue.trail import AuditTrail
from archive.reports.papers import Papers
from archive.services.listing import ListFormat, Listing, ListKind, Told
from metadata.descriptions import Cell, Description, DocumentDescription
from metadata.errors import NotFoundError, UsageError
from metadata.package import PackageDocument, PackageRecord
from tests.fakes.dossiers import StandingClock
from tests.fakes.workers import InlineWorkers


def _record(package_id: str, submission_id: str, *ordinals: int, dossier_id: str = "") -> PackageRecord:
    return PackageRecord(
        package_id=package_id,
        dossier_id=dossier_id or package_id,
        created_at="2026-11-29T00:00:00.000Z",
        submission_id=submission_id,
        agency="H49",
        file_code=f"H49.{dossier_id or package_id}",
        dossier=Description(fields={"title": Cell(value=f"Hồ sơ {dossier_id or package_id}")}),
        documents=tuple(PackageDocument(description=DocumentDescription(ordinal=n)) for n in ordinals),
    )


@dataclass
class _Holding:
    """Dossiers by the parts that they have."""

    dossiers: dict[str, list[PackageRecord]]

    def of_submission(self, submission_id: str) -> list[tuple[str, str]]:
        return [
            (d, parts[0].file_code) for d, parts in self.dossiers.items() if parts[0].submission_id == submission_id
        ]

    def find(self, identifier: str) -> list[Place]:
        found = [Place(d) for d, parts in self.dossiers.items() if identifier in {d, parts[0].file_code}]
        if not found:
            raise NotFoundError(identifier)
        return found

    def dossier_of(self, package_id: str) -> str | None:
        return next((d for d, parts in self.dossiers.items() for p in parts if p.package_id == package_id), None)

    def each_record(self, dossier_id: str) -> Iterator[PackageRecord]:
        yield from self.dossiers[dossier_id]

    def hidden_ordinals(self, dossier_id: str, *, within: Scope) -> frozenset[int]:
        assert within.everything, (dossier_id, within)
        return frozenset()

    def parts(self, dossier_id: str) -> list[StoredVersion]:
        return [StoredVersion(part.package_id, "v1", "") for part in self.dossiers[dossier_id]]

    def part(self, package_id: str) -> PackageRecord:
        return next(part for parts in self.dossiers.values() for part in parts if part.package_id == package_id)


@dataclass(frozen=True)
class _Job:
    package_id: str
    file_code: str
    result: DossierStatus


@dataclass
class _Jobs:
    jobs: dict[str, list[_Job]]

    def of_submission(self, submission_id: str) -> Sequence[_Job]:
        return self.jobs.get(submission_id, [])


@dataclass
class _Trail:
    events: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False

    def event(self, kind: Any, subject: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of an event
        return {"type": kind, "subject": subject, **more}

    def record(self, event: dict[str, Any]) -> None:
        if self.refuses:
            raise OSError("disk full")
        self.events.append(event)


@pytest.fixture
def trail() -> _Trail:
    return _Trail()


@pytest.fixture
def listing(tmp_path: Path, trail: _Trail) -> Listing:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    holding = _Holding(
        {
            "10": [_record("10", "s1", 1, 2)],
            "9": [_record("9", "s1", 1), _record("9b", "s2", 2, 3, dossier_id="9")],
            "11": [_record("11", "s3", 1)],
        }
    )
    jobs = _Jobs({"s2": [_Job("9b", "H49.9", DossierStatus.ARCHIVED), _Job("x", "H49.0", DossierStatus.REJECTED)]})
    return Listing(
        cast("Catalogue", holding),
        cast("Journal", jobs),
        cast("AuditTrail", trail),
        StandingClock(),
        Papers(InlineWorkers(), scratch),
        "Lưu trữ tỉnh",
        scratch,
    )


def _rows(listing: Listing, kind: ListKind, target: Path, *identifiers: str) -> dict[str, list[tuple[Any, ...]]]:
    listing.write(kind, identifiers, target, operator="lan")
    book = openpyxl.load_workbook(target)
    return {page.title: [row for row in page.iter_rows(values_only=True) if str(row[0]).isdecimal()] for page in book}


def test_a_submission_lists_its_dossiers_by_code_as_people_count(listing: Listing, tmp_path: Path) -> None:
    rows = _rows(listing, ListKind.DOSSIERS, tmp_path / "a.xlsx", "s1")
    assert [row[1] for row in rows["Mục lục hồ sơ"]] == ["H49.9", "H49.10"]


def test_dossiers_stand_in_the_order_in_which_they_are_named_and_once_each(listing: Listing, tmp_path: Path) -> None:
    rows = _rows(listing, ListKind.DOSSIERS, tmp_path / "a.xlsx", "11", "H49.10", "s1", "10")
    assert [row[1] for row in rows["Mục lục hồ sơ"]] == ["H49.11", "H49.10", "H49.9"]


def test_a_submission_counts_what_came_with_it_and_a_dossier_all_that_it_has(listing: Listing, tmp_path: Path) -> None:
    def documents(*identifiers: str) -> int:
        exported = listing.write(
            ListKind.MINUTES, identifiers, tmp_path / f"{len(list(tmp_path.iterdir()))}.xlsx", operator=""
        )
        return int(exported.more["documents"])

    assert [documents("s1"), documents("s2"), documents("9"), documents("s1", "s2", "9")] == [3, 2, 3, 5]


def test_a_list_of_documents_has_a_sheet_a_dossier(listing: Listing, tmp_path: Path) -> None:
    rows = _rows(listing, ListKind.DOCUMENTS, tmp_path / "a.xlsx", "s1")
    assert {name: len(found) for name, found in rows.items()} == {"H49.9": 1, "H49.10": 2}


def test_the_trail_knows_of_a_list_before_anything_of_it_can_be_seen(
    listing: Listing, trail: _Trail, tmp_path: Path
) -> None:
    trail.refuses = True
    with pytest.raises(OSError, match="disk full"):
        listing.write(ListKind.DOSSIERS, ["s1"], tmp_path / "a.xlsx", operator="lan")
    assert not (tmp_path / "a.xlsx").exists()
    trail.refuses = False
    listing.write(ListKind.DOSSIERS, ["11"], tmp_path / "a.xlsx", operator="lan")
    listing.write(ListKind.DOSSIERS, ["s1"], tmp_path / "b.xlsx", operator="lan")
    assert [(event["subject"], event["agent"], event["detail"]["dossiers"]) for event in trail.events] == [
        ("11", "person:lan", "1"),
        ("s1", "person:lan", "2"),
    ]


def test_the_form_is_told_by_the_ending_and_nothing_is_overwritten(listing: Listing, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.xlsx, \.pdf"):
        listing.write(ListKind.DOSSIERS, ["s1"], tmp_path / "a.docx", operator="")
    (tmp_path / "a.pdf").write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        listing.write(ListKind.DOSSIERS, ["s1"], tmp_path / "a.pdf", operator="")
    exported = listing.write(ListKind.DOSSIERS, ["s1"], tmp_path / "b.PDF", operator="")
    assert (exported.more["format"], exported.more["flavour"]) == ("pdf", "2u")


def test_what_names_nothing_is_not_found_and_leaves_no_trace(listing: Listing, trail: _Trail, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        listing.write(ListKind.DOSSIERS, ["s1", "nothing"], tmp_path / "a.pdf", operator="")
    assert not (tmp_path / "a.pdf").exists()
    assert trail.events == []


def test_nothing_is_left_in_the_scratch_folder(listing: Listing) -> None:
    for form in ListFormat:
        with listing.made(ListKind.MINUTES, ["s1"], form, operator="", told=Told("Kế hoạch", "Khối")) as made:
            assert made.path.stat().st_size > 1000
    assert list(listing.scratch.iterdir()) == []
