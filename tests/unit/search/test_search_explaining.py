"""Reasons: steps that were met, each once, and what is left for the words."""

from __future__ import annotations

import re
from pathlib import Path

import search.planning
from metadata.messages import catalogue
from search.explaining import reasons
from search.plan import Bool, Boost, Node, Term, Worth
from search.ports import Reason

NAMED, TITLED, PLAIN = Term("key", "222"), Term("title", "x"), Term("fold", "x")


def test_steps_are_told_by_weight_and_the_rest_is_the_words() -> None:
    plan = Bool(
        should=(
            Worth(TITLED, 100.0, "search.why.title_words"),
            Worth(NAMED, 1000.0, "search.why.exact_number"),
            Worth(PLAIN, 5.0),
            Worth(TITLED, 40.0, "search.why.title_words"),
            Boost(PLAIN, 2.0),
        )
    )
    held: dict[Node, list[str]] = {NAMED: ["a"], TITLED: ["a", "b"]}
    asked: list[Node] = []

    def holding(step: Node) -> list[str]:
        asked.append(step)
        return held[step]

    told = reasons(plan, {"a": 1141.5, "b": 140.0, "c": 3.25}, holding)
    assert told["a"] == (
        Reason("search.why.exact_number", 1000.0),
        Reason("search.why.title_words", 140.0),
        Reason("search.why.text", 1.5),
    )
    assert told["b"] == (Reason("search.why.title_words", 140.0),)
    assert told["c"] == (Reason("search.why.text", 3.25),)
    assert asked == [TITLED, NAMED, TITLED], "only steps that have a word for people"


def test_every_step_that_names_a_message_has_it() -> None:
    source = Path(search.planning.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"search\.why\.[a-z_]+", source))
    assert len(named) > 5
    assert named <= catalogue().keys()
