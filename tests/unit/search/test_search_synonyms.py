"""Words of the same meaning beside those that were typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.clauses import AnyOf, Clause, Filter, Phrase, Query, Same, Word
from search.errors import SearchFaultError
from search.query import parse
from search.synonyms import MAX_SAME, shipped, synonyms_of
from search.vietnamese import forms


def words(typed: str) -> tuple[Word, ...]:
    return tuple(Word(form) for form in forms(typed))


def phrase(typed: str) -> Phrase:
    return Phrase(tuple(forms(typed)))


def applied(typed: str) -> tuple[Clause, ...]:
    return shipped().applied(parse(typed)).clauses


UBND = Same(words("UBND"), (phrase("Ủy ban nhân dân"),))


@pytest.mark.parametrize(
    ("typed", "clauses"),
    [
        ("UBND", (UBND,)),
        ("ubnd tỉnh", (UBND, *words("tỉnh"))),
        ("ủy ban nhân dân xã", (Same(words("ủy ban nhân dân"), words("UBND")), *words("xã"))),
        ("uy ban nhan dan", (Same(words("uy ban nhan dan"), words("UBND")),)),
        ("Uỷ ban nhân dân", (Same(words("Uỷ ban nhân dân"), words("UBND")),)),
        ("QĐ", (Same(words("QĐ"), (phrase("Quyết định"),)),)),
        ("quyết định", words("quyết định")),
        ("ủy bán nhân dân", words("ủy bán nhân dân")),
        ('"UBND tỉnh"', (phrase("UBND tỉnh"),)),
        ("cơ_quan:UBND", (Filter("organ", "UBND"),)),
        ("bộ nội vụ năm:2020", (Same(words("bộ nội vụ"), words("BNV")), Filter("year", "2020"))),
        ("UBND OR x", (AnyOf((UBND, *words("x"))),)),
    ],
)
def test_what_means_the_same_is_asked_for_beside_what_was_typed(typed: str, clauses: tuple[Clause, ...]) -> None:
    assert applied(typed) == clauses


def test_the_longest_term_counts() -> None:
    assert applied("thủ tướng chính phủ") == (Same(words("thủ tướng chính phủ"), (*words("TTg"), phrase("Thủ tướng"))),)


def test_expansion_is_bounded_and_words_stay_those_typed() -> None:
    query = shipped().applied(parse("UBND " * 60))
    assert sum(isinstance(clause, Same) for clause in query.clauses) == MAX_SAME
    assert query.words() == parse("UBND").words()
    assert set(query.also()) == {phrase("Ủy ban nhân dân")}


def test_an_office_has_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[[same]]\nterms = ["KBNN", "Kho bạc Nhà nước"]\n', "utf-8")
    own = synonyms_of(path)
    assert own.applied(parse("KBNN")).clauses == (Same(words("KBNN"), (phrase("Kho bạc Nhà nước"),)),)
    assert own.applied(parse("UBND")) == parse("UBND")
    assert synonyms_of(None) is shipped()


@pytest.mark.parametrize(
    "text",
    ["[[same]]", '[[same]]\nterms = "UBND"', "[[same]]\nterms = [1]", '[[same]]\nterms = ["!"]', "[[colour]]", "=",
     '[[stands_for]]\nlong = ["x"]', "same = 1", "[same]\na = 1",
     '[[same]]\nterms = ["' + "a " * 13 + '"]', '[[stands_for]]\nshort = "x"\nlong = []',
     "# " + "x" * (1 << 20), "\ud800"],
)  # fmt: skip
def test_a_file_that_is_not_well_formed_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SearchFaultError, match=r"own\.toml"):
        synonyms_of(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SearchFaultError):
        synonyms_of(tmp_path / "none.toml")


def test_an_empty_query_stays_empty() -> None:
    assert shipped().applied(Query(())) == Query(())
