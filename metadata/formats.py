"""File formats as data (`formats.toml`): what a PRONOM id means to the archive, and what it takes in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files

UNKNOWN = "UNKNOWN"
"""The PRONOM id of a file that nothing identifies."""

BINARY = "application/octet-stream"


@unique
class FormatKind(StrEnum):
    """How a file is looked into, and what the later stages do with it."""

    PDF = "pdf"
    TEXT = "text"
    RTF = "rtf"
    OLE = "ole"
    OOXML = "ooxml"
    ODF = "odf"
    XML = "xml"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    SIGNATURE = "signature"
    PROGRAM = "program"
    ARCHIVE = "archive"
    MAIL = "mail"
    EMPTY = "empty"


_PLAIN = frozenset({FormatKind.TEXT, FormatKind.XML})


@dataclass(frozen=True, slots=True)
class Format:
    """One format of the table."""

    id: str
    kind: FormatKind
    mime: str
    name: str
    """As people call it; the same in both languages."""

    extensions: tuple[str, ...]
    """Names that such a file may end in, lower case, the usual one first."""

    accepted: bool
    source: str
    """The law or the reason behind `accepted`."""


@dataclass(frozen=True, slots=True)
class _Table:
    by_puid: Mapping[str, Format]
    by_magic: Mapping[str, Format]
    by_mime: Mapping[str, Format]
    all: tuple[Format, ...]


@cache
def _table() -> _Table:
    text = files("metadata").joinpath("formats.toml").read_text(encoding="utf-8")
    by_puid: dict[str, Format] = {}
    by_magic: dict[str, Format] = {}
    found: list[Format] = []
    for identifier, row in tomllib.loads(text).items():
        known = Format(
            identifier,
            FormatKind(row["kind"]),
            row["mime"],
            row["name"],
            tuple(row["extensions"]),
            row["accepted"],
            row["source"],
        )
        found.append(known)
        for puid in row["puids"]:
            if puid in by_puid:
                msg = f"{puid} stands twice"
                raise ValueError(msg)
            by_puid[puid] = known
        for mime in row["magic"]:
            by_magic.setdefault(mime, known)
    return _Table(by_puid, by_magic, {known.mime: known for known in found}, tuple(found))


def formats() -> tuple[Format, ...]:
    """All formats of the table, in its order."""
    return _table().all


def by_puid(puid: str) -> Format | None:
    """The format with that PRONOM id, or None where the table does not know it."""
    return _table().by_puid.get(puid)


def by_magic(mime: str) -> Format | None:
    """The format that libmagic calls `mime`, or None."""
    return _table().by_magic.get(mime)


def by_mime(mime: str) -> Format | None:
    """The format with the archive's own MIME type `mime`, or None."""
    return _table().by_mime.get(mime)


def by_extension(extension: str) -> Format | None:
    """The first format of the table whose names end in `extension` (lower case, no dot); a promise, no proof."""
    return next((known for known in formats() if extension in known.extensions), None)


def extension_of(name: str) -> str:
    """What stands behind the last dot of a file name, in lower case; empty where there is none."""
    stem, dot, extension = name.rpartition("/")[2].rpartition(".")
    return extension.strip().lower() if dot and stem else ""


def name_lies(name: str, found: Format) -> bool:
    """Whether the extension of `name` promises another format than `found`.

    No extension promises nothing, and so does one that no format of the table
    has: code lists and old numbering end in `.001` or `.QD`.
    """
    extension = extension_of(name)
    if not extension or not found.extensions or extension in found.extensions:
        return False
    promised = [known for known in formats() if extension in known.extensions]
    # XML without its declaration, CSV and scripts are nothing but text to whoever looks at bytes only.
    text_only = found.kind in _PLAIN and all(known.kind in _PLAIN for known in promised)
    return bool(promised) and not text_only


def registered_mime(mime: str) -> str:
    """`mime` where it is a registered media type, else `application/octet-stream`.

    E-ARK takes types of the IANA registry alone (CSIP68); WAV, AVI, WMA and WMV
    have none that validators know. What such a file is says its PRONOM id.
    """
    kind, _, sub_type = mime.partition("/")
    registered = bool(sub_type) and kind != "inode" and not sub_type.startswith("x-")
    return mime if registered else "application/octet-stream"
