"""Pictures of single pages for people to look at (`ingest.engines.page_picture:page_picture`)."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageOps

from ingest.engines.raster import UndecodableError, opened_image

NAME = "page.jpg"
_QUALITY = 72
_LONGEST = 6_000
"""Pixels of the longer side at most, whatever the shape of the page."""


def page_picture(scratch: Path, source: str, kind: str, page: int, width: int) -> dict[str, Any]:
    """A page as a JPEG.

    Args:
        scratch: Where it is written.
        source: The file.
        kind: `pdf` or `image`.
        page: From 1.
        width: Pixels; a picture that has fewer is not blown up.

    Returns:
        `width` and `height` in pixels and the output `page`, or `problem`.
    """
    try:
        drawn = _of_pdf(source, page, width) if kind == "pdf" else _of_image(source, page, width)
    except UndecodableError as error:
        return {"problem": str(error)}
    drawn.save(scratch / NAME, "JPEG", quality=_QUALITY, optimize=True)
    return {"width": drawn.width, "height": drawn.height, "outputs": {"page": NAME}}


def _of_pdf(source: str, page: int, width: int) -> Image.Image:
    try:
        with closing(pdfium.PdfDocument(source)) as document:
            if document.get_formtype() != pdfium.raw.FORMTYPE_NONE:
                # Stamps of signatures and what was filled in stand in fields.
                document.init_forms()
            with closing(document[page - 1]) as sheet:
                return _of_page(sheet, width)
    except (pdfium.PdfiumError, IndexError) as error:
        raise UndecodableError(str(error)) from error


def _of_page(sheet: pdfium.PdfPage, width: int) -> Image.Image:
    across, down = sheet.get_size()
    if not (math.isfinite(across * down) and across > 0 and down > 0):
        raise UndecodableError("the page has no size")
    scale = min(width / across, _LONGEST / max(across, down))
    with closing(sheet.render(scale=scale, may_draw_forms=True)) as bitmap:
        drawn: Image.Image = bitmap.to_pil().convert("RGB")
        return drawn


def _of_image(source: str, page: int, width: int) -> Image.Image:
    with opened_image(source, page) as opened:
        drawn = ImageOps.exif_transpose(opened).convert("RGB")
    drawn.thumbnail((width, _LONGEST))
    return drawn
