"""Three nodes, an index of three parts with two copies each: answers as on one node, and nodes that die under work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from elasticsearch import Elasticsearch

from bench.engines_agree import READERS, SEEN, Comparison, Side, queries
from bench.search import Corpus
from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.errors import SearchFaultError
from search.facets import FACETS
from search.ports import SearchIndex, SearchRequest
from search.settings import ElasticsearchSettings
from tests.contract.search_index import document
from tests.fixtures.elasticsearch import SmallCluster

pytestmark = [
    pytest.mark.soak,
    pytest.mark.server,
    pytest.mark.xdist_group("elasticsearch"),
    pytest.mark.timeout(3600),
]

DOCUMENTS = 2_000
PARTS, COPIES = 3, 2
STANDING = 300
"""Documents that nobody changes while nodes die."""


def settings_of(cluster: SmallCluster, prefix: str, **values: object) -> ElasticsearchSettings:
    """An index of several parts, each on two nodes."""
    plain = {"url": cluster.urls, "index_prefix": prefix, "shards": PARTS, "replicas": COPIES - 1}
    return ElasticsearchSettings.model_validate(plain | {"request_timeout": timedelta(seconds=30)} | values)


@contextmanager
def asking(cluster: SmallCluster) -> Iterator[Elasticsearch]:
    with Elasticsearch(cluster.urls.split(","), request_timeout=60, retry_on_timeout=True, max_retries=5) as client:
        yield client


def settled(cluster: SmallCluster, prefix: str, status: str = "green") -> None:
    """Wait until every copy is where it belongs."""
    with asking(cluster) as client:
        # The cluster waits for a minute whether a node that went away comes again, before it copies.
        patient = client.options(request_timeout=180)
        health = patient.cluster.health(index=f"{prefix}-*", wait_for_status=status, timeout="170s")
    assert not health["timed_out"], health


@dataclass(frozen=True)
class Indices:
    """The same documents in all."""

    corpus: Corpus
    tantivy: SearchIndex
    single: SearchIndex
    parted: SearchIndex


@pytest.fixture(scope="module")
def indices(elasticsearch_cluster: SmallCluster, tmp_path_factory: pytest.TempPathFactory) -> Indices:
    corpus = Corpus(DOCUMENTS)
    single = ElasticsearchIndex(settings_of(elasticsearch_cluster, "single", shards=1, replicas=0))
    parted = ElasticsearchIndex(settings_of(elasticsearch_cluster, "parted"))
    embedded = TantivyIndex(tmp_path_factory.mktemp("cluster") / "index")
    for index in (embedded, single, parted):
        assert index.rebuild(corpus) == DOCUMENTS
    settled(elasticsearch_cluster, "parted")
    return Indices(corpus, embedded, single, parted)


def test_the_copies_lie_on_all_nodes(indices: Indices, elasticsearch_cluster: SmallCluster) -> None:
    with asking(elasticsearch_cluster) as client:
        lying = str(client.cat.shards(index="parted-documents-v*", h="node")).split()
    assert len(lying) == PARTS * COPIES
    assert set(lying) == {"node-0", "node-1", "node-2"}
    assert indices.parted.count() == DOCUMENTS


@pytest.mark.parametrize("beside", ["tantivy", "single"])
def test_answers_of_several_parts_are_those_of_one_node_and_of_the_embedded_index(
    indices: Indices, beside: str
) -> None:
    """Totals, notes, facets and every sorted page are equal; best first pages too, but for order of near scores."""
    comparison = Comparison(Side(getattr(indices, beside)), Side(indices.parted))
    for group, text in queries(indices.corpus, 3):
        for access in READERS.values():
            comparison.by_relevance(group, text, access)
    for text in ("", indices.corpus.words[0], "ke hoach"):
        comparison.sorted_pages(text)
    said = comparison.report()
    assert said["differences"] == 0, said
    assert said["first_pages_same_order"] == said["first_pages"], said


def test_pages_of_one_question_come_from_the_same_copies(indices: Indices, elasticsearch_cluster: SmallCluster) -> None:
    """Copies that differ in what they have merged away give one order, however often and from whichever page."""
    prefix = "copies"
    index = ElasticsearchIndex(settings_of(elasticsearch_cluster, prefix))
    replaced = [replace(each, access=("all",)) for _, each in zip(range(200), indices.corpus, strict=False)]
    for turn in range(6):
        index.add(replaced[turn * 30 :])
    for text in (indices.corpus.words[0], f"{indices.corpus.words[3]} {indices.corpus.words[5]}", "ke hoach"):
        whole = [hit.document_id for hit in index.search(SearchRequest(text, limit=100)).hits]
        for _ in range(6):
            parts = [
                hit.document_id
                for offset in range(0, 100, 20)
                for hit in index.search(SearchRequest(text, limit=20, offset=offset)).hits
            ]
            assert parts == whole
            assert [hit.document_id for hit in index.search(SearchRequest(text, limit=100)).hits] == whole


# Nodes that die


@dataclass
class Work:
    """A writer and a searcher that go on whatever happens, and what they saw."""

    settings: ElasticsearchSettings
    acknowledged: int = 0
    faults: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    searches: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        """Package by package, each until it is taken; what was acknowledged must be found at once."""
        index = ElasticsearchIndex(self.settings)
        while not self.ended.is_set():
            name = f"w-{self.acknowledged}"
            try:
                index.add(document(name, ordinal=ordinal, title=f"viết {name}") for ordinal in (1, 2))
            except SearchFaultError as fault:
                self.faults.append(f"write: {fault}")
                time.sleep(0.2)
                continue
            self.acknowledged += 1
            self._seen(index, name)

    def _seen(self, index: SearchIndex, name: str) -> None:
        while not self.ended.is_set():
            try:
                total = index.search(SearchRequest(f'"viết {name}"', limit=0)).total
            except SearchFaultError as fault:
                self.faults.append(f"look: {fault}")
                time.sleep(0.2)
                continue
            if total != 2:
                self.wrong.append(f"{name} was acknowledged and {total} of its 2 documents are seen")
            return

    def search(self) -> None:
        """What nobody changes has always the same totals and facets, or there is a fault."""
        index = ElasticsearchIndex(self.settings)
        asked = SearchRequest("đứng yên", limit=5, facets=FACETS)
        while not self.ended.is_set():
            try:
                answer = index.search(asked)
            except SearchFaultError as fault:
                self.faults.append(f"search: {fault}")
                time.sleep(0.1)
                continue
            self.searches += 1
            counted = sum(count for _, count in answer.facets["type"])
            if (answer.total, counted, len(answer.hits)) != (STANDING, STANDING, 5):
                self.wrong.append(f"{answer.total} found, {counted} counted, {len(answer.hits)} shown")

    def goes_on(self, times: int = 5, seconds: float = 240) -> None:
        """Wait until both did something so often; it is a failure when they do not."""
        written, searched, end = self.acknowledged + times, self.searches + times, time.monotonic() + seconds
        while self.acknowledged < written or self.searches < searched:
            assert time.monotonic() < end, self.faults[-3:]
            time.sleep(0.05)


def listed(index: SearchIndex) -> list[str]:
    """Every document, page by page."""
    found: list[str] = []
    after = ""
    while True:
        page = index.search(SearchRequest("", limit=200, after=after, sort="title"))
        found += [hit.document_id for hit in page.hits]
        after = page.next
        if not after:
            return found


def elected(cluster: SmallCluster) -> int:
    with asking(cluster) as client:
        master = str(client.cat.master(h="node"))
    return int(master.strip().removeprefix("node-"))


def test_nodes_that_are_killed_under_work_lose_and_double_nothing(elasticsearch_cluster: SmallCluster) -> None:
    """The master first, then one after the other; each comes again on its data."""
    settings = settings_of(elasticsearch_cluster, "killed")
    index = ElasticsearchIndex(settings)
    index.add(document(f"s-{number}", title="đứng yên", type_name=f"Loại {number % 7}") for number in range(STANDING))
    settled(elasticsearch_cluster, "killed")
    work = Work(settings)
    threads = [threading.Thread(target=target) for target in (work.write, work.search)]
    for thread in threads:
        thread.start()
    try:
        for number in (elected(elasticsearch_cluster), 0, 1):
            work.goes_on()
            elasticsearch_cluster.kill(number)
            work.goes_on()
            elasticsearch_cluster.start(number)
            settled(elasticsearch_cluster, "killed")
    finally:
        work.ended.set()
        for thread in threads:
            thread.join()
    assert work.wrong == []
    names = listed(ElasticsearchIndex(settings))
    assert len(names) == len(set(names)) == ElasticsearchIndex(settings).count()
    expected = {f"w-{number}/{ordinal}" for number in range(work.acknowledged) for ordinal in (1, 2)}
    assert expected <= set(names)
    # The last one may have been written and not acknowledged.
    assert len(names) - STANDING - len(expected) in {0, 2}
    print(f"{work.acknowledged} packages, {work.searches} searches, {len(work.faults)} faults: {set(work.faults)}")


def test_without_a_majority_there_are_faults_and_afterwards_everything(
    indices: Indices, elasticsearch_cluster: SmallCluster
) -> None:
    prefix = "parted"
    quick = settings_of(elasticsearch_cluster, prefix, request_timeout=timedelta(seconds=5), retries=2)
    index = ElasticsearchIndex(quick)
    for number in (0, 1):
        elasticsearch_cluster.kill(number)
    asked = SearchRequest("ke hoach", access=SEEN, limit=5, facets=("type",))
    truth = indices.tantivy.search(asked)
    try:
        for _ in range(3):
            with pytest.raises(SearchFaultError):
                index.add([document("late", title="muộn")])
            try:
                answer = index.search(asked)
            except SearchFaultError:
                continue
            assert (answer.total, answer.facets) == (truth.total, truth.facets)
    finally:
        elasticsearch_cluster.start(0, 1)
    settled(elasticsearch_cluster, prefix)
    answer = ElasticsearchIndex(settings_of(elasticsearch_cluster, prefix)).search(asked)
    assert (answer.total, answer.facets) == (truth.total, truth.facets)
    assert index.add([document("late", title="muộn")]) == 1
    assert index.count() == DOCUMENTS + 1
