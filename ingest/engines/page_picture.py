"""Pictures of single pages for people to look at (`ingest.engines.page_picture:page_picture`).

Somebody waits for them, and often for the first task of a fresh process: nothing is imported or decoded that the page
at hand does not need. A scanned page is one picture and nothing else that is seen: its bytes are handed on as they
are, or decoded at a smaller size at once, which takes a fraction of drawing the page.
"""

from __future__ import annotations

import io
import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c
from PIL import Image, ImageOps, ImageStat

NAME = "page.jpg"
_QUALITY = 72
_LONGEST = 6_000
"""Pixels of the longer side at most, whatever the shape of the page."""

AS_IT_IS_BYTES = 400 << 10
"""A scanner's JPEG up to this size is handed on as it is; a larger one takes longer to send than to make smaller."""

_DARK = 64
"""Of 255, the mean of a page that is rather ink than paper. A `Decode` array, which pdfium tells nobody of, may turn
such a picture into a page: it is drawn."""

_LOOKED_AT_PX = 64

_EDGE = 0.01
"""Share of the page by which its one picture may miss the edge."""

_INVISIBLE = 3
_PLAIN_COLOURS = frozenset(
    {
        c.FPDF_COLORSPACE_DEVICEGRAY,
        c.FPDF_COLORSPACE_DEVICERGB,
        c.FPDF_COLORSPACE_CALGRAY,
        c.FPDF_COLORSPACE_CALRGB,
        c.FPDF_COLORSPACE_ICCBASED,
    }
)
_ORIENTATION = 0x0112
_MODES = frozenset({"L", "RGB"})


def page_picture(scratch: Path, source: str, kind: str, page: int, width: int) -> dict[str, Any]:
    """A page as a JPEG.

    Args:
        scratch: Where it is written.
        source: The file.
        kind: `pdf` or `image`.
        page: From 1.
        width: Pixels wanted; a picture that has fewer is not blown up, a scanned page may come with more.

    Returns:
        `width` and `height` in pixels and the output `page`, or `problem`.
    """
    try:
        made = _of_pdf(source, page, width) if kind == "pdf" else _written(_of_image(source, page, width))
    except _NoPictureError as error:
        return {"problem": str(error)}
    (scratch / NAME).write_bytes(made.data)
    return {"width": made.width, "height": made.height, "outputs": {"page": NAME}}


class _NoPictureError(ValueError):
    """The file is none that can be decoded, or the page none that can be drawn."""


@dataclass(frozen=True, slots=True)
class _Jpeg:
    data: bytes
    width: int
    height: int


def _written(drawn: Image.Image) -> _Jpeg:
    target = io.BytesIO()
    drawn.save(target, "JPEG", quality=_QUALITY)
    return _Jpeg(target.getvalue(), drawn.width, drawn.height)


def _of_pdf(source: str, page: int, width: int) -> _Jpeg:
    try:
        with closing(pdfium.PdfDocument(source)) as document:
            if document.get_formtype() != pdfium.raw.FORMTYPE_NONE:
                # Stamps of signatures and what was filled in stand in fields.
                document.init_forms()
            with closing(document[page - 1]) as sheet:
                return _scanned(sheet, width) or _written(_of_page(sheet, width))
    except (pdfium.PdfiumError, IndexError) as error:
        raise _NoPictureError(str(error)) from error


def _of_page(sheet: pdfium.PdfPage, width: int) -> Image.Image:
    across, down = sheet.get_size()
    if not (math.isfinite(across * down) and across > 0 and down > 0):
        raise _NoPictureError("the page has no size")
    scale = min(width / across, _LONGEST / max(across, down))
    with closing(sheet.render(scale=scale, may_draw_forms=True, rev_byteorder=True)) as bitmap:
        drawn: Image.Image = bitmap.to_pil().convert("RGB")
        return drawn


def _of_image(source: str, page: int, width: int) -> Image.Image:
    from ingest.engines.raster import UndecodableError, opened_image  # noqa: PLC0415 - takes longer than a PDF's page

    try:
        with opened_image(source, page) as opened:
            drawn = ImageOps.exif_transpose(opened).convert("RGB")
    except UndecodableError as error:
        raise _NoPictureError(str(error)) from error
    drawn.thumbnail((width, _LONGEST))
    return drawn


# ---------------------------------------------------------------- pages that are one picture


def _scanned(sheet: pdfium.PdfPage, width: int) -> _Jpeg | None:
    """The page, where all that is seen of it is one JPEG or JPEG 2000 from edge to edge; None: it has to be drawn."""
    picture = _only_picture(sheet)
    if picture is None:
        return None
    data = bytes(picture.get_data())
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "JPEG2000")) as opened:
            if opened.mode not in _MODES or max(opened.size) > _LONGEST:
                return None
            if opened.format == "JPEG":
                # What a reader of PDF does not obey, a browser does.
                upright = opened.getexif().get(_ORIENTATION, 1) == 1
                if upright and len(data) <= AS_IT_IS_BYTES:
                    return None if _is_dark(data) else _Jpeg(data, opened.width, opened.height)
                opened.draft(None, (width * 3 // 4, 1))
            else:
                # Each step halves it; the last one may fall a little below what is wanted.
                vars(opened)["reduce"] = int(math.log2(max(1.0, 4 / 3 * opened.width / width)))
            opened.load()
            smaller = opened.copy()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    smaller.thumbnail((width, _LONGEST), reducing_gap=1.0)
    return None if _mean(smaller) < _DARK else _written(smaller)


def _is_dark(jpeg: bytes) -> bool:
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as opened:
        # An eighth of it is decoded, in a tenth of the time.
        opened.draft("L", (_LOOKED_AT_PX, _LOOKED_AT_PX))
        return _mean(opened) < _DARK


def _mean(picture: Image.Image) -> float:
    (value,) = ImageStat.Stat(picture.convert("L")).mean
    return value


def _only_picture(sheet: pdfium.PdfPage) -> pdfium.PdfImage | None:
    """The one object of the page that is seen, a plain picture that fills it; None: there is more, or less."""
    if sheet.get_rotation() or c.FPDFPage_GetAnnotCount(sheet.raw):
        return None
    found = None
    for seen in sheet.get_objects(max_depth=1):
        if seen.type == c.FPDF_PAGEOBJ_TEXT and c.FPDFTextObj_GetTextRenderMode(seen.raw) == _INVISIBLE:
            continue
        if not isinstance(seen, pdfium.PdfImage) or found is not None:
            return None
        found = seen
    return found if found is not None and _fills(sheet, found) and _is_plain(found) else None


def _fills(sheet: pdfium.PdfPage, picture: pdfium.PdfImage) -> bool:
    """Whether it lies upright from edge to edge, and nothing cuts it."""
    across, skew, turn, down, *_ = picture.get_matrix().get()
    if skew or turn or across <= 0 or down <= 0:
        return False
    if c.FPDFClipPath_CountPaths(c.FPDFPageObj_GetClipPath(picture.raw)) > 0:
        return False
    page = sheet.get_bbox()
    allowed = 2 * (_EDGE * (page[2] - page[0]), _EDGE * (page[3] - page[1]))
    return all(abs(a - b) <= most for a, b, most in zip(page, picture.get_bounds(), allowed, strict=True))


def _is_plain(picture: pdfium.PdfImage) -> bool:
    """Whether its stream is what is seen: one filter, colours that need no PDF to be understood, nothing behind it."""
    plain = picture.get_metadata().colorspace in _PLAIN_COLOURS and not c.FPDFPageObj_HasTransparency(picture.raw)
    return plain and picture.get_filters() in (["DCTDecode"], ["JPXDecode"])
