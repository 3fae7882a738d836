"""What only the second index can get wrong: on a real node, with writers that come late, die or find it gone."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from elasticsearch import ApiError, Elasticsearch

from search.backends import elasticsearch_looks
from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.elasticsearch_cluster import Cluster, Write
from search.backends.elasticsearch_generations import Generations
from search.errors import SearchExpiredError, SearchFaultError, SearchFormatError, SearchRequestError
from search.paging import MAX_CURSOR_CHARS
from search.plan import Bool, Everything
from search.ports import IndexedDocument, SearchRequest
from search.searching import RELEVANCE, Wanted
from search.settings import ElasticsearchSettings
from tests.contract.search_index import EVERYBODY, HOLDING, document, found
from tests.faults.gateway import gateway_to

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("elasticsearch")]

Settings = Callable[..., ElasticsearchSettings]


@pytest.fixture
def settings(elasticsearch_settings: Settings) -> ElasticsearchSettings:
    return elasticsearch_settings()


@pytest.fixture
def index(settings: ElasticsearchSettings) -> ElasticsearchIndex:
    return ElasticsearchIndex(settings)


def titled(index: ElasticsearchIndex) -> set[str]:
    return {hit.title for hit in index.search(SearchRequest("", limit=100)).hits}


# Writers that come late


def test_a_write_that_arrives_late_does_not_win(settings: ElasticsearchSettings, index: ElasticsearchIndex) -> None:
    """Two calls of `add` that began one after the other and end the other way round."""
    begun, ended = threading.Event(), threading.Event()

    def slow() -> Iterator[IndexedDocument]:
        begun.set()
        assert ended.wait(60)
        yield document("same", title="cũ")

    late = threading.Thread(target=lambda: ElasticsearchIndex(settings).add(slow()))
    index.add([document("other", title="khác")])
    late.start()
    assert begun.wait(60)
    index.add([document("same", title="mới")])
    ended.set()
    late.join()
    assert titled(index) == {"khác", "mới"}


def test_a_writer_waits_for_the_index_that_another_one_has_just_made(
    settings: ElasticsearchSettings, index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    state = f"{settings.index_prefix}-state"
    index.add([document("first", title="đầu")])
    allocation = "index.routing.allocation.require._name"
    mappings = elasticsearch_client.indices.get_mapping(index=state).body[state]["mappings"]
    elasticsearch_client.indices.delete(index=state)
    # No node may have it: it is there, and its only part is not.
    elasticsearch_client.indices.create(
        index=state, mappings=mappings, settings={allocation: "nobody"}, wait_for_active_shards=0
    )
    with pytest.raises(ApiError, match="503"):
        elasticsearch_client.options(max_retries=0).get(index=state, id="generations")
    opening = threading.Timer(
        0.3, lambda: elasticsearch_client.indices.put_settings(index=state, settings={allocation: None})
    )
    opening.start()
    assert ElasticsearchIndex(settings).add([document("second", title="sau")]) == 1
    opening.join()
    assert titled(index) == {"đầu", "sau"}


def test_a_document_that_is_refused_is_named_and_the_others_are_written(index: ElasticsearchIndex) -> None:
    bad = document("bad", title="xấu", access=("all", "x" * 40_000))
    with pytest.raises(SearchFaultError) as fault:
        index.add([document("one", title="một"), bad, document("two", title="hai")])
    assert "bad/1" in str(fault.value)
    assert "xxx" not in str(fault.value), "what stands in a document is no part of a message"
    index.add([document("three", title="ba")])
    assert titled(index) == {"một", "hai", "ba"}


def test_what_a_busy_node_did_not_take_is_sent_again(settings: ElasticsearchSettings) -> None:
    with gateway_to(settings.url) as gateway:
        index = ElasticsearchIndex(settings.model_copy(update={"url": gateway.endpoint, "retries": 0}))
        index.add([document("one", title="một")])
        gateway.plan += [("PUT", "busy")] * 2
        gateway.requests.clear()
        index.add([document("two", title="hai")])
        assert [fault for _, path, fault in gateway.requests if path.startswith("/_bulk")].count("busy") == 2
        assert titled(index) == {"một", "hai"}


def test_writes_go_in_requests_of_bounded_size(settings: ElasticsearchSettings) -> None:
    with gateway_to(settings.url) as gateway:
        cluster = Cluster(settings.model_copy(update={"url": gateway.endpoint}))
        Generations(cluster).open()
        name = f"{settings.index_prefix}-documents-v1"
        cluster.write(Write(name, str(number), 1, b'{"id":"x"}') for number in range(2500))
        big = b'{"id":"' + b"x" * (3 << 20) + b'"}'
        with pytest.raises(SearchFaultError, match="big-0"):
            # No index takes a term of 3 MiB; three of them are two requests.
            cluster.write(Write(name, f"big-{number}", 1, big) for number in range(3))
        assert sum(path.startswith("/_bulk") for _, path, _ in gateway.requests) == 3 + 2


def test_a_copy_that_no_node_has_hinders_nobody(elasticsearch_settings: Settings) -> None:
    """One node, two copies wanted: what was written is seen all the same."""
    index = ElasticsearchIndex(elasticsearch_settings(replicas=1))
    index.add([document("one", title="một"), document("two", title="hai")])
    index.remove_package("one")
    assert titled(index) == {"hai"}
    assert index.rebuild([document("three", title="ba")]) == 1


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_part_without_a_living_copy_is_told_when_it_is_to_show_what_was_written(
    elasticsearch_settings: Settings, elasticsearch_client: Elasticsearch
) -> None:
    """The server itself waits for a minute and then says that all is well (ADR 0495)."""
    settings = elasticsearch_settings(request_timeout="PT150S")
    name = f"{settings.index_prefix}-documents-v9"
    elasticsearch_client.indices.create(
        index=name,
        settings={"number_of_replicas": 0, "index.routing.allocation.require._name": "nobody"},
        wait_for_active_shards=0,
    )
    shards = elasticsearch_client.options(request_timeout=150).indices.refresh(index=name)["_shards"]
    assert (shards["total"], shards["successful"], shards["failed"]) == (1, 0, 0)
    with pytest.raises(SearchFaultError, match="no node that is alive for a part"):
        Cluster(settings).show([name], "to show what was written")


# What is not ours, or gone


def test_an_index_of_another_format_is_refused_until_it_is_rebuilt(
    settings: ElasticsearchSettings, index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    index.add(HOLDING)
    name = f"{settings.index_prefix}-documents-v1"
    elasticsearch_client.indices.put_mapping(index=name, meta={"format": 1})
    elasticsearch_client.update(index=f"{settings.index_prefix}-state", id="generations", doc={"format": 1})
    fresh = ElasticsearchIndex(settings)
    for use in (lambda: fresh.search(SearchRequest("quyet")), lambda: fresh.add(HOLDING), fresh.ready, fresh.count):
        with pytest.raises(SearchFormatError, match="luutru index rebuild"):
            use()
    with pytest.raises(SearchFormatError):
        # Nothing found is no answer either.
        fresh.search(SearchRequest("no-such-word"))
    assert fresh.rebuild(HOLDING) == len(HOLDING)
    assert found(fresh, "ban giao") == ["d6"]


def test_another_programs_index_under_our_name_is_refused_and_survives_a_rebuild(
    settings: ElasticsearchSettings, elasticsearch_client: Elasticsearch
) -> None:
    foreign, alias = f"{settings.index_prefix}-foreign", f"{settings.index_prefix}-documents"
    elasticsearch_client.indices.create(index=foreign, aliases={alias: {}})
    elasticsearch_client.index(index=foreign, document={"x": 1}, refresh=True)
    index = ElasticsearchIndex(settings)
    for use in (index.ready, index.count, lambda: index.add(HOLDING), lambda: index.search(SearchRequest(""))):
        with pytest.raises(SearchFormatError):
            use()
    assert index.rebuild(HOLDING) == len(HOLDING)
    assert set(found(index)) == {"d1", "d2", "d3", "d5", "d6"}
    assert elasticsearch_client.count(index=foreign)["count"] == 1


@pytest.mark.parametrize("what", ["index", "alias"])
def test_an_index_that_is_gone_is_a_fault_and_never_an_empty_one(
    what: str, settings: ElasticsearchSettings, index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    index.add(HOLDING)
    name = f"{settings.index_prefix}-documents-v1"
    if what == "index":
        elasticsearch_client.indices.delete(index=name)
    else:
        elasticsearch_client.indices.delete_alias(index=name, name=f"{settings.index_prefix}-documents")
    for each in (index, ElasticsearchIndex(settings)):
        for use in (each.ready, each.count, lambda each=each: each.search(SearchRequest("quyet"))):
            with pytest.raises(SearchFaultError, match="luutru index rebuild"):
                use()
    if what == "index":
        with pytest.raises(SearchFaultError, match="luutru index rebuild"):
            index.add(HOLDING)
    assert index.rebuild(HOLDING) == len(HOLDING)
    assert found(index, "ban giao") == ["d6"]


def test_a_lost_state_is_made_again_and_old_tickets_do_not_stop_new_writes(
    settings: ElasticsearchSettings, index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    index.add([document("same", title="cũ")])
    elasticsearch_client.indices.delete(index=f"{settings.index_prefix}-state")
    index.add([document("same", title="mới")])
    assert titled(index) == {"mới"}
    elasticsearch_client.indices.delete(index=f"{settings.index_prefix}-state")
    ElasticsearchIndex(settings).remove_package("same")
    assert titled(index) == set()


def test_several_processes_make_the_index_at_once(settings: ElasticsearchSettings) -> None:
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            ElasticsearchIndex(settings).add([document(f"p{number}", title=f"gói {number}")])
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert titled(ElasticsearchIndex(settings)) == {f"gói {number}" for number in range(6)}


# Rebuilding


def test_a_rebuild_that_was_killed_is_gone_on_with(
    settings: ElasticsearchSettings, index: ElasticsearchIndex, elasticsearch_client: Elasticsearch, tmp_path: Path
) -> None:
    """What stood in the unfinished index is not written a second time; the old one serves until the end."""
    index.add([document("old", title="cũ")])
    script = (
        "import sys, time\n"
        "from search.backends.elasticsearch import ElasticsearchIndex\n"
        "from search.settings import ElasticsearchSettings\n"
        "from tests.contract.search_index import document\n"
        "def documents():\n"
        "    for number in range(1200):\n"
        "        if number == 1100:\n"
        "            print('half', flush=True)\n"
        "            time.sleep(60)\n"
        "        yield document(f'p{number}', title=f'gói {number}')\n"
        "ElasticsearchIndex(ElasticsearchSettings(url=sys.argv[1], index_prefix=sys.argv[2])).rebuild(documents())\n"
    )
    command = [sys.executable, "-c", script, settings.url, settings.index_prefix]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        os.kill(process.pid, signal.SIGKILL)
    assert titled(index) == {"cũ"}
    index.add([document("meanwhile", title="giữa chừng")])
    fresh = [document(f"p{number}", title=f"gói {number}") for number in range(1200)]
    counted: list[int] = []

    def documents() -> Iterator[IndexedDocument]:
        yield from fresh
        name = f"{settings.index_prefix}-documents-v2"
        elasticsearch_client.indices.refresh(index=name)
        counted.append(elasticsearch_client.indices.stats(index=name)["_all"]["primaries"]["indexing"]["index_total"])
        yield document("meanwhile", title="giữa chừng")

    assert index.rebuild(documents()) == 1201
    assert counted[0] <= 1200 + 1, "1,000 were there already and were not written again"
    assert index.count() == 1201
    left = elasticsearch_client.indices.get(index=f"{settings.index_prefix}-documents-v*").body
    assert list(left) == [f"{settings.index_prefix}-documents-v2"]


def test_a_switch_whose_process_died_before_it_could_say_so_is_finished_by_the_next_writer(
    settings: ElasticsearchSettings, index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    index.add([document("old", title="cũ")])
    generations = Generations(Cluster(settings))
    begun, resumed = generations.begin()
    assert not resumed
    alias = f"{settings.index_prefix}-documents"
    elasticsearch_client.indices.update_aliases(
        actions=[
            {"add": {"index": begun.building, "alias": alias}},
            {"remove_index": {"index": f"{alias}-v1"}},
        ]
    )
    index.add([document("new", title="mới")])
    assert titled(index) == {"mới"}
    assert generations.now(1).targets == {begun.building}
    assert index.rebuild([document("last", title="cuối")]) == 1


def test_a_package_that_was_removed_during_a_rebuild_does_not_come_back(
    settings: ElasticsearchSettings, index: ElasticsearchIndex
) -> None:
    """The rebuild had read it before; it was in no index when it was removed."""
    colleague = ElasticsearchIndex(settings)

    def documents() -> Iterator[IndexedDocument]:
        yield document("kept", title="còn")
        colleague.remove_package("gone")
        colleague.remove_package("again")
        colleague.add([document("again", title="thêm lại")])
        yield document("gone", title="đã xóa")
        yield document("again", title="cũ")
        yield document("again", ordinal=2, title="cũ hơn")

    assert index.rebuild(documents()) == 2
    assert titled(index) == {"còn", "thêm lại"}


def test_who_begins_a_rebuild_while_another_is_at_it_goes_on_in_its_place(
    settings: ElasticsearchSettings, index: ElasticsearchIndex
) -> None:
    second = ElasticsearchIndex(settings)

    def documents() -> Iterator[IndexedDocument]:
        yield document("first", title="một")
        assert second.rebuild([document("second", title="hai")]) == 1
        yield document("third", title="ba")

    with pytest.raises(SearchFaultError, match="another process is rebuilding"):
        index.rebuild(documents())
    assert titled(index) == {"hai"}


# Lists, and more than one part


def test_answers_behind_the_window_of_offsets_are_reached(
    index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own window is 10,000; the walk behind it is the same behind a hundred."""
    monkeypatch.setattr(elasticsearch_looks, "_WINDOW", 100)
    monkeypatch.setattr(elasticsearch_looks, "_CHUNK", 40)
    index.add(document(f"p{number:03}", title="kế hoạch", number=f"{number}/KH") for number in range(155))
    for sort in ("number", "relevance"):
        answer = index.search(SearchRequest("ke hoach", offset=90, limit=100, sort=sort))
        assert answer.total == 155
        assert [hit.package_id for hit in answer.hits] == [f"p{number:03}" for number in range(90, 155)]


def packed(view: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(view.encode())).decode()


@pytest.mark.parametrize(
    "resume",
    [
        "x",
        "[]",
        "null",
        f'["{packed("x")}",[1,2,"a"]]',
        f'["{packed("x")}",[1,2,"a",3]]',
        f'["{packed("AAAA")}",[NaN,2,"a",3]]',
        '["AAAA",[1,2,"a",3]]',
        '["é",[1,2,"a",3]]',
        '[1,[1,2,"a",3]]',
    ],
)
def test_a_damaged_place_in_a_list_is_refused(resume: str, index: ElasticsearchIndex) -> None:
    index.add(HOLDING)
    with pytest.raises(SearchRequestError):
        index.find(Wanted(Bool(must=(Everything(),)), RELEVANCE, 1, hold=True, resume=resume))


def test_a_list_whose_view_was_let_go_has_expired(
    settings: ElasticsearchSettings, index: ElasticsearchIndex, elasticsearch_client: Elasticsearch
) -> None:
    index.add(HOLDING)
    asked = SearchRequest("quyet", access=EVERYBODY, limit=1, after="")
    first = index.search(asked)
    for view in index._looks._held:
        elasticsearch_client.close_point_in_time(id=view)
    with pytest.raises(SearchExpiredError):
        index.search(replace(asked, after=first.next))


def test_a_list_of_an_index_of_many_parts_goes_on(elasticsearch_settings: Settings) -> None:
    index = ElasticsearchIndex(elasticsearch_settings(shards=45))
    index.add([document(f"p{number}", title="kế hoạch") for number in range(5)])
    listed: list[str] = []
    after = ""
    while len(listed) < 5:
        page = index.search(SearchRequest("ke hoach", limit=2, after=after))
        listed += [hit.package_id for hit in page.hits]
        after = page.next
        assert (after == "") == (len(listed) == 5)
        assert len(after) <= MAX_CURSOR_CHARS
    assert listed == [f"p{number}" for number in range(5)]


def test_an_index_of_several_parts_ranks_counts_and_lists_as_one_part_does(elasticsearch_settings: Settings) -> None:
    one, several = (ElasticsearchIndex(elasticsearch_settings(shards=shards)) for shards in (1, 3))
    many = [
        document(
            f"p{number:03}", title=f"kế hoạch {'đất ' * (number % 7)}", type_name=f"Loại {number % 40}", issued="2024"
        )
        for number in range(300)
    ]
    for index in (one, several):
        index.add(many)
    for asked in (
        SearchRequest("dat", limit=50, facets=("type", "year")),
        SearchRequest("ke hoach -dat", limit=50, facets=("type",)),
        SearchRequest("", limit=50, sort="title", facets=("type",)),
    ):
        first, second = one.search(asked), several.search(asked)
        assert first.total == second.total
        assert first.facets == second.facets
        assert [hit.package_id for hit in first.hits] == [hit.package_id for hit in second.hits]
    listed: list[str] = []
    after = ""
    while True:
        page = several.search(SearchRequest("dat", limit=60, after=after))
        listed += [hit.package_id for hit in page.hits]
        after = page.next
        if not after:
            break
    assert len(listed) == len(set(listed)) == page.total
