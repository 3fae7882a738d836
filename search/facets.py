"""Facets: properties by which documents are counted and chosen, as values that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from search.errors import SearchRequestError
from search.plan import OneOf
from search.ports import IndexedDocument
from search.vietnamese import nfc, sound

FACETS: Final = ("organ", "agency", "type", "year", "fonds", "retention", "language", "verdict", "quality")
"""A document has at most one value of each, kept in the engine's field `g_{name}`."""

MAX_VALUES = 100
"""Values that are told of one facet: the most frequent, equal ones in the order of their code points."""

MAX_VALUE_CHARS = 200

GOOD_FROM = 95.0
FAIR_FROM = 85.0
"""Means of the recogniser's own confidence in its words, 0 to 100.

Below 85 the text stage lays a page before a clerk: such a text is poor. From 95
on the recogniser doubts no more than a word in twenty.
"""


def facet_values(document: IndexedDocument, year: str) -> Mapping[str, str]:
    """The values of `document`, without those that it lacks.

    Args:
        document: With its pages.
        year: Year of issue, four digits or empty.
    """
    values = {
        "organ": document.organ_name,
        "agency": document.agency,
        "type": document.type_name,
        "year": year,
        "fonds": document.fonds,
        "retention": document.retention,
        "language": document.language,
        "verdict": document.verdict,
        "quality": _quality(document),
    }
    shown = {name: _shown(value) for name, value in values.items()}
    return {name: value for name, value in shown.items() if value}


@lru_cache(4096)
def _shown(value: str) -> str:
    return " ".join(nfc(sound(value)).split())[:MAX_VALUE_CHARS]


def named(names: Sequence[str]) -> tuple[str, ...]:
    """Facets that are to be counted, each once.

    Raises:
        SearchRequestError: there is no such facet.
    """
    for name in names:
        if name not in FACETS:
            raise SearchRequestError("facet", name)
    return tuple(dict.fromkeys(names))


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Values by the facet of which they were said, in their order."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def choices(chosen: Mapping[str, Sequence[str]]) -> Mapping[str, OneOf]:
    """What the chosen values ask for, by facet.

    Raises:
        SearchRequestError: there is no such facet, or more values than one is told of.
    """
    found = {}
    for name in named(tuple(chosen)):
        values = tuple(dict.fromkeys(_shown(value) for value in chosen[name]))
        if not values or len(values) > MAX_VALUES:
            raise SearchRequestError("number of values of a facet", len(values))
        found[name] = OneOf(f"g_{name}", values)
    return found


def _quality(document: IndexedDocument) -> str:
    """How well the text was read; empty: there is none."""
    if document.confidence is None:
        return "born_digital" if any(document.pages) else ""
    if document.confidence >= GOOD_FROM:
        return "good"
    return "fair" if document.confidence >= FAIR_FROM else "poor"
