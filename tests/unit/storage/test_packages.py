"""Packages: written once, found without listing, completed after an interruption."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from metadata.digests import digests_of
from storage.backends.filesystem import FilesystemStore
from storage.errors import (
    LayoutUnknownError,
    ObjectCorruptedError,
    ObjectMissingError,
    PreconditionFailedError,
    RecordUnreadableError,
    RootMissingError,
    StorageFaultError,
    UnsafeKeyError,
)
from storage.holdings import Content
from storage.layout import object_path
from storage.packages import PackageStore
from tests.fakes.clocks import SteppingClock
from tests.faults.storage import FaultyStore
from tests.fixtures.holdings import Contents

PACKAGE = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
FILES = {
    "METS.xml": b"<mets/>",
    "representations/rep1/data/QĐ 12.001.pdf": b"%PDF original",
    "representations/rep2/data/QĐ 12.001.pdf": b"%PDF rendition",
    "schemas/METS.xsd": b"<schema/>",
    "representations/rep1/METS.xml": b"<mets/>",
}


def files_below(root: Path) -> set[str]:
    return {
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".unfinished" not in path.parts
    }


def read(packages: PackageStore, path: str) -> bytes:
    with packages.open_file(PACKAGE, path) as stream:
        return stream.read()


def test_every_file_of_a_package_comes_back(packages: PackageStore, contents: Contents) -> None:
    stored = packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    assert (stored.version, stored.files, stored.already) == ("v1", len(FILES), False)
    assert {path: read(packages, path) for path in FILES} == FILES
    assert [file.path for file in packages.files(PACKAGE)] == sorted(FILES)
    assert [file.sha512 for file in packages.files(PACKAGE)] == [
        hashlib.sha512(FILES[path]).hexdigest() for path in sorted(FILES)
    ]
    assert packages.size_of(packages.files(PACKAGE)[0]) == len(FILES["METS.xml"])
    with packages.open_file(PACKAGE, "METS.xml", offset=1, length=4) as stream:
        assert stream.read() == b"mets"
    assert packages.describe(PACKAGE) == packages.write(PACKAGE, contents(FILES), message="x", agent="y")


def test_equal_bytes_are_stored_once(packages: PackageStore, contents: Contents, storage_root: Path) -> None:
    stored = packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    folder = storage_root / object_path(PACKAGE)
    content = [path for path in (folder / "v1" / "content").rglob("*") if path.is_file()]
    assert len(content) == len(FILES) - 1
    inventory = (folder / "inventory.json").stat().st_size
    assert stored.bytes_stored == sum(path.stat().st_size for path in content) + 2 * inventory


def test_the_same_package_again_changes_nothing(packages: PackageStore, contents: Contents, storage_root: Path) -> None:
    first = packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    before = {path: (storage_root / path).stat().st_mtime_ns for path in files_below(storage_root)}
    again = packages.write(PACKAGE, contents(FILES), message="other words", agent="other")
    assert again.already
    assert (again.version, again.inventory_sha512, again.created, again.bytes_stored) == (
        first.version,
        first.inventory_sha512,
        first.created,
        first.bytes_stored,
    )
    assert {path: (storage_root / path).stat().st_mtime_ns for path in files_below(storage_root)} == before


def test_a_change_makes_a_version_that_stores_only_what_is_new(
    packages: PackageStore, contents: Contents, storage_root: Path
) -> None:
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    changed = {**FILES, "METS.xml": b"<mets corrected=''/>"}
    del changed["schemas/METS.xsd"]
    second = packages.write(PACKAGE, contents(changed), message="Sửa siêu dữ liệu", agent="bich")
    assert second.version == "v2"
    folder = storage_root / object_path(PACKAGE)
    assert files_below(folder / "v2") == {"inventory.json", "inventory.json.sha512", "content/METS.xml"}
    assert {path: read(packages, path) for path in changed} == changed
    assert [file.path for file in packages.files(PACKAGE, "v1")] == sorted(FILES)
    assert [(v.name, v.message, v.agent) for v in packages.versions(PACKAGE)] == [
        ("v1", "Nhận", "luutru"),
        ("v2", "Sửa siêu dữ liệu", "bich"),
    ]
    back = packages.write(PACKAGE, contents(FILES), message="Trả lại", agent="bich")
    assert (back.version, back.bytes_stored) == ("v3", 2 * (folder / "inventory.json").stat().st_size)
    assert packages.check_fixity(PACKAGE).findings == ()


def test_one_file_is_found_without_listing_anything(
    packages: PackageStore, contents: Contents, storage_root: Path
) -> None:
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    watched = FaultyStore(FilesystemStore(storage_root))
    with PackageStore(watched, SteppingClock()).open_file(PACKAGE, "METS.xml") as stream:
        stream.read()
    assert len(watched.operations) <= 3
    assert not [name for name, _ in watched.operations if name == "keys"]


def test_what_is_not_there_is_missing(packages: PackageStore, contents: Contents) -> None:
    for act in (
        lambda: packages.files(PACKAGE),
        lambda: packages.versions(PACKAGE),
        lambda: packages.describe(PACKAGE),
        lambda: packages.check_fixity(PACKAGE),
        lambda: packages.open_file(PACKAGE, "METS.xml"),
    ):
        with pytest.raises(ObjectMissingError):
            act()
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    with pytest.raises(ObjectMissingError):
        packages.open_file(PACKAGE, "no such file")
    with pytest.raises(ObjectMissingError):
        packages.files(PACKAGE, "v2")


@pytest.mark.rule("STO-001")
@pytest.mark.parametrize(
    "paths", [[], ["../x"], ["/x"], ["a//b"], ["a", "a"], ["a", "a/b"], ["a/b/c", "a"], ["inventory\n.json"]]
)
def test_paths_that_cannot_be_kept_apart_are_refused_before_anything_is_stored(
    packages: PackageStore, contents: Contents, storage_root: Path, paths: list[str]
) -> None:
    before = files_below(storage_root)
    files = [content for path in paths for content in contents({path: b"x"})]
    with pytest.raises(UnsafeKeyError):
        packages.write(PACKAGE, files, message="Nhận", agent="luutru")
    assert files_below(storage_root) == before


@pytest.mark.rule("STO-002")
def test_a_source_that_changed_since_it_was_hashed_makes_no_package(packages: PackageStore, contents: Contents) -> None:
    files = contents(FILES)
    files[1].source.write_bytes(b"%PDF 0riginal")
    with pytest.raises(ObjectCorruptedError):
        packages.write(PACKAGE, files, message="Nhận", agent="luutru")
    with pytest.raises(ObjectMissingError):
        packages.files(PACKAGE)
    files[1].source.unlink()
    with pytest.raises(StorageFaultError):
        packages.write(PACKAGE, files, message="Nhận", agent="luutru")


@pytest.mark.rule("STO-005")
@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_a_write_fails_repeating_it_completes_it(contents: Contents, quick_path: Path, when: str) -> None:
    """A fault is injected at each operation in turn, for a first and for a second version."""
    second = {"METS.xml": b"<mets v='2'/>", "data/tệp.pdf": b"%PDF"}
    files, changed = contents({"METS.xml": b"<mets/>", "data/tệp.pdf": b"%PDF"}), contents(second)
    at = 0
    while True:
        at += 1
        root = quick_path / f"storage-{at}"
        whole = FilesystemStore(root)
        PackageStore(whole, SteppingClock()).init()
        faulty = FaultyStore(whole, fail_at=at, when="before" if when == "before" else "after")
        clock = SteppingClock()
        for version in (files, changed):
            expected = None
            for _ in range(2):
                try:
                    stored = PackageStore(faulty, clock, parallel=1).write(
                        PACKAGE, version, message="Nhận", agent="luutru"
                    )
                except StorageFaultError:
                    continue
                expected = expected or stored.inventory_sha512
                assert stored.inventory_sha512 == expected
        packages = PackageStore(whole, clock)
        assert {path: read(packages, path) for path in second} == second
        assert [version.name for version in packages.versions(PACKAGE)] == ["v1", "v2"]
        assert packages.check_fixity(PACKAGE).findings == ()
        if len(faulty.operations) < at:
            break
    assert at > 20


@pytest.mark.rule("STO-005")
def test_leftovers_of_other_content_are_swept_and_never_become_part_of_the_package(
    contents: Contents, storage_root: Path, packages: PackageStore
) -> None:
    faulty = FaultyStore(FilesystemStore(storage_root), fail_at=9, for_ever=True)
    with pytest.raises(StorageFaultError):
        PackageStore(faulty, SteppingClock(), parallel=1).write(
            PACKAGE, contents({**FILES, "leftover": b"x", "METS.xml": b"earlier"}), message="Nhận", agent="luutru"
        )
    folder = storage_root / object_path(PACKAGE)
    assert "v1/content/leftover" in files_below(folder)
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    assert read(packages, "METS.xml") == FILES["METS.xml"]
    assert "v1/content/leftover" not in files_below(folder)
    assert "v1/content/METS.xml" not in files_below(folder)
    assert packages.check_fixity(PACKAGE).findings == ()


def test_an_unfinished_package_does_not_exist_for_readers(
    packages: PackageStore, contents: Contents, storage_root: Path
) -> None:
    faulty = FaultyStore(FilesystemStore(storage_root), fail_at=5, for_ever=True)
    with pytest.raises(StorageFaultError):
        PackageStore(faulty, SteppingClock()).write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    assert list(packages.package_ids()) == []
    with pytest.raises(ObjectMissingError):
        packages.check_fixity(PACKAGE)


@pytest.mark.rule("STO-004")
def test_of_two_writers_of_one_version_exactly_one_wins(contents: Contents, quick_path: Path) -> None:
    for round_ in range(6):
        root = quick_path / f"storage-{round_}"
        PackageStore(FilesystemStore(root), SteppingClock()).init()
        offers = [
            contents({**FILES, "METS.xml": f"<mets writer='{n}'/>".encode(), f"only-{n}": b"x"}) for n in range(2)
        ]

        def write(number: int, root: Path = root, offers: list[list[Content]] = offers) -> bool:
            store = PackageStore(FilesystemStore(root), SteppingClock())
            try:
                return store.write(PACKAGE, offers[number], message="Nhận", agent=f"w{number}").version == "v1"
            except PreconditionFailedError:
                return False

        with ThreadPoolExecutor(2) as pool:
            won = list(pool.map(write, range(2)))
        packages = PackageStore(FilesystemStore(root), SteppingClock())
        # A writer that comes when the other is through makes version 2: it has seen version 1.
        assert won.count(True) == 1
        assert packages.check_fixity(PACKAGE).findings == ()


def test_two_workers_that_store_the_same_package_do_no_harm(
    contents: Contents, storage_root: Path, packages: PackageStore
) -> None:
    files = contents(FILES)
    with ThreadPoolExecutor(4) as pool:
        stored = list(
            pool.map(
                lambda n: PackageStore(FilesystemStore(storage_root), SteppingClock()).write(
                    PACKAGE, files, message="Nhận", agent=f"w{n}"
                ),
                range(4),
            )
        )
    assert len({one.inventory_sha512 for one in stored}) == 1
    assert [version.name for version in packages.versions(PACKAGE)] == ["v1"]
    assert packages.check_fixity(PACKAGE).findings == ()


def test_gone_content_is_stored_again_by_repeating(
    packages: PackageStore, contents: Contents, storage_root: Path
) -> None:
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    (storage_root / object_path(PACKAGE) / "v1/content/schemas/METS.xsd").unlink()
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    assert packages.check_fixity(PACKAGE).findings == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("head", "v9"),
        ("id", "urn:uuid:other"),
        ("digestAlgorithm", "md5"),
        ("manifest", {}),
        ("manifest", "../../../../etc/passwd"),
        ("manifest", "v1/inventory.json"),
        ("manifest", "v2/content/METS.xml"),
        ("versions", {}),
    ],
    ids=str,
)
def test_a_tampered_inventory_is_a_fault_and_opens_nothing(
    packages: PackageStore, contents: Contents, storage_root: Path, field: str, value: object
) -> None:
    """A text for `manifest` becomes the place of every file."""
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    path = storage_root / object_path(PACKAGE) / "inventory.json"
    inventory = json.loads(path.read_text())
    inventory[field] = (
        {digest: [value] for digest in inventory["manifest"]}
        if field == "manifest" and isinstance(value, str)
        else value
    )
    path.write_text(json.dumps(inventory))
    with pytest.raises(RecordUnreadableError):
        packages.open_file(PACKAGE, "METS.xml")


def test_an_archive_whose_disk_is_not_mounted_is_a_fault_and_never_an_empty_archive(
    contents: Contents, storage_root: Path
) -> None:
    storage_root.mkdir()
    packages = PackageStore(FilesystemStore(storage_root), SteppingClock())
    for act in (
        lambda: packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru"),
        lambda: packages.files(PACKAGE),
        lambda: packages.check_fixity(PACKAGE),
        lambda: list(packages.package_ids()),
        lambda: packages.sample(1, Random(1)),  # noqa: S311 - a sample, no secret
    ):
        with pytest.raises(RootMissingError) as caught:
            act()
        assert (caught.value.code, caught.value.retryable) == ("storage.no_root", True)
    assert list(storage_root.iterdir()) == []


def test_a_root_of_another_format_is_refused_by_name(packages: PackageStore, storage_root: Path) -> None:
    packages.init()
    (storage_root / "packages" / "ocfl_layout.json").write_text('{"description": "luutru-aip 9.0"}')
    with pytest.raises(LayoutUnknownError, match=r"luutru-aip 9\.0"):
        packages.init()


def test_all_packages_are_found_for_a_rebuild_and_a_sample_is_part_of_them(
    packages: PackageStore, contents: Contents
) -> None:
    files = contents({"METS.xml": b"<mets/>"})
    ids = {str(UUID(int=n, version=4)) for n in range(24)}
    for package_id in ids:
        packages.write(package_id, files, message="Nhận", agent="luutru")
    assert sorted(packages.package_ids()) == sorted(ids)
    for seed in range(3):
        sample = packages.sample(5, Random(seed))  # noqa: S311 - a sample, no secret
        assert len(set(sample)) == 5
        assert set(sample) <= ids
    assert set(packages.sample(1000, Random(1))) == ids  # noqa: S311 - a sample, no secret


def test_progress_counts_the_files_that_had_to_be_stored(packages: PackageStore, contents: Contents) -> None:
    told: list[tuple[int, int]] = []
    packages.write(
        PACKAGE, contents(FILES), message="Nhận", agent="luutru", tell=lambda done, total: told.append((done, total))
    )
    assert told == [(n, 4) for n in range(1, 5)]


def test_a_revision_replaces_what_it_names_and_nothing_else(
    packages: PackageStore, contents: Contents, storage_root: Path
) -> None:
    first = packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    before = files_below(storage_root)
    changed = {"METS.xml": b"<mets>2</mets>"}
    second = packages.revise(PACKAGE, contents(changed), upon=first.inventory_sha512, message="Sửa", agent="luutru")
    assert (second.version, second.files, second.already) == ("v2", len(FILES), False)
    assert {path: read(packages, path) for path in FILES} == FILES | changed
    assert [version.name for version in packages.versions(PACKAGE)] == ["v1", "v2"]
    old = next(file for file in packages.files(PACKAGE, "v1") if file.path == "METS.xml")
    with packages.open(old) as stream:
        assert stream.read() == FILES["METS.xml"]
    new = {path.rpartition(f"{object_path(PACKAGE)}/")[2] for path in files_below(storage_root) - before}
    assert new == {"v2/content/METS.xml", "v2/inventory.json", "v2/inventory.json.sha512"}
    assert packages.check_fixity(PACKAGE, inventory_sha512=second.inventory_sha512).ok


def test_a_revision_of_what_is_not_the_newest_version_is_refused(packages: PackageStore, contents: Contents) -> None:
    first = packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")
    for text in (b"one", b"two"):
        if text == b"one":
            packages.revise(
                PACKAGE, contents({"METS.xml": text}), upon=first.inventory_sha512, message="", agent="luutru"
            )
            continue
        with pytest.raises(PreconditionFailedError):
            packages.revise(
                PACKAGE, contents({"METS.xml": text}), upon=first.inventory_sha512, message="", agent="luutru"
            )
    assert read(packages, "METS.xml") == b"one"
    assert len(packages.versions(PACKAGE)) == 2


def mets(folder: Path, text: bytes) -> list[Content]:
    """A METS of its own: threads that share a source would change it under each other."""
    source = folder / hashlib.sha256(text).hexdigest()
    source.write_bytes(text)
    return [Content("METS.xml", source, digests_of([text]))]


def test_of_two_revisions_of_one_version_exactly_one_wins(
    packages: PackageStore, contents: Contents, tmp_path: Path
) -> None:
    first = packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")

    def revise(text: bytes) -> bool:
        try:
            packages.revise(PACKAGE, mets(tmp_path, text), upon=first.inventory_sha512, message="", agent="luutru")
        except PreconditionFailedError:
            return False
        return True

    texts = [f"text {number}".encode() for number in range(6)]
    with ThreadPoolExecutor(len(texts)) as pool:
        won = [text for text, mine in zip(texts, pool.map(revise, texts), strict=True) if mine]
    assert len(won) == 1
    assert read(packages, "METS.xml") == won[0]
    assert_whole(packages)


def test_many_revisions_one_upon_the_other_leave_nothing_behind(
    packages: PackageStore, contents: Contents, tmp_path: Path
) -> None:
    """Whoever sets the heads right may be overtaken by who has committed the next version."""
    packages.write(PACKAGE, contents(FILES), message="Nhận", agent="luutru")

    def revise(number: int) -> None:
        while True:
            newest = packages.newest(PACKAGE)
            changed = mets(tmp_path, f"text {number} upon {newest.version}".encode())
            try:
                packages.revise(PACKAGE, changed, upon=newest.inventory_sha512, message="", agent="luutru")
            except PreconditionFailedError:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(revise, range(24)))
    assert len(packages.versions(PACKAGE)) == 25
    assert_whole(packages)


def assert_whole(packages: PackageStore) -> None:
    report = packages.check_fixity(PACKAGE)
    assert report.ok
    assert report.findings == ()
