"""Measures of scans in a PDF: pages that an image covers, their resolution and colours; and where it is signed.

Nothing is decoded: sizes stand in the dictionaries of the images, places in the page's content.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

MOST_PAGES = 200
"""Pages that are looked at; of longer files so many, evenly spread."""

MOST_CONTENT_BYTES = 1 << 20
"""A page whose content unpacks to more than this is a drawing: even with a text layer a scan has a tenth of it."""

MOST_BYTES = 32 << 20
"""Content of all pages together; what is beyond it is not looked at. Parsing costs about a second for 5 MiB."""

_FEWEST_PIXELS = 300
"""An image that is narrower covers no page: A4 at 36 dpi."""

COVERS = 0.8
"""Part of the page that an image must cover for the page to be a scan."""

_POINTS_AN_INCH = 72.0
_OPERATORS = "q Q cm Do Tj TJ ' \""
_DEPTH = 2
"""Forms within forms that are gone into."""

_MOST_FORMS = 100
"""Forms that are gone into on one page: one may be drawn a thousand times."""

_TEXT = frozenset({"Tj", "TJ", "'", '"'})
_RANKS = ("bilevel", "grey", "colour")
_COMPONENTS = {
    "/DeviceGray": 1,
    "/CalGray": 1,
    "/G": 1,
    "/DeviceRGB": 3,
    "/CalRGB": 3,
    "/RGB": 3,
    "/Lab": 3,
    "/DeviceCMYK": 4,
}
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scan:
    """The image that covers a page."""

    dpi: int
    colour: str
    bits: int


@dataclass(slots=True)
class _Page:
    scans: list[Scan] = field(default_factory=list)
    has_text: bool = False
    forms: int = 0


def measure_scans(pdf: pikepdf.Pdf) -> dict[str, Any]:
    """Fields of `metadata.measures.Measured` that tell of scanned pages."""
    budget = _Budget()
    looked = (_looked_at(pdf.pages[number], budget) for number in _sample(len(pdf.pages)))
    pages = [page for page in looked if page is not None]
    scanned = [page for page in pages if page.scans]
    best = [_best(page.scans) for page in scanned]
    return {
        "looked_pages": len(pages),
        "scanned_pages": len(scanned),
        "scanned_without_text": sum(1 for page in scanned if not page.has_text),
        "dpi": min((scan.dpi for scan in best), default=None),
        "colour": min((scan.colour for scan in best), key=_RANKS.index, default=None),
        "bits": min((scan.bits for scan in best), default=None),
    }


def _sample(count: int) -> Iterator[int]:
    if count <= MOST_PAGES:
        yield from range(count)
        return
    yield from sorted({round(n * (count - 1) / (MOST_PAGES - 1)) for n in range(MOST_PAGES)})


def _best(scans: list[Scan]) -> Scan:
    """Of layers over each other (a mask over a coloured ground) the finest lines and the richest colours count."""
    return Scan(
        max(scan.dpi for scan in scans),
        max((scan.colour for scan in scans), key=_RANKS.index),
        max(scan.bits for scan in scans),
    )


@dataclass(slots=True)
class _Budget:
    """Bytes of content that may still be parsed."""

    left: int = MOST_BYTES

    def allows(self, content: pikepdf.Stream) -> bool:
        """Whether `content` may be parsed; packed size first, for unpacking costs too."""
        if self.left <= 0 or len(content.read_raw_bytes()) > MOST_CONTENT_BYTES:
            return False
        size = len(content.read_bytes())
        self.left -= size
        return size <= MOST_CONTENT_BYTES


def _looked_at(page: pikepdf.Page, budget: _Budget) -> _Page | None:
    """What covers the page; None where it cannot be told: damage is judged elsewhere."""
    try:
        if not _may_be_a_scan(page):
            return _Page()
        contents = page.obj.get("/Contents")
        streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        if not all(budget.allows(stream) for stream in streams if isinstance(stream, pikepdf.Stream)):
            return None
        return _walked(page, budget)
    except (pikepdf.PdfError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
        return None


def _may_be_a_scan(page: pikepdf.Page) -> bool:
    """Whether the page draws a form, or an image with enough pixels."""
    named = _dictionary(page.obj.get("/Resources"), "/XObject")
    for drawn in named.values() if named is not None else ():
        if isinstance(drawn, pikepdf.Stream):
            form = drawn.get("/Subtype") == "/Form"
            if form or min(int(drawn.get("/Width", 0)), int(drawn.get("/Height", 0))) >= _FEWEST_PIXELS:
                return True
    return False


def _walked(page: pikepdf.Page, budget: _Budget) -> _Page:
    found = _Page()
    left, bottom, right, top = (float(edge) for edge in list(page.mediabox)[:4])
    walk = _Walk(found, budget, abs((right - left) * (top - bottom)) or 1.0, float(page.obj.get("/UserUnit", 1)))
    walk.through(page, page.obj.get("/Resources"), _IDENTITY, _DEPTH)
    return found


@dataclass(frozen=True, slots=True)
class _Walk:
    """One pass through a page's content, and through the forms that it draws."""

    found: _Page
    budget: _Budget
    area: float
    unit: float

    def through(self, content: pikepdf.Page | pikepdf.Object, resources: object, base: Matrix, depth: int) -> None:
        named = _dictionary(resources, "/XObject")
        matrix, kept = base, list[Matrix]()
        for instruction in pikepdf.parse_content_stream(content, _OPERATORS):
            operands, name = list(instruction.operands), str(instruction.operator)
            if name == "q":
                kept.append(matrix)
            elif name == "Q":
                matrix = kept.pop() if kept else base
            elif name == "cm":
                matrix = _times(tuple(float(value) for value in operands), matrix)
            elif name in _TEXT:
                self.found.has_text = True
            elif name == "Do" and named is not None:
                self._drawn(named.get(str(operands[0])), resources, matrix, depth)

    def _drawn(self, drawn: object, resources: object, matrix: Matrix, depth: int) -> None:
        if not isinstance(drawn, pikepdf.Stream):
            return
        if drawn.get("/Subtype") == "/Image":
            if abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) >= COVERS * self.area:
                self.found.scans.append(_scan(drawn, matrix, self.unit))
        elif depth and self.found.forms < _MOST_FORMS and self.budget.allows(drawn):
            self.found.forms += 1
            own = drawn.get("/Matrix")
            inner = _times(tuple(float(v) for v in list(own)), matrix) if isinstance(own, pikepdf.Array) else matrix
            self.through(drawn, drawn.get("/Resources", resources), inner, depth - 1)


def _dictionary(holder: object, key: str) -> pikepdf.Dictionary | None:
    found = holder.get(key) if isinstance(holder, (pikepdf.Dictionary, pikepdf.Stream)) else None
    return found if isinstance(found, pikepdf.Dictionary) else None


def _times(first: tuple[float, ...], second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _scan(image: pikepdf.Object, matrix: Matrix, unit: float) -> Scan:
    across = math.hypot(matrix[0], matrix[1]) * unit / _POINTS_AN_INCH
    down = math.hypot(matrix[2], matrix[3]) * unit / _POINTS_AN_INCH
    dpi = min(float(image.get("/Width", 0)) / across, float(image.get("/Height", 0)) / down)
    components, bits = _components(image)
    colour = "colour" if components > 1 else "bilevel" if bits == 1 else "grey"
    # Scanning programs round the page to whole points: 199.7 dpi is 200.
    return Scan(round(dpi), colour, bits * components)


def _components(image: pikepdf.Object) -> tuple[int, int]:
    """Components a pixel, and bits each."""
    if bool(image.get("/ImageMask", False)):
        return 1, 1
    space = image.get("/ColorSpace")
    bits = int(image.get("/BitsPerComponent", 8))
    if isinstance(space, pikepdf.Array) and len(space) > 1:
        kind = str(space[0])
        if kind == "/ICCBased" and isinstance(space[1], pikepdf.Stream):
            return int(space[1].get("/N", 3)), bits
        if kind in {"/Indexed", "/I"}:
            # A palette: as many bits as its indices have, in the colours of its base.
            base = _COMPONENTS.get(str(space[1]), 3) if isinstance(space[1], pikepdf.Name) else 3
            return (1, bits) if base == 1 else (3, max(1, bits // 3))
        return _COMPONENTS.get(kind, 3), bits
    # JPEG 2000 may leave its colours to the image itself.
    return _COMPONENTS.get(str(space), 3), bits


# ---------------------------------------------------------------- signatures


def signed_places(pdf: pikepdf.Pdf) -> list[dict[str, Any]]:
    """Where signatures are shown: fields of `metadata.measures.SignaturePlace`."""
    found: list[dict[str, Any]] = []
    for number, page in enumerate(pdf.pages[:MOST_PAGES] if len(pdf.pages) > MOST_PAGES else pdf.pages, start=1):
        annotations = page.obj.get("/Annots")
        for annotation in list(annotations) if isinstance(annotations, pikepdf.Array) else []:
            place = _place(annotation, page, number)
            if place is not None:
                found.append(place)
    return found


def _place(annotation: pikepdf.Object, page: pikepdf.Page, number: int) -> dict[str, Any] | None:
    try:
        parent = annotation.get("/Parent")
        kind = annotation.get("/FT") or (parent.get("/FT") if parent is not None else None)
        value = annotation.get("/V") or (parent.get("/V") if parent is not None else None)
        if kind != "/Sig" or value is None:
            return None
        x0, y0, x1, y1 = (float(edge) for edge in list(annotation["/Rect"])[:4])
        left, bottom, right, top = (float(edge) for edge in list(page.mediabox)[:4])
        width, height = abs(right - left) or 1.0, abs(top - bottom) or 1.0
        if abs(x1 - x0) < 1 or abs(y1 - y0) < 1:
            return None
        return {
            "page": number,
            "left": round((min(x0, x1) - min(left, right)) / width, 3),
            "top": round((max(bottom, top) - max(y0, y1)) / height, 3),
            "right": round((max(x0, x1) - min(left, right)) / width, 3),
            "bottom": round((max(bottom, top) - min(y0, y1)) / height, 3),
            "shows_image": _shows_image(annotation),
        }
    except (pikepdf.PdfError, ValueError, TypeError, LookupError, AttributeError):
        return None


def _shows_image(annotation: pikepdf.Object) -> bool:
    """Whether the appearance draws an image, itself or through the forms within it."""
    appearance = _dictionary(annotation, "/AP")
    shown = appearance.get("/N") if appearance is not None else None
    waiting: list[tuple[object, int]] = [(shown, _DEPTH + 1)]
    while waiting:
        form, left = waiting.pop()
        named = _dictionary(form.get("/Resources"), "/XObject") if isinstance(form, pikepdf.Stream) else None
        for inner in list(named.values()) if named is not None else []:
            if isinstance(inner, pikepdf.Stream) and inner.get("/Subtype") == "/Image":
                return True
            if left:
                waiting.append((inner, left - 1))
    return False
