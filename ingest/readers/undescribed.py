"""Documents of which nothing is known but their files: called by their names, in the order of names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from metadata.codes import nfc
from metadata.descriptions import Cell, DocumentDescription

FILE_NAME = "(tên tệp)"
"""What stands where a heading would: the value comes from the name of the file."""

_NUMBERS = re.compile(r"(\d+)")
_LONGEST_SUBJECT = 500


def documents_of(paths: Iterable[str], *, first: int = 1) -> tuple[DocumentDescription, ...]:
    """One document a file; ordinals from `first` on."""
    ordered = sorted(paths, key=natural)
    return tuple(document_of(path, ordinal) for ordinal, path in enumerate(ordered, start=first))


def document_of(path: str, ordinal: int, name: str = "") -> DocumentDescription:
    """The document of the file at `path`.

    Args:
        path: Relative to the delivery.
        ordinal: Its number in the dossier.
        name: What the file was called before somebody renamed it; empty: as it is called now.
    """
    written = name or path.rpartition("/")[2]
    stem, dot, _ = written.rpartition(".")
    subject = Cell(value=nfc(stem if dot and stem else written)[:_LONGEST_SUBJECT], written=written, column=FILE_NAME)
    return DocumentDescription(ordinal=ordinal, fields={"subject": subject}, files=(path,))


def natural(path: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key: `2.pdf` before `10.pdf`."""
    return tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part.casefold())
        for part in _NUMBERS.split(path)
        if part
    )
