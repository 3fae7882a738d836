"""Repairs one by one, and the checks that every step must pass."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, String

from ingest.engines import pdfa_chain, pdfa_checks
from ingest.engines.fixups import repair
from ingest.engines.fixups_content import freed, recoloured, to_rgb
from ingest.engines.fixups_fonts import substitute
from ingest.engines.pdfa_checks import Look, chosen_pages, difference, look_at, refusals
from ingest.engines.pdfa_clean import clean
from ingest.engines.pdfa_losses import MAX_LOSSES, Losses
from tests.generators.nasty import Canvas, nasty, plain

AT = "2026-01-02T03:04:05.000Z"


def _operators(content: bytes) -> list[pikepdf.ContentStreamInstruction]:
    with Pdf.new() as pdf:
        return list(pikepdf.parse_content_stream(pdf.make_stream(content)))  # type: ignore[arg-type] # no inline images here


def _text(instructions: list[pikepdf.ContentStreamInstruction] | None) -> str:
    return "" if instructions is None else pikepdf.unparse_content_stream(instructions).decode()


# ---------------------------------------------------------------- content


def test_a_stamp_drawn_inside_a_text_object_is_taken_out() -> None:
    """As signing programs of the Government Portal draw it: nothing but the picture between BT and ET."""
    stamp = _operators(b"q BT 1 0 0 1 0.5 1 Tm q 122 0 0 118 0 2 cm /img1 Do Q 122 0 Td ET Q")
    assert _text(freed(stamp)).split() == ["q", "q", "122", "0", "0", "118", "0", "2", "cm", "/img1", "Do", "Q", "Q"]


def test_text_with_a_picture_inside_is_left_alone_for_its_order_matters() -> None:
    assert freed(_operators(b"BT /F1 12 Tf 10 0 Td /img1 Do (x) Tj ET")) is None
    assert freed(_operators(b"BT /F1 12 Tf (x) Tj ET q /img1 Do Q")) is None


def test_black_ink_becomes_neutral_grey_and_colours_become_rgb() -> None:
    assert _text(recoloured(_operators(b"0 0 0 1 k 0 0 0 0.5 K 0 0 m"))).split() == [
        "0",
        "g",
        "0.5",
        "G",
        "0",
        "0",
        "m",
    ]
    assert _text(recoloured(_operators(b"/DeviceCMYK cs 0 0 0 1 scn"))).split() == ["0", "g", "0", "g"]
    assert _text(recoloured(_operators(b"1 0 0 0 k"))).endswith("rg")
    assert recoloured(_operators(b"1 0 0 rg /CS0 cs 0.5 scn")) is None


@pytest.mark.parametrize(
    "ink",
    [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 1, 1, 0), (1, 1, 0, 0), (0.3, 0.6, 0.1, 0.2), (0.1, 0.2, 0.9, 0.4)],
)
def test_converted_colours_look_as_pdfium_shows_the_inks(ink: tuple[float, ...], tmp_path: Path) -> None:
    """pdfium has its own tables of the press's colours: an independent second opinion."""

    def fill(paper: Canvas) -> None:
        paper.setFillColorCMYK(*ink)
        paper.rect(0, 0, 600, 850, fill=1)

    path = plain(tmp_path / "ink.pdf", lines=(), draw=fill)
    with pdfa_checks.opened(path) as document:
        shown = document[0].render(scale=0.1).to_numpy()[40, 30, ::-1]
    assert np.abs(shown.astype(float) - np.array(to_rgb(ink))).max() < 40


def test_layers_are_merged_only_when_all_are_visible(tmp_path: Path) -> None:
    for hidden, left in ((False, False), (True, True)):
        path = plain(tmp_path / f"layers-{hidden}.pdf")
        with Pdf.open(path, allow_overwriting_input=True) as pdf:
            group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lớp 1")))
            default = Dictionary(OFF=Array([group])) if hidden else Dictionary()
            pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([group]), D=default)
            pdf.pages[0]["/Resources"]["/Properties"] = Dictionary(MC0=group)
            pdf.pages[0].contents_add(b"/OC /MC0 BDC 0 0 100 100 re f EMC")
            repair(pdf, Losses(), keep_layers=False, keep_cmyk=False)
            assert ("/OCProperties" in pdf.Root) is left
            assert (b"/OC /MC0 BDC" in pdf.pages[0]["/Contents"].read_bytes() if not left else True) is left


def test_a_hidden_note_is_not_made_visible(tmp_path: Path) -> None:
    losses = Losses()
    with Pdf.open(nasty(tmp_path)["10-annotations"]) as pdf:
        repair(pdf, losses, keep_layers=False, keep_cmyk=False)
        notes = [str(a.get("/Contents", "")) for a in pdf.pages[0]["/Annots"].as_list()]
    assert "hidden" not in notes
    assert "Ghi chú của lãnh đạo: đồng ý" in notes
    assert "hidden-annotation:p1 hidden" in losses.entries()
    assert "annotation:p1 FreeText But phe: chuyen phong TCHC" in losses.entries()


def test_what_starts_by_itself_goes_and_is_told_apart_from_a_first_view(tmp_path: Path) -> None:
    script = Dictionary(S=Name.JavaScript, JS=String("1"))
    for action, told in (
        (Array([0, Name.Fit]), "first-view"),
        (Dictionary(S=Name.GoTo, D=Array([0, Name.Fit])), "first-view"),
        (Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]), Next=script), "open-action:GoTo"),
        (Dictionary(S=Name.Launch, F=String("calc.exe")), "open-action:Launch"),
    ):
        losses = Losses()
        with Pdf.open(plain(tmp_path / "a.pdf")) as pdf:
            pdf.Root["/OpenAction"] = action
            clean(pdf, losses)
            assert "/OpenAction" not in pdf.Root
        assert losses.entries() == [told]


# ---------------------------------------------------------------- fonts


@pytest.mark.parametrize("name", ["/.VnTime", "/ABCDEF+.VnTimeH", "/VnArial", "/VNI-Times", "/Symbol", "/Wingdings"])
def test_no_substitute_where_guessing_destroys_text(name: str) -> None:
    assert substitute(name, 32) is None


def test_a_substitute_has_the_family_and_style_that_the_name_tells() -> None:
    found = [substitute(name, 32) for name in ("/TimesNewRomanPS-BoldItalicMT", "/ArialMT", "/Courier-Oblique")]
    assert [path.name if path else None for path in found] == [
        "LiberationSerif-BoldItalic.ttf",
        "LiberationSans-Regular.ttf",
        "LiberationMono-Italic.ttf",
    ]


def test_a_substituted_font_keeps_the_advance_of_every_letter(tmp_path: Path) -> None:
    source = nasty(tmp_path)["03-truetype-not-embedded"]
    scratch = tmp_path / "task"
    scratch.mkdir()
    answer = pdfa_chain.convert(scratch, str(source), AT)
    with Pdf.open(scratch / answer["outputs"]["pdf"]) as pdf:
        font = pdf.pages[0]["/Resources"]["/Font"]["/F9"]
        widths = [float(w) for w in font.Widths.as_list()]
        assert "/FontFile2" in font.FontDescriptor
    assert {round(widths[code]) for code in b"Uybannhandantinh"} == {500}


# ---------------------------------------------------------------- checks


def _look(pages: int = 2, letters: str = "abc", grey: float = 255.0, size_bytes: int = 1000) -> Look:
    return Look(pages, Counter(letters), {i: np.full((4, 4), grey, np.float32) for i in range(pages)}, size_bytes)


def test_a_lost_page_or_letter_is_refused_and_a_gained_letter_is_not() -> None:
    assert [name for name, _ in refusals(_look(), _look(pages=1))] == ["pages"]
    assert [name for name, _ in refusals(_look(letters="aab"), _look(letters="ab"))] == ["letters"]
    assert refusals(_look(letters="ab"), _look(letters="abc")) == []


def test_one_changed_square_of_one_page_is_enough_to_refuse() -> None:
    after = _look()
    after.pictures[1][2, 2] = 150
    found = refusals(_look(), after)
    assert [name for name, _ in found] == ["picture"]
    assert "page 2" in found[0][1]


def test_a_copy_that_grew_beyond_reason_is_refused() -> None:
    assert [name for name, _ in refusals(_look(), _look(size_bytes=3 << 20))] == ["size"]
    assert refusals(_look(), _look(size_bytes=2 << 20), as_pictures=True) == []


def test_pages_of_another_shape_differ_wholly() -> None:
    assert difference(np.zeros((4, 4)), np.zeros((4, 9))) == (255.0, 255.0)


@pytest.mark.parametrize("stroke", [1, 2, 4])
def test_a_missing_seal_is_seen_however_thin(stroke: int, tmp_path: Path) -> None:
    def seal(paper: Canvas) -> None:
        paper.setStrokeColorRGB(0.8, 0.1, 0.1)
        paper.setLineWidth(stroke)
        paper.circle(420, 300, 50)

    sealed, bare = plain(tmp_path / "sealed.pdf", draw=seal), plain(tmp_path / "bare.pdf")
    assert [name for name, _ in refusals(look_at(sealed), look_at(bare))] == ["picture"]
    assert refusals(look_at(sealed), look_at(sealed)) == []


@given(st.integers(0, 20_000))
def test_compared_pages_are_spread_from_first_to_last_and_bounded(count: int) -> None:
    chosen = chosen_pages(count)
    assert len(chosen) <= pdfa_checks.MAX_COMPARED_PAGES
    assert chosen == sorted(set(chosen))
    if count:
        assert (chosen[0], chosen[-1]) == (0, count - 1)


# ---------------------------------------------------------------- losses


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.text(max_size=400))))
def test_a_hostile_file_cannot_make_the_record_grow_or_break_its_lines(entries: list[tuple[str, str]]) -> None:
    losses = Losses()
    for code, detail in entries * 3:
        losses.add(code, detail)
    found = losses.entries()
    assert len(found) == len(set(found)) <= MAX_LOSSES
    assert all(entry.isprintable() and len(entry) < 140 for entry in found)


def test_the_record_of_losses_is_bounded() -> None:
    losses = Losses()
    for number in range(1000):
        losses.add("annotation", number)
    assert len(losses.entries()) == MAX_LOSSES
