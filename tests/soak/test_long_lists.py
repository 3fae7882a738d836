"""The longest list of what a search finds, set as PDF/A by a worker: its memory does not grow with the rows.

100,000 rows take two minutes of a processor, 10,000 rows before veraPDF one more.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pypdfium2 as pdfium
import pytest

from archive.reports.found_lists import FoundHeading, Row, paper
from archive.reports.papers import Papers
from archive.services.found_lists import MOST
from ingest.engines.verapdf import VeraPdfJudge
from ingest.workers.pool import WorkerPool
from tests.fixtures.pools import offspring

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

AT = "2026-11-30T00:00:00.000Z"
MOST_MIB = 120
MOST_GROWTH_MIB = 10
SAID = "trích yếu nội dung văn bản về đất đai phường Ngọc Khánh nghị quyết Ủy ban nhân dân tỉnh kính gửi huyện"
WORDS = tuple(SAID.split(" "))


def _rows(count: int) -> Iterator[Row]:
    for number in range(1, count + 1):
        passage = " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 40))
        title = f"Công văn số {number} về đất đai ở phường Ngọc Khánh"
        yield (number, f"{number}/UBND-VP", "01/02/2020", "Công văn", title, "UBND", "HS.1", "Phông A", 1, passage, "")


class _Peak(threading.Thread):
    """The most that a process below this one has had in memory, in MiB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mib = 0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.2):
            for pid in offspring():
                try:
                    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
                    peak = next(line for line in status if line.startswith("VmHWM:"))
                except (OSError, StopIteration, psutil.NoSuchProcess):
                    continue
                self.mib = max(self.mib, int(peak.split()[1]) >> 10)

    def stop(self) -> int:
        self._ended.set()
        self.join()
        return self.mib


def _set(count: int, folder: Path) -> tuple[Path, int, int]:
    """The list as a file, its pages, and what the worker had in memory."""
    folder.mkdir()
    with WorkerPool(1, folder / "pool", attempts=1) as pool:
        peak = _Peak()
        peak.start()
        heading = FoundHeading("DANH SÁCH", [f"Số văn bản: {count}"])
        papers = Papers(pool, folder)
        with papers.typeset(lambda: paper(heading, lambda: _rows(count)), title="a", at=AT, landscape=True) as made:
            assert (made.flavour, made.replaced) == ("2u", 0)
            shutil.move(made.path, folder / "list.pdf")
            pages = made.pages
        mib = peak.stop()
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["list.pdf"]
    return folder / "list.pdf", pages, mib


def test_a_list_of_a_hundred_thousand_rows_takes_as_much_memory_as_one_of_ten(
    tmp_path: Path, verapdf_home: Path
) -> None:
    short, short_pages, short_mib = _set(MOST // 10, tmp_path / "short")
    long, pages, mib = _set(MOST, tmp_path / "long")
    print(f"{short_pages} pages: {short_mib} MiB; {pages} pages: {mib} MiB, {long.stat().st_size} bytes")
    assert max(mib, short_mib) <= MOST_MIB
    assert mib - short_mib <= MOST_GROWTH_MIB
    with pdfium.PdfDocument(long) as document:
        assert len(document) == pages
        for number in (1, pages // 2, pages):
            page = document[number - 1]
            text = page.get_textpage().get_text_range()
            assert f"Trang {number}/{pages}" in text
            assert "Trích yếu" in " ".join(text.split())
        assert f"{MOST}/UBND-VP" in "".join(text.split())
    with VeraPdfJudge(verapdf_home, timeout_seconds=1800) as judge:
        verdict = judge.check(short, "2u")
        assert verdict.status == "valid", verdict
    again, _, _ = _set(MOST // 10, tmp_path / "again")
    assert _digest(again) == _digest(short)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
