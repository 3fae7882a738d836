"""Deliveries made fast: signed born-digital PDFs of 1 to 3 pages, each with a text of its own, and their list.

The drawing is done once a number of pages; a document gets its own number by
exchanging digits on its first page, and a signature of its own after that.
That takes some 10 ms a document, so that thousands can be made for a measurement.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fpdf
import openpyxl
import pikepdf
from PIL import Image, ImageDraw, ImageFont

from archive.demo.drawing import font_file
from archive.demo.pki import Pki, new_pki
from archive.preservation.signatures.signing import Signing, sign_pdf

SIGNED = datetime(2026, 6, 15, 9, tzinfo=UTC)
DIGITS = "0123456789"
AGENCY = "H49.64"
SHEET = "muc-luc.xlsx"
HEADINGS = (
    "Mã phông",
    "Mã hồ sơ",
    "Tiêu đề hồ sơ",
    "Thời gian bắt đầu",
    "Thời gian kết thúc",
    "Thời hạn bảo quản",
    "Chế độ sử dụng",
    "Tổng số văn bản trong hồ sơ",
    "Số thứ tự văn bản trong hồ sơ",
    "Mã định danh văn bản",
    "Tên loại văn bản",
    "Tên cơ quan, tổ chức ban hành văn bản",
    "Số của văn bản",
    "Ký hiệu của văn bản",
    "Ngày văn bản",
    "Trích yếu nội dung",
    "Số lượng trang",
    "Đường dẫn file",
)
SENTENCES = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
    "Căn cứ Luật Lưu trữ ngày 21 tháng 6 năm 2024 và các văn bản hướng dẫn thi hành;",
    "Xét đề nghị của Giám đốc Sở Nội vụ tại Tờ trình về việc chỉnh lý tài liệu tồn đọng,",
    "Điều 1. Phê duyệt kế hoạch số hóa tài liệu lưu trữ của các cơ quan thuộc tỉnh.",
    "Điều 2. Sở Nội vụ chủ trì, phối hợp với các cơ quan liên quan tổ chức thực hiện.",
    "Điều 3. Chánh Văn phòng, Thủ trưởng các cơ quan chịu trách nhiệm thi hành Quyết định này.",
)


def _drawn(pages: int) -> bytes:
    document = fpdf.FPDF()
    document.set_creation_date(SIGNED)
    document.set_title("Quyết định")
    document.add_font("serif", "", str(font_file()))
    for page in range(1, pages + 1):
        document.add_page()
        document.set_font("serif", size=13)
        if page == 1:
            document.cell(text=DIGITS, new_x="LMARGIN", new_y="NEXT")
        for line in range(30):
            document.cell(text=SENTENCES[(page + line) % len(SENTENCES)], new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())


@dataclass
class PaperMill:
    """Makes signed PDFs; the same number gives the same text, but a signature of its own key each mill."""

    pki: Pki = field(default_factory=lambda: new_pki(SIGNED - timedelta(days=700), SIGNED + timedelta(days=3650)))
    drawn: dict[int, bytes] = field(default_factory=dict)

    def paper(self, number: int, pages: int, *, signed: bool = True) -> bytes:
        """A PDF whose first page begins with `number` in ten digits."""
        if pages not in self.drawn:
            self.drawn[pages] = _drawn(pages)
        with pikepdf.open(io.BytesIO(self.drawn[pages])) as pdf:
            self._number(pdf, f"{number:010d}")
            output = io.BytesIO()
            pdf.save(output, static_id=True)
        return sign_pdf(output.getvalue(), self.pki.people["leader"], Signing(SIGNED)) if signed else output.getvalue()

    @staticmethod
    def _number(pdf: pikepdf.Pdf, digits: str) -> None:
        page = pdf.pages[0]
        instructions = list(pikepdf.parse_content_stream(page))
        for position, instruction in enumerate(instructions):
            if str(instruction.operator) in {"Tj", "TJ"}:
                shown: Any = instruction.operands[0]
                codes = bytes(shown if str(instruction.operator) == "Tj" else shown[0])
                glyphs = {digit: codes[2 * place : 2 * place + 2] for place, digit in enumerate(DIGITS)}
                changed = pikepdf.String(b"".join(glyphs[digit] for digit in digits))
                instructions[position] = pikepdf.ContentStreamInstruction([changed], pikepdf.Operator("Tj"))
                break
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(instructions))

    def heavy(self, number: int, size: int) -> bytes:
        """An unsigned PDF of one page that carries a picture's worth of `size` bytes which do not shrink."""
        with pikepdf.open(io.BytesIO(self.paper(number, 1, signed=False))) as pdf:
            # In pieces: one call for more than 255 MiB overflows the length that Python's generator can take.
            chance = random.Random(number)  # noqa: S311 - content, no secret
            noise = b"".join(chance.randbytes(min(1 << 20, size - at)) for at in range(0, size, 1 << 20))
            pdf.pages[0].obj.PieceInfo = pikepdf.Dictionary(
                LuuTru=pikepdf.Dictionary(LastModified="D:20260615090000Z", Private=pdf.make_stream(noise))
            )
            output = io.BytesIO()
            pdf.save(output, compress_streams=False)
        return output.getvalue()

    def trust(self, folder: Path) -> Path:
        """The root certificate as a file in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "root.der"
        path.write_bytes(self.pki.root.der)
        return path


@dataclass(frozen=True)
class Made:
    """A delivery that was made: what went in, for counting what comes out."""

    path: Path
    codes: tuple[str, ...]
    documents: int
    bytes_in: int


def make_delivery(
    folder: Path,
    mill: PaperMill,
    *,
    dossiers: int = 1,
    documents: int = 2,
    first: int = 1,
    pages: Callable[[int], int] = lambda number: 1 + number % 3,
) -> Made:
    """A folder with a list and `dossiers` × `documents` signed PDFs.

    Args:
        folder: Made new.
        mill: Where the papers come from.
        dossiers: How many dossiers.
        documents: How many documents a dossier.
        first: Number of the first dossier; deliveries of other numbers share nothing.
        pages: Number of pages by number of the document.
    """
    folder.mkdir(parents=True)
    rows: list[Sequence[object]] = []
    codes = []
    size = 0
    for dossier in range(first, first + dossiers):
        code = f"{AGENCY}.2026.{dossier:05d}"
        codes.append(code)
        for ordinal in range(1, documents + 1):
            number = dossier * 1000 + ordinal
            data = mill.paper(number, pages(number))
            name = f"{code}/{code}.{ordinal:03d}.pdf"
            (folder / code).mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
            size += len(data)
            rows.append(row(code, ordinal, number, pages(number), documents, name))
    write_sheet(folder / SHEET, rows)
    return Made(folder, tuple(codes), dossiers * documents, size + (folder / SHEET).stat().st_size)


def row(code: str, ordinal: int, number: int, pages: int, documents: int, name: str) -> list[object]:
    """One line of the list."""
    return [
        AGENCY,
        code,
        f"Hồ sơ về việc số hóa tài liệu, tập {code}",
        "01/01/2026",
        "31/10/2026",
        "Vĩnh viễn",
        "Không hạn chế",
        documents,
        ordinal,
        f"{code}.{ordinal:03d}",
        "Quyết định",
        "Ủy ban nhân dân tỉnh Kiên Sơn",
        str(number),
        "QĐ-UBND",
        "15/06/2026",
        f"Quyết định phê duyệt kế hoạch số {number}",
        pages,
        name.replace("/", "\\"),
    ]


def write_sheet(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """The list as a spreadsheet with its headings."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Mục lục")
    sheet.append(list(HEADINGS))
    for line in rows:
        sheet.append(list(line))
    book.save(path)


def codes_of(first: int, count: int) -> Iterator[str]:
    """The file codes that `make_delivery` gives."""
    return (f"{AGENCY}.2026.{number:05d}" for number in range(first, first + count))


def make_scan(folder: Path, pages: int) -> Made:
    """One dossier with one scan of `pages` A4 pages at 200 dpi, without text."""
    picture = io.BytesIO()
    drawn = Image.new("L", (1654, 2339), 250)
    pen = ImageDraw.Draw(drawn)
    letters = ImageFont.truetype(str(font_file()), 40)
    for line in range(40):
        pen.text((150, 150 + 50 * line), SENTENCES[line % len(SENTENCES)][:60], 30, font=letters)
    drawn.save(picture, "JPEG", quality=60)
    document = fpdf.FPDF(unit="pt", format="A4")
    document.set_creation_date(SIGNED)
    for _ in range(pages):
        document.add_page()
        document.image(picture, 0, 0, document.w, document.h)
    data = bytes(document.output())
    return _one(folder, [(data, pages)])


def make_large_delivery(folder: Path, mill: PaperMill, size: int, part: int = 256 << 20) -> Made:
    """One dossier of about `size` bytes: signed PDFs that each carry an attachment of `part` bytes."""
    papers = ((mill.heavy(number, part), 1) for number in range(1, max(1, size // part) + 1))
    return _one(folder, papers)


def _one(folder: Path, papers: Iterable[tuple[bytes, int]]) -> Made:
    code = f"{AGENCY}.2026.90000"
    (folder / code).mkdir(parents=True)
    rows = []
    size = 0
    for ordinal, (data, pages) in enumerate(papers, start=1):
        name = f"{code}/{code}.{ordinal:03d}.pdf"
        (folder / name).write_bytes(data)
        size += len(data)
        rows.append(row(code, ordinal, ordinal, pages, 0, name))
    for line in rows:
        line[HEADINGS.index("Tổng số văn bản trong hồ sơ")] = len(rows)
    write_sheet(folder / SHEET, rows)
    return Made(folder, (code,), len(rows), size)
