"""Last resort that always ends in PDF/A: each page as its picture, with its own text invisible above it.

The text is the file's own, read by pdfium, not recognised: no letter changes. A page
that is one bilevel scan stays bilevel (CCITT G4 at the scan's own resolution).
Links, bookmarks and structure are lost; the caller says so.
"""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as c
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream
from PIL import Image

from ingest.engines.invisible_text import InvisibleFont, Placed
from ingest.engines.pdfa_checks import opened
from ingest.engines.pdfa_write import title_of

DPI = 200
MAX_PIXELS = 60_000_000
JPEG_QUALITY = 80
MAX_WORD_LETTERS = 400
"""Longer words are split: a string of 65,536 letters breaks ISO 19005-2, 6.1.13-3."""

GREY_TOLERANCE = 8
MAX_UNITS, MIN_UNITS = 14_000.0, 3.5
"""Page sides that PDF/A-2 allows are 3 to 14,400 units (6.1.13-11): others are scaled."""

_A4 = (595.0, 842.0)
_MIN_SIZE, _MAX_SIZE = 1.0, 400.0
_SAME_ANGLE = 0.02
_STEEP = 0.7
_SKIPPED = frozenset({0, 0xFFFE, 0xFEFF, 0xFFFF})
_HYPHEN_MARK = 0x02
_FIRST_PRINTABLE = 32
_MOST_SCAN_DPI = 600


@dataclass(slots=True)
class _Run:
    """A word being read, letter by letter."""

    text: str
    x: float
    y: float
    angle: float
    size: float
    width: float = 0.0

    def word(self) -> Placed:
        return Placed(self.text, self.x, self.y, self.size, self.width, self.angle)

    def continues(self, angle: float, x: float, y: float) -> bool:
        off = (x - self.x) * math.sin(self.angle) - (y - self.y) * math.cos(self.angle)
        return (
            len(self.text) < MAX_WORD_LETTERS and abs(self.angle - angle) <= _SAME_ANGLE and abs(off) <= 0.5 * self.size
        )


def _letter(code: int) -> str:
    if code == _HYPHEN_MARK:
        return "-"
    if code in _SKIPPED or 0xD800 <= code < 0xE000 or (code < _FIRST_PRINTABLE and code not in (9, 10, 13)):  # noqa: PLR2004 - surrogates, tab and line ends
        return ""
    # U+00AD stays: in TCVN3 text it is the letter ư.
    return chr(code)


def words_of(text_page: pdfium.PdfTextPage) -> Iterator[Placed]:
    """Words of a page in the order of the file."""
    raw = text_page.raw
    run: _Run | None = None
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    for index in range(c.FPDFText_CountChars(raw)):
        letter = _letter(c.FPDFText_GetUnicode(raw, index))
        if not letter:
            continue
        if letter.isspace():
            if run:
                yield run.word()
            run = None
            continue
        c.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
        c.FPDFText_GetCharOrigin(raw, index, x, y)
        turned = c.FPDFText_GetCharAngle(raw, index)
        angle = -turned if turned >= 0 and math.isfinite(turned) else 0.0
        size = abs(c.FPDFText_GetFontSize(raw, index)) or 10.0
        if not all(map(math.isfinite, (x.value, y.value, left.value, right.value, bottom.value, top.value, size))):
            # A letter without a place is still a letter: it stands where the word before it does.
            run = run or _Run("", 0.0, 0.0, 0.0, _MIN_SIZE)
            run.text += letter
            continue
        if run and not run.continues(angle, x.value, y.value):
            yield run.word()
            run = None
        if run is None:
            run = _Run("", x.value, y.value, angle, max(_MIN_SIZE, min(size, _MAX_SIZE)))
        run.text += letter
        level = abs(math.cos(angle)) > _STEEP
        end = right.value if level else top.value if math.sin(angle) > 0 else bottom.value
        run.width = max(run.width, abs(end - (run.x if level else run.y)))
    if run:
        yield run.word()


def convert(source: Path) -> Pdf:
    """A new document with a picture and an invisible text for each page of `source`.

    Raises:
        UnreadableError: pdfium cannot open it.
    """
    out = pikepdf.new()
    layer = InvisibleFont(out)
    with opened(source) as document:
        for index in range(len(document)):
            page = document[index]
            out.pages.append(pikepdf.Page(out.make_indirect(_page(out, layer, page))))
            page.close()
    layer.finish()
    try:
        with pikepdf.open(source) as original:
            for key, words in title_of(original).items():
                out.docinfo[Name(key)] = pikepdf.String(words)
    except pikepdf.PdfError:
        # pdfium opened what qpdf cannot: the copy goes without a title.
        pass
    return out


def _page(out: Pdf, layer: InvisibleFont, page: pdfium.PdfPage) -> Dictionary:
    width, height = page.get_size()
    if not (math.isfinite(width) and math.isfinite(height)) or width < 1 or height < 1:
        width, height = _A4
    unit = min(1.0, MAX_UNITS / max(width, height))
    if min(width, height) < MIN_UNITS:
        unit = max(unit, MIN_UNITS / min(width, height))
    picture = _picture(out, page, width, height)
    text_page = page.get_textpage()
    words = layer.content(list(words_of(text_page)))
    text_page.close()
    place = " ".join(f"{v:.3f}" for v in _upright(page, width, height))
    body = (
        f"q {width * unit:.3f} 0 0 {height * unit:.3f} 0 0 cm /Im Do Q q {unit:.6f} 0 0 {unit:.6f} 0 0 cm {place} cm\n"
    ).encode("ascii")
    return Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, round(width * unit, 3), round(height * unit, 3)]),
        Resources=Dictionary(XObject=Dictionary(Im=picture), Font=Dictionary(LuutruText=layer.font)),
        Contents=out.make_indirect(Stream(out, body + words + b" Q")),
    )


def _upright(page: pdfium.PdfPage, width: float, height: float) -> tuple[float, float, float, float, float, float]:
    """Matrix from the page's own coordinates to the picture's, by rotation and crop box."""
    left, bottom, _, _ = page.get_cropbox()
    rotation = page.get_rotation()
    wide, high = (width, height) if rotation % 180 == 0 else (height, width)
    return {
        0: (1.0, 0.0, 0.0, 1.0, -left, -bottom),
        90: (0.0, -1.0, 1.0, 0.0, -bottom, left + wide),
        180: (-1.0, 0.0, 0.0, -1.0, left + wide, bottom + high),
        270: (0.0, 1.0, -1.0, 0.0, bottom + high, -left),
    }[rotation]


def _picture(out: Pdf, page: pdfium.PdfPage, width: float, height: float) -> Object:
    scan_dpi = _bilevel_dpi(page, width)
    scale = min((scan_dpi or DPI) / 72, math.sqrt(MAX_PIXELS / (width * height)))
    bitmap = page.render(scale=scale, may_draw_forms=True)
    image = bitmap.to_pil().convert("RGB")
    bitmap.close()
    pixels = np.asarray(image).astype(np.int16)
    grey = max(int(np.abs(pixels[..., i] - pixels[..., 1]).max(initial=0)) for i in (0, 2)) < GREY_TOLERANCE
    if scan_dpi and grey:
        return _bilevel_stream(out, image)
    if grey:
        image = image.convert("L")
    data = io.BytesIO()
    image.save(data, "JPEG", quality=JPEG_QUALITY)
    stream = _image_stream(out, data.getvalue(), image, 8)
    stream[Name.Filter] = Name.DCTDecode
    stream[Name.ColorSpace] = Name.DeviceGray if grey else Name.DeviceRGB
    return out.make_indirect(stream)


def _image_stream(out: Pdf, data: bytes, image: Image.Image, bits: int) -> Stream:
    stream = Stream(out, data)
    stream[Name.Type], stream[Name.Subtype] = Name.XObject, Name.Image
    stream[Name.Width], stream[Name.Height], stream[Name.BitsPerComponent] = image.width, image.height, bits
    return stream


def _bilevel_dpi(page: pdfium.PdfPage, width: float) -> float | None:
    """Resolution of the bilevel scan that the page consists of; None when it is anything else."""
    seen = list(page.get_objects(max_depth=2, filter=[c.FPDF_PAGEOBJ_IMAGE]))
    if len(seen) != 1 or width <= 0:
        return None
    about = c.FPDF_IMAGEOBJ_METADATA()
    if not c.FPDFImageObj_GetImageMetadata(seen[0].raw, page.raw, about) or about.bits_per_pixel != 1:
        return None
    return min(float(_MOST_SCAN_DPI), float(about.width) * 72 / width)


def _bilevel_stream(out: Pdf, image: Image.Image) -> Object:
    bits = image.convert("L").point(lambda v: 255 if v >= 128 else 0).convert("1")  # noqa: PLR2004 - half of 255
    data = io.BytesIO()
    bits.save(data, "TIFF", compression="group4", tiffinfo={278: bits.height})
    with Image.open(data) as written:
        tags = written.tag_v2  # type: ignore[attr-defined]  # a TIFF by construction
        offset, length, white_is_zero = tags[273][0], tags[279][0], tags[262] == 0
    stream = _image_stream(out, data.getvalue()[offset : offset + length], bits, 1)
    stream[Name.ColorSpace] = Name.DeviceGray
    stream[Name.Filter] = Name.CCITTFaxDecode
    stream[Name.DecodeParms] = Dictionary(K=-1, Columns=bits.width, Rows=bits.height, BlackIs1=not white_is_zero)
    return out.make_indirect(stream)
