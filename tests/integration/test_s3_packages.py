"""Packages, ledger and segments on a real S3 server: the same promises as on the file system."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from mypy_boto3_s3 import S3Client

from storage.backends.s3 import S3Store
from storage.errors import PreconditionFailedError, StorageFaultError
from storage.layout import object_path
from storage.ledger import Ledger, line_of
from storage.packages import PackageStore
from storage.segments import AuditSegments
from storage.settings import S3Settings
from tests.fakes.clocks import SteppingClock
from tests.faults.storage import FaultyStore
from tests.fixtures.holdings import Contents
from tests.fixtures.ocfl_judge import OcflJudge

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("seaweedfs")]

PACKAGE = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
FILES = {
    "METS.xml": b"<mets/>",
    "representations/rep1/data/Quyết định số 12.001.pdf": b"%PDF original",
    "representations/rep2/data/H49.001.pdf": b"%PDF rendition",
    "schemas/METS.xsd": b"<schema/>",
}
SECOND = {**FILES, "METS.xml": b"<mets v='2'/>"}


@pytest.fixture
def settings(s3_settings: S3Settings) -> S3Settings:
    return s3_settings


@pytest.fixture
def store(settings: S3Settings) -> S3Store:
    return S3Store(settings)


@pytest.fixture
def packages(store: S3Store) -> PackageStore:
    made = PackageStore(store, SteppingClock())
    made.init()
    return made


def write(packages: PackageStore, contents: Contents, files: dict[str, bytes]) -> str:
    return packages.write(PACKAGE, contents(files), message="Nộp lưu", agent="luutru").inventory_sha512


def test_what_lies_in_the_bucket_is_valid_ocfl_when_brought_to_a_disk(
    packages: PackageStore, contents: Contents, store: S3Store, tmp_path: Path, ocfl_judge: OcflJudge
) -> None:
    write(packages, contents, FILES)
    write(packages, contents, SECOND)
    for info in store.keys("packages/"):
        target = tmp_path / "bucket" / info.key
        target.parent.mkdir(parents=True, exist_ok=True)
        with store.open(info.key) as stream:
            target.write_bytes(stream.read())
    verdict = ocfl_judge(tmp_path / "bucket" / "packages")
    assert verdict == {"ok": True, "objects": 1, "good": 1, "errors": [], "root": "", "messages": {}}


def test_a_package_is_found_read_and_checked(packages: PackageStore, contents: Contents) -> None:
    digest = write(packages, contents, FILES)
    assert write(packages, contents, FILES) == digest
    assert list(packages.package_ids()) == [PACKAGE]
    for path, data in FILES.items():
        with packages.open_file(PACKAGE, path) as stream:
            assert stream.read() == data
    with packages.open_file(PACKAGE, "METS.xml", offset=1, length=4) as stream:
        assert stream.read() == b"mets"
    report = packages.check_fixity(PACKAGE, inventory_sha512=digest)
    assert (report.ok, report.findings, report.location.split(":")[0]) == (True, (), "s3")


@pytest.mark.rule("STO-010", "STO-011", "STO-012", "STO-013")
def test_whatever_is_changed_behind_our_back_is_named(
    packages: PackageStore, contents: Contents, s3_client: S3Client, settings: S3Settings
) -> None:
    write(packages, contents, FILES)
    folder = object_path(PACKAGE)
    bucket = settings.bucket
    s3_client.put_object(Bucket=bucket, Key=f"{folder}/v1/content/METS.xml", Body=b"<mats/>")
    s3_client.delete_object(Bucket=bucket, Key=f"{folder}/v1/content/schemas/METS.xsd")
    s3_client.put_object(Bucket=bucket, Key=f"{folder}/v1/content/strange", Body=b"x")
    s3_client.put_object(Bucket=bucket, Key=f"{folder}/inventory.json.sha512", Body=b"0 inventory.json\n")
    report = packages.check_fixity(PACKAGE)
    assert sorted((finding.rule, finding.subject) for finding in report.findings) == [
        ("STO-010", "METS.xml"),
        ("STO-011", "schemas/METS.xsd"),
        ("STO-012", "v1/content/strange"),
        ("STO-013", "inventory.json.sha512"),
    ]


@pytest.mark.rule("STO-005")
@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_a_write_fails_repeating_it_completes_it(
    packages: PackageStore, contents: Contents, store: S3Store, when: str
) -> None:
    """A fault is injected at each operation in turn, each time in a package of its own."""
    files = contents({"METS.xml": b"<mets/>", "tệp.pdf": b"%PDF"})
    counting = FaultyStore(store)
    PackageStore(counting, SteppingClock(), parallel=1).write(PACKAGE, files, message="Nộp lưu", agent="luutru")
    for at in range(1, len(counting.operations) + 1):
        package_id = str(UUID(int=at, version=4))
        faulty = FaultyStore(store, fail_at=at, when="before" if when == "before" else "after")
        clock = SteppingClock()
        for _ in range(2):
            with suppress(StorageFaultError):
                PackageStore(faulty, clock, parallel=1).write(package_id, files, message="Nộp lưu", agent="luutru")
        assert [version.name for version in packages.versions(package_id)] == ["v1"]
        assert packages.check_fixity(package_id).findings == ()


@pytest.mark.rule("STO-004")
def test_of_two_writers_of_one_version_exactly_one_wins(contents: Contents, settings: S3Settings) -> None:
    PackageStore(S3Store(settings), SteppingClock()).init()
    offers = [contents({**FILES, "METS.xml": b"<mets writer='%d'/>" % n, f"only-{n}": b"x"}) for n in range(2)]

    def offer(number: int) -> bool:
        store = PackageStore(S3Store(settings), SteppingClock())
        try:
            return store.write(PACKAGE, offers[number], message="Nộp lưu", agent=f"w{number}").version == "v1"
        except PreconditionFailedError:
            return False

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(offer, range(2)))
    assert won.count(True) == 1
    assert PackageStore(S3Store(settings), SteppingClock()).check_fixity(PACKAGE).findings == ()


def test_many_writers_lose_no_line_of_the_ledger(
    packages: PackageStore, contents: Contents, settings: S3Settings
) -> None:
    stored = packages.write(PACKAGE, contents(FILES), message="Nộp lưu", agent="luutru")
    lines = [line_of(stored).model_copy(update={"version": f"v{n}"}) for n in range(1, 9)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: Ledger(S3Store(settings)).record(lines[n : n + 3]), range(0, 8, 2)))
    ledger = Ledger(S3Store(settings))
    assert sorted(line.version for line in ledger.lines(lines[0].day)) == sorted(line.version for line in lines)


def test_audit_segments_are_sealed_once(store: S3Store) -> None:
    segments = AuditSegments(store)
    lines = [b'{"seq": %d}' % n for n in range(100)]
    sealed = segments.write(2026, "000000000001", lines)
    assert segments.write(2026, "000000000001", lines) == sealed
    assert list(segments.segments()) == [sealed]
    assert list(segments.lines(sealed)) == lines
