"""Scans of which the machine read some words wrongly, as they lie in the archive; made without waiting for an OCR."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from PIL import Image, ImageDraw, ImageFont

from archive.composition import Archive
from ingest.facts import Packaged, Received, Stored, Texts
from ingest.pages import joined
from ingest.stages.store import Store
from ingest.work import WorkItem
from metadata.digests import digests_of_file
from metadata.texts import PageText
from metadata.texts_io import write_page_texts
from tests.fakes.dossiers import Paper, StandingClock, dossier, package_stage
from tests.generators.pages import font_path

WIDTH, HEIGHT = 1240, 1754
_LEFT, _TOP, _LINE = 120, 140, 64


@dataclass(frozen=True)
class Printed:
    """A word as it is printed, and as the machine read it."""

    word: str
    read: str = ""
    confidence: float = 95.0

    @property
    def text(self) -> str:
        return self.read or self.word


Line = tuple[Printed, ...]


def _line(*words: str | Printed) -> Line:
    return tuple(Printed(word) if isinstance(word, str) else word for word in words)


LINES: tuple[Line, ...] = (
    _line("ỦY", "BAN", "NHÂN", "DÂN", "TỈNH"),
    _line("Số:", Printed("45/QĐ-UBND", "46/QÐ-UBNO", 41.0), "ngày", Printed("02/03/2022", "02/08/2022", 52.0)),
    _line("QUYẾT", Printed("ĐỊNH", "Đ ỊNH", 48.0)),
    _line("Về", "việc", "phê", Printed("duyệt", "duyêt", 57.0), "dự", "án"),
    _line("xây", Printed("dựng", "đựng", 61.0), "trạm", "bơm", "Thượng", "Phước"),
)
"""A decision, badly read."""

CLEAR: tuple[Line, ...] = (_line("Điều", "1.", "Phê", "duyệt", "dự", "án."),)


def page_of(lines: Sequence[Line], number: int) -> tuple[Image.Image, PageText]:
    """The picture of a page, and what the machine read of it."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    letters = ImageFont.truetype(font_path("Regular"), 34)
    laid = []
    for row, line in enumerate(lines):
        top, left = _TOP + row * _LINE, float(_LEFT)
        words = []
        for printed in line:
            draw.text((left, top), printed.word, font=letters, fill="black")
            right = left + draw.textlength(printed.word, font=letters)
            pieces = printed.text.split(" ")
            step = (right - left) / len(pieces)
            for at, piece in enumerate(pieces):
                start = left + at * step
                box = (start / WIDTH, top / HEIGHT, (start + step) / WIDTH, (top + 40) / HEIGHT)
                words.append((piece, *box, printed.confidence))
            left = right + 14
        laid.append(words)
    text, words_ = joined(laid)
    sure = [word.confidence or 0.0 for word in words_]
    mean = round(sum(sure) / len(sure), 1)
    doubtful = "low-confidence" if any(word < 85 for word in sure) else ""
    return image, PageText(page=number, text=text, source="ocr", confidence=mean, words=words_, doubtful=doubtful)


def pdf_of(images: Sequence[Image.Image]) -> bytes:
    """Pictures as the pages of a PDF without any text."""
    stream = io.BytesIO()
    images[0].save(stream, "PDF", save_all=True, append_images=list(images[1:]), resolution=150)
    return stream.getvalue()


@dataclass(frozen=True)
class Kept:
    """What was put into the archive."""

    package_id: str
    file_code: str
    pages: tuple[PageText, ...]


def keep(
    archive: Archive,
    room: Path,
    papers: Sequence[Sequence[Sequence[Line]]] = ((LINES, CLEAR, LINES),),
    *,
    agency: str = "H49.64",
    title: str = "",
    index: bool = True,
) -> Kept:
    """Store a dossier of scans, a document a paper, as an ingest would have left it: archived and searchable.

    Args:
        archive: Where.
        room: Empty folder.
        papers: Lines of each page of each document.
        agency: Whose it is.
        title: Of the dossier; empty: one that no other has.
        index: Whether it is searchable already.
    """
    package_id = str(uuid4())
    code = f"{agency}.2026.{package_id[:8]}"
    made = [[page_of(lines, number) for number, lines in enumerate(paper, start=1)] for paper in papers]
    sheets = [Paper((f"quét-{number}.pdf",), text="x") for number, _ in enumerate(papers, start=1)]
    told = {"title": title} if title else {}
    item = replace(dossier(room, sheets, file_code=code, told=told), package_id=package_id, agency=agency)
    item = replace(item, submission_id=str(uuid4()))
    item = _with_pages(item, made)
    fact = package_stage(StandingClock(archive.clock.now())).run(item)
    store = Store(archive.packages, archive.ledger, archive.evidence, archive.clock)
    item = item.having(fact)
    assert isinstance(fact, Packaged)
    stored = store.run(item)
    assert isinstance(stored, Stored)
    archive.stored.register(item, stored)
    if index:
        archive.indexing.catch_up()
    return Kept(package_id, code, tuple(page for _, page in made[0]))


def _with_pages(item: WorkItem, made: Sequence[Sequence[tuple[Image.Image, PageText]]]) -> WorkItem:
    received, texts = item.fact(Received), item.fact(Texts)
    files = list(received.files)
    told = dict(texts.texts)
    for ordinal, pages in enumerate(made, start=1):
        at = next(number for number, file in enumerate(files) if file.ordinal == ordinal)
        path = item.folder / files[at].stored
        path.write_bytes(pdf_of([image for image, _ in pages]))
        digests = digests_of_file(path)
        values = {"sha256": digests.sha256, "sha512": digests.sha512, "size_bytes": digests.size_bytes}
        files[at] = files[at].model_copy(update=values)
        text = told[files[at].path]
        with (item.folder / text.jsonl).open("wb") as stream:
            write_page_texts(stream, [page for _, page in pages])
        sure = [word.confidence or 0.0 for _, page in pages for word in page.words]
        summary = {
            "pages": len(pages),
            "sources": {"ocr": len(pages)},
            "mean_confidence": round(sum(sure) / len(sure), 1),
            "doubtful_pages": tuple(page.page for _, page in pages if page.doubtful),
        }
        told[files[at].path] = text.model_copy(update=summary)
    item = item.having(received.model_copy(update={"files": tuple(files), "fingerprint": uuid4().hex * 2}))
    return item.having(texts.model_copy(update={"texts": told}))
