"""Pictures of pages for OCR: rendered or decoded, and flattened so that red stamps and yellowed paper vanish.

Only tesseract sees these pictures; what is kept is never changed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
from PIL import Image, ImageFilter, ImageOps, ImageSequence, UnidentifiedImageError

from ingest.engines.page_heads import colourless
from ingest.engines.pdfium import sight_of
from ingest.engines.red_stamps import redness

Grey = npt.NDArray[np.uint8]

MOST_PIXELS = 100_000_000
"""Larger pages are read at a lower resolution."""

USUAL_DPI = 300.0
_LEAST_DPI, _MOST_DPI = 150.0, 400.0
_STRIP_ROWS = 1_024
_PAPER = 250
_SMALLEST = 8


class UndecodableError(ValueError):
    """The file is no picture that can be decoded, or one beyond the limits."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A page as OCR gets it."""

    grey: Grey
    """Red channel: red ink is paper."""

    dpi: float
    bilevel: bool
    red: Grey | None
    """How red each place is, dark on white; None when there is nothing red."""

    plain: Grey | None = None
    """The head, where ink of every colour is paper; None when nothing in it is coloured."""


def _dpi_of(page: pdfium.PdfPage, image_dpi: float) -> float:
    dpi = image_dpi if image_dpi >= _LEAST_DPI else USUAL_DPI
    dpi = min(dpi, _MOST_DPI)
    width, height = page.get_size()
    square_inches = width * height / (72 * 72)
    if not (math.isfinite(square_inches) and square_inches > 0):
        raise UndecodableError("the page has no size")
    return min(dpi, math.sqrt(MOST_PIXELS / square_inches))


def of_pdf_page(source: str, number: int, *, with_inks: bool = False) -> Raster:
    """Page `number` (from 1) of the PDF at `source` at the resolution of its largest picture, without annotations.

    Raises:
        UndecodableError: pdfium cannot open the file or the page.
    """
    try:
        with closing(pdfium.PdfDocument(source)) as document, closing(document[number - 1]) as page:
            sight = sight_of(page)
            dpi = _dpi_of(page, sight.image_dpi)
            # A signature's stamp lies in an annotation: it is no text of the
            # page and would only hide what the page says.
            bitmap = page.render(scale=dpi / 72, may_draw_forms=False, draw_annots=False, prefer_bgrx=True)
            with closing(bitmap):
                pixels = bitmap.to_numpy()
                if sight.bilevel and sight.texts == sight.invisible_texts:
                    return Raster(np.ascontiguousarray(pixels[..., 2]), dpi, bilevel=True, red=None)
                return _coloured((pixels[..., 2], pixels[..., 1], pixels[..., 0]), dpi, with_inks=with_inks)
    except (pdfium.PdfiumError, IndexError) as error:
        raise UndecodableError(str(error)) from error


@contextmanager
def opened_image(source: str, number: int) -> Iterator[Image.Image]:
    """Picture `number` (from 1) of the image file at `source`, to be decoded inside the block.

    Raises:
        UndecodableError: it cannot be decoded, or has more than 100 million pixels.
    """
    try:
        with warnings.catch_warnings(), Image.open(source) as opened:
            warnings.simplefilter("ignore")
            opened.seek(number - 1)
            if opened.width * opened.height > MOST_PIXELS:
                msg = f"{opened.width} x {opened.height} pixels"
                raise UndecodableError(msg)
            yield opened
    except (OSError, EOFError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UndecodableError(str(error) or type(error).__name__) from error


def of_image(source: str, number: int, *, with_inks: bool = False) -> Raster:
    """Picture `number` (from 1) of the image file at `source`, turned as its EXIF says.

    Raises:
        UndecodableError: it cannot be decoded, or has more than 100 million pixels.
    """
    with opened_image(source, number) as opened:
        dpi = float(opened.info.get("dpi", (0, 0))[0])
        bilevel = opened.mode == "1"
        image = ImageOps.exif_transpose(opened)
        coloured = image.mode not in {"1", "L", "I", "I;16", "F", "LA"}
        pixels = np.asarray(image.convert("RGB" if coloured else "L"))
    if not coloured:
        return Raster(pixels, _believable(dpi, pixels), bilevel, red=None)
    channels = (pixels[..., 0], pixels[..., 1], pixels[..., 2])
    return _coloured(channels, _believable(dpi, pixels), with_inks=with_inks)


def _coloured(channels: tuple[Grey, Grey, Grey], dpi: float, *, with_inks: bool) -> Raster:
    inks = (redness(*channels), colourless(*channels)) if with_inks else (None, None)
    return Raster(np.ascontiguousarray(channels[0]), dpi, bilevel=False, red=inks[0], plain=inks[1])


def _believable(dpi: float, pixels: Grey) -> float:
    """The resolution that the file claims, else that of an A4 page as long as the picture."""
    claimed = _LEAST_DPI / 2 <= dpi <= 4 * USUAL_DPI
    return dpi if claimed else max(max(pixels.shape[:2]) / 11.69, _LEAST_DPI)


def image_pages(scratch: Path, source: str) -> dict[str, Any]:
    """Count the pictures of an image file (pages of a TIFF); 0 with `problem` when it is none."""
    del scratch
    try:
        with warnings.catch_warnings(), Image.open(source) as image:
            warnings.simplefilter("ignore")
            return {"page_count": sum(1 for _ in ImageSequence.Iterator(image)) if image.format == "TIFF" else 1}
    except (OSError, EOFError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        return {"page_count": 0, "problem": str(error) or type(error).__name__}


def flattened(grey: Grey) -> Grey:
    """`grey` divided by the colour of the paper around each place, so that blotches and shadows become white."""
    height, width = grey.shape
    if min(height, width) < _SMALLEST:
        return grey
    image = Image.fromarray(grey)
    small = image.resize((max(1, width // 8), max(1, height // 8)), Image.Resampling.BOX)
    paper = small.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.GaussianBlur(6))
    local = np.asarray(paper.resize((width, height), Image.Resampling.BILINEAR))
    flat = np.empty_like(grey)
    # In strips: sixteen bits for a page of 100 million pixels would take 400 MiB.
    for start in range(0, height, _STRIP_ROWS):
        rows = slice(start, start + _STRIP_ROWS)
        light = np.maximum(local[rows], 1).astype(np.uint16)
        flat[rows] = np.minimum(grey[rows].astype(np.uint16) * _PAPER // light, 255)
    return flat


def ink_share(grey: Grey) -> float:
    """Share of dark pixels, 0 to 1."""
    return float(np.count_nonzero(grey < 128) / grey.size)  # noqa: PLR2004 - half of the scale
