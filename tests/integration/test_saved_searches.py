"""Searches that people keep by name: on the search page, at home, over HTTP; nobody else's, and never too many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth.people import Grant, Label, Role
from archive.catalogue.tables import people, saved_searches
from archive.composition import Archive
from archive.services import saved_searches as services
from archive.settings import load_settings
from tests.generators.people import cookie, csrf, person, signed_in

OWN = "H49.64"
READER = (Grant(Role.READER, OWN, Label.INTERNAL),)
SEARCHES = "/api/v1/me/searches"


@dataclass(frozen=True)
class World:
    archive: Archive
    client: TestClient

    def browser(self, login: str, grants: tuple[Grant, ...] = READER) -> TestClient:
        self.client.cookies.clear()
        self.client.cookies.update(dict(cookie(self.archive, login, grants)))
        return self.client

    def posted(self, path: str, **form: str) -> str:
        """Where a form of the search page leads."""
        found = csrf(self.client.get("/search?q=a").text)
        answer = self.client.post(path, data={"csrf": found, **form})
        return answer.headers.get("location", str(answer.status_code))

    def program(self, login: str) -> dict[str, str]:
        self.client.cookies.clear()
        return dict(signed_in(self.archive, login, READER))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("saved") / "home"
    options = load_settings({"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", "LUUTRU_AGENCY": OWN})
    Archive.make(options)
    with Archive(options) as archive:
        client = TestClient(make_application(archive), base_url="http://127.0.0.1", follow_redirects=False)
        yield World(archive, client)


def names(page: str) -> list[tuple[str, str]]:
    """Address and name of each saved search that a page shows."""
    return [(unescape(a), unescape(n)) for a, n in re.findall(r'<li[^>]*><a href="/search\?([^"]*)">([^<]*)</a>', page)]


def test_a_search_is_saved_opened_renamed_and_deleted_without_a_script(world: World) -> None:
    client = world.browser("lan")
    page = client.get("/search?q=%22c%C3%B4ng+v%C4%83n%22&type=C%C3%B4ng+v%C4%83n&sort=-date&p=3").text
    where = re.search(r'name="where" value="([^"]*)"', page)
    assert where
    address = unescape(where[1])
    assert world.posted("/search/saved", where=address, name="  Công văn   đến ") == f"/search?{address}#saved"
    for shown in (client.get("/search").text, client.get("/").text):
        assert (address, "Công văn đến") in names(shown)
    assert 'value="&#34;công văn&#34;"' in client.get(f"/search?{address}").text
    (saved,) = client.get(SEARCHES).json()["items"]
    world.posted("/search/saved/names", where="", **{f"name-{saved['id']}": "<b>Công văn</b>", "name-x": "y"})
    shown = client.get("/search").text
    assert names(shown) == [(address, "<b>Công văn</b>")]
    assert "<b>Công văn</b>" not in shown
    assert world.posted("/search/saved/remove", where="", remove=saved["id"]) == "/search#saved"
    assert client.get(SEARCHES).json()["items"] == []
    assert world.posted("/search/saved/remove", where="", remove=saved["id"]) == "404"


def test_what_is_not_saved_is_told_on_the_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.browser("minh")
    world.posted("/search/saved", where="q=a", name="Một")
    refused = {
        "taken": {"where": "q=b", "name": "Một"},
        "name": {"where": "q=b", "name": " "},
        "nothing": {"where": "", "name": "Hai"},
        "long": {"where": "q=" + "%E1%BB%81" * 1000, "name": "Hai"},
    }
    for why, form in refused.items():
        led = world.posted("/search/saved", **form)
        assert f"not_saved={why}" in led
    assert "Bạn đã có một tìm kiếm mang tên này." in client.get("/search?q=b&not_saved=taken").text
    monkeypatch.setattr(services, "MOST", 1)
    assert "not_saved=full" in world.posted("/search/saved", where="q=b", name="Hai")
    assert "Đã có 100 tìm kiếm" in client.get("/search?q=b&not_saved=full").text
    assert world.posted("/search/saved", where="colour=red", name="Hai") == "400"
    assert "not_saved=" not in client.get("/search?q=b&not_saved=x<").text
    assert [one["name"] for one in client.get(SEARCHES).json()["items"]] == ["Một"]


def test_programs_save_by_the_names_of_the_search(world: World) -> None:
    headers = world.program("may")
    said = {"name": "Năm 2021", "search": {"q": "báo cáo", "field": {"year": "2021"}, "from": "2021-01-01"}}
    answer = world.client.post(SEARCHES, json=said, headers=headers)
    assert answer.status_code == 201, answer.text
    saved = answer.json()
    assert answer.headers["location"] == saved["href"] == f"{SEARCHES}/{saved['id']}"
    assert saved["page"] == "/search?q=b%C3%A1o+c%C3%A1o&year=2021&from=2021-01-01"
    assert world.client.get(saved["href"], headers=headers).json() == saved
    assert world.client.post(SEARCHES, json=said, headers=headers).status_code == 409
    again = world.client.patch(saved["href"], json={"name": "Cũ"}, headers=headers)
    assert again.json() == saved | {"name": "Cũ"}
    wrong: list[dict[str, Any]] = [
        {"name": "x", "search": {"field": {"colour": "red"}}},
        {"name": "x", "search": {"sort": "size"}},
        {"name": "", "search": {"q": "a"}},
        {"name": "x" * 201, "search": {"q": "a"}},
    ]
    for body in wrong:
        assert world.client.post(SEARCHES, json=body, headers=headers).status_code == 400, body
    assert world.client.delete(saved["href"], headers=headers).status_code == 204
    assert world.client.get(saved["href"], headers=headers).status_code == 404


def test_nobody_has_the_searches_of_another(world: World) -> None:
    one, other = world.program("mot"), world.program("hai")
    saved = world.client.post(SEARCHES, json={"name": "Mật", "search": {"q": "a"}}, headers=one).json()
    assert world.client.get(SEARCHES, headers=other).json()["items"] == []
    calls: list[tuple[str, dict[str, Any]]] = [("GET", {}), ("PATCH", {"json": {"name": "x"}}), ("DELETE", {})]
    for method, more in calls:
        assert world.client.request(method, saved["href"], headers=other, **more).status_code == 404, method
    assert world.client.post(SEARCHES, json={"name": "Mật", "search": {"q": "b"}}, headers=other).status_code == 201
    assert world.client.get(saved["href"], headers=one).json() == saved


def test_searches_go_with_the_row_of_their_account(world: World) -> None:
    headers = world.program("di.mat")
    account = person(world.archive, "di.mat")
    world.client.post(SEARCHES, json={"name": "a", "search": {"q": "a"}}, headers=headers)
    with world.archive.database.transaction() as connection:
        for table in ("tokens", "grants"):
            connection.execute(sa.text(f"DELETE FROM {table} WHERE person_id = :id"), {"id": account.id})  # noqa: S608 - two names of ours
        connection.execute(people.delete().where(people.c.id == account.id))
        left = sa.select(sa.func.count()).where(saved_searches.c.person_id == account.id)
        assert connection.execute(left).scalar_one() == 0


def test_the_trail_has_nothing_of_saved_searches(world: World) -> None:
    headers = world.program("vet")
    before = world.archive.trail.head().seq
    world.client.post(SEARCHES, json={"name": "a", "search": {"q": "a"}}, headers=headers)
    assert world.archive.trail.head().seq == before
