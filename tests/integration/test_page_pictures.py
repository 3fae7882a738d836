"""Pictures of pages, made by a real worker process: once, in place, bounded; and pages that have none."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import img2pdf
import pytest
from PIL import Image

from archive.services import page_pictures
from archive.services.page_pictures import PageNotShownError, PagePictures, PageSource
from ingest.ports import Answer, Limits
from ingest.workers.pool import WorkerPool


class Counting:
    """A pool that counts what it is asked for."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool, self.asked = pool, 0
        self.size = pool.size

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        self.asked += 1
        return self.pool.submit(task, arguments, limits=limits, deposit=deposit)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(1, tmp_path_factory.mktemp("scratch")) as made:
        yield made


@pytest.fixture
def workers(pool: WorkerPool) -> Counting:
    return Counting(pool)


def scan(path: Path) -> Path:
    picture = path.with_suffix(".jpg")
    Image.new("RGB", (300, 400), (200, 40, 40)).save(picture)
    path.write_bytes(img2pdf.convert(picture.read_bytes()))  # type: ignore[no-untyped-call]  # it has no types
    return path


def in_place(path: Path, page: int = 1, name: str = "a" * 64) -> PageSource:
    def never() -> closing[BinaryIO]:
        raise AssertionError(path)

    return PageSource(name, "pdf", page, never, lambda: path)


def elsewhere(path: Path) -> PageSource:
    return PageSource("b" * 64, "pdf", 1, lambda: closing(path.open("rb")))


def test_many_who_want_one_picture_at_once_get_the_one_that_is_made(tmp_path: Path, workers: Counting) -> None:
    pictures = PagePictures(workers, tmp_path / "kept")
    source, found = in_place(scan(tmp_path / "a.pdf")), []
    assert pictures.kept(source) is None
    asking = [threading.Thread(target=lambda: found.append(pictures.picture(source))) for _ in range(6)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert workers.asked == 1
    assert len(found) == 6
    assert found[0].path.read_bytes() == (tmp_path / "a.jpg").read_bytes()
    assert pictures.kept(source) == found[0]
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [source.name], "no lock and no part is left"


def test_a_file_that_the_store_keeps_elsewhere_is_copied_once_for_all_its_pages(
    tmp_path: Path, workers: Counting
) -> None:
    pictures = PagePictures(workers, tmp_path / "kept")
    path = scan(tmp_path / "a.pdf")
    assert pictures.picture(elsewhere(path)).width == 300
    path.unlink()
    with pytest.raises(PageNotShownError):
        pictures.picture(PageSource("b" * 64, "pdf", 2, lambda: closing(path.open("rb"))))


def test_a_page_that_cannot_be_drawn_is_tried_once(tmp_path: Path, workers: Counting) -> None:
    pictures = PagePictures(workers, tmp_path / "kept")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 nothing")
    for _ in range(2):
        with pytest.raises(PageNotShownError):
            pictures.picture(in_place(tmp_path / "a.pdf"))
    assert workers.asked == 1
    assert pictures.kept(in_place(tmp_path / "a.pdf")) is None


def test_the_pictures_that_were_not_looked_at_for_longest_go(
    tmp_path: Path, workers: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_pictures, "KEPT_PICTURES", 2)
    pictures = PagePictures(workers, tmp_path / "kept")
    path = scan(tmp_path / "a.pdf")
    sources = [in_place(path, name=letter * 64) for letter in "abcd"]
    for source in sources:
        pictures.picture(source)
    assert len([source for source in sources if pictures.kept(source)]) == 2
    assert pictures.kept(sources[-1]) is not None
