"""Sealed audit segments: written once, never changed, read back for rebuild."""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from metadata.digests import digests_of
from metadata.packing import PackedUnreadableError, packed, unpack_lines
from storage.errors import ObjectExistsError, RecordUnreadableError
from storage.layout import AUDIT, segment_key
from storage.ports import ObjectStore

_LEVEL = 10
_DAYS = 62
_LARGEST_LINE_BYTES = 16 << 20
"""No event is larger; a stream that says so was tampered with."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed segment that lies in the store."""

    year: int
    name: str
    key: str
    size_bytes: int
    """As stored, compressed."""


class AuditSegments:
    """The sealed segments of one location."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def write(self, year: int, name: str, lines: Sequence[bytes]) -> Segment:
        """Seal `lines`; the same lines under the same name again are a no-op.

        Args:
            year: Of the first event, UTC.
            name: Lower-case letters, digits, full stop and hyphen; sorts by time, such as `000000000001`.
            lines: JSON objects without newline inside or at the end, in order.

        Raises:
            ValueError: a line holds a newline.
            ObjectExistsError: another segment has that name.
            StorageFaultError: the store failed; repeating is safe.
        """
        key = segment_key(year, name)
        if any(b"\n" in line for line in lines):
            msg = "a line of a segment holds a newline"
            raise ValueError(msg)
        plain = b"".join(line + b"\n" for line in lines)
        data = packed(plain, level=_LEVEL)
        try:
            self._store.put(key, io.BytesIO(data), expected=digests_of([data]))
        except ObjectExistsError:
            # Another version of the library may have packed the same lines otherwise.
            if list(self._lines(key)) != list(lines):
                raise
        return Segment(year, name, key, self._store.info(key).size_bytes)

    def segments(self) -> Iterator[Segment]:
        """All sealed segments, in order of year and name; lists them, for rebuild and checks."""
        yield from self._listed(f"{AUDIT}/")

    def _listed(self, prefix: str) -> Iterator[Segment]:
        for info in self._store.keys(prefix):
            match = re.fullmatch(rf"{AUDIT}/([0-9]{{4}})/([^/]+)\.jsonl\.zst", info.key)
            if match is not None:
                yield Segment(int(match[1]), match[2], info.key, info.size_bytes)

    def of_days(self, first: date, last: date) -> Iterator[Segment]:
        """Segments whose first event is of these days, UTC; where the days are few, no others are listed."""
        days = range((last - first).days + 1)
        if len(days) <= _DAYS:
            parts = [f"{day.year:04d}/{day:%Y%m%d}t" for day in (first + timedelta(days=number) for number in days)]
        else:
            parts = [f"{year:04d}/" for year in range(first.year, last.year + 1)]
        for part in parts:
            for segment in self._listed(f"{AUDIT}/{part}"):
                if f"{first:%Y%m%d}" <= segment.name[:8] <= f"{last:%Y%m%d}":
                    yield segment

    def lines(self, segment: Segment) -> Generator[bytes]:
        """The lines of a segment, without their newlines, one at a time.

        Raises:
            ObjectMissingError: it is gone.
            RecordUnreadableError: its bytes are damaged.
        """
        yield from self._lines(segment.key)

    def _lines(self, key: str) -> Iterator[bytes]:
        with self._store.open(key) as stream:
            try:
                yield from unpack_lines(stream, max_line_bytes=_LARGEST_LINE_BYTES)
            except PackedUnreadableError as error:
                raise RecordUnreadableError(key, str(error)) from None
