"""Where the paper of a dossier lies: storehouse, room, shelf, box and the code of the paper dossier.

Source: TT 05/2025/TT-BNV, paperFileCode `[Mã cơ quan lưu trữ].[Số kho/giá/hộp].[Số hồ sơ giấy]`; lists of storehouse,
room, shelf and box in the archive programs in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from metadata.descriptions import Description

LEVELS = ("storehouse", "store_room", "shelf", "box")
"""Fields of the place, from the widest to the narrowest: the branches of the tree."""

_PLACES = re.compile(r"^(?P<storehouse>[^/.]+)/(?P<shelf>[^/.]+)/(?P<box>[^/.]+)$")
_LABEL = re.compile(r"^(?:kho|phòng|giá|kệ|hộp|cặp)(?:\s+số)?\s*[:.]?\s+(?=\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A place in the physical store; an unknown level is empty."""

    storehouse: str = ""
    store_room: str = ""
    shelf: str = ""
    box: str = ""
    paper_file_code: str = ""

    @property
    def path(self) -> tuple[tuple[str, str], ...]:
        """Known levels with their values, the widest first: one branch of the tree."""
        return tuple((level, value) for level in LEVELS if (value := getattr(self, level)))

    @property
    def key(self) -> str:
        """The place as one facet value, `kho/phòng/giá/hộp`; a level that is not known is `-`. Empty: nowhere."""
        if not self.path:
            return ""
        return "/".join((getattr(self, level) or "-").replace("/", "∕") for level in LEVELS)


def plain_level(text: str) -> str:
    """The value of a level without its name before it: `7` of `Hộp số 7`."""
    return _LABEL.sub("", text.strip())


def place_of_key(key: str) -> StorePlace:
    """The place that `StorePlace.key` wrote, or the beginning of one (`2/-/12`).

    Raises:
        ValueError: it has more levels than a store.
    """
    parts = key.split("/")
    if len(parts) > len(LEVELS):
        raise ValueError(key)
    known = zip(LEVELS, parts, strict=False)
    return StorePlace(**{level: part.replace("∕", "/") for level, part in known if part not in {"", "-"}})


def store_place(dossier: Description) -> StorePlace:
    """Where the paper of `dossier` lies: its own fields, else what its paper code says."""
    own = {level: plain_level(dossier.value(level)) for level in LEVELS}
    code = dossier.value("paper_file_code")
    told = _of_paper_code(code)
    return StorePlace(**{level: own[level] or told.get(level, "") for level in LEVELS}, paper_file_code=code)


@dataclass(frozen=True, slots=True)
class StoreBranch:
    """One place of the tree, with how many dossiers lie in it and below."""

    level: str
    value: str
    dossiers: int
    branches: tuple[StoreBranch, ...]
    """By value, as people count: `2` before `12`."""


def store_tree(places: Iterable[StorePlace]) -> tuple[StoreBranch, ...]:
    """The physical store as a tree of storehouse, room, shelf and box; places that are nowhere are left out."""
    paths = [place.path for place in places]
    return _branches([path for path in paths if path])


def _branches(paths: Sequence[tuple[tuple[str, str], ...]]) -> tuple[StoreBranch, ...]:
    below: dict[tuple[str, str], list[tuple[tuple[str, str], ...]]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    found = (
        StoreBranch(level, value, len(rest), _branches([path for path in rest if path]))
        for (level, value), rest in below.items()
    )
    return tuple(sorted(found, key=lambda branch: (LEVELS.index(branch.level), _counted(branch.value))))


def _counted(value: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", value) if part)


def _of_paper_code(code: str) -> dict[str, str]:
    """Storehouse, shelf and box, where a segment of the paper code holds all three."""
    for segment in code.split("."):
        if match := _PLACES.match(segment.strip()):
            return match.groupdict()
    return {}
