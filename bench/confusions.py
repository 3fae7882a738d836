"""Which letters tesseract takes for which, on drawn pages with known text, scanned badly enough that it errs.

`PYTHONPATH=. .venv/bin/python -P bench/confusions.py [--texts papers|judged] [--pages 24] [--seed 0]` prints one JSON
line: letters read, error rates, and each confusion with its count: what stood there, what was read ("" is nothing).
`--texts papers` draws the sample papers and the sentences of the test pages, `--texts judged` the judged documents of
`tests/relevance`: what searching expands by is measured on the first, what its measurement damages by on the second.
At the 200 to 300 dpi of an office's scanner too few words are hurt to count; so pages are scanned at 75 to 150.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from archive.demo.papers import dossiers
from tests.generators.pages import CONDITIONS, SENTENCES, Condition, Content, content, plain, scanned
from tests.relevance.judged import texts

_PAPER, _YELLOW = (250, 246, 232), (226, 205, 160)
_CONDITIONS = {
    "yellowed": CONDITIONS["yellowed"],
    "150 dpi, grainy": Condition(dpi=150, skew=0.6, paper=_PAPER, ink=70, noise=24, blur=0.8, quality=40),
    "120 dpi, blurred": Condition(dpi=120, skew=0.4, paper=_YELLOW, ink=60, noise=14, blur=2.2, quality=40),
    "100 dpi": Condition(dpi=100, skew=0.4, paper=_PAPER, ink=50, noise=12, blur=1.0, quality=50),
    "90 dpi": Condition(dpi=90, skew=0.3, paper=_PAPER, ink=30, noise=8, blur=0.6, quality=60),
    "80 dpi": Condition(dpi=80, skew=0.2, paper=_PAPER, ink=20, noise=6, blur=0.5, quality=70),
}
_MAX_ERROR_RATE = 0.3
"""A page that was read worse lost lines, and what stands opposite what is no longer known."""

_MAX_LETTERS = 3
"""Of a confusion; a longer one is a lost piece."""

Confusions = Counter[tuple[str, str]]


def paragraphs(name: str) -> list[str]:
    """The paragraphs that are drawn."""
    if name == "papers":
        found = [line for dossier in dossiers() for paper in dossier.paper for page in paper.pages for line in page]
        found += SENTENCES
    else:
        # What OCR read is no truth.
        found = [text.title for text in texts()]
        found += [
            line for text in texts() if text.wording != "read" for page in text.pages for line in page.split("\n")
        ]
    return sorted({" ".join(line.split()) for line in found if len(line) > 40})


def page(chosen: Sequence[str], seed: int) -> Content:
    """A page with `chosen` below the usual head."""
    return replace(content(seed, 1), paragraphs=tuple(chosen))


def read(picture: Path) -> str:
    """What tesseract reads."""
    line = [shutil.which("tesseract") or "tesseract", str(picture), "-", "-l", "vie", "--psm", "3"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    return plain(subprocess.run(line, capture_output=True, text=True, check=True, env=environment).stdout)


def confusions(truth: str, found: str) -> Confusions:
    """What stood there and what was read instead; changes side by side are one, such as `m` read as `rn`."""
    blocks = [block for block in Levenshtein.opcodes(truth, found).as_matching_blocks() if block.size]
    counts: Confusions = Counter()
    for before, behind in pairwise(blocks):
        was = truth[before.a + before.size : behind.a]
        became = found[before.b + before.size : behind.b]
        if len(was) == len(became):
            counts.update(pair for pair in zip(was, became, strict=True) if pair[0] != pair[1])
        elif max(len(was), len(became)) <= _MAX_LETTERS:
            counts[was, became] += 1
    return counts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", choices=("papers", "judged"), default="papers")
    parser.add_argument("--pages", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311 - which paragraphs are drawn, no secret
    lines = paragraphs(asked.texts)
    letters: Counter[str] = Counter()
    counts: Confusions = Counter()
    rates: dict[str, list[float]] = {name: [] for name in _CONDITIONS}
    left_out = 0
    with tempfile.TemporaryDirectory() as scratch:
        picture = Path(scratch) / "page.png"
        for number in range(asked.pages):
            name = list(_CONDITIONS)[number % len(_CONDITIONS)]
            drawn = page(chance.sample(lines, 8), asked.seed + number)
            scanned(drawn, _CONDITIONS[name], seed=number).convert("L").save(picture)
            found = read(picture)
            truth = min(map(plain, drawn.truths()), key=lambda text: Levenshtein.distance(text, found))
            rate = Levenshtein.distance(truth, found) / len(truth)
            rates[name].append(round(100 * rate, 2))
            if rate > _MAX_ERROR_RATE:
                left_out += 1
                continue
            letters.update(truth)
            counts += confusions(truth, found)
    result = {
        "bench": "confusions",
        "texts": asked.texts,
        "pages": asked.pages,
        "pages_left_out": left_out,
        "letters": letters.total(),
        "error_percent": rates,
        "letters_read": dict(letters.most_common()),
        "confusions": [[was, became, count] for (was, became), count in counts.most_common()],
    }
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
