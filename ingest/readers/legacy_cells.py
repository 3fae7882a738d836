"""Cells in TCVN3 or VNI, the encodings before Unicode, made readable: whole sheets, single columns, single cells.

A secret grade in such a cell (`MËt`) is a grade all the same, so cells are
decoded before anything is decided from them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ingest.readers.sheets import Sheet
from metadata.legacy import Encoding, decoded, encoding_of

_SAMPLE_CHARS = 20_000
_WINDOWS_1252 = frozenset(bytes(range(0x80, 0xA0)).decode("cp1252", errors="ignore"))
_BEYOND = re.compile(f"[^\x00-\xff{''.join(sorted(_WINDOWS_1252))}]")
_MOSTLY = 4


def readable(sheets: Sequence[Sheet]) -> tuple[tuple[Sheet, ...], frozenset[Encoding]]:
    """`sheets` in Unicode, and the encodings that were found in them (none for sheets of today)."""
    found: set[Encoding] = set()
    return tuple(_readable(sheet, found) for sheet in sheets), frozenset(found)


def _readable(sheet: Sheet, found: set[Encoding]) -> Sheet:
    if not any(_may_be_legacy(text) for _, texts in sheet.rows for text in texts):
        return sheet
    columns = _encodings(sheet)
    known: dict[tuple[str, Encoding], str] = {}

    def decoded_row(texts: tuple[str, ...]) -> tuple[str, ...]:
        # A list of today says "Công khai" in every row: rows and texts that need nothing stay the same objects.
        cells = list(texts)
        for i, text in enumerate(texts):
            if _may_be_legacy(text):
                place = (text, columns[i])
                if place not in known:
                    known[place] = _decoded(text, columns[i], found)
                cells[i] = known[place]
        return texts if cells == list(texts) else tuple(cells)

    rows = tuple((number, decoded_row(texts)) for number, texts in sheet.rows)
    name = _decoded(sheet.name, Encoding.UNICODE, found)
    return replace(sheet, name=name, rows=rows)


def _encodings(sheet: Sheet) -> dict[int, Encoding]:
    """The encoding of each column, which decides where a single cell can be read both ways (`sè`)."""
    doubtful: dict[int, list[str]] = defaultdict(list)
    today: dict[int, int] = defaultdict(int)
    for _, texts in sheet.rows:
        for i, text in enumerate(texts):
            if _may_be_legacy(text):
                doubtful[i].append(text)
            elif not text.isascii():
                today[i] += 1
    found: dict[int, Encoding] = defaultdict(lambda: Encoding.UNICODE)
    for i, own in doubtful.items():
        # One heading of today above a column of the old encoding does not make it one of today.
        if today[i] * _MOSTLY <= len(own):
            found[i] = encoding_of(" ".join(own)[:_SAMPLE_CHARS])
    return found


def _may_be_legacy(text: str) -> bool:
    """Whether `text` has letters beyond ASCII, and none that Windows-1252 lacks, such as `ế` or `ư`."""
    return not text.isascii() and not _BEYOND.search(text)


def _decoded(text: str, column: Encoding, found: set[Encoding]) -> str:
    if not _may_be_legacy(text):
        return text
    encoding = encoding_of(text)
    encoding = column if encoding is Encoding.UNICODE else encoding
    if encoding is not Encoding.UNICODE:
        found.add(encoding)
    return decoded(text, encoding)
