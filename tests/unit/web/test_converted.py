"""Losses and doubts of a conversion on the page of a dossier."""

from __future__ import annotations

from typing import Any

from archive.web.converted import SHOWN_NOTES, by_rule


def note(rule: str, kind: str, ordinal: int) -> dict[str, Any]:
    return {"rule": rule, "kind": kind, "label": f"trường của {rule}", "ordinal": ordinal}


def test_losses_stand_before_doubts_each_under_its_rule() -> None:
    notes = [note("BRG-020", "doubt", 1), note("BRG-030", "loss", 1), note("BRG-010", "loss", 2)]
    groups = by_rule([*notes, note("BRG-010", "loss", 3)])
    told = [(group["rule"], group["kind"], group["size"]) for group in groups]
    assert told == [("BRG-010", "loss", 2), ("BRG-030", "loss", 1), ("BRG-020", "doubt", 1)]
    assert [shown["ordinal"] for shown in groups[0]["notes"]] == [2, 3]


def test_of_very_many_the_first_are_shown_and_all_are_counted() -> None:
    (group,) = by_rule(note("BRG-010", "loss", ordinal) for ordinal in range(SHOWN_NOTES + 5))
    assert (group["size"], len(group["notes"])) == (SHOWN_NOTES + 5, SHOWN_NOTES)
