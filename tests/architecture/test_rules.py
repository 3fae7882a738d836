"""The registry of rules: documented, and each proved by a test."""

from __future__ import annotations

import re
import string
from collections import defaultdict
from pathlib import Path

import pytest

from metadata.findings import Finding
from metadata.rules import message, rules
from metadata.rules.documentation import document
from tests.architecture.sources import ROOT, below, product, read

pytestmark = pytest.mark.xdist_group("sources")

ID = re.compile(r"^[A-Z]{3,4}-\d{3}$")


def places_by_rule() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source in below("tests"):
        if Path(source.name).name.startswith("test_"):
            for rule_id in source.marks:
                found[rule_id].add(source.name)
    return found


def test_the_page_of_rules_is_fresh() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == document(rules().values()), "run: python -m metadata.rules.documentation > docs/rules.md"


def test_every_rule_has_a_test() -> None:
    assert sorted(set(rules()) - set(places_by_rule())) == []


def test_no_test_names_an_unknown_rule() -> None:
    unknown = {rule_id: places for rule_id, places in places_by_rule().items() if rule_id not in rules()}
    assert unknown == {}


def test_marks_are_found_where_they_stand() -> None:
    source = "@pytest.mark.rule('ING-001', 'ING-002')\ndef f(): ...\npytestmark = pytest.mark.rule('X-1')\n"
    assert sorted(read(source).marks) == ["ING-001", "ING-002", "X-1"]


@pytest.mark.parametrize("rule_id", list(rules()))
def test_a_rule_is_complete_in_both_languages(rule_id: str) -> None:
    rule = rules()[rule_id]
    assert ID.match(rule_id)
    assert rule.source
    for language in ("vi", "en"):
        assert rule.texts[language].strip()
        assert rule.remedies[language].strip()
        assert message(Finding(rule=rule_id, subject="x"), language)
    fields = [
        {name for _, name, _, _ in string.Formatter().parse(rule.texts[language]) if name} for language in ("vi", "en")
    ]
    translated = [{name.removesuffix("_en") for name in names} for names in fields]
    assert translated[0] == translated[1], "both languages quote the same values"


def test_every_rule_id_in_the_code_is_a_rule() -> None:
    named: dict[str, set[str]] = defaultdict(set)
    for source in product():
        for word in source.words:
            if ID.match(word):
                named[word].add(source.name)
    prefixes = {rule_id.partition("-")[0] for rule_id in rules()}
    ours = {rule_id: places for rule_id, places in named.items() if rule_id.partition("-")[0] in prefixes}
    assert {rule_id: places for rule_id, places in ours.items() if rule_id not in rules()} == {}
