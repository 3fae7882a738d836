"""The query language, clause by clause."""

from __future__ import annotations

import pytest

from metadata.messages import LANGUAGES, text
from search import query
from search.clauses import MAX_TOLERANT_WORDS, made_tolerant
from search.query import AllOf, AnyOf, Clause, Filter, Not, Number, Phrase, Prefix, Same, Word, parse
from search.vietnamese import forms


def word(typed: str) -> Word:
    return Word(forms(typed)[0])


def tolerant(typed: str) -> Word:
    return Word(forms(typed)[0], tolerant=True)


def phrase(typed: str) -> Phrase:
    return Phrase(tuple(forms(typed)))


@pytest.mark.parametrize(
    ("typed", "clauses"),
    [
        ("", []),
        ("*", []),
        ("quyết định", [word("quyết"), word("định")]),
        ('"hỗ trợ người nghèo"', [phrase("hỗ trợ người nghèo")]),
        ("“hỗ trợ” «kinh tế»", [phrase("hỗ trợ"), phrase("kinh tế")]),
        ('"một"', [word("một")]),
        ("QĐ-UBND", [phrase("QĐ UBND")]),
        ("a -b", [word("a"), Not(word("b"))]),
        ('-"a b"', [Not(phrase("a b"))]),
        ("Độc lập - Tự do", [word("độc"), word("lập"), word("tự"), word("do")]),
        ("tài*", [Prefix("tai", "tai")]),
        ("ky*", [Prefix("ky", "ki")]),
        ("QĐ-tài*", [word("QĐ"), Prefix("tai", "tai")]),
        ("222/QĐ-TTg.", [Number("222-qd-ttg", tuple(forms("222 QĐ TTg")))]),
        ("19/6/2015", [Same((phrase("19 6 2015"),), (phrase("19 tháng 6 năm 2015"),))]),
        ("39/6/2015", [phrase("39 6 2015")]),
        ("số:222", [Filter("number", "222")]),
        ('cơ_quan:"Bộ Nội vụ"', [Filter("organ", "Bộ Nội vụ")]),
        ("Người_Ký:Hùng", [Filter("signer", "Hùng")]),
        ("nguoi_ky:hung", [Filter("signer", "hung")]),
        ("năm:2020-2025", [Filter("year", "2020-2025")]),
        ("-loại:QĐ", [Not(Filter("type", "QĐ"))]),
        ("a OR b", [AnyOf((word("a"), word("b")))]),
        ("a HOẶC b | c", [AnyOf((word("a"), word("b"), word("c")))]),
        ("a hoặc b", [word("a"), word("hoặc"), word("b")]),
        ("a b OR c d", [AnyOf((AllOf((word("a"), word("b"))), AllOf((word("c"), word("d")))))]),
        ("a OR b năm:2025 -c", [AnyOf((word("a"), word("b"))), Filter("year", "2025"), Not(word("c"))]),
        ("a số:1 OR số:2", [word("a"), AnyOf((Filter("number", "1"), Filter("number", "2")))]),
        ("Kính gửi: Bộ", [word("kính"), word("gửi"), word("bộ")]),
        ("(a) [b], c!", [word("a"), word("b"), word("c")]),
        ("(a b) c", [word("a"), word("b"), word("c")]),
        ("(a OR b) c", [AnyOf((word("a"), word("b"))), word("c")]),
        ("(a OR b) OR c", [AnyOf((AnyOf((word("a"), word("b"))), word("c")))]),
        ("x ((a OR b) c OR d)", [word("x"), AnyOf((AllOf((AnyOf((word("a"), word("b"))), word("c"))), word("d")))]),
        ("(a -b) OR c", [AnyOf((AllOf((word("a"), Not(word("b")))), word("c")))]),
        ("-(a OR b) c", [Not(AnyOf((word("a"), word("b")))), word("c")]),
        ("a (số:1 OR số:2).", [word("a"), AnyOf((Filter("number", "1"), Filter("number", "2")))]),
        (
            "(số:1 năm:2020) OR số:2",
            [AnyOf((AllOf((Filter("number", "1"), Filter("year", "2020"))), Filter("number", "2")))],
        ),
        ('("a b")', [phrase("a b")]),
        ("khoản f(x)", [word("khoản"), phrase("f x")]),
        ("()", []),
        ("quyết~ định", [tolerant("quyết"), word("định")]),
        ('"a b"~', [made_tolerant(phrase("a b"))]),
        ("a b ~", [tolerant("a"), tolerant("b")]),
        ("(a b)~ c", [tolerant("a"), tolerant("b"), word("c")]),
        ("(a~) (b c ~) d", [tolerant("a"), tolerant("b"), tolerant("c"), word("d")]),
        ("-a~", [Not(tolerant("a"))]),
        ("a~b", [phrase("a b")]),
        ("~ a", [tolerant("a")]),
        ("12/CV~", [Number("12-cv", tuple(forms("12 CV")), tolerant=True)]),
        ("ngày:01/03/2024..15/04/2024", [Filter("date", "01/03/2024..15/04/2024")]),
        ("(năm:2020..)", [Filter("year", "2020..")]),
        ("mã:000.00.16.H41", [Filter("code", "000.00.16.H41")]),
        ("phông:UBND", [Filter("fonds", "UBND")]),
    ],
)
def test_what_is_typed_becomes_clauses_without_a_note(typed: str, clauses: list[Clause]) -> None:
    parsed = parse(typed)
    assert list(parsed.clauses) == clauses
    assert parsed.notes == ()


@pytest.mark.parametrize(
    ("typed", "clauses", "note"),
    [
        ('"a b', [word("a"), word("b")], query.NOTE_AS_WORDS),
        ('"a b" c "d', [phrase("a b"), word("c"), word("d")], query.NOTE_AS_WORDS),
        ("a OR", [word("a")], query.NOTE_AS_WORDS),
        ("OR a", [word("a")], query.NOTE_AS_WORDS),
        ("a OR OR b", [AnyOf((word("a"), word("b")))], query.NOTE_AS_WORDS),
        ("năm:hai", [phrase("năm hai")], query.NOTE_AS_WORDS),
        ("năm:2025-2020", [phrase("năm 2025 2020")], query.NOTE_AS_WORDS),
        ("màu:đỏ", [phrase("màu đỏ")], query.NOTE_UNKNOWN_FIELD),
        ("a*", [word("a")], query.NOTE_PREFIX_TOO_SHORT),
        ("t*i", [phrase("t i")], query.NOTE_WILDCARD),
        ("!!!", [], query.NOTE_NOTHING),
        ("(a OR b", [AnyOf((word("a"), word("b")))], query.NOTE_PARENTHESES),
        ("a) b", [word("a"), word("b")], query.NOTE_PARENTHESES),
        ("(a (b OR c) d", [word("a"), AnyOf((word("b"), word("c"))), word("d")], query.NOTE_PARENTHESES),
        ("tài*~", [Prefix("tai", "tai")], query.NOTE_NO_TOLERANCE),
        ("số:2~", [Filter("number", "2")], query.NOTE_NO_TOLERANCE),
        ("ngày:15/04/2024..01/03/2024", [phrase("ngày 15 04 2024 01 03 2024")], query.NOTE_AS_WORDS),
        ("((((((a))))))", [word("a")], query.NOTE_CUT),
    ],
)
def test_what_is_not_well_formed_is_words_and_says_so(typed: str, clauses: list[Clause], note: str) -> None:
    parsed = parse(typed)
    assert list(parsed.clauses) == clauses
    assert parsed.notes == (note,)


def test_a_query_without_a_letter_finds_nothing_and_an_empty_one_everything() -> None:
    assert parse("...?").nothing
    assert not parse("  ").nothing


def test_the_whole_query_may_be_the_key_of_a_document() -> None:
    assert parse("Số: 0222 / QĐ - TTg").key == "222-qd-ttg"
    assert parse("222 qđ ttg năm:2025").key == "222-qd-ttg"
    assert parse("222/QĐ-TTg OR 5/CV").key == ""


@pytest.mark.parametrize(
    "storm",
    ["từ " * 3_000_000, "th* " * 100_000, '"' * 10_000_001, "-" * 10**7, "a:" * 10**6, "OR " * 10**6, "số:" * 10**6,
     '"' + "a " * 10**6 + '"', "\u0301" * 10**6, "0/" * 10**6, "a" * 10**7, "(" * 10**7, "a|" * 10**6, "(a OR " * 10**6,
     "a~ " * 10**6, ")~" * 10**6, "(a~)" * 10**6],
)  # fmt: skip
def test_a_storm_is_cut_with_a_note(storm: str) -> None:
    parsed = parse(storm)
    assert query.NOTE_CUT in parsed.notes
    leaves = list(parsed.leaves())
    assert len(leaves) <= query.MAX_CLAUSES + 1
    assert sum(isinstance(leaf, Prefix) for leaf in leaves) <= query.MAX_PREFIXES


def test_only_the_first_words_are_tolerant() -> None:
    parsed = parse("a b c d " * 8 + "~")
    assert parsed.notes == (query.NOTE_CUT,)
    assert sum(isinstance(leaf, Word) and leaf.tolerant for leaf in parsed.leaves()) == MAX_TOLERANT_WORDS
    assert not any(leaf.tolerant for leaf in parsed.strict().leaves() if isinstance(leaf, Word))


def test_what_is_made_tolerant_still_excludes_only_what_was_typed() -> None:
    parsed = parse("a (b OR -c) số:1").tolerant()
    assert parsed.clauses == (tolerant("a"), AnyOf((tolerant("b"), Not(word("c")))), Filter("number", "1"))
    assert parsed.tolerates


def test_every_note_is_a_message_in_every_language() -> None:
    notes = [value for name, value in vars(query).items() if name.startswith("NOTE_")]
    assert len(notes) == 8
    for language in LANGUAGES:
        assert all(text(note, language) for note in notes)
