"""What OCR read becomes invisible text in a PDF that keeps every picture's bytes (`ingest.engines.ocr_layer:assemble`).

The source is opened once, each recognised page gets one more content stream, and
nothing else is touched: CCITT and JPEG pictures pass through as they are. The
result is a candidate, not yet PDF/A: the stage `pdfa` cleans and judges it.
"""

from __future__ import annotations

import json
import math
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import img2pdf
import pikepdf
from pikepdf import Name
from PIL import Image, ImageOps, ImageSequence

from ingest.engines.invisible_text import InvisibleFont, Placed

_A4_POINTS = 841.89
_USUAL_DPI = 72.0, 1_200.0
_BELOW_BASE = 0.2
"""Share of a line's height that lies below its base line."""

_LEAST_SIZE = 1.0
_LEFT, _TOP, _LOW = 1, 2, 4
"""Places of the box in a word of `tesseract:recognise`."""


def assemble(scratch: Path, source: str, kind: str, layers: dict[str, str]) -> dict[str, Any]:
    """Make the candidate.

    Args:
        scratch: Empty folder.
        source: The `pdf` or `image` as received.
        kind: `pdf` or `image`.
        layers: By page number (from 1, as text): path of a JSON file with the `lines`
            of `tesseract:recognise`. Pages without an entry get no text.

    Returns:
        `outputs` with `ocr_pdf`, `pages`, `layered` (pages that got text), `recoded`
        (pictures whose coding PDF does not know, kept without loss); or `problem`
        when the source cannot be read.
    """
    target = scratch / "ocr.pdf"
    recoded: list[int] = []
    try:
        base = _from_image(scratch, source, recoded) if kind == "image" else Path(source)
        with pikepdf.open(base) as pdf:
            layered = _add_layers(pdf, layers)
            pages = len(pdf.pages)
            pdf.save(target, compress_streams=True, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    except (pikepdf.PdfError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return {"problem": str(error) or type(error).__name__}
    answer = {"pages": pages, "layered": layered, "recoded": recoded}
    return {**answer, "outputs": {"ocr_pdf": target.name}}


def _add_layers(pdf: pikepdf.Pdf, layers: dict[str, str]) -> int:
    font = InvisibleFont(pdf)
    layered = 0
    for number, page in enumerate(pdf.pages, start=1):
        if str(number) not in layers:
            continue
        words = _placed(page, json.loads(Path(layers[str(number)]).read_text(encoding="utf-8"))["lines"])
        if not words:
            continue
        page.add_resource(font.font, Name.Font, Name("/LuutruText"))
        # Whatever graphics state the page leaves behind must not move the text.
        page.contents_add(b"q", prepend=True)
        page.contents_add(b"Q q\n" + font.content(words) + b"\nQ")
        layered += 1
    if layered:
        font.finish()
    return layered


def _upright(page: pikepdf.Page) -> tuple[tuple[float, float, float, float], int]:
    """The box that is shown (left, bottom, width, height) and how far it is turned clockwise."""
    box = [float(edge) for edge in page.cropbox.as_list()]
    left, right = sorted((box[0], box[2]))
    bottom, top = sorted((box[1], box[3]))
    turned = page.obj.get("/Rotate", None)
    node: pikepdf.Object = page.obj
    while turned is None and "/Parent" in node:
        node = node["/Parent"]
        turned = node.get("/Rotate", None)
    return (left, bottom, right - left, top - bottom), int(turned or 0) % 360


def _placed(page: pikepdf.Page, lines: list[list[list[Any]]]) -> list[Placed]:
    (left, bottom, width, height), turned = _upright(page)
    shown_width, shown_height = (height, width) if turned % 180 else (width, height)
    angle = math.radians(turned)

    def point(x: float, y: float) -> tuple[float, float]:
        """From fractions of the page as shown to its own coordinates."""
        right, up = x * shown_width, (1 - y) * shown_height
        return {
            90: (left + width - up, bottom + right),
            180: (left + width - right, bottom + height - up),
            270: (left + up, bottom + height - right),
        }.get(turned, (left + right, bottom + up))

    placed = []
    for line in filter(None, lines):
        # One height and one base line for all words of a line: readers of the
        # layer then keep them together, also where the paper lay askew.
        size = max(max(word[_LOW] - word[_TOP] for word in line) * shown_height, _LEAST_SIZE)
        low_at = _base_line(line)
        for text, x, _, right, _, *_ in line:
            base = low_at(x) - _BELOW_BASE * size / shown_height
            placed.append(Placed(text, *point(x, base), size, (right - x) * shown_width, angle))
    return placed


def _base_line(line: list[list[Any]]) -> Callable[[float], float]:
    """Straight line through the lower edges of the words of a line, over their left edges."""
    xs, lows = [word[_LEFT] for word in line], [word[_LOW] for word in line]
    middle, low = sum(xs) / len(xs), sum(lows) / len(lows)
    spread = sum((x - middle) ** 2 for x in xs)
    rise = sum((x - middle) * (y - low) for x, y in zip(xs, lows, strict=True)) / spread if spread else 0.0
    return lambda x: low + rise * (x - middle)


# ---------------------------------------------------------------- pictures


def _from_image(scratch: Path, source: str, recoded: list[int]) -> Path:
    target = scratch / "picture.pdf"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _write(target, [source], rotation=img2pdf.Rotation.ifvalid)
        except (img2pdf.ImageOpenError, img2pdf.AlphaChannelError, ValueError, TypeError, NotImplementedError):
            _write(target, _without_loss(scratch, source, recoded))
    return target


def _write(target: Path, pictures: list[str], **options: Any) -> None:  # noqa: ANN401 - the library's own options
    with target.open("wb") as out:
        img2pdf.convert(pictures, outputstream=out, layout_fun=_layout, **options)  # type: ignore[no-untyped-call]  # the library has no annotations


def _layout(width_px: int, height_px: int, dpi: tuple[float, float]) -> tuple[float, float, float, float]:
    """A page as large as the picture; one that claims no believable resolution becomes as long as A4."""
    least, most = _USUAL_DPI
    across, down = dpi
    if not (least < across <= most and least < down <= most):
        across = down = max(width_px, height_px) / _A4_POINTS * 72
    width, height = width_px * 72 / across, height_px * 72 / down
    return width, height, width, height


def _without_loss(scratch: Path, source: str, recoded: list[int]) -> list[str]:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    pieces = []
    with Image.open(source) as opened:
        for number, frame in enumerate(ImageSequence.Iterator(opened), start=1):
            piece = folder / f"{number}.png"
            image = ImageOps.exif_transpose(frame)
            grey = image.mode in {"1", "L", "LA", "I", "I;16", "F"}
            flat = Image.new("RGB", image.size, "white")
            if image.has_transparency_data:
                clear = image.convert("RGBA")
                flat.paste(clear, mask=clear.getchannel("A"))
            else:
                flat.paste(image.convert("L" if grey else "RGB"))
            (flat.convert("L") if grey else flat).save(piece, dpi=frame.info.get("dpi", (0, 0)))
            pieces.append(str(piece))
            recoded.append(number)
    return pieces
