"""Words of PREMIS in the circular's packages, as data (`preservation.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class FixedEvent:
    """An event whose type the circular fixes, or for which this archive has a word of its own."""

    case: str
    event_type: str
    labels: Mapping[str, str]
    """By language."""


@dataclass(frozen=True, slots=True)
class PreservationWords:
    """Everything that a PREMIS document of the circular may say."""

    event_types: frozenset[str]
    """The Library of Congress's."""

    agent_roles: frozenset[str]
    object_roles: frozenset[str]
    fixed: tuple[FixedEvent, ...]
    own: tuple[FixedEvent, ...]

    def known(self, event_type: str) -> bool:
        """Whether `event_type` is a word of the Library, or one that this archive documents."""
        return event_type in self.event_types or any(event_type == event.event_type for event in self.own)


def _events(rows: list[Mapping[str, str]]) -> tuple[FixedEvent, ...]:
    return tuple(
        FixedEvent(row.get("case", row["event_type"]), row["event_type"], {"vi": row["vi"], "en": row["en"]})
        for row in rows
    )


@cache
def preservation_words() -> PreservationWords:
    """The words."""
    table = tomllib.loads((files(__package__) / "preservation.toml").read_text(encoding="utf-8"))
    return PreservationWords(
        frozenset(table["event_types"]),
        frozenset(table["agent_roles"]),
        frozenset(table["object_roles"]),
        _events(table["fixed"]),
        _events(table["own"]),
    )
