"""The catalogue of messages: every text that a person sees, in Vietnamese and English (`*.toml` beside this file).

A file `cli.toml` with `[init.done]`, `vi = "…{home}…"`, `en = "…"` gives the
message `cli.init.done`. JSON keys, rule ids and ETSI words are not messages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("vi", "en")


def _flatten(prefix: str, table: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    if set(table) >= set(LANGUAGES) and all(isinstance(table[language], str) for language in LANGUAGES):
        return {prefix: {language: table[language] for language in LANGUAGES}}
    found: dict[str, Mapping[str, str]] = {}
    for key, value in table.items():
        found |= _flatten(f"{prefix}.{key}", value)
    return found


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All messages by key, then by language."""
    found: dict[str, Mapping[str, str]] = {}
    for entry in sorted(files(__package__).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            table = tomllib.loads(entry.read_text(encoding="utf-8"))
            found |= _flatten(entry.name.removesuffix(".toml"), table)
    return found


def text(key: str, language: str, **values: object) -> str:
    """The message `key` in `language`, filled with `values`.

    Raises:
        KeyError: no such message, or a value is missing: a defect of the program.
    """
    return catalogue()[key][language].format(**values)


def every_text(key: str, **values: object) -> str:
    """The message `key` in all languages, for where nobody knows who will read it. See `text`."""
    return " · ".join(text(key, language, **values) for language in LANGUAGES)
