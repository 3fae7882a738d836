"""What the law asks of copies for readers, as data (`copies.toml`): the note on them, and the authentication file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files

from metadata.profiles import Certainty


@unique
class ItemOf(StrEnum):
    """Of what an item is told."""

    PACKAGE = "package"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Item:
    """One of the eleven items of an authentication file."""

    key: str
    vi: str
    en: str
    by: ItemOf
    told: bool = False
    """Whether only the one who asks for the copy knows it."""


@dataclass(frozen=True, slots=True)
class CopyRules:
    """The note on copies, and the items of the authentication file."""

    words: str
    """In the upper right corner of the first page."""

    items: tuple[Item, ...]
    """In the order of the circular."""

    sources: tuple[str, str]
    """Of the note, and of the items."""

    certainty: Certainty
    doubts: tuple[tuple[str, str], tuple[str, str]]
    """Vietnamese and English, of the note and of the items."""


@cache
def copy_rules() -> CopyRules:
    """The rules in force."""
    table = tomllib.loads((files(__package__) / "copies.toml").read_text(encoding="utf-8"))
    note, authentication = table["note"], table["authentication"]
    return CopyRules(
        words=note["words"],
        items=tuple(Item(**{**row, "by": ItemOf(row["by"])}) for row in authentication["item"]),
        sources=(note["source"], authentication["source"]),
        certainty=Certainty(authentication["certainty"]),
        doubts=tuple((part["doubt"], part["doubt_en"]) for part in (note, authentication)),  # type: ignore[arg-type]  # two of them
    )
