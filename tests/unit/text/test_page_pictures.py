"""Pictures of pages that people look at: a scan as its scanner made it, whatever else a page is as it is drawn."""

from __future__ import annotations

import io
import random
from pathlib import Path

import img2pdf
import pikepdf
import pytest
from PIL import Image

from ingest.engines.page_picture import AS_IT_IS_BYTES, page_picture


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


# ---------------------------------------------------------------- scans

RED, BLUE = (220, 30, 30), (30, 30, 220)


def _halves(width: int, height: int) -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (0, height // 2, width, height))
    return picture


def _encoded(picture: Image.Image, form: str = "JPEG", **how: object) -> bytes:
    target = io.BytesIO()
    picture.save(target, form, **how)
    return target.getvalue()


def _scan(path: Path, picture: bytes, **how: object) -> Path:
    layout = img2pdf.get_fixed_dpi_layout_fun((200, 200))  # type: ignore[no-untyped-call]  # it has no types
    path.write_bytes(img2pdf.convert(picture, layout_fun=layout, **how))  # type: ignore[no-untyped-call]  # as above
    return path


def _with(path: Path, content: bytes, **entries: object) -> Path:
    """The same file with more on its page."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        page.contents_add(pdf.make_stream(content))
        for name, value in entries.items():
            page.obj[f"/{name}"] = value
        pdf.save(path)
    return path


def _seen(tmp_path: Path, source: Path, width: int = 400) -> Image.Image:
    said = page_picture(tmp_path, str(source), "pdf", 1, width)
    with Image.open(tmp_path / said["outputs"]["page"]) as picture:
        assert picture.size == (said["width"], said["height"])
        return picture.convert("RGB")


def _near(picture: Image.Image, x: float, y: float, colour: tuple[int, int, int]) -> bool:
    found = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(found, tuple)
    return all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))


def test_a_scanned_page_is_the_jpeg_of_its_scanner(tmp_path: Path) -> None:
    scanned = _encoded(_halves(600, 800), quality=60)
    source = _with(_scan(tmp_path / "a.pdf", scanned), b"BT 3 Tr ET")
    page_picture(tmp_path, str(source), "pdf", 1, 400)
    assert (tmp_path / "page.jpg").read_bytes() == scanned


def test_a_large_scan_is_made_smaller(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (1200, 1600), random.Random(1).randbytes(3 * 1200 * 1600))  # noqa: S311 - noise
    noise.paste(RED, (0, 0, 1200, 800))
    scanned = _encoded(noise, quality=70)
    assert len(scanned) > AS_IT_IS_BYTES
    seen = _seen(tmp_path, _scan(tmp_path / "a.pdf", scanned))
    assert 300 <= seen.width <= 400
    assert seen.height == pytest.approx(seen.width * 4 / 3, abs=2)
    assert _near(seen, 0.5, 0.25, RED)


@pytest.mark.parametrize(("edge", "quality"), [(600, 60), (1600, 95)])
def test_a_picture_that_the_page_turns_over_is_seen_as_the_page_shows_it(
    tmp_path: Path, edge: int, quality: int
) -> None:
    noise = Image.frombytes("L", (edge, edge), random.Random(1).randbytes(edge * edge))  # noqa: S311 - noise
    negative = noise.point(lambda value: value // 16)
    negative.paste(255, (0, 0, edge, edge // 8))
    source = _scan(tmp_path / "a.pdf", _encoded(negative, quality=quality))
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        (image,) = pdf.pages[0].Resources.XObject.values()
        image.Decode = pikepdf.Array([1, 0])
        pdf.save(source)
    seen = _seen(tmp_path, source)
    assert _near(seen, 0.5, 0.5, (255, 255, 255))
    assert _near(seen, 0.5, 0.05, (0, 0, 0))


@pytest.mark.parametrize("form", ["JPEG2000", "PNG", "TIFF"])
def test_a_scan_in_another_coding_is_seen_in_its_colours(tmp_path: Path, form: str) -> None:
    seen = _seen(tmp_path, _scan(tmp_path / "a.pdf", _encoded(_halves(1200, 1600), form)))
    assert 300 <= seen.width <= 400
    assert _near(seen, 0.5, 0.25, RED)
    assert _near(seen, 0.5, 0.75, BLUE)


def test_a_scan_in_black_and_white_is_drawn(tmp_path: Path) -> None:
    picture = Image.new("1", (1600, 2200), 1)
    picture.paste(0, (0, 0, 1600, 1100))
    source = _scan(tmp_path / "a.pdf", _encoded(picture, "TIFF", compression="group4"))
    seen = _seen(tmp_path, source)
    assert _near(seen, 0.5, 0.25, (0, 0, 0))
    assert _near(seen, 0.5, 0.75, (255, 255, 255))


def test_what_lies_over_a_scan_is_seen(tmp_path: Path) -> None:
    scanned = _scan(tmp_path / "a.pdf", _encoded(_halves(600, 800)))
    seen = _seen(tmp_path, _with(scanned, b"q 0 1 0 rg 0 200 216 60 re f Q"))
    assert _near(seen, 0.5, 0.2, (0, 255, 0))
    assert _near(seen, 0.5, 0.75, BLUE)


def test_a_page_that_its_file_turns_is_seen_turned(tmp_path: Path) -> None:
    scanned = _scan(tmp_path / "a.pdf", _encoded(_halves(600, 800)))
    seen = _seen(tmp_path, _with(scanned, b"", Rotate=90))
    assert seen.width > seen.height
    assert _near(seen, 0.75, 0.5, RED)
    assert _near(seen, 0.25, 0.5, BLUE)


def test_a_page_that_shows_a_part_of_its_scan_is_drawn_so(tmp_path: Path) -> None:
    scanned = _scan(tmp_path / "a.pdf", _encoded(_halves(600, 800)))
    seen = _seen(tmp_path, _with(scanned, b"", CropBox=pikepdf.Array([0, 0, 216, 100])))
    assert _near(seen, 0.5, 0.1, BLUE)


def test_how_a_camera_was_held_does_not_turn_what_a_pdf_shows(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = _encoded(_halves(600, 800), exif=exif)
    source = _scan(tmp_path / "a.pdf", plain, rotation=img2pdf.Rotation.ifvalid)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        if "/Rotate" in pdf.pages[0].obj:
            del pdf.pages[0].obj["/Rotate"]
        pdf.save(source)
    seen = _seen(tmp_path, source)
    with Image.open(tmp_path / "page.jpg") as picture:
        assert picture.getexif().get(0x0112, 1) == 1
    assert _near(seen, 0.5, 0.25, RED)
    assert _near(seen, 0.5, 0.75, BLUE)


def test_a_file_that_is_no_pdf_has_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 nothing")
    assert "problem" in page_picture(tmp_path, str(tmp_path / "a.pdf"), "pdf", 1, 400)
