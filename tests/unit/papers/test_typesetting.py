"""Papers of the archive's own: PDF/A as written, every letter of every text on the page, whatever it looks like."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from ingest.engines.paper import typeset
from tests.fakes.pdf_texts import page_texts

AT = "2026-11-29T00:00:00.000Z"
HOSTILE = '=HYPERLINK("http://x","y") <script>alert(1)</script> @SUM(A1) {page} %PDF ) Tj ET (\\'


def _set(folder: Path, blocks: Sequence[Mapping[str, Any]], name: str = "a") -> tuple[dict[str, Any], Path]:
    room = folder / name
    room.mkdir()
    source = folder / f"{name}.jsonl"
    source.write_text("".join(json.dumps(block) + "\n" for block in blocks), encoding="utf-8")
    said = typeset(room, str(source), AT, "Mục lục", "Trang {page}/{pages}")
    return said, room / said["outputs"]["pdf"]


def _texts(path: Path) -> list[str]:
    # pdfium marks the hyphen at the end of a line with a sign of its own.
    return [unicodedata.normalize("NFC", t.replace("\x02", "-").replace("\ufffe", "-")) for t in page_texts(path)]


def _table(*headings: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of a block
    return {"table": [{"heading": heading, "width": 1} for heading in headings], **more}


def _squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """A list of 120 rows over several pages."""
    rows = [{"row": [str(n), f"Hồ sơ số {n} về đất đai ở xã Mường Ẳng"]} for n in range(1, 121)]
    blocks: list[dict[str, Any]] = [
        {
            "pair": [
                [{"text": "SỞ NỘI VỤ", "style": "Bold", "rule": 0.5}],
                [{"text": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"}],
            ]
        },
        {"text": "MỤC LỤC", "style": "Bold", "align": "center", "after": 4},
        _table("Số TT", "Tiêu đề", numbered=True, size=10),
        *rows,
        {"end": True},
        {"text": "Người lập", "style": "Italic", "align": "right"},
    ]
    return _set(tmp_path_factory.mktemp("long"), blocks)


def test_a_paper_is_pdfa_2u_by_the_checker_and_says_so(long: tuple[dict[str, Any], Path]) -> None:
    said, path = long
    assert (said["flavour"], said["verdict"], said["rules"], said["replaced"]) == ("2u", "pass", [], 0)
    with pikepdf.open(path) as pdf:
        packet = pdf.Root.Metadata.read_bytes()
        assert b"<pdfaid:conformance>U</pdfaid:conformance>" in packet
        assert str(pdf.docinfo["/Title"]) == "Mục lục"
        assert str(pdf.Root.Lang) == "vi-VN"
        sizes = {tuple(map(float, page.mediabox.as_list())) for page in pdf.pages}
    assert sizes == {(0.0, 0.0, 595.28, 841.89)}


def test_every_row_stands_on_a_page_once_below_a_repeated_head(long: tuple[dict[str, Any], Path]) -> None:
    said, path = long
    pages = _texts(path)
    assert len(pages) == said["pages"] > 2
    whole = " ".join(" ".join(page.split()) for page in pages)
    for number in range(1, 121):
        assert whole.count(f"Hồ sơ số {number} về đất đai ở xã Mường Ẳng") == 1
    with_rows = [page for page in pages if "Hồ sơ số" in page]
    assert len(with_rows) > 2
    assert all("Số TT" in page and "(1)" in page for page in with_rows)


def test_every_page_says_which_of_how_many_it_is(long: tuple[dict[str, Any], Path]) -> None:
    pages = _texts(long[1])
    for number, page in enumerate(pages, start=1):
        assert f"Trang {number}/{len(pages)}" in page


def test_the_fonts_are_embedded_and_hold_the_letters_used_only(long: tuple[dict[str, Any], Path]) -> None:
    with pikepdf.open(long[1]) as pdf:
        below = [
            thing
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/Subtype") == "/CIDFontType2"
        ]
        programs = [len(font.FontDescriptor.FontFile2.read_bytes()) for font in below]
        names = {str(font.BaseFont) for font in below}
    assert names == {f"/LUUTRU+LiberationSerif-{style}" for style in ("Regular", "Bold", "Italic")}
    assert max(programs) < 40_000


def test_whatever_a_text_looks_like_it_is_set_as_text(tmp_path: Path) -> None:
    blocks: list[dict[str, Any]] = [
        {"text": HOSTILE},
        {"pair": [[{"text": HOSTILE}], [{"text": ""}]]},
        _table(HOSTILE, "b"),
        {"row": [HOSTILE, "\x00\x1b[31m\u202eabc\u2028d"]},
        {"end": True},
    ]
    said, path = _set(tmp_path, blocks)
    assert said["verdict"] == "pass"
    (page,) = _texts(path)
    assert _squeezed(page).count(_squeezed(HOSTILE)) == 4
    assert "abc d" in page
    with pikepdf.open(path) as pdf:
        assert "/Annots" not in pdf.pages[0].obj
        assert "/OpenAction" not in pdf.Root


def test_text_is_set_composed_and_what_the_font_lacks_is_a_box_and_counted(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Phường Ngọc Khánh")
    said, path = _set(tmp_path, [{"text": f"{decomposed} 汉字😀"}])
    (page,) = _texts(path)
    assert "Phường Ngọc Khánh □□□" in page
    assert (said["replaced"], said["verdict"]) == (3, "pass")


def test_a_row_higher_than_a_page_goes_on_without_losing_a_word(tmp_path: Path) -> None:
    words = [f"từ{n}" for n in range(1500)]
    said, path = _set(
        tmp_path, [_table("STT", "Nội dung"), {"row": ["1", " ".join(words)]}, {"row": ["2", "sau"]}, {"end": True}]
    )
    pages = _texts(path)
    assert said["pages"] == len(pages) >= 3
    seen = [word for page in pages for word in page.split() if word.startswith("từ")]
    assert seen == words
    assert "sau" in pages[-1]


def test_a_word_longer_than_a_line_is_parted_at_its_own_joints(tmp_path: Path) -> None:
    code = "H49.64.33.2026.00001/QĐ-UBND-" * 6
    _, path = _set(
        tmp_path, [_table("a", "b", "c", "d", "e", "f"), {"row": [code, "x" * 90, "", "", "", ""]}, {"end": True}]
    )
    (page,) = _texts(path)
    squeezed = _squeezed(page)
    assert squeezed.count("QĐ-UBND") == 6
    assert squeezed.count("x") == 90


def test_a_place_for_signatures_is_not_torn_apart(tmp_path: Path) -> None:
    rows = [{"row": ["x"]} for _ in range(46)]
    block = {"pair": [[{"text": ""}], [{"text": "Người lập"}, *[{"text": " "}] * 4, {"text": "(họ và tên)"}]]}
    for extra in range(3):
        _, path = _set(tmp_path, [_table("a"), *rows, *rows[: 3 * extra], {"end": True}, block], f"n{extra}")
        page = next(text for text in _texts(path) if "Người lập" in text)
        assert "(họ và tên)" in page


def test_the_same_blocks_at_the_same_time_are_the_same_bytes(tmp_path: Path) -> None:
    blocks = [{"text": "Mục lục"}, _table("a"), {"row": ["b"]}, {"end": True}]
    assert _set(tmp_path, blocks)[1].read_bytes() == _set(tmp_path, blocks, "b")[1].read_bytes()


def test_a_row_outside_of_a_table_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outside of a table"):
        _set(tmp_path, [_table("a"), {"end": True}, {"row": ["b"]}])
