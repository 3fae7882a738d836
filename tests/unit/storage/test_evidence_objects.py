"""Evidence objects lie once per holding, under the digest of their bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from storage.backends.filesystem import FilesystemStore
from storage.errors import ObjectMissingError, RecordUnreadableError
from storage.evidence import EvidenceObjects


@pytest.fixture
def objects(tmp_path: Path) -> EvidenceObjects:
    return EvidenceObjects(FilesystemStore(tmp_path))


def test_what_was_kept_is_given_back_by_its_digest(objects: EvidenceObjects) -> None:
    name = objects.put(b"a revocation list")
    assert name == hashlib.sha256(b"a revocation list").hexdigest()
    assert objects.has(name)
    assert objects.get(name) == b"a revocation list"


def test_the_same_bytes_again_are_kept_once(objects: EvidenceObjects, tmp_path: Path) -> None:
    assert objects.put(b"twice") == objects.put(b"twice")
    assert len([p for p in tmp_path.rglob("*") if p.is_file() and p.name == hashlib.sha256(b"twice").hexdigest()]) == 1


def test_what_is_not_there_is_said_to_be_missing(objects: EvidenceObjects) -> None:
    assert not objects.has("0" * 64)
    with pytest.raises(ObjectMissingError):
        objects.get("0" * 64)


def test_bytes_that_are_not_what_their_name_says_are_never_given_out(objects: EvidenceObjects, tmp_path: Path) -> None:
    name = objects.put(b"as it was")
    (tmp_path / "evidence" / "objects" / name).write_bytes(b"as it is now")
    with pytest.raises(RecordUnreadableError):
        objects.get(name)
    with pytest.raises(RecordUnreadableError):
        objects.put(b"as it was")
