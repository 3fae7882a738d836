"""Lists of what a search finds, ordered on the search page, over HTTP and by the command line: rights, forms, jobs."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth.people import Grant, Label, Role
from archive.auth.policy import Action, scope_of
from archive.catalogue.journal import JobStatus
from archive.catalogue.tables import audit_events
from archive.composition import Archive
from archive.composition.exporting import export_jobs, found_lists, work_exports
from archive.services import found_lists as services
from archive.services.asked_searches import AskedSearch
from archive.services.export_jobs import ExportOrder
from archive.services.found_lists import FoundForm, ListMaker, ListTarget, MadeFound
from archive.settings import load_settings
from metadata.events import EventType
from tests.generators.labelled import labelled_delivery
from tests.generators.people import cookie, csrf, person, signed_in, token

OWN, FOREIGN = "H49.64", "H50"
READER = (Grant(Role.READER, OWN, Label.INTERNAL),)
EVERYBODY = (Grant(Role.READER, "*", Label.CONFIDENTIAL),)
SUBJECT = 4
"""Column of the subject."""


@dataclass(frozen=True)
class World:
    archive: Archive
    client: TestClient

    def browser(self, login: str, grants: tuple[Grant, ...] = READER) -> TestClient:
        """A person who signed in by a browser; nobody works off what is ordered but the test."""
        self.client.cookies.clear()
        self.client.cookies.update(dict(cookie(self.archive, login, grants)))
        return self.client

    def posted(self, path: str, **form: str) -> Any:  # noqa: ANN401 - an answer
        """What the search page's form answers."""
        found = csrf(self.client.get("/search?q=bao+cao").text)
        return self.client.post(path, data={"csrf": found, **form})

    def newest(self) -> dict[str, Any]:
        """The newest export of who signed in, made."""
        work_exports(self.archive)
        said: dict[str, Any] = self.client.get("/api/v1/exports").json()["items"][0]
        return said

    def file(self, said: dict[str, Any]) -> bytes:
        answer = self.client.get(said["made"]["href"])
        assert answer.status_code == 200, answer.text
        return answer.content


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("found")
    told = {"LUUTRU_HOME": str(folder / "home"), "LUUTRU_WORKERS": "1", "LUUTRU_AGENCY": OWN}
    options = load_settings(told | {"LUUTRU_ARCHIVE__NAME": "Lưu trữ tỉnh"})
    Archive.make(options)
    with Archive(options) as archive:
        deliveries = {"mixed": (OWN, "", "", "Hạn chế"), "=plain": (OWN, "", ""), "foreign": (FOREIGN, "", "")}
        opened = []
        for name, (agency, *modes) in deliveries.items():
            path = labelled_delivery(folder / name.strip("="), f"HS.{name}", *modes)
            opened.append(archive.submissions.open(path, operator="ai.do", agency=agency))
        archive.work_off(opened)
        errors = [j.error for e in opened for j in archive.journal.of_submission(e)]
        assert not any(errors), errors
        archive.indexing.catch_up()
        client = TestClient(make_application(archive), base_url="http://127.0.0.1", follow_redirects=False)
        yield World(archive, client)


def rows_of(content: bytes) -> tuple[list[str], list[list[Any]]]:
    """Lines above the table of a workbook, and its rows."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    lines = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(number for number, line in enumerate(lines) if line[0] == "STT")
    return [str(line[0]) for line in lines[:head]], lines[head + 1 :]


def test_the_page_orders_a_list_of_what_one_may_see(world: World) -> None:
    world.browser("doc.gia")
    page = world.client.get("/search?q=bao+cao&sort=number").text
    where = re.search(r'name="where" value="([^"]*)"', page)
    assert where
    answer = world.posted("/search/exports", where=unescape(where[1]), **{"as": "xlsx"})
    assert answer.headers["location"] == "/exports?ordered=1&listed=2"
    said = world.newest()
    assert (said["as"], said["counted"], said["made"]["taken"]) == ("xlsx", 2, 2)
    assert said["search"] == {"query": "bao cao", "sort": "number"}
    lines, rows = rows_of(world.file(said))
    assert lines[:3] == ["DANH SÁCH VĂN BẢN, TÀI LIỆU TÌM ĐƯỢC", "Lưu trữ tỉnh", "Câu tìm: bao cao"]
    assert "Số văn bản: 2" in lines
    assert re.fullmatch(r"Lập lúc: \d\d/\d\d/\d{4} \d\d:\d\d giờ Việt Nam \(\S+Z UTC\)", lines[4])
    assert "tài khoản doc.gia" in lines[5]
    assert [row[0] for row in rows] == [1, 2]
    assert {row[6] for row in rows} == {"HS.mixed", "HS.=plain"}
    assert {(row[2], row[7], row[8]) for row in rows} == {("05/04/2021", "Phông A", 1)}
    assert "<" not in str(rows)
    assert "báo cáo" in rows[0][9].casefold()
    shown = world.client.get("/exports").text
    assert "Danh sách 2 văn bản tìm được" in shown
    assert 'href="/search?q=bao+cao&amp;sort=number"' in shown


def test_the_page_tells_how_many_rows_are_found_and_then_that_the_file_is_written(world: World) -> None:
    world.browser("doc.gia")
    world.posted("/search/exports", where="q=bao+cao", **{"as": "pdf"})
    jobs = export_jobs(world.archive)
    job_id = jobs.all()[0].job_id
    jobs.duties.hold(job_id)
    for done, said in ((1, "1/2"), (2, "đang ghi tệp")):
        assert jobs.duties.told(job_id, done)
        assert f"<small>{said}</small>" in world.client.get("/exports/progress").text
    world.newest()
    assert "đang ghi tệp" not in world.client.get("/exports/progress").text


def test_word_and_pdf_hold_the_same_rows(world: World) -> None:
    client = world.browser("doc.gia")
    # Both are of one day: then they stand by their identifiers, which are made anew for each run.
    by_day = client.get("/api/v1/search?q=bao+cao&sort=-date").json()["items"]
    assert {hit["file_code"] for hit in by_day} == {"HS.=plain", "HS.mixed"}
    for form in ("docx", "pdf"):
        world.posted("/search/exports", where="q=bao+cao", **{"as": form})
        said = world.newest()
        content = world.file(said)
        assert said["made"]["name"].endswith(f".{form}")
        if form == "docx":
            table = docx.Document(io.BytesIO(content)).tables[0]
            assert [row.cells[6].text for row in table.rows[1:]] == [hit["file_code"] for hit in by_day]
        else:
            assert content.startswith(b"%PDF-")
            (line,) = client.get(f"{said['href']}/files").json()["items"]
            assert (line["flavour"], line["pages"]) == ("2u", 1)


def test_rights_count_as_they_are_when_it_is_made_and_when_it_is_fetched(world: World) -> None:
    world.browser("mat.quyen", EVERYBODY)
    world.posted("/search/exports", where="q=bao+cao", **{"as": "xlsx"})
    made = world.newest()
    assert made["made"]["taken"] == 4
    world.posted("/search/exports", where="q=bao+cao", **{"as": "xlsx"})
    world.archive.rights.revoke("mat.quyen", Role.READER, "*", by="test")
    world.archive.rights.grant("mat.quyen", Role.READER, FOREIGN, by="test")
    world.client.cookies.update(dict(cookie(world.archive, "mat.quyen")))
    later = world.newest()
    assert (later["counted"], later["made"]["taken"]) == (4, 1)
    assert [row[6] for row in rows_of(world.file(later))[1]] == ["HS.foreign"]
    for path in (made["made"]["href"], f"{made['href']}/files"):
        assert world.client.get(path).status_code == 404, "it holds more than may be seen now"
    (world.archive.home.work / "exports" / later["export_id"] / "places.txt").unlink()
    assert world.client.get(later["made"]["href"]).status_code == 404, "nobody knows what is in it"
    world.posted("/search/exports", where="q=bao+cao", **{"as": "docx"})
    world.archive.desk.people.lock("mat.quyen", by="test")
    assert work_exports(world.archive) == 1
    order = export_jobs(world.archive).all()[0]
    job = export_jobs(world.archive).job(order)
    assert (job.status, job.done) == (JobStatus.FAULT, 0)


def test_a_program_orders_within_its_token_and_gets_nothing_when_that_is_revoked(world: World) -> None:
    world.client.cookies.clear()
    headers = dict(signed_in(world.archive, "may", READER))
    wanted = {"q": "báo cáo", "from": "2021-01-01", "sort": "-date", "as": "xlsx"}
    answer = world.client.post("/api/v1/search/exports", json=wanted, headers=headers)
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{said['job_id']}"
    assert said["job"]["total"] == said["counted"] == 2
    work_exports(world.archive)
    made = world.client.get(said["href"], headers=headers).json()["made"]
    lines, rows = rows_of(world.client.get(made["href"], headers=headers).content)
    assert len(rows) == 2
    assert "Ngày văn bản từ: 01/01/2021" in lines
    world.client.post("/api/v1/search/exports", json=wanted, headers=headers)
    people = world.archive.desk.people
    account = people.account("may")
    for one in people.tokens(account):
        people.revoke_token(account, one.id, by="test")
    work_exports(world.archive)
    order = export_jobs(world.archive).all()[0]
    assert order.token_id
    assert export_jobs(world.archive).job(order).status is JobStatus.FAULT


def test_a_token_that_searches_nothing_orders_nothing(world: World) -> None:
    world.client.cookies.clear()
    secret = token(world.archive, "may.hep", (Grant(Role.ARCHIVIST, OWN, Label.RESTRICTED),), scopes=["submit"])
    said = {"q": "báo cáo", "as": "xlsx"}
    headers = {"Authorization": f"Bearer {secret}"}
    assert world.client.post("/api/v1/search/exports", json=said, headers=headers).status_code == 403


def test_nothing_too_much_and_nonsense_are_refused_before_anything_is_ordered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.browser("doc.gia")
    before = len(export_jobs(world.archive).all())
    for where in ("q=khongcodauhet", "nothing=1", "from=2021-13-45", "sort=size", "chosen=colour%3Dred"):
        assert world.posted("/search/exports", where=where, **{"as": "xlsx"}).status_code == 400, where
    assert world.posted("/search/exports", where="q=bao+cao", **{"as": "xls"}).status_code == 400
    monkeypatch.setattr(services, "MOST", 1)
    refused = world.posted("/search/exports", where="q=bao+cao", **{"as": "xlsx"})
    assert refused.status_code == 400
    assert "1 đến 1" in refused.text
    client, headers = world.client, dict(signed_in(world.archive, "may.khac", READER))
    client.cookies.clear()
    for body in ({"q": "a", "as": "csv"}, {"q": "a", "field": {"colour": "x"}, "as": "pdf"}, {"as": "pdf", "x": 1}):
        assert client.post("/api/v1/search/exports", json=body, headers=headers).status_code == 400, body
    assert len(export_jobs(world.archive).all()) == before


def test_what_a_killed_process_left_is_begun_again(world: World) -> None:
    world.browser("doc.gia")
    world.posted("/search/exports", where="q=bao+cao", **{"as": "docx"})
    jobs = export_jobs(world.archive)
    order = jobs.all()[0]

    def killed(ordered: ExportOrder, target: ListTarget) -> MadeFound:
        target.file.write_bytes(b"half")
        (target.file.parent / "rows-of-before").mkdir()
        assert target.places is not None
        target.places.write_text("x/1\n" * 99, encoding="ascii")
        raise SystemExit(str(ordered.export_id))

    with pytest.raises(SystemExit):
        replace(jobs, list_found=killed).run(order)
    assert [left.export_id for left in jobs.left()] == [order.export_id]
    said = world.newest()
    assert said["made"]["taken"] == 2
    assert len(docx.Document(io.BytesIO(world.file(said))).tables[0].rows) == 3
    folder = jobs.root / order.export_id
    assert len((folder / "places.txt").read_text(encoding="ascii").split()) == 2
    assert [path.name for path in (folder / "made").iterdir()] == [said["made"]["name"]]


def test_nobody_waits_for_more_than_a_handful_of_lists(world: World) -> None:
    world.browser("voi.vang")
    order = {"where": "q=bao+cao", "as": "docx"}
    for _ in range(services.MOST_WAITING):
        assert world.posted("/search/exports", **order).status_code == 303
    refused = world.posted("/search/exports", **order)
    assert refused.status_code == 400
    assert "Bạn đang chờ 5 danh sách" in refused.text
    assert work_exports(world.archive) >= services.MOST_WAITING
    assert world.posted("/search/exports", **order).status_code == 303


def test_closed_documents_in_a_list_are_recorded_and_the_query_is_not(world: World, tmp_path: Path) -> None:
    archive = world.archive
    account = person(archive, "kiem.tra", EVERYBODY)
    seeing = scope_of(archive.desk.accounts.person(account, "session"), Action.COPY_EXPORT)
    target = ListTarget(tmp_path / "a.xlsx", lambda _: True, job_id="job-of-the-test")
    asked = AskedSearch(query="bao cao")
    made = found_lists(archive).make(asked, FoundForm.XLSX, ListMaker("kiem.tra", "Kiểm Tra", seeing), target)
    assert made.rows == 4
    (taken,) = archive.trail.of(["job-of-the-test"])
    assert (taken["type"], taken["agent"]) == (EventType.DISSEMINATION, "person:kiem.tra")
    assert (taken["detail"]["form"], taken["detail"]["documents"]) == ("xlsx", "4")
    assert "bao" not in json.dumps(taken["detail"])
    with archive.database.reading() as connection:
        bodies = list(connection.execute(sa.select(audit_events.c.body)).scalars())
    looked = [body for body in bodies if body["agent"] == "person:kiem.tra" and body["type"] == EventType.ACCESS]
    assert [body["detail"] for body in looked] == [{"what": "list", "ordinal": "2"}], "the restricted one"


def test_a_list_that_nobody_wants_any_more_leaves_nothing(world: World) -> None:
    world.browser("doc.gia")
    world.posted("/search/exports", where="q=bao+cao", **{"as": "xlsx"})
    jobs = export_jobs(world.archive)
    order = jobs.all()[0]
    with world.archive.trail.transaction() as connection:
        world.archive.duties.cancel(order.job_id, connection, reason="")
    assert order.export_id not in {left.export_id for left in jobs.left()}
    jobs.run(order)
    assert not (jobs.root / order.export_id).exists()
    world.posted("/search/exports", where="q=bao+cao", **{"as": "xlsx"})
    order = jobs.all()[0]
    made = jobs.list_found

    def cancelled(ordered: ExportOrder, target: ListTarget) -> MadeFound:
        with world.archive.trail.transaction() as connection:
            world.archive.duties.cancel(order.job_id, connection, reason="")
        return made(ordered, target)

    replace(jobs, list_found=cancelled).run(order)
    assert jobs.job(order).status is JobStatus.CANCELLED
    assert not (jobs.root / order.export_id).exists()
    assert not list(world.archive.home.scratch.glob("tmp*"))
