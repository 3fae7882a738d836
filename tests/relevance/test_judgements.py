"""The judged set is whole: what is measured by it can be believed only then."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest

from tests.generators.ocr_damage import Damage
from tests.generators.pages import distance
from tests.relevance.holding import Holding
from tests.relevance.judged import held_out, queries, texts
from tests.relevance.measures import estimate, gain, recall, reciprocal_rank

CLASSES = frozenset(
    {
        "abbreviation",
        "damaged_text",
        "half_remembered",
        "misspelt",
        "number",
        "person",
        "phrase",
        "title",
        "unmarked",
    }
)


def test_each_class_has_queries_to_tune_by_and_queries_held_out() -> None:
    assert queries().keys() == CLASSES
    for judged in queries().values():
        parts = Counter(held_out(position) for position in range(len(judged)))
        assert parts[False] >= 9
        assert parts[True] >= 5
    assert sum(map(len, queries().values())) >= 120


def test_no_query_is_asked_twice_and_each_names_documents_that_exist() -> None:
    known = {text.id for text in texts()}
    assert len(known) == len(texts())
    typed = [query.typed for judged in queries().values() for query in judged]
    assert len(set(typed)) == len(typed)
    for judged in queries().values():
        for query in judged:
            assert set(query.grades) <= known, query.typed
            assert not set(query.exact) & set(query.acceptable), query.typed


def test_every_public_document_says_where_it_is_from() -> None:
    assert all(text.source for text in texts() if text.wording != "own")


def test_the_documents_meant_lie_among_many_times_as_many_that_resemble_them() -> None:
    documents = list(Holding())
    assert len(documents) >= len(texts()) + 300
    assert len({document.document_id for document in documents}) == len(documents)
    numbers = Counter(document.number.split("/")[0] for document in documents if document.number)
    assert sum(1 for text in texts() if text.number and numbers[text.number.split("/")[0]] > 1) > len(texts()) // 2


def test_the_same_seed_makes_the_same_holding() -> None:
    one, other = ([document.pages for document in islice(Holding(damage=0.05), 40)] for _ in range(2))
    assert one == other


@pytest.mark.parametrize("letters", [False, True])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.1])
def test_pages_are_damaged_as_much_as_wished(rate: float, *, letters: bool) -> None:
    text = "\n".join(page for document in texts()[::4] for page in document.pages)
    hurt = Damage(letters=letters).damaged(text, rate, random.Random(1))  # noqa: S311
    assert rate * 0.75 < distance(text, hurt) / len(text) < rate * 1.25


def test_what_a_clerk_typed_is_not_damaged() -> None:
    for whole, hurt in islice(zip(Holding(), Holding(damage=0.1), strict=True), 40):
        assert (whole.title, whole.number, whole.signer) == (hurt.title, hurt.number, hurt.signer)


def test_without_a_clerk_there_is_nothing_but_the_pages() -> None:
    assert not any(document.title or document.number or document.signer for document in Holding(described=False))


def test_measures_by_hand() -> None:
    grades = {"a": 2, "b": 2, "c": 1}
    assert reciprocal_rank(["x", "c", "b"], grades) == pytest.approx(1 / 3)
    assert recall(["x", "b", "c"], grades) == 0.5
    assert gain(["a", "b", "c"], grades) == 1.0
    assert gain(["x"], grades) == 0.0
    assert 0 < gain(["c", "a"], grades) < gain(["a", "c"], grades) < 1


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [0.0, 1.0, 1.0, 0.5, 1.0, 0.0, 1.0, 1.0]
    found = estimate(values)
    assert found.low <= found.mean <= found.high
    assert found == estimate(values)
    assert estimate([1.0] * 9).low == 1.0
