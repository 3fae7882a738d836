"""Draws the sample papers: as PDF pages with text, or as what a scanner would see of them."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

import fpdf
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from archive.demo.papers import Make, Paper
from metadata.errors import ToolMissingError

WIDTH, HEIGHT = 595.3, 841.9
"""A4, in points."""

DPI = 200
_LEFT, _RIGHT, _TOP = 85.0, 552.0, 62.0
_LEADING = 1.5
_MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
_INK = (28, 28, 34)
_RED = (203, 24, 32)
_BLUE = (38, 54, 150)
_PAPER = (250, 249, 246)
_OLD_PAPER = (226, 205, 158)
_STYLES = {
    "": "LiberationSerif-Regular.ttf",
    "B": "LiberationSerif-Bold.ttf",
    "I": "LiberationSerif-Italic.ttf",
}
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
_DATE = datetime(2021, 10, 20, 2, 15, tzinfo=UTC)


@cache
def font_file(style: str = "") -> Path:
    """A serif font with all Vietnamese letters.

    Args:
        style: Empty, `B` or `I`.

    Raises:
        ToolMissingError: none is installed.
    """
    name = _STYLES[style]
    for folder in _FOLDERS:
        for path in sorted(Path(folder).expanduser().rglob(name)):
            # The package fonts-liberation of Debian 12 has the same names and lacks 93 Vietnamese letters.
            font = ImageFont.truetype(str(path), 40)
            if bytes(font.getmask("ế")) != bytes(font.getmask("\uffff")):
                return path
    raise ToolMissingError(name, "apt-get install fonts-liberation2")


class Page(Protocol):
    """A page to write on; coordinates in points from the upper left corner, `y` is the base line."""

    def width(self, text: str, style: str, size: float) -> float:
        """Width of `text`."""
        ...

    def write(self, x: float, y: float, text: str, style: str, size: float) -> None:
        """Write `text` from `x` on."""
        ...

    def rule(self, x: float, y: float, length: float) -> None:
        """A thin horizontal line."""
        ...


class PdfPage:
    """The current page of a PDF with embedded fonts."""

    def __init__(self, document: fpdf.FPDF) -> None:
        self._document = document

    def _set(self, style: str, size: float) -> None:
        self._document.set_font("serif", style, size)

    def width(self, text: str, style: str, size: float) -> float:
        """See `Page.width`."""
        self._set(style, size)
        return float(self._document.get_string_width(text))

    def write(self, x: float, y: float, text: str, style: str, size: float) -> None:
        """See `Page.write`."""
        self._set(style, size)
        self._document.text(x, y, text)

    def rule(self, x: float, y: float, length: float) -> None:
        """See `Page.rule`."""
        self._document.line(x, y, x + length, y)


class PicturePage:
    """A page as a picture."""

    def __init__(self, paper: tuple[int, int, int]) -> None:
        self.image = Image.new("RGB", (_px(WIDTH), _px(HEIGHT)), paper)
        self._draw = ImageDraw.Draw(self.image)

    @staticmethod
    def _font(style: str, size: float) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(font_file(style)), size * DPI / 72)

    def width(self, text: str, style: str, size: float) -> float:
        """See `Page.width`."""
        return self._font(style, size).getlength(text) * 72 / DPI

    def write(self, x: float, y: float, text: str, style: str, size: float) -> None:
        """See `Page.write`."""
        self._draw.text((_px(x), _px(y)), text, _INK, self._font(style, size), anchor="ls")

    def rule(self, x: float, y: float, length: float) -> None:
        """See `Page.rule`."""
        self._draw.line((_px(x), _px(y), _px(x + length), _px(y)), _INK, 2)


def _px(points: float) -> int:
    return round(points * DPI / 72)


# ------------------------------------------------------------ the form of a paper


def _lines(page: Page, text: str, style: str, size: float, room: float, first: float = 0.0) -> Iterator[str]:
    line = ""
    left = room - first
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and page.width(longer, style, size) > left:
            yield line
            line, left = word, room
        else:
            line = longer
    if line:
        yield line


def _centred(page: Page, x: float, y: float, text: str, style: str, size: float) -> None:
    page.write(x - page.width(text, style, size) / 2, y, text, style, size)


def _head(page: Page, paper: Paper) -> float:
    left, right = 175.0, 408.0
    y = _TOP
    levels = paper.issuer.split("\n")
    for number, level in enumerate(levels):
        _centred(page, left, y + 17 * number, level, "B" if number == len(levels) - 1 else "", 12)
    _centred(page, right, y, _MOTTO[0], "B", 12)
    _centred(page, right, y + 17, _MOTTO[1], "B", 13)
    page.rule(right - 78, y + 22, 156)
    page.rule(left - 30, y + 22, 60)
    y += 44
    if paper.number:
        _centred(page, left, y, f"Số: {paper.number}/{paper.notation}", "", 13)
    day, month, year = paper.day
    _centred(page, right, y, f"{paper.place}, ngày {day} tháng {month} năm {year}", "I", 13)
    y += 38
    _centred(page, (_LEFT + _RIGHT) / 2, y, paper.kind.upper(), "B", 14)
    for line in _lines(page, paper.heading or paper.subject, "B", 14, 400):
        y += 20
        _centred(page, (_LEFT + _RIGHT) / 2, y, line, "B", 14)
    return y + 34


def _body(page: Page, y: float, paragraphs: Iterable[str]) -> float:
    size, indent = 13.5, 28.0
    for paragraph in paragraphs:
        if paragraph == "QUYẾT ĐỊNH:":
            _centred(page, (_LEFT + _RIGHT) / 2, y + 4, paragraph, "B", 14)
            y += size * _LEADING + 10
            continue
        for number, line in enumerate(_lines(page, paragraph, "", size, _RIGHT - _LEFT, indent)):
            page.write(_LEFT + (indent if number == 0 else 0), y, line, "", size)
            y += size * _LEADING
        y += 5
    return y


def _foot(page: Page, y: float, paper: Paper) -> tuple[float, float]:
    """Writes who signs; gives the place of the seal."""
    x = 412.0
    office, name = paper.signer
    y += 16
    for line in office.split("\n"):
        _centred(page, x, y, line, "B", 13.5)
        y += 18
    _centred(page, x, y + 78, name, "B", 13.5)
    return x - 42, y + 30


def _draw(page: Page, paper: Paper, number: int) -> tuple[float, float] | None:
    """Page `number` (from 1); gives the place of the seal on the last one."""
    y = _head(page, paper) if number == 1 else _TOP + 28
    if number > 1:
        _centred(page, WIDTH / 2, _TOP - 14, str(number), "", 13)
    y = _body(page, y, paper.pages[number - 1])
    return _foot(page, y, paper) if number == len(paper.pages) else None


# ------------------------------------------------------------ PDF


def _document(title: str) -> fpdf.FPDF:
    document = fpdf.FPDF(unit="pt", format=(WIDTH, HEIGHT))
    document.set_creation_date(_DATE)
    document.set_title(title)
    document.set_auto_page_break(False)
    return document


def digital_pdf(paper: Paper) -> bytes:
    """The paper as a PDF with text, as an office program would write it."""
    document = _document(paper.heading or paper.subject)
    for style in _STYLES:
        document.add_font("serif", style, str(font_file(style)))
    for number in range(1, len(paper.pages) + 1):
        document.add_page()
        _draw(PdfPage(document), paper, number)
    return bytes(document.output())


def scanned_pdf(paper: Paper, seed: int) -> bytes:
    """The paper as a PDF of page pictures without text, as a scanner would write it."""
    document = _document(paper.heading or paper.subject)
    for number in range(1, len(paper.pages) + 1):
        document.add_page()
        document.image(io.BytesIO(scan(paper, number, seed + number)), 0, 0, WIDTH, HEIGHT)
    return bytes(document.output())


def stamp_pdf(lines: Sequence[str], width: float, height: float) -> bytes:
    """The text that a signature shows, as a one-page PDF of the size of its box."""
    document = fpdf.FPDF(unit="pt", format=(width, height))
    document.set_creation_date(_DATE)
    document.set_auto_page_break(False)
    document.add_font("serif", "", str(font_file()))
    document.add_page()
    page = PdfPage(document)
    step = height / (len(lines) + 0.5)
    for number, line in enumerate(lines, start=1):
        page.write(3, number * step, line, "", min(9.0, 0.75 * step))
    return bytes(document.output())


# ------------------------------------------------------------ scans


@dataclass(frozen=True, slots=True)
class _Light:
    paper: tuple[int, int, int]
    noise: float
    blur: float
    stains: int


_NEW = _Light(_PAPER, 3.0, 0.0, 0)
_OLD = _Light(_OLD_PAPER, 7.0, 0.9, 14)


def scan(paper: Paper, number: int, seed: int) -> bytes:
    """Page `number` as a colour JPEG of 200 dpi, the same for the same seed."""
    light = _OLD if paper.make is Make.YELLOWED else _NEW
    page = PicturePage(light.paper)
    place = _draw(page, paper, number)
    random = np.random.default_rng(seed)
    image = page.image
    if place is not None:
        _scribble(image, place[0] + 40, place[1] + 8, random)
        if paper.seal:
            _stamp(image, place, paper.issuer.split("\n")[-1])
    if light.blur:
        image = image.filter(ImageFilter.GaussianBlur(light.blur))
    # Bilinear turning softens the letters as the glass of a scanner does.
    image = image.rotate(-paper.tilt, Image.Resampling.BILINEAR, fillcolor=light.paper)
    image = _aged(image, light, random)
    output = io.BytesIO()
    image.save(output, "JPEG", quality=72, dpi=(DPI, DPI))
    return output.getvalue()


def _aged(image: Image.Image, light: _Light, random: np.random.Generator) -> Image.Image:
    if light.stains:
        # Stains are soft: an eighth of the size is enough to draw them on.
        stains = Image.new("L", (image.width // 8, image.height // 8), 0)
        draw = ImageDraw.Draw(stains)
        for _ in range(light.stains):
            x, y = int(random.integers(0, stains.width)), int(random.integers(0, stains.height))
            radius = int(random.integers(4, 20))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(random.integers(20, 55)))
        stains = stains.filter(ImageFilter.GaussianBlur(5)).resize(image.size, Image.Resampling.BILINEAR)
        image = Image.composite(Image.new("RGB", image.size, (150, 112, 60)), image, stains)
    pixels = np.asarray(image, dtype=np.int16)
    grain = (random.standard_normal(pixels.shape[:2], dtype=np.float32) * light.noise).astype(np.int16)
    return Image.fromarray(np.clip(pixels + grain[:, :, None], 0, 255).astype(np.uint8))


def _scribble(image: Image.Image, x: float, y: float, random: np.random.Generator) -> None:
    phases = random.uniform(0.6, 1.7, 3)
    points = [
        (
            _px(x + 46 * t + 14 * math.sin(9 * t * phases[0])),
            _px(y + 20 * math.sin(13 * t * phases[1]) * (1 - t / 2) + 7 * math.cos(21 * t * phases[2])),
        )
        for t in np.linspace(0, 1, 80)
    ]
    ImageDraw.Draw(image).line(points, _BLUE, 5, joint="curve")


def seal_picture(text: str) -> Image.Image:
    """The seal of an agency: two red rings, a star, the name along the ring; transparent around."""
    size = 720
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    centre = size // 2
    for radius, width in ((350, 14), (245, 7)):
        draw.ellipse((centre - radius, centre - radius, centre + radius, centre + radius), outline=_RED, width=width)
    star = [
        (centre + r * math.sin(k * math.pi / 5), centre - r * math.cos(k * math.pi / 5))
        for k in range(10)
        for r in ((150 if k % 2 == 0 else 60),)
    ]
    draw.polygon(star, fill=_RED)
    font = ImageFont.truetype(str(font_file("B")), 62)
    for number, letter in enumerate(text):
        angle = -125 + 250 * (number + 0.5) / len(text)
        tile = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
        ImageDraw.Draw(tile).text((60, 60), letter, _RED, font, anchor="mm")
        turned = tile.rotate(-angle, Image.Resampling.BICUBIC)
        x = centre + 297 * math.sin(math.radians(angle)) - 60
        y = centre - 297 * math.cos(math.radians(angle)) - 60
        image.alpha_composite(turned, (round(x), round(y)))
    return image


def _stamp(image: Image.Image, place: tuple[float, float], text: str) -> None:
    seal = seal_picture(text).resize((_px(102), _px(102)), Image.Resampling.LANCZOS)
    faded = seal.getchannel("A").point(lambda value: value * 200 // 255)
    image.paste(seal.convert("RGB"), (_px(place[0] - 51), _px(place[1] - 51)), faded)


def photograph(seed: int) -> bytes:
    """A photograph of a building site as a JPEG with the date that a camera writes."""
    random = np.random.default_rng(seed)
    width, height = 1600, 1067
    rows = np.linspace(0, 1, height)[:, None, None]
    sky = np.array([118, 166, 214]) * (1 - rows) + np.array([222, 230, 236]) * rows
    image = Image.fromarray(np.broadcast_to(sky, (height, width, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for base, colour, rough in ((620, (96, 128, 112), 70), (700, (72, 104, 76), 40)):
        heights = base + rough * np.sin(np.linspace(0, 7 + rough / 10, 40)) + random.normal(0, 9, 40)
        points = [(int(x), int(y)) for x, y in zip(np.linspace(0, width, 40), heights, strict=True)]
        draw.polygon([*points, (width, height), (0, height)], fill=colour)
    draw.rectangle((0, 820, width, height), fill=(176, 150, 112))
    draw.rectangle((520, 430, 1100, 840), fill=(214, 205, 190), outline=(110, 100, 90), width=5)
    for floor in range(4):
        for bay in range(7):
            x, y = 552 + bay * 78, 462 + floor * 92
            draw.rectangle((x, y, x + 46, y + 56), fill=(88, 108, 126))
    draw.rectangle((500, 330, 1120, 412), fill=(178, 28, 34))
    banner = ImageFont.truetype(str(font_file("B")), 46)
    draw.text((810, 371), "LỄ KHỞI CÔNG KHO LƯU TRỮ", (250, 226, 60), banner, anchor="mm")
    image = image.filter(ImageFilter.GaussianBlur(1.1))
    grain = random.normal(0, 5, (height, width, 1))
    image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    details = Image.Exif()
    details[0x010F] = "Kien Son"
    details[0x0132] = "2021:11:16 08:42:10"
    output = io.BytesIO()
    image.save(output, "JPEG", quality=85, dpi=(300, 300), exif=details)
    return output.getvalue()
