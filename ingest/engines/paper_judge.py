"""Judges what `paper_file` wrote, as it lies on the disk, in memory that does not grow with the pages.

Two things are judged, and every byte falls under one of them:

- *the frame*: that objects lie one behind the other from the header to the table of places, each begun, ended and
  measured as it should be, each named by the table at its place and by the document; that the tree of pages counts
  right. It is read here, strictly: a form that this archive does not write is a denial.
- *the objects*: fonts, profile, packet and the pages go to pikepdf's checker as they are, byte for byte, some
  hundred pages at a time with all that they use; only the nodes above these pages are shortened to them.

A paper of few pages goes to the checker as a whole.
"""

from __future__ import annotations

import gc
import io
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ingest.engines.paper_file import HEADER, reference
from ingest.engines.pdfa_write import Written, read_back

PART_PAGES = 256
"""Pages that go to the checker at once, or as many as one node of the tree has: each costs 30 KiB until it is done."""

_TAIL = 400
_ROW = 20
_ROWS_AT_ONCE = 4096
_BEGUN = re.compile(rb"([1-9]\d*) 0 obj\n")
_PLACE = re.compile(rb"(\d{10}) 00000 n \n")
_LENGTH = re.compile(rb"<< .*/Length (\d+) >>\n")
_TRAILER = re.compile(
    rb"trailer\n<< /Size (\d+) /Root (\d+) 0 R (?:/Info (\d+) 0 R )?/ID \[<([0-9a-f]{32})><\4>\] >>\n"
    rb"startxref\n(\d+)\n%%EOF\n"
)
_NAMED = re.compile(rb"(\d+) 0 R")
_PAGES = re.compile(rb"/Pages (\d+) 0 R")
_NODE = re.compile(rb"<< /Type /Pages (?:/Parent (\d+) 0 R )?/Count (\d+) /Kids \[ ([^\]]*) \] >>")
_PAGE = re.compile(rb"<< /Type /Page /Parent (\d+) 0 R .*>>")
_DEEPEST = 8
_BYTES_A_NUMBER = 4


class _DeniedError(ValueError):
    """The frame is not as this archive writes it."""


@dataclass(slots=True)
class _Part:
    """Leaves of the tree of pages that go to the checker together."""

    pages: int = 0
    above: dict[int, dict[int, int]] = field(default_factory=dict)
    """By each node above the leaves: pages of this part below each of its kids."""

    leaves: list[int] = field(default_factory=list)
    content: list[int] = field(default_factory=list)
    """The leaves' pages."""


def judged(path: Path, flavour: str, *, part_pages: int = PART_PAGES) -> Written:
    """What is measured of a file that `paper_file` wrote; see the head of this module.

    Args:
        path: The file.
        flavour: What it claims: `2b` or `2u`.
        part_pages: Pages that go to the checker at once.
    """
    try:
        with path.open("rb") as stream:
            frame = _Frame(stream)
            for part in frame.parts(part_pages):
                whole = part.pages == frame.pages
                written = read_back(path if whole else frame.cut(part), flavour)
                frame.mark(part)
                # What the checker leaves behind stands in rings, and holds all that it has read of the part.
                gc.collect()
                if written.verdict != "pass":
                    return written
            frame.all_named()
    except _DeniedError as error:
        return Written("fail", flavour, ("frame",), str(error))
    return written


class _Frame:
    """A file's objects and where they are."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._trailer, self._size, self._root, self._info, table = self._end()
        self._places = self._table(table)
        self._ends = self._walked(table)
        self._reached = bytearray(self._size)
        self._reached[0] = 1
        catalog = self._body(self._root)
        found = _PAGES.findall(catalog)
        self._need(len(found) == 1, "the catalog has one tree of pages")
        self._tree = int(found[0])
        self.pages = self._node(self._tree)[1]

    @staticmethod
    def _need(holds: object, words: str) -> None:
        if not holds:
            raise _DeniedError(words)

    # ------------------------------------------------------------ table and order

    def _end(self) -> tuple[bytes, int, int, int, int]:
        size = self._stream.seek(0, io.SEEK_END)
        self._stream.seek(max(0, size - _TAIL))
        tail = self._stream.read()
        found = _TRAILER.fullmatch(tail, max(0, tail.rfind(b"trailer\n")))
        if found is None:
            raise _DeniedError("no trailer at the end")
        count, root, info, table = (int(found[n] or 0) for n in (1, 2, 3, 5))
        self._need(
            table + len(b"xref\n0 %d\n" % count) + _ROW * count + len(found[0]) == size, "a table of another size"
        )
        return found[0], count, root, info, table

    def _table(self, begins: int) -> array[int]:
        self._stream.seek(begins)
        head = b"xref\n0 %d\n0000000000 65535 f \n" % self._size
        self._need(self._stream.read(len(head)) == head, "no table where one should begin")
        places = array("Q", [0])
        while len(places) < self._size:
            rows = self._stream.read(_ROW * min(_ROWS_AT_ONCE, self._size - len(places)))
            found = _PLACE.findall(rows)
            self._need(found and len(rows) == _ROW * len(found), "a row of the table of another form")
            places.extend(map(int, found))
        return places

    def _walked(self, table: int) -> array[int]:
        """Read from the first byte to the table; where each object ends."""
        stream, at = self._stream, len(HEADER)
        ends = array("Q", bytes(8 * self._size))
        stream.seek(0)
        self._need(stream.read(at) == HEADER, "another header")
        while at < table:
            first = stream.readline()
            found = _BEGUN.fullmatch(first)
            number = int(found[1]) if found else 0
            self._need(0 < number < self._size and self._places[number] == at, f"no object of the table at {at}")
            ends[number] = at = at + len(first) + self._passed(number)
        self._need(at == table and all(ends[1:]), "objects and table do not meet")
        return ends

    def _passed(self, number: int) -> int:
        """Bytes of an object behind its first line."""
        stream = self._stream
        body, after = stream.readline(), stream.readline()
        long = len(body) + len(after)
        if after == b"stream\n":
            found = _LENGTH.fullmatch(body)
            data = int(found[1]) if found else -1
            self._need(data >= 0, f"{number}: a stream without a length")
            close = b"\nendstream\nendobj\n"
            stream.seek(data, io.SEEK_CUR)
            self._need(stream.read(len(close)) == close, f"{number}: another length than it says")
            return long + data + len(close)
        self._need(body.endswith(b"\n") and after == b"endobj\n", f"{number}: no end")
        return long

    # ------------------------------------------------------------ tree

    def _object(self, number: int) -> bytes:
        self._need(0 < number < self._size, f"{number} is named and not there")
        self._stream.seek(self._places[number])
        return self._stream.read(self._ends[number] - self._places[number])

    def _body(self, number: int) -> bytes:
        """An object, or the dictionary of a stream."""
        return self._object(number).split(b"\n", 2)[1]

    def _node(self, number: int) -> tuple[int, int, list[int]]:
        """Parent (0: none), pages and kids of a node."""
        found = _NODE.fullmatch(self._body(number))
        if found is None:
            msg = f"{number} is no node of the tree of pages"
            raise _DeniedError(msg)
        return int(found[1] or 0), int(found[2]), [int(kid) for kid in _NAMED.findall(found[3])]

    def _leaves(self, number: int, above: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int, list[int]]]:
        """Nodes above, number and pages of each lowest node."""
        parent, count, kids = self._node(number)
        self._need(parent == (above[-1] if above else 0), f"{number} names another node above it")
        self._need(kids and len(above) < _DEEPEST, f"{number}: an empty tree, or too deep")
        if _PAGE.fullmatch(self._body(kids[0])):
            for kid in kids:
                page = _PAGE.fullmatch(self._body(kid))
                self._need(page and int(page[1]) == number, f"{kid} is no page of {number}")
            self._need(count == len(kids), f"{number} counts wrong")
            yield above, number, kids
            return
        held = 0
        for kid in kids:
            for leaf in self._leaves(kid, (*above, number)):
                held += len(leaf[2])
                yield leaf
        self._need(count == held, f"{number} counts wrong")

    def parts(self, most: int) -> Iterator[_Part]:
        """The pages in order, some at a time."""
        part = _Part()
        for above, leaf, pages in self._leaves(self._tree, ()):
            if part.pages and part.pages + len(pages) > most:
                yield part
                part = _Part()
            part.pages += len(pages)
            part.leaves.append(leaf)
            part.content.extend(pages)
            for node, kid in zip(above, (*above, leaf)[1:], strict=True):
                kids = part.above.setdefault(node, {})
                kids[kid] = kids.get(kid, 0) + len(pages)
        yield part

    # ------------------------------------------------------------ parts

    def _used(self, part: _Part) -> list[int]:
        """All objects but the nodes above the leaves that the pages of a part need."""
        nodes = {*part.above, self._tree}
        waiting = [self._root, *([self._info] if self._info else []), *part.leaves, *part.content]
        found = set(waiting) - nodes
        waiting = [*found]
        while waiting:
            for named in map(int, _NAMED.findall(self._body(waiting.pop()))):
                if named not in nodes and named not in found:
                    found.add(named)
                    waiting.append(named)
        return sorted(found if part.above else found | {self._tree})

    def cut(self, part: _Part) -> BinaryIO:
        """A PDF of the pages of a part: the objects as they lie in the file, below shortened nodes."""
        out, places = io.BytesIO(), {}
        out.write(HEADER)
        for number in self._used(part):
            places[number] = out.tell()
            out.write(self._object(number))
        for node, kids in part.above.items():
            places[node] = out.tell()
            parent, _, _ = self._node(node)
            named = b"/Parent %b " % reference(parent) if parent else b""
            listed = b" ".join(map(reference, kids))
            words = (node, named, sum(kids.values()), listed)
            out.write(b"%d 0 obj\n<< /Type /Pages %b/Count %d /Kids [ %b ] >>\nendobj\n" % words)
        # qpdf takes a number for nonsense that is higher than a third of the file's bytes; a remark fills a small part.
        out.write(b"%" + b" " * max(0, _BYTES_A_NUMBER * self._size - out.tell()) + b"\n")
        begins = out.tell()
        out.write(b"xref\n0 1\n0000000000 65535 f \n")
        out.writelines(b"%d 1\n%010d 00000 n \n" % (number, places[number]) for number in sorted(places))
        out.write(re.sub(rb"startxref\n\d+", b"startxref\n%d" % begins, self._trailer))
        out.seek(0)
        return out

    def mark(self, part: _Part) -> None:
        """Remember that the objects of a part were judged."""
        self._mark(self._used(part))
        self._mark(part.above)

    def _mark(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._reached[number] = 1

    def all_named(self) -> None:
        """Deny a file that holds what no page and nothing of the document names: nobody judged it."""
        self._need(all(self._reached), f"{self._reached.find(0)} is named by nothing")
