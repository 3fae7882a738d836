"""A node that speaks TLS and asks who one is: all that an index promises, with a key that may do nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from elasticsearch import AuthorizationException, Elasticsearch

from search.backends.elasticsearch import ElasticsearchIndex
from search.errors import SearchFaultError
from search.ports import SearchIndex, SearchRequest
from search.settings import ElasticsearchSettings
from tests.contract.search_index import EVERYBODY, HOLDING, SearchIndexContract, found
from tests.contract.test_search_indexes import WRITER
from tests.fixtures.elasticsearch import NEEDED, SecuredNode, told
from tests.fixtures.homes import GOOD, made_home, mixed_delivery
from tests.generators.deliveries import PaperMill
from tests.generators.server_certificates import server_certificate

pytestmark = [
    pytest.mark.soak,
    pytest.mark.server,
    pytest.mark.xdist_group("elasticsearch"),
    pytest.mark.timeout(1200),
]

RIGHTS = [name for names in NEEDED.values() for name in names]


class TestIndexWithANarrowKey(SearchIndexContract):
    """Every promise of an index, over TLS, by a key with the rights that docs/elasticsearch.md names."""

    @pytest.fixture
    def settings(self, elasticsearch_secured: SecuredNode) -> ElasticsearchSettings:
        return elasticsearch_secured.settings()

    @pytest.fixture
    def index(self, settings: ElasticsearchSettings) -> SearchIndex:
        return ElasticsearchIndex(settings)

    @pytest.fixture
    def other(self, settings: ElasticsearchSettings) -> Callable[[], SearchIndex]:
        return lambda: ElasticsearchIndex(settings)

    @pytest.fixture
    def writer(self, settings: ElasticsearchSettings) -> Sequence[str]:
        return [*WRITER, "elasticsearch", told(settings)]


def uses(index: SearchIndex) -> dict[str, Callable[[], object]]:
    """All that is asked of an index, by name."""
    asked = SearchRequest("quyết", access=EVERYBODY, facets=("type",))
    listed = SearchRequest("quyết", access=EVERYBODY, limit=1, after="")
    return {
        "search": lambda: index.search(asked).total,
        "list": lambda: index.search(listed).total,
        "suggest": lambda: len(index.suggest("quy", access=EVERYBODY)),
        "similar": lambda: len(index.similar("d1/1", access=EVERYBODY)),
        "count": index.count,
        "engine": index.engine,
        "ready": index.ready,
        "add": lambda: index.add(HOLDING),
        "remove": lambda: index.remove_package("d1"),
        "rebuild": lambda: index.rebuild(HOLDING),
    }


def outcomes(index: SearchIndex) -> dict[str, object]:
    """What each use gave, or the words of its fault."""
    seen: dict[str, object] = {}
    for name, use in uses(index).items():
        try:
            seen[name] = use()
        except SearchFaultError as fault:
            seen[name] = str(fault)
    return seen


@pytest.fixture
def filled(elasticsearch_secured: SecuredNode) -> ElasticsearchSettings:
    """Settings of an index that holds something."""
    settings = elasticsearch_secured.settings()
    ElasticsearchIndex(settings).add(HOLDING)
    return settings


FAULTS = {
    "monitor": {"engine", "ready"},
    "manage_index_templates": {"rebuild"},
    "manage": {"search", "list", "suggest", "similar", "count", "ready", "add", "remove", "rebuild"},
    "read": {"search", "list", "suggest", "similar", "count", "ready", "add", "remove", "rebuild"},
    "write": {"add", "remove", "rebuild"},
}
"""What a key cannot do on a filled index when it lacks one right."""


@pytest.mark.parametrize("right", RIGHTS)
def test_a_key_that_lacks_one_right_is_a_fault_that_names_it_and_never_nothing_found(
    right: str, elasticsearch_secured: SecuredNode, filled: ElasticsearchSettings
) -> None:
    whole = outcomes(ElasticsearchIndex(filled))
    narrow = elasticsearch_secured.key(filled.index_prefix, without=right)
    less = outcomes(
        ElasticsearchIndex(elasticsearch_secured.settings(index_prefix=filled.index_prefix, api_key=narrow))
    )
    assert {name for name, outcome in less.items() if outcome != whole[name]} == FAULTS[right]
    for name in FAULTS[right]:
        said = str(less[name])
        assert "403: the key lacks" in said
        assert "docs/elasticsearch.md" in said
        assert right in said or name in {"add", "remove"}
        assert "keeper" not in said, "whose key it is, is no part of a message"
        assert narrow not in said


@pytest.mark.parametrize("right", RIGHTS)
def test_where_there_never_was_an_index_a_key_that_lacks_one_right_makes_none_that_looks_empty(
    right: str, elasticsearch_secured: SecuredNode
) -> None:
    prefix = elasticsearch_secured.settings().index_prefix
    narrow = elasticsearch_secured.key(prefix, without=right)
    less = outcomes(ElasticsearchIndex(elasticsearch_secured.settings(index_prefix=prefix, api_key=narrow)))
    assert any(isinstance(outcome, str) and "403: the key lacks" in outcome for outcome in less.values())
    whole = ElasticsearchIndex(elasticsearch_secured.settings(index_prefix=prefix))
    whole.add(HOLDING)
    assert found(whole, "ban giao") == ["d6"], "whatever it left behind hinders nobody"


def test_a_key_reaches_no_other_index(elasticsearch_secured: SecuredNode, filled: ElasticsearchSettings) -> None:
    """Nor does an installation whose prefix is another's beginning see that one."""
    elasticsearch_secured.admin.index(index="another-office", document={"x": 1}, refresh=True)
    assert filled.api_key is not None
    key = filled.api_key.get_secret_value()
    with (
        Elasticsearch(filled.url, ca_certs=str(filled.ca_file), api_key=key) as client,
        pytest.raises(AuthorizationException),
    ):
        client.search(index="another-office")
    theirs = elasticsearch_secured.settings(index_prefix=filled.index_prefix[:-1] + "x", api_key=key)
    said = outcomes(ElasticsearchIndex(theirs))
    assert all("403" in str(outcome) for name, outcome in said.items() if name != "engine"), said


def test_name_and_password_do_as_well(elasticsearch_secured: SecuredNode, filled: ElasticsearchSettings) -> None:
    role = {
        "cluster": NEEDED["cluster"],
        "indices": [{"names": [f"{filled.index_prefix}-*"], "privileges": NEEDED["index"]}],
    }
    elasticsearch_secured.admin.security.put_role(name="luutru", **role)  # type: ignore[arg-type]
    elasticsearch_secured.admin.security.put_user(username="archive", password="a long password", roles=["luutru"])
    named = elasticsearch_secured.settings(index_prefix=filled.index_prefix, user="archive", password="a long password")
    assert outcomes(ElasticsearchIndex(named)) == outcomes(ElasticsearchIndex(filled))


@dataclass(frozen=True)
class Wrong:
    """What is set wrongly, and what the fault says of the cure."""

    values: dict[str, object]
    cure: str


def wrongs(node: SecuredNode, folder: Path) -> Iterator[Wrong]:
    """Ways to reach the node that must not work."""
    key_setting, ca_setting = "LUUTRU_SEARCH__ELASTICSEARCH__API_KEY", "LUUTRU_SEARCH__ELASTICSEARCH__CA_FILE"
    other = server_certificate(folder / "other")
    yield Wrong({"api_key": None}, key_setting)
    yield Wrong({"api_key": "bm9ib2R5OnNlY3JldC1vZi1ub2JvZHk="}, key_setting)
    yield Wrong({"api_key": "no key at all"}, key_setting)
    yield Wrong({"api_key": None, "user": "keeper", "password": "not the password"}, key_setting)
    yield Wrong({"ca_file": other / "ca.crt"}, ca_setting)
    yield Wrong({"ca_file": None}, ca_setting)
    yield Wrong({"ca_file": folder / "nowhere.crt"}, ca_setting)
    yield Wrong({"ca_file": other / "node.key"}, ca_setting)
    yield Wrong({"url": node.url.replace("127.0.0.1", "localhost")}, "LUUTRU_SEARCH__ELASTICSEARCH__URL")
    yield Wrong({"url": node.url.replace("https:", "http:"), "ca_file": None}, "https://")


def test_whatever_is_set_wrongly_is_a_fault_with_its_cure_in_all_that_is_asked(
    elasticsearch_secured: SecuredNode, filled: ElasticsearchSettings, tmp_path: Path
) -> None:
    for wrong in wrongs(elasticsearch_secured, tmp_path):
        settings = elasticsearch_secured.settings(index_prefix=filled.index_prefix, **wrong.values)
        for name, outcome in outcomes(ElasticsearchIndex(settings)).items():
            assert wrong.cure in str(outcome), (wrong, name)
            for secret in ("secret-of-nobody", "bm9ib2R5", "not the password", "no key at all", "127.0.0.1"):
                assert secret not in str(outcome)
    assert found(ElasticsearchIndex(filled), "ban giao") == ["d6"]


def test_https_to_a_node_without_tls_is_told(elasticsearch_secured: SecuredNode) -> None:
    """And so is an address at which something else answers."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer()

        def _answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"127.0.0.1:{server.server_port}"
        encrypted = elasticsearch_secured.settings(url=f"https://{address}", api_key="x")
        plain = ElasticsearchSettings(url=f"http://{address}")
        for settings, cure in ((encrypted, "http://"), (plain, "no Elasticsearch")):
            index = ElasticsearchIndex(settings)
            for use in (index.ready, index.count, lambda index=index: index.search(SearchRequest("quyet"))):
                with pytest.raises(SearchFaultError, match=cure):
                    use()
    finally:
        server.shutdown()
        server.server_close()


def test_a_key_that_is_taken_back_while_one_works_is_a_fault_at_once(
    elasticsearch_secured: SecuredNode, filled: ElasticsearchSettings
) -> None:
    index = ElasticsearchIndex(filled)
    first = index.search(SearchRequest("quyết", access=EVERYBODY, limit=1, after=""))
    assert first.next
    elasticsearch_secured.admin.security.invalidate_api_key(name="luutru")
    for name, outcome in outcomes(index).items():
        assert "401: the cluster does not know this key" in str(outcome), name
    with pytest.raises(SearchFaultError, match="401"):
        index.search(SearchRequest("quyết", access=EVERYBODY, limit=1, after=first.next))
    again = elasticsearch_secured.settings(index_prefix=filled.index_prefix)
    assert found(ElasticsearchIndex(again), "ban giao") == ["d6"]


def test_an_archive_by_its_commands(elasticsearch_secured: SecuredNode, tmp_path: Path, mill: PaperMill) -> None:
    """Taking in, finding, doctor and rebuilding with the narrow key; with a wrong one a fault and a queue."""
    settings = elasticsearch_secured.settings()
    assert settings.api_key is not None
    command = made_home(
        tmp_path / "home",
        mill,
        LUUTRU_SEARCH__BACKEND="elasticsearch",
        LUUTRU_SEARCH__ELASTICSEARCH__URL=settings.url,
        LUUTRU_SEARCH__ELASTICSEARCH__CA_FILE=str(settings.ca_file),
        LUUTRU_SEARCH__ELASTICSEARCH__API_KEY=settings.api_key.get_secret_value(),
        LUUTRU_SEARCH__ELASTICSEARCH__INDEX_PREFIX=settings.index_prefix,
    )
    wrong = command.having(LUUTRU_SEARCH__ELASTICSEARCH__API_KEY="bm9ib2R5OnNlY3JldC1vZi1ub2JvZHk=")
    taken = wrong.run("ingest", mixed_delivery(tmp_path / "giao-nop", mill), "--json")
    assert any(line["status"] == "archived" for line in taken.lines)
    refused = wrong.run("search", GOOD, "--json")
    assert refused.code == 4
    assert "LUUTRU_SEARCH__ELASTICSEARCH__API_KEY" in refused.err
    assert "bm9ib2R5" not in refused.err + taken.err
    (told_by,) = (line for line in wrong.json("doctor", code=4) if line["check"] == "index")
    assert "does not know this key" in told_by["detail"]
    command.json("jobs", "--wait")
    found_now = command.json("search", GOOD)
    assert found_now
    command.json("index", "rebuild")
    assert command.json("search", GOOD) == found_now
    (line,) = (line for line in command.json("doctor") if line["check"] == "index")
    assert line["status"] == "ok"
    assert "Elasticsearch 8." in line["detail"]
