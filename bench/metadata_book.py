"""Section `book`: documents of ten scanned pages each bound to one PDF/A, in the worker's own process."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, Page, Pdf
from PIL import Image

from ingest.engines.book import bind
from ingest.engines.invisible_text import InvisibleFont, Placed
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import write

SIZES = (10, 100, 500)
TARGETS = {"seconds": 120.0, "mib": 1_000.0}
PAGES = 10
_AT = "2026-11-29T00:00:00.000Z"


def prepare(size: int, folder: Path) -> None:
    """One document of ten pages, a picture and fifty invisible words each, copied; and what stands in front."""
    first = folder / "0.pdf"
    _document(folder, first)
    for number in range(1, size):
        shutil.copy(first, folder / f"{number}.pdf")
    columns = ("STT", "Số, ký hiệu", "Ngày", "Trích yếu", "Tác giả", "Trang", "Ghi chú")
    blocks: list[dict[str, object]] = [
        {"text": "HỒ SƠ", "style": "Bold", "align": "center"},
        {"table": [{"heading": heading, "width": 1} for heading in columns], "size": 10},
    ]
    for number in range(size):
        row = [str(number + 1), f"{number}/QĐ-UBND", "01/02/2019", "Quyết định về đất đai", "UBND xã", "", "bản PDF/A"]
        blocks.append({"row": row, "files": [number]})
    (folder / "front.jsonl").write_text("".join(json.dumps(block) + "\n" for block in blocks), encoding="utf-8")
    plan = {
        "title": "Hồ sơ",
        "front": str(folder / "front.jsonl"),
        "files": [{"path": str(folder / f"{n}.pdf"), "title": f"Văn bản {n}"} for n in range(size)],
        "page_column": 5,
        "note_column": 6,
        "word_page": "Trang {page}/{pages}",
        "contents": "Mục lục",
        "pictured": "ảnh",
        "unbound": "{why}",
    }
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")


def _document(folder: Path, path: Path) -> None:
    random = np.random.default_rng(1)
    picture = folder / "page.jpg"
    Image.fromarray(random.integers(0, 255, (400, 300, 3), dtype=np.uint8)).save(picture, quality=70)
    with Pdf.new() as pdf:
        font = InvisibleFont(pdf)
        for page in range(PAGES):
            image = pdf.make_stream(picture.read_bytes(), Type=Name.XObject, Subtype=Name.Image, Filter=Name.DCTDecode)
            image.Width, image.Height, image.ColorSpace, image.BitsPerComponent = 300, 400, Name.DeviceRGB, 8
            words = [Placed(f"trang {page} chữ {n}", 50, 700 - n * 10, 10, 200) for n in range(50)]
            content = b"q 595 0 0 842 0 0 cm /I Do Q " + font.content(words)
            resources = Dictionary(XObject=Dictionary(I=image), Font=Dictionary(LuutruText=font.font))
            pdf.pages.append(
                Page(
                    pdf.make_indirect(
                        Dictionary(
                            Type=Name.Page,
                            MediaBox=Array([0, 0, 595, 842]),
                            Resources=resources,
                            Contents=pdf.make_stream(content),
                        )
                    )
                )
            )
        font.finish()
        assert write(pdf, path, flavour="2u", at=_AT, losses=Losses()).verdict == "pass"


def measure(size: int, folder: Path) -> dict[str, float]:
    """Bind, write, and judge what was written."""
    scratch = folder / "made"
    scratch.mkdir()
    begun = time.perf_counter()
    said = bind(scratch, str(folder / "plan.json"), _AT)
    seconds = time.perf_counter() - begun
    assert (said["flavour"], said["pages"]) == ("2b", size * PAGES + said["front"])
    with pikepdf.open(scratch / said["outputs"]["pdf"]) as pdf:
        assert len(pdf.pages) == said["pages"]
    return {
        "seconds": seconds,
        "pages": said["pages"],
        "book_mib": (scratch / said["outputs"]["pdf"]).stat().st_size >> 20,
    }
