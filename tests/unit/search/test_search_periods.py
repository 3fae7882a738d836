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
