"""Help with asking: suggestions letter by letter, better spellings, similar documents; CPU time of each, by class.

`python bench/suggesting.py [--documents 100000] [--folder FOLDER]` prints one JSON
line. The corpus is that of `bench/search.py`; a folder keeps its index for the next
run. No text is typed twice, so that nothing can be remembered.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# A neighbour has the name of the package that is measured: this folder must not come first.
sys.path[:] = [str(Path(__file__).parents[1]), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from bench.search import UNITS, Corpus, percentile  # noqa: E402 - the path is set above
from search.backends.tantivy import TantivyIndex  # noqa: E402
from search.ports import SearchRequest  # noqa: E402
from search.vietnamese import fold  # noqa: E402

ACCESS = (*(f"u{unit}" for unit in range(0, UNITS, 4)), "pub")


def typed(corpus: Corpus, people: int) -> Iterator[tuple[str, str]]:
    """What stands in the box, letter by letter, as people type titles, numbers and agencies of the holding."""
    chance = random.Random(3)  # noqa: S311 - what is typed, not a secret
    told: set[str] = set()
    for _ in range(people):
        document = corpus.document(chance.randrange(corpus.documents))
        words = document.title.split()
        start = chance.randrange(len(words) - 2)
        meant = {
            "title": " ".join(words[start : start + 3]),
            "title, unmarked": fold(" ".join(words[start : start + 3])),
            "number": document.number,
            "number, loose": f"{document.number.split('/')[0]} {fold(document.organ_name)}",
            "agency": document.organ_name,
        }
        for kind, text in meant.items():
            for length in range(2, len(text) + 1):
                if text[:length] not in told:
                    told.add(text[:length])
                    yield kind, text[:length]


def misspelt(corpus: Corpus, people: int) -> Iterator[tuple[str, str]]:
    """Queries without marks, and with a slip of the finger."""
    chance = random.Random(4)  # noqa: S311
    for _ in range(people):
        document = corpus.document(chance.randrange(corpus.documents))
        words = fold(document.pages[0]).split()
        at = chance.randrange(len(words) - 3)
        yield "unmarked", " ".join(words[at : at + 3])
        title = fold(document.title).split()
        begin = chance.randrange(len(title) - 3)
        yield "unmarked title", " ".join(title[begin : begin + 4])
        slip = words[at + 1][:-1] + chance.choice("qwxzj")
        yield "misspelt", f"{words[at]} {slip} {words[at + 2]}"


def figures(times: dict[str, list[float]]) -> dict[str, Any]:
    """Count, p50, p95, p99 and worst of each class, in milliseconds of CPU time."""
    return {
        name: [len(values), *(percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0))]
        for name, values in times.items()
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--documents", type=int, default=100_000)
    arguments.add_argument("--people", type=int, default=40)
    arguments.add_argument("--folder", type=Path)
    asked = arguments.parse_args()
    corpus = Corpus(asked.documents)
    with tempfile.TemporaryDirectory() as scratch:
        index = TantivyIndex(asked.folder or Path(scratch) / "index")
        if index.count() != asked.documents:
            index.rebuild(corpus)
        suggested: dict[str, list[float]] = {}
        for kind, text in typed(corpus, asked.people):
            begun = time.process_time()
            index.suggest(text, access=ACCESS)
            suggested.setdefault(kind, []).append((time.process_time() - begun) * 1000)
        corrected: dict[str, list[float]] = {}
        for kind, text in misspelt(corpus, asked.people):
            for name, correct in ((kind, True), (f"{kind}, searched alone", False)):
                begun = time.process_time()
                index.search(SearchRequest(text, access=ACCESS, correct=correct))
                corrected.setdefault(name, []).append((time.process_time() - begun) * 1000)
        similar: dict[str, list[float]] = {"similar": []}
        for number in range(0, asked.documents, max(1, asked.documents // asked.people)):
            begun = time.process_time()
            index.similar(corpus.document(number).document_id, access=ACCESS)
            similar["similar"].append((time.process_time() - begun) * 1000)
        every = [value for values in suggested.values() for value in values]
        result = {
            "bench": "suggesting",
            "documents": index.count(),
            "columns": ["count", "p50_cpu_ms", "p95_cpu_ms", "p99_cpu_ms", "worst_cpu_ms"],
            "suggestions": figures(suggested | {"all": every}),
            "spelling": figures(corrected),
            "similar": figures(similar)["similar"],
        }
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
