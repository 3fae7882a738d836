"""Civil dates as Vietnamese offices write them."""

from __future__ import annotations

from datetime import date

import pytest

from metadata.dates import CivilDate, DateProblem, from_iso, read_date, read_parts


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("01/03/2019", "2019-03-01"),
        ("1-3-19", "2019-03-01"),
        ("1.3.2019", "2019-03-01"),
        (" 01 / 03 / 2019 ", "2019-03-01"),
        ("'01/03/2019", "2019-03-01"),
        ("2019-03-01", "2019-03-01"),
        ("2019-03-01 00:00:00", "2019-03-01"),
        ("01/03/2019 07:30", "2019-03-01"),
        ("43525", "2019-03-01"),
        ("43525.75", "2019-03-01"),
        ("ngày 1 tháng 3 năm 2019", "2019-03-01"),
        ("Ngày 01 tháng 03 năm 1975", "1975-03-01"),
        ("29/02/2020", "2020-02-29"),
        ("03/2019", "2019-03"),
        ("tháng 3/2019", "2019-03"),
        ("00/05/1975", "1975-05"),
        ("../05/1975", "1975-05"),
        ("1975", "1975"),
        ("00/00/1975", "1975"),
        ("2019.0", "2019"),
    ],
)
def test_a_date_is_read_in_every_form_that_offices_write(text: str, iso: str) -> None:
    reading = read_date(text)
    assert reading.date is not None
    assert reading.date.iso() == iso


@pytest.mark.parametrize("text", ["31/02/2019", "29/02/2019", "32/01/2000", "01/13/2019", "31-04-99", "0/13/1975"])
def test_a_day_that_the_calendar_lacks_is_told_as_such(text: str) -> None:
    assert read_date(text).problem is DateProblem.IMPOSSIBLE


@pytest.mark.parametrize("text", ["abc", "1946-1975", "5/0/1975", "9999", "12345678", "01/03/219", "?", "1/2/3/4"])
def test_what_is_no_date_is_unreadable_and_never_impossible(text: str) -> None:
    reading = read_date(text)
    assert reading.date is None
    assert reading.problem is DateProblem.UNREADABLE


def test_an_empty_text_is_neither_a_date_nor_a_problem() -> None:
    assert read_date("  ").date is None
    assert read_date("").problem is None


@pytest.mark.parametrize(("text", "year"), [("1/1/29", 2029), ("1/1/30", 1930), ("30/4/75", 1975), ("2/9/45", 1945)])
def test_a_two_digit_year_lies_between_1930_and_2029(text: str, year: int) -> None:
    reading = read_date(text)
    assert reading.date is not None
    assert reading.date.year == year


@pytest.mark.parametrize(
    ("parts", "iso"),
    [
        (("1", "3", "2019"), "2019-03-01"),
        (("01", "03", "19"), "2019-03-01"),
        (("", "3", "2019"), "2019-03"),
        (("", "", "2019"), "2019"),
        (("00", "00", "2019"), "2019"),
        (("1.0", "3.0", "2019.0"), "2019-03-01"),
        (("01/03/2019", "", ""), "2019-03-01"),
    ],
)
def test_a_day_split_over_three_columns_is_put_together(parts: tuple[str, str, str], iso: str) -> None:
    reading = read_parts(*parts)
    assert reading.date is not None
    assert reading.date.iso() == iso


def test_three_columns_can_name_an_impossible_day() -> None:
    assert read_parts("31", "2", "2019").problem is DateProblem.IMPOSSIBLE


@pytest.mark.parametrize("parts", [("1", "", "2019"), ("1", "2", ""), ("a", "3", "2019"), ("0", "0", "0")])
def test_three_columns_with_a_gap_are_unreadable(parts: tuple[str, str, str]) -> None:
    assert read_parts(*parts).problem is DateProblem.UNREADABLE


def test_three_empty_columns_say_nothing() -> None:
    assert read_parts("", "", "").problem is None


def test_a_partial_date_knows_its_first_and_last_day() -> None:
    month = CivilDate(2020, 2)
    assert (month.earliest(), month.latest()) == (date(2020, 2, 1), date(2020, 2, 29))
    assert month.partial
    assert month.vietnamese() == "02/2020"
    assert CivilDate(1975).latest() == date(1975, 12, 31)


def test_only_iso_texts_come_back_as_dates() -> None:
    assert from_iso("2019-03") == CivilDate(2019, 3)
    assert from_iso("01/03/2019") is None
    assert from_iso("2019-02-31") is None
