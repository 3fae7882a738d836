"""Closer looks at digits: they confirm, they deny, and they make up nothing."""

from __future__ import annotations

from metadata.extraction import suggestions as keys
from metadata.extraction.suggestions import Suggestion
from metadata.extraction.witnesses import Look, settled

BOX = (0.1, 0.1, 0.3, 0.12)


def one(value: str, confidence: float, key: str = keys.DAY) -> dict[str, Suggestion]:
    return {key: Suggestion(key=key, value=value, written=value, confidence=confidence, page=1, box=BOX)}


def day(whole: Look, *closer: Look) -> str | None:
    found = settled(whole.told, [whole], closer).get(keys.DAY)
    return found.value if found else None


def test_what_was_doubtful_is_told_where_a_closer_look_read_the_same() -> None:
    doubtful = Look({}, one("2007-12-03", 0.52))
    assert day(doubtful) is None
    assert day(doubtful, Look({})) is None
    assert day(doubtful, Look({}, one("2007-12-03", 0.6))) == "2007-12-03"


def test_two_closer_looks_that_are_surer_right_the_first() -> None:
    first, right = Look(one("2015-08-02", 0.87)), Look(one("2013-08-02", 0.96))
    assert day(first, right, right) == "2013-08-02"


def test_where_looks_differ_and_none_is_surer_twice_nothing_is_told() -> None:
    first = Look(one("2015-08-02", 0.87))
    assert day(first, Look(one("2013-08-02", 0.96))) is None
    assert day(first, Look(one("2013-08-02", 0.96)), Look(one("2013-08-02", 0.8))) is None
    assert day(first, Look(one("2013-08-02", 0.96)), Look(one("2018-08-02", 0.97))) is None


def test_a_look_that_says_otherwise_less_surely_denies_nothing() -> None:
    first, same = Look(one("2013-08-02", 0.87)), Look(one("2013-08-02", 0.93))
    assert day(first, same, Look({}, one("2018-08-02", 0.5))) == "2013-08-02"


def test_what_no_look_at_the_whole_head_read_is_not_told() -> None:
    stroke = Look(one("2019-04-08", 0.96))
    assert day(Look({}), stroke, stroke) is None


def test_fields_without_digits_stay_as_they_are() -> None:
    subject = one("Bổ nhiệm công chức", 0.9, keys.SUBJECT)
    other = Look(one("Bãi bỏ Quyết định", 0.99, keys.SUBJECT))
    assert settled(subject, [Look(subject)], [other, other]) == subject
