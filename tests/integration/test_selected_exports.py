"""Everything that a filter finds, ordered on the page of the holding: what is in it is decided when it is made."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth.people import Grant, Label, Role
from archive.catalogue.journal import JobStatus
from archive.composition import Archive
from archive.composition.exporting import export_jobs, work_exports
from archive.services import selections
from archive.settings import load_settings
from tests.generators.labelled import labelled_delivery
from tests.generators.people import cookie, csrf, person, signed_in

OWN, FOREIGN = "H49.64", "H50"
READER = (Grant(Role.READER, OWN, Label.INTERNAL),)


@dataclass(frozen=True)
class World:
    archive: Archive
    client: TestClient

    def browser(self, login: str, grants: tuple[Grant, ...] = READER) -> TestClient:
        """A person who signed in by a browser; nobody works off what is ordered but the test."""
        self.client.cookies.clear()
        self.client.cookies.update(dict(cookie(self.archive, login, grants)))
        return self.client

    def ordered(self, address: str, kind: str = "original", **more: str) -> Any:  # noqa: ANN401 - an answer
        """What the form of that list answers."""
        page = self.client.get(address).text
        found = csrf(page)
        where = re.search(r'name="where" value="([^"]*)"', page)
        form = {"csrf": found, "as": kind, "all": "1", "where": unescape(where[1]) if where else ""}
        return self.client.post("/exports", data=form | more)

    def newest(self) -> dict[str, Any]:
        """The newest export of who signed in, made."""
        work_exports(self.archive)
        said: dict[str, Any] = self.client.get("/api/v1/exports").json()["items"][0]
        return said

    def inside(self, said: dict[str, Any]) -> list[str]:
        answer = self.client.get(said["made"]["href"])
        assert answer.status_code == 200, answer.text
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            return packed.namelist()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("selected")
    options = load_settings({"LUUTRU_HOME": str(folder / "home"), "LUUTRU_WORKERS": "2", "LUUTRU_AGENCY": OWN})
    Archive.make(options)
    with Archive(options) as archive:
        deliveries = {"mixed": (OWN, "", "", "Hạn chế"), "plain": (OWN, "", ""), "foreign": (FOREIGN, "", "")}
        opened = []
        for name, (agency, *modes) in deliveries.items():
            path = labelled_delivery(folder / name, f"HS.{name}", *modes)
            opened.append(archive.submissions.open(path, operator="ai.do", agency=agency))
        archive.work_off(opened)
        errors = [j.error for e in opened for j in archive.journal.of_submission(e)]
        assert not any(errors), errors
        # Without the server's own life nobody but the test makes exports.
        client = TestClient(make_application(archive), base_url="http://127.0.0.1", follow_redirects=False)
        yield World(archive, client)


def test_what_a_filter_finds_leaves_as_one_file_within_rights(world: World) -> None:
    world.browser("doc.gia")
    page = world.client.get("/holding?show=documents").text
    assert "Lấy cả 2 văn bản theo bộ lọc" in page
    assert world.ordered("/holding?show=documents").headers["location"] == "/exports?ordered=1&selected=2"
    said = world.newest()
    assert (said["counted"], said["made"]["taken"], said["made"]["refused"]) == (2, 2, 0)
    assert world.inside(said) == ["001-HS.mixed-1/1.pdf", "002-HS.plain-1/1.pdf", "danh-sach.txt"]
    lines = world.client.get(f"{said['href']}/files").json()["items"]
    assert {line["of"].rpartition("/")[2] for line in lines} == {"1"}
    shown = world.client.get("/exports").text
    assert "2 văn bản theo bộ lọc" in shown
    assert 'href="/holding?show=documents"' in shown


def test_a_dossier_leaves_without_what_one_may_not_read_and_no_package_of_it(world: World) -> None:
    world.browser("doc.gia")
    world.ordered("/holding?title=ho+so+mixed", where="title=ho so mixed")
    said = world.newest()
    assert said["made"]["taken"] == 1
    packed = world.client.get(said["made"]["href"]).content
    with zipfile.ZipFile(io.BytesIO(packed)) as outer, zipfile.ZipFile(outer.open(outer.namelist()[0])) as inner:
        assert [name for name in inner.namelist() if name.endswith(".pdf")] == ["1.pdf"]
    world.browser("luu.tru", (Grant(Role.ARCHIVIST, OWN, Label.INTERNAL),))
    world.ordered("/holding", "aip")
    said = world.newest()
    assert (said["counted"], said["made"]["taken"]) == (2, 1), "the mixed one would hold what may not be read"


def test_rights_count_as_they_are_when_it_is_made_and_when_it_is_fetched(world: World) -> None:
    world.browser("mat.quyen", (Grant(Role.READER, "*", Label.CONFIDENTIAL),))
    world.ordered("/holding?show=documents")
    made = world.newest()
    assert made["made"]["taken"] == 4
    world.ordered("/holding?show=documents")
    account = person(world.archive, "mat.quyen")
    world.archive.rights.revoke("mat.quyen", Role.READER, "*", by="test")
    world.archive.rights.grant("mat.quyen", Role.READER, FOREIGN, by="test")
    world.client.cookies.update(dict(cookie(world.archive, "mat.quyen")))
    later = world.newest()
    assert (later["counted"], later["made"]["taken"]) == (4, 1)
    assert world.inside(later) == ["001-HS.foreign-1/1.pdf", "danh-sach.txt"]
    assert world.client.get(made["made"]["href"]).status_code == 404, "what was made before holds more than is allowed"
    assert world.client.get(f"{made['href']}/files").status_code == 404
    (world.archive.home.work / "exports" / later["export_id"] / "chosen.json").write_text("[{", encoding="ascii")
    assert world.client.get(later["made"]["href"]).status_code == 404, "nobody knows what is in it"
    world.ordered("/holding", where="show=documents&agency=H50")
    world.archive.desk.people.lock("mat.quyen", by="test")
    assert work_exports(world.archive) == 1
    (order, *_) = export_jobs(world.archive).all()
    assert order.person_id == account.id
    job = export_jobs(world.archive).job(order)
    assert (job.status, job.done) == (JobStatus.FAULT, 0)


def test_too_much_and_nonsense_are_refused_before_anything_is_ordered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.browser("doc.gia")
    before = len(export_jobs(world.archive).all())
    for where in ("agency=H50", "show=nothing", "owner=me", "doubtful=maybe", "title=khong+co"):
        assert world.ordered("/holding", where=where).status_code == 400, where
    assert world.ordered("/holding", "aip").status_code == 400, "a reader takes no packages"
    assert world.ordered("/holding", "book", where="show=documents").status_code == 400
    monkeypatch.setattr(selections, "MOST", 1)
    refused = world.ordered("/holding", where="")
    assert refused.status_code == 400
    assert "1 đến 1" in refused.text
    world.client.cookies.clear()
    program = signed_in(world.archive, "doc.gia")
    asked = world.client.post("/exports", data={"as": "original", "all": "1", "where": ""}, headers=dict(program))
    assert asked.status_code == 400
    assert len(export_jobs(world.archive).all()) == before
