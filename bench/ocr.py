"""Pages a minute of the stages `text` and `pdfa` against bare tesseract and the ocrmypdf command line.

Run: .venv/bin/python bench/ocr.py [--documents N] [--pages N] [--workers N]

All three read the same generated pages in one run, with the same number of
processes. Errors are counted against the known text. One JSON line on standard
output.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
# A package of that name lies in site-packages too: ours is named before it.
TESTS = ModuleType("tests")
TESTS.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = TESTS
sys.path.insert(0, str(ROOT))

from ingest.facts import Judged, Renditions, Texts  # noqa: E402
from ingest.stages.pdfa import Pdfa  # noqa: E402
from ingest.stages.text import Text  # noqa: E402
from ingest.work import Held, WorkItem  # noqa: E402
from ingest.workers.pool import WorkerPool  # noqa: E402
from tests.fakes.text_items import pages_of, text_item  # noqa: E402
from tests.generators.pages import (  # noqa: E402
    CONDITIONS,
    Content,
    content,
    error_rate,
    jpeg,
    scanned,
    write_scan,
)


@dataclass(frozen=True)
class Sample:
    """One document with its page pictures and what stands on them."""

    name: str
    condition: str
    pdf: Path
    pictures: tuple[Path, ...]
    contents: tuple[Content, ...]


@dataclass(frozen=True)
class Measure:
    """What one way of reading all pages took."""

    wall: float
    cpu: float

    def per_minute(self, pages: int) -> float:
        """Pages a minute."""
        return round(60 * pages / self.wall, 1)


def made(folder: Path, job: tuple[str, int, int]) -> Sample:
    """One sample of `pages` pages."""
    condition_name, number, pages = job
    condition = CONDITIONS[condition_name]
    name = f"{condition_name}-{number}"
    contents = tuple(content(100 * number + page, 6) for page in range(pages))
    pictures = []
    for page, written in enumerate(contents):
        picture = folder / f"{name}-{page}.jpg"
        picture.write_bytes(jpeg(scanned(written, condition, seed=page), condition))
        pictures.append(picture)
    pdf = folder / f"{name}.pdf"
    write_scan(pdf, [picture.read_bytes() for picture in pictures], condition.dpi)
    return Sample(name, condition_name, pdf, tuple(pictures), contents)


def timed(work: Callable[[], Any]) -> tuple[Measure, Any]:
    """Run `work`; the processor time is that of all ended children and of this process."""

    def used() -> float:
        return sum(
            usage.ru_utime + usage.ru_stime
            for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )

    start, before = time.perf_counter(), used()
    result = work()
    return Measure(time.perf_counter() - start, used() - before), result


def bare(samples: Sequence[Sample], workers: int) -> dict[str, list[str]]:
    """The text of every page by the tesseract command alone."""
    program = shutil.which("tesseract") or "tesseract"

    def read(picture: Path) -> str:
        line = [program, str(picture), "-", "-l", "vie", "--psm", "3"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        return subprocess.run(line, capture_output=True, text=True, check=True, env=environment).stdout

    with ThreadPoolExecutor(workers) as pool:
        return {sample.name: list(pool.map(read, sample.pictures)) for sample in samples}


def by_ocrmypdf(samples: Sequence[Sample], folder: Path, workers: int) -> None:
    """Every document by the ocrmypdf command line, to the same flavour, as many processes at once."""
    program = str(Path(sys.executable).with_name("ocrmypdf"))

    def convert(sample: Sample) -> None:
        options = [
            "-l",
            "vie",
            "--jobs",
            "1",
            "--output-type",
            "pdfa-2",
            "--pdfa-backend",
            "internal",
            "--optimize",
            "0",
            "-q",
        ]
        target = str(folder / f"{sample.name}-ocrmypdf.pdf")
        subprocess.run([program, *options, str(sample.pdf), target], check=True, capture_output=True)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(convert, samples))


def of_family() -> float:
    """Processor seconds of all processes below this one that still live."""
    return sum(
        times.user + times.system + times.children_user + times.children_system
        for times in (process.cpu_times() for process in psutil.Process().children(recursive=True))
    )


def ours(samples: Sequence[Sample], folder: Path, workers: int) -> tuple[WorkItem, Texts, Renditions, float]:
    """Every document through the stages `text` and `pdfa`, processes started within the measured time.

    Returns the processor time of the workers too: the pool ends them in a way
    that the system does not count as waited for.
    """
    item = text_item(folder / "work", {f"{sample.name}.pdf": sample.pdf for sample in samples})
    with WorkerPool(workers, folder / "scratch") as pool:
        answer = Text(pool).run(item)
        texts = answer.fact if isinstance(answer, Held) else answer
        assert isinstance(texts, Texts)
        item = item.having(texts).having(Judged(verdicts={}))
        renditions = Pdfa(pool).run(item)
        cpu = of_family()
    return item, texts, renditions, cpu


def errors(samples: Sequence[Sample], read: Callable[[Sample], Sequence[str]]) -> dict[str, float]:
    """Mean character error rate in percent by condition."""
    rates: dict[str, list[float]] = {}
    for sample in samples:
        for written, text in zip(sample.contents, read(sample), strict=True):
            rates.setdefault(sample.condition, []).append(error_rate(written.truths(), text))
    return {name: round(100 * sum(found) / len(found), 2) for name, found in rates.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1, help="of each condition")
    parser.add_argument("--pages", type=int, default=3, help="of each document")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = [(condition, number, options.pages) for condition in CONDITIONS for number in range(options.documents)]
        samples = [made(folder, job) for job in jobs]
        pages = sum(len(sample.pictures) for sample in samples)
        # Interleaved, ours twice: the machine is seldom idle, and who goes first must not win.
        first, (item, texts, renditions, cpu) = timed(lambda: ours(samples, folder / "a", options.workers))
        alone, read = timed(lambda: bare(samples, options.workers))
        second, (_, _, _, again) = timed(lambda: ours(samples, folder / "b", options.workers))
        other, _ = timed(lambda: by_ocrmypdf(samples, folder, options.workers))
        mine = Measure((first.wall + second.wall) / 2, (first.cpu + cpu + second.cpu + again) / 2)
        flavours = sorted({str(decision.flavour) for decision in renditions.decisions.values()})
        result = {
            "bench": "ocr",
            "pages": pages,
            "workers": options.workers,
            "pages_per_minute": {
                "luutru_text_and_pdfa": mine.per_minute(pages),
                "tesseract": alone.per_minute(pages),
                "ocrmypdf": other.per_minute(pages),
            },
            "cpu_seconds_per_page": {
                "luutru_text_and_pdfa": round(mine.cpu / pages, 2),
                "tesseract": round(alone.cpu / pages, 2),
                "ocrmypdf": round(other.cpu / pages, 2),
            },
            "cpu_ratio_to_tesseract": round(alone.cpu / mine.cpu, 2),
            "cpu_ratio_to_ocrmypdf": round(other.cpu / mine.cpu, 2),
            "ratio_to_tesseract": round(alone.wall / mine.wall, 2),
            "ratio_to_ocrmypdf": round(other.wall / mine.wall, 2),
            "character_error_percent": errors(
                samples, lambda sample: [page.text for page in pages_of(item, texts.texts[f"{sample.name}.pdf"])]
            ),
            "character_error_percent_tesseract": errors(samples, lambda sample: read[sample.name]),
            "flavours": flavours,
        }
        print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
