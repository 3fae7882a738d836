"""Facets on the search page: what is counted, and the address that each value leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from search.facets import FACETS, MAX_VALUE_CHARS, MAX_VALUES


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value of a facet as a link that takes or drops it."""

    label: str
    documents: int
    taken: bool
    leads_to: Sequence[str]
    """All `chosen` of the address behind the link."""


@dataclass(frozen=True, slots=True)
class ShownFacet:
    """A facet with the values that the answer has, and those that were taken though it has none."""

    label: str
    values: Sequence[ShownValue]

    @property
    def taken(self) -> bool:
        """Whether it narrows the answer."""
        return any(value.taken for value in self.values)


def taken(said: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The values that an address takes; what names no facet is left out, as an old address may."""
    values: dict[str, dict[str, None]] = {}
    for each in said:
        name, _, value = each.partition("=")
        value = " ".join(value.split())[:MAX_VALUE_CHARS]
        if name in FACETS and value and len(values.get(name, ())) < MAX_VALUES:
            values.setdefault(name, {})[value] = None
    return {name: tuple(found) for name, found in values.items()}


def shown(lines: Sequence[Mapping[str, Any]], chosen: Mapping[str, Sequence[str]]) -> list[ShownFacet]:
    """The facets of `archive.services.lines.facet_lines` as the page shows them."""
    return [facet for line in lines if (facet := _facet(line, chosen)).values]


def _facet(line: Mapping[str, Any], chosen: Mapping[str, Sequence[str]]) -> ShownFacet:
    own = chosen.get(line["name"], ())
    counted = [(value["value"], value["label"], value["documents"]) for value in line["values"]]
    there = {value for value, _, _ in counted}
    missing = [(value, value, 0) for value in own if value not in there]
    return ShownFacet(
        line["label"],
        [
            ShownValue(label, documents, value in own, _leads_to(line["name"], value, chosen))
            for value, label, documents in missing + counted
        ],
    )


def _leads_to(name: str, value: str, chosen: Mapping[str, Sequence[str]]) -> list[str]:
    own = [each for each in chosen.get(name, ()) if each != value]
    if len(own) == len(chosen.get(name, ())):
        own.append(value)
    changed = {**chosen, name: own}
    return [f"{facet}={each}" for facet in sorted(changed) for each in changed[facet]]
