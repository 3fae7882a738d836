"""When a circular asks for a field, as data (`conditions.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from metadata.descriptions import Description
from metadata.profiles import Required


@dataclass(frozen=True, slots=True)
class Condition:
    """What makes a field required."""

    key: str
    """The field that decides; empty: always."""

    values: frozenset[str]
    """Its values that make the other field required."""

    inherited: bool
    """Whether a document without a value of its own has the dossier's."""

    must_be: str
    """The only value that satisfies; empty: any."""

    reasons: Mapping[str, str]
    """By language."""

    source: str

    def holds(self, description: Description, dossier: Description) -> bool:
        """Whether the field is required in `description`, a dossier or one of its documents."""
        if not self.key:
            return True
        value = description.value(self.key) or (dossier.value(self.key) if self.inherited else "")
        return value in self.values


@cache
def conditions() -> Mapping[Required, Condition]:
    """All conditions by the word that the tables use for them."""
    table = tomllib.loads((files(__package__) / "conditions.toml").read_text(encoding="utf-8"))
    return {
        Required(name): Condition(
            key=row.get("key", ""),
            values=frozenset(row.get("values", ())),
            inherited=row.get("inherited", False),
            must_be=row.get("must_be", ""),
            reasons={"vi": row["vi"], "en": row["en"]},
            source=row["source"],
        )
        for name, row in table.items()
    }
