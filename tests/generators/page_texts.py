"""Texts of pages with boxes, laid out as they would be read: no picture, no OCR."""

from __future__ import annotations

from collections.abc import Sequence

from metadata.texts import PageText, Word

Cell = tuple[float, str]
"""Middle of a piece as a fraction of the page's width, and its words; `word~40` is read with confidence 40."""

LETTER = 0.0095
"""Width of a letter as a fraction of the page's width."""

HEIGHT = 0.012
NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"


def page_text(rows: Sequence[tuple[float, Sequence[Cell]]], *, page: int = 1, ocr: bool = False) -> PageText:
    """A page whose rows are each read as one line.

    Args:
        rows: Height of the row as a fraction of the page, and its pieces from left to right.
        page: From 1.
        ocr: Words were recognised, by default with confidence 96.
    """
    text, words = "", []
    for top, cells in rows:
        text += "\n" if text else ""
        first = True
        for middle, written in cells:
            parts = [part.partition("~") for part in written.split(" ")]
            width = LETTER * (sum(len(part[0]) for part in parts) + len(parts) - 1)
            left = middle - width / 2
            for word, _, sure in parts:
                text += "" if first else " "
                first = False
                right = left + LETTER * len(word)
                box = tuple(min(1.0, max(0.0, edge)) for edge in (left, top, right, top + HEIGHT))
                confidence = float(sure or 96) if ocr or sure else None
                words.append(Word(start=len(text), end=len(text) + len(word), box=box, confidence=confidence))
                text += word
                left = right + LETTER
    known = [word.confidence for word in words if word.confidence is not None]
    mean = round(sum(known) / len(known), 1) if known else None
    return PageText(page=page, text=text, source="ocr" if ocr else "born-digital", confidence=mean, words=tuple(words))


def letterhead(
    body: Sequence[str] = ("ỦY BAN NHÂN DÂN", "TỈNH SÔNG LAM"),
    number: str = "Số: 15/QĐ-UBND",
    day: str = "Sông Lam, ngày 05 tháng 3 năm 2020",
) -> list[tuple[float, list[Cell]]]:
    """Rows of a head: bodies left, heading right, number and day on one row."""
    right = (NATION, MOTTO)
    rows: list[tuple[float, list[Cell]]] = []
    for at in range(max(len(body), len(right))):
        cells = [(0.27, body[at])] if at < len(body) else []
        cells += [(0.68, right[at])] if at < len(right) else []
        rows.append((0.07 + 0.021 * at, cells))
    rows.append((0.07 + 0.021 * max(len(body), 2) + 0.014, [(0.27, number), (0.68, day)]))
    return rows
