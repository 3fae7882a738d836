"""The letters of old Word and Excel files as they were typed, read from their streams.

Only for texts in the encodings before Unicode: a converter drops the soft
hyphen, which in TCVN3 is the letter ư.

Source: [MS-DOC] 2.5 and 2.8 (FIB, piece table), [MS-XLS] 2.4.265 (SST).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import olefile

_MOST_BYTES = 64 << 20
_WORD_97 = 0xC1
_TABLE_ONE = 0x0200
_COMPRESSED = 0x40000000
_PIECES = 0x02
_SST, _CONTINUE, _LABEL, _OLD_LABEL = 0x00FC, 0x003C, 0x0204, 0x0004
_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*[\x14\x15]")
_CONTROLS = str.maketrans(
    {"\r": "\n", "\x07": "\t", "\x0b": "\n", "\x0c": "\n", "\x1f": "\xad", "\x1e": "-", "\x15": None}
)


class UnreadableError(ValueError):
    """The streams are not what the format says."""


def ole_text(path: str) -> str:
    """The text of the Word (6 to 2003) or Excel (95 to 2003) file at `path`; empty for other containers.

    Raises:
        UnreadableError: the file is damaged.
    """
    try:
        with closing(_opened(path)) as container:
            if container.exists("WordDocument"):
                return _word(container)
            for name in ("Workbook", "Book"):
                if container.exists(name):
                    return "\n".join(_excel(_stream(container, name)))
    except (OSError, ValueError, struct.error, IndexError) as error:
        raise UnreadableError(str(error)) from error
    return ""


def _opened(path: str) -> Any:  # noqa: ANN401 - the library has no annotations
    return olefile.OleFileIO(path)  # type: ignore[no-untyped-call]


def _stream(container: Any, name: str) -> bytes:  # noqa: ANN401
    return bytes(container.openstream(name).read(_MOST_BYTES))


def _word(container: Any) -> str:  # noqa: ANN401
    main = _stream(container, "WordDocument")
    kind, flags = struct.unpack_from("<H", main, 2)[0], struct.unpack_from("<H", main, 10)[0]
    if kind < _WORD_97:
        start, end = struct.unpack_from("<II", main, 0x18)
        text = main[start:end].decode("latin-1")
    else:
        table = _stream(container, "1Table" if flags & _TABLE_ONE else "0Table")
        offset, size = struct.unpack_from("<II", main, 0x01A2)
        text = "".join(_pieces(main, table[offset : offset + size]))
    return _FIELD_CODE.sub("", text).translate(_CONTROLS)


def _pieces(main: bytes, clx: bytes) -> Iterator[str]:
    at = 0
    while clx[at] != _PIECES:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    size = struct.unpack_from("<I", clx, at + 1)[0]
    plc = clx[at + 5 : at + 5 + size]
    count = (len(plc) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plc)
    for number in range(count):
        length = max(ends[number + 1] - ends[number], 0)
        place = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)[0]
        if place & _COMPRESSED:
            start = (place & ~_COMPRESSED) // 2
            yield main[start : start + length].decode("latin-1")
        else:
            yield main[place : place + 2 * length].decode("utf-16-le", "replace")


def _records(book: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        at += 4 + size


def _excel(book: bytes) -> Iterator[str]:
    shared: list[bytes] = []
    for kind, data in _records(book):
        if kind == _SST:
            shared = [data]
        elif kind == _CONTINUE and shared:
            shared.append(data)
        elif shared:
            yield from _shared_strings(shared)
            shared = []
        if kind in {_LABEL, _OLD_LABEL} and len(data) > 8:  # noqa: PLR2004 - head of a label
            yield data[8:].decode("latin-1")


def _shared_strings(parts: list[bytes]) -> Iterator[str]:
    """Strings of the shared table; one that a record boundary cuts goes on with a new flag byte."""
    reader = _Parts(parts)
    reader.skip(8)
    while reader.more():
        count, flags = struct.unpack("<HB", reader.take(3))
        runs = struct.unpack("<H", reader.take(2))[0] if flags & 0x08 else 0
        extra = struct.unpack("<I", reader.take(4))[0] if flags & 0x04 else 0
        yield reader.string(count, wide=bool(flags & 0x01))
        reader.skip(4 * runs + extra)


class _Parts:
    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts
        self._part = self._at = 0

    def more(self) -> bool:
        """Whether bytes are left."""
        while self._part < len(self._parts) and self._at >= len(self._parts[self._part]):
            self._part, self._at = self._part + 1, 0
        return self._part < len(self._parts)

    def take(self, size: int) -> bytes:
        """The next bytes, over record boundaries."""
        found = b""
        while len(found) < size:
            if not self.more():
                raise UnreadableError("the table of strings is cut off")
            piece = self._parts[self._part][self._at : self._at + size - len(found)]
            self._at += len(piece)
            found += piece
        return found

    def skip(self, size: int) -> None:
        """Pass over `size` bytes, or to the end."""
        while size > 0 and self.more():
            step = min(size, len(self._parts[self._part]) - self._at)
            self._at += step
            size -= step

    def string(self, count: int, *, wide: bool) -> str:
        """`count` characters."""
        letters: list[str] = []
        while count > 0 and self.more():
            if self._at == 0 and letters:
                wide = bool(self.take(1)[0] & 0x01)
            size = 2 if wide else 1
            here = min(count, (len(self._parts[self._part]) - self._at) // size)
            if here == 0:
                raise UnreadableError("a string is cut inside a character")
            letters.append(self.take(here * size).decode("utf-16-le" if wide else "latin-1", "replace"))
            count -= here
        return "".join(letters)
