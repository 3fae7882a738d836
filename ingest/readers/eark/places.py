"""Where the hrefs of a package lead: a file of the package, nowhere, out of it, or into the network."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cached_property
from urllib.parse import unquote, unquote_plus

from metadata.compact import Found

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):")
_NETWORK = frozenset({"http", "https", "ftp", "ftps", "sftp", "smb", "s3", "gs", "ldap", "rsync", "ssh", "nfs"})


@unique
class Miss(StrEnum):
    """Why an href leads to no file."""

    EMPTY = "empty"
    OUTSIDE = "outside"
    """Absolute, with a drive, or through more `..` than there are folders: never looked at."""

    NETWORK = "network"
    MISSING = "missing"
    BROKEN = "broken"
    """It is there, but as a link, a device or under a name that cannot be taken; told elsewhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """What an href leads to."""

    path: str = ""
    """The file as it is called on disk, relative to the package; empty for a miss."""

    miss: Miss | None = None
    loose: bool = False
    """Found only because case, Unicode form, base folder or signs of the name were not taken to the letter."""


class Names:
    """Files by names that are made of their paths, found without keeping these names.

    Args:
        files: Paths.
        names_of: The names of one file.
    """

    def __init__(self, files: Sequence[str], names_of: Callable[[str], Iterable[str]]) -> None:
        self._files = files
        self._names_of = names_of
        self._owners = array("I")
        self._found = Found(self._hashes())

    def _hashes(self) -> Iterator[int]:
        for number, path in enumerate(self._files):
            for name in dict.fromkeys(self._names_of(path)):
                self._owners.append(number)
                yield hash(name)

    def of(self, name: str) -> list[str]:
        """Files that have `name`, in their order."""
        owners = (self._files[self._owners[place]] for place in self._found.of(name))
        return [path for path in owners if name in self._names_of(path)]


class Places:
    """The files of a package, looked up the way METS, PREMIS and fetch files name them.

    Args:
        files: Paths relative to the package, as on disk.
        broken: Paths of what cannot be taken.
    """

    def __init__(self, files: Iterable[str], broken: Iterable[str] = ()) -> None:
        self.files = tuple(files)
        """The listing's own texts, which come back: in a large package each path would else be there several times."""

        self._exact = Found(map(hash, self.files))
        self._broken = frozenset(plain(path) for path in broken)

    @cached_property
    def _plain(self) -> Names:
        """Made when it is needed: most packages mean their files to the letter."""
        return Names(self.files, lambda path: (plain(path),))

    def number(self, path: str) -> int | None:
        """Number of the file at `path` among `files`, None where there is none."""
        return next((number for number in self._exact.of(path) if self.files[number] == path), None)

    def _own(self, path: str) -> str:
        """The listing's own text of `path`, empty where there is no such file."""
        number = self.number(path)
        return "" if number is None else self.files[number]

    def find(self, href: str, folder: str) -> Place:
        """Where `href` leads.

        Args:
            href: As written.
            folder: Folder to which it is relative, with a slash behind it; empty for the package's own.
        """
        written = href.strip()
        if not written:
            return Place(miss=Miss.EMPTY)
        # A name with a colon or a percent sign in it may be meant to the letter.
        exact = folder + written.removeprefix("./")
        if own := self._own(exact):
            return Place(own)
        rest = _without_scheme(written)
        if isinstance(rest, Miss):
            return Place(miss=rest)
        return self._relative(rest, folder)

    def _relative(self, href: str, folder: str) -> Place:
        decoded = unquote(href.partition("#")[0])
        for text in dict.fromkeys((href, unquote(href), decoded)):
            path = normalised(folder, text)
            if path and (own := self._own(path)):
                return Place(own)
        if normalised(folder, decoded) is None:
            return Place(miss=Miss.OUTSIDE)
        # commons-ip encodes blanks as forms on web pages do, by a plus sign.
        for text in dict.fromkeys((decoded, unquote_plus(href))):
            for base in dict.fromkeys((folder, "")):
                path = normalised(base, text)
                found = self._plain.of(plain(path)) if path else []
                if len(found) == 1:
                    return Place(found[0], loose=True)
        path = normalised(folder, decoded)
        return Place(miss=Miss.BROKEN if path and plain(path) in self._broken else Miss.MISSING)


def _without_scheme(href: str) -> str | Miss:
    found = _SCHEME.match(href)
    if href.startswith("//"):
        return Miss.NETWORK
    if found is None:
        return href
    scheme, rest = found[1].lower(), href[found.end() :]
    if scheme == "file":
        # `file:data/x.pdf` and `file://./data/x.pdf` are habits of packing programs; `file:///` is absolute.
        rest = rest.removeprefix("//") if rest.startswith("//.") else rest
        return Miss.OUTSIDE if rest.startswith(("/", "\\")) or _SCHEME.match(rest) else rest
    if len(scheme) == 1:
        return Miss.OUTSIDE
    return Miss.NETWORK if scheme in _NETWORK or rest.startswith("//") else href


def normalised(folder: str, href: str) -> str | None:
    """`href` from `folder` on without `.` and `..`, None where it leads out of the package."""
    text = href.replace("\\", "/")
    if text.startswith("/") or "\0" in text:
        return None
    segments: list[str] = []
    for segment in f"{folder}{text}".split("/"):
        if segment in {"", "."}:
            continue
        if segment == "..":
            if not segments:
                return None
            segments.pop()
        else:
            segments.append(segment)
    return "/".join(segments)


def plain(path: str) -> str:
    """`path` as paths are compared here: NFC, without case, `:` as `_` (the circular's own exchange)."""
    return unicodedata.normalize("NFC", path).casefold().replace(":", "_")
