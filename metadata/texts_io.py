"""Page texts on disk: JSON Lines, zstd, one object a page, in order of pages. The home of zstandard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, ClassVar

import zstandard
from pydantic import ValidationError

from metadata.errors import ArchiveError
from metadata.texts import PageText

_LEVEL = 9
_MAX_WINDOW_BYTES = 1 << 27
_MAX_LINE_BYTES = 64 << 20
_PIECE_BYTES = 512


class PageTextsUnreadableError(ArchiveError):
    """A kept text file is not zstd, not JSON Lines, or a page in it is not a page."""

    code: ClassVar[str] = "package.text_unreadable"
    retryable: ClassVar[bool] = False

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"page texts cannot be read: {why}")


def write_page_texts(stream: BinaryIO, pages: Iterable[PageText]) -> int:
    """Write `pages` to `stream`; the same pages give the same bytes, and memory holds one page at a time.

    Args:
        stream: Open for writing, stays open.
        pages: In order of page.

    Returns:
        How many pages were written.
    """
    count = 0
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, write_content_size=False)
    with compressor.stream_writer(stream, closefd=False) as packed:
        for page in pages:
            packed.write(page.model_dump_json(exclude_defaults=True).encode() + b"\n")
            count += 1
    return count


def iter_page_texts(stream: BinaryIO) -> Iterator[PageText]:
    """The pages that `write_page_texts` wrote, one at a time.

    A line of more than 64 MiB is refused, so that a bomb cannot fill the memory.

    Raises:
        PageTextsUnreadableError: the bytes are damaged or something else.
    """
    try:
        for line in _lines(stream):
            yield PageText.model_validate_json(line)
    except (zstandard.ZstdError, ValidationError) as error:
        raise PageTextsUnreadableError(str(error)) from error


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    # The library's own reader takes a truncated file for a complete one; the
    # object below knows whether the frame ended. It is fed little by little,
    # for a run of equal bytes unpacks 128 KiB from four.
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompressobj()
    rest = b""
    while not unpacker.eof:
        piece = stream.read(_PIECE_BYTES)
        if not piece:
            raise PageTextsUnreadableError("the file is cut off")
        *lines, rest = (rest + unpacker.decompress(piece)).split(b"\n")
        yield from lines
        if len(rest) > _MAX_LINE_BYTES:
            raise PageTextsUnreadableError("a line is longer than 64 MiB")
    if rest:
        raise PageTextsUnreadableError("the last line is cut off")
    if unpacker.unused_data or stream.read(1):
        raise PageTextsUnreadableError("something follows the text")
