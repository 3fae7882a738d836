"""Invariants of storage over hostile input."""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
import unicodedata
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from metadata.digests import digests_of
from storage.backends.filesystem import FilesystemStore
from storage.errors import RecordUnreadableError, StorageError, UnsafeKeyError
from storage.holdings import Content
from storage.inventory import read_inventory
from storage.keys import MAX_SEGMENT_BYTES, safe_key
from storage.layout import object_path, package_id_of
from storage.ledger import LedgerLine
from storage.packages import PackageStore
from tests.fakes.clocks import SteppingClock
from tests.generators.examples import examples

# Syncing costs nothing in memory.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a folder of its own is made below it

hostile = st.text("./\\%~ a\x00\n\u0308\u1ebe\ud800é", min_size=0, max_size=30)
ordinary = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
segments = st.text("aZ09-_. ăệĐ%~&", min_size=1, max_size=12).filter(lambda text: text.strip("."))


@pytest.mark.rule("STO-001")
@given(hostile | ordinary)
def test_a_key_that_passes_stays_below_the_root_and_means_one_place(key: str) -> None:
    try:
        safe_key(key)
    except UnsafeKeyError:
        return
    root = Path("/root/of/storage")
    assert (root / key).resolve().is_relative_to(root)
    assert (root / key).resolve() == root / key
    assert not key.startswith(".")
    assert unicodedata.normalize("NFC", key) == key
    assert all(0 < len(part.encode()) <= MAX_SEGMENT_BYTES for part in key.split("/"))
    assert str(root / key) == f"{root}/{key}"


@given(hostile | ordinary | st.uuids().map(str))
def test_an_id_survives_the_round_trip_and_cannot_leave_its_shard(package_id: str) -> None:
    try:
        folder = object_path(package_id)
    except UnsafeKeyError:
        assert not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", package_id)
        return
    assert package_id_of(f"{folder}/inventory.json") == package_id
    assert folder.count("/") == 4
    assert not {"", ".", ".."} & set(folder.split("/"))


@settings(max_examples=examples(20), deadline=None)
@given(st.dictionaries(st.lists(segments, min_size=1, max_size=3).map("/".join), st.binary(max_size=40), max_size=5))
def test_whatever_a_package_holds_comes_back_or_nothing_is_stored(files: dict[str, bytes]) -> None:
    package_id = str(UUID(int=1, version=4))
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        packages = PackageStore(FilesystemStore(Path(folder) / "storage"), SteppingClock())
        packages.init()
        contents = []
        for number, (path, data) in enumerate(files.items()):
            source = Path(folder) / str(number)
            source.write_bytes(data)
            contents.append(Content(path, source, digests_of([data])))
        try:
            packages.write(package_id, contents, message="Nộp lưu", agent="luutru")
        except UnsafeKeyError:
            assert list(packages.package_ids()) == []
            return
        assert [file.path for file in packages.files(package_id)] == sorted(files)
        for path, data in files.items():
            with packages.open_file(package_id, path) as stream:
                assert stream.read() == data
        assert packages.check_fixity(package_id).findings == ()


@settings(max_examples=examples(40), deadline=None)
@given(st.binary(min_size=1, max_size=300), st.integers(min_value=0, max_value=400), st.integers(0, 400))
def test_every_range_is_what_slicing_gives(data: bytes, offset: int, length: int) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        store = FilesystemStore(Path(folder))
        store.put("a", io.BytesIO(data), expected=digests_of([data]))
        with store.open("a", offset=offset, length=length) as stream:
            assert stream.read() == data[offset : offset + length]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["v1", "sha512", "content", "..", "v1/content/a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "head", "manifest", "versions", "v1", "state", "created", "a" * 128]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=80) | json_values.map(lambda value: json.dumps(value).encode()))
def test_bytes_that_are_no_inventory_are_a_fault_of_storage(data: bytes) -> None:
    with pytest.raises(RecordUnreadableError):
        read_inventory("key", data, "urn:uuid:x")


@given(st.text(max_size=40), st.text(max_size=5))
def test_a_ledger_line_survives_the_round_trip_on_one_line(identifier: str, version: str) -> None:
    try:
        line = LedgerLine(id=identifier, version=version, inventory="a" * 128, time="2026-03-01T00:00:00.000Z")
    except ValidationError:
        return
    data = line.as_json()
    assert data.count(b"\n") == 1
    assert LedgerLine.model_validate_json(data) == line


def test_errors_of_storage_have_each_their_own_code() -> None:
    found = StorageError.__subclasses__()
    codes = [error.code for error in found]
    assert len(set(codes)) == len(codes) >= 7
    assert all(code.startswith("storage.") for code in codes)
