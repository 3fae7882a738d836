"""PDFs whose pages have their text in all the ways that are met: born digital, stamped, layered, broken, none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from tests.generators.pages import Condition, content, font_path, jpeg, scanned, write_scan

SMALL = Condition(dpi=150, quality=80)
"""A scan that OCR reads quickly."""

STAMP = (
    "Ký bởi: Cổng Thông tin điện tử Chính phủ",
    "Email: thongtinchinhphu@example.vn",
    "Thời gian ký: 07.02.2025 17:29:44",
)


def born_digital(path: Path, pages: Sequence[Sequence[str]], font: str = "") -> None:
    """A PDF with embedded Liberation Serif, one line of text below the other."""
    fonts: Any = pdfmetrics
    if "Serif" not in fonts.getRegisteredFontNames():
        face: Any = TTFont
        fonts.registerFont(face("Serif", font_path("Regular")))
    make: Any = canvas.Canvas
    paper = make(str(path), pagesize=(595, 842), invariant=1)
    for lines in pages:
        paper.setFont(font or "Serif", 12)
        for number, line in enumerate(lines):
            paper.drawString(70, 780 - 18 * number, line)
        paper.showPage()
    paper.save()


_SCANS: dict[tuple[int, int, str], bytes] = {}


def small_scan(path: Path, pages: int = 1, *, paragraphs: int = 2, mark: str = "") -> list[str]:
    """A scan of invented decisions, always the same bytes; returns what one right reading of each page is."""
    contents = [content(seed, paragraphs) for seed in range(pages)]
    if (pages, paragraphs, mark) not in _SCANS:
        pictures = [jpeg(scanned(page, SMALL, mark=mark if n == 0 else ""), SMALL) for n, page in enumerate(contents)]
        write_scan(path, pictures, SMALL.dpi)
        _SCANS[pages, paragraphs, mark] = path.read_bytes()
    path.write_bytes(_SCANS[pages, paragraphs, mark])
    return [page.truths()[0] for page in contents]


def with_signature_stamp(source: Path, path: Path) -> None:
    """`source` with a signature field whose appearance shows the words that a signing program prints."""
    with pikepdf.open(source) as pdf:
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        shown = b"BT /F 8 Tf 12 TL 2 40 Td (Signed by: Government Portal) Tj T* (Time: 07.02.2025 17:29:44) Tj ET"
        look = pdf.make_stream(
            shown,
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 200, 60]),
            Resources=Dictionary(Font=Dictionary(F=font)),
        )
        field = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=pikepdf.String("Signature1"),
            Rect=Array([300, 700, 500, 760]),
            F=132,
            AP=Dictionary(N=look),
        )
        widget = pdf.make_indirect(field)
        pdf.pages[0].obj.Annots = Array([widget])
        pdf.Root.AcroForm = Dictionary(Fields=Array([widget]), SigFlags=3)
        pdf.save(path)


def with_stamp_text(source: Path, path: Path, scratch: Path) -> None:
    """`source` with the words of a signing program printed into the page itself."""
    born_digital(scratch / "stamp.pdf", [STAMP])
    with pikepdf.open(source) as pdf, pikepdf.open(scratch / "stamp.pdf") as stamp:
        pdf.pages[0].add_overlay(stamp.pages[0], pikepdf.Rectangle(300, 600, 598, 1021))
        pdf.save(path)


def with_broken_font(source: Path, path: Path) -> None:
    """`source` with a table of characters that leads every letter to a code of no letter."""
    with pikepdf.open(source) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/ToUnicode" in thing:
                table = bytes(thing.ToUnicode.read_bytes())
                thing.ToUnicode = pdf.make_stream(
                    re.sub(rb"<([0-9A-Fa-f]{2})> <[0-9A-Fa-f]{4}>", rb"<\1> <E0\1>", table)
                )
        pdf.save(path)
