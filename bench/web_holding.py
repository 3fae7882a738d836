"""The home that `bench/web.py` serves: made once below `.cache`, with 100,000 documents, and used again.

Real are: the demo's dossiers and a scan of 20 pages, taken in by the real command; the index, built by its own
rebuild; the trail. Made are the other dossiers (`bench/web_rows.py`), and the volume of 500 pages: the scan's PDF
and its PDF/A copy 25 times over, each page with a picture of its own in the file, written as the archive writes
them. One dossier an agency lies in storage too, so that its files and texts can be read; of the others nothing but
catalogue and index is ever asked.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fpdf
import pikepdf
import sqlalchemy as sa
from pikepdf.pdfa import Flavour, resolve_save_kwargs

from archive.catalogue.entering import StoredVersion
from archive.catalogue.tables import documents, dossiers, files, index_queue, jobs, packages, submissions
from archive.composition import Archive
from archive.demo.drawing import scan
from archive.demo.papers import Make
from archive.demo.papers import dossiers as sample_dossiers
from archive.settings import load_settings
from bench.search import Corpus
from bench.web_rows import (
    KINDS,
    Dossiers,
    Made,
    delivery_row,
    document_rows,
    dossier_row,
    file_rows,
    indexed,
    job_row,
    package_row,
)
from metadata.digests import digests_of_file
from metadata.events import EventType
from metadata.package import PackageFile, PackageRecord
from metadata.texts_io import write_page_texts
from search.documents import FORMAT as INDEX_FORMAT
from search.ports import IndexedDocument
from storage.holdings import Content

FORM = 1
"""Raised whenever another holding is made."""

ROOT = "H49"
SCAN_CODE, SCAN_PAGES, TIMES = "H49.1.1990.00001", 20, 25
LUUTRU = Path(sys.executable).with_name("luutru")

_MOST_STORED = 8
"""Documents of a dossier that lies in storage."""

_BATCH = 200
"""Dossiers that are entered together."""

_HEADINGS = (
    "Mã hồ sơ",
    "Tiêu đề hồ sơ",
    "Thời gian bắt đầu",
    "Thời gian kết thúc",
    "Số thứ tự văn bản trong hồ sơ",
    "Trích yếu nội dung",
    "Ngày văn bản",
    "Đường dẫn file",
)


@dataclass(frozen=True)
class Holding:
    """A made home, and what is known of it."""

    home: Path
    documents: int
    stored: Sequence[tuple[str, int]]
    """Package and ordinal of documents whose files can be read."""

    numbers: Sequence[str]
    """Numbers of some documents."""

    scan: str
    """Package of the scan of 500 pages."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of the caller's settings reaches the command."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LUUTRU_")}
    return inherited | {"LUUTRU_HOME": str(home), "LUUTRU_AGENCY": ROOT, "LUUTRU_WORKERS": "2", **more}


def archive_of(home: Path) -> Archive:
    """The installation of a home; to be used as a context."""
    return Archive(load_settings({"LUUTRU_HOME": str(home), "LUUTRU_AGENCY": ROOT, "LUUTRU_WORKERS": "1"}))


def holding(cache: Path, wanted: int) -> Holding:
    """The holding of so many documents; made when it is not there yet (minutes)."""
    seed = cache / f"web-seed-{FORM}-{INDEX_FORMAT}"
    whole = cache / f"web-{FORM}-{INDEX_FORMAT}-{wanted}"
    told = whole / "holding.json"
    if not told.exists():
        if not (seed / "done").exists():
            shutil.rmtree(seed, ignore_errors=True)
            _seed(seed)
        shutil.rmtree(whole, ignore_errors=True)
        shutil.copytree(seed / "home", whole / "home")
        _luutru(whole / "home", "init")
        with archive_of(whole / "home") as archive:
            said = _Maker(archive, wanted).make()
        told.write_text(json.dumps(said), encoding="utf-8")
    # A holding of an earlier version is brought to this one, as an operator's is.
    _luutru(whole / "home", "init")
    said = json.loads(told.read_text(encoding="utf-8"))
    stored = [(package_id, ordinal) for package_id, ordinal in said["stored"]]
    return Holding(whole / "home", said["documents"], stored, said["numbers"], said["scan"])


# ------------------------------------------------------------ what is taken in by the real command


def _seed(folder: Path) -> None:
    folder.mkdir(parents=True)
    home = folder / "home"
    subprocess.run([sys.executable, "-m", "archive.demo", str(folder / "delivery")], check=True, stdout=sys.stderr)
    make_scan_delivery(folder / "scan")
    _luutru(home, "init")
    _luutru(home, "trust", "add", *map(str, sorted((folder / "delivery-trust").iterdir())))
    # One of the demo's dossiers is refused, as it should be: 3.
    _luutru(home, "ingest", str(folder / "delivery"), codes=(3,))
    _luutru(home, "ingest", str(folder / "scan"))
    (folder / "done").touch()


def _luutru(home: Path, *arguments: str, codes: Sequence[int] = (0,)) -> None:
    done = subprocess.run([str(LUUTRU), *arguments], env=environment(home), stdout=sys.stderr, check=False)
    assert done.returncode in codes, (arguments, done.returncode)


def make_scan_delivery(folder: Path) -> None:
    """One dossier with one scan of 20 pages, in colour at 200 dpi."""
    papers = [paper for dossier in sample_dossiers() for paper in dossier.paper]
    drawn = [paper for paper in papers if paper.make in {Make.SCAN, Make.YELLOWED}]
    sides = [(paper, number) for paper in drawn for number in range(1, len(paper.pages) + 1)]
    pdf = fpdf.FPDF(unit="pt", format="A4")
    for page in range(SCAN_PAGES):
        paper, number = sides[page % len(sides)]
        pdf.add_page()
        pdf.image(io.BytesIO(scan(paper, number, page)), 0, 0, pdf.w, pdf.h)
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "so-dia-chinh.pdf").write_bytes(bytes(pdf.output()))
    days = ("01/01/1990", "31/12/1990", 1, "Sổ địa chính đóng tập", "02/03/1990")
    sheet = io.StringIO()
    csv.writer(sheet).writerows([_HEADINGS, (SCAN_CODE, "Sổ địa chính", *days, "a/so-dia-chinh.pdf")])
    (folder / "muc-luc.csv").write_bytes(sheet.getvalue().encode("utf-8-sig"))


# ------------------------------------------------------------ what is made of it


class _Maker:
    """Fills a home that holds the demo's dossiers and the scan."""

    def __init__(self, archive: Archive, wanted: int) -> None:
        self._archive = archive
        self._wanted = wanted
        self._codes = [f"{ROOT}.{i}" for i in range(1, 31)]
        self._codes += [f"{ROOT}.{i}.{j}" for i in range(1, 31) for j in range(1, 6)]
        with archive.database.reading() as connection:
            held = list(connection.execute(sa.select(dossiers.c.package_id, dossiers.c.file_code)))
        self._scan = next(package_id for package_id, code in held if code == SCAN_CODE)
        self._samples = [archive.catalogue.records(key)[0] for key, _ in held if key != self._scan]
        self._numbers: list[str] = []
        self._stored: list[tuple[str, int]] = []
        self._brought: dict[str, list[Mapping[str, Any]]] = {}
        self._scratch = archive.home.scratch / "web-bench"

    def make(self) -> dict[str, Any]:
        """Enter, store, index; what the clients have to know."""
        self._scratch.mkdir(parents=True)
        for code in self._codes:
            self._archive.catalogue.add_agency(code, f"Cơ quan {code.removeprefix(f'{ROOT}.')}")
        self._archive.catalogue.enter([(self._volume(), StoredVersion(self._scan, "v2", "0" * 128))], "2026-11-01")
        count = self._archive.index.rebuild(self._made())
        with self._archive.database.transaction() as connection:
            connection.execute(index_queue.delete())
        self._deliver()
        self._archive.seal()
        shutil.rmtree(self._scratch)
        some = self._numbers[:: max(1, len(self._numbers) // 500)]
        return {"documents": count, "stored": self._stored, "numbers": some, "scan": self._scan}

    def _made(self) -> Iterator[IndexedDocument]:
        for package_id in (*(record.dossier_id for record in self._samples), self._scan):
            yield from self._archive.stored.documents_to_index(package_id)
        making, corpus = Dossiers(self._samples, self._codes), Corpus(self._wanted)
        done, number, waiting = 0, 0, []
        while done < self._wanted:
            number += 1
            lies = number <= len(self._codes)
            made = making.made(number, min(self._wanted - done, _MOST_STORED if lies else self._wanted))
            waiting.append((made, self._store(made) if lies else "v1"))
            for ordinal, source in enumerate(made.sources, start=1):
                pages = self._texts(source.record, source.document()) if lies else corpus.document(done).pages
                yield indexed(made, ordinal, pages)
                self._numbers.append(made.number(ordinal))
                done += 1
            if len(waiting) == _BATCH or done >= self._wanted:
                self._enter(waiting)
                waiting = []
                print(f"{done} / {self._wanted}", file=sys.stderr, flush=True)

    def _enter(self, waiting: Sequence[tuple[Made, str]]) -> None:
        trail, kinds = self._archive.trail, (EventType.SUBMISSION, EventType.APPROVAL, EventType.STORAGE)
        with self._archive.database.transaction() as connection:
            rows = [dossier_row(made) for made, _ in waiting]
            connection.execute(dossiers.insert(), rows)
            connection.execute(packages.insert(), [package_row(made, version) for made, version in waiting])
            connection.execute(documents.insert(), [row for made, _ in waiting for row in document_rows(made)])
            connection.execute(files.insert(), [row for made, _ in waiting for row in file_rows(made)])
            told = [trail.event(kind, row["package_id"], agency=row["agency"]) for row in rows for kind in kinds]
            trail.record_all(told, connection)
        for row in rows:
            self._brought.setdefault(row["submission_id"], []).append(row)

    def _deliver(self) -> None:
        """The deliveries that brought the dossiers, 25 each; of the newest ones some wait, some were refused."""
        dice = random.Random(2)  # noqa: S311 - a made holding
        rows, work = [], []
        for place, (submission_id, brought) in enumerate(self._brought.items()):
            at = f"2026-11-{1 + place * 27 // len(self._brought):02d}T{place % 24:02d}:00:00.000Z"
            rows.append(delivery_row(submission_id, brought[0]["agency"], at))
            newest = place > len(self._brought) - 12
            for position, row in enumerate(brought, start=1):
                state = dice.choice(("awaiting_approval", "rejected", "returned")) if newest else "archived"
                work.append(job_row(row, position, state, at))
        with self._archive.database.transaction() as connection:
            connection.execute(submissions.insert(), rows)
            connection.execute(jobs.insert(), work)

    # ------------------------------------------------------------ storage

    def _store(self, made: Made) -> str:
        """The files of a dossier as an OCFL object; its version."""
        contents = []
        for ordinal, source in enumerate(made.sources, start=1):
            old = source.document()
            for kind in KINDS:
                for was, file in zip(old[kind], made.record["documents"][ordinal - 1][kind], strict=True):
                    place = self._scratch / file["sha256"]
                    if not place.exists():
                        with self._archive.packages.open_file(source.record.package_id, was["path"]) as stream:
                            place.write_bytes(stream.read())
                    contents.append(Content(file["path"], place, digests_of_file(place)))
            self._stored.append((made.package_id, ordinal))
        return self._archive.packages.write(made.package_id, contents, message="bench", agent="bench").version

    def _texts(self, record: PackageRecord, wanted: Mapping[str, Any]) -> list[str]:
        """What the pages of a sample say."""
        paths = [text["path"] for text in wanted["texts"]]
        sample = next(document for document in record.documents if [text.path for text in document.texts] == paths)
        return [page.text for page in self._archive.stored.pages(record, sample)]

    def _volume(self) -> PackageRecord:
        """The scan, 25 times over, as the next version of its package."""
        record = self._archive.catalogue.records(self._scan)[0]
        document = record.documents[0]
        (original,), (copied,), (text,) = document.originals, document.renditions, document.text_files
        pages = list(self._archive.stored.pages(record, document))
        places = {file.path: self._scratch / file.path.rpartition("/")[2] for file in (original, copied, text)}
        for file in (original, copied):
            with self._archive.packages.open_file(record.package_id, file.path) as stream:
                repeated(stream.read(), places[file.path], archival=file is copied)
        with places[text.path].open("wb") as target:
            many = (page for _ in range(TIMES) for page in pages)
            write_page_texts(target, (page.model_copy(update={"page": n}) for n, page in enumerate(many, start=1)))
        contents = [Content(path, place, digests_of_file(place)) for path, place in places.items()]
        self._archive.packages.write(record.package_id, contents, message="bench", agent="bench")

        def now(file: PackageFile) -> PackageFile:
            digests = digests_of_file(places[file.path])
            told = {"sha256": digests.sha256, "sha512": digests.sha512, "size_bytes": digests.size_bytes}
            return file.model_copy(update=told)

        summary = document.texts[0].model_copy(update={"pages": TIMES * len(pages), "doubtful_pages": ()})
        changed = document.model_copy(
            update={
                "originals": (now(original),),
                "renditions": (now(copied),),
                "text_files": (now(text),),
                "texts": (summary,),
            }
        )
        return record.model_copy(update={"documents": (changed,)})


def repeated(data: bytes, target: Path, *, archival: bool) -> None:
    """A PDF 25 times over, no page sharing its picture with another."""
    with pikepdf.open(io.BytesIO(data)) as whole:
        others = [pikepdf.open(io.BytesIO(data)) for _ in range(TIMES - 1)]
        for other in others:
            whole.pages.extend(other.pages)
        how = resolve_save_kwargs(Flavour.PDFA_2B, deterministic_id=True) if archival else {}
        whole.save(target, **how)
        for other in others:
            other.close()
