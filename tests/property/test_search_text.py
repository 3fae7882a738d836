"""Words and keys hold their promises for every text."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from search import numbers
from search.confusions import MAX_MISREADINGS, misreadings, near, pieces
from search.damage import MAX_ROWS, damaged_rows
from search.highlight import Marker, beginning, printable
from search.periods import period
from search.query import parse
from search.synonyms import shipped
from search.vietnamese import MAX_WORD_CHARS, fold, forms, forms_of, nfc, places, sort_key, streams, written

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạằấệỉộợúỷýĐƠƯ"
hostile = st.text('ðİıßﬁ½²٣\u0300\u0301\u0323\u00ad\u200b\ufeff\u202e\x00\ud800_/-.0aQuUyYỳ"*: \n', max_size=60)
ordinary = st.text(max_size=60)
vietnamese = st.text(VIETNAMESE + " 0123456789/-", max_size=60)
anything = hostile | ordinary | vietnamese


@given(anything)
def test_words_have_no_blank_and_are_never_empty(text: str) -> None:
    canon, folded = streams(text)
    words = forms(text)
    assert canon.split() == [word.canon for word in words]
    assert folded.split() == [word.fold for word in words]
    assert all(word.canon and word.fold for word in words)
    assert all(len(word.canon) <= 3 * MAX_WORD_CHARS for word in words)


@given(anything)
def test_places_are_the_words_in_order_without_overlap(text: str) -> None:
    text = nfc(text)
    found = list(places(text))
    assert [(place.canon, place.fold) for place in found] == forms(text)
    assert {(place.canon, place.fold) for place in found} == {tuple(forms_of(word)) for word in written(text)}
    ends = [0, *(place.end for place in found)]
    assert all(end <= place.start < place.end <= len(text) for end, place in zip(ends, found, strict=False))


@given(vietnamese)
def test_marks_case_and_form_do_not_change_the_fold(text: str) -> None:
    bare = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "D")
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    assert fold(text) == fold(bare) == fold(text.upper()) == fold(text.lower())
    assert forms(unicodedata.normalize("NFD", text)) == forms(text)


@given(anything)
def test_folding_what_is_folded_changes_nothing_of_vietnamese(text: str) -> None:
    assert fold(fold(text)).isascii() or not fold(text).isascii()
    if all(letter in VIETNAMESE + " 0123456789/-" for letter in text):
        assert fold(fold(text)) == fold(text)


@given(anything, st.sampled_from(["", "2024"]))
def test_keys_and_orders_exist_for_every_number(text: str, year: str) -> None:
    found = numbers.keys(text, year)
    assert all(found)
    assert numbers.key(text) in {"", *found}
    assert 0 <= numbers.order(text) < 2**63
    assert numbers.looks_like_number(text) in {True, False}
    assert isinstance(sort_key(text), str)
    span = period(text)
    assert span is None or 0 < span.first <= span.last


@given(st.integers(1, 9_999_999), st.sampled_from(["QĐ-TTg", "NQ/HĐND", "TB-VPCP", "CV.TU"]), st.booleans())
def test_every_spelling_of_a_number_has_its_key(number: int, notation: str, lower: bool) -> None:
    written = f"{number}/{notation}"
    typed = f"Số: {number:08} / {notation.replace('-', ' – ').replace('Đ', 'D')}"
    assert numbers.key(typed.lower() if lower else typed) == numbers.key(written)
    assert numbers.looks_like_number(written)


@given(anything, anything)
def test_a_snippet_is_the_text_and_never_markup(query: str, text: str) -> None:
    marker = Marker(parse(query))
    passage = marker.passage(text)
    assert passage is not None or not marker.marks(nfc(text))
    for shown in (passage or "", printable(text), beginning(text)):
        bare = shown.replace("<em>", "").replace("</em>", "")
        assert not set('<>"\x00\x1b\u202e\ud800') & set(bare)
        assert shown.count("<em>") == shown.count("</em>")


@given(anything, st.lists(anything, max_size=4))
def test_places_of_a_query_lie_on_the_pages(query: str, texts: list[str]) -> None:
    pages = [nfc(text) for text in texts]
    asked = shipped().applied(parse(query))
    for marker in (Marker(parse(query)), Marker(asked), Marker(asked.tolerant()), Marker(asked.most())):
        hits = marker.page_hits(pages)
        assert hits == sorted(hits)
        assert all(pages[page - 1][start:end].strip() for page, start, end in hits)
        best = marker.best(pages)
        assert (best is not None) == bool(hits)
        assert best is None or best.page in {page for page, _, _ in hits}


@given(vietnamese, st.lists(vietnamese, max_size=4))
def test_what_is_asked_for_more_loosely_is_marked_at_least_where_it_was(query: str, texts: list[str]) -> None:
    pages = [nfc(text) for text in texts]
    asked = parse(query)
    strict, tolerant = (set(Marker(each).page_hits(pages)) for each in (asked, asked.tolerant()))
    assert strict <= tolerant


@given(st.text("abcdeghiklmnopqrstuvxy0123456789", min_size=1, max_size=30))
def test_misreadings_and_parts_of_a_word_are_bounded_and_never_the_word(word: str) -> None:
    read = misreadings(word)
    assert len(read) <= MAX_MISREADINGS
    assert word not in read
    assert all(len(each) >= len(word) - 1 and each.isalnum() for each in read)
    assert all("".join(parts) == word for parts in pieces(word))


@given(*[st.text("abcd", max_size=5)] * 2)
def test_near_is_one_edit_or_turn(one: str, other: str) -> None:
    assert near(one, other) == (OSA.distance(one, other) <= 1)


@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=2, max_size=8).map(tuple))
def test_rows_that_ocr_may_have_made_are_bounded(words: tuple[str, ...]) -> None:
    rows = damaged_rows(words)
    assert len(rows) <= MAX_ROWS
    assert len(rows) == len(set(rows))
