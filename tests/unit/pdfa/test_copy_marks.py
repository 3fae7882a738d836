"""The note of a copy (TT 05/2025, Decree 30/2020): where it stands, in which letters, on which bytes."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Array, Dictionary, Name

from ingest.engines.copy_mark import mark
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import write
from tests.generators.set_papers import paper as set_paper

AT = "2026-12-01T02:03:04.567Z"
NOTE = ("BẢN SAO", "Trung tâm Lưu trữ lịch sử tỉnh", "2026-12-01T09:03:04+07:00")


def paper(folder: Path, *, box: tuple[int, ...] = (), rotate: int = 0, crop: tuple[int, ...] = ()) -> Path:
    """Two pages of PDF/A, the first one turned and cut as told."""
    path = folder / "paper.pdf"
    with set_paper([{"text": "Trang một"}, {"break": True}, {"text": "Trang hai"}]) as pdf:
        first = pdf.pages[0].obj
        if box:
            first.MediaBox = Array(list(box))
        if crop:
            first.CropBox = Array(list(crop))
        if rotate:
            first.Rotate = rotate
        assert write(pdf, path, flavour="2u", at=AT, losses=Losses()).verdict == "pass"
    return path


def marked(folder: Path, source: Path, note: tuple[str, ...] = NOTE, **how: bool) -> tuple[dict[str, object], Path]:
    room = folder / "room"
    room.mkdir()
    answer = mark(room, str(source), AT, list(note), claim="2u", **how)
    return answer, room / str(answer.get("outputs", {}).get("pdf", "none"))


def words_with_place(path: Path, page: int = 0) -> dict[str, tuple[float, float]]:
    """Each line of the text of a page as it is seen, with its place as shares of the visible page from the top left."""
    with pdfium.PdfDocument(path) as document:
        seen = document[page]
        width, height = seen.get_size()
        text = seen.get_textpage()
        left, bottom, right, top = seen.get_cropbox() or seen.get_mediabox()
        found = {}
        for number in range(text.count_rects()):
            rect = text.get_rect(number)
            x, y = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
            across, down = {
                0: ((x - left) / (right - left), (top - y) / (top - bottom)),
                90: ((y - bottom) / (top - bottom), (x - left) / (right - left)),
                180: ((right - x) / (right - left), (y - bottom) / (top - bottom)),
                270: ((top - y) / (top - bottom), (right - x) / (right - left)),
            }[seen.get_rotation()]
            found[text.get_text_bounded(*rect).strip()] = (across, down)
        text.close()
        seen.close()
        assert width > 0 < height
        return found


def test_the_note_stands_in_the_upper_right_corner_of_the_first_page_alone(tmp_path: Path) -> None:
    answer, made = marked(tmp_path, paper(tmp_path))
    assert (answer["flavour"], answer["replaced"]) == ("2u", 0)
    places = words_with_place(made)
    for line in NOTE:
        across, down = places[line]
        assert across > 0.6
        assert down < 0.08
    assert places[NOTE[0]][1] < places[NOTE[1]][1] < places[NOTE[2]][1], "in this order"
    assert set(words_with_place(made, 1)) == {"Trang hai"}


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [(), (100, 50, 500, 780)])
def test_it_stands_there_as_people_see_the_page(tmp_path: Path, rotate: int, crop: tuple[int, ...]) -> None:
    """Scans are turned by a word of the page, and cut; the corner is the one that is seen."""
    _, made = marked(tmp_path, paper(tmp_path, box=(-20, -30, 575, 812), rotate=rotate, crop=crop))
    across, down = words_with_place(made)["BẢN SAO"]
    assert across > 0.75
    assert down < 0.06


def test_letters_are_upright_black_10_of_the_widths_of_times(tmp_path: Path) -> None:
    """Decree 30/2020, Annex I: Times New Roman 10, upright, black; Liberation Serif has its widths."""
    _, made = marked(tmp_path, paper(tmp_path))
    with pikepdf.open(made) as pdf:
        last = pdf.pages[0].obj.Contents[-1].read_bytes()
        (font,) = (f for k, f in pdf.pages[0].resources.Font.items() if k.startswith("/Copy"))
        name = str(font.BaseFont)
    assert b"0 g" in last
    assert b" 10 Tf" in last
    assert name.endswith("LiberationSerif-Regular")


def test_what_the_page_shows_beside_the_note_is_untouched(tmp_path: Path) -> None:
    source = paper(tmp_path)
    _, made = marked(tmp_path, source)
    before, after = words_with_place(source), words_with_place(made)
    assert before.items() <= after.items()
    assert set(after) == {*before, *NOTE}


def test_a_page_that_leaves_its_matrix_turned_does_not_turn_the_note(tmp_path: Path) -> None:
    source = paper(tmp_path)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        pdf.pages[0].contents_add(pdf.make_stream(b"0.5 0 0 0.5 100 100 cm 1 0 0 rg"))
        pdf.save(source)
    _, made = marked(tmp_path, source)
    across, down = words_with_place(made)["BẢN SAO"]
    assert across > 0.75
    assert down < 0.06


def test_a_long_name_of_an_archive_goes_on_below(tmp_path: Path) -> None:
    name = "Trung tâm Lưu trữ lịch sử thuộc Sở Nội vụ tỉnh Quảng Ngãi và các đơn vị trực thuộc trung tâm"
    _, made = marked(tmp_path, paper(tmp_path), ("BẢN SAO", name, NOTE[2]))
    lines = [line for line in words_with_place(made) if line in name]
    assert " ".join(lines) == name
    assert len(lines) == 2


def test_two_pages_that_share_their_fonts_are_not_both_changed(tmp_path: Path) -> None:
    source = paper(tmp_path)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        shared = pdf.make_indirect(pdf.pages[0].obj.Resources)
        pdf.pages[0].obj.Resources = pdf.pages[1].obj.Resources = shared
        pdf.save(source)
    _, made = marked(tmp_path, source)
    with pikepdf.open(made) as pdf:
        assert "/CopyNote" in pdf.pages[0].resources["/Font"]
        assert "/CopyNote" not in pdf.pages[1].resources["/Font"]


def test_the_same_copy_at_the_same_time_has_the_same_bytes(tmp_path: Path) -> None:
    source = paper(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    _, one = marked(tmp_path / "a", source)
    _, other = marked(tmp_path / "b", source)
    assert one.read_bytes() == other.read_bytes()


def test_a_kept_original_goes_through_the_converter_and_loses_its_signature_fields(tmp_path: Path) -> None:
    """Its pages leave as a copy; what is signed is the original, which goes along untouched."""
    source = paper(tmp_path)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        field = pdf.make_indirect(Dictionary(FT=Name.Sig, T=pikepdf.String("Sig1"), V=Dictionary(Type=Name.Sig)))
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)
        pdf.save(source)
    answer, made = marked(tmp_path, source, kept=True)
    assert answer["flavour"] in {"2b", "2u"}
    with pikepdf.open(made) as pdf:
        assert "/AcroForm" not in pdf.Root
    assert words_with_place(made)["BẢN SAO"]


def test_a_copy_claims_no_more_than_was_measured_of_what_it_is_made_from(tmp_path: Path) -> None:
    """That every letter has its Unicode value is not measured again here."""
    room = tmp_path / "room"
    room.mkdir()
    assert mark(room, str(paper(tmp_path)), AT, list(NOTE), claim="2b")["flavour"] == "2b"


def test_what_cannot_be_marked_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing\n%%EOF\n")
    answer, _ = marked(tmp_path, broken)
    assert answer["flavour"] is None
    assert answer["detail"]
    assert "outputs" not in answer
    assert str(broken) not in str(answer["detail"])
