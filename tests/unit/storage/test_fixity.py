"""Reading back: every difference is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from metadata.findings import Finding
from metadata.rules import message
from storage.backends.filesystem import FilesystemStore
from storage.errors import ObjectMissingError, StorageFaultError
from storage.layout import object_path
from storage.packages import PackageStore
from tests.fakes.clocks import SteppingClock
from tests.faults.storage import FaultyStore
from tests.fixtures.holdings import Contents

PACKAGE = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
FIRST = {"METS.xml": b"<mets/>", "data/QĐ 12.pdf": b"%PDF original", "schemas/METS.xsd": b"<schema/>"}
SECOND = {**FIRST, "METS.xml": b"<mets v='2'/>"}


@pytest.fixture
def folder(packages: PackageStore, contents: Contents, storage_root: Path) -> Path:
    """The object of a package with two versions."""
    packages.write(PACKAGE, contents(FIRST), message="Nhận", agent="luutru")
    packages.write(PACKAGE, contents(SECOND), message="Sửa", agent="luutru")
    return storage_root / object_path(PACKAGE)


def flip(path: Path, at: int = 3) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def rules_and_subjects(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return sorted((finding.rule, finding.subject) for finding in findings)


def test_a_whole_package_is_ok_and_every_byte_was_read(packages: PackageStore, folder: Path) -> None:
    report = packages.check_fixity(PACKAGE)
    assert (report.ok, report.findings, report.location, report.files) == (True, (), "filesystem", 4)
    assert report.bytes_read == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.rule("STO-010")
def test_a_flipped_byte_is_found_and_its_file_is_named_as_the_archivist_knows_it(
    packages: PackageStore, folder: Path
) -> None:
    flip(folder / "v1/content/data/QĐ 12.pdf")
    report = packages.check_fixity(PACKAGE)
    assert not report.ok
    assert rules_and_subjects(report.findings) == [("STO-010", "data/QĐ 12.pdf")]
    assert report.findings[0].file == f"{object_path(PACKAGE)}/v1/content/data/QĐ 12.pdf"
    assert "data/QĐ 12.pdf" in message(report.findings[0], "vi")


@pytest.mark.rule("STO-010", "STO-011")
def test_every_difference_is_named_at_once(packages: PackageStore, folder: Path) -> None:
    flip(folder / "v1/content/data/QĐ 12.pdf")
    flip(folder / "v1/content/METS.xml")
    (folder / "v1/content/schemas/METS.xsd").unlink()
    report = packages.check_fixity(PACKAGE)
    assert rules_and_subjects(report.findings) == [
        ("STO-010", "METS.xml"),
        ("STO-010", "data/QĐ 12.pdf"),
        ("STO-011", "schemas/METS.xsd"),
    ]
    assert report.files == 3


@pytest.mark.rule("STO-010")
@pytest.mark.parametrize("data", [b"", b"%PDF origina", b"%PDF original "])
def test_a_file_cut_or_grown_differs(packages: PackageStore, folder: Path, data: bytes) -> None:
    (folder / "v1/content/data/QĐ 12.pdf").write_bytes(data)
    assert rules_and_subjects(packages.check_fixity(PACKAGE).findings) == [("STO-010", "data/QĐ 12.pdf")]


@pytest.mark.rule("STO-012")
@pytest.mark.parametrize("name", ["v1/content/strange", "v2/strange", "strange", "v1/content/\udcff"])
def test_a_file_that_no_inventory_names_is_found(packages: PackageStore, folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    report = packages.check_fixity(PACKAGE)
    assert [finding.rule for finding in report.findings] == ["STO-012"]
    assert report.findings[0].model_dump_json()


@pytest.mark.rule("STO-013")
@pytest.mark.parametrize(
    "name",
    [
        "inventory.json",
        "inventory.json.sha512",
        "v2/inventory.json",
        "v2/inventory.json.sha512",
        "0=ocfl_object_1.1",
    ],
)
def test_a_head_that_was_changed_is_named(packages: PackageStore, folder: Path, name: str) -> None:
    flip(folder / name)
    report = packages.check_fixity(PACKAGE)
    assert not report.ok
    assert rules_and_subjects(report.findings) == [("STO-013", name)]


@pytest.mark.rule("STO-013")
@pytest.mark.parametrize("name", ["v1/inventory.json", "v1/inventory.json.sha512"])
def test_an_older_inventory_that_does_not_match_its_sidecar_is_found(
    packages: PackageStore, folder: Path, name: str
) -> None:
    flip(folder / name)
    assert [finding.rule for finding in packages.check_fixity(PACKAGE).findings] == ["STO-013"]


@pytest.mark.rule("STO-011")
@pytest.mark.parametrize(
    "name",
    ["inventory.json", "inventory.json.sha512", "v2/inventory.json", "v1/inventory.json.sha512", "0=ocfl_object_1.1"],
)
def test_a_head_that_is_gone_is_named(packages: PackageStore, folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert rules_and_subjects(packages.check_fixity(PACKAGE).findings) == [("STO-011", name)]


@pytest.mark.rule("STO-010", "STO-013")
def test_content_is_still_checked_when_the_root_inventory_is_damaged(packages: PackageStore, folder: Path) -> None:
    (folder / "inventory.json").write_bytes(b"\x00" * 500)
    flip(folder / "v2/content/METS.xml")
    assert rules_and_subjects(packages.check_fixity(PACKAGE).findings) == [
        ("STO-010", "METS.xml"),
        ("STO-013", "inventory.json"),
    ]


@pytest.mark.rule("STO-013")
def test_an_inventory_forged_with_all_its_sidecars_is_found_by_the_ledgers_digest(
    packages: PackageStore, contents: Contents, storage_root: Path
) -> None:
    """Somebody replaces a document and everything in the object that vouches for it."""
    honest = packages.write(PACKAGE, contents(FIRST), message="Nhận", agent="luutru")
    forged_root = storage_root.parent / "forged"
    forged = PackageStore(FilesystemStore(forged_root), SteppingClock())
    forged.init()
    forged.write(PACKAGE, contents({**FIRST, "data/QĐ 12.pdf": b"%PDF f0rged"}), message="Nhận", agent="luutru")
    folder = storage_root / object_path(PACKAGE)
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes((forged_root / path.relative_to(storage_root)).read_bytes())
    assert packages.check_fixity(PACKAGE).ok
    report = packages.check_fixity(PACKAGE, inventory_sha512=honest.inventory_sha512)
    assert not report.ok
    assert ("STO-013", "inventory.json") in rules_and_subjects(report.findings)


@pytest.mark.rule("STO-014")
@pytest.mark.parametrize("damage", ["zeros", "gone", "empty"])
def test_an_object_without_any_readable_inventory_is_a_finding(
    packages: PackageStore, folder: Path, damage: str
) -> None:
    for path in folder.rglob("inventory.json"):
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes(b"\0" * 100 if damage == "zeros" else b"")
    report = packages.check_fixity(PACKAGE)
    assert not report.ok
    assert ("STO-014", "inventory.json") in rules_and_subjects(report.findings)


@pytest.mark.rule("STO-015")
def test_an_interrupted_next_version_is_told_and_harms_nothing(
    packages: PackageStore, contents: Contents, folder: Path, storage_root: Path
) -> None:
    faulty = FaultyStore(FilesystemStore(storage_root))
    third = contents({**SECOND, "METS.xml": b"<mets v='3'/>", "new": b"new"})
    PackageStore(faulty, SteppingClock(), parallel=1).write(PACKAGE, third, message="x", agent="y")
    before_root = faulty.operations.index(("replace", f"{object_path(PACKAGE)}/inventory.json"))
    assert packages.check_fixity(PACKAGE).findings == ()

    other = PackageStore(FilesystemStore(storage_root.parent / "other"), SteppingClock())
    other.init()
    for files in (FIRST, SECOND):
        other.write(PACKAGE, contents(files), message="x", agent="y")
    cut = FaultyStore(FilesystemStore(storage_root.parent / "other"), fail_at=before_root + 1)
    with pytest.raises(StorageFaultError):
        PackageStore(cut, SteppingClock(), parallel=1).write(PACKAGE, third, message="x", agent="y")
    report = other.check_fixity(PACKAGE)
    assert report.ok
    assert rules_and_subjects(report.findings) == [("STO-015", "v3")]
    assert "v3" in message(report.findings[0], "vi")


def test_an_inventory_that_claims_a_billion_versions_costs_nothing(packages: PackageStore, folder: Path) -> None:
    for path in folder.rglob("inventory.json"):
        inventory = json.loads(path.read_text())
        inventory["versions"] = {"v999999999": inventory["versions"]["v1"]}
        inventory["head"] = "v999999999"
        path.write_text(json.dumps(inventory))
    assert not packages.check_fixity(PACKAGE).ok


def test_a_store_that_fails_while_it_is_read_is_a_fault_and_no_verdict(folder: Path, storage_root: Path) -> None:
    reads = FaultyStore(FilesystemStore(storage_root))
    PackageStore(reads, SteppingClock(), parallel=1).check_fixity(PACKAGE)
    for at in range(1, len(reads.operations) + 1):
        faulty = FaultyStore(FilesystemStore(storage_root), fail_at=at)
        with pytest.raises(StorageFaultError):
            PackageStore(faulty, SteppingClock(), parallel=1).check_fixity(PACKAGE)


@pytest.mark.parametrize("remove", [lambda folder: folder.rename(folder.with_name("elsewhere"))], ids=["moved"])
def test_a_package_that_is_wholly_gone_is_missing(
    packages: PackageStore, folder: Path, remove: Callable[[Path], object]
) -> None:
    remove(folder)
    with pytest.raises(ObjectMissingError):
        packages.check_fixity(PACKAGE)
