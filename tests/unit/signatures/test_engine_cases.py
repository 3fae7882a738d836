"""Every class of signature gets its verdict, its sub-indication and its reason (`tests/corpus/signature_case.py`)."""

from __future__ import annotations

import pytest

from tests.corpus.signature_case import Case, all_cases
from tests.fixtures.pki import Corpus

CASES = tuple(all_cases())


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_each_class_gets_its_verdict_and_its_reason(corpus: Corpus, case: Case) -> None:
    verdicts = case.judged(corpus)
    assert len(verdicts) == len(case.expected), verdicts
    for verdict, expected in zip(verdicts, case.expected, strict=True):
        assert expected.misses(verdict) == [], verdict
