"""docs/verdicts.md says what the engine says. The rows of each class are compared where it is judged anyway.

That is in `test_engine_cases.py`; here everything else of the page.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from metadata.verdicts import Indication
from tests.corpus.signature_case import all_cases
from tests.corpus.verdict_table import COMMAND, case_rows, hostile_rows, meaning, page, rows_in, rows_of
from tests.fixtures.pki import Corpus

CASES = {case.name: case for case in all_cases()}
PAGE = Path(__file__).parents[3] / "docs" / "verdicts.md"


@pytest.fixture(scope="module")
def written() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_fresh(corpus: Corpus, written: str) -> None:
    rows = rows_in(written)
    assert CASES.keys() <= rows.keys(), f"run: {COMMAND}"
    classes = {name: rows[name] for name in CASES}
    assert written == page(CASES.values(), classes | hostile_rows(corpus)), f"run: {COMMAND}"


def test_every_word_that_the_page_shows_has_a_meaning_in_both_languages(written: str) -> None:
    cells = [line.strip("| ").split(" | ") for name in CASES for line in rows_in(written)[name]]
    assert all(len(row) >= 7 for row in cells)
    groups = {3: "indication", 4: "subindication", 5: "reason"}
    shown = {(row[column].strip(), group) for row in cells for column, group in groups.items() if row[column].strip()}
    assert {word for word, group in shown if group == "indication"} == {*Indication}
    assert [word for word, group in sorted(shown) if not meaning(word, group)] == []


@pytest.mark.parametrize("name", ["long-term", "no-evidence-record-in-2041"])
def test_another_verdict_is_another_row(corpus: Corpus, name: str) -> None:
    """A row that could not change would prove nothing."""
    case = CASES[name]
    made = case.make(corpus)
    (verdict,) = corpus.judge(made.data, **made.known())
    (row,) = rows_of(case, made.at.year, [verdict])
    assert [row] == case_rows(case, corpus)
    for changed in (
        {"indication": Indication.TOTAL_FAILED},
        {"subindication": "TRY_LATER"},
        {"reasons": ("hash: the signed bytes have been changed",)},
        {"level": "B-LTA"},
        {"best_time": "2020-01-01T00:00:00.000Z", "best_time_proof": "evidence-record"},
        {"changed_after": ("revision 4: page 1: content changed (object 4)",)},
    ):
        assert rows_of(case, made.at.year, [verdict.model_copy(update=changed)]) != [row]
