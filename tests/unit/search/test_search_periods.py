"""Days that are known in part."""

from __future__ import annotations

import pytest

from search.periods import period, span


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", 20250101, 20251231),
        ("2024-02", 20240201, 20240229),
        ("2023-2", 20230201, 20230228),
        ("2025-03-01", 20250301, 20250301),
        ("1/3/2025", 20250301, 20250301),
        ("01.03.2025", 20250301, 20250301),
        ("03/2025", 20250301, 20250331),
        (" 1945 ", 19450101, 19451231),
    ],
)
def test_a_partial_day_is_the_span_of_what_it_may_be(text: str, first: int, last: int) -> None:
    assert span(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "2025-13", "2025-02-29", "31/4/2025", "0000", "2025-00", "2025-01-00", "0/2025", "abc", "٢٠٢٥", "20250"],
)
def test_a_day_that_does_not_exist_is_none(text: str) -> None:
    assert span(text) is None


def test_spans_of_years_may_be_open_at_one_end() -> None:
    assert period("2020-2025") == (20200101, 20251231)
    assert period("2020..") == (20200101, 99991231)
    assert period("..1975") == (101, 19751231)
    assert period("2025-03") == (20250301, 20250331)
    assert period("2025-2020") is None
    assert period("..") is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("01/03/2024..15/04/2024", 20240301, 20240415),
        ("1/3/2024-15/4/2024", 20240301, 20240415),
        ("2024-03-01 .. 2024-04-15", 20240301, 20240415),
        ("3/2024..2025", 20240301, 20251231),
        ("15/04/2024..", 20240415, 99991231),
        ("..3/1975", 101, 19750331),
    ],
)
def test_spans_go_from_day_month_or_year_to_another(text: str, first: int, last: int) -> None:
    assert period(text) == (first, last)


@pytest.mark.parametrize("text", ["15/4/2024..1/3/2024", "31/2/2024..2025", "1/1/2024-x/2024", "a..b", "1/1/2024-2-3"])
def test_what_is_no_span_is_none(text: str) -> None:
    assert period(text) is None
