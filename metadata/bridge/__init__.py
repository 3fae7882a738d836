"""The bridges between the circulars as data (`*.toml` beside this file): what becomes of every field, rule by rule.

`how` of a rule:

- `copy`: the same value; the short name may differ (`PageAmount`, `numberOfPage`).
- `move`: the same value under another key (`DocCode` is `docId`).
- `code`: a word of a code list in the words of TT 05/2025; what has no code keeps its text in the remarks.
- `retention`, `type`: the same for retention periods and types of documents, which have rules of their own.
- `words`: a word of a code list in the words of TT 02/2019 practice.
- `flag`: a text becomes yes or no, and stays in the remarks.
- `part`: a part of the dossier's code, which the code must contain; else it goes to the remarks.
- `parent`: what the dossier says too, or what only tells where the files lie.
- `split`: what the reader has taken apart into other fields.
- `append`, `first`: no field of its own there: behind, or before, the remarks with its name.
- `record`: no place there: it stays in the metadata as received, which are kept.
- `grade`: a grade of secrecy; only "none" gets so far.
- `made`, `inherit`, `wanted`, `unknown`: fields that only the new circular has: composed, taken from the dossier,
  asked for with a suggestion where one can be made, or left open.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files

from metadata.profiles import Section


@unique
class How(StrEnum):
    """What becomes of a field; see above."""

    COPY = "copy"
    MOVE = "move"
    CODE = "code"
    RETENTION = "retention"
    TYPE = "type"
    WORDS = "words"
    FLAG = "flag"
    PART = "part"
    PARENT = "parent"
    SPLIT = "split"
    APPEND = "append"
    FIRST = "first"
    RECORD = "record"
    GRADE = "grade"
    MADE = "made"
    INHERIT = "inherit"
    WANTED = "wanted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BridgeRule:
    """What becomes of one field."""

    id: str
    how: How
    source: str
    """Canonical key in the old circular; empty: the field is new."""

    target: str
    """Canonical key in the new circular; empty: it has no such field."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """All rules from one circular to another."""

    source: str
    target: str
    sections: Mapping[Section, tuple[BridgeRule, ...]]

    def rules(self, section: Section) -> tuple[BridgeRule, ...]:
        """Rules of `section`, in the order of the table."""
        return self.sections.get(section, ())

    def rule(self, section: Section, key: str) -> BridgeRule | None:
        """The rule for the field `key` of the old circular, None where there is none."""
        return next((rule for rule in self.rules(section) if rule.source == key), None)


BRIDGES: Mapping[tuple[str, str], str] = {
    ("02-2019", "05-2025"): "02-2019-to-05-2025",
    # The table has the fields of the document system too.
    ("01-2019", "05-2025"): "02-2019-to-05-2025",
    ("01-2019", "02-2019"): "01-2019-to-02-2019",
    ("05-2025", "02-2019"): "05-2025-to-02-2019",
}


class UnknownBridgeError(KeyError):
    """No bridge leads from one circular to the other."""


@cache
def bridge(source: str, target: str) -> Bridge:
    """The bridge from the profile `source` to the profile `target`.

    Raises:
        UnknownBridgeError: there is none.
    """
    try:
        name = BRIDGES[source, target]
    except KeyError:
        raise UnknownBridgeError(source, target) from None
    table = tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))
    sections = {
        Section(section): tuple(
            BridgeRule(row["id"], How(row["how"]), row.get("from", ""), row.get("to", "")) for row in rows
        )
        for section, rows in table.items()
    }
    return Bridge(source, target, sections)
