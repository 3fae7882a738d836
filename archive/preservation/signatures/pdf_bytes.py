"""The bytes of a signed PDF: digests of signed stretches, the gap between them, `/ByteRange` wherever it stands.

Needs the standard library alone, so that a verifier without a PDF reader can
check kept facts against the file.
"""

from __future__ import annotations

import mmap
import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from archive.preservation.signatures.algorithms import new_digest
from archive.preservation.signatures.pdf_facts import ByteRange

MAX_CONTENTS = 4 << 20
"""Longest `/Contents` that is read, in bytes."""

MAX_RANGES = 1000
"""`/ByteRange` arrays that are listed."""

IN_MEMORY = 8 << 20
"""Files up to this size are read at once, larger ones are mapped."""

_PIECE = 4 << 20
_RANGE = re.compile(rb"/ByteRange\s{0,100}\[([^\]]{0,200})\]")
_NUMBER = re.compile(rb"[-+]?\d{1,18}")
_WHITE = b"\r\n\t\f \0"


class PdfBytes(Protocol):
    """What a judgement needs of a file's bytes, whatever holds them: a file, a stored object, a member of a proof."""

    @property
    def size(self) -> int:
        """Their number."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, fewer where the file ends before."""
        ...

    def digest(self, name: str, span: ByteRange) -> bytes:
        """Digest of the signed stretches; ValueError for an algorithm that is unknown."""
        ...

    def sha256(self) -> str:
        """Of the whole file, hexadecimal."""
        ...


class FileBytes:
    """The bytes of a file that stays as it is while it is looked at.

    Args:
        data: All of them.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data = data
        self.size = len(data)
        # Digests of the file's beginning by algorithm: signatures made in turn cover beginnings of each other.
        self._begun: dict[str, tuple[list[int], list[Any]]] = {}
        self._known: dict[tuple[str, ByteRange], bytes] = {}

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, fewer where the file ends before."""
        return self.data[max(0, start) : max(0, end)]

    def digest(self, name: str, span: ByteRange) -> bytes:
        """Digest of the signed stretches; asked in the order of the file, all signatures cost one pass.

        Args:
            name: `sha256`, `sha3_256`; see `algorithms.new_digest`.
            span: Must lie in the file (`span_problem`).

        Raises:
            ValueError: the algorithm is unknown.
        """
        known = self._known.get((name, span))
        if known is None:
            value = self._beginning(name, span.first)
            self._update(value, span.gap_end, span.end)
            known = self._known[name, span] = bytes(value.digest())
        return known

    def sha256(self) -> str:
        """Of the whole file, hexadecimal."""
        return bytes(self._beginning("sha256", self.size).digest()).hex()

    def _beginning(self, name: str, end: int) -> Any:  # noqa: ANN401 - hashlib gives its objects no public type
        if name not in self._begun:
            self._begun[name] = ([0], [new_digest(name)])
        places, values = self._begun[name]
        place = bisect_right(places, end) - 1
        value = values[place].copy()
        if places[place] != end:
            self._update(value, places[place], end)
            places.insert(place + 1, end)
            values.insert(place + 1, value.copy())
        return value

    def _update(self, value: Any, start: int, end: int) -> None:  # noqa: ANN401 - as above
        with memoryview(self.data) as view:
            for place in range(start, min(end, self.size), _PIECE):
                value.update(view[place : min(place + _PIECE, end)])

    def byte_ranges(self) -> Iterator[tuple[int, ...]]:
        """Every `/ByteRange` in the bytes, at most `MAX_RANGES`, whether a form field names it or not."""
        # Taken at once: a search that is left half done would hold a mapped file open.
        for array in [match.group(1) for match in islice(_RANGE.finditer(self.data), MAX_RANGES)]:
            yield tuple(int(number) for number in _NUMBER.findall(array))

    def not_white(self, start: int) -> int:
        """Bytes from `start` to the end, white space at both ends not counted."""
        return len(self.read(start, self.size).strip(_WHITE))


@contextmanager
def opened(path: Path) -> Iterator[FileBytes]:
    """The bytes of the file at `path`, mapped where it is large."""
    with path.open("rb") as stream:
        if path.stat().st_size <= IN_MEMORY:
            yield FileBytes(stream.read())
        else:
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                yield FileBytes(mapped)


def span_of(numbers: tuple[int, ...], size: int) -> tuple[ByteRange | None, str]:
    """The signed stretches that a `/ByteRange` names in a file of `size` bytes, or why it names none."""
    pair = 4
    if len(numbers) != pair or numbers[0] != 0:
        return None, f"byte-range: {list(numbers[:8])}"
    span = ByteRange(*numbers[1:])
    if not 0 < span.first < span.gap_end <= span.end <= size or span.second < 1:
        return None, f"byte-range: {list(numbers)} does not lie in a file of {size} bytes"
    if span.gap_end - span.first > 2 * MAX_CONTENTS + 2:
        return None, "byte-range: the gap is larger than any signature"
    return span, ""


def in_gap(data: PdfBytes, span: ByteRange) -> bytes | None:
    """What the gap holds: a hexadecimal string with its brackets and nothing beside it; None: something else."""
    gap = data.read(span.first, span.gap_end)
    if gap[:1] != b"<" or gap[-1:] != b">":
        return None
    try:
        return bytes.fromhex(gap[1:-1].decode("ascii"))
    except ValueError:
        return None


def span_problem(data: PdfBytes, span: ByteRange, contents: bytes) -> str:
    """Why `span` and `contents` do not belong to the bytes; empty: they do.

    Signature wrapping hides bytes in the gap or names another gap: it may hold
    the signature in hexadecimal and nothing else.
    """
    checked, problem = span_of((0, span.first, span.gap_end, span.second), data.size)
    if checked is None:
        return problem
    if in_gap(data, span) != contents:
        return "byte-range: the gap does not hold the signature alone"
    return ""
