"""Worker task `ingest.engines.copy_mark:mark`: a PDF/A copy with the note that it is one, in its upper right corner.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục I (electronic copies: upper right corner
of the first page, no picture; form of copy, agency, time; Times New Roman 10,
upright, black). Only ever a copy is marked, never an original.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Dictionary, Page, Pdf

from ingest.engines.paper_fonts import Face, Style, plain
from ingest.engines.paper_layout import broken
from ingest.engines.pdfa_chain import convert
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import JUDGE, Written, speaks_unicode, write
from metadata.errors import ArchiveError

SIZE = 10.0
LEADING = 12.0
_MM = 72 / 25.4
_TOP, _RIGHT = 5 * _MM, 10 * _MM
"""Inside the margins of Phụ lục I, above the national title."""

_WIDEST = 0.45
"""Share of the page that a line takes at most."""

_FONT = "/CopyNote"
_DEEPEST = 50
"""Levels of a tree of pages that are asked for what a page inherits."""

_FAULTS = (ArchiveError, OSError, MemoryError)


def mark(
    scratch: Path, source: str, at: str, note: Sequence[str], *, claim: str = "2b", kept: bool = False
) -> dict[str, Any]:
    """Mark the first page of a PDF/A.

    Args:
        scratch: Empty folder of the task.
        source: The PDF/A; it stays as it is.
        at: RFC 3339 time for the metadata date, so that repeating gives the same bytes.
        note: Lines of the note.
        claim: Flavour that was measured of `source`: 2u stays 2u, everything else becomes 2b.
        kept: It was not written by this archive, so it goes through the converter first.

    Returns:
        `outputs.pdf`, `flavour` as measured, `replaced` (letters that the font does not have), `losses`, `tool`; where
        it could not be done `flavour` null, `detail`, and no file.

    Raises:
        ToolMissingError: the font is not installed.
    """
    path, losses = Path(source), Losses()
    try:
        if kept:
            room = scratch / "converted"
            room.mkdir()
            made = convert(room, source, at, aim="2u")
            if "outputs" not in made:
                return _refused(str(made.get("detail") or made.get("problem")))
            path, claim = room / made["outputs"]["pdf"], str(made["flavour"])
            for entry in made["losses"]:
                losses.add(*entry.partition(":")[::2])
        target = scratch / "copy.pdf"
        with pikepdf.open(path) as pdf:
            face = _noted(pdf, note)
            written = _written(pdf, target, at, losses, claim)
    except _FAULTS:
        raise
    except Exception as error:  # noqa: BLE001 - hostile structure fails in many ways: then there is no copy, which is told
        return _refused(f"{type(error).__name__}: {error}".replace(source, "FILE"))
    if written.verdict != "pass":
        return _refused(f"{', '.join(written.rules)} {written.detail}".strip())
    return {
        "outputs": {"pdf": target.name},
        "flavour": written.flavour,
        "replaced": face.replaced,
        "losses": losses.entries(),
        "tool": JUDGE,
    }


def _refused(detail: str) -> dict[str, Any]:
    return {"flavour": None, "detail": detail[:300], "tool": JUDGE}


def _written(pdf: Pdf, target: Path, at: str, losses: Losses, claim: str) -> Written:
    flavour = "2u" if claim == "2u" and speaks_unicode(pdf) else "2b"
    return write(pdf, target, flavour=flavour, at=at, losses=losses)


def _noted(pdf: Pdf, note: Sequence[str]) -> Face:
    page = pdf.pages[0]
    face = Face(pdf, Style.REGULAR)
    unit = float(page.obj.get("/UserUnit", 1))
    matrix, width, height = _seen(page)
    lines = [piece for line in note for piece in broken(face, plain(line), SIZE, width * unit * _WIDEST)]
    ops = ["Q", "/Artifact BMC", "q", " ".join(f"{number:.4f}" for number in matrix) + " cm", "0 g"]
    base = height * unit - _TOP - SIZE
    for line in lines:
        left = width * unit - _RIGHT - face.width(line, SIZE)
        ops.append(f"BT {_FONT} {SIZE / unit:g} Tf {left / unit:.3f} {base / unit:.3f} Td <{face.encoded(line)}> Tj ET")
        base -= LEADING
    ops += ["Q", "EMC"]
    face.finish()
    # What the page does to its own matrix and colours ends before the note begins.
    page.contents_add(pdf.make_stream(b"q\n"), prepend=True)
    page.contents_add(pdf.make_stream("\n".join(ops).encode("ascii")))
    # Resources may be shared with other pages: those of the first one are its own from here on.
    resources = Dictionary(dict(page.resources.items()))
    fonts = resources.get("/Font")
    resources.Font = Dictionary(dict(fonts.items()) if isinstance(fonts, Dictionary) else {})
    resources.Font[_FONT] = face.font
    page.obj.Resources = resources
    return face


def _seen(page: Page) -> tuple[tuple[float, ...], float, float]:
    """The matrix from the page as people see it, from its lower left corner, to its own space; width and height so."""
    media, crop = ([float(edge) for edge in box] for box in (page.mediabox, page.cropbox))
    # What is seen is the part of the paper that is not cut off; edges may be told in either order.
    left, bottom = (max(min(crop[n], crop[n + 2]), min(media[n], media[n + 2])) for n in (0, 1))
    right, top = (min(max(crop[n], crop[n + 2]), max(media[n], media[n + 2])) for n in (0, 1))
    wide, high = right - left, top - bottom
    match int(_inherited(page, "/Rotate")) % 360:
        case 90:
            return (0, 1, -1, 0, right, bottom), high, wide
        case 180:
            return (-1, 0, 0, -1, right, top), wide, high
        case 270:
            return (0, -1, 1, 0, left, top), high, wide
        case _:
            return (1, 0, 0, 1, left, bottom), wide, high


def _inherited(page: Page, key: str) -> Any:  # noqa: ANN401 - a value of a PDF
    node: Any = page.obj
    for _ in range(_DEEPEST):
        if not isinstance(node, Dictionary):
            break
        if key in node:
            return node[key]
        node = node.get("/Parent")
    return 0
