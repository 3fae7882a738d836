"""Which files of the delivery a row means: by its path, else by the dossier's code and the document's ordinal."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cached_property

_ABSOLUTE = re.compile(r"^(?:[A-Za-z]:|[/\\]|[A-Za-z][A-Za-z0-9+.-]*://)")
_SEVERAL = re.compile(r"[;|\n]+")
_REST = re.compile(r"^(\d{1,7})(?:\.(\d{1,4}))?\.([^./]+)$")


@unique
class Miss(StrEnum):
    """Why a path leads to no file."""

    MISSING = "missing"
    OUTSIDE = "outside"
    """Absolute, or through `..`: never looked at."""

    AMBIGUOUS = "ambiguous"
    BROKEN = "broken"
    """It is there, but as a link, a device or under a name that cannot be taken; told elsewhere."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one written path leads to."""

    written: str
    files: tuple[str, ...] = ()
    miss: Miss | None = None


def plain(path: str) -> str:
    """`path` as paths are compared: NFC, without case."""
    return unicodedata.normalize("NFC", path).casefold()


class Files:
    """The files of a delivery, to be looked up the way people name them.

    Most lists name them exactly: what other ways need is made when the first row needs it.
    """

    def __init__(self, files: Iterable[str], broken: Iterable[str] = ()) -> None:
        self._exact = frozenset(files)
        self._broken = frozenset(plain(path) for path in broken)

    @cached_property
    def _plain(self) -> Mapping[str, Sequence[str]]:
        return self._by(lambda folded: folded)

    @cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        return self._by(lambda folded: folded.rpartition("/")[2])

    @cached_property
    def _stems(self) -> Mapping[str, Sequence[str]]:
        return self._by(lambda folded: _stem(folded.rpartition("/")[2]))

    @cached_property
    def _folders(self) -> Mapping[str, Sequence[str]]:
        return self._by(lambda folded: folded.rpartition("/")[0])

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._names)

    def _by(self, key: Callable[[str], str]) -> Mapping[str, Sequence[str]]:
        """Paths by what `key` makes of them in the form in which paths are compared."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._exact):
            found[key(plain(path))].append(path)
        return found

    def by_path(self, written: str, base: str) -> list[Resolved]:
        """What the cell `written` leads to; it may name several files, parted by `;`, `|` or line breaks.

        Args:
            written: As in the sheet.
            base: Folder of the spreadsheet, relative to the delivery, empty for its root.
        """
        whole = self._one(written.strip(), base)
        parts = [part.strip() for part in _SEVERAL.split(written) if part.strip()]
        if whole.files or len(parts) < 2:  # noqa: PLR2004 - one name is no list
            return [whole]
        return [self._one(part, base) for part in parts]

    def by_name(
        self, codes: Sequence[str], ordinal: int, stems: Sequence[str], near: str, taken: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Files called `code.ordinal[.k].ext`, or exactly one of `stems`; those in the folder `near` first, if any.

        Args:
            codes: Ways to write the dossier's code.
            ordinal: Number of the document.
            stems: Names without extension that mean the document as well.
            near: Folder whose files are preferred, empty for none.
            taken: Codes of all dossiers (`plain`): where `A.1` and `A.1.2` are both dossiers,
                `A.1.2.3.pdf` is the third document of the second, not a part of the first one's.
        """
        found: dict[str, tuple[int, str]] = {}
        for code in codes:
            start = f"{plain(code)}."
            for name in self._names_from(start):
                match = _REST.match(name[len(start) :])
                if match is None or int(match[1]) != ordinal or (match[2] and f"{start}{match[1]}" in taken):
                    continue
                for path in self._names[name]:
                    found.setdefault(path, (int(match[2] or 0), name))
        for stem in stems:
            for path in self._stems.get(plain(stem), ()) if stem else ():
                found.setdefault(path, (0, plain(path)))
        paths = [path for path in found if not near or path.startswith(f"{near}/")] or list(found)
        return tuple(sorted(paths, key=lambda path: (found[path], path)))

    def names(self) -> list[str]:
        """All paths, sorted."""
        return sorted(self._exact)

    def _names_from(self, start: str) -> list[str]:
        first = bisect_left(self._sorted, start)
        return self._sorted[first : bisect_left(self._sorted, f"{start}\U0010ffff")]

    def _one(self, written: str, base: str) -> Resolved:
        path = written.replace("\\", "/").strip("\"'")
        while path.startswith("./"):
            path = path[2:]
        if _ABSOLUTE.match(written.strip("\"'")) or ".." in path.split("/"):
            return Resolved(written, miss=Miss.OUTSIDE)
        path = "/".join(part for part in path.split("/") if part not in {"", "."})
        if not path:
            return Resolved(written, miss=Miss.MISSING)
        for full in dict.fromkeys((f"{base}/{path}" if base else path, path)):
            if found := self._there(full):
                return Resolved(written, found)
            if plain(full) in self._broken:
                return Resolved(written, miss=Miss.BROKEN)
        return self._alike(written, plain(path))

    def _there(self, full: str) -> tuple[str, ...]:
        """The file at `full`, else the one that differs in case or Unicode form, else all files of that folder."""
        if full in self._exact:
            return (full,)
        same = self._plain.get(plain(full), ())
        if len(same) == 1:
            return tuple(same)
        return tuple(self._folders.get(plain(full), ())) if not same else ()

    def _alike(self, written: str, path: str) -> Resolved:
        """A file whose path ends like `path`, or whose whole path `path` ends with; without extension at last."""
        name = path.rpartition("/")[2]
        candidates = self._names.get(name) or self._stems.get(name) or []
        ends = [
            found
            for found in candidates
            if _ends_with(plain(found), path) or _ends_with(path, plain(found)) or _ends_with(_stem(plain(found)), path)
        ]
        if len(ends) == 1:
            return Resolved(written, tuple(ends))
        return Resolved(written, miss=Miss.AMBIGUOUS if ends else Miss.MISSING)


def _ends_with(path: str, end: str) -> bool:
    return path == end or path.endswith(f"/{end}")


def _stem(path: str) -> str:
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return f"{folder}/{stem}" if folder else stem
