"""Long papers set by worker processes: valid before veraPDF, whole or not there."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from archive.reports.papers import Papers
from ingest.engines.paper import typeset
from ingest.engines.paper_file import KIDS
from ingest.engines.verapdf import VeraPdfJudge
from ingest.workers.pool import WorkerPool
from tests.fixtures.pools import offspring

AT = "2026-11-30T00:00:00.000Z"


def _blocks(pages: int) -> Iterator[dict[str, Any]]:
    yield {"table": [{"heading": "STT", "width": 1}, {"heading": "Tên", "width": 2}], "size": 45, "numbered": True}
    for number in range(1, pages * 6 + 1):
        yield {"row": [number, f"Phường {number}"], "style": ("Regular", "Bold", "Italic", "BoldItalic")[number % 4]}
    yield {"end": True}


def test_a_paper_whose_pages_stand_below_several_nodes_is_pdfa_2u_before_verapdf(
    tmp_path: Path, verapdf: VeraPdfJudge
) -> None:
    source = tmp_path / "blocks.jsonl"
    source.write_text("".join(json.dumps(block) + "\n" for block in _blocks(KIDS + 6)), encoding="utf-8")
    room = tmp_path / "room"
    room.mkdir()
    said = typeset(room, str(source), AT, "Danh sách", "Trang {page}/{pages}", landscape=True)
    assert said["flavour"] == "2u"
    assert said["pages"] > KIDS
    verdict = verapdf.check(room / said["outputs"]["pdf"], "2u")
    assert verdict.status == "valid", verdict


def test_a_worker_that_is_killed_over_a_paper_leaves_nothing_half(tmp_path: Path) -> None:
    """It is begun again by a second process, with the bytes that an undisturbed one gives."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def digest(pool: WorkerPool) -> str:
        with Papers(pool, scratch).typeset(lambda: _blocks(40), title="a", at=AT, landscape=True) as paper:
            assert (paper.pages, paper.flavour) == (40, "2u")
            return hashlib.sha256(paper.path.read_bytes()).hexdigest()

    others = offspring()
    with WorkerPool(1, tmp_path / "pool", isolate=False) as pool:
        undisturbed = digest(pool)
        workers = offspring().keys() - others.keys()
        killed = []

        def kill() -> None:
            while not (half := [path for path in (tmp_path / "pool").rglob("paper.pdf") if path.stat().st_size]):
                time.sleep(0.005)
            killed.extend(half)
            for process in workers:
                psutil.Process(process).kill()

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        again = digest(pool)
        killer.join(5)
        assert killed
        assert workers
        assert not offspring().keys() & workers, "others set it"
        assert again == undisturbed
    assert not list(scratch.iterdir())
    assert not list(tmp_path.rglob("paper.pdf"))
