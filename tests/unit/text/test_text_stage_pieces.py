"""The stage `text` on spreadsheets with cells that are not printed, and on long files, which are read in pieces."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.engines import pdfium
from ingest.facts import Texts
from ingest.ports import Answer
from ingest.stages.text import Text
from ingest.text_work import MOST_PAGES_A_TASK, pieces
from tests.fakes.text_items import WatchedWorkers, pages_of, text_item
from tests.fakes.workers import InlineWorkers
from tests.generators.text_pdfs import born_digital

LINES = ["Căn cứ Luật Lưu trữ ngày 21 tháng 6 năm 2024;", "Theo đề nghị của Giám đốc Sở Nội vụ,", "quyết định."]


@pytest.mark.rule("TXT-008")
@pytest.mark.parametrize("broken", [True, False])
def test_a_sheet_whose_cells_cannot_be_read_keeps_its_pages_and_is_told(tmp_path: Path, *, broken: bool) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 and then nothing")
    born_digital(tmp_path / "a.pdf", [LINES[:1], LINES[1:]])
    tool = {"name": "LibreOffice", "version": "7", "command": ""}

    def own(task: str, _: Mapping[str, Any]) -> Answer | None:
        if task == "convert":
            (tmp_path / "work/text/made").mkdir(parents=True)
            made = shutil.copy(tmp_path / "a.pdf", tmp_path / "work/text/made/document.pdf")
            return Answer(value={"tool": tool}, outputs={"pdf": Path(made)})
        return Answer(breach="crash", detail="a cell at XFD1048576") if broken and task == "lacking" else None

    item = text_item(tmp_path / "work", {"a.xlsx": tmp_path / "a.xlsx"})
    fact = Text(WatchedWorkers(InlineWorkers(), own)).run(item)
    assert isinstance(fact, Texts)
    assert [finding.rule for finding in fact.findings] == ["TXT-008"]
    assert fact.texts["a.xlsx"].doubtful_pages == (2,)
    assert [page.text for page in pages_of(item, fact.texts["a.xlsx"])] == [LINES[0], "\n".join(LINES[1:])]


@pytest.mark.parametrize("pages", [1, 16, 17, 2_048, 2_049, 10_000, 25_000, 100_001])
def test_the_pieces_of_a_file_hold_each_page_once_and_do_not_multiply(pages: int) -> None:
    parts = list(pieces(pages))
    assert [page for first, count in parts for page in range(first, min(first + count, pages + 1))] == [
        *range(1, pages + 1)
    ]
    assert all(count <= MOST_PAGES_A_TASK for _, count in parts)
    assert len(parts) <= max(130, pages / MOST_PAGES_A_TASK + 2)


def test_a_page_that_brings_a_large_piece_down_is_found_by_parts(tmp_path: Path) -> None:
    born_digital(tmp_path / "a.pdf", [[]])
    item = text_item(tmp_path / "work", {"a.pdf": tmp_path / "a.pdf"})
    (blank,) = pdfium.page_texts(tmp_path, str(tmp_path / "a.pdf"), 1, 1)["pages"]

    def own(task: str, arguments: Mapping[str, Any]) -> Answer:
        assert task == "page_texts"
        numbers = range(arguments["first"], min(arguments["first"] + arguments["count"], 25_001))
        pages = [blank | {"page": number, "text": f"Trang {number}"} for number in numbers]
        return (
            Answer(breach="crash")
            if 20_050 in numbers
            else Answer(value={"page_count": 25_000, "pages": pages, "tool": pdfium.tool()})
        )

    workers = WatchedWorkers(InlineWorkers(), own)
    fact = Text(workers).run(item)
    assert isinstance(fact, Texts)
    assert fact.texts["a.pdf"].doubtful_pages == (20_050,)
    assert [page.page for page in pages_of(item, fact.texts["a.pdf"]) if page.text != f"Trang {page.page}"] == [20_050]
    assert workers.count("page_texts") < 170
