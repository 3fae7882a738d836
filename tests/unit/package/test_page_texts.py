"""Page texts survive the disk, and damage never passes for text."""

from __future__ import annotations

import io

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from metadata.texts import PageText, Word
from metadata.texts_io import PageTextsUnreadableError, iter_page_texts, write_page_texts

hostile = st.text('\x00\n\r\\"{}  Ệa\u0308́\U0001f600', max_size=30)
words = st.builds(
    Word,
    start=st.integers(0, 9),
    end=st.integers(0, 9),
    box=st.tuples(*[st.floats(0, 1)] * 4),
    confidence=st.none() | st.floats(0, 100),
)
pages = st.builds(
    PageText,
    page=st.integers(1, 10_000),
    text=hostile | st.text(max_size=50),
    source=st.sampled_from(["born-digital", "ocr", "decoded", "none"]),
    confidence=st.none() | st.floats(0, 100),
    words=st.lists(words, max_size=3).map(tuple),
    doubtful=st.sampled_from(["", "low-confidence"]),
)


def _packed(found: list[PageText]) -> bytes:
    stream = io.BytesIO()
    assert write_page_texts(stream, found) == len(found)
    return stream.getvalue()


@given(st.lists(pages, max_size=4))
def test_pages_come_back_as_they_were_written_and_the_bytes_are_always_the_same(found: list[PageText]) -> None:
    packed = _packed(found)
    assert list(iter_page_texts(io.BytesIO(packed))) == found
    assert _packed(found) == packed


@pytest.mark.parametrize(
    "damaged",
    [
        b"not zstd at all",
        zstandard.compress(b'{"page": 1}\n'),
        zstandard.compress(b"no json\n"),
        zstandard.compress(b'{"page":1,"text":"cut off","source":"ocr"}'),
    ],
)
def test_damaged_text_files_are_a_fault(damaged: bytes) -> None:
    with pytest.raises(PageTextsUnreadableError):
        list(iter_page_texts(io.BytesIO(damaged)))


def test_a_flipped_byte_and_a_truncated_file_are_a_fault() -> None:
    packed = _packed([PageText(page=n, text=f"Trang {n} Quyết định", source="ocr") for n in range(1, 200)])
    flipped = packed[:-2] + bytes([packed[-2] ^ 1]) + packed[-1:]
    for damaged in (flipped, packed[: len(packed) // 2]):
        with pytest.raises(PageTextsUnreadableError):
            list(iter_page_texts(io.BytesIO(damaged)))
