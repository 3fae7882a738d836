"""What every conversion step must keep: pages, letters, the look of each page, a sane size.

Letters and pictures are read by pdfium from both files, so that a defect of the
writing library cannot hide itself. Runs in a worker process.
"""

from __future__ import annotations

import contextlib
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as c

DPI = 36
MAX_SIDE_PX = 1200
"""Longest side of a compared picture: a page of 10 m is looked at more coarsely, never at more cost."""

BLOCK_PX = 12
"""Side of the squares whose mean grey is compared: 8.5 mm on paper, about a letter of a seal."""

MAX_BLOCK_DIFFERENCE = 16.0
"""Of 255. Kept and repaired pages stay below 7 (fonts substituted, colours converted); the thinnest stroke of a
missing seal or signature gives 17, a missing picture or layer more (measured, docs/decisions/0072)."""

MAX_MEAN_DIFFERENCE = 3.0
PICTURE_BLOCK_DIFFERENCE, PICTURE_MEAN_DIFFERENCE = 40.0, 8.0
"""For pages that became pictures: the picture is pdfium's own, only its second sampling differs (up to 30 and 6)."""

MAX_COMPARED_PAGES = 60
"""Pages of a long document whose look is compared, spread evenly; pages and letters are counted on all."""

SIZE_FACTOR = 4
SIZE_FREE_BYTES = 1 << 20
SIZE_PAGE_BYTES = 600 << 10
"""What a page may grow by when it becomes a picture (200 dpi JPEG: 0.5 MB measured)."""

_FIRST_LETTER = "!"
"""Blanks and control codes (holes in a font's map) are no letters."""

_NO_LETTERS = frozenset("\ufffe\ufeff\uffff\x7f\xa0") | {chr(c) for c in range(0x2000, 0x200B)} | {"\u202f", "\u3000"}
_NO_VALUES = frozenset({0, 0xFEFF, 0xFFFE})
_HYPHEN = "\x02"
"""pdfium's own mark for a hyphen at the end of a line."""


class UnreadableError(ValueError):
    """pdfium cannot open the file."""


@dataclass(frozen=True, slots=True)
class Look:
    """A PDF as a reader sees it."""

    pages: int
    letters: Counter[str]
    pictures: dict[int, np.ndarray[Any, Any]]
    """Mean grey of each square, by page index."""

    size_bytes: int


@contextlib.contextmanager
def opened(path: Path) -> Iterator[pdfium.PdfDocument]:
    """The document at `path`, with its form fields ready to be drawn.

    Raises:
        UnreadableError: damaged, no PDF, or a password is needed.
    """
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise UnreadableError(str(error)) from error
    try:
        if document.get_formtype() != c.FORMTYPE_NONE:
            document.init_forms()
        yield document
    finally:
        document.close()


def chosen_pages(count: int) -> list[int]:
    """Indexes of the pages whose look is compared."""
    if count <= MAX_COMPARED_PAGES:
        return list(range(count))
    return sorted({round(i * (count - 1) / (MAX_COMPARED_PAGES - 1)) for i in range(MAX_COMPARED_PAGES)})


def look_at(path: Path) -> Look:
    """Read pages, letters and looks of `path`.

    Raises:
        UnreadableError: see `opened`.
    """
    letters: Counter[str] = Counter()
    pictures: dict[int, np.ndarray[Any, Any]] = {}
    with opened(path) as document:
        count = len(document)
        chosen = set(chosen_pages(count))
        for index in range(count):
            try:
                page = document[index]
            except pdfium.PdfiumError as error:
                msg = f"page {index + 1}: {error}"
                raise UnreadableError(msg) from error
            letters += _letters(page)
            if index in chosen:
                pictures[index] = _squares(page)
            page.close()
    return Look(count, letters, pictures, path.stat().st_size)


def _letters(page: pdfium.PdfPage) -> Counter[str]:
    text_page = page.get_textpage()
    try:
        text = unicodedata.normalize("NFC", text_page.get_text_range().replace(_HYPHEN, "-"))
    finally:
        text_page.close()
    return Counter(letter for letter in text if letter >= _FIRST_LETTER and letter not in _NO_LETTERS)


def _squares(page: pdfium.PdfPage) -> np.ndarray[Any, Any]:
    width, height = page.get_size()
    longest = max(width, height)
    scale = min(DPI / 72, MAX_SIDE_PX / longest) if math.isfinite(longest) and longest > 0 else DPI / 72
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=True)
    pixels = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width].astype(np.float32)
    bitmap.close()
    rows, columns = (-(-side // BLOCK_PX) for side in pixels.shape)
    padded = np.full((rows * BLOCK_PX, columns * BLOCK_PX), 255, np.float32)
    padded[: pixels.shape[0], : pixels.shape[1]] = pixels
    squares: np.ndarray[Any, Any] = padded.reshape(rows, BLOCK_PX, columns, BLOCK_PX).mean(axis=(1, 3))
    return squares


def refusals(
    before: Look, after: Look, *, look: Look | None = None, as_pictures: bool = False
) -> list[tuple[str, str]]:
    """Checks that `after` fails against `before`: (`pages` | `letters` | `picture` | `size`, detail).

    Args:
        before: What was converted.
        after: What came out.
        look: Where the pages' look is to be taken from, when that is not `before`
            (the original of an OCR candidate).
        as_pictures: Whether pages may have grown into pictures.
    """
    found: list[tuple[str, str]] = []
    seen = look or before
    if after.pages != before.pages or after.pages != seen.pages:
        return [("pages", f"{seen.pages} -> {after.pages}")]
    lost = before.letters - after.letters
    if lost:
        found.append(("letters", f"{sum(lost.values())} lost: {''.join(sorted(lost))[:40]}"))
    worst = max(((*difference(seen.pictures[i], after.pictures[i]), i) for i in seen.pictures), default=(0.0, 0.0, 0))
    most = (
        (PICTURE_BLOCK_DIFFERENCE, PICTURE_MEAN_DIFFERENCE)
        if as_pictures
        else (MAX_BLOCK_DIFFERENCE, MAX_MEAN_DIFFERENCE)
    )
    if worst[0] > most[0] or any(difference(seen.pictures[i], after.pictures[i])[1] > most[1] for i in seen.pictures):
        found.append(("picture", f"page {worst[2] + 1}: {worst[0]:.0f} of 255 in a square, mean {worst[1]:.1f}"))
    bound = SIZE_FACTOR * max(seen.size_bytes, before.size_bytes) + SIZE_FREE_BYTES
    if as_pictures:
        bound += SIZE_PAGE_BYTES * before.pages
    if after.size_bytes > bound:
        found.append(("size", f"{before.size_bytes} -> {after.size_bytes} bytes, at most {bound}"))
    return found


def difference(before: np.ndarray[Any, Any], after: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Largest and mean difference of two pages' squares; pages of another shape differ wholly."""
    if abs(before.shape[0] - after.shape[0]) > 1 or abs(before.shape[1] - after.shape[1]) > 1:
        return 255.0, 255.0
    rows, columns = min(before.shape[0], after.shape[0]), min(before.shape[1], after.shape[1])
    gap = np.abs(before[:rows, :columns] - after[:rows, :columns])
    return float(gap.max(initial=0)), float(gap.mean()) if gap.size else 0.0


def unmapped(path: Path) -> int:
    """Letters that pdfium finds on the pages without a Unicode value, 0 when the text can be trusted to be 2u."""
    count = 0
    with opened(path) as document:
        for index in range(len(document)):
            page = document[index]
            text_page = page.get_textpage()
            for i in range(c.FPDFText_CountChars(text_page.raw)):
                if c.FPDFText_IsGenerated(text_page.raw, i) == 1:
                    continue
                value = c.FPDFText_GetUnicode(text_page.raw, i)
                if value in _NO_VALUES or c.FPDFText_HasUnicodeMapError(text_page.raw, i) == 1:
                    count += 1
            text_page.close()
            page.close()
    return count
