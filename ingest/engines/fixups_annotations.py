"""Appearances for annotations that have none (ISO 19005-2, 6.3.3-1)."""

from __future__ import annotations

import math

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from ingest.engines.pdfa_losses import Losses

PRINT_FLAG = 4
_HIDDEN_FLAGS = 1 << 1 | 1 << 5
"""Hidden, NoView."""

_LINES = frozenset({"/Highlight", "/Underline", "/StrikeOut", "/Squiggly"})
_ICONS = frozenset({"/Text", "/Caret", "/Stamp"})
_ICON_POINTS = 16.0
_QUAD = 8
_CURVE = 0.5523
"""Distance of the control points for a quarter of a circle of radius 1."""

Box = tuple[float, float, float, float]


def draw_appearances(pdf: Pdf, losses: Losses) -> None:
    """Draw what can be drawn; what cannot goes, with its text into the record."""
    for number, page in enumerate(pdf.pages, start=1):
        annotations = page.obj.get("/Annots")
        if not isinstance(annotations, Array):
            continue
        kept = []
        for annotation in annotations.as_list():
            if not isinstance(annotation, Dictionary):
                continue
            if _is_hidden(annotation):
                losses.add("hidden-annotation", f"p{number} {annotation.get('/Contents', '')}")
            elif _has_appearance(annotation) or _draw(pdf, annotation, number, losses):
                kept.append(annotation)
        page.obj["/Annots"] = Array(kept)


def _is_hidden(annotation: Dictionary) -> bool:
    """Nobody saw it, so nobody must see it now; PDF/A forbids to keep it hidden (6.3.2-2)."""
    flags = annotation.get("/F", 0)
    return isinstance(flags, int) and bool(flags & _HIDDEN_FLAGS)


def _has_appearance(annotation: Dictionary) -> bool:
    shown = annotation.get("/AP")
    if isinstance(shown, Dictionary) and "/N" in shown:
        # Only the normal appearance is allowed (6.3.3-2).
        for key in ("/R", "/D"):
            if key in shown:
                del shown[key]
        return True
    return str(annotation.get("/Subtype", "")) in ("/Popup", "/Link")


def _draw(pdf: Pdf, annotation: Dictionary, page: int, losses: Losses) -> bool:
    kind = str(annotation.get("/Subtype", ""))
    box = _box(annotation)
    body = _body(kind, annotation, box) if box else None
    if body is None or box is None:
        losses.add("annotation", f"p{page} {kind[1:]} {annotation.get('/Contents', '')}")
        return False
    state = Dictionary(Type=Name.ExtGState, BM=Name.Multiply)
    form = Stream(pdf, body.encode("ascii"))
    form[Name.Type], form[Name.Subtype] = Name.XObject, Name.Form
    form[Name.BBox] = Array([round(v, 3) for v in box])
    form[Name.Matrix] = Array([1, 0, 0, 1, round(-box[0], 3), round(-box[1], 3)])
    form[Name.Resources] = Dictionary(ExtGState=Dictionary(G=state))
    annotation["/AP"] = Dictionary(N=pdf.make_indirect(form))
    annotation["/F"] = PRINT_FLAG
    losses.add("appearance-drawn", f"p{page} {kind[1:]}")
    return True


def _numbers(value: pikepdf.Object | None) -> list[float]:
    if not isinstance(value, Array):
        return []
    try:
        found = [float(number) for number in value.as_list()]
    except (TypeError, ValueError):
        return []
    return found if all(math.isfinite(number) for number in found) else []


def _box(annotation: Dictionary) -> Box | None:
    rect = _numbers(annotation.get("/Rect"))
    if len(rect) != len(("x0", "y0", "x1", "y1")):
        return None
    return min(rect[0], rect[2]), min(rect[1], rect[3]), max(rect[0], rect[2]), max(rect[1], rect[3])


def _colour(annotation: Dictionary) -> str:
    parts = _numbers(annotation.get("/C"))
    if len(parts) == 1:
        parts = parts * 3
    if len(parts) != len("rgb"):
        parts = [1.0, 0.8, 0.0]
    return " ".join(f"{min(max(part, 0.0), 1.0):.3f}" for part in parts)


def _body(kind: str, annotation: Dictionary, box: Box) -> str | None:
    x0, y0, x1, y1 = box
    colour = _colour(annotation)
    if kind in _LINES:
        return _line_marks(kind, annotation, box, colour)
    if kind in _ICONS:
        width, height = min(_ICON_POINTS, x1 - x0), min(_ICON_POINTS, y1 - y0)
        return f"{colour} rg 0 0 0 RG .5 w {x0:.2f} {y1 - height:.2f} {width:.2f} {height:.2f} re B"
    if kind == "/Square":
        return f"{colour} RG 1 w {x0 + 1:.2f} {y0 + 1:.2f} {max(0, x1 - x0 - 2):.2f} {max(0, y1 - y0 - 2):.2f} re S"
    if kind == "/Circle":
        return f"{colour} RG 1 w {_ellipse(box)} S"
    return None


def _ellipse(box: Box) -> str:
    """Four curves that touch `box` from inside, as operators of a content stream."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    a, b = max(0.0, (box[2] - box[0]) / 2 - 1), max(0.0, (box[3] - box[1]) / 2 - 1)
    p, q = a * _CURVE, b * _CURVE
    points = (
        ((x + a, y + q), (x + p, y + b), (x, y + b)),
        ((x - p, y + b), (x - a, y + q), (x - a, y)),
        ((x - a, y - q), (x - p, y - b), (x, y - b)),
        ((x + p, y - b), (x + a, y - q), (x + a, y)),
    )
    curves = " ".join(" ".join(f"{u:.2f} {v:.2f}" for u, v in curve) + " c" for curve in points)
    return f"{x + a:.2f} {y:.2f} m {curves}"


def _line_marks(kind: str, annotation: Dictionary, box: Box, colour: str) -> str:
    x0, y0, x1, y1 = box
    quads = _numbers(annotation.get("/QuadPoints")) or [x0, y1, x1, y1, x0, y0, x1, y0]
    body = [f"/G gs {colour} rg {colour} RG 1 w"]
    for start in range(0, len(quads) - _QUAD + 1, _QUAD):
        xs, ys = quads[start : start + _QUAD : 2], quads[start + 1 : start + _QUAD : 2]
        left, right, low, high = min(xs), max(xs), min(ys), max(ys)
        if kind == "/Highlight":
            body.append(f"{left:.2f} {low:.2f} {right - left:.2f} {high - low:.2f} re f")
        else:
            level = (low + high) / 2 if kind == "/StrikeOut" else low
            body.append(f"{left:.2f} {level:.2f} m {right:.2f} {level:.2f} l S")
    return "\n".join(body)
