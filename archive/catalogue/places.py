"""Where something of the holding stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """What an identifier names: a dossier, or one document of it."""

    dossier_id: str
    ordinal: int | None = None
