"""Lists of what a search finds, as workbook, Word document and PDF/A: a JSON line for each form and size.

`PYTHONPATH=. .venv/bin/python -P bench/found_lists.py [--sizes 1000,10000,100000]`

A real index of the made corpus of `bench/search.py`, a real catalogue in SQLite, a
reader's rights, a query that marks a passage in each document. Each form is made by a
process of its own: `seconds`, processor time of it and of its workers, peak memory
(`own_mib`: without the files of the index that it maps; `mib`; `workers_mib`), bytes
of the file. Beside it `rows_cpu_seconds`: the same rows found, drawn up and laid on
the disk, and no file written.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from archive.auth.access import document_tokens
from archive.auth.people import Label
from archive.auth.policy import Area, Scope
from archive.catalogue.database import Database, engine_of
from archive.catalogue.found_documents import FoundDocuments
from archive.catalogue.holdings import Catalogue
from archive.catalogue.tables import agencies, documents, dossiers, metadata
from archive.catalogue.trail import AuditTrail
from archive.clock import SystemClock
from archive.reports.papers import Papers
from archive.services.accesses import Accesses
from archive.services.asked_searches import AskedSearch
from archive.services.found_lists import FoundForm, FoundLists, ListMaker, ListTarget
from archive.services.indexing import Indexing
from archive.services.stored_packages import StoredPackages
from bench.search import ORGANS, Corpus
from ingest.workers.pool import WorkerPool
from search.backends.tantivy import TantivyIndex
from search.ports import IndexedDocument

SIZES = (1_000, 10_000, 100_000)
ASKED = AskedSearch(query="căn OR xét OR cộng")
"""Stands in the opening of each page."""

READER = Scope(tuple(Area(organ, Label.INTERNAL) for organ in ORGANS))
GROWING = ("seconds", "cpu_seconds", "own_mib", "workers_mib")
_BATCH = 1000


class _Given(Exception):  # noqa: N818 - ends the making where no file is wanted
    pass


def prepare(size: int, folder: Path) -> None:
    """Index and catalogue of `size` documents."""
    (folder / "scratch").mkdir()
    TantivyIndex(folder / "index").rebuild(_open_to_readers(Corpus(size)))
    database = Database(engine_of(f"sqlite:///{folder}/catalogue.sqlite"))
    metadata.create_all(database.engine)
    with database.transaction() as connection:
        connection.execute(agencies.insert(), [{"code": organ, "name": organ} for organ in ORGANS])
    rows: list[IndexedDocument] = []
    for document in Corpus(size):
        rows.append(document)
        if len(rows) == _BATCH:
            _enter(database, rows)
            rows = []
    _enter(database, rows)
    database.close()


def _open_to_readers(corpus: Corpus) -> Iterator[IndexedDocument]:
    return (replace(document, access=document_tokens(document.agency, Label.INTERNAL)) for document in corpus)


def _enter(database: Database, rows: list[IndexedDocument]) -> None:
    if not rows:
        return
    whole = {
        row.package_id: {
            "package_id": row.package_id,
            "agency": row.agency,
            "file_code": row.file_code,
            "title": row.dossier_title,
            "submission_id": "",
            "stored_at": "2026-01-01T00:00:00.000Z",
            "documents": 20,
            "fingerprint": "",
            "fonds": row.fonds,
            "label": Label.INTERNAL.rank,
        }
        for row in rows
    }
    single = [
        {
            "dossier_id": row.package_id,
            "ordinal": row.ordinal,
            "part_id": row.package_id,
            "agency": row.agency,
            "doc_code": row.doc_code,
            "title": row.title,
            "number": row.number,
            "organ": row.organ_name,
            "issued": row.issued,
            "verdict": "",
            "label": Label.INTERNAL.rank,
        }
        for row in rows
    ]
    with database.transaction() as connection:
        connection.execute(dossiers.insert(), list(whole.values()))
        connection.execute(documents.insert(), single)


def measured(form: str, size: int, folder: Path) -> dict[str, Any]:
    """In this process: one list."""
    clock = SystemClock()
    database = Database(engine_of(f"sqlite:///{folder}/catalogue.sqlite"))
    trail, catalogue = AuditTrail(database, clock), Catalogue(database, clock)
    index = TantivyIndex(folder / "index")
    pool = WorkerPool(1, folder / "scratch") if form == FoundForm.PDF else None
    lists = FoundLists(
        indexing=Indexing(index, catalogue, cast("StoredPackages", None), trail),
        catalogue=catalogue,
        documents=FoundDocuments(database),
        accesses=Accesses(trail, clock),
        trail=trail,
        clock=clock,
        papers=lambda: Papers(cast("WorkerPool", pool), folder / "scratch"),
        archive="Lưu trữ lịch sử tỉnh",
        scratch=folder / "scratch",
    )
    target, found, anonymous = folder / f"list.{form}", 0, 0

    def told(rows: int) -> bool:
        nonlocal found, anonymous
        if form == "rows" and rows == found:
            raise _Given
        found, anonymous = rows, max(anonymous, _anonymous_mib())
        return True

    begun = time.perf_counter()
    figures: dict[str, Any] = {}
    try:
        kind = FoundForm.XLSX if form == "rows" else FoundForm(form)
        made = lists.make(ASKED, kind, ListMaker("bench", "Bench", READER), ListTarget(target, told, folder / "places"))
        figures = {"rows": made.rows, "bytes": target.stat().st_size, **made.more}
    except _Given:
        figures["rows"] = found
    figures["own_mib"] = anonymous
    figures["seconds"] = round(time.perf_counter() - begun, 2)
    if pool is not None:
        pool.close()
    if form == FoundForm.DOCX:
        begun = time.perf_counter()
        assert lists.may_still(folder / "places", within=READER)
        figures["fetch_seconds"] = round(time.perf_counter() - begun, 2)
    assert figures["rows"] == size, figures
    return figures


def _anonymous_mib() -> int:
    """Memory of this process without the files of the index that it has mapped."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in told.splitlines() if line.startswith("RssAnon:")).split()[1]) >> 10


class _Workers(threading.Thread):
    """What the workers of this process use: a pool ends them, and nobody is told what they used."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mib, self.cpu_seconds = 0, 0.0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.2):
            for pid in _below(os.getpid()):
                try:
                    self._look(Path(f"/proc/{pid}"))
                except (OSError, ValueError, StopIteration):
                    # It has ended meanwhile.
                    continue

    def _look(self, process: Path) -> None:
        status = (process / "status").read_text(encoding="utf-8").splitlines()
        peak = next(line for line in status if line.startswith("VmHWM:"))
        self.mib = max(self.mib, int(peak.split()[1]) >> 10)
        ticks = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
        self.cpu_seconds = max(self.cpu_seconds, sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _below(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, path.read_text(encoding="ascii").split()):
                yield child
                yield from _below(child)


def _with_cost(form: str, size: int, folder: Path) -> dict[str, Any]:
    workers = _Workers()
    workers.start()
    figures = measured(form, size, folder)
    workers.stop()
    own = resource.getrusage(resource.RUSAGE_SELF)
    figures["cpu_seconds"] = round(own.ru_utime + own.ru_stime + workers.cpu_seconds, 2)
    return figures | {"mib": own.ru_maxrss // 1024, "workers_mib": workers.mib}


def _alone(form: str, size: int, folder: Path) -> dict[str, Any]:
    """In a process that has done nothing else."""
    command = [sys.executable, "-P", __file__, "--one", form, str(size), str(folder)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode(errors="replace"))
    return cast("dict[str, Any]", json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", type=lambda text: tuple(int(part) for part in text.split(",")), default=SIZES)
    arguments.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.one:
        form, size, folder = asked.one
        print(json.dumps(_with_cost(form, int(size), Path(folder))))
        return
    lines: dict[str, list[dict[str, Any]]] = {}
    for size in asked.sizes:
        with tempfile.TemporaryDirectory(prefix="luutru-bench-lists-") as scratch:
            folder = Path(scratch)
            prepare(size, folder)
            rows = _alone("rows", size, folder)["cpu_seconds"]
            for form in FoundForm:
                line = {"bench": "found_lists", "form": form.value, **_alone(form.value, size, folder)}
                line |= {"rows_cpu_seconds": rows}
                lines.setdefault(form.value, []).append(line)
                print(json.dumps(line), flush=True)
    for form, measures in lines.items():
        first, last = measures[0], measures[-1]
        if first["rows"] == last["rows"]:
            continue
        growth = math.log(last["rows"] / first["rows"])
        slopes = {name: round(math.log(max(last[name], 1) / max(first[name], 1)) / growth, 2) for name in GROWING}
        print(json.dumps({"bench": "found_lists", "form": form, "slopes": slopes}))


if __name__ == "__main__":
    main()
