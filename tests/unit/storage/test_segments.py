"""Audit segments: sealed once, read back whole or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import zstandard

from metadata.digests import digests_of
from storage.backends.filesystem import FilesystemStore
from storage.errors import ObjectExistsError, ObjectMissingError, RecordUnreadableError
from storage.segments import AuditSegments, Segment

LINES = [json.dumps({"seq": n, "agent": "người dùng"}, ensure_ascii=False).encode() for n in range(500)]


@pytest.fixture
def segments(storage_root: Path) -> AuditSegments:
    return AuditSegments(FilesystemStore(storage_root))


def test_a_sealed_segment_reads_back_line_by_line(segments: AuditSegments, storage_root: Path) -> None:
    sealed = segments.write(2026, "000000000001", LINES)
    assert list(segments.lines(sealed)) == LINES
    assert (storage_root / sealed.key).stat().st_size == sealed.size_bytes < sum(len(line) for line in LINES)
    assert list(segments.lines(segments.write(2026, "empty", []))) == []


def test_segments_are_listed_in_the_order_of_their_names(segments: AuditSegments, storage_root: Path) -> None:
    for year, name in ((2027, "000000000003"), (2026, "000000000002"), (2026, "000000000001")):
        segments.write(year, name, LINES[:3])
    (storage_root / "audit/2026/notes.txt").write_text("not a segment")
    assert [(found.year, found.name) for found in segments.segments()] == [
        (2026, "000000000001"),
        (2026, "000000000002"),
        (2027, "000000000003"),
    ]


def test_sealing_the_same_lines_again_is_a_no_op_and_other_lines_are_refused(segments: AuditSegments) -> None:
    first = segments.write(2026, "s", LINES)
    assert segments.write(2026, "s", LINES) == first
    for other in (LINES[:-1], [*LINES, b"{}"]):
        with pytest.raises(ObjectExistsError):
            segments.write(2026, "s", other)
    assert list(segments.lines(first)) == LINES


def test_lines_packed_by_another_version_of_the_library_are_the_same_segment(
    segments: AuditSegments, storage_root: Path
) -> None:
    packed = zstandard.ZstdCompressor(level=1).compress(b"".join(line + b"\n" for line in LINES))
    FilesystemStore(storage_root).put("audit/2026/s.jsonl.zst", io.BytesIO(packed), expected=digests_of([packed]))
    assert segments.write(2026, "s", LINES).size_bytes == len(packed)


def test_a_line_with_a_newline_is_no_line(segments: AuditSegments) -> None:
    with pytest.raises(ValueError, match="newline"):
        segments.write(2026, "s", [b"{}\n"])


@pytest.mark.parametrize("cut", [1, 4, 10, 200])
def test_a_segment_cut_short_is_a_fault(segments: AuditSegments, storage_root: Path, cut: int) -> None:
    sealed = segments.write(2026, "s", LINES)
    path = storage_root / sealed.key
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(RecordUnreadableError):
        list(segments.lines(sealed))


def test_a_segment_that_ends_between_two_blocks_is_a_fault_too(segments: AuditSegments, storage_root: Path) -> None:
    whole = b"".join(b'{"n": %d}\n' % n for n in range(100_000))
    packer = zstandard.ZstdCompressor().compressobj(size=len(whole))
    packed = packer.compress(whole[: whole.index(b"\n", 500_000) + 1]) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    FilesystemStore(storage_root).put("audit/2026/s.jsonl.zst", io.BytesIO(packed), expected=digests_of([packed]))
    with pytest.raises(RecordUnreadableError, match="cut off"):
        list(segments.lines(Segment(2026, "s", "audit/2026/s.jsonl.zst", len(packed))))


def test_a_bomb_is_a_fault_before_it_fills_the_memory(segments: AuditSegments, storage_root: Path) -> None:
    packed = zstandard.ZstdCompressor().compress(b" " * (200 << 20))
    FilesystemStore(storage_root).put("audit/2026/s.jsonl.zst", io.BytesIO(packed), expected=digests_of([packed]))
    with pytest.raises(RecordUnreadableError, match="longer than"):
        list(segments.lines(Segment(2026, "s", "audit/2026/s.jsonl.zst", len(packed))))


@pytest.mark.parametrize("data", [b"", b"no zstd at all, just words"], ids=["empty", "words"])
def test_what_is_no_segment_is_a_fault(segments: AuditSegments, storage_root: Path, data: bytes) -> None:
    sealed = segments.write(2026, "s", LINES)
    (storage_root / sealed.key).write_bytes(data)
    with pytest.raises(RecordUnreadableError):
        list(segments.lines(sealed))


def test_a_segment_that_is_gone_is_missing(segments: AuditSegments) -> None:
    with pytest.raises(ObjectMissingError):
        list(segments.lines(Segment(2026, "s", "audit/2026/s.jsonl.zst", 1)))
