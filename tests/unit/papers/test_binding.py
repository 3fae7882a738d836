"""Many PDF/A files become one: pages in order, marks and links that lead to them, nothing claimed that is not so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from ingest.engines.book import bind
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import write
from tests.fakes.pdf_texts import page_texts
from tests.generators.set_papers import paper

AT = "2026-11-29T00:00:00.000Z"
Change = Callable[[Pdf], None]


def _document(path: Path, *pages: str, change: Change | None = None, as_pdfa: bool = True) -> Path:
    """A PDF with a text on each page; PDF/A-2u unless something is changed that forbids it."""
    blocks: list[dict[str, Any]] = [block for text in pages for block in ({"text": text}, {"break": True})]
    with paper(blocks[:-1], word_page="{page}/{pages}") as pdf:
        if change is not None:
            change(pdf)
        if as_pdfa:
            assert write(pdf, path, flavour="2u", at=AT, losses=Losses()).verdict == "pass"
        else:
            pdf.save(path, deterministic_id=True)
    return path


@dataclass
class Bound:
    said: dict[str, Any]
    path: Path

    @property
    def files(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.said["files"]
        return found

    def texts(self) -> list[str]:
        return page_texts(self.path)

    def marks(self) -> list[tuple[str, int]]:
        with pdfium.PdfDocument(self.path) as document:
            return [(mark.get_title(), mark.get_dest().get_index()) for mark in document.get_toc()]


def _bind(folder: Path, files: Sequence[tuple[Path, bool]], name: str = "book") -> Bound:
    room = folder / name
    room.mkdir()
    front = folder / f"{name}.jsonl"
    blocks: list[dict[str, Any]] = [
        {"text": "HỒ SƠ", "style": "Bold"},
        {"break": True},
        {"table": [{"heading": heading, "width": 1} for heading in ("Tên", "Trang", "Ghi chú")]},
        *({"row": [path.stem, "", "gốc"], "files": [number]} for number, (path, _) in enumerate(files)),
        {"row": ["không tệp", "", "chưa có tệp"]},
        {"end": True},
    ]
    front.write_text("".join(json.dumps(block) + "\n" for block in blocks), encoding="utf-8")
    plan = {
        "title": "Hồ sơ 1",
        "front": str(front),
        "files": [{"path": str(path), "title": f"Văn bản {path.stem}", "kept": kept} for path, kept in files],
        "page_column": 1,
        "note_column": 2,
        "word_page": "Trang {page}/{pages}",
        "contents": "Mục lục",
        "pictured": "ảnh trang",
        "unbound": "không gộp được: {why}",
    }
    (folder / f"{name}.json").write_text(json.dumps(plan), encoding="utf-8")
    said = bind(room, str(folder / f"{name}.json"), AT)
    return Bound(said, room / said["outputs"]["pdf"])


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Bound:
    folder = tmp_path_factory.mktemp("three")
    files = [
        (_document(folder / "một.pdf", "đầu một", "hai một"), False),
        (_document(folder / "hai.pdf", "đầu hai"), False),
        (_document(folder / "ba.pdf", "đầu ba", "hai ba", "ba ba"), False),
    ]
    return _bind(folder, files)


def test_a_book_is_pdfa_as_measured_with_all_pages_in_order(three: Bound) -> None:
    assert (three.said["flavour"], three.said["verdict"], three.said["pages"]) == ("2b", "pass", 8)
    found = [
        re.sub(r"\s.*", "", text.replace("đầu ", "1").replace("hai ", "2").replace("ba ", "3"))
        for text in three.texts()[2:]
    ]
    assert found == ["1một", "2một", "1hai", "1ba", "2ba", "3ba"]
    assert [(file["first"], file["pages"], file["how"]) for file in three.files] == [
        (3, 2, "as-is"),
        (5, 1, "as-is"),
        (6, 3, "as-is"),
    ]


def test_each_document_has_a_bookmark_at_its_first_page(three: Bound) -> None:
    assert three.marks() == [("Mục lục", 0), ("Văn bản một", 2), ("Văn bản hai", 4), ("Văn bản ba", 5)]


def test_the_contents_name_the_pages_and_lead_to_them(three: Bound) -> None:
    contents = " ".join(three.texts()[1].split())
    assert "một 3 gốc" in contents
    assert "hai 5 gốc" in contents
    assert "ba 6 gốc" in contents
    assert "Trang 2/8" in contents
    with pikepdf.open(three.path) as pdf:
        pages = [page.obj.objgen for page in pdf.pages]
        targets = [pages.index(link.Dest[0].objgen) for link in pdf.pages[1].obj.Annots]
    assert targets == [2, 4, 5]


def test_binding_again_gives_the_same_bytes(three: Bound, tmp_path: Path) -> None:
    folder = three.path.parents[1]
    again = _bind(folder, [(folder / f"{name}.pdf", False) for name in ("một", "hai", "ba")], "again")
    assert again.path.read_bytes() == three.path.read_bytes()


def test_a_broken_file_is_told_and_the_others_are_bound(tmp_path: Path) -> None:
    broken = tmp_path / "hỏng.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing\n%%EOF")
    bound = _bind(tmp_path, [(broken, False), (_document(tmp_path / "lành.pdf", "lành"), False)])
    assert bound.said["verdict"] == "pass"
    assert [file["first"] for file in bound.files] == [0, 3]
    assert str(tmp_path) not in bound.files[0]["how"]
    contents = " ".join(bound.texts()[1].split())
    assert "không gộp được" in contents
    assert bound.marks() == [("Mục lục", 0), ("Văn bản lành", 2)]


def _with_field(pdf: Pdf) -> None:
    """A form field that shows a text, as a signature's appearance does."""
    page = pdf.pages[0].obj
    font = page.Resources.Font
    form = pdf.make_stream(b"BT /R 20 Tf 5 5 Td <0001> Tj ET", Type=Name.XObject, Subtype=Name.Form)
    form.BBox, form.Resources = Array([0, 0, 100, 40]), Dictionary(Font=font)
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=pikepdf.String("Chữ ký"),
            F=4,
            Rect=Array([100, 100, 200, 140]),
            AP=Dictionary(N=form),
        )
    )
    page.Annots = Array([field])
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), DA=pikepdf.String("/R 10 Tf"))


def test_what_a_form_shows_is_still_seen_and_the_form_is_gone(tmp_path: Path) -> None:
    source = _document(tmp_path / "a.pdf", "Đơn", change=_with_field, as_pdfa=False)
    bound = _bind(tmp_path, [(source, True)])
    assert (bound.said["verdict"], bound.files[0]["how"]) == ("pass", "clean")
    assert bound.texts()[2].count("Đ") == 2
    with pikepdf.open(bound.path) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/Annots" not in pdf.pages[2].obj


def _with_layers(pdf: Pdf) -> None:
    """A layer that is switched off: its text is not seen."""
    page = pdf.pages[0].obj
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=pikepdf.String("ẩn")))
    page.Resources.Properties = Dictionary(L=layer)
    page.Contents = Array([pdf.make_stream(b"/OC /L BDC BT /R 300 Tf 50 300 Td <0001> Tj ET EMC"), *page.Contents])
    pdf.Root.OCProperties = Dictionary(
        OCGs=Array([layer]), D=Dictionary(Name=pikepdf.String("D"), OFF=Array([layer]), Order=Array([layer]))
    )


def test_what_a_layer_hides_does_not_appear_in_the_book(tmp_path: Path) -> None:
    plain = _bind(tmp_path, [(_document(tmp_path / "a.pdf", "Đơn"), False)], "plain")
    source = _document(tmp_path / "b.pdf", "Đơn", change=_with_layers, as_pdfa=False)
    layered = _bind(tmp_path, [(source, False)], "layered")
    assert layered.said["verdict"] == "pass"

    def darkness(path: Path) -> int:
        with pdfium.PdfDocument(path) as document:
            return int((255 - document[2].render(scale=0.5, grayscale=True).to_numpy().astype(int)).sum())

    # The hidden letter is 300 points high: it would blacken a hundred times as much as the text beside it.
    assert darkness(layered.path) < 2 * darkness(plain.path)


def _with_links(pdf: Pdf) -> None:
    def link(**more: Any) -> pikepdf.Object:  # noqa: ANN401 - of a dictionary
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Link, F=4, Rect=Array([0, 0, 9, 9]), Border=Array([0, 0, 0]), **more
            )
        )

    outside = link(A=Dictionary(S=Name.URI, URI=pikepdf.String("https://example.vn/")))
    pdf.pages[0].obj.Annots = Array([link(Dest=Array([pdf.pages[1].obj, Name.Fit])), outside])


def test_links_inside_a_document_go_and_those_out_of_it_stay(tmp_path: Path) -> None:
    source = _document(tmp_path / "a.pdf", "một", "hai", change=_with_links)
    bound = _bind(tmp_path, [(source, False)])
    assert bound.said["verdict"] == "pass"
    with pikepdf.open(bound.path) as pdf:
        (left,) = pdf.pages[2].obj.Annots
        assert str(left.A.URI) == "https://example.vn/"
        assert len(pdf.pages) == 4


def _without_font_program(pdf: Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, Dictionary) and "/FontFile2" in thing:
            del thing["/FontFile2"]


def test_a_book_that_is_measured_to_be_no_pdfa_does_not_claim_to_be_one(tmp_path: Path) -> None:
    source = _document(tmp_path / "a.pdf", "Đơn", change=_without_font_program, as_pdfa=False)
    bound = _bind(tmp_path, [(source, False)])
    assert bound.said["flavour"] is None
    assert bound.said["verdict"] != "pass"
    assert bound.said["rules"]
    with pikepdf.open(bound.path) as pdf:
        assert b"pdfaid:part" not in pdf.Root.Metadata.read_bytes()
        assert len(pdf.pages) == 3


def test_a_kept_file_that_is_no_pdfa_after_all_is_made_one(tmp_path: Path) -> None:
    def javascript(pdf: Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))

    source = _document(tmp_path / "a.pdf", "Đơn", change=javascript, as_pdfa=False)
    bound = _bind(tmp_path, [(source, True)])
    assert (bound.said["flavour"], bound.files[0]["how"]) == ("2b", "clean")
    with pikepdf.open(bound.path) as pdf:
        assert "/OpenAction" not in pdf.Root


def test_a_book_without_files_is_its_front(tmp_path: Path) -> None:
    bound = _bind(tmp_path, [])
    assert (bound.said["pages"], bound.said["front"], bound.said["verdict"]) == (2, 2, "pass")
    assert "chưa có tệp" in bound.texts()[1]


def test_files_in_several_lots_are_one_book(tmp_path: Path) -> None:
    source = _document(tmp_path / "a.pdf", "một")
    bound = _bind(tmp_path, [(source, False)] * 45)
    assert bound.said["pages"] == 45 + bound.said["front"]
    assert [file["first"] for file in bound.files] == list(range(bound.said["front"] + 1, bound.said["pages"] + 1))
    assert len(bound.marks()) == 46
