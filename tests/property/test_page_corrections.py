"""Corrections of a page: whatever is edited, text and boxes agree, and nothing changes but what an edit names."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ingest.pages import joined
from metadata.page_corrections import Edit, EditRefusedError, confirmed, edited, edits_between, page_tag
from metadata.texts import PageText, Word

_LETTERS = st.text(st.sampled_from("aăâđeêôơưộứ0123456789/-.,ABC"), min_size=1, max_size=8)
_TYPED = st.text(st.sampled_from("aăđeô\u0301\u0323 0189/-\n"), max_size=12)


@st.composite
def pages(draw: st.DrawFn) -> PageText:
    lines = draw(st.lists(st.lists(_LETTERS, max_size=6), min_size=1, max_size=5))
    laid = [
        [
            (word, 0.1 + 0.12 * column, 0.05 + 0.08 * row, 0.2 + 0.12 * column, 0.1 + 0.08 * row, float(30 + len(word)))
            for column, word in enumerate(line)
        ]
        for row, line in enumerate(lines)
    ]
    text, words = joined(laid)
    return PageText(page=1, text=text, source="ocr", confidence=50.0, words=words, doubtful="low-confidence")


@st.composite
def edits_of(draw: st.DrawFn, page: PageText) -> list[Edit]:
    cuts = draw(st.lists(st.integers(0, len(page.text)), max_size=8, unique=True))
    places = sorted(cuts)
    return [Edit(start, end, draw(_TYPED)) for start, end in zip(places[::2], places[1::2], strict=False)]


def _plainly(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _agrees(page: PageText) -> None:
    assert unicodedata.is_normalized("NFC", page.text)
    at = 0
    for word in page.words:
        assert at <= word.start < word.end <= len(page.text)
        assert not any(letter.isspace() for letter in page.text[word.start : word.end])
        left, top, right, bottom = word.box
        assert 0 <= left <= right <= 1
        assert 0 <= top <= bottom <= 1
        at = word.end


@given(st.data(), pages())
def test_any_sequence_of_corrections_leaves_text_and_boxes_at_one(data: st.DataObject, page: PageText) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        edits = data.draw(edits_of(page))
        try:
            after = edited(page, edits)
        except EditRefusedError:
            # An accent that would fall on a letter outside of the edit: the whole word has to be sent.
            assert not unicodedata.is_normalized("NFC", _plainly(page.text, edits))
            continue
        _agrees(after)
        assert after.text == unicodedata.normalize("NFC", _plainly(page.text, edits))
        assert after.doubtful == ""
        page = after


@given(st.data(), pages())
def test_a_word_that_no_edit_touches_keeps_place_and_confidence(data: st.DataObject, page: PageText) -> None:
    edits = data.draw(edits_of(page))
    try:
        after = edited(page, edits)
    except EditRefusedError:
        return
    for word in page.words:
        if any(word.start <= edit.end and edit.start <= word.end for edit in edits):
            continue
        here = [one for one in after.words if (one.box, one.confidence) == (word.box, word.confidence)]
        texts = [after.text[one.start : one.end] for one in here]
        assert page.text[word.start : word.end] in texts


@given(pages())
def test_every_word_of_a_line_with_a_place_has_one(page: PageText) -> None:
    """Split, joined and added words are found on the page."""
    first = next((word for word in page.words), None)
    if first is None:
        return
    after = edited(page, [Edit(first.start, first.end, "một hai ba")])
    assert [after.text[word.start : word.end] for word in after.words[:3]] == ["một", "hai", "ba"]
    lefts = [word.box[0] for word in after.words[:3]]
    assert lefts == sorted(lefts)
    assert after.words[0].box[0] == first.box[0]
    assert abs(after.words[2].box[2] - first.box[2]) <= 0.001


@given(pages(), pages())
def test_whole_texts_become_edits_that_give_exactly_them(page: PageText, other: PageText) -> None:
    assert _plainly(page.text, edits_between(page.text, other.text)) == other.text
    after = edited(page, edits_between(page.text, other.text))
    assert after.text == other.text
    _agrees(after)


@given(pages())
def test_no_edit_changes_nothing_but_the_doubt(page: PageText) -> None:
    assert edited(page, []) == confirmed(page)
    assert page_tag(confirmed(page)) != page_tag(page)
    assert edits_between(page.text, page.text) == []


@given(st.data(), pages())
def test_digits_change_only_where_an_edit_stands(data: st.DataObject, page: PageText) -> None:
    edits = data.draw(edits_of(page))
    digits = "".join(letter for letter in _plainly(page.text, edits) if letter.isdigit())
    try:
        after = edited(page, edits)
    except EditRefusedError:
        return
    assert "".join(letter for letter in after.text if letter.isdigit()) == digits


def _line(*words: tuple[str, float, float]) -> PageText:
    text, placed = joined([[(word, left, 0.1, right, 0.2, 60.0) for word, left, right in words]])
    return PageText(page=1, text=text, source="ocr", confidence=60.0, words=placed, doubtful="low-confidence")


def _told(page: PageText) -> list[tuple[str, Word]]:
    return [(page.text[word.start : word.end], word) for word in page.words]


def test_joined_words_have_the_room_of_both() -> None:
    page = _line(("Quyết", 0.1, 0.2), ("đ", 0.25, 0.27), ("ịnh", 0.28, 0.35))
    after = _told(edited(page, [Edit(7, 8, "")]))
    assert [word for word, _ in after] == ["Quyết", "định"]
    assert after[1][1].box == (0.25, 0.1, 0.35, 0.2)
    assert after[1][1].confidence is None
    assert after[0][1].confidence == 60.0


def test_a_missing_word_stands_in_the_gap_between_its_neighbours() -> None:
    page = _line(("Số", 0.1, 0.2), ("năm", 0.5, 0.6))
    after = _told(edited(page, [Edit(2, 2, " 45/QĐ")]))
    assert [word for word, _ in after] == ["Số", "45/QĐ", "năm"]
    assert after[1][1].box == (0.2, 0.1, 0.5, 0.2)


def test_a_line_where_nothing_was_read_is_text_without_a_place() -> None:
    page = PageText(page=1, text="", source="none", doubtful="no-words")
    after = edited(page, edits_between("", "Điều 1\nĐiều 2"))
    assert (after.text, after.words, after.doubtful, after.source) == ("Điều 1\nĐiều 2", (), "", "typed")
