"""What is kept page by page survives a kill, and half a file is none."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pytest

from ingest.kept_results import KeptResults, write_whole


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    kept = KeptResults.of(tmp_path, "ab" * 32)
    kept.keep(kept.path("ocr", "5.5.4 (vie/x)", 3), {"text": "Ủy ban"}, durable=True)
    again = KeptResults.of(tmp_path, "ab" * 32)
    assert again.load(again.path("ocr", "5.5.4 (vie/x)", 3)) == {"text": "Ủy ban"}


def test_another_version_page_or_file_has_no_result(tmp_path: Path) -> None:
    kept = KeptResults.of(tmp_path, "ab" * 32)
    kept.keep(kept.path("ocr", "5.5.4", 3), {"a": 1}, durable=False)
    assert kept.load(kept.path("ocr", "5.5.5", 3)) is None
    assert kept.load(kept.path("ocr", "5.5.4", 4)) is None
    other = KeptResults.of(tmp_path, "cd" * 32)
    assert other.load(other.path("ocr", "5.5.4", 3)) is None


@pytest.mark.parametrize("damage", [b"", b'{"text": "h', b"[1, 2]", b"\xff\xfe"])
def test_a_damaged_result_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    kept = KeptResults.of(tmp_path, "ab" * 32)
    path = kept.path("ocr", "1", 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(damage)
    assert kept.load(path) is None


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_whole(path, lambda stream: stream.write(b"old"))

    def half(stream: BinaryIO) -> None:
        stream.write(b"ne")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write_whole(path, half)
    assert path.read_bytes() == b"old"


def test_a_version_with_slashes_cannot_leave_the_folder(tmp_path: Path) -> None:
    kept = KeptResults.of(tmp_path, "ab" * 32)
    assert kept.path("ocr", "../../etc/passwd", 1).parent == kept.folder


def test_cleared_results_are_gone_and_clearing_twice_is_no_error(tmp_path: Path) -> None:
    kept = KeptResults.of(tmp_path, "ab" * 32)
    kept.keep(kept.path("own", "", 1), {"pages": []}, durable=False)
    kept.clear()
    kept.clear()
    assert not kept.folder.exists()
