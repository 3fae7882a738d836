"""The stage `text` when something is missing, killed or run again, and as one of the nine stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.facts import Texts
from ingest.ports import Answer
from ingest.stages.text import Text
from ingest.work import Stage, WorkItem
from metadata.errors import ToolMissingError
from tests.contract.stage import StageContract
from tests.fakes.text_items import RememberingWorkers, WatchedWorkers, pages_of, text_item
from tests.generators.text_pdfs import (
    born_digital,
    small_scan,
)

LINES = [
    "Căn cứ Luật Lưu trữ ngày 21 tháng 6 năm 2024;",
    "Theo đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 12/TTr-SNV,",
    "Ủy ban nhân dân tỉnh quyết định ban hành Quy chế công tác văn thư.",
]


def answering(
    task: str, answer: Answer | BaseException, page: int | None = None
) -> Callable[[str, Mapping[str, Any]], Any]:
    """Answers instead of `task`, for one page or for all."""

    def own(name: str, arguments: Mapping[str, Any]) -> Answer | BaseException | None:
        return answer if name == task and page in {None, arguments.get("page")} else None

    return own


def test_a_missing_model_is_a_fault_that_names_its_cure(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf")
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    with pytest.raises(ToolMissingError, match="apt install tesseract-ocr-vie"):
        Text(RememberingWorkers(), tessdata=str(tmp_path)).run(item)


def test_after_a_kill_no_page_is_read_twice(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf", 3)
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    killed = WatchedWorkers(RememberingWorkers(), answering("recognise", KeyboardInterrupt(), page=3))
    with pytest.raises(KeyboardInterrupt):
        Text(killed).run(item)
    again = WatchedWorkers(RememberingWorkers())
    fact = Text(again).run(item)
    assert isinstance(fact, Texts)
    assert [arguments["page"] for task, arguments in again.asked if task == "recognise"] == [3]
    assert fact.texts["scan.pdf"].sources == {"ocr": 3}


def test_a_second_run_gives_the_same_fact_without_work(tmp_path: Path) -> None:
    born_digital(tmp_path / "a.pdf", [LINES])
    small_scan(tmp_path / "scan.pdf", mark="TỐI MẬT")
    item = text_item(tmp_path / "work", {name: tmp_path / name for name in ("a.pdf", "scan.pdf")})
    first = Text(RememberingWorkers()).run(item)
    before = {path: path.read_bytes() for path in item.folder.rglob("*") if path.is_file()}
    idle = WatchedWorkers(RememberingWorkers())
    assert Text(idle).run(item) == first
    assert idle.asked == []
    assert {path: path.read_bytes() for path in item.folder.rglob("*") if path.is_file()} == before


def test_the_same_file_in_two_places_is_read_once(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf")
    item = text_item(tmp_path / "work", {"a/1.pdf": tmp_path / "scan.pdf", "b/2.pdf": tmp_path / "scan.pdf"})
    workers = WatchedWorkers(RememberingWorkers())
    fact = Text(workers).run(item)
    assert isinstance(fact, Texts)
    assert workers.count("recognise") == 1
    assert fact.texts["a/1.pdf"] == fact.texts["b/2.pdf"]


def test_a_long_document_is_read_in_pieces_and_told_page_by_page(tmp_path: Path) -> None:
    born_digital(tmp_path / "long.pdf", [[f"Trang số {n}", *LINES] for n in range(1, 41)])
    item = text_item(tmp_path / "work", {"long.pdf": tmp_path / "long.pdf"})
    workers = WatchedWorkers(RememberingWorkers())
    fact = Text(workers).run(item)
    assert isinstance(fact, Texts)
    pages = pages_of(item, fact.texts["long.pdf"])
    assert [page.page for page in pages] == list(range(1, 41))
    assert [page.text.splitlines()[0] for page in pages] == [f"Trang số {n}" for n in range(1, 41)]
    assert workers.count("page_texts") == 3


def test_nothing_is_written_outside_the_stage_room(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf")
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    Text(RememberingWorkers()).run(item)
    assert {path.name for path in item.folder.iterdir()} == {"text"}
    assert not list((item.folder / "text" / "pages").iterdir())


class TestTextAsAStage(StageContract):
    @pytest.fixture
    def stage(self) -> Stage:
        return Text(RememberingWorkers())

    @pytest.fixture
    def item(self, tmp_path: Path) -> WorkItem:
        born_digital(tmp_path / "a.pdf", [LINES])
        small_scan(tmp_path / "scan.pdf", mark="MẬT")
        (tmp_path / "damaged.pdf").write_bytes(b"%PDF-1.7 and then nothing")
        return text_item(tmp_path / "work", {name: tmp_path / name for name in ("a.pdf", "scan.pdf", "damaged.pdf")})
