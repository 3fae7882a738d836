"""What lies in a delivery's folder: listed by lstat, never followed, never opened."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from metadata.errors import ArchiveError

DEEPEST = 64
"""Folders in folders; office programs cannot open anything near that."""

MOST_FILES = 1_000_000
LONG_NAME_BYTES = 200
"""A longer name fits no system that the delivery may have to go through."""

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv")

_IGNORED = frozenset({"thumbs.db", "ehthumbs.db", ".ds_store", "desktop.ini", ".directory"})
_IGNORED_STARTS = ("~$", "._", ".~lock.")
_IGNORED_FOLDERS = frozenset({"__macosx"})
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KINDS = {stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket", stat.S_IFBLK: "device", stat.S_IFCHR: "device"}


class DeliveryUnreadableError(ArchiveError):
    """The system does not let us read the delivery (permissions, I/O); nothing is said about its content."""

    code: ClassVar[str] = "reader.unreadable"

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path!r} cannot be read: {reason}")


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in the folder that breaks a rule."""

    path: str
    """Fit to be shown: signs that cannot be shown are escaped."""

    rule: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a delivery. Paths are relative, `/` between segments, exactly as on disk."""

    files: tuple[str, ...] = ()
    """Ordinary files that can be delivered, sorted."""

    ignored: tuple[str, ...] = ()
    oddities: tuple[Oddity, ...] = ()

    def spreadsheets(self) -> tuple[str, ...]:
        """Those that may hold the metadata, the least deep first."""
        found = (path for path in self.files if path.lower().endswith(SPREADSHEETS))
        return tuple(sorted(found, key=lambda path: (path.count("/"), path)))


def list_delivery(root: Path, most: int = MOST_FILES) -> Listing:
    """List everything below `root`, at most `most` files.

    Raises:
        DeliveryUnreadableError: a folder cannot be read.
    """
    files: list[str] = []
    ignored: list[str] = []
    oddities: list[Oddity] = []
    for path, entry in _walk(root, oddities):
        name = path.rpartition("/")[2]
        if _is_ignored(path):
            ignored.append(shown(path))
        elif (odd := _oddity(path, entry)) is not None:
            oddities.append(odd)
        elif len(files) >= most:
            oddities.append(Oddity(".", "READ-027", f"> {most}"))
            break
        else:
            files.append(path)
            if len(name.encode()) > LONG_NAME_BYTES:
                oddities.append(Oddity(path, "READ-026", str(len(name.encode()))))
    return Listing(
        tuple(sorted(files)), tuple(sorted(ignored)), tuple(sorted(oddities, key=lambda o: (o.path, o.rule)))
    )


def has_spreadsheet(root: Path, deepest: int) -> bool:
    """Whether a spreadsheet lies in `root` or at most `deepest` folders below; looks no further than the first one.

    Raises:
        DeliveryUnreadableError: a folder on the way cannot be read.
    """
    names = (path for path, entry in _walk(root, []) if stat.S_ISREG(entry.st_mode) and not _is_ignored(path))
    return any(path.lower().endswith(SPREADSHEETS) and path.count("/") <= deepest for path in names)


def shown(path: str) -> str:
    """`path` with control, direction and undecodable signs escaped, so that it shows what it is."""
    if path.isprintable():
        # No control, format or separator sign but the blank, and no half of a letter: nothing hides.
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(ascii(c)[1:-1] if _is_hidden(c) else c for c in text)


def _is_hidden(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Zl", "Zp"}


def _is_ignored(path: str) -> bool:
    *folders, name = path.casefold().split("/")
    return name in _IGNORED or name.startswith(_IGNORED_STARTS) or any(f in _IGNORED_FOLDERS for f in folders)


def _oddity(path: str, entry: os.stat_result) -> Oddity | None:
    kind = stat.S_IFMT(entry.st_mode)
    if kind == stat.S_IFLNK:
        return Oddity(shown(path), "READ-020")
    if kind != stat.S_IFREG:
        return Oddity(shown(path), "READ-021", _KINDS.get(kind, "special"))
    if shown(path) != path:
        return Oddity(shown(path), "READ-023")
    if "\\" in path:
        return Oddity(path, "READ-024")
    return None


def _walk(root: Path, oddities: list[Oddity]) -> Iterator[tuple[str, os.stat_result]]:
    """Everything that is no folder, with its lstat; symbolic links to folders are not followed."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        yield path, entry.stat(follow_symlinks=False)
                    elif path.count("/") >= DEEPEST:
                        oddities.append(Oddity(shown(path), "READ-025"))
                    elif "\\" in entry.name or shown(entry.name) != entry.name:
                        oddities.append(Oddity(shown(path), "READ-024" if "\\" in entry.name else "READ-023"))
                    else:
                        pending.append(path)
        except OSError as error:
            raise DeliveryUnreadableError(shown(str(root / folder)), error.strerror or str(error)) from error
