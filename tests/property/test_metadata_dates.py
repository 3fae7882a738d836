"""Dates under hostile input: nothing raises, and what is read survives its own writing."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from metadata.dates import FIRST_SERIAL, LAST_SERIAL, CivilDate, DateProblem, from_iso, read_date, read_parts

days = st.dates(min_value=date(1000, 1, 1), max_value=date(2999, 12, 31))
hostile = st.text("0123456789/-. :TZngàythnămxX?…'\u0660\u00b2\u2013\u0301", max_size=24)
anything = st.text(max_size=24)


@given(days, st.sampled_from(["{d:02d}/{m:02d}/{y:04d}", "{d}/{m}/{y:04d}", "{d}-{m}-{y:04d}", "{d}.{m}.{y:04d}"]))
def test_every_day_that_exists_is_read_back_in_every_form(day: date, form: str) -> None:
    reading = read_date(form.format(d=day.day, m=day.month, y=day.year))
    assert reading.date == CivilDate(day.year, day.month, day.day)
    assert reading.date.earliest() == reading.date.latest() == day


@given(days)
def test_iso_and_vietnamese_writing_say_the_same(day: date) -> None:
    written = CivilDate(day.year, day.month, day.day)
    assert from_iso(written.iso()) == written
    assert read_date(written.iso()).date == written
    assert read_date(written.vietnamese()).date == written


@given(st.integers(FIRST_SERIAL, LAST_SERIAL))
def test_a_serial_number_is_that_many_days_after_the_epoch_of_office_programs(serial: int) -> None:
    reading = read_date(str(serial))
    assert reading.date is not None
    assert reading.date.earliest() == date(1899, 12, 30) + timedelta(days=serial)


@given(st.integers(1, 31), st.integers(1, 12), st.integers(1000, 2999))
def test_a_day_is_read_or_told_as_impossible_and_nothing_else(day: int, month: int, year: int) -> None:
    reading = read_date(f"{day:02d}/{month:02d}/{year}")
    try:
        date(year, month, day)
    except ValueError:
        assert reading.problem is DateProblem.IMPOSSIBLE
    else:
        assert reading.date == CivilDate(year, month, day)
    assert read_parts(str(day), str(month), str(year)) == reading


@given(hostile | anything)
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    reading = read_date(text)
    assert (reading.date is None) or (reading.problem is None)
    if reading.date is not None:
        assert reading.date.earliest() <= reading.date.latest()
        assert from_iso(reading.date.iso()) == reading.date


@given(hostile | anything, hostile | anything, hostile | anything)
def test_no_three_texts_break_the_reading_of_dates(day: str, month: str, year: str) -> None:
    reading = read_parts(day, month, year)
    assert (reading.date is None) or (reading.problem is None)
    if reading.date is not None:
        assert from_iso(reading.date.iso()) == reading.date
