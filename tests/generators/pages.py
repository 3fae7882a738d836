"""Administrative pages with known text, and scans of them: clean, stamped and askew, yellowed, 200 dpi.

All names, numbers and facts are invented. Same seed, same bytes.
"""

from __future__ import annotations

import io
import math
import random
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import img2pdf
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

A4_INCHES = (8.27, 11.69)
RED = (205, 30, 40)

PROVINCES = ("Lào Cai", "Quảng Ninh", "Nghệ An", "Thừa Thiên Huế", "Đắk Lắk", "Bến Tre", "Cà Mau", "Phú Thọ", "Gia Lai")
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô")
MIDDLE = ("Văn", "Thị", "Hữu", "Đức", "Quang", "Minh", "Thanh", "Ngọc")
GIVEN = ("Bình", "Cường", "Dũng", "Hạnh", "Hiếu", "Khoa", "Linh", "Phương", "Quỳnh", "Thắng", "Tuyết", "Yến")
SUBJECTS = (
    "ban hành Quy chế công tác văn thư, lưu trữ của cơ quan",
    "thành lập Hội đồng xác định giá trị tài liệu lưu trữ",
    "điều chỉnh quy hoạch sử dụng đất huyện Mường Khương",
    "giao chỉ tiêu biên chế công chức cho các đơn vị trực thuộc",
    "thu hồi giấy chứng nhận quyền sử dụng đất đã cấp không đúng quy định",
)
_SENTENCES = """
Các sở, ban, ngành và Ủy ban nhân dân các huyện, thành phố có trách nhiệm rà soát toàn bộ hồ sơ, tài liệu đang
quản lý, lập mục lục hồ sơ và giao nộp vào Lưu trữ lịch sử đúng thời hạn quy định.

Kinh phí thực hiện được bố trí trong dự toán chi thường xuyên hằng năm của cơ quan, đơn vị và các nguồn kinh
phí hợp pháp khác theo quy định của Luật Ngân sách nhà nước.

Chánh Văn phòng, Giám đốc Sở Nội vụ, Giám đốc Sở Tài chính và thủ trưởng các cơ quan, đơn vị liên quan chịu
trách nhiệm thi hành Quyết định này.

Tài liệu hết giá trị chỉ được tiêu hủy sau khi có ý kiến thẩm tra bằng văn bản của cơ quan quản lý nhà nước về
lưu trữ; nghiêm cấm tự ý mang hồ sơ ra khỏi kho.

Trong quá trình triển khai, nếu có khó khăn, vướng mắc, các đơn vị kịp thời phản ánh về Sở Nội vụ để tổng hợp,
báo cáo cấp có thẩm quyền xem xét, quyết định.

Hồ sơ được số hóa ở độ phân giải tối thiểu 300 dpi, ảnh màu, không chỉnh sửa, kèm theo dữ liệu đặc tả và chữ
ký số của cơ quan theo hướng dẫn của Bộ Nội vụ.

Người lao động nghỉ ốm, thai sản, nghỉ phép hằng năm được hưởng nguyên lương và các khoản phụ cấp (nếu có)
theo quy định tại Điều 113 Bộ luật Lao động.

Diện tích đất thu hồi là 1.250,7 m² thuộc thửa số 48, tờ bản đồ số 12, trong đó đất trồng lúa 830 m², đất vườn
tạp 420,7 m².
"""
SENTENCES = tuple(" ".join(sentence.split()) for sentence in _SENTENCES.split("\n\n"))


@dataclass(frozen=True, slots=True)
class Content:
    """What stands on a page."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    title: tuple[str, ...]
    paragraphs: tuple[str, ...]
    recipients: tuple[str, ...]
    signer: tuple[str, ...]

    def truths(self) -> tuple[str, ...]:
        """The text in each order in which its columns may rightly be read."""
        body = (*self.title, *self.paragraphs)
        rows = tuple(" ".join(pair) for pair in zip(self.left, self.right, strict=True))
        heads, feet = ((*self.left, *self.right), rows), self._feet()
        return tuple("\n".join((*head, *body, *foot)) for head in heads for foot in feet)

    def _feet(self) -> tuple[tuple[str, ...], ...]:
        width = max(len(self.recipients), len(self.signer))
        left = self.recipients + ("",) * (width - len(self.recipients))
        right = self.signer + ("",) * (width - len(self.signer))
        rows = tuple(f"{a} {b}".strip() for a, b in zip(left, right, strict=True))
        return (self.recipients + self.signer, rows)


def content(seed: int, paragraphs: int = 6) -> Content:
    """An invented decision."""
    chance = random.Random(f"page/{seed}")  # noqa: S311 - test data
    province = chance.choice(PROVINCES)
    number, day, month, year = (
        chance.randint(100, 3999),
        chance.randint(10, 28),
        chance.randint(3, 12),
        chance.randint(1998, 2025),
    )
    name = f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}"
    chosen = [chance.choice(SENTENCES) for _ in range(paragraphs)]
    return Content(
        left=("ỦY BAN NHÂN DÂN", f"TỈNH {province.upper()}", f"Số: {number}/QĐ-UBND"),
        right=(
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            f"{province}, ngày {day} tháng {month} năm {year}",
        ),
        title=("QUYẾT ĐỊNH", f"Về việc {chance.choice(SUBJECTS)}"),
        paragraphs=tuple(f"Điều {n}. {sentence}" for n, sentence in enumerate(chosen, start=1)),
        recipients=("Nơi nhận:", "- Như Điều 3;", "- Cổng thông tin điện tử tỉnh;", "- Lưu: VT, NC."),
        signer=("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", name),
    )


# ---------------------------------------------------------------- drawing


@cache
def font_path(style: str) -> str:
    """File of Liberation Serif 2 (`Regular`, `Bold`, `Italic`); version 1.07 lacks 93 Vietnamese letters."""
    program = shutil.which("fc-list") or "fc-list"
    listing = subprocess.run([program, ":", "file"], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        path = Path(line.rstrip(": "))
        if path.name == f"LiberationSerif-{style}.ttf" and path.parent.name != "liberation":
            return str(path)
    msg = "Liberation Serif 2 is missing: apt install fonts-liberation2 fontconfig"
    raise FileNotFoundError(msg)


@cache
def _font(style: str, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_path(style), pixels)


class Paper:
    """A page that is written from the top down."""

    def __init__(self, dpi: int) -> None:
        self.dpi = dpi
        self.size = (round(A4_INCHES[0] * dpi), round(A4_INCHES[1] * dpi))
        self.image = Image.new("L", self.size, 255)
        self._draw = ImageDraw.Draw(self.image)
        self.y = 0.8

    def text(
        self, words: str, x: float, y: float, *, style: str = "Regular", points: float = 13.5, anchor: str = "ls"
    ) -> None:
        """Write `words` at `x`, `y` (inches)."""
        font = _font(style, round(points * self.dpi / 72))
        self._draw.text((x * self.dpi, y * self.dpi), words, font=font, fill=0, anchor=anchor)

    def centred(self, words: str, x: float, y: float, style: str = "Bold", points: float = 13.0) -> None:
        """Write `words` around `x`."""
        self.text(words, x, y, style=style, points=points, anchor="ms")

    def paragraph(self, words: str, points: float = 13.5, left: float = 1.18, right: float = 7.6) -> None:
        """Write `words` in lines of the page's width, first one indented, and go down."""
        font = _font("Regular", round(points * self.dpi / 72))
        line: list[str] = []
        x = left + 0.4
        for word in [*words.split(" "), ""]:
            full = font.getlength(" ".join([*line, word])) / self.dpi > right - x
            if line and (full or not word):
                self.text(" ".join(line), x, self.y, points=points)
                self.y += points * 1.35 / 72
                line, x = [], left
            line.append(word)
        self.y += 0.06


def drawn(page: Content, dpi: int = 300) -> Image.Image:
    """`page` as black on white."""
    paper = Paper(dpi)
    for line, (left, right) in enumerate(zip(page.left, page.right, strict=True)):
        gap = 0.25 * line + (0.2 if line > 1 else 0)
        paper.centred(left, 2.3, paper.y + gap, "Bold" if line < 2 else "Regular")
        paper.centred(right, 5.65, paper.y + gap, "Bold" if line < 2 else "Italic")
    paper.y = 2.2
    for words in page.title:
        paper.centred(words, 4.2, paper.y, "Bold", 14)
        paper.y += 0.28
    paper.y += 0.15
    for words in page.paragraphs:
        paper.paragraph(words)
    paper.y += 0.25
    for line, words in enumerate(page.recipients):
        paper.text(words, 1.18, paper.y + 0.22 * line, style="Italic" if line == 0 else "Regular", points=11.5)
    for line, words in enumerate(page.signer):
        paper.centred(words, 5.6, paper.y + 0.22 * line + (0.9 if line == len(page.signer) - 1 else 0))
    return paper.image


def seal(pixels: int) -> Image.Image:
    """A round red seal with letters on its ring, transparent elsewhere."""
    image = Image.new("RGBA", (pixels, pixels), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    middle, wide = pixels / 2, max(2, pixels // 45)
    draw.ellipse((wide, wide, pixels - wide, pixels - wide), outline=RED, width=wide)
    draw.ellipse((pixels * 0.17, pixels * 0.17, pixels * 0.83, pixels * 0.83), outline=RED, width=max(1, wide // 2))
    font = _font("Bold", int(pixels * 0.075))
    words = "ỦY BAN NHÂN DÂN TỈNH * CỘNG HÒA X.H.C.N VIỆT NAM *"
    for number, letter in enumerate(words):
        angle = 2 * math.pi * number / len(words) - math.pi
        glyph = Image.new("RGBA", (pixels // 8, pixels // 8), (0, 0, 0, 0))
        ImageDraw.Draw(glyph).text((glyph.width / 2, glyph.height / 2), letter, font=font, fill=RED, anchor="mm")
        glyph = glyph.rotate(-math.degrees(angle) - 90, resample=Image.Resampling.BICUBIC)
        x, y = middle + pixels * 0.42 * math.cos(angle), middle + pixels * 0.42 * math.sin(angle)
        image.alpha_composite(glyph, (max(0, int(x - glyph.width / 2)), max(0, int(y - glyph.height / 2))))
    draw.regular_polygon((middle, middle, pixels * 0.14), 3, fill=RED)
    return image.rotate(12, resample=Image.Resampling.BICUBIC)


def stamp(words: str, dpi: int) -> Image.Image:
    """A red frame with `words` in capitals, as the marks of secrecy are stamped."""
    font = _font("Bold", round(18 * dpi / 72))
    width, height = int(font.getlength(words) + 0.3 * dpi), int(0.42 * dpi)
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((3, 3, width - 4, height - 4), outline=RED, width=max(2, dpi // 75))
    draw.text((width / 2, height / 2), words, font=font, fill=RED, anchor="mm")
    return image.rotate(2, expand=True, resample=Image.Resampling.BICUBIC)


def with_ink(image: Image.Image, ink: Image.Image, place: tuple[int, int]) -> Image.Image:
    """`image` with the transparent `ink` stamped on it: both darken the paper."""
    layer = Image.new("RGB", image.size, (255, 255, 255))
    layer.paste(ink, place, ink)
    product = np.asarray(image.convert("RGB"), np.uint16) * np.asarray(layer, np.uint16) // 255
    return Image.fromarray(product.astype(np.uint8))


# ---------------------------------------------------------------- scanning


@dataclass(frozen=True, slots=True)
class Condition:
    """How paper and scanner treat a page."""

    dpi: int = 300
    skew: float = 0.0
    paper: tuple[int, int, int] = (255, 255, 255)
    ink: int = 0
    noise: float = 0.0
    blur: float = 0.0
    quality: int = 90
    sealed: bool = False
    blotched: bool = False


CONDITIONS = {
    "clean": Condition(),
    "stamped": Condition(skew=1.5, paper=(250, 246, 232), ink=30, noise=6, blur=0.6, quality=75, sealed=True),
    "yellowed": Condition(
        skew=1.5, paper=(226, 205, 160), ink=70, noise=12, blur=1.0, quality=60, sealed=True, blotched=True
    ),
    "dpi200": Condition(dpi=200, skew=1.0, paper=(250, 246, 232), ink=30, noise=6, blur=0.5, quality=75, sealed=True),
}


def scanned(page: Content, condition: Condition, seed: int = 0, mark: str = "") -> Image.Image:
    """`page` as a scanner under `condition` sees it, with a red `mark` in its head where one is given."""
    chance = np.random.default_rng(seed)
    white = np.asarray(drawn(page, condition.dpi), np.float32)[..., None] / 255
    height, width = white.shape[:2]
    light = np.ones((height, width, 1), np.float32)
    if condition.blotched:
        small = Image.fromarray(chance.normal(0, 1, (12, 9)).astype(np.float32))
        light = (
            np.float32(1)
            + np.float32(0.06) * np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))[..., None]
        )
        down = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]
        light *= 1 - np.float32(0.1) * down**4
    colour = np.array(condition.paper, np.float32)
    image = Image.fromarray(np.clip(white * colour * light + (1 - white) * condition.ink, 0, 255).astype(np.uint8))
    dpi = condition.dpi
    if condition.sealed:
        image = with_ink(image, seal(int(1.4 * dpi)), (int(4.2 * dpi), int(7.6 * dpi)))
    if mark:
        image = with_ink(image, stamp(mark, dpi), (int(1.7 * dpi), int(1.75 * dpi)))
    if condition.skew:
        image = image.rotate(condition.skew, resample=Image.Resampling.BICUBIC, fillcolor=condition.paper)
    if condition.blur:
        image = image.filter(ImageFilter.GaussianBlur(condition.blur * dpi / 300))
    if condition.noise:
        grain = chance.standard_normal((height, width, 1), dtype=np.float32) * condition.noise
        image = Image.fromarray(np.clip(np.asarray(image, np.float32) + grain, 0, 255).astype(np.uint8))
    return image


def jpeg(image: Image.Image, condition: Condition) -> bytes:
    """`image` as the JPEG that the scanner writes."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=condition.quality, dpi=(condition.dpi, condition.dpi))
    return out.getvalue()


def write_scan(path: Path, pictures: Sequence[bytes], dpi: int) -> None:
    """A PDF of page pictures, as a scanner makes it."""
    library: Any = img2pdf
    layout = library.get_fixed_dpi_layout_fun((dpi, dpi))
    path.write_bytes(library.convert(list(pictures), layout_fun=layout))


# ---------------------------------------------------------------- measuring


def plain(text: str) -> str:
    """NFC with single spaces: what error rates are counted on."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def distance(first: str, second: str) -> int:
    """Fewest letters to change, add or leave out between two texts."""
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415 - only where something is measured

    return int(Levenshtein.distance(first, second))


def error_rate(truths: Sequence[str], read: str) -> float:
    """Character error rate against the best of the right reading orders."""
    found = plain(read)
    return min(distance(plain(truth), found) / len(plain(truth)) for truth in truths)
