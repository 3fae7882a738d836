"""Pictures of pages that people look at while they correct a text."""

from __future__ import annotations

from pathlib import Path

import pikepdf
from PIL import Image

from ingest.engines.page_picture import page_picture


def _signed_page(path: Path) -> Path:
    """A blank page whose one signature field shows a red stamp in the middle."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(200, 200))
        stamp = pdf.make_stream(b"1 0 0 rg 0 0 100 100 re f")
        stamp.Type, stamp.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        stamp.BBox = pikepdf.Array([0, 0, 100, 100])
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Sig,
                T=pikepdf.String("sig"),
                F=4,
                Rect=pikepdf.Array([50, 50, 150, 150]),
                AP=pikepdf.Dictionary(N=stamp),
            )
        )
        page.obj.Annots = pikepdf.Array([field])
        pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array([field]), SigFlags=3))
        pdf.save(path)
    return path


def test_stamps_of_signatures_are_seen_on_the_picture(tmp_path: Path) -> None:
    said = page_picture(tmp_path, str(_signed_page(tmp_path / "signed.pdf")), "pdf", 1, 400)
    assert (said["width"], said["height"]) == (400, 400)
    with Image.open(tmp_path / "page.jpg") as picture:
        red, green, blue = picture.convert("RGB").getpixel((200, 200))  # type: ignore[misc]  # three channels
        corner = picture.convert("RGB").getpixel((10, 10))
    assert red > 200
    assert max(green, blue) < 60
    assert corner == (255, 255, 255)
