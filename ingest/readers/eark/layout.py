"""What the files of a package are by where they lie: data of a representation, descriptions, preservation, the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_REPRESENTATION = re.compile(r"^representations/([^/]+)/(.+)$", re.IGNORECASE)
_BESIDE = frozenset({"metadata", "schemas", "documentation", "submission"})
_DESCRIPTIVE = re.compile(r"(?:^|/)metadata/descriptive/(?!source/)[^/]+\.xml$", re.IGNORECASE)
_PREMIS = re.compile(r"(?:^|/)metadata/preservation/[^/]+\.xml$", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d+)")

FETCH = ".fetch.txt"
"""End of the name of a file that stands for one that lies elsewhere in the delivery (TT 05/2025)."""


@dataclass(slots=True)
class Layout:
    """The files of a package by their places."""

    data: dict[str, list[str]] = field(default_factory=dict)
    """Files of documents by representation; the key is empty where the package has no representations."""

    descriptive: list[str] = field(default_factory=list)
    premis: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def laid_out(files: Iterable[str]) -> Layout:
    """Sort `files` by their places."""
    found = Layout()
    loose: list[str] = []
    for path in sorted(files, key=natural):
        representation = _REPRESENTATION.match(path)
        inside = representation[2] if representation else path
        first, slash, _ = inside.partition("/")
        if _DESCRIPTIVE.search(path):
            found.descriptive.append(path)
        elif _PREMIS.search(path):
            found.premis.append(path)
        elif first.casefold() in _BESIDE or inside.casefold() == "mets.xml":
            found.others.append(path)
        elif representation:
            found.data.setdefault(representation[1], []).append(path)
        elif slash:
            loose.append(path)
        else:
            found.others.append(path)
    if loose:
        # Packages of older programs keep documents in `data/` or `content/`, without representations.
        kept = found.data.setdefault("", []) if not found.data else found.others
        kept += loose
    return found


def representation_of(path: str) -> str:
    """The representation in which a file lies, empty for none."""
    found = _REPRESENTATION.match(path)
    return found[1] if found else ""


def natural(path: str) -> str:
    """Sort key: `rep2` before `rep10`; a text, for 200,000 paths are sorted by it at once."""
    # Numbers by how many digits they have and then by these, before any text; a text ends before a longer one goes on.
    return "".join(
        f"\0{chr(len(figures))}{figures}" if part.isascii() and part.isdigit() else f"{part}\1"
        for part in _NUMBERS.split(path)
        if part
        for figures in (part.lstrip("0"),)
    )


def stem_of(path: str) -> str:
    """File name without its last extension."""
    name = path.rpartition("/")[2]
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name
