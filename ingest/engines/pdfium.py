"""pdfium: the text of PDF pages as it stands in them, and what else a page shows (`ingest.engines.pdfium:page_texts`).

Text of annotations is no text of the page: what a signing program writes into
its signature field never makes a scanned page a text page.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from metadata.legacy import Encoding, decoded, encoding_of, is_capitals_font

_GRID = 32
"""Rows and columns of the raster on which covered area is counted."""

_MOST_OBJECTS = 5_000
"""Objects of a page that are looked at: what lies behind them changes no decision."""

_DEEPEST_FORM = 4
_DEVICE = 100_000
_HYPHEN_AT_LINE_END = 0x02
_LAST_CODE = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_INVISIBLE = 3


@dataclass(slots=True)
class Sight:
    """What a page shows beside its text."""

    cells: set[int] = field(default_factory=set)
    image_px: tuple[int, int] = (0, 0)
    """Largest picture, pixels."""

    image_dpi: float = 0.0
    bilevel: bool = False
    texts: int = 0
    invisible_texts: int = 0
    drawings: int = 0
    seen: int = 0

    def coverage(self) -> float:
        """Share of the page that pictures cover, 0 to 1."""
        return len(self.cells) / (_GRID * _GRID)


Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def tool() -> dict[str, str]:
    """The library with its version, as `Tool`."""
    return {"name": "pdfium", "version": f"{pdfium.PDFIUM_INFO} (pypdfium2 {version('pypdfium2')})"}


def page_texts(scratch: Path, source: str, first: int, count: int) -> dict[str, Any]:
    """Read the pages `first` to `first + count - 1` (from 1) of the PDF at `source`.

    Returns:
        `page_count`, `tool` and `pages`; a page is `page`, `text` (NFC, decoded),
        `words` (`[start, end, left, top, right, bottom]`, offsets and fractions),
        `encoding`, `invisible_share` (of the text objects), `image_coverage`,
        `image_dpi`, `bilevel`, `drawings`. A file that pdfium cannot open gives `problem` and no page.
    """
    del scratch
    try:
        document = pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        return {"page_count": 0, "pages": [], "problem": str(error), "tool": tool()}
    with closing(document):
        total = len(document)
        numbers = range(first, min(first + count, total + 1))
        return {"page_count": total, "pages": [_page(document, number) for number in numbers], "tool": tool()}


def _page(document: pdfium.PdfDocument, number: int) -> dict[str, Any]:
    try:
        page = document[number - 1]
    except pdfium.PdfiumError as error:
        return {"page": number, "text": "", "words": [], "problem": str(error)}
    with closing(page):
        sight = sight_of(page)
        text, words, encoding = _text(page)
        return {
            "page": number,
            "text": text,
            "words": words,
            "encoding": encoding.value,
            "invisible_share": round(sight.invisible_texts / sight.texts, 4) if sight.texts else 0.0,
            "image_coverage": round(sight.coverage(), 4),
            "image_dpi": round(sight.image_dpi, 1),
            "bilevel": sight.bilevel,
            "drawings": sight.drawings,
        }


# ---------------------------------------------------------------- what a page shows


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, cc, d, e, f = inner
    oa, ob, oc, od, oe, of = outer
    return (
        a * oa + b * oc,
        a * ob + b * od,
        cc * oa + d * oc,
        cc * ob + d * od,
        e * oa + f * oc + oe,
        e * ob + f * od + of,
    )


def _objects(page: pdfium.PdfPage) -> Iterator[tuple[Any, int, Matrix]]:
    """Objects of `page` with their type and the matrix of the forms around them."""
    waiting: list[tuple[Any, int, Matrix]] = [
        (c.FPDFPage_GetObject(page.raw, n), 0, IDENTITY)
        for n in range(min(c.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS))
    ]
    waiting.reverse()
    seen = 0
    while waiting and seen < _MOST_OBJECTS:
        handle, depth, around = waiting.pop()
        seen += 1
        kind = c.FPDFPageObj_GetType(handle)
        yield handle, kind, around
        if kind == c.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
            matrix = c.FS_MATRIX()
            c.FPDFPageObj_GetMatrix(handle, matrix)
            own = (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)
            inner = min(c.FPDFFormObj_CountObjects(handle), _MOST_OBJECTS - seen)
            waiting.extend(
                (c.FPDFFormObj_GetObject(handle, n), depth + 1, _times(own, around)) for n in range(max(inner, 0))
            )


def sight_of(page: pdfium.PdfPage) -> Sight:
    """What `page` shows: pictures, drawings, and whether its text can be seen; at most 5,000 objects are looked at."""
    sight = Sight()
    for handle, kind, around in _objects(page):
        sight.seen += 1
        if kind == c.FPDF_PAGEOBJ_TEXT:
            sight.texts += 1
            sight.invisible_texts += c.FPDFTextObj_GetTextRenderMode(handle) == _INVISIBLE
        elif kind == c.FPDF_PAGEOBJ_IMAGE:
            _see_image(sight, page, handle, around)
        elif kind != c.FPDF_PAGEOBJ_FORM:
            sight.drawings += 1
    return sight


def _see_image(sight: Sight, page: pdfium.PdfPage, handle: Any, around: Matrix) -> None:  # noqa: ANN401 - a C pointer
    bounds = [ctypes.c_float() for _ in range(4)]
    if not c.FPDFPageObj_GetBounds(handle, *bounds):
        return
    left, bottom, right, top = (value.value for value in bounds)
    corners = [_times((1, 0, 0, 1, x, y), around)[4:] for x in (left, right) for y in (bottom, top)]
    xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    sight.cells |= _cells(page.get_cropbox(), (xs[0], ys[0], xs[-1], ys[-1]))
    width, height = ctypes.c_uint(), ctypes.c_uint()
    c.FPDFImageObj_GetImagePixelSize(handle, width, height)
    if width.value * height.value <= sight.image_px[0] * sight.image_px[1]:
        return
    sight.image_px = (width.value, height.value)
    inches = max(xs[-1] - xs[0], ys[-1] - ys[0]) / 72
    sight.image_dpi = max(width.value, height.value) / inches if inches > 0 else 0.0
    meta = c.FPDF_IMAGEOBJ_METADATA()
    if c.FPDFImageObj_GetImageMetadata(handle, page.raw, meta):
        sight.bilevel = meta.bits_per_pixel == 1


def _cells(page: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> set[int]:
    width, height = page[2] - page[0], page[3] - page[1]
    if width <= 0 or height <= 0:
        return set()

    def span(low: float, high: float, start: float, length: float) -> range:
        first = round((low - start) / length * _GRID)
        last = round((high - start) / length * _GRID)
        return range(max(first, 0), min(last, _GRID))

    columns = span(box[0], box[2], page[0], width)
    rows = span(box[1], box[3], page[1], height)
    return {row * _GRID + column for row in rows for column in columns}


# ---------------------------------------------------------------- text


def _characters(textpage: Any) -> list[str]:  # noqa: ANN401 - a C pointer
    found = []
    for index in range(max(c.FPDFText_CountChars(textpage), 0)):
        code = c.FPDFText_GetUnicode(textpage, index)
        if code == _HYPHEN_AT_LINE_END:
            code = ord("-")
        readable = code <= _LAST_CODE and code not in _SURROGATES and code not in {0, 0xFEFF, 0xFFFE, 0xFFFF}
        found.append(chr(code) if readable else "")
    return found


def _runs(characters: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Words as `(first, end, begins_line)` over the indices of characters."""
    start, line = -1, True
    for index, character in enumerate([*characters, "\n"]):
        if not character:
            continue
        if character.isspace() or unicodedata.category(character) == "Cc":
            if start >= 0:
                yield start, index, line
                start, line = -1, False
            line = line or character == "\n"
        elif start < 0:
            start = index


def _text(page: pdfium.PdfPage) -> tuple[str, list[list[float]], Encoding]:
    shown = _shown(page)
    if page.get_rotation():
        # pdfium turns the order of lines round on a page that is shown turned.
        page.set_rotation(0)
    with closing(page.get_textpage()) as textpage:
        characters = _characters(textpage.raw)
        runs = list(_runs(characters))
        raw = ["".join(characters[first:end]) for first, end, _ in runs]
        encoding = encoding_of(" ".join(raw))
        text, size = "", 0
        parts: list[str] = []
        words: list[list[float]] = []
        for (first, end, begins), written in zip(runs, raw, strict=True):
            word = decoded(written, encoding)
            if encoding is Encoding.TCVN3 and is_capitals_font(_font(textpage.raw, first)):
                word = word.upper()
            gap = ("\n" if begins else " ") if parts else ""
            parts += [gap, word]
            size += len(gap)
            words.append([size, size + len(word), *_box(shown, textpage.raw, first, end)])
            size += len(word)
        text = "".join(parts)
    # Words are normalised one by one, which is the same as the whole: a space
    # or newline stands between any two of them.
    return text, words, encoding


def _font(textpage: Any, index: int) -> str:  # noqa: ANN401 - a C pointer
    name = ctypes.create_string_buffer(256)
    flags = ctypes.c_int()
    size = c.FPDFText_GetFontInfo(textpage, index, name, len(name), flags)
    return name.value.decode("utf-8", "replace") if size else ""


def _box(shown: Matrix, textpage: Any, first: int, end: int) -> tuple[float, float, float, float]:  # noqa: ANN401
    edges = [ctypes.c_double() for _ in range(4)]
    xs: list[float] = []
    ys: list[float] = []
    for rectangle in range(c.FPDFText_CountRects(textpage, first, end - first)):
        c.FPDFText_GetRect(textpage, rectangle, *edges)
        left, top, right, bottom = (edge.value for edge in edges)
        for corner in ((left, top), (right, bottom)):
            x, y = _times((1, 0, 0, 1, *corner), shown)[4:]
            xs.append(min(max(x, 0.0), 1.0))
            ys.append(min(max(y, 0.0), 1.0))
    if not xs:
        return (0.0, 0.0, 0.0, 0.0)
    return (round(min(xs), 4), round(min(ys), 4), round(max(xs), 4), round(max(ys), 4))


def _shown(page: pdfium.PdfPage) -> Matrix:
    """From the page's own coordinates to fractions of the page as it is shown, from its top left."""

    def point(x: float, y: float) -> tuple[float, float]:
        right, down = ctypes.c_int(), ctypes.c_int()
        c.FPDF_PageToDevice(page.raw, 0, 0, _DEVICE, _DEVICE, 0, x, y, right, down)
        return right.value / _DEVICE, down.value / _DEVICE

    (e, f), (xe, xf), (ye, yf) = point(0, 0), point(1000, 0), point(0, 1000)
    return ((xe - e) / 1000, (xf - f) / 1000, (ye - e) / 1000, (yf - f) / 1000, e, f)
