"""Which bytes of a file a request brings: `Upload-Offset`, `Content-Range`, or the whole file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.api.problems import ApiError
from archive.services.incoming import UploadTooLargeError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_OFFSET = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class Span:
    """Where the bytes begin (None: a whole file, whatever came before), and how long the file is, where told."""

    offset: int | None
    total: int | None

    def is_complete(self, size: int) -> bool:
        """Whether a file of `size` bytes is whole; without a total the end of the body is the end of the file."""
        return self.total is None or size == self.total

    def check_limit(self, content_length: str | None, limit: int) -> None:
        """Refuse before the first byte what is too large by its own account.

        Raises:
            UploadTooLargeError: it is.
        """
        length = int(content_length) if content_length and _OFFSET.fullmatch(content_length) else 0
        if max((self.offset or 0) + length, self.total or 0) > limit:
            raise UploadTooLargeError(limit)


def span_of(upload_offset: str | None, content_range: str | None) -> Span:
    """Read the headers.

    Raises:
        ApiError: they cannot be read or contradict each other.
    """
    if content_range is not None:
        match = _CONTENT_RANGE.fullmatch(content_range)
        if match is None:
            raise ApiError("api.invalid", "Content-Range: bytes first-last/total")
        first, last, total = (int(match[number]) for number in (1, 2, 3))
        if not first <= last < total or (upload_offset is not None and upload_offset != str(first)):
            raise ApiError("api.invalid", "Content-Range contradicts itself or Upload-Offset")
        return Span(first, total)
    if upload_offset is not None:
        if not _OFFSET.fullmatch(upload_offset):
            raise ApiError("api.invalid", "Upload-Offset: a number of bytes")
        return Span(int(upload_offset), None)
    return Span(None, None)
