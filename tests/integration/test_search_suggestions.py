"""Help with asking, as people meet it: API, search page, command line, and the log of queries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth.people import READS_UP_TO, Grant, Label, Role
from archive.composition import Archive
from archive.settings import load_settings
from tests.fixtures.homes import Filled
from tests.generators.labelled import labelled_delivery
from tests.generators.people import cookie, signed_in

pytestmark = pytest.mark.xdist_group("cli-home")

OWN, FOREIGN = "H49.64", "X01"
BARE, MARKED = "bao cao mat danh", "báo cáo mật danh"


@dataclass
class World:
    archive: Archive
    client: TestClient
    package_ids: dict[str, str]
    known: dict[Role, Mapping[str, str]] = field(default_factory=dict)

    def asks(self, role: Role, path: str) -> dict[str, Any]:
        answer = self.client.get(f"/api/v1/{path}", headers=dict(self.headers(role)))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def headers(self, role: Role, agency: str = OWN) -> Mapping[str, str]:
        if role not in self.known:
            grant = Grant(role, agency, READS_UP_TO[role])
            self.known[role] = signed_in(self.archive, f"{role.value}.suggest", (grant,))
        return self.known[role]

    def kept(self) -> list[dict[str, Any]]:
        log = self.archive.home.queries / "queries.jsonl"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("suggestions")
    told = {"LUUTRU_HOME": str(folder / "home"), "LUUTRU_WORKERS": "1", "LUUTRU_AGENCY": OWN, "LC_ALL": "C.UTF-8"}
    options = load_settings(told | {"LUUTRU_SEARCH__QUERY_LOG": "true"})
    Archive.make(options)
    with Archive(options) as archive:
        archive.rights.put_agency(FOREIGN, parent="", by="test")
        deliveries = {
            "public": (OWN, ("Công khai", "Công khai")),
            "internal": (OWN, ("", "")),
            "restricted": (OWN, ("Hạn chế", "")),
            "foreign": (FOREIGN, ("", "")),
        }
        made = {}
        for name, (agency, modes) in deliveries.items():
            path = labelled_delivery(folder / name, f"HS.{name}", *modes)
            made[name] = archive.submissions.open(path, operator="ai.do", agency=agency)
        archive.work_off(list(made.values()))
        archive.indexing.catch_up()
        package_ids = {name: archive.journal.of_submission(made[name])[0].package_id for name in made}
        with TestClient(make_application(archive), base_url="http://127.0.0.1", follow_redirects=False) as client:
            yield World(archive, client, package_ids)


def titles(answer: Mapping[str, Any], key: str = "title") -> set[str]:
    return {str(item[key]).rsplit(".", maxsplit=1)[-1] for item in answer["items"]}


def test_suggestions_come_from_what_is_open_to_who_asks(world: World) -> None:
    path = f"search/suggest?q={BARE}"
    assert titles(world.asks(Role.READER, path), "text") == {"public", "internal"}
    assert titles(world.asks(Role.HEAD, path), "text") == {"public", "internal"}
    first = world.asks(Role.READER, path)["items"][0]
    assert first["kind"] == "title"
    assert first["html"].startswith("<em>Báo</em> <em>cáo</em> <em>mật</em> <em>danh</em> HS.")
    found = world.client.get("/api/v1/search", params={"q": first["query"]}, headers=dict(world.headers(Role.READER)))
    assert found.json()["items"][0]["title"] == first["text"]


@pytest.mark.parametrize("query", ["q=", "q=%00", "q=%22", "", "q=" + "a" * 4000, "q=" + "a+" * 2000])
def test_whatever_is_typed_is_answered(world: World, query: str) -> None:
    assert world.asks(Role.READER, f"search/suggest?{query}") == {"items": [], "next": None}


@pytest.mark.parametrize("query", ["q=" + "a" * 4001, "limit=0", "limit=21", "limit=x"])
def test_what_is_out_of_bounds_is_a_wrong_call(world: World, query: str) -> None:
    answer = world.client.get(f"/api/v1/search/suggest?{query}", headers=dict(world.headers(Role.READER)))
    assert (answer.status_code, answer.json()["code"]) == (400, "api.invalid")


def test_documents_like_another_are_those_that_one_may_read_and_closed_ones_are_recorded(world: World) -> None:
    path = f"documents/{world.package_ids['public']}/1/similar"
    assert titles(world.asks(Role.READER, path)) == {"internal"}
    seen = _looks(world)
    assert titles(world.asks(Role.HEAD, path)) == {"internal", "restricted"}
    assert _looks(world) == seen + 1


def test_nothing_is_like_what_may_not_be_seen(world: World) -> None:
    for name in ("restricted", "foreign"):
        for root in ("/api/v1", ""):
            path = f"{root}/documents/{world.package_ids[name]}/1/similar"
            assert world.client.get(path, headers=dict(world.headers(Role.READER))).status_code == 404


def test_the_page_of_a_document_asks_for_those_like_it_only_when_somebody_wants_them(world: World) -> None:
    here = f"/documents/{world.package_ids['public']}/1"
    visit = _browser(world)
    shown = world.client.get(here, headers=visit).text
    assert f'<a href="{here}/similar">' in shown
    assert "HS.internal" not in shown, "nothing is looked for before it is asked for"
    seen = _looks(world)
    page = world.client.get(f"{here}/similar", headers=visit).text
    listed = page.split('id="similar"')[1].split("</section>")[0]
    linked = set(re.findall(r'href="/documents/([^"]*)"', listed))
    assert linked == {f"{world.package_ids['internal']}/1"}
    assert _looks(world) == seen
    alone = world.client.get(f"/documents/{world.package_ids['restricted']}/1/similar", headers=visit)
    assert alone.status_code == 404


def _looks(world: World) -> int:
    """Recorded looks at the restricted dossier."""
    watching = dict(signed_in(world.archive, "watching", (Grant(Role.AUDITOR, "*", Label.CONFIDENTIAL),)))
    asked = {"type": "access", "subject": world.package_ids["restricted"]}
    return len(world.client.get("/api/v1/audit-events", params=asked, headers=watching).json()["items"])


def _browser(world: World) -> dict[str, str]:
    grants = (Grant(Role.READER, OWN, READS_UP_TO[Role.READER]),)
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookie(world.archive, "browses", grants).items())}


def test_marks_are_put_back_in_api_and_page_and_the_first_page_alone_says_so(world: World) -> None:
    assert world.asks(Role.READER, f"search?q={BARE}")["did_you_mean"] == MARKED
    assert world.asks(Role.READER, f"search?q={MARKED}")["did_you_mean"] is None
    assert world.asks(Role.READER, f"search?q={BARE}&offset=1")["did_you_mean"] is None
    visit = _browser(world)
    shown = world.client.get("/search", params={"q": BARE, "lang": "vi"}, headers=visit).text
    assert f">{MARKED}</a>" in shown
    assert "Có phải ý bạn là" in shown


def test_queries_are_kept_without_who_asked_and_with_the_place_that_was_opened(world: World) -> None:
    before = len(world.kept())
    world.asks(Role.READER, "search?q=mat danh 012345678901")
    visit = _browser(world)
    hits = world.asks(Role.READER, "search?q=mat danh&limit=2")["items"]
    opens = f"{hits[1]['package_id']}/1"
    assert world.client.get("/search", params={"q": "mat danh", "open": opens}, headers=visit).status_code == 200
    masked, listed, opened = world.kept()[before:]
    assert masked["query"] == "mat danh ***"
    assert (listed["query"], listed["total"]) == ("mat danh", 2)
    assert (opened["query"], opened["opened"]) == ("mat danh", 2)
    assert all(set(line) <= {"hour", "query", "total", "opened"} for line in world.kept())
    assert "reader" not in json.dumps(world.kept())


def test_the_command_line_says_a_better_spelling_beside_the_answer_and_keeps_no_query(filled: Filled) -> None:
    said = filled.command.run("search", "ke hoach", "--lang", "vi")
    assert "Có phải ý bạn là: kế hoạch" in said.err
    assert "kế hoạch" not in filled.command.run("search", "kế hoạch").err
    assert not (filled.command.home / "queries").exists()
