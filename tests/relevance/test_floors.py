"""What searching promises on the judged queries, undamaged and with one letter in twenty read wrongly.

The floors lie a little below what `bench/relevance.py` measured (docs/relevance.md): a change that makes people find
less is seen here. They are promises on results, not on time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from search.backends.tantivy import TantivyIndex
from tests.relevance.holding import Holding
from tests.relevance.judged import texts
from tests.relevance.ranking import Measured, measured, plain, product

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
FURTHER = os.environ.get("RELEVANCE_TEXTS", "")


def indexed(folder: Path, holding: Holding) -> TantivyIndex:
    index = TantivyIndex(folder)
    index.rebuild(holding)
    return index


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    return indexed(tmp_path_factory.mktemp("whole") / "index", Holding())


@pytest.fixture(scope="module")
def found(whole: TantivyIndex) -> Sequence[Measured]:
    return list(measured(product(whole)))


@pytest.fixture(scope="module")
def found_damaged(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Measured]:
    index = indexed(tmp_path_factory.mktemp("damaged") / "index", Holding(damage=0.05))
    return list(measured(product(index)))


def mean(found: Iterable[Measured], measure: str, *groups: str) -> float:
    values = [each.values[measure] for each in found if not groups or each.group in groups]
    return sum(values) / len(values)


def test_numbers_and_titles_stand_on_top(found: Sequence[Measured]) -> None:
    assert mean(found, "mrr", "number", "title") >= 0.95


def test_what_is_meant_stands_on_the_first_page(found: Sequence[Measured]) -> None:
    assert mean(found, "recall") >= 0.95


def test_what_is_meant_stands_on_the_first_page_of_damaged_documents(found_damaged: Sequence[Measured]) -> None:
    assert mean(found_damaged, "recall") >= 0.93
    assert mean(found_damaged, "recall", "damaged_text") >= 0.9
    assert mean(found_damaged, "mrr", "number", "title") >= 0.95


def test_queries_that_nobody_looked_at_fare_as_well(found: Sequence[Measured]) -> None:
    held_out = [each for each in found if each.held_out]
    assert mean(held_out, "mrr") >= 0.92
    assert mean(held_out, "recall") >= 0.92


def test_plain_bm25_on_folded_words_is_beaten(found: Sequence[Measured], whole: TantivyIndex) -> None:
    for every in (True, False):
        base = list(measured(plain(whole, every=every)))
        assert mean(found, "mrr") >= mean(base, "mrr") + 0.03


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is absent: whole real documents were not searched")
def test_whole_real_documents_are_found_as_their_excerpts_are(tmp_path: Path, found: Sequence[Measured]) -> None:
    real = {text.id for text in texts() if text.sample}
    index = indexed(tmp_path / "index", Holding(samples=SAMPLES))
    both = zip(found, measured(product(index)), strict=True)
    asked = [(short, long) for short, long in both if real & set(short.query.exact)]
    assert len(asked) >= 15
    assert mean([long for _, long in asked], "recall") >= mean([short for short, _ in asked], "recall") - 0.1


@pytest.mark.skipif(not FURTHER, reason="RELEVANCE_TEXTS names no folder of further texts: none stood around")
def test_further_texts_around_hide_nothing(tmp_path: Path, found: Sequence[Measured]) -> None:
    index = indexed(tmp_path / "index", Holding(further=Path(FURTHER)))
    assert mean(measured(product(index)), "recall") >= mean(found, "recall") - 0.05
