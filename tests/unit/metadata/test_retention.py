"""Retention periods: words of two laws, and which is the longer."""

from __future__ import annotations

import pytest

from metadata.retention import longest, read_period, suggestions


@pytest.mark.parametrize(
    ("written", "word", "certain"),
    [
        ("vĩnh viễn", "Vĩnh viễn", True),
        ("20 năm", "20 năm", True),
        ("15", "15 năm", True),
        ("Bảo quản lâu dài", "Lâu dài", False),
        ("tam thoi", "Tạm thời", False),
    ],
)
def test_a_period_is_read_in_words_of_both_laws(written: str, word: str, certain: bool) -> None:
    period = read_period(written)
    assert period is not None
    assert (period.word, period.certain) == (word, certain)


@pytest.mark.parametrize("written", ["", "Khác", "bao lâu cũng được"])
def test_what_states_no_period_is_none(written: str) -> None:
    assert read_period(written) is None


def test_permanent_is_longer_than_every_number_and_long_term_is_at_least_ten_years() -> None:
    periods = [read_period(word) for word in ("5 năm", "Vĩnh viễn", "Lâu dài", "70 năm")]
    found = longest(period for period in periods if period)
    assert found is not None
    assert found.permanent


def test_a_word_of_older_law_is_called_longer_only_where_it_certainly_is() -> None:
    long_term, five, twenty, forever = (read_period(w) for w in ("Lâu dài", "5 năm", "20 năm", "Vĩnh viễn"))
    assert long_term
    assert five
    assert twenty
    assert forever
    assert long_term.certainly_longer(five)
    assert not long_term.certainly_longer(twenty)
    assert not twenty.certainly_longer(long_term)
    assert forever.certainly_longer(long_term)


def test_suggestions_never_shorten_what_was_promised() -> None:
    long_term, temporary, ten = (read_period(word) for word in ("Lâu dài", "Tạm thời", "10 năm"))
    assert long_term
    assert temporary
    assert ten
    assert suggestions(long_term)[0] == "10 năm"
    assert suggestions(temporary) == ("5 năm",)
    assert suggestions(ten) == ()
