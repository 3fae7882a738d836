"""Folders of the embedded index: what a reader finds after crashes, damage and other versions."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from search.backends.generations import Generations
from search.backends.tantivy import TantivyIndex
from search.documents import FORMAT
from search.errors import SearchFaultError, SearchFormatError
from search.ports import IndexedDocument, SearchRequest
from tests.contract.search_index import HOLDING, document


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> TantivyIndex:
    index = TantivyIndex(folder)
    index.add(HOLDING)
    return index


def generation(folder: Path) -> Path:
    found = Generations(folder, FORMAT, 1.0).current()
    assert found is not None
    return found


def segments(folder: Path) -> set[str]:
    """Identifiers of the parts that are committed."""
    return {segment["segment_id"] for segment in json.loads((folder / "meta.json").read_bytes())["segments"]}


def test_an_index_of_another_version_is_refused_with_both_versions_and_cured_by_a_rebuild(
    index: TantivyIndex, folder: Path
) -> None:
    (folder / "CURRENT").write_text('{"format": 77, "generation": "generation-1"}')
    with pytest.raises(SearchFormatError, match=rf"77.*{FORMAT}.*index rebuild"):
        index.search(SearchRequest("quyet"))
    with pytest.raises(SearchFormatError):
        index.add(HOLDING)
    assert index.rebuild(HOLDING) == len(HOLDING)
    assert index.count() == len(HOLDING)


@pytest.mark.parametrize("pointer", ["", "{}", "[]", f'{{"format": {FORMAT}, "generation": "../../etc"}}', "\x00"])
def test_a_damaged_pointer_is_told_and_cured_by_a_rebuild(index: TantivyIndex, folder: Path, pointer: str) -> None:
    (folder / "CURRENT").write_text(pointer)
    for use in (index.count, index.ready, lambda: index.search(SearchRequest("quyet")), lambda: index.add(HOLDING)):
        with pytest.raises(SearchFaultError):
            use()
    assert index.rebuild(HOLDING) == len(HOLDING)
    index.ready()


@pytest.mark.parametrize("suffix", ["meta.json", ".term", ".store", ".fast", ".idx"])
def test_a_lost_or_cut_file_is_a_fault_and_never_an_empty_answer(
    folder: Path, suffix: str, index: TantivyIndex
) -> None:
    for path in generation(folder).glob(f"*{suffix}"):
        path.write_bytes(path.read_bytes()[:3])
    fresh = TantivyIndex(folder)
    with pytest.raises(SearchFaultError):
        fresh.ready()
    assert index.rebuild(HOLDING) == len(HOLDING)
    fresh.ready()
    assert fresh.count() == len(HOLDING)


def test_a_lost_generation_is_a_fault_and_is_not_made_anew(index: TantivyIndex, folder: Path) -> None:
    shutil.rmtree(generation(folder))
    for broken in (index, TantivyIndex(folder)):
        with pytest.raises(SearchFaultError):
            broken.count()
        with pytest.raises(SearchFaultError):
            broken.add(HOLDING)


def test_a_generation_without_its_head_is_a_fault_and_is_not_made_anew(index: TantivyIndex, folder: Path) -> None:
    (generation(folder) / "meta.json").unlink()
    for broken in (index, TantivyIndex(folder)):
        with pytest.raises(SearchFaultError):
            broken.count()
        with pytest.raises(SearchFaultError):
            broken.add([document("more")])
        with pytest.raises(SearchFaultError):
            broken.remove_package("d1")


def test_a_deleted_index_is_the_same_after_a_rebuild(index: TantivyIndex, folder: Path) -> None:
    before = index.search(SearchRequest("quyết định", access=("u1",)))
    shutil.rmtree(folder)
    assert index.rebuild(HOLDING) == len(HOLDING)
    assert index.search(SearchRequest("quyết định", access=("u1",))) == before


def test_a_kill_before_the_first_pointer_leaves_a_usable_index(folder: Path, index: TantivyIndex) -> None:
    (folder / "CURRENT").unlink()
    assert index.count() == len(HOLDING)
    index.add([document("more")])
    assert TantivyIndex(folder).count() == len(HOLDING) + 1


def test_only_one_generation_is_kept(index: TantivyIndex, folder: Path) -> None:
    for _ in range(3):
        index.rebuild(HOLDING)
    assert [path.name for path in folder.glob("generation-*")] == [generation(folder).name]


def test_an_unfinished_rebuild_goes_on_where_it_was(index: TantivyIndex, folder: Path) -> None:
    many = [document(f"n{number:05}", title=f"số {number}") for number in range(6000)]

    def killed() -> Iterator[IndexedDocument]:
        yield from many[:5500]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.rebuild(killed())
    building = next(folder.glob("*.building"))
    committed = segments(building)
    assert committed
    changed = [*many[:3], replace(many[3], title="đổi rồi"), *many[4:]]
    index.add([document("while waiting", title="xen giữa")])
    index.remove_package("n00000")
    assert index.rebuild(changed) == len(many)
    assert not building.exists()
    assert committed <= segments(generation(folder))
    # n00000 was removed after it had been read, the other was added: the serving index is newer than the stream.
    assert index.search(SearchRequest('"số 0"')).total == 0
    assert [hit.package_id for hit in index.search(SearchRequest("xen giữa")).hits] == ["while waiting"]
    assert [hit.package_id for hit in index.search(SearchRequest("đổi rồi")).hits] == ["n00003"]


def test_two_rebuilds_at_once_are_refused(index: TantivyIndex, folder: Path) -> None:
    def documents() -> Iterator[IndexedDocument]:
        with pytest.raises(SearchFaultError, match="rebuilding"):
            TantivyIndex(folder).rebuild([])
        yield from HOLDING

    assert index.rebuild(documents()) == len(HOLDING)


def test_a_writer_that_hangs_is_a_fault_for_the_next_and_not_a_wait_for_ever(index: TantivyIndex, folder: Path) -> None:
    impatient = TantivyIndex(folder, lock_wait_seconds=0.05)
    with Generations(folder, FORMAT, 0.0).writing():
        with pytest.raises(SearchFaultError, match="another process is writing"):
            impatient.add(HOLDING)
        assert impatient.count() == len(HOLDING)
    impatient.add(HOLDING)


def test_a_first_search_during_a_first_rebuild_is_a_fault_and_not_empty(folder: Path) -> None:
    index = TantivyIndex(folder)

    def documents() -> Iterator[IndexedDocument]:
        with pytest.raises(SearchFaultError, match="being built"):
            TantivyIndex(folder).search(SearchRequest("quyet"))
        yield from HOLDING

    assert index.rebuild(documents()) == len(HOLDING)


def test_an_error_of_the_documents_passes_through_and_frees_the_index(index: TantivyIndex) -> None:
    def broken() -> Iterator[IndexedDocument]:
        yield document("one")
        raise LookupError

    with pytest.raises(LookupError):
        index.add(broken())
    with pytest.raises(LookupError):
        index.rebuild(broken())
    index.add([document("two")])
    assert index.search(SearchRequest("two")).total == 1


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    index = TantivyIndex(tmp_path / "file" / "index")
    for use in (index.count, index.ready, lambda: index.add(HOLDING), lambda: index.rebuild(HOLDING)):
        with pytest.raises(SearchFaultError):
            use()


def test_a_line_cut_off_by_a_kill_does_not_swallow_the_next(folder: Path) -> None:
    generations = Generations(folder, FORMAT, 1.0)
    building = generations.fresh()
    building.mkdir(parents=True)
    generations.touch({"a", "b"})
    journal = building / "touched.jsonl"
    journal.write_text(journal.read_text() + '"half')
    generations.touch({"c"})
    assert generations.touched(building) == {"a", "b", "c"}


def test_readers_that_have_the_old_generation_open_finish_their_work(index: TantivyIndex) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def read() -> None:
        reader = index
        while not stop.is_set():
            try:
                assert reader.search(SearchRequest("quyết định", access=("u1", "pub"))).total == 3
            except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        index.rebuild(HOLDING)
        index.add([HOLDING[0]])
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
