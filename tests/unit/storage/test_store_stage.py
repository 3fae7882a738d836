"""The stage `store`: all parts are stored and in the ledger, or it says that it failed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ingest.facts import Keepsake, Packaged, PackagedFile, PackagedPart, Stored
from ingest.stages.store import MESSAGE, Store
from ingest.work import MissingFactError, Stage, WorkItem
from metadata.descriptions import Delivery, DossierDescription
from metadata.digests import digests_of_file
from storage.backends.filesystem import FilesystemStore
from storage.errors import StorageFaultError
from storage.evidence import EvidenceObjects
from storage.ledger import Ledger
from storage.packages import PackageStore
from storage.ports import ObjectStore
from tests.fakes.clocks import SteppingClock
from tests.faults.storage import FaultyStore

PARTS = ("6f9619ff-8b86-4011-b42d-00c04fc964ff", "7f9619ff-8b86-4011-b42d-00c04fc964ff")


def stage(store: ObjectStore) -> Store:
    clock = SteppingClock()
    packages = PackageStore(store, clock, parallel=1)
    packages.init()
    return Store(packages, Ledger(store), EvidenceObjects(store), clock)


@pytest.fixture
def item(tmp_path: Path) -> WorkItem:
    """A dossier of two parts that `package` has made."""
    folder = tmp_path / "work"
    (folder / "package").mkdir(parents=True)
    parts = []
    for number, package_id in enumerate(PARTS):
        files: list[PackagedFile] = []
        for path in ("METS.xml", "representations/rep1/data/H49.001.pdf"):
            source = folder / "package" / f"{number}-{len(files)}"
            source.write_bytes(f"{package_id} {path}".encode())
            digests = digests_of_file(source)
            files.append(
                PackagedFile(
                    path=path,
                    source=str(source.relative_to(folder)),
                    sha256=digests.sha256,
                    sha512=digests.sha512,
                    size_bytes=digests.size_bytes,
                )
            )
        parts.append(PackagedPart(package_id=package_id, files=tuple(files)))
    return WorkItem(
        job_id="j",
        submission_id="s",
        package_id=PARTS[0],
        agency="H49",
        folder=folder,
        delivery=Delivery(reader="folder", profile="02-2019", root=str(tmp_path)),
        dossier=DossierDescription(file_code="H49"),
    ).having(Packaged(parts=tuple(parts)))


def test_every_part_is_stored_and_stands_in_the_ledger(item: WorkItem, storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    told: list[tuple[int, int]] = []
    stored = stage(store).run(replace(item, progress=lambda done, total: told.append((done, total))))
    assert [part.package_id for part in stored.parts] == list(PARTS)
    assert {(part.version, part.files) for part in stored.parts} == {("v1", 2)}
    assert stored.locations == ("filesystem",)
    assert told[-1] == (4, 4)
    assert told == sorted(told)
    assert [(line.id, line.inventory) for line in Ledger(store).lines(date(2026, 3, 1))] == [
        (part.package_id, part.inventory_sha512) for part in stored.parts
    ]
    packages = PackageStore(store, SteppingClock())
    for part in stored.parts:
        assert packages.check_fixity(part.package_id, inventory_sha512=part.inventory_sha512).findings == ()
        assert packages.versions(part.package_id)[0].message == MESSAGE


def test_it_is_a_stage_and_needs_only_what_it_declares(item: WorkItem, storage_root: Path) -> None:
    made = stage(FilesystemStore(storage_root))
    assert isinstance(made, Stage)
    assert (made.name, made.needs, made.gives) == ("store", (Packaged,), Stored)
    with pytest.raises(MissingFactError):
        made.run(replace(item, facts={}))


def test_the_same_item_again_gives_the_same_parts_and_doubles_nothing(item: WorkItem, storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    first = stage(store).run(item)
    before = sorted((info.key, info.etag) for info in store.keys(""))
    assert stage(store).run(item).parts == first.parts
    assert sorted((info.key, info.etag) for info in store.keys("")) == before


@pytest.mark.rule("STO-005")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_storage_that_fails_half_way_is_a_fault_and_the_same_dossier_is_stored_later(
    item: WorkItem, quick_path: Path, when: str
) -> None:
    PackageStore(FilesystemStore(quick_path / "counted"), SteppingClock()).init()
    counted = FaultyStore(FilesystemStore(quick_path / "counted"))
    stage(counted).run(item)
    for at in range(6, len(counted.operations), 5):
        whole = FilesystemStore(quick_path / f"storage-{at}")
        PackageStore(whole, SteppingClock()).init()
        faulty = FaultyStore(whole, fail_at=at, when="before" if when == "before" else "after", for_ever=True)
        with pytest.raises(StorageFaultError):
            stage(faulty).run(item)
        stored = stage(whole).run(item)
        lines = list(Ledger(whole).lines(date(2026, 3, 1)))
        assert [(line.id, line.inventory) for line in lines] == [
            (part.package_id, part.inventory_sha512) for part in stored.parts
        ]


def test_a_file_that_vanished_from_the_work_folder_is_a_fault(item: WorkItem, storage_root: Path) -> None:
    (item.folder / item.fact(Packaged).parts[1].files[0].source).unlink()
    with pytest.raises(StorageFaultError, match=r"METS\.xml"):
        stage(FilesystemStore(storage_root)).run(item)


def keeping(item: WorkItem, data: bytes, sha256: str | None = None) -> WorkItem:
    """The same dossier, leaning on an object."""
    (item.folder / "object").write_bytes(data)
    keepsake = Keepsake(sha256=sha256 or hashlib.sha256(data).hexdigest(), source="object")
    return item.having(item.fact(Packaged).model_copy(update={"keepsakes": (keepsake,)}))


def test_what_the_package_names_by_digest_is_kept_before_the_package(item: WorkItem, storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    PackageStore(store, SteppingClock()).init()
    counted = FaultyStore(store)
    stage(counted).run(keeping(item, b"a revocation list"))
    name = hashlib.sha256(b"a revocation list").hexdigest()
    assert EvidenceObjects(store).get(name) == b"a revocation list"
    written = [key for operation, key in counted.operations if operation == "put"]
    assert written.index(f"evidence/objects/{name}") < min(n for n, key in enumerate(written) if "METS.xml" in key)
    assert stage(store).run(keeping(item, b"a revocation list")).parts


def test_an_object_that_is_gone_or_is_not_what_was_judged_is_a_fault_and_nothing_is_stored(
    item: WorkItem, storage_root: Path
) -> None:
    store = FilesystemStore(storage_root)
    with pytest.raises(StorageFaultError):
        stage(store).run(keeping(item, b"other bytes", "0" * 64))
    gone = keeping(item, b"gone")
    (item.folder / "object").unlink()
    with pytest.raises(StorageFaultError):
        stage(store).run(gone)
    assert list(PackageStore(store, SteppingClock()).package_ids()) == []
