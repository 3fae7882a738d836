"""The ledger: one line per stored object, whoever writes and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from metadata.digests import digests_of
from storage.backends.filesystem import FilesystemStore
from storage.errors import PreconditionFailedError, RecordUnreadableError, StorageFaultError
from storage.ledger import ROLL_BYTES, Ledger, LedgerLine, line_of
from storage.packages import PackageStore
from tests.faults.storage import FaultyStore
from tests.fixtures.holdings import Contents

DAY = date(2026, 3, 1)


def line(number: int, *, version: str = "v1", day: date = DAY) -> LedgerLine:
    return LedgerLine(
        id=str(UUID(int=number)),
        version=version,
        inventory=digests_of([b"%d" % number]).sha512,
        time=f"{day.isoformat()}T02:00:00.000Z",
    )


def test_each_stored_object_has_one_line(storage_root: Path) -> None:
    ledger = Ledger(FilesystemStore(storage_root))
    ledger.record([line(1), line(2)])
    ledger.record([line(3)])
    assert list(ledger.lines(DAY)) == [line(1), line(2), line(3)]
    assert (storage_root / "ledger/2026-03-01.jsonl").read_bytes().count(b"\n") == 3
    assert list(ledger.lines(date(2026, 3, 2))) == []


def test_a_line_is_written_once_however_often_and_by_whomever(storage_root: Path) -> None:
    for _ in range(3):
        Ledger(FilesystemStore(storage_root)).record([line(1), line(2)])
    ledger = Ledger(FilesystemStore(storage_root))
    ledger.record([line(1, version="v2")])
    ledger.record([line(2), line(1, version="v2")])
    assert list(ledger.lines(DAY)) == [line(1), line(2), line(1, version="v2")]


def test_a_line_stands_on_the_day_of_its_version_even_when_written_days_later(storage_root: Path) -> None:
    ledger = Ledger(FilesystemStore(storage_root))
    tomorrow = date(2026, 3, 2)
    ledger.record([line(2, day=tomorrow), line(1)])
    ledger.record([line(1), line(2, day=tomorrow)])
    assert ledger.days() == (DAY, tomorrow)
    assert list(ledger.lines(DAY)) == [line(1)]
    assert list(ledger.lines(tomorrow)) == [line(2, day=tomorrow)]


def test_a_full_file_is_followed_by_the_next_and_still_known(storage_root: Path) -> None:
    ledger = Ledger(FilesystemStore(storage_root))
    many = [line(number) for number in range(2000)]
    for start in range(0, len(many), 400):
        ledger.record(many[start : start + 400])
    sizes = sorted(path.stat().st_size for path in (storage_root / "ledger").iterdir())
    assert len(sizes) >= 2
    assert max(sizes) < 2 * ROLL_BYTES
    for repeated in (ledger, Ledger(FilesystemStore(storage_root))):
        repeated.record([many[0], many[999], many[-1]])
    assert list(ledger.lines(DAY)) == many


def test_many_writers_lose_no_line_and_double_none(storage_root: Path) -> None:
    def write(start: int) -> None:
        ledger = Ledger(FilesystemStore(storage_root))
        for number in range(start, start + 6):
            ledger.record([line(number)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, (0, 0, 6, 12)))
    found = [entry.id for entry in Ledger(FilesystemStore(storage_root)).lines(DAY)]
    assert sorted(found) == sorted(line(number).id for number in range(18))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failing_store_is_a_fault_and_repeating_records_once(storage_root: Path, when: str) -> None:
    Ledger(FilesystemStore(storage_root)).record([line(1)])
    for at in (1, 2, 3):
        faulty = FaultyStore(FilesystemStore(storage_root), fail_at=at, when="before" if when == "before" else "after")
        ledger = Ledger(faulty)
        with pytest.raises(StorageFaultError):
            ledger.record([line(1 + at)])
        ledger.record([line(1 + at)])
    assert [entry.id for entry in Ledger(FilesystemStore(storage_root)).lines(DAY)] == [line(n).id for n in range(1, 5)]


def test_a_head_that_always_changes_is_a_fault_in_the_end(storage_root: Path) -> None:
    class Restless(FaultyStore):
        def replace(self, key: str, data: bytes, *, etag: str | None) -> str:
            raise PreconditionFailedError(key)

    with pytest.raises(StorageFaultError):
        Ledger(Restless(FilesystemStore(storage_root))).record([line(1)])


def test_a_damaged_ledger_is_a_fault_that_names_its_line(storage_root: Path) -> None:
    ledger = Ledger(FilesystemStore(storage_root))
    ledger.record([line(1), line(2)])
    path = storage_root / "ledger/2026-03-01.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    for act in (lambda: list(ledger.lines(DAY)), lambda: ledger.record([line(3)])):
        with pytest.raises(RecordUnreadableError, match="line 2"):
            act()


def test_the_line_of_a_package_is_enough_to_check_it(packages: PackageStore, contents: Contents) -> None:
    package_id = str(UUID(int=1, version=4))
    entry = line_of(packages.write(package_id, contents({"METS.xml": b"<mets/>"}), message="x", agent="y"))
    assert (entry.id, entry.version, entry.day) == (package_id, "v1", DAY)
    assert packages.check_fixity(package_id, inventory_sha512=entry.inventory).findings == ()
