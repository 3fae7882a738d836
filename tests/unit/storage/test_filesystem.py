"""What is peculiar to the file system: unfinished files, locks, ways in which a disk fails."""

from __future__ import annotations

import io
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from metadata.digests import digests_of
from storage.backends.filesystem import FilesystemStore
from storage.errors import ObjectExistsError, ObjectMissingError, PreconditionFailedError, StorageFaultError


def put(store: FilesystemStore, key: str, data: bytes) -> None:
    store.put(key, io.BytesIO(data), expected=digests_of([data]))


def unfinished(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".unfinished").glob("*.part"))


LIVING = """
import fcntl, sys
stream = open(sys.argv[1], "xb")
fcntl.flock(stream, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


class Breaking(io.BytesIO):
    """A source that breaks after its first piece."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(10)


def test_a_source_that_breaks_leaves_nothing(storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    with pytest.raises(StorageFaultError, match="Input/output error"):
        store.put("a", Breaking(b"x" * 100), expected=digests_of([b"x" * 100]))
    assert unfinished(storage_root) == []
    assert list(store.keys("")) == []


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_are_not(storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    store.ready()
    living = subprocess.Popen(
        [
            sys.executable,
            "-c",
            LIVING,
            str(storage_root / ".unfinished" / "living.part"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert living.stdout is not None
    assert living.stdout.readline() == "locked\n"
    (storage_root / ".unfinished" / "dead.part").write_bytes(b"half")
    assert store.sweep() == 1
    assert unfinished(storage_root) == ["living.part"]
    living.kill()
    living.communicate()
    store.ready()
    assert unfinished(storage_root) == []


def test_unfinished_files_and_locks_are_no_objects(storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    store.replace("head", b"1", etag=None)
    (storage_root / ".unfinished" / "dead.part").write_bytes(b"half")
    assert [info.key for info in store.keys("")] == ["head"]


def test_a_folder_is_no_object_and_never_becomes_one(storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    put(store, "a/b", b"x")
    with pytest.raises(ObjectExistsError):
        put(store, "a", b"y")
    with pytest.raises(ObjectExistsError):
        put(store, "a/b/c", b"y")
    with pytest.raises(ObjectMissingError):
        store.open("a")
    with pytest.raises((PreconditionFailedError, StorageFaultError)):
        store.replace("a", b"y", etag=None)
    assert [info.key for info in store.keys("")] == ["a/b"]


def test_a_root_that_is_no_folder_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "storage").write_bytes(b"")
    store = FilesystemStore(tmp_path / "storage")
    with pytest.raises(StorageFaultError):
        store.ready()
    with pytest.raises(StorageFaultError):
        put(store, "a", b"x")


def test_a_file_name_that_is_no_text_is_listed_and_harms_nothing(storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    put(store, "a/b", b"x")
    (storage_root / "a" / os.fsdecode(b"\xff\xfe")).write_bytes(b"strange")
    assert [os.fsencode(info.key) for info in store.keys("")] == [b"a/b", b"a/\xff\xfe"]


def append(root: str, writer: int, times: int) -> None:
    store = FilesystemStore(Path(root))
    for number in range(times):
        while True:
            etag = store.info("head").etag
            with store.open("head") as stream:
                data = stream.read()
            try:
                store.replace("head", data + f"{writer} {number}\n".encode(), etag=etag)
            except PreconditionFailedError:
                continue
            break


def test_processes_that_append_together_lose_no_line(storage_root: Path) -> None:
    """The lock holds between processes, not only between threads."""
    FilesystemStore(storage_root).replace("head", b"", etag=None)
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=append, args=(str(storage_root), number, 15)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    lines = (storage_root / "head").read_text().splitlines()
    assert sorted(lines) == sorted(f"{writer} {number}" for writer in range(3) for number in range(15))


@pytest.mark.parametrize("same", [True, False], ids=["this store", "another process"])
def test_what_is_discarded_as_soon_as_it_has_its_name_was_put_all_the_same(
    storage_root: Path, monkeypatch: pytest.MonkeyPatch, *, same: bool
) -> None:
    """A writer that lost cleans up behind the winner while a third one still syncs the folder they shared."""
    store = FilesystemStore(storage_root)
    put(store, "a/first", b"first")
    sweeper = store if same else FilesystemStore(storage_root)
    link = os.link

    def link_and_discard(source: Path, target: Path) -> None:
        link(source, target)
        sweeper.discard("a/b/c")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", link_and_discard)
        put(store, "a/b/c", b"gone at once")
    assert [info.key for info in store.keys("")] == ["a/first"]
    assert not (storage_root / "a/b").exists()
    put(store, "a/b/c", b"and again")
    assert [info.key for info in store.keys("")] == ["a/b/c", "a/first"]


def test_a_disk_that_goes_while_a_name_is_made_to_last_is_a_fault(
    storage_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FilesystemStore(storage_root)
    link = os.link

    def link_and_unmount(source: Path, target: Path) -> None:
        link(source, target)
        storage_root.rename(storage_root.with_name("elsewhere"))

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", link_and_unmount)
        with pytest.raises(StorageFaultError):
            put(store, "a/b", b"where to")


def test_a_discarded_key_takes_its_empty_folders_along(storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    put(store, "a/b/c/d", b"x")
    store.discard("a/b/c/d")
    assert not (storage_root / "a").exists()
    assert storage_root.exists()
    put(store, "a/b/c/d", b"y")
    other = FilesystemStore(storage_root)
    other.discard("a/b/c/d")
    put(store, "a/b/c/d", b"z")
    assert (storage_root / "a/b/c/d").read_bytes() == b"z"
