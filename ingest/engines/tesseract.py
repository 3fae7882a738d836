"""Tesseract through tesserocr: one page to words with boxes and confidence (`ingest.engines.tesseract:recognise`).

Vietnamese alone, page segmentation 3, one thread: other languages beside it
triple the errors in the marks, and threads cost five times the time
(docs/decisions/0060). Otsu's threshold first; Sauvola's when that finds nothing
or is unsure, and the surer reading is kept.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

# The library reads this when it is loaded: two threads spin on one page and
# cost five times the processor time of one.
os.environ["OMP_THREAD_LIMIT"] = "1"

from ingest.engines import raster
from ingest.engines.closer_looks import closer_looks
from ingest.engines.page_heads import Picture, head_of
from ingest.engines.red_stamps import stamps
from metadata.errors import ToolMissingError

try:
    import tesserocr
except ImportError as missing:
    raise ToolMissingError("tesserocr", "pip install -r requirements/luutru.lock") from missing

LANGUAGE = "vie"
MODEL = "vie.traineddata"
CURE = "apt install tesseract-ocr-vie"
SURE = 88.0
"""Mean confidence below which the page is read a second time."""

_TESSDATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
_WORD_LEVEL = "5"
_BLANK = 0.00002
"""Share of dark pixels below which a page is blank: less than one letter on A4."""

_BLACK = 0.97
"""Share of dark pixels above which there is no letter either; negatives of documents have less."""

_HEAD = 0.4
"""Part of page 1 in which a mark of secrecy stands."""

_COLUMNS = 12
_OTSU, _SAUVOLA = "0", "2"

Line = list[list[Any]]


def _folder_of_models(tessdata: str | None) -> Path:
    for folder in (tessdata,) if tessdata else _TESSDATA:
        if (Path(folder) / MODEL).is_file():
            return Path(folder)
    raise ToolMissingError(MODEL, CURE)


@cache
def _tool(folder: Path) -> dict[str, str]:
    model = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()[:12]
    engine = tesserocr.tesseract_version().split()[1]
    return {"name": "tesseract", "version": f"{engine} (tesserocr {version('tesserocr')}, {LANGUAGE} {model})"}


@cache
def _engine(folder: Path, segmentation: tesserocr.PSM) -> tesserocr.PyTessBaseAPI:
    try:
        return tesserocr.PyTessBaseAPI(path=str(folder), lang=LANGUAGE, psm=segmentation)
    except RuntimeError as error:
        raise ToolMissingError(MODEL, CURE) from error


def tool(scratch: Path, tessdata: str | None = None) -> dict[str, Any]:
    """Engine and model with versions, as `Tool` (a task).

    Raises:
        ToolMissingError: no Vietnamese model.
    """
    del scratch
    return {"tool": _tool(_folder_of_models(tessdata))}


def recognise(scratch: Path, source: str, page: int, kind: str, tessdata: str | None = None) -> dict[str, Any]:
    """Read page `page` (from 1) of the `pdf` or `image` at `source`.

    Returns:
        `lines`, each a list of words `[text, left, top, right, bottom, confidence]`
        (NFC, fractions of the page as shown, 0 to 100; an empty line parts
        paragraphs), `confidence` (mean of the words, None without words), `method`
        (`otsu`, `sauvola`, `blank`, `black`), `red_lines` (page 1: what stands in red ink in
        its head), `head_lines` (page 1: its upper half, where a second look at it was worth its time),
        `closer` (page 1: see `closer_looks`; of `head_lines` where there are any, else of `lines`),
        `dpi`, `bilevel`, `tool`; or `problem` when the page cannot be decoded.

    Raises:
        ToolMissingError: no Vietnamese model.
    """
    del scratch
    folder = _folder_of_models(tessdata)
    answer: dict[str, Any] = {"page": page, "lines": [], "red_lines": [], "confidence": None, "tool": _tool(folder)}
    make = raster.of_pdf_page if kind == "pdf" else raster.of_image
    try:
        picture = make(source, page, with_inks=page == 1)
    except raster.UndecodableError as error:
        return {**answer, "problem": str(error), "method": "none"}
    grey = picture.grey if picture.bilevel else raster.flattened(picture.grey)
    answer |= {"dpi": round(picture.dpi, 1), "bilevel": picture.bilevel}
    if picture.red is not None:
        answer["red_lines"] = _red_lines(picture.red, picture.dpi, folder)
    share = raster.ink_share(grey)
    if not _BLANK <= share <= _BLACK:
        return {**answer, "method": "blank" if share < _BLANK else "black"}
    answer |= _read(grey, picture.dpi, folder, bilevel=picture.bilevel)
    if page == 1:
        plain = raster.flattened(picture.plain) if picture.plain is not None else None
        answer |= _looked_again(Picture(grey, plain, picture.bilevel), picture.dpi, folder, answer["lines"])
    return answer


def _looked_again(picture: Picture, dpi: float, folder: Path, lines: list[Line]) -> dict[str, Any]:
    """What a second look at the head reads, where it is worth its time, and closer ones at unsure digits."""

    def look(grey: raster.Grey, resolution: float) -> list[Line]:
        return _lines(_engine(folder, tesserocr.PSM.SINGLE_LINE), grey, resolution, _OTSU)

    head = head_of(picture, lines)
    if head is None:
        return {"head_lines": [], "closer": closer_looks(picture.flat, lines, dpi, 1.0, look)}
    found = _lines(_engine(folder, tesserocr.PSM.AUTO), head.grey, dpi, _OTSU)
    closer = closer_looks(head.grey, found, dpi, head.part, look)
    for piece in closer:
        piece[3:] = [[head.placed(word) for word in words] for words in piece[3:]]
    return {"head_lines": [[head.placed(word) for word in line] for line in found], "closer": closer}


def _red_lines(red: raster.Grey, dpi: float, folder: Path) -> list[Line]:
    """What each red stamp in the head says: one line a stamp, at its place on the page."""
    lines: list[Line] = []
    for stamp in stamps(red[: int(red.shape[0] * _HEAD)], dpi):
        words: list[Any] = []
        for segmentation in (tesserocr.PSM.SINGLE_LINE, tesserocr.PSM.SINGLE_BLOCK):
            engine = _engine(folder, segmentation)
            words = words or [word for line in _lines(engine, stamp.grey, raster.USUAL_DPI, _OTSU) for word in line]
        if words:
            left, top, right, bottom = stamp.box
            text, sure = " ".join(word[0] for word in words), min(word[5] for word in words)
            lines.append([[text, left, top * _HEAD, right, bottom * _HEAD, sure]])
    return lines


def _read(grey: raster.Grey, dpi: float, folder: Path, *, bilevel: bool) -> dict[str, Any]:
    engine = _engine(folder, tesserocr.PSM.AUTO)
    first = _lines(engine, grey, dpi, _OTSU)
    sure = _confidence(first)
    if bilevel or (sure is not None and sure >= SURE):
        return {"lines": first, "confidence": sure, "method": "otsu"}
    second = _lines(engine, grey, dpi, _SAUVOLA)
    surer = _confidence(second)
    if surer is None or (sure is not None and sure >= surer):
        return {"lines": first, "confidence": sure, "method": "otsu"}
    return {"lines": second, "confidence": surer, "method": "sauvola"}


def _lines(engine: tesserocr.PyTessBaseAPI, grey: raster.Grey, dpi: float, threshold: str) -> list[Line]:
    height, width = grey.shape
    engine.SetVariable("thresholding_method", threshold)
    # The stub asks for text where the extension takes bytes.
    engine.SetImageBytes(grey.tobytes(), width, height, 1, width)  # type: ignore[arg-type]
    engine.SetSourceResolution(round(dpi))
    # A page without any line makes the library return nothing at all.
    table = engine.GetTSVText(0) or ""
    engine.Clear()
    return _from_table(table, width, height)


def _from_table(table: str, width: int, height: int) -> list[Line]:
    lines: list[Line] = []
    paragraph = place = ""
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) != _COLUMNS or cells[0] != _WORD_LEVEL or not cells[11].strip():
            continue
        here, there = ".".join(cells[2:4]), ".".join(cells[2:5])
        if there != place:
            if lines and here != paragraph:
                lines.append([])
            lines.append([])
            paragraph, place = here, there
        left, top, wide, high = map(int, cells[6:10])
        box = (left / width, top / height, (left + wide) / width, (top + high) / height)
        word = unicodedata.normalize("NFC", cells[11].strip())
        lines[-1].append([word, *(round(min(max(edge, 0.0), 1.0), 4) for edge in box), round(float(cells[10]), 1)])
    return lines


def _confidence(lines: list[Line]) -> float | None:
    sure = [word[5] for line in lines for word in line]
    return round(sum(sure) / len(sure), 1) if sure else None
