"""A PDF that is written from front to back: an object that was written is forgotten but for the place where it begins.

Objects lie one behind the other in a form that `paper_judge` holds them to, a
classic table of places and the trailer behind them. Eight bytes an object are
kept. What is not a page (fonts, profile, packet) is made in a small pikepdf
document and copied, so that names and strings are written by qpdf.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any, BinaryIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

HEADER = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
"""The second line tells programs that move files that this one is binary (ISO 19005-2, 6.1.2)."""

KIDS = 64
"""Most pages or nodes below one node of the tree of pages."""

_ROWS_AT_ONCE = 4096


def reference(number: int) -> bytes:
    """How an object is named in another one."""
    return b"%d 0 R" % number


class PaperFile:
    """Writes to `out`, which stands at its beginning; the same objects give the same bytes."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self._at = 0
        self._places = array("Q", [0])
        self._copies: dict[tuple[int, int], int] = {}
        self._put(HEADER)

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self._at += len(data)

    def reserve(self) -> int:
        """The number of an object that is written later."""
        self._places.append(0)
        return len(self._places) - 1

    def write(self, body: bytes, number: int = 0) -> int:
        """Write an object under a reserved number or a new one; its number."""
        number = number or self.reserve()
        self._places[number] = self._at
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def stream(self, data: bytes, entries: bytes = b"", number: int = 0) -> int:
        """Write a stream; `entries` are those of its dictionary beside its length."""
        words = b"<< %b/Length %d >>\nstream\n" % (entries + b" " if entries else b"", len(data))
        return self.write(words + data + b"\nendstream", number)

    def packed(self, data: bytes) -> int:
        """Write a stream, compressed."""
        return self.stream(zlib.compress(data), b"/Filter /FlateDecode")

    # ------------------------------------------------------------ what pikepdf made

    def copied(self, thing: object) -> bytes:
        """A value of a pikepdf document as it stands in this file; what it names is written, each object once."""
        if isinstance(thing, pikepdf.Object):
            if not thing.is_indirect:
                return self._direct(thing)
            if thing.objgen not in self._copies:
                # Kept before it is written: what names itself ends.
                number = self._copies[thing.objgen] = self.reserve()
                self._copy(thing, number)
            return reference(self._copies[thing.objgen])
        return _scalar(thing)

    def _copy(self, thing: pikepdf.Object, number: int) -> None:
        if not isinstance(thing, Stream):
            self.write(self._direct(thing), number)
            return
        entries = {key: value for key, value in thing.stream_dict.items() if key != "/Length"}
        data = thing.read_raw_bytes()
        # The packet is read by programs that know nothing of PDF: it is never compressed.
        if "/Filter" not in entries and entries.get("/Type") != Name.Metadata:
            data, entries["/Filter"] = zlib.compress(data), Name.FlateDecode
        self.stream(data, self._entries(entries.items()), number)

    def _direct(self, thing: pikepdf.Object) -> bytes:
        if isinstance(thing, Dictionary):
            return b"<< %b >>" % self._entries(thing.items())
        if isinstance(thing, Array):
            return b"[ %b ]" % b" ".join(self.copied(part) for part in thing)
        return thing.unparse()

    def _entries(self, items: Iterable[tuple[str, Any]]) -> bytes:
        return b" ".join(Name(key).unparse() + b" " + self.copied(value) for key, value in items)

    # ------------------------------------------------------------ pages and end

    def pages(self, entries: Iterable[bytes], count: int) -> int:
        """Write `count` pages, each by the entries of its dictionary, and the tree above them; the root's number."""
        levels = [array("L", (self.reserve() for _ in range(count)))]
        while len(levels) == 1 or len(levels[-1]) > 1:
            above = -(-len(levels[-1]) // KIDS)
            levels.append(array("L", (self.reserve() for _ in range(above))))
        for place, page in enumerate(entries):
            parent = reference(levels[1][place // KIDS])
            self.write(b"<< /Type /Page /Parent %b %b >>" % (parent, page), levels[0][place])
        for height, (kids, nodes) in enumerate(pairwise(levels), start=1):
            for place, node in enumerate(nodes):
                named = b" ".join(map(reference, kids[place * KIDS : (place + 1) * KIDS]))
                held = min(count, (place + 1) * KIDS**height) - place * KIDS**height
                parent = b"/Parent %b " % reference(levels[height + 1][place // KIDS]) if len(nodes) > 1 else b""
                self.write(b"<< /Type /Pages %b/Count %d /Kids [ %b ] >>" % (parent, held, named), node)
        return levels[-1][0]

    def finish(self, root: int, info: int = 0) -> None:
        """Write the table of places and the trailer."""
        identifier = self._digest.hexdigest()[:32].encode("ascii")
        begins, count = self._at, len(self._places)
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for first in range(1, count, _ROWS_AT_ONCE):
            self._put(b"".join(b"%010d 00000 n \n" % at for at in self._places[first : first + _ROWS_AT_ONCE]))
        named = b"/Info %b " % reference(info) if info else b""
        words = (count, reference(root), named, identifier, identifier, begins)
        self._put(b"trailer\n<< /Size %d /Root %b %b/ID [<%b><%b>] >>\nstartxref\n%d\n%%%%EOF\n" % words)


def _scalar(value: object) -> bytes:
    """A value that pikepdf gives as one of Python's own."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, Decimal | float):
        return f"{value:f}".encode("ascii")
    msg = f"{type(value).__name__} has no form in a PDF"
    raise TypeError(msg)
