"""Stage `receive`: counted, hashed, copied; nothing is followed, nothing secret is opened, nothing is copied twice."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from ingest.checks import known_findings
from ingest.facts import FileRole, Received
from ingest.quarantine import (
    Copied,
    DeliveryFolder,
    Identity,
    Quarantine,
    RefusedFileError,
    UnreadableFileError,
    read_digests,
    stored_name,
)
from ingest.stages.receive import CountError, Receive, _count_again
from ingest.work import Rejected, WorkItem
from metadata.descriptions import Cell, Delivery
from metadata.findings import Finding
from tests.contract.stage import StageContract
from tests.corpus.hostile import HOSTILE_NAMES, lay_out_kinds
from tests.fakes.clocks import SteppingClock
from tests.fakes.deliveries import CODE, delivered, no_checks
from tests.fakes.dossiers import StandingClock

CONTENT = {"1.pdf": b"%PDF-1.4 mot", "con/2.PDF": b"%PDF-1.4 hai" * 100_000, "Mục lục.xlsx": b"PK"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "giao nộp"
    for name, content in CONTENT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


@pytest.fixture
def item(root: Path, tmp_path: Path) -> WorkItem:
    return delivered(root, tmp_path / "work", ["1.pdf", "con/2.PDF"], sources=["Mục lục.xlsx"])


@pytest.fixture
def stage() -> Receive:
    return Receive(no_checks, StandingClock())


def received(stage: Receive, item: WorkItem) -> Received:
    answer = stage.run(item)
    assert isinstance(answer, Received)
    return answer


class TestReceiveAsAStage(StageContract):
    @pytest.fixture
    def stage(self) -> Receive:
        return Receive(no_checks, StandingClock())

    @pytest.fixture
    def item(self, root: Path, tmp_path: Path) -> WorkItem:
        return delivered(root, tmp_path / "work", ["1.pdf", "con/2.PDF"], sources=["Mục lục.xlsx"])


def test_every_file_is_copied_bit_for_bit_with_both_digests(stage: Receive, item: WorkItem) -> None:
    files = received(stage, item).files
    assert [(f.path, f.role, f.ordinal, f.part) for f in files] == [
        ("1.pdf", FileRole.DOCUMENT, 1, 1),
        ("con/2.PDF", FileRole.DOCUMENT, 2, 1),
        ("Mục lục.xlsx", FileRole.SOURCE, None, 1),
    ]
    for file in files:
        copy = item.folder / file.stored
        assert copy.read_bytes() == CONTENT[file.path]
        assert file.sha256 == hashlib.sha256(CONTENT[file.path]).hexdigest()
        assert file.sha512 == hashlib.sha512(CONTENT[file.path]).hexdigest()
        assert file.size_bytes == len(CONTENT[file.path])
        assert copy.parent == item.folder / "receive"
        assert stat.S_IMODE(copy.stat().st_mode) == 0o400


def test_checking_in_place_copies_nothing_and_says_the_same(stage: Receive, item: WorkItem) -> None:
    kept = received(stage, item)
    looked = received(stage, replace(item, in_place=True, folder=item.folder.with_name("other")))
    assert [(f.path, f.sha256, f.sha512) for f in looked.files] == [(f.path, f.sha256, f.sha512) for f in kept.files]
    assert looked.fingerprint == kept.fingerprint
    assert not item.folder.with_name("other").exists()
    assert all(Path(f.stored).read_bytes() == CONTENT[f.path] for f in looked.files)


@pytest.mark.rule("ING-001", "ING-002", "ING-004")
def test_what_is_no_regular_file_of_the_delivery_is_refused_and_never_opened(tmp_path: Path, stage: Receive) -> None:
    root = tmp_path / "delivery"
    root.mkdir()
    rules = lay_out_kinds(root)
    answer = stage.run(delivered(root, tmp_path / "work", list(rules)))
    assert isinstance(answer, Rejected)
    assert {finding.subject: finding.rule for finding in answer.findings} == rules
    assert [path.name for path in (tmp_path / "work" / "receive").iterdir()] == []


def test_names_that_programs_trip_over_are_received_under_names_that_are_safe(tmp_path: Path, stage: Receive) -> None:
    root = tmp_path / "delivery"
    root.mkdir()
    for number, name in enumerate(HOSTILE_NAMES):
        (root / name).write_bytes(b"%%PDF-1.4 %d" % number)
    files = received(stage, delivered(root, tmp_path / "work", list(HOSTILE_NAMES))).files
    assert [f.path for f in files] == list(HOSTILE_NAMES)
    for number, file in enumerate(files):
        assert (tmp_path / "work" / file.stored).read_bytes() == b"%%PDF-1.4 %d" % number
        assert file.stored.isascii()
        assert file.stored.isprintable()
        assert len(file.stored) < 40


def test_a_delivery_that_is_gone_is_a_fault_and_no_finding(stage: Receive, item: WorkItem, root: Path) -> None:
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(UnreadableFileError):
        stage.run(item)


def test_a_folder_that_may_not_be_read_is_a_fault_and_no_finding(root: Path) -> None:
    (root / "con").chmod(0)
    with (
        DeliveryFolder(root) as delivery,
        as_nobody(),
        pytest.raises(UnreadableFileError, match="Permission denied"),
        delivery.opened("con/2.PDF"),
    ):
        pass
    (root / "con").chmod(0o755)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything: for a moment, this process is somebody else."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_file_whose_bytes_the_system_refuses_is_a_fault_and_no_finding() -> None:
    with (
        DeliveryFolder(Path("/proc/self")) as delivery,
        delivery.opened("mem") as handle,
        pytest.raises(UnreadableFileError, match="Input/output error"),
    ):
        read_digests(handle, "mem")


# ---------------------------------------------------------------- secrets


def secret(delivery: Delivery) -> Mapping[str, tuple[Finding, ...]]:
    return {CODE: (Finding(rule="SEC-001", subject=CODE, row=4), Finding(rule="ING-031", subject="1.pdf"))}


@pytest.mark.rule("SEC-001")
def test_a_secret_grade_rejects_with_all_that_is_known_before_any_file_is_opened(item: WorkItem, root: Path) -> None:
    known = Finding(rule="ING-016", subject="con/2.PDF")
    item = replace(item, delivery=item.delivery.model_copy(update={"dossier_findings": {CODE: (known,)}}))
    for path in root.rglob("*.*"):
        path.unlink()  # A file that were opened now would be missed.
    answer = Receive(secret, StandingClock()).run(item)
    assert isinstance(answer, Rejected)
    assert [finding.rule for finding in answer.findings] == ["ING-016", "SEC-001", "ING-031"]
    assert not (item.folder / "receive").exists()


def test_all_rules_are_asked_only_to_tell_why_it_is_rejected(item: WorkItem) -> None:
    asked: list[Delivery] = []

    def everything(delivery: Delivery) -> Mapping[str, tuple[Finding, ...]]:
        asked.append(delivery)
        return secret(delivery)

    assert isinstance(Receive(everything, StandingClock(), no_checks).run(item), Received)
    assert asked == []
    answer = Receive(everything, StandingClock(), secret).run(item)
    assert isinstance(answer, Rejected)
    assert [finding.rule for finding in answer.findings] == ["SEC-001", "ING-031"]
    assert len(asked) == 1


def test_other_errors_wait_for_validate_which_tells_all_at_once(item: WorkItem) -> None:
    stage = Receive(lambda _: {CODE: (Finding(rule="ING-020", subject="1.pdf"),)}, StandingClock())
    assert isinstance(stage.run(item), Received)


def test_what_reader_and_rules_both_found_is_told_once(item: WorkItem) -> None:
    twice = Finding(rule="ING-020", subject="1.pdf")
    item = replace(item, delivery=item.delivery.model_copy(update={"dossier_findings": {CODE: (twice,)}}))
    assert known_findings(item, lambda _: {CODE: (twice,)}) == (twice,)


# ---------------------------------------------------------------- interruption


def test_after_a_crash_what_was_copied_is_not_copied_again(stage: Receive, item: WorkItem) -> None:
    first = received(stage, item)
    inodes = {f.stored: (item.folder / f.stored).stat().st_ino for f in first.files}
    again = received(Receive(no_checks, SteppingClock()), item)
    assert again.files == first.files
    assert {f.stored: (item.folder / f.stored).stat().st_ino for f in again.files} == inodes


def test_a_half_written_copy_and_a_half_written_line_are_made_anew(stage: Receive, item: WorkItem) -> None:
    whole = received(stage, item)
    journal = item.folder / "receive" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + lines[1][:40])
    (item.folder / "receive" / ".000002.pdf.part").write_bytes(b"half")
    copy = item.folder / whole.files[0].stored
    copy.chmod(0o600)
    copy.write_bytes(b"damaged")
    assert received(stage, item).files == whole.files
    for file in whole.files:
        assert (item.folder / file.stored).read_bytes() == CONTENT[file.path]


def test_a_file_that_was_replaced_since_the_crash_is_copied_again(stage: Receive, item: WorkItem, root: Path) -> None:
    before = received(stage, item)
    (root / "1.pdf").write_bytes(b"%PDF-1.4 khac")
    after = received(stage, item)
    assert after.files[0].sha256 == hashlib.sha256(b"%PDF-1.4 khac").hexdigest()
    assert after.files[1:] == before.files[1:]
    assert after.fingerprint != before.fingerprint


@pytest.mark.rule("ING-003")
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing.pdf"
    path.write_bytes(b"x" * (3 << 20))

    # The copy goes into a pipe that is emptied only after the file has grown: the change falls inside the reading.
    read, write = os.pipe()

    def grow() -> None:
        # The first byte says that the reading has begun.
        os.read(read, 1)
        with path.open("ab") as stream:
            stream.write(b"more")
        while os.read(read, 1 << 20):
            pass

    thread = Thread(target=grow)
    with DeliveryFolder(tmp_path) as delivery, delivery.opened("growing.pdf") as handle:
        thread.start()
        try:
            with pytest.raises(RefusedFileError) as refusal:
                read_digests(handle, "growing.pdf", write)
        finally:
            os.close(write)
            thread.join()
            os.close(read)
    assert refusal.value.rule == "ING-003"


def test_a_path_that_becomes_a_link_between_listing_and_copying_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.pdf").write_bytes(b"secret")
    root = tmp_path / "delivery"
    (root / "a").mkdir(parents=True)
    (root / "a" / "x.pdf").write_bytes(b"mine")
    with DeliveryFolder(root) as delivery:
        with delivery.opened("a/x.pdf") as handle:
            assert os.read(handle, 10) == b"mine"
        (root / "a").rename(root / "b")
        (root / "a").symlink_to(outside)
        with pytest.raises(RefusedFileError), delivery.opened("a/x.pdf"):
            pass


def test_a_quarantine_that_lost_a_copy_acknowledges_nothing(stage: Receive, item: WorkItem) -> None:
    files = list(received(stage, item).files)
    (item.folder / files[1].stored).unlink()
    with pytest.raises(CountError) as error:
        _count_again(item, 3, files)
    assert (error.value.expected, error.value.there) == (3, 2)


def test_a_full_disk_is_a_fault(item: WorkItem) -> None:
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        DeliveryFolder(Path(item.delivery.root)) as delivery,
        delivery.opened("1.pdf") as handle,
        pytest.raises(UnreadableFileError, match="No space"),
    ):
        read_digests(handle, "1.pdf", full.fileno())


def test_a_journal_of_another_shape_is_no_journal(tmp_path: Path) -> None:
    identity = Identity(1, 2, 3, 4, 5)
    line = Copied("a", "b", "c", "d", 1, identity, identity).line()
    bad = b'[]\n{"path": "x"}\n\xff\xfe\nnull\n' + line.replace(b'"path"', b'"puth"')
    (tmp_path / "journal.jsonl").write_bytes(bad + line)
    assert [json.loads(line)["path"]] == list(Quarantine(tmp_path)._known)


# ---------------------------------------------------------------- fingerprint


def test_the_fingerprint_is_the_same_for_the_same_dossier_and_for_no_other(stage: Receive, item: WorkItem) -> None:
    print_of = received(stage, item).fingerprint
    moved = item.dossier.model_copy(update={"row": 77, "sheet": "Sheet9"})
    assert received(stage, replace(item, dossier=moved)).fingerprint == print_of
    retitled = item.dossier.model_copy(update={"fields": {"title": Cell(value="Khác", written="Khác")}})
    assert received(stage, replace(item, dossier=retitled)).fingerprint != print_of
    assert received(stage, replace(item, agency="H50")).fingerprint != print_of


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.PDF", "000007.pdf"),
        ("x.tar.gz", "000007.gz"),
        (".bashrc", "000007"),
        ("x.QĐ", "000007"),
        ("x.a b", "000007"),
        ("x." + "y" * 11, "000007"),
        ("không đuôi", "000007"),
    ],
)
def test_a_copy_is_named_by_number_and_a_plain_extension(path: str, name: str) -> None:
    assert stored_name(path, 7) == name
