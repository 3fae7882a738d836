"""Batches: everything that was stored is in one, once, whatever is interrupted and whoever works at the same time."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from archive.preservation.evidence.authorities import NoAuthorityError
from archive.preservation.evidence.documents import EvidenceDamagedError
from archive.preservation.evidence.history import StampKind
from metadata.errors import ArchiveError, NotFoundError
from metadata.package_contents import HELD
from storage.errors import StorageFaultError
from storage.evidence_batches import DOCUMENT, INDEX_KEY, MANIFEST, TOKEN, TREE, key_of
from tests.fakes.dossiers import Paper
from tests.fakes.evidence import EvidenceBench, FailingStore, fresh

SIGNED = Paper(("signed.pdf",), text="Quyết định", rendition=True, signed=True)
PLAIN = Paper(("plain.pdf",))
DAY = timedelta(days=1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[EvidenceBench]:
    made = EvidenceBench(tmp_path, first=fresh("Một"))
    yield made
    made.close()


def build(bench: EvidenceBench) -> list[str]:
    return [answer.name for answer in bench.evidence().build() if answer.kind is StampKind.BATCH]


def outcomes(bench: EvidenceBench, *identifiers: str) -> dict[str, bool | None]:
    return {found.subject: found.ok for found in bench.evidence().verify(identifiers)}


def test_a_document_is_proven_with_everything_it_has(bench: EvidenceBench) -> None:
    package_id = bench.archive("1", [SIGNED, PLAIN])
    (batch,) = build(bench)
    evidence = bench.evidence()
    (group,) = evidence.places.groups(evidence.stamping.document(batch), f"{package_id}/1")
    places = [place for place, _ in group.members]
    assert [place.split("/")[1] for place in places if place.startswith("representations/")] == [
        "rep1",
        "rep1",
        "rep2",
        "rep3",
    ]
    assert [place for place in places if "EAD_doc" in place or "signatures" in place] == [
        "metadata/other/signatures/001.json",
        "representations/rep1/metadata/descriptive/EAD_doc_001.xml",
    ]
    assert outcomes(bench, package_id) == {package_id: True, f"{package_id}/1": True, f"{package_id}/2": True}


def test_no_leaf_of_a_document_is_the_bare_digest_of_one_text(bench: EvidenceBench) -> None:
    """The record of a neighbour shows a leaf: that of a short text alone could be guessed from it."""
    package_id = bench.archive("1", [PLAIN, Paper(())])
    (batch,) = build(bench)
    evidence = bench.evidence()
    groups = evidence.places.groups(evidence.stamping.document(batch), package_id)
    assert sorted(len(group.members) for group in groups if group.kind == "document") == [2, 2]


def test_built_twice_is_built_once(bench: EvidenceBench) -> None:
    bench.archive("1", [PLAIN])
    assert len(build(bench)) == 1
    before = sorted(info.key for info in bench.store.keys("evidence/"))
    assert build(bench) == []
    assert sorted(info.key for info in bench.store.keys("evidence/")) == before


def test_what_is_stored_later_goes_into_the_next_batch_which_names_the_one_before(bench: EvidenceBench) -> None:
    first = bench.archive("1", [PLAIN])
    build(bench)
    bench.clock.at += DAY
    second = bench.archive("2", [PLAIN])
    names = build(bench)
    assert names == ["2026-11-29-1"]
    evidence = bench.evidence()
    data = evidence.stamping.batches.get("2026-11-28-1", DOCUMENT)
    assert evidence.stamping.document("2026-11-29-1").previous == hashlib.sha256(data).hexdigest()
    assert all(outcomes(bench, first, second).values())
    assert outcomes(bench) == {"2026-11-28-1": True, "2026-11-29-1": True}


def test_the_ledger_is_proven_up_to_the_line_that_was_read(bench: EvidenceBench) -> None:
    bench.archive("1", [PLAIN])
    build(bench)
    bench.archive("2", [PLAIN])
    build(bench)
    assert set(outcomes(bench).values()) == {True}
    evidence = bench.evidence()
    spans = [evidence.stamping.document(f"2026-11-28-{n}").ledger["2026-11-28.jsonl"] for n in (1, 2)]
    assert (spans[0].start, spans[0].stop) == (0, spans[1].start)
    ledger = bench.folder / "storage" / "ledger" / "2026-11-28.jsonl"
    ledger.write_bytes(b"x" + ledger.read_bytes()[1:])
    found = next(iter(bench.evidence().verify(("2026-11-28-1",))))
    assert [(failure.step, failure.reason) for failure in found.failures] == [
        ("bytes", f"ledger/2026-11-28.jsonl#{spans[0].stop} was changed")
    ]


def test_a_stamp_that_somebody_took_out_of_the_index_is_found(bench: EvidenceBench) -> None:
    bench.archive("1", [PLAIN])
    build(bench)
    bench.clock.at += DAY
    bench.archive("2", [PLAIN])
    build(bench)
    evidence = bench.evidence()
    index, etag = evidence.stamping.index()
    evidence.stamping.batches.replace_index(index.model_copy(update={"stamps": index.stamps[1:]}), etag)
    assert outcomes(bench)["2026-11-28-1"] is False


# ---------------------------------------------------------------- without an authority


def test_without_an_authority_the_batch_waits_and_is_never_called_good(tmp_path: Path) -> None:
    bench = EvidenceBench(tmp_path)
    package_id = bench.archive("1", [PLAIN])
    (answer,) = bench.evidence().build()
    assert (answer.stamp, answer.leaves) == (None, 3)
    assert outcomes(bench) == {"2026-11-28-1": None}
    assert set(outcomes(bench, package_id).values()) == {None}
    status = bench.evidence().status()
    assert (status.waiting, status.pending, status.has_authority) == (1, 0, False)
    bench.first = fresh("Một")
    (finished,) = bench.evidence().build()
    assert finished.stamp is not None
    assert set(outcomes(bench, package_id).values()) == {True}
    bench.close()


def test_an_authority_that_does_not_answer_is_a_fault_and_the_next_run_finishes(bench: EvidenceBench) -> None:
    bench.archive("1", [PLAIN])
    assert bench.first
    bench.first.silent = True
    with pytest.raises(NoAuthorityError):
        build(bench)
    bench.first.silent = False
    (finished,) = bench.evidence().build()
    assert finished.stamp is not None
    assert outcomes(bench) == {"2026-11-28-1": True}


def test_what_no_batch_has_yet_is_said_to_be_so(bench: EvidenceBench) -> None:
    package_id = bench.archive("1", [PLAIN])
    assert set(outcomes(bench, package_id).values()) == {None}
    build(bench)
    later = bench.archive("2", [PLAIN])
    assert set(outcomes(bench, later).values()) == {None}
    assert outcomes(bench) == {"2026-11-28-1": True, "": None}
    with pytest.raises(NotFoundError):
        outcomes(bench, "H99.nowhere")


# ---------------------------------------------------------------- interruptions


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_at_any_write_the_next_run_completes_it(tmp_path: Path, after: bool) -> None:
    """Every document stands in exactly one finished batch, and one token was paid for, at most one was lost."""
    made = EvidenceBench(tmp_path / "made")
    package_id = made.archive("1", [PLAIN])
    made.close()
    for stop in range(1, 12):
        folder = Path(shutil.copytree(tmp_path / "made", tmp_path / f"{stop}"))
        bench = EvidenceBench(folder, first=fresh("Một"), wrap=FailingStore)  # type: ignore[arg-type]
        store = bench.store
        assert isinstance(store, FailingStore)
        store.fail_at, store.after = store.writes + stop, after
        with suppress(StorageFaultError):
            build(bench)
        stopped = store.writes >= store.fail_at
        store.fail_at = 0
        bench.clock.at += timedelta(minutes=5)
        list(bench.evidence().build())
        index, _ = bench.evidence().stamping.index()
        assert [entry.kind for entry in index.stamps if entry.time] == ["batch"]
        assert not index.open()
        assert set(outcomes(bench, package_id).values()) == {True}
        assert bench.first
        assert bench.first.given <= 2
        bench.close()
        if not stopped:
            break
    else:
        pytest.fail("a batch has more writes than were tried")


def test_the_index_is_made_again_from_the_folders(bench: EvidenceBench) -> None:
    package_id = bench.archive("1", [PLAIN])
    build(bench)
    bench.clock.at += 200 * DAY
    bench.archive("2", [PLAIN])
    build(bench)
    list(bench.evidence().renew(everything=True))
    index, _ = bench.evidence().stamping.index()
    (bench.folder / "storage" / INDEX_KEY).unlink()
    assert bench.evidence().stamping.index()[0] == index
    assert build(bench) == []
    assert set(outcomes(bench, package_id).values()) == {True}


def test_two_that_build_at_once_make_one_batch(bench: EvidenceBench) -> None:
    packages = [bench.archive(f"{number}", [PLAIN]) for number in range(4)]
    errors: list[BaseException] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        other = EvidenceBench(bench.folder, first=fresh("Một"))
        barrier.wait(60)
        try:
            list(other.evidence().build())
        except ArchiveError as error:
            errors.append(error)
        other.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not errors
    list(bench.evidence().build())
    index, _ = bench.evidence().stamping.index()
    assert len(index.stamps) == 1
    assert set(outcomes(bench, *packages).values()) == {True}


# ---------------------------------------------------------------- what was altered is found


def _file(bench: EvidenceBench, name: str) -> Path:
    return bench.folder / "storage" / key_of("2026-11-28-1", name)


def _flip(path: Path, place: int = -10) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", [DOCUMENT, MANIFEST, TREE, TOKEN, "groups-00001.jsonl.zst", "others-00001.jsonl.zst"])
def test_an_altered_file_of_a_batch_is_found(bench: EvidenceBench, name: str) -> None:
    bench.archive("1", [PLAIN])
    build(bench)
    _flip(_file(bench, name), 40)
    assert _told(bench) == {"2026-11-28-1": False}


def _told(bench: EvidenceBench) -> dict[str, bool | None]:
    """What checking everything says; a file that cannot even be read is told as a fault that names its batch."""
    try:
        return outcomes(bench)
    except EvidenceDamagedError as error:
        return {error.stamp: False}


def test_an_altered_document_is_found_and_named(bench: EvidenceBench) -> None:
    package_id = bench.archive("1", [SIGNED, PLAIN])
    build(bench)
    for path in (bench.folder / "storage").rglob("rep1/data/*"):
        if path.name.endswith("002.pdf"):
            _flip(path)
    found = {finding.subject: finding for finding in bench.evidence().verify((package_id,))}
    assert found[f"{package_id}/1"].ok
    broken = found[f"{package_id}/2"]
    assert broken.ok is False
    assert {failure.step for failure in broken.failures} == {"bytes", "tree"}
    assert "rep1/data" in broken.failures[0].reason


def test_a_batch_that_was_removed_is_missed_by_the_next(bench: EvidenceBench) -> None:
    bench.archive("1", [PLAIN])
    build(bench)
    bench.clock.at += DAY
    bench.archive("2", [PLAIN])
    build(bench)
    for path in _file(bench, DOCUMENT).parent.iterdir():
        path.unlink()
    assert outcomes(bench) == {"2026-11-28-1": False, "2026-11-29-1": False}


def test_a_package_that_cannot_be_read_is_named_left_out_and_taken_when_it_is_whole_again(
    bench: EvidenceBench,
) -> None:
    package_id = bench.archive("1", [PLAIN])
    bench.archive("2", [PLAIN])
    (mets,) = [p for p in (bench.folder / "storage").rglob("METS.xml") if package_id in str(p) and "rep" not in str(p)]
    whole = mets.read_bytes()
    mets.write_bytes(b"<mets/>")
    (answer,) = bench.evidence().build()
    assert answer.left_out == (f"{package_id} v1",)
    mets.write_bytes(whole)
    bench.clock.at += DAY
    bench.archive("3", [PLAIN])
    (answer,) = bench.evidence().build()
    assert answer.left_out == ()


# ---------------------------------------------------------------- proofs of existence


def test_existence_is_told_by_digest_and_begins_with_the_time_stamp(bench: EvidenceBench) -> None:
    package_id = bench.archive("1", [SIGNED])
    build(bench)
    stamped = bench.clock.at
    bench.clock.at += 100 * DAY
    evidence = bench.evidence()
    (group,) = evidence.places.groups(evidence.stamping.document("2026-11-28-1"), f"{package_id}/1")
    proven = evidence.existence_of(f"{package_id}/1")
    assert proven == {digest: stamped for _, digest in group.members}
    assert evidence.existence_of(package_id).keys() > proven.keys()


def test_a_record_cut_for_one_document_names_no_other(bench: EvidenceBench) -> None:
    package_id = bench.archive("1", [SIGNED, Paper(("bí mật.pdf",), fields={"subject": "Vụ án số 7"})])
    build(bench)
    evidence = bench.evidence()
    batch = evidence.stamping.document("2026-11-28-1")
    own, other = (evidence.places.groups(batch, f"{package_id}/{n}")[0] for n in (1, 2))
    der = evidence.checker().cut("2026-11-28-1", own).der()
    for place, digest in other.members:
        assert bytes.fromhex(digest) not in der or (place, digest) in own.members
        assert place.encode() not in der
    assert HELD.encode() not in der
