"""Where a finding stands, in words: packages, bags and messages have no rows, and no sentence pretends they had."""

from __future__ import annotations

import re

import pytest

from metadata.findings import Finding
from metadata.rules import message, rules

ANYWHERE = ("MET", "SEC")
"""Rules of all deliveries; those of the readers of lists and tables always have a row."""

PLACE = re.compile(r"\b(?:[Dd]òng|[Rr]ow)\s*(?:[,:.)]|của|of|$)|\(\s*\)|  ")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("file", [None, "metadata/descriptive/EAD.xml"])
def test_no_sentence_speaks_of_a_row_that_is_not_there(language: str, file: str | None) -> None:
    asked = [rule for rule in rules().values() if re.search(r"\{rows?\}", rule.texts[language])]
    asked = [rule for rule in asked if rule.id.startswith(ANYWHERE)]
    assert len(asked) > 20
    for rule in asked:
        named = re.findall(r"\{(\w+)\}", rule.texts[language] + rule.remedies[language])
        values = {name: "x" for name in named if name not in {"row", "rows", "file", "subject", "sheet", "column"}}
        finding = Finding(rule=rule.id, subject="s", file=file, column="c", values=values)
        assert not PLACE.search(said := message(finding, language)), said


@pytest.mark.parametrize(
    ("rule", "file", "said"),
    [
        ("MET-001", None, "Hồ sơ “s” không có tiêu đề. "),
        ("MET-001", "EAD.xml", "Hồ sơ “s” không có tiêu đề (“EAD.xml”). "),
        ("MET-020", "EAD.xml", "“EAD.xml”, cột “c”: ngày “w” không có trong lịch. "),
        ("MET-020", None, "Cột “c”: ngày “w” không có trong lịch. "),
        ("SEC-001", "bag-info.txt", "Hồ sơ “s”: “bag-info.txt”, trường “f” ghi độ mật nhà nước. "),
    ],
)
def test_the_file_stands_for_the_row(rule: str, file: str | None, said: str) -> None:
    finding = Finding(rule=rule, subject="s", file=file, column="c", values={"written": "w", "field": "f"})
    assert message(finding, "vi").startswith(said)


def test_rows_that_are_there_are_told() -> None:
    finding = Finding(rule="MET-002", subject="s", file="a.xlsx", row=3, values={"field": "f", "rows": "3 … 9 (7)"})
    assert message(finding, "vi").startswith("s: trường “f” để trống (dòng 3 … 9 (7)).")


def test_a_part_of_which_something_is_not_known_is_left_out() -> None:
    finding = Finding(rule="MET-050", subject="s", row=3, values={"other": "o", "other_row": ""})
    assert " ngày với “o”. " in message(finding, "vi")
