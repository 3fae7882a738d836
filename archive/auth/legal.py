"""What the law says to the rows of the policy and to settings (`legal.toml`): sources, and notes for people."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class LegalNote:
    """The source of one row, with a note in each language."""

    source: str
    sure: bool
    """False: no source says so in these words, it is our reading."""

    texts: Mapping[str, str]
    """By language."""


@cache
def legal_notes() -> Mapping[str, Mapping[str, LegalNote]]:
    """Notes by kind (`role`, `action`, `setting`), then by name."""
    table = tomllib.loads((files(__package__) / "legal.toml").read_text(encoding="utf-8"))
    return {kind: {name: _note(entry) for name, entry in rows.items()} for kind, rows in table.items()}


def _note(entry: Mapping[str, str | bool]) -> LegalNote:
    texts = {language: str(entry[language]) for language in ("vi", "en")}
    return LegalNote(str(entry["source"]), bool(entry["sure"]), texts)
