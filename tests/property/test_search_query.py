"""The parser takes whatever is typed."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from metadata.messages import catalogue
from search.fields import KINDS
from search.query import (
    MAX_CLAUSES,
    MAX_PHRASE_WORDS,
    MAX_PREFIXES,
    MIN_PREFIX_CHARS,
    AllOf,
    AnyOf,
    Clause,
    Filter,
    Not,
    Number,
    Phrase,
    Prefix,
    parse,
)

pieces = st.sampled_from(
    ["-", '"', "“", "*", ":", "OR", "HOẶC", "|", "(", ")", " ", "  ", "số:", "năm:", "cơ_quan:", "222/QĐ-TTg", "tài",
     "a", "y", "ky*", "2020-2025", "\u00ad", "\u0301", "\x00", "\ud800", "_", "/", "0", "ß", "İ", "th*", "\n", "~", "?"]
)  # fmt: skip
hostile = st.lists(pieces, max_size=40).map("".join)
storms = st.builds(lambda piece, times: piece * times, hostile, st.integers(0, 3000))
queries = hostile | storms | st.text(max_size=80)


def every(clauses: tuple[Clause, ...]) -> list[Clause]:
    found: list[Clause] = []
    for clause in clauses:
        found.append(clause)
        if isinstance(clause, AnyOf | AllOf):
            found += every(clause.clauses)
        elif isinstance(clause, Not):
            found += every((clause.clause,))
    return found


@given(queries)
@example("“")
@example('-"')
@example("số:OR OR số:1")
def test_any_text_is_a_bounded_query(text: str) -> None:
    parsed = parse(text)
    clauses = every(parsed.clauses)
    assert len(clauses) <= 3 * MAX_CLAUSES
    assert sum(isinstance(clause, Prefix) for clause in clauses) <= MAX_PREFIXES
    assert set(parsed.notes) <= set(catalogue())
    assert not (parsed.nothing and parsed.clauses)
    for clause in clauses:
        if isinstance(clause, Prefix):
            assert len(clause.stem) >= MIN_PREFIX_CHARS
            assert re.fullmatch(r"[^\W_]+", clause.stem)
        elif isinstance(clause, Phrase):
            assert 2 <= len(clause.words) <= MAX_PHRASE_WORDS
        elif isinstance(clause, Number):
            assert clause.key
        elif isinstance(clause, Filter):
            assert clause.name in KINDS
        elif isinstance(clause, AnyOf | AllOf):
            assert len(clause.clauses) > 1


@given(st.lists(st.text("aăâeêioôơuưyđbcghklmnpqrstvx", min_size=1, max_size=6), min_size=1, max_size=20))
def test_plain_words_are_words_and_all_are_asked_for(words: list[str]) -> None:
    parsed = parse(" ".join(words))
    assert parsed.notes == ()
    assert len(parsed.clauses) == len(words)
    assert {form for word in words for form in parse(word).words()} == set(parsed.words())


@given(queries)
def test_the_same_text_is_the_same_query(text: str) -> None:
    assert parse(text) == parse(text)
