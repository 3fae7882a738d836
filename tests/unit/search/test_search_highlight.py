"""Snippets, page numbers and places."""

from __future__ import annotations

from search.highlight import MAX_PAGE_HITS, Marker, beginning, printable
from search.query import parse

FILLER = "đệm " * 300


def test_the_page_with_most_of_the_words_is_shown_and_of_equals_the_first() -> None:
    pages = ["kế", FILLER, "kế hoạch", "kế hoạch"]
    snippet = Marker(parse("kế hoạch")).best(pages)
    assert snippet is not None
    assert (snippet.page, snippet.html) == (3, "<em>kế</em> <em>hoạch</em>")


def test_a_page_with_the_marks_as_typed_is_preferred() -> None:
    snippet = Marker(parse("bán")).best(["bàn ban", "bán"])
    assert snippet is not None
    assert (snippet.page, snippet.html) == (2, "<em>bán</em>")


def test_a_phrase_is_marked_only_where_it_stands_as_a_phrase() -> None:
    marker = Marker(parse('"ủy ban"'))
    text = "ủy viên, ban hành, Uỷ ban nhân dân"
    assert [text[mark.start : mark.end] for mark in marker.marks(text)] == ["Uỷ", "ban"]
    assert marker.best(["ủy viên ban", "không"]) is None


def test_a_phrase_is_found_behind_many_pages_that_have_its_words_apart() -> None:
    snippet = Marker(parse('"ủy ban"')).best(["ban ủy"] * 50 + ["ủy ban"])
    assert snippet is not None
    assert snippet.page == 51


def test_a_phrase_over_a_page_break_is_shown_on_the_page_where_it_begins() -> None:
    pages = [FILLER + "phát triển kinh", "  ", "tế xã hội " + FILLER]
    marker = Marker(parse('"kinh tế xã"'))
    snippet = marker.best(pages)
    assert snippet is not None
    assert snippet.page == 1
    assert snippet.html.endswith("<em>kinh</em>")
    assert [(page, pages[page - 1][start:end]) for page, start, end in marker.page_hits(pages)] == [
        (1, "kinh"), (3, "tế"), (3, "xã"),
    ]  # fmt: skip


def test_words_prefixes_and_numbers_are_marked_and_negations_are_not() -> None:
    marker = Marker(parse("tài* 222/qd-ttg -mật cao"))
    text = "Tài sản tại Quyết định 0222/QĐ-TTg mật độ cao, tai nạn, QĐ 222"
    marks = [text[mark.start : mark.end] for mark in marker.marks(text)]
    assert marks == ["Tài", "tại", "0222", "QĐ", "TTg", "cao", "tai"]


def test_a_snippet_is_a_window_around_the_best_stretch() -> None:
    text = "hỗ " + FILLER + "hỗ trợ người nghèo " + FILLER
    passage = Marker(parse("hỗ trợ người nghèo")).passage(text)
    assert passage is not None
    assert "<em>hỗ</em> <em>trợ</em> <em>người</em> <em>nghèo</em>" in passage
    assert passage.startswith("… ")
    assert passage.endswith(" …")
    assert len(passage) < 500


def test_a_text_without_blanks_gives_a_bounded_snippet() -> None:
    passage = Marker(parse("xx*")).passage("x" * 50_000 + " xxa " + "x" * 50_000)
    assert passage is not None
    assert len(passage) < 1000


def test_nothing_of_the_text_can_become_markup_or_steer_a_terminal() -> None:
    assert printable("a<b>&\"'\x1b[31m\u202eabc\n\n  d\x00") == "a&lt;b&gt;&amp;&quot;&#x27;[31mabc d"
    passage = Marker(parse("em")).passage("<em>em</em>\x1b]0;")
    assert passage == "&lt;<em>em</em>&gt;<em>em</em>&lt;/<em>em</em>&gt;]0;"


def test_the_beginning_of_a_long_text_ends_with_a_word() -> None:
    assert beginning("ngắn\n gọn") == "ngắn gọn"
    long = beginning("chữ " * 200)
    assert long.endswith("chữ …")
    assert len(long) < 300


def test_a_query_of_fields_alone_marks_nothing() -> None:
    assert not Marker(parse("số:222 -mật"))


def test_places_are_bounded() -> None:
    assert len(Marker(parse("a")).page_hits(["a " * 30_000] * 2)) == MAX_PAGE_HITS


def test_a_page_with_the_words_of_a_phrase_apart_is_no_hit_beside_one_that_has_it() -> None:
    marker = Marker(parse('"ban ủy" sách'))
    assert marker.weight("ủy ban") == 0
    snippet = marker.best(["ủy ban", "sách"])
    assert snippet is not None
    assert snippet.page == 2
