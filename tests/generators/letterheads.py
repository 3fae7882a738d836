"""First pages of administrative papers, drawn as offices lay them out.

The drawing is shared; what is drawn is not: the words and layouts of `tests/generators/tuning_papers.py` are for tests
and for tuning, those of `bench/extract_pages.py` for measuring alone. Same seed, same picture.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.generators.pages import A4_INCHES

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
NATION_ENGLISH = "SOCIALIST REPUBLIC OF VIET NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
MOTTO_ENGLISH = "Independence - Freedom - Happiness"
PARTY = "ĐẢNG CỘNG SẢN VIỆT NAM"
_FOLDER = Path("/usr/share/fonts/truetype")


@dataclass(frozen=True, slots=True)
class Layout:
    """How an office sets its papers."""

    family: str = "liberation2/LiberationSerif"
    points: float = 13.0
    head_points: float = 12.0
    left: float = 2.25
    """Middle of the left column in inches; of the right one `right`."""

    right: float = 5.55
    top: float = 0.85
    pitch: float = 1.5
    """Distance of lines, in heights of letters."""

    nation: tuple[str, ...] = (NATION,)
    motto: str = MOTTO
    rule: str = "line"
    """Under body and motto: `line`, `dashes`, `stars` or nothing."""

    logo: bool = False
    same_row: bool = True
    """Number and day stand on one row."""

    subject_style: str = "Bold"
    title_points: float = 14.0
    subject_width: float = 5.0
    letter_width: float = 2.5
    """Of the subject of a letter, under its number."""

    after_title: float = 1.5
    before_text: float = 2.6
    label: str = "Số: "
    bilingual: bool = False
    """English lines under the Vietnamese ones."""

    short_day: bool = False
    """`24/5/2012` instead of words."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a paper says."""

    superior: tuple[str, ...]
    body: tuple[str, ...]
    organ: str
    number: str
    """Empty: left blank or written by hand."""

    notation: str
    place: str
    day: tuple[int, int, int]
    type: str
    subject: str
    authority: tuple[str, ...]
    position: str
    position_name: str
    signer: str
    first: str
    """First line of the text."""

    paragraphs: tuple[str, ...]
    letter: bool = False
    by_hand: bool = False
    """A pen's stroke stands where the number belongs."""

    hand_number: str = ""
    """The number in a hand that can be read."""

    day_by_hand: bool = False
    party: bool = False
    short_subject: str = "V/v "
    named: tuple[str, ...] = ()
    """Under the type: `CỦA BỘ TRƯỞNG …`."""

    english: tuple[str, str, str] = ("", "", "")
    """Body, type and subject as a paper in two languages says them."""

    @property
    def iso(self) -> str:
        """Day of issue."""
        return f"{self.day[2]:04d}-{self.day[1]:02d}-{self.day[0]:02d}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page in black on white, and what is to be laid upon it."""

    image: Image.Image
    places: dict[str, tuple[float, float]]
    """In inches: `number`, `day`, `letter`, `signer`, and the corners of the subject `text_from`, `text_to`."""

    hand: tuple[tuple[str, float, float], ...]
    """What a pen wrote: text, left edge, base line."""


@dataclass(slots=True)
class _Sheet:
    dpi: int
    family: str
    image: Image.Image = field(init=False)
    draw: ImageDraw.ImageDraw = field(init=False)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    hand: list[tuple[str, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("L", (round(A4_INCHES[0] * self.dpi), round(A4_INCHES[1] * self.dpi)), 255)
        self.draw = ImageDraw.Draw(self.image)

    def font(self, style: str, points: float) -> ImageFont.FreeTypeFont:
        return font_of(self.family, style, round(points * self.dpi / 72))

    def write(self, text: str, x: float, y: float, style: str, points: float, anchor: str = "ms") -> None:
        if self.family.endswith("Mono"):
            # The font has a dot in its zero, which no typewriter had.
            text = text.replace("0", "O")
        self.draw.text((x * self.dpi, y * self.dpi), text, font=self.font(style, points), fill=0, anchor=anchor)

    def wide(self, text: str, style: str, points: float) -> float:
        return self.font(style, points).getlength(text) / self.dpi

    def line(self, x: float, y: float, half: float) -> None:
        self.draw.line(
            [((x - half) * self.dpi, y * self.dpi), ((x + half) * self.dpi, y * self.dpi)],
            fill=0,
            width=max(1, self.dpi // 100),
        )

    def wrapped(self, text: str, style: str, points: float, width: float) -> list[str]:
        lines: list[str] = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.wide(longer, style, points) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines


@cache
def font_of(family: str, style: str, pixels: int) -> ImageFont.FreeTypeFont:
    """`family` in `style`, or upright where it has no such style."""
    regular = _FOLDER / f"{family}-Regular.ttf"
    path = _FOLDER / f"{family}-{style}.ttf"
    if not path.exists():
        path = regular if regular.exists() else _FOLDER / f"{family}.ttf"
    return ImageFont.truetype(str(path), pixels)


def drawn(paper: Paper, layout: Layout, dpi: int, seed: int) -> Drawing:
    """The first page of `paper`, with the strokes of a pen that `seed` moves."""
    chance = random.Random(f"hand/{seed}")  # noqa: S311 - test data
    if paper.party:
        layout = replace(layout, nation=(PARTY,), motto="", bilingual=False, label=layout.label.replace(":", ""))
    sheet = _Sheet(dpi, layout.family)
    step = layout.head_points * layout.pitch / 72
    left_y = _left_head(sheet, paper, layout, step)
    right_y = _right_head(sheet, layout, step)
    left_y += step * 0.5
    right_y += step * 0.6
    if layout.same_row:
        left_y = right_y = max(left_y, right_y)
    sheet.places |= {"number": (layout.left, left_y), "day": (layout.right, right_y)}
    _number(sheet, paper, layout, left_y, chance)
    _day(sheet, paper, layout, right_y, chance)
    y = max(left_y, right_y)
    if paper.letter:
        for text in sheet.wrapped(
            f"{paper.short_subject}{paper.subject}", "Regular", layout.points - 1, layout.letter_width
        ):
            left_y += step * 0.95
            sheet.write(text, layout.left, left_y, "Regular", layout.points - 1)
        sheet.places["letter"] = (layout.left, left_y + 0.05)
        sheet.places["text_from"], sheet.places["text_to"] = (0.0, 0.0), (0.0, 0.0)
        y = max(left_y, y) + step * 2
        sheet.write("Kính gửi: Ủy ban nhân dân các huyện, thành phố", 4.3, y, "Regular", layout.points)
    else:
        y = _title(sheet, paper, layout, y)
    _text(sheet, paper, layout, y)
    return Drawing(sheet.image, sheet.places, tuple(sheet.hand))


def _left_head(sheet: _Sheet, paper: Paper, layout: Layout, step: float) -> float:
    y = layout.top
    if layout.logo:
        _logo(sheet, layout.left, y)
        y += 0.45
    for style, lines in (("Regular", paper.superior), ("Bold", paper.body)):
        for text in lines:
            sheet.write(text, layout.left, y, style, layout.head_points)
            y += step
    if layout.bilingual and paper.english[0]:
        sheet.write(paper.english[0], layout.left, y - step * 0.12, "Regular", layout.head_points - 1.5)
        y += step * 0.85
    if paper.party:
        sheet.write("*", layout.left, y, "Regular", layout.head_points + 2)
        return y + step * 0.5
    _rule(sheet, layout, layout.left, y - step * 0.55, 0.45)
    return y


def _right_head(sheet: _Sheet, layout: Layout, step: float) -> float:
    y = layout.top
    for text in layout.nation:
        sheet.write(text, layout.right, y, "Bold", layout.head_points)
        y += step
    if layout.bilingual:
        sheet.write(NATION_ENGLISH, layout.right, y - step * 0.12, "Regular", layout.head_points - 1.5)
        y += step * 0.85
    if not layout.motto:
        sheet.line(layout.right, y - step * 0.7, 1.1)
        return y
    sheet.write(layout.motto, layout.right, y, "Bold", layout.head_points + 1)
    if layout.bilingual:
        y += step * 0.85
        sheet.write(MOTTO_ENGLISH, layout.right, y, "Regular", layout.head_points - 1)
    _rule(sheet, layout, layout.right, y + step * 0.45, 1.05)
    return y + step


def _title(sheet: _Sheet, paper: Paper, layout: Layout, y: float) -> float:
    line = layout.points / 72
    y += line * 2.6
    sheet.write(paper.type.upper(), 4.3, y, "Bold", layout.title_points)
    english = layout.bilingual and paper.english[2]
    if english:
        y += line * 1.3
        sheet.write(paper.english[1].upper(), 4.3, y, "Italic", layout.points)
    y += line * layout.after_title
    for text in paper.named:
        sheet.write(text, 4.3, y, "Bold", layout.title_points)
        y += line * layout.after_title
    lines = sheet.wrapped(paper.subject, layout.subject_style, layout.points, layout.subject_width)
    half = max(sheet.wide(text, layout.subject_style, layout.points) for text in lines) / 2
    sheet.places["text_from"] = (4.3 - half, y - line * layout.after_title - line)
    sheet.places["text_to"] = (4.3 + half, y + line * layout.pitch * 0.92 * (len(lines) - 1) + 0.05)
    for text in lines:
        sheet.write(text, 4.3, y, layout.subject_style, layout.points)
        y += line * layout.pitch * 0.92
    if english:
        for text in sheet.wrapped(paper.english[2], "Italic", layout.points - 1, layout.subject_width):
            sheet.write(text, 4.3, y, "Italic", layout.points - 1)
            y += line * layout.pitch * 0.92
    if layout.rule:
        _rule(sheet, layout, 4.3, y - line * 0.6, 0.7)
    return y - line * layout.pitch * 0.92


def _text(sheet: _Sheet, paper: Paper, layout: Layout, y: float) -> None:
    line = layout.points / 72
    y += line * layout.before_text
    for words in (paper.first, *paper.paragraphs):
        for number, text in enumerate(sheet.wrapped(f"xxxx{words}", "Regular", layout.points, 6.3)):
            plain = text.removeprefix("xxxx") if number == 0 else text
            sheet.write(plain, 1.15 if number else 1.55, y, "Regular", layout.points, "ls")
            y += line * layout.pitch
        y += line * 0.35
    y += line
    for number, text in enumerate(("Nơi nhận:", "- Như trên;", "- Lưu: VT.")):
        style = "BoldItalic" if number == 0 else "Regular"
        sheet.write(text, 1.15, y + number * line, style, layout.points - 2 + (number == 0), "ls")
    for number, text in enumerate((*paper.authority, paper.position)):
        sheet.write(text, 5.7, y + number * line * 1.3, "Bold", layout.points)
    at = y + len(paper.authority) * line * 1.3
    sheet.places["signer"] = (5.2, at + 0.55)
    sheet.write(paper.signer, 5.7, at + 1.25, "Bold", layout.points)


def _number(sheet: _Sheet, paper: Paper, layout: Layout, y: float, chance: random.Random) -> None:
    mark = "-" if paper.party else "/"
    if paper.number:
        sheet.write(f"{layout.label}{paper.number}{mark}{paper.notation}", layout.left, y, "Regular", layout.points)
        return
    text = f"{layout.label}         {mark}{paper.notation}"
    sheet.write(text, layout.left, y, "Regular", layout.points)
    start = layout.left - sheet.wide(text, "Regular", layout.points) / 2
    start += sheet.wide(layout.label, "Regular", layout.points)
    if paper.hand_number:
        sheet.hand.append((paper.hand_number, start + 0.04, y))
    elif paper.by_hand:
        _scribble(sheet, start + 0.03, y, 0.32, chance)


def _day(sheet: _Sheet, paper: Paper, layout: Layout, y: float, chance: random.Random) -> None:
    day, month, year = paper.day
    shown = f"{day:02d}" if not paper.day_by_hand else "      "
    shown_month = f"{month:02d}" if month < 3 else str(month)
    text = f"{paper.place}, ngày {shown} tháng {shown_month} năm {year}"
    if layout.short_day and not paper.day_by_hand:
        text = f"{paper.place}, ngày {day}/{month}/{year}"
    sheet.write(text, layout.right, y, "Italic", layout.points)
    if paper.day_by_hand:
        start = layout.right - sheet.wide(text, "Italic", layout.points) / 2
        start += sheet.wide(f"{paper.place}, ngày ", "Italic", layout.points)
        if paper.hand_number:
            sheet.hand.append((str(day), start + 0.02, y))
        else:
            _scribble(sheet, start, y, 0.22, chance)


def _scribble(sheet: _Sheet, x: float, y: float, width: float, chance: random.Random) -> None:
    points = [
        ((x + width * t) * sheet.dpi, (y - 0.08 + chance.uniform(-0.1, 0.1)) * sheet.dpi)
        for t in (n / 9 for n in range(10))
    ]
    sheet.draw.line(points, fill=70, width=max(2, sheet.dpi // 70), joint="curve")


def _rule(sheet: _Sheet, layout: Layout, x: float, y: float, half: float) -> None:
    if layout.rule == "line":
        sheet.line(x, y, half)
    elif layout.rule == "dashes":
        sheet.write("-" * max(6, int(half * 22)), x, y + 0.03, "Regular", 10)
    elif layout.rule == "stars":
        sheet.write("*****", x, y + 0.05, "Regular", 10)


def _logo(sheet: _Sheet, x: float, y: float) -> None:
    dpi = sheet.dpi
    box = [(x - 0.25) * dpi, (y - 0.35) * dpi, (x + 0.25) * dpi, (y + 0.15) * dpi]
    sheet.draw.ellipse(box, outline=60, width=max(2, dpi // 60))
    sheet.draw.polygon(
        [((x + 0.15 * math.sin(k * 2.513)) * dpi, (y - 0.1 - 0.15 * math.cos(k * 2.513)) * dpi) for k in range(5)],
        fill=90,
    )
