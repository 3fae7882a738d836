"""How often suggestions from pages are right, empty or wrong, on generated pages and, apart, on the samples.

Run: .venv/bin/python bench/extract.py [--pages N] [--groups clean,stamped,…] [--workers N] [--samples FOLDER]
    [--keep FOLDER] [--development SEED] [--misses]

Pages are drawn, scanned and read by the archive's own OCR in its worker pool. One JSON line a group on standard
output: by field, of the pages that say it, how many were right, empty and wrong, with the 95 % confidence interval of
what is right (Wilson); of those that say nothing (number and day left blank or written by hand) how many got a
suggestion that is not what the hand wrote. A subject is right when at most 5 % of its letters differ (`V/v` or
`Về việc` before it apart), a name of a body or a position without regard to capitals, everything else to the letter.

`--keep` keeps what OCR read, so that the same pages are measured again in seconds. `--development` takes the words,
layouts and scans for tuning, with a seed of one's own: whoever mends looks at those misses, not at the measured ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# A package of that name lies in site-packages too: ours is named before it.
sys.path.insert(0, str(ROOT))

from bench.extract_pages import MEASURED, SEED  # noqa: E402 - the path is set above
from bench.extract_samples import TRUTHS  # noqa: E402
from ingest.pages import Reading, head_again, looked_closer, own_text, reading_of, recognised_text  # noqa: E402
from ingest.ports import Limits, Workers  # noqa: E402
from ingest.workers.pool import WorkerPool  # noqa: E402
from metadata.extraction.document import DocumentReader  # noqa: E402
from metadata.extraction.subjects import V_V  # noqa: E402
from metadata.texts import PageText  # noqa: E402
from tests.generators.pages import distance  # noqa: E402
from tests.generators.papers import Drawn, page_of  # noqa: E402
from tests.generators.tuning_papers import TUNING_TEMPLATES  # noqa: E402

LIMITS = Limits(cpu_seconds=120, wall_seconds=600)
LAST_YEAR = 2026
SUBJECT_ERRORS = 0.05
_HARDER = {"code_number": 0.90, "issued_date": 0.90, "subject": 0.90}
TARGETS: Mapping[str, Mapping[str, float]] = {
    "clean": {"code_number": 0.98, "issued_date": 0.98, "subject": 0.90},
    "stamped": _HARDER,
    "skewed": _HARDER,
}
MOST_WRONG = 0.01
_Z = 1.96
_DRAWING = (
    *("tests/generators/letterheads.py", "tests/generators/office_scans.py", "tests/generators/pages.py"),
    *("ingest/engines/closer_looks.py", "ingest/engines/page_heads.py"),
    *("ingest/engines/tesseract.py", "ingest/engines/raster.py"),
)
"""Sources on which the picture of a page, or what OCR reads in it, depends beside its words, layout and scan."""


def interval(hits: int, total: int) -> list[float]:
    """The 95 % interval of a share (Wilson)."""
    if not total:
        return [0.0, 1.0]
    share = hits / total
    middle = (share + _Z**2 / (2 * total)) / (1 + _Z**2 / total)
    half = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2)) / (1 + _Z**2 / total)
    return [round(max(0.0, middle - half), 3), round(min(1.0, middle + half), 3)]


def truth_of(drawn: Drawn) -> dict[str, str]:
    """What should be suggested."""
    paper = drawn.paper
    return {
        "number": f"{paper.number}/{paper.notation}" if paper.number else "",
        "code_number": paper.number,
        "code_notation": paper.notation,
        "issued_date": "" if paper.day_by_hand else paper.iso,
        "organ_name": paper.organ,
        "type_name": paper.type,
        "subject": f"{paper.short_subject}{paper.subject}" if paper.letter else paper.subject,
        "signer_position": paper.position_name,
        "signer": paper.signer,
    }


def by_hand(drawn: Drawn) -> dict[str, str]:
    """What a pen wrote legibly: nothing need be suggested, and this may be."""
    paper = drawn.paper
    number = paper.hand_number
    both = f"{number}/{paper.notation}" if number else ""
    return {"number": both, "code_number": number, "issued_date": paper.iso if paper.day_by_hand and number else ""}


def judged(key: str, wanted: str, got: str, hand: str = "") -> str:
    """`right`, `empty`, `wrong`; `silent` or `invented` where the page says nothing that should be suggested."""
    if not wanted:
        return "invented" if got and got != hand else "silent"
    if not got:
        return "empty"
    if key == "subject":
        first, second = (V_V.sub("", text) for text in (wanted, got))
        return "right" if distance(first, second) <= SUBJECT_ERRORS * len(wanted) else "wrong"
    same = wanted.casefold() == got.casefold() if key in {"organ_name", "signer_position"} else wanted == got
    return "right" if same else "wrong"


Read = tuple[PageText, PageText | None, tuple[PageText, ...]]
"""A page as it was read, and its head as a second look and closer ones read it."""


def suggested(pages: Iterator[Read]) -> dict[str, str]:
    """What the pages of one document suggest, number and notation also together."""
    reader = DocumentReader(LAST_YEAR)
    for page in pages:
        reader.add(*page)
    got = {one.key: one.value for one in reader.suggestions()}
    both = got.get("code_number", ""), got.get("code_notation", "")
    return got | {"number": "/".join(both) if all(both) else ""}


class Tally:
    """Counts of one group."""

    def __init__(self, *, misses: bool) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._misses = misses
        self.documents = 0

    def add(
        self, name: str, truth: Mapping[str, str], got: Mapping[str, str], hand: Mapping[str, str] | None = None
    ) -> None:
        """Judge one document."""
        self.documents += 1
        for key, wanted in truth.items():
            verdict = judged(key, wanted, got.get(key, ""), (hand or {}).get(key, ""))
            self._counts[key][verdict] += 1
            if self._misses and verdict not in {"right", "silent"}:
                sys.stderr.write(f"{name} {key} {verdict}: {wanted!r} / {got.get(key, '')!r}\n")

    def told(self, targets: Mapping[str, float]) -> dict[str, Any]:
        """The shares, with what was aimed at."""
        fields: dict[str, dict[str, Any]] = {}
        everything: Counter[str] = Counter()
        for key, counts in self._counts.items():
            total = counts["right"] + counts["empty"] + counts["wrong"]
            if key != "number":
                everything += counts
            fields[key] = {
                "n": total,
                **{verdict: counts[verdict] for verdict in ("right", "empty", "wrong")},
                "right_share": round(counts["right"] / total, 3) if total else None,
                "interval_95": interval(counts["right"], total),
                "says_nothing": {"n": counts["silent"] + counts["invented"], "wrong": counts["invented"]},
            }
        wrong, total = everything["wrong"] + everything["invented"], everything.total()
        met = {key: (fields[key]["right_share"] or 0.0) >= aim for key, aim in targets.items()}
        return {
            "documents": self.documents,
            "fields": fields,
            "wrong": wrong,
            "of": total,
            "wrong_share": round(wrong / total, 4) if total else None,
            "wrong_interval_95": interval(wrong, total),
            "targets_met": met | {"wrong": wrong <= MOST_WRONG * total},
        }


@dataclass(frozen=True, slots=True)
class Words:
    """OCR of pages, kept in a folder where one is given."""

    workers: Workers
    scratch: Path
    kept: Path | None

    def of_page(self, name: str, drawn: Drawn) -> Callable[[], Read]:
        """The words of a generated page, asked for at once and handed over when they are called for."""
        kept = self._place(repr(drawn), *(ROOT.joinpath(path).read_text("utf-8") for path in _DRAWING))
        if kept is not None and kept.exists():
            return lambda: _read(json.loads(kept.read_bytes()))
        source = self.scratch / f"{name}.png"
        drawn.picture().save(source, dpi=(drawn.scan.dpi, drawn.scan.dpi), compress_level=1)
        return self._asked(source, 1, "image", kept)

    def of_file(self, source: Path, page: int) -> Read:
        """The words of page `page` of a scanned PDF."""
        engine = (ROOT.joinpath(path).read_text("utf-8") for path in _DRAWING[-4:])
        kept = self._place(hashlib.sha256(source.read_bytes()).hexdigest(), str(page), *engine)
        if kept is not None and kept.exists():
            return _read(json.loads(kept.read_bytes()))
        return self._asked(source, page, "pdf", kept)()

    def _asked(self, source: Path, page: int, kind: str, kept: Path | None) -> Callable[[], Read]:
        arguments = {"source": str(source), "page": page, "kind": kind}
        future = self.workers.submit("ingest.engines.tesseract:recognise", arguments, limits=LIMITS)

        def answer() -> Read:
            value = future.result().value
            if kept is not None:
                kept.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
            if kind == "image":
                source.unlink()
            return _read(value)

        return answer

    def _place(self, *parts: str) -> Path | None:
        if self.kept is None:
            return None
        return self.kept / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}.json"


def _read(value: Mapping[str, Any]) -> Read:
    return recognised_text(value, None), head_again(value), looked_closer(value)


def generated(words: Words, pages: Iterator[tuple[str, Drawn]], tally: Tally) -> None:
    """Measure generated pages; at most eight pictures lie in the scratch folder."""
    waiting: deque[tuple[str, Drawn, Callable[[], Read]]] = deque()

    def judge() -> None:
        name, drawn, answer = waiting.popleft()
        tally.add(name, truth_of(drawn), suggested(iter((answer(),))), by_hand(drawn))

    for name, drawn in pages:
        waiting.append((name, drawn, words.of_page(name, drawn)))
        if len(waiting) == 8:
            judge()
    while waiting:
        judge()


def sampled(words: Words, folder: Path, tally: Tally) -> None:
    """Measure the samples whose truth was written down by hand."""
    for name, truth in TRUTHS.items():
        source = folder / name
        if source.exists():
            both = truth.get("code_number", ""), truth.get("code_notation", "")
            whole = {**truth, "number": "/".join(both) if all(both) else ""}
            tally.add(name, whole, suggested(_pages(words, source)))


def _pages(words: Words, source: Path) -> Iterator[Read]:
    arguments = {"source": str(source), "first": 1, "count": 60}
    answer = words.workers.submit("ingest.engines.pdfium:page_texts", arguments, limits=LIMITS).result()
    for own in answer.value["pages"]:
        reading = reading_of(own)
        yield words.of_file(source, own["page"]) if reading is Reading.SCAN else (own_text(own, reading), None, ())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40, help="pages of each group")
    parser.add_argument("--groups", default=",".join(MEASURED.conditions), help="groups of pages that are measured")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--samples", type=Path, default=None, help="folder with pdf/ and legacy/ of the samples")
    parser.add_argument("--keep", type=Path, default=None, help="folder in which the words of OCR are kept")
    parser.add_argument("--development", metavar="SEED", default=None, help="pages for tuning instead of measuring")
    parser.add_argument("--misses", action="store_true", help="tell what was not right, on standard error")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    templates = TUNING_TEMPLATES if options.development else MEASURED
    seed = f"develop/{options.development}" if options.development else SEED
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pool = stack.enter_context(WorkerPool(options.workers, folder / "scratch"))
        words = Words(pool, folder, options.keep)
        for group in options.groups.split(",") if options.pages else ():
            tally, start = Tally(misses=options.misses), time.perf_counter()
            pages = ((f"{group}-{at}", page_of(templates, seed, group, at)) for at in range(options.pages))
            generated(words, pages, tally)
            row = {"bench": "extract", "group": group, "seed": seed, "seconds": round(time.perf_counter() - start, 1)}
            print(json.dumps(row | tally.told(TARGETS.get(group, {})), ensure_ascii=False), flush=True)
        if options.samples:
            tally = Tally(misses=options.misses)
            sampled(words, options.samples, tally)
            row = {"bench": "extract", "group": "samples"}
            print(json.dumps(row | tally.told({}), ensure_ascii=False))


if __name__ == "__main__":
    main()
