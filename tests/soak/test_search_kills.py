"""Whoever fills the index is killed ten times, and nobody who searches notices. `SOAK_KILLS`, `SOAK_SEED`: others."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.engines_agree import READERS, SEEN
from bench.search import Corpus
from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.ports import SearchIndex, SearchRequest
from search.settings import ElasticsearchSettings
from tests.fixtures.elasticsearch import told

pytestmark = [
    pytest.mark.soak,
    pytest.mark.server,
    pytest.mark.xdist_group("elasticsearch"),
    pytest.mark.timeout(7200),
]

DOCUMENTS = int(os.environ.get("SOAK_DOCUMENTS", "5000"))
KILLS = int(os.environ.get("SOAK_KILLS", "10"))
SEED = int(os.environ.get("SOAK_SEED", str(random.SystemRandom().randrange(1 << 32))))

_WORK = """
import sys
from pathlib import Path
from bench.search import Corpus
from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.settings import ElasticsearchSettings

def documents():
    for number, document in enumerate(Corpus(int(sys.argv[4]))):
        if number % 250 == 0:
            print(number, flush=True)
        yield document

elastic = sys.argv[1] == "elasticsearch"
settings = ElasticsearchSettings.model_validate_json(sys.argv[2]) if elastic else None
index = ElasticsearchIndex(settings) if elastic else TantivyIndex(Path(sys.argv[2]))
getattr(index, sys.argv[3])(documents())
print("done", flush=True)
"""


@dataclass(frozen=True)
class Engine:
    """How a process opens the index."""

    name: str
    where: str
    make: Callable[[], SearchIndex]

    def work(self, doing: str) -> subprocess.Popen[str]:
        """A process that adds or rebuilds all documents; tells now and then how many it has read."""
        command = [sys.executable, "-P", "-c", _WORK, self.name, self.where, doing, str(DOCUMENTS)]
        root = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=environment)


@pytest.fixture(params=["tantivy", "elasticsearch"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "tantivy":
        folder = tmp_path / "index"
        return Engine("tantivy", str(folder), lambda: TantivyIndex(folder))
    settings: ElasticsearchSettings = request.getfixturevalue("elasticsearch_settings")()
    return Engine("elasticsearch", told(settings), lambda: ElasticsearchIndex(settings))


def killed_at_work(engine: Engine, doing: str, chance: random.Random) -> None:
    """Kill processes, each at a moment of its own, until so many were killed at work; the last one ends by itself."""
    killed = 0
    while killed < KILLS:
        # It is killed a little after it said that it had read so many: in the middle of a batch, of a commit.
        least, later = chance.randrange(0, DOCUMENTS, 250), chance.uniform(0, 0.5)
        with engine.work(doing) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line == "done\n" or int(line) >= least:
                    break
            try:
                process.wait(later)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    with engine.work(doing) as process:
        process.communicate()
    assert process.returncode == 0


def everything(index: SearchIndex) -> list[str]:
    """Every document that the readers of the corpus may see, page by page."""
    found: list[str] = []
    after = ""
    everybody = [f"u{number}" for number in range(200)]
    while True:
        page = index.search(SearchRequest("", access=everybody, limit=500, after=after, sort="number"))
        found += [hit.document_id for hit in page.hits]
        after = page.next
        if not after:
            return found


def whole(index: SearchIndex, corpus: Corpus) -> None:
    """Nothing is missing, nothing is there twice."""
    names = everything(index)
    assert len(names) == len(set(names)) == index.count() == DOCUMENTS
    assert set(names) == {document.document_id for document in corpus}


@dataclass
class Searching:
    """Asks all the time; what was not as at the beginning."""

    asked: Sequence[SearchRequest]
    make: Callable[[], SearchIndex]
    times: int = 0
    noticed: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def answers(self, index: SearchIndex) -> list[object]:
        """Totals, facets and, where the order is one by itself, the documents of the page."""
        said: list[object] = []
        for request in self.asked:
            answer = index.search(request)
            names = [hit.document_id for hit in answer.hits] if request.sort != "relevance" else None
            said.append((answer.total, answer.facets, len(answer.hits), names))
        return said

    def go_on(self, truth: Sequence[object]) -> None:
        """Until told to end; every fault and every other answer is noted."""
        index = self.make()
        while not self.ended.is_set():
            try:
                seen = self.answers(index)
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody who searches has seen it
                self.noticed.append(repr(error))
                continue
            self.times += 1
            self.noticed += [
                f"{request.query}: {now}"
                for request, now, then in zip(self.asked, seen, truth, strict=True)
                if now != then
            ]


@contextmanager
def somebody_searches(engine: Engine, corpus: Corpus) -> Iterator[Searching]:
    """Through the whole block, in a thread of this process."""
    texts = ["", "ke hoach", '"độc lập tự do"', corpus.words[0], f"{corpus.words[2]} {corpus.words[50]}"]
    asked = [
        SearchRequest(text, access=access, limit=10, facets=("type", "year"))
        for text in texts
        for access in READERS.values()
    ]
    asked += [SearchRequest(text, access=SEEN, limit=10, sort="-date", offset=30) for text in texts]
    searching = Searching(asked, engine.make)
    thread = threading.Thread(target=searching.go_on, args=(searching.answers(engine.make()),))
    thread.start()
    try:
        yield searching
    finally:
        searching.ended.set()
        thread.join()


def test_an_indexer_that_is_killed_ten_times_loses_and_doubles_nothing(engine: Engine) -> None:
    """Documents come in by `add`, again from the first one after each kill, as the queue hands them in again."""
    print(f"seed {SEED}")
    killed_at_work(engine, "add", random.Random(SEED))  # noqa: S311 - a repeatable sequence is wanted
    whole(engine.make(), Corpus(DOCUMENTS))


def test_who_searches_never_notices_a_rebuild_that_is_killed_ten_times_and_ends(engine: Engine) -> None:
    """Totals, facets and sorted pages are the same at every moment, and there is no fault."""
    print(f"seed {SEED}")
    corpus = Corpus(DOCUMENTS)
    assert engine.make().rebuild(corpus) == DOCUMENTS
    with somebody_searches(engine, corpus) as searching:
        killed_at_work(engine, "rebuild", random.Random(SEED))  # noqa: S311
        # Once more, after the switch: what is held open of the old index has to go on answering.
        before = searching.times
        with engine.work("rebuild") as process:
            process.communicate()
        assert process.returncode == 0
    assert searching.times > before > 0
    assert searching.noticed == []
    whole(engine.make(), corpus)
    print(f"{engine.name}: {searching.times} rounds of {len(searching.asked)} questions, nothing noticed")
