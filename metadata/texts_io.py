"""Page texts on disk: JSON Lines, zstd, one object a page, in order of pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, ClassVar

from pydantic import ValidationError

from metadata.errors import ArchiveError
from metadata.packing import PackedUnreadableError, pack_lines, unpack_lines
from metadata.texts import PageText

_MAX_LINE_BYTES = 64 << 20


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
    return pack_lines(stream, (page.model_dump_json(exclude_defaults=True).encode() for page in pages))


def iter_page_texts(stream: BinaryIO) -> Iterator[PageText]:
    """The pages that `write_page_texts` wrote, one at a time.

    A page of more than 64 MiB of JSON is refused, so that a bomb cannot fill the memory.

    Raises:
        PageTextsUnreadableError: the bytes are damaged or something else.
    """
    try:
        for line in unpack_lines(stream, max_line_bytes=_MAX_LINE_BYTES):
            yield PageText.model_validate_json(line)
    except (PackedUnreadableError, ValidationError) as error:
        raise PageTextsUnreadableError(str(error)) from error
