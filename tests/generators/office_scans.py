"""What offices and scanners do to a page: seals, stamps of registries, copies, pens, faded ink, skew, noise.

Same seed, same picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.generators.letterheads import Drawing, Layout, Paper, drawn, font_of
from tests.generators.pages import A4_INCHES, RED, seal, with_ink

Colour = tuple[int, int, int]
BLACK: Colour = (35, 35, 35)
BLUE: Colour = (40, 50, 150)
VIOLET: Colour = (110, 50, 140)
INKS = {"red": RED, "blue": BLUE, "violet": VIOLET, "black": BLACK}
_PEN: Colour = (35, 45, 140)
_HAND = "liberation2/LiberationSerif"


@dataclass(frozen=True, slots=True)
class Scan:
    """What paper, office and scanner do to a page."""

    dpi: int = 200
    mode: str = "colour"
    """`colour`, `grey`, `bilevel`."""

    skew: float = 0.0
    """Degrees, against the clock."""

    paper: Colour = (255, 255, 255)
    ink: int = 0
    noise: float = 0.0
    blur: float = 0.0
    sealed: bool = False
    arrival: str = ""
    """Where the stamp of the registry stands: `number`, `day`, `middle`, `corner`, `right`; `blank`: where Decree 30
    wants it, in a blank under the number, under a letter's subject, below the day, else in the margin; empty: none."""

    arrival_form: str = "title"
    """`title`: CÔNG VĂN ĐẾN; `decree`: the form of Decree 30, with the body above and a row for who gets it."""

    stamp_ink: str = "red"
    specks: int = 0
    marks: tuple[str, ...] = ()
    """`copy`: the stamp SAO Y BẢN CHÍNH; `copied`: the block of a copy that follows Decree 30, at the foot; `digital`:
    what a signing program prints over the head; `urgent`: HỎA TỐC under the number; `note`: a pen's in the margin."""

    faded: float = 0.0
    """Share of the ink that is gone where it is weakest."""

    thick: bool = False
    """A copier's: letters run, edges are dark."""


_ARRIVALS = {
    "number": (-0.6, -0.1),
    "day": (-0.2, -0.35),
    "middle": (-0.9, 0.35),
    "corner": (-1.7, 0.6),
    "right": (3.6, 0.35),
}


def scanned(paper: Paper, layout: Layout, scan: Scan, seed: int) -> Image.Image:
    """The page as the scanner sees it."""
    chance = np.random.default_rng(seed)
    drawing = drawn(paper, layout, scan.dpi, seed)
    image = _on_paper(drawing.image, scan, chance)
    for text, x, y in drawing.hand:
        image = _stamped(image, written(text, scan.dpi, chance), (x, y - 0.3), scan.dpi)
    if scan.sealed:
        x, y = drawing.places["signer"]
        image = _stamped(image, seal(int(1.35 * scan.dpi)), (x - 0.7, y - 0.7), scan.dpi)
    if scan.arrival:
        stamp = arrival_stamp(scan, layout.family, chance)
        image = _stamped(image, stamp, _arrival_at(drawing, layout, scan, chance), scan.dpi)
    for mark in scan.marks:
        image = _marked(image, mark, drawing, scan, chance)
    return _through_scanner(image, scan, chance)


def _on_paper(black: Image.Image, scan: Scan, chance: np.random.Generator) -> Image.Image:
    white = np.asarray(black, np.float32)[..., None] / 255
    if scan.faded:
        cells = Image.fromarray(chance.uniform(0, 1, (14, 10)).astype(np.float32))
        field = np.asarray(cells.resize(black.size, Image.Resampling.BICUBIC), np.float32).clip(0, 1)
        white = 1 - (1 - white) * (1 - scan.faded * field[..., None])
    colour = np.array(scan.paper, np.float32)
    return Image.fromarray((white * colour + (1 - white) * scan.ink).clip(0, 255).astype(np.uint8))


def _stamped(image: Image.Image, ink: Image.Image, place: tuple[float, float], dpi: int) -> Image.Image:
    return with_ink(image, ink, (max(0, int(place[0] * dpi)), max(0, int(place[1] * dpi))))


def _arrival_at(drawing: Drawing, layout: Layout, scan: Scan, chance: np.random.Generator) -> tuple[float, float]:
    x, y = drawing.places["day" if scan.arrival == "day" else "number"]
    if scan.arrival == "blank":
        x, y = _blank(drawing.places, layout, scan)
        return x + float(chance.uniform(-0.05, 0.05)), y + float(chance.uniform(0.0, 0.06))
    off = _ARRIVALS[scan.arrival]
    return x + off[0], y + off[1]


def _blank(places: dict[str, tuple[float, float]], layout: Layout, scan: Scan) -> tuple[float, float]:
    """Upper left corner of the first place where a stamp covers nothing that is written."""
    wide, high = (1.6, 0.8) if scan.arrival_form == "title" else (1.75, 1.25)
    left, top = places["text_from"]
    right, bottom = places["text_to"]
    under = places.get("letter", (layout.left, places["number"][1]))[1] + 0.12
    below = places["number"][1] + 0.12
    for x, y in ((layout.left - 0.8, under), (0.25, below), (layout.right + 0.3, below), (6.75, below + 0.1)):
        apart = x + wide < left or x > right or y + high < top or y > bottom
        if apart and x + wide - 0.1 < A4_INCHES[0]:
            return x, y
    # The larger form would cover the letterhead: the foot of the page is free.
    return (0.15, 0.05) if scan.arrival_form == "title" else (0.3, 10.3)


def _marked(image: Image.Image, mark: str, drawing: Drawing, scan: Scan, chance: np.random.Generator) -> Image.Image:
    dpi = scan.dpi
    if mark == "copy":
        stamp = _framed("SAO Y BẢN CHÍNH", dpi, INKS[scan.stamp_ink], chance)
        return _stamped(image, stamp, (0.35 + float(chance.uniform(0, 0.3)), 0.12), dpi)
    if mark == "urgent":
        x, y = drawing.places.get("letter", drawing.places["number"])
        return _stamped(image, _framed("HỎA TỐC", dpi, INKS[scan.stamp_ink], chance), (x - 0.5, y + 0.1), dpi)
    if mark == "note":
        text = str(chance.choice(["Chuyển P. TH", "Đ/c Hà xử lý", "Lưu HS", "K/c BGĐ"]))
        return _stamped(image, written(text, dpi, chance), (float(chance.uniform(3.2, 4.2)), 0.1), dpi)
    rows: list[tuple[str, str, float, float]]
    if mark == "digital":
        rows = [
            (text, "Regular", 0.3, 0.2 + 0.12 * at)
            for at, text in enumerate(
                (
                    "Người ký: VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH",
                    "Email: vanphong@example.gov.vn",
                    "Thời gian ký: 14.08.2019 09:21:44 +07:00",
                )
            )
        ]
        return _stamped(image, _rows(rows, 7.5, dpi, INKS[scan.stamp_ink]), (0, 0), dpi)
    y = min(drawing.places["signer"][1] + 1.15, 10.45)
    rows = [
        ("VĂN PHÒNG", "Bold", 1.3, y),
        (f"Số: {int(chance.integers(10, 400))}/SY-VP", "Regular", 1.3, y + 0.22),
        ("SAO Y", "Bold", 5.3, y),
        (f"Ngày {int(chance.integers(10, 28))} tháng 11 năm 2019", "Italic", 4.6, y + 0.22),
        ("CHÁNH VĂN PHÒNG", "Bold", 4.8, y + 0.44),
    ]
    return _stamped(image, _rows(rows, 12, dpi, BLACK), (0, 0), dpi)


def _rows(rows: list[tuple[str, str, float, float]], points: float, dpi: int, ink: Colour) -> Image.Image:
    """Printed lines: text, style, left edge and top in inches."""
    image = Image.new("RGBA", (round(A4_INCHES[0] * dpi), round(A4_INCHES[1] * dpi)), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for text, style, x, y in rows:
        draw.text((x * dpi, y * dpi), text, font=font_of(_HAND, style, round(points * dpi / 72)), fill=ink)
    return image


def _framed(words: str, dpi: int, ink: Colour, chance: np.random.Generator) -> Image.Image:
    font = font_of(_HAND, "Bold", round(13 * dpi / 72))
    width, height = int(font.getlength(words) + 0.2 * dpi), int(0.32 * dpi)
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((2, 2, width - 3, height - 3), outline=ink, width=max(2, dpi // 90))
    draw.text((width / 2, height / 2), words, font=font, fill=ink, anchor="mm")
    return image.rotate(float(chance.uniform(-4, 4)), expand=True, resample=Image.Resampling.BICUBIC)


def written(text: str, dpi: int, chance: np.random.Generator, ink: Colour = _PEN) -> Image.Image:
    """`text` as a pen writes it: slanted, large, no letter quite like its neighbour."""
    size = round(float(chance.uniform(15, 18)) * dpi / 72)
    image = Image.new("RGBA", (int(size * 0.62 * len(text)) + size, int(0.45 * dpi)), (0, 0, 0, 0))
    x = 0.0
    for letter in text:
        font = font_of(_HAND, "Italic", int(size * float(chance.uniform(0.9, 1.1))))
        glyph = Image.new("RGBA", (size * 2, image.height), (0, 0, 0, 0))
        base = 0.3 * dpi + float(chance.uniform(-0.02, 0.02)) * dpi
        ImageDraw.Draw(glyph).text((size * 0.5, base), letter, font=font, fill=ink, anchor="ls")
        glyph = glyph.rotate(float(chance.uniform(-9, 9)), resample=Image.Resampling.BICUBIC)
        image.alpha_composite(glyph, (max(0, int(x)), 0), (int(size * 0.5), 0))
        x += font.getlength(letter) * float(chance.uniform(0.95, 1.12))
    return image


def _through_scanner(image: Image.Image, scan: Scan, chance: np.random.Generator) -> Image.Image:
    if scan.specks:
        image = _specked(image, scan, chance)
    if scan.skew:
        image = image.rotate(scan.skew, resample=Image.Resampling.BICUBIC, fillcolor=scan.paper)
    if scan.thick:
        image = image.filter(ImageFilter.MinFilter(3)) if scan.dpi > 200 else image
        ImageDraw.Draw(image).rectangle((0, 0, int(0.08 * scan.dpi), image.height), fill=(40, 40, 40))
    if scan.blur:
        image = image.filter(ImageFilter.GaussianBlur(scan.blur * scan.dpi / 300))
    if scan.noise:
        grain = chance.standard_normal((image.height, image.width, 1), dtype=np.float32) * scan.noise
        image = Image.fromarray(np.clip(np.asarray(image, np.float32) + grain, 0, 255).astype(np.uint8))
    if scan.mode == "grey":
        return image.convert("L")
    if scan.mode == "bilevel":
        return image.convert("L").point(lambda value: 255 if value > 150 else 0).convert("1")
    return image


def _specked(image: Image.Image, scan: Scan, chance: np.random.Generator) -> Image.Image:
    draw = ImageDraw.Draw(image)
    for _ in range(scan.specks):
        x, y = int(chance.integers(0, image.width)), int(chance.integers(0, image.height))
        size = int(chance.integers(1, max(2, scan.dpi // 60)))
        draw.ellipse((x, y, x + size, y + size), fill=(60, 60, 60))
    return image


def arrival_stamp(scan: Scan, family: str, chance: np.random.Generator) -> Image.Image:
    """The frame in which a registry writes number and day of arrival, 50 by 35 mm in the form of Decree 30."""
    dpi, ink = scan.dpi, INKS[scan.stamp_ink]
    day = f"{int(chance.integers(1, 28))}/{int(chance.integers(1, 12))}/20{int(chance.integers(10, 25))}"
    number = str(int(chance.integers(10, 4000)))
    rows: tuple[str, ...]
    if scan.arrival_form == "title":
        width, height = int(1.5 * dpi), int(0.72 * dpi)
        rows = ("CÔNG VĂN ĐẾN", f"Số: {number}", f"Ngày: {day}")
    else:
        width, height = int(1.65 * dpi), int(1.15 * dpi)
        rows = ("SỞ TÀI CHÍNH", "ĐẾN", "Số: ...............", "Ngày: ............", "Chuyển: ..........")
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((2, 2, width - 3, height - 3), outline=ink, width=max(2, dpi // 90))
    for at, text in enumerate(rows):
        font = font_of(family, "Bold" if text.isupper() else "Regular", int(10.5 * dpi / 72))
        draw.text((width / 2, height * (at + 0.6) / (len(rows) + 0.2)), text, font=font, fill=ink, anchor="mm")
    if scan.arrival_form != "title":
        for at, text in ((2, number), (3, day)):
            pen = written(text, dpi, chance)
            base = int(height * (at + 0.6) / (len(rows) + 0.2) - 0.26 * dpi)
            image.alpha_composite(
                pen.crop((0, 0, min(pen.width, int(0.95 * dpi)), pen.height)), (int(0.62 * dpi), base)
            )
    return image.rotate(float(chance.uniform(-4, 4)), expand=True, resample=Image.Resampling.BICUBIC)
