"""A plan is bounded, whatever was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from search.clauses import MAX_BESIDE
from search.planning import planned
from search.ports import SearchRequest
from search.query import MAX_CLAUSES, parse
from search.synonyms import shipped

MAX_NESTED = 16
"""Half of what Elasticsearch takes (`indices.query.bool.max_nested_depth`): it wraps some nodes once more."""

MAX_NODES = 2000

STORMS = [
    "(a OR (b (c OR (d (e OR UBND) x OR y) z) OR u) v OR w) ~",
    "(" * 10 + "quyết định OR thông tư " + ")" * 10,
    "(ủy ban nhân dân OR -(quyết định OR -(nghị quyết OR -(bộ nội vụ OR x)))) ~",
    "quyết định " * 40 + "~",
    '"' + "quyết định " * 6 + '"~',
    "222/QĐ-TTg " * 40 + "~",
    "tài* " * 60,
    "UBND 02/7/2018 " * 30,
    "số:1 OR " * 60 + "số:2",
]


def below(node: object) -> Iterator[object]:
    for field in fields(node) if is_dataclass(node) else ():
        value = getattr(node, field.name)
        yield from (each for each in (value if isinstance(value, tuple) else (value,)) if is_dataclass(each))


def depth(node: object) -> int:
    return 1 + max(map(depth, below(node)), default=0)


def count(node: object) -> int:
    return 1 + sum(map(count, below(node)))


@pytest.mark.parametrize("storm", STORMS)
def test_a_plan_is_flat_and_small_enough_for_every_engine(storm: str) -> None:
    query = shipped().applied(parse(storm))
    for each in (query, query.tolerant(), query.most(), query.beside(2, ahead=True)):
        plan = planned(each, SearchRequest(storm))
        assert depth(plan) < MAX_NESTED
        assert count(plan) < MAX_NODES


def test_a_plan_of_most_asks_for_two_thirds() -> None:
    (most,) = parse("một hai ba bốn năm sáu bảy").most().clauses
    assert getattr(most, "least", 0) == 5
    assert parse("một hai").most() == parse("một hai").tolerant()
    assert len(list(parse("a " * 200).most().leaves())) == MAX_CLAUSES


def test_pairs_are_neighbours_without_digits_of_what_may_miss_a_word() -> None:
    assert parse("kinh tế tuần hoàn năm 2035 kinh tế").pairs() == (
        ("kinh", "te"),
        ("te", "tuan"),
        ("tuan", "hoan"),
        ("hoan", "nam"),
    )
    assert parse('tuần hoàn "kinh tế"').pairs() == parse("222/QĐ-TTg").pairs() == ()
    assert len(parse(" ".join(f"{letter}a" for letter in "abcdefghijklmnopqrst")).pairs()) == MAX_BESIDE
