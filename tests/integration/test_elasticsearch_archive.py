"""An archive on the second index, by its commands: taking in, finding, rights, rebuilding, and a node that is away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.auth.people import Grant, Label, Person, Role
from archive.auth.policy import Action, scope_of
from archive.composition import Archive
from archive.settings import load_settings
from search.ports import SearchRequest
from search.settings import ElasticsearchSettings
from tests.fixtures.elasticsearch import RECIPE
from tests.fixtures.homes import GOOD, Filled, made_home, mixed_delivery
from tests.generators.deliveries import AGENCY, PaperMill, make_delivery

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("elasticsearch"), pytest.mark.timeout(600)]


def _environment(settings: ElasticsearchSettings) -> dict[str, str]:
    return {
        "LUUTRU_SEARCH__BACKEND": "elasticsearch",
        "LUUTRU_SEARCH__ELASTICSEARCH__URL": settings.url,
        "LUUTRU_SEARCH__ELASTICSEARCH__INDEX_PREFIX": settings.index_prefix,
    }


@pytest.fixture(scope="module")
def archive(
    tmp_path_factory: pytest.TempPathFactory,
    mill: PaperMill,
    elasticsearch_shared: Callable[..., ElasticsearchSettings],
) -> Filled:
    folder = tmp_path_factory.mktemp("elasticsearch-home")
    command = made_home(folder / "home", mill, **_environment(elasticsearch_shared()))
    delivery = mixed_delivery(folder / "giao-nop", mill)
    answer = command.run("ingest", delivery, "--json")
    return Filled(command, delivery, answer.code, answer.lines)


def test_what_was_taken_in_is_found_at_once(archive: Filled) -> None:
    assert not (archive.command.home / "index").exists() or not any((archive.command.home / "index").iterdir())
    for query in ("1002/qd-ubnd", "1002 ubnd", "chinh ly tai lieu", GOOD):
        assert archive.command.json("search", query)[0]["package_id"] == archive.package_id
    assert archive.command.json("search", "1002/qd-ubnd")[0]["ordinal"] == 2


def test_doctor_names_the_engine_and_tells_how_far_behind_it_is(archive: Filled) -> None:
    (line,) = (line for line in archive.command.json("doctor") if line["check"] == "index")
    assert line["status"] == "ok"
    assert "Elasticsearch 8." in line["detail"]
    assert "3 " in line["detail"]


def test_the_label_of_a_document_closes_it_at_once_and_for_a_rebuilt_index_too(archive: Filled) -> None:
    """Rights are asked in the query: of who may see the public alone nothing closed is found or counted."""
    command = archive.command
    reader = Person("1", "lan", "Lan", (Grant(Role.READER, AGENCY, Label.PUBLIC),))
    with Archive(load_settings(command.environment)) as opened:
        within = scope_of(reader, Action.SEARCH)

        def seen() -> int:
            return opened.indexing.search(SearchRequest("chinh ly tai lieu"), within=within).total

        before = seen()
        assert before > 0
        command.json("label", "set", f"{archive.package_id}/1", "confidential", "--reason", "holds names")
        assert seen() == before - 1
        command.json("index", "rebuild")
        assert seen() == before - 1
    assert len(command.json("search", "chinh ly tai lieu")) == before, "who runs the machine sees all"


@pytest.mark.soak
def test_a_node_that_is_away_delays_finding_and_nothing_else(
    archive: Filled, tmp_path: Path, mill: PaperMill, elasticsearch_node: dict[str, Any]
) -> None:
    """The node is killed, started again on its data, and the queue catches up."""
    if "data" not in elasticsearch_node:
        pytest.skip("the node was started by somebody else: it is not ours to stop")
    command = archive.command
    os.kill(elasticsearch_node["pid"], signal.SIGKILL)
    try:
        (late,) = command.json("ingest", make_delivery(tmp_path / "late", mill, documents=1, first=7).path)
        assert late["status"] == "archived"
        assert command.run("search", "ke hoach", "--json").code == 4
        (told,) = (line for line in command.json("doctor", code=4) if line["check"] == "index")
        assert "does not answer" in told["detail"]
    finally:
        _start_again(elasticsearch_node)
    assert archive.package_id in {line["package_id"] for line in command.json("search", "1002/qd-ubnd")}
    command.json("jobs", "--wait")
    assert late["package_id"] in {line["package_id"] for line in command.json("search", late["file_code"])}


def _start_again(node: dict[str, Any]) -> None:
    port = node["url"].rpartition(":")[2]
    start = [sys.executable, str(RECIPE), "start", "--quick", "--heap", "768m", "--port", port, "--data", node["data"]]
    again = subprocess.run(start, capture_output=True, text=True, check=True)
    node |= json.loads(again.stdout)
