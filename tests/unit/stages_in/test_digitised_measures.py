"""Measures of scans, films and recordings, taken by the worker's own task from whole files."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from ingest.engines.inspection import inspect
from ingest.engines.inspection_scans import MOST_CONTENT_BYTES, MOST_PAGES
from metadata.measures import Colour, Measured
from tests.generators.media import asf, avi, mp3, mp4, wav

A4 = (595, 842)


def measured(path: Path, mime: str) -> Measured:
    answer = inspect(path.parent, str(path), mime)
    assert not answer["inspection"]["problem"], answer
    return Measured.model_validate(answer["inspection"]["measured"])


def scan(
    path: Path,
    *,
    dpi: int = 200,
    mode: str = "RGB",
    pages: int = 1,
    text: bool = False,
    inside_form: bool = False,
    rotated: bool = False,
) -> Path:
    """A PDF of pages that one image covers, as scanners write them."""
    size = tuple(round(side / 72 * dpi) for side in A4)
    width, height = (size[1], size[0]) if rotated else size
    pixels = Image.new(mode, (width, height), 1 if mode == "1" else "white").tobytes()
    space = {"RGB": "/DeviceRGB", "L": "/DeviceGray", "1": "/DeviceGray"}[mode]
    with pikepdf.new() as pdf:
        image = pikepdf.Stream(
            pdf,
            pixels,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=width,
            Height=height,
            ColorSpace=pikepdf.Name(space),
            BitsPerComponent=1 if mode == "1" else 8,
        )
        place = f"0 {A4[1]} {-A4[0]} 0 {A4[0]} 0 cm" if rotated else f"{A4[0]} 0 0 {A4[1]} 0 0 cm"
        drawn = pdf.make_indirect(image)
        if inside_form:
            form = pikepdf.Stream(
                pdf,
                f"q {place} /Im Do Q".encode(),
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Form,
                BBox=[0, 0, *A4],
                Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=drawn)),
            )
            drawn, place = pdf.make_indirect(form), "1 0 0 1 0 0 cm"
        for _ in range(pages):
            page = pdf.add_blank_page(page_size=A4)
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=drawn))
            layer = " BT 3 Tr (Quyet dinh) Tj ET" if text else ""
            page.Contents = pikepdf.Stream(pdf, f"q {place} /X Do Q{layer}".encode())
        pdf.save(path, compress_streams=True)
    return path


@pytest.mark.parametrize(
    ("mode", "colour", "bits"), [("RGB", Colour.COLOUR, 24), ("L", Colour.GREY, 8), ("1", Colour.BILEVEL, 1)]
)
def test_a_scan_is_measured_in_dots_and_colours(tmp_path: Path, mode: str, colour: Colour, bits: int) -> None:
    found = measured(scan(tmp_path / "a.pdf", mode=mode, dpi=150 if mode == "L" else 200), "application/pdf")
    assert found.scanned
    assert (found.dpi, found.colour, found.bits) == (150 if mode == "L" else 200, colour, bits)
    assert found.scanned_without_text == 1


@pytest.mark.parametrize("how", ["inside_form", "rotated"])
def test_a_scan_within_a_form_or_turned_by_a_quarter_is_the_same_scan(tmp_path: Path, how: str) -> None:
    path = scan(tmp_path / "a.pdf", dpi=100, inside_form=how == "inside_form", rotated=how == "rotated")
    found = measured(path, "application/pdf")
    assert (found.scanned, found.dpi) == (True, 100)


def test_a_text_layer_is_seen_though_nobody_can(tmp_path: Path) -> None:
    found = measured(scan(tmp_path / "a.pdf", dpi=50, pages=3, text=True), "application/pdf")
    assert (found.scanned_pages, found.scanned_without_text) == (3, 0)


def test_a_picture_on_a_page_of_text_makes_no_scan(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", dpi=50)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Contents = pikepdf.Stream(pdf, b"q 200 0 0 100 50 50 cm /X Do Q BT (Van ban) Tj ET")
        pdf.save(path)
    found = measured(path, "application/pdf")
    assert (found.looked_pages, found.scanned_pages, found.dpi) == (1, 0, None)


def test_of_a_long_scan_a_sample_is_measured(tmp_path: Path) -> None:
    found = measured(scan(tmp_path / "a.pdf", dpi=50, mode="1", pages=MOST_PAGES + 100), "application/pdf")
    assert found.looked_pages == MOST_PAGES
    assert found.scanned


def test_a_form_that_is_drawn_a_thousand_times_is_not_gone_into_as_often(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", dpi=50, inside_form=True)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Contents = pikepdf.Stream(pdf, b"q /X Do Q " * 5000)
        pdf.save(path)
    assert measured(path, "application/pdf").scanned


@pytest.mark.parametrize(
    ("mode", "dpi", "colour"), [("RGB", 300, Colour.COLOUR), ("L", 96, Colour.GREY), ("1", 200, Colour.BILEVEL)]
)
def test_an_image_says_its_own_resolution_and_colour(tmp_path: Path, mode: str, dpi: int, colour: Colour) -> None:
    path = tmp_path / "a.tif"
    Image.new(mode, (60, 40)).save(path, dpi=(dpi, dpi))
    found = measured(path, "image/tiff")
    assert (found.dpi, found.colour) == (dpi, colour)


def test_an_image_without_a_density_has_no_resolution(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (60, 40)).save(path)
    assert measured(path, "image/png").dpi is None


@pytest.mark.parametrize(
    ("made", "mime", "codec", "kbps"),
    [
        (lambda: avi(2000), "video/x-msvideo", "JPEG", 2000),
        (lambda: mp4(1200), "video/mp4", "MPEG-4 Visual", 1200),
        (lambda: asf(1600, film=True), "video/x-ms-wmv", "VC-1", 1600),
    ],
)
def test_films_are_measured_by_the_media_library(
    tmp_path: Path, made: Callable[[], bytes], mime: str, codec: str, kbps: int
) -> None:
    path = tmp_path / "film"
    path.write_bytes(made())
    found = measured(path, mime)
    assert found.video_codec == codec
    assert found.video_kbps == pytest.approx(kbps, rel=0.06)
    assert found.audio_codec == ""


@pytest.mark.parametrize(
    ("made", "mime", "codec", "kbps"),
    [
        (lambda: mp3(128), "audio/mpeg", "MPEG Audio Layer 3", 128),
        (lambda: mp3(64), "audio/mpeg", "MPEG Audio Layer 3", 64),
        (lambda: asf(96, film=False), "audio/x-ms-wma", "WMA", 96),
        (wav, "audio/x-wav", "PCM", 128),
    ],
)
def test_recordings_are_measured_by_the_media_library(
    tmp_path: Path, made: Callable[[], bytes], mime: str, codec: str, kbps: int
) -> None:
    path = tmp_path / "sound"
    path.write_bytes(made())
    found = measured(path, mime)
    assert (found.audio_codec, found.video_codec) == (codec, "")
    assert found.audio_kbps == kbps
    assert found.duration_ms


@pytest.mark.rule("DIG-010")
def test_what_the_library_does_not_know_is_told_and_never_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"nothing that anybody could play" * 50)
    answer = inspect(tmp_path, str(path), "video/mp4")
    assert [rule for rule, _ in answer["findings"]] == ["DIG-010"]
    assert answer["inspection"]["problem"] == ""


def test_a_play_list_that_names_other_files_leads_nowhere(tmp_path: Path) -> None:
    """The library gets bytes without a name: what they name is neither opened nor asked for."""
    (tmp_path / "other.mp3").write_bytes(mp3())
    path = tmp_path / "a.m3u8"
    path.write_bytes(b"#EXTM3U\n#EXTINF:2,\nother.mp3\n" + f"#EXTINF:2,\n{tmp_path}/other.mp3\n".encode())
    answer = inspect(tmp_path, str(path), "audio/mpeg")
    assert [rule for rule, _ in answer["findings"]] == ["DIG-010"]


def test_a_drawing_with_a_picture_behind_it_costs_no_time(tmp_path: Path) -> None:
    """Lines by the million unpack from little: they are not walked through, and the file is no worse for it."""
    path = scan(tmp_path / "a.pdf", dpi=50)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Contents = pikepdf.Stream(pdf, b"0 0 m 10 10 l S\n" * (MOST_CONTENT_BYTES // 16 + 1))
        pdf.save(path, compress_streams=True)
    found = measured(path, "application/pdf")
    assert (found.looked_pages, found.scanned_pages) == (0, 0)
    assert not found.scanned


def test_a_signature_is_placed_and_its_seal_seen(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", dpi=50)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        seal = pikepdf.Stream(
            pdf, b"\0\0\0", Subtype=pikepdf.Name.Image, Width=1, Height=1, ColorSpace=pikepdf.Name.DeviceRGB
        )
        resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(S=pdf.make_indirect(seal)))
        look = pikepdf.Stream(pdf, b"/S Do", Subtype=pikepdf.Name.Form, BBox=[0, 0, 100, 50], Resources=resources)
        value = pikepdf.Dictionary(Type=pikepdf.Name.Sig, ByteRange=[0, 1, 2, 3], Contents=b"x")
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Sig,
            V=pdf.make_indirect(value),
            Rect=[440, 760, 560, 820],
            AP=pikepdf.Dictionary(N=pdf.make_indirect(look)),
        )
        widget = pdf.make_indirect(field)
        pdf.pages[0].Annots = pikepdf.Array([widget])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([widget]))
        pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    (place,) = measured(path, "application/pdf").signed_places
    assert (place.page, place.shows_image) == (1, True)
    assert place.left > 0.7
    assert place.top < 0.1


def test_damaged_content_measures_nothing_and_is_judged_elsewhere(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", dpi=50)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Contents = pikepdf.Stream(pdf, b"q (x cm /X Do")
        pdf.save(path)
    assert measured(path, "application/pdf").scanned_pages == 0


def test_measuring_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", dpi=50)
    before = path.read_bytes()
    measured(path, "application/pdf")
    assert path.read_bytes() == before
    assert io.BytesIO(before).read(4) == b"%PDF"
