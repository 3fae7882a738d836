"""Two looks at one head: each fills what the other left out, and where they differ nothing is told."""

from __future__ import annotations

from metadata.extraction import suggestions as keys
from metadata.extraction.agreement import agreed
from metadata.extraction.suggestions import Suggestion

BOX = (0.1, 0.1, 0.3, 0.12)


def one(key: str, value: str, confidence: float = 0.9) -> dict[str, Suggestion]:
    return {key: Suggestion(key=key, value=value, written=value, confidence=confidence, page=1, box=BOX)}


def values(found: dict[str, Suggestion]) -> dict[str, str]:
    return {key: suggestion.value for key, suggestion in found.items()}


def test_what_one_look_left_out_the_other_says() -> None:
    found = agreed(one(keys.NUMBER, "12"), one(keys.SUBJECT, "Bổ nhiệm công chức"))
    assert values(found) == {"code_number": "12", "subject": "Bổ nhiệm công chức"}


def test_where_two_looks_differ_neither_is_told() -> None:
    assert agreed(one(keys.NUMBER, "12"), one(keys.NUMBER, "72", 0.99)) == {}
    assert agreed(one(keys.DAY, "2019-05-04"), one(keys.DAY, "2019-05-14")) == {}
    assert agreed(one(keys.ORGAN, "Sở Nội vụ"), one(keys.ORGAN, "Sở Ngoại vụ")) == {}
    assert agreed(one(keys.SUBJECT, "Bổ nhiệm công chức"), one(keys.SUBJECT, "Bãi bỏ Quyết định")) == {}


def test_of_two_readings_of_one_subject_the_surer_is_told() -> None:
    blurred = one(keys.SUBJECT, "Thành lập Tổ công tác rà soát hồ sợ", 0.8)
    sharp = one(keys.SUBJECT, "Thành lập Tổ công tác rà soát hồ sơ", 0.95)
    assert agreed(blurred, sharp) == sharp
    assert agreed(sharp, blurred) == sharp


def test_a_subject_that_lost_its_last_words_gives_way_to_the_whole_one() -> None:
    cut, whole = (
        one(keys.SUBJECT, "Rà soát hồ sợ người có công"),
        one(keys.SUBJECT, "Rà soát hồ sơ người có công năm 2019"),
    )
    assert agreed(cut, whole) == agreed(whole, cut) == whole


def test_a_lost_v_v_is_no_difference() -> None:
    found = agreed(one(keys.SUBJECT, "trả lời cử tri", 0.8), one(keys.SUBJECT, "V/v trả lời cử tri"))
    assert values(found) == {"subject": "V/v trả lời cử tri"}


def test_capitals_of_a_body_are_no_difference() -> None:
    found = agreed(one(keys.ORGAN, "Sở Nội vụ", 0.8), one(keys.ORGAN, "Sở Nội Vụ", 0.9))
    assert values(found) == {"organ_name": "Sở Nội Vụ"}


def test_a_number_that_only_the_second_look_reads_has_to_be_sure() -> None:
    assert agreed({}, one(keys.NUMBER, "72", 0.6)) == {}
    assert agreed({}, one(keys.NUMBER, "72", 0.8)) != {}
    assert agreed(one(keys.NUMBER, "72", 0.6), {}) != {}
