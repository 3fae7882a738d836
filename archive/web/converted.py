"""What the conversion at intake lost or doubts, put together for the page of a dossier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

SHOWN_NOTES = 20
"""Of one rule; the rest is told by number."""


def by_rule(notes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Notes (`Dossiers.at`) by rule and kind, losses first, of each the first `SHOWN_NOTES`."""
    groups: dict[tuple[bool, str], dict[str, Any]] = {}
    for note in notes:
        named = {"rule": note["rule"], "kind": note["kind"], "label": note["label"], "notes": [], "size": 0}
        group = groups.setdefault((note["kind"] == "doubt", note["rule"]), named)
        group["size"] += 1
        if group["size"] <= SHOWN_NOTES:
            group["notes"].append(note)
    return [groups[key] for key in sorted(groups)]
