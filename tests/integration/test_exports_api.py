"""Exports, conversions, authority tables and templates over HTTP, against a real server."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from typing import Any

import httpx2
import openpyxl
import pytest

from archive.auth.people import EVERYWHERE, Grant, Label, Role
from tests.fixtures.served import GOOD, Filled
from tests.generators.people import HOMES, of_home, signed_in

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SECONDS = 180


def done(client: httpx2.Client, job: str) -> dict[str, Any]:
    """The job once it is not under way."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        said: dict[str, Any] = client.get(f"/api/v1/jobs/{job}").json()
        if said["status"] not in {"waiting", "running"}:
            return said
        time.sleep(0.05)
    raise TimeoutError(said)


def made(client: httpx2.Client, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """An export that was made."""
    answer = client.post("/api/v1/exports", json=wanted)
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert answer.headers["Location"] == said["job_href"]
    job = done(client, said["job_id"])
    assert (job["kind"], job["status"], job["error"]) == ("export", "done", None)
    ended: dict[str, Any] = client.get(said["href"]).json()
    return ended


@pytest.mark.parametrize("kind", ["original", "pdfa", "text", "aip", "sip", "dip", "bagit", "book"])
def test_every_kind_of_a_dossier_is_made_and_fetched_as_one_zip(handed_in: Filled, kind: str) -> None:
    client = handed_in.served.client
    export = made(client, id=handed_in.package_id, **{"as": kind})
    told = export["made"]
    answer = client.get(told["href"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert (hashlib.sha256(answer.content).hexdigest(), len(answer.content)) == (told["sha256"], told["bytes"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        lines = client.get(f"{export['href']}/files", params={"limit": 200}).json()["items"]
        assert [line["path"] for line in lines if line["path"]] == archive.namelist()
        for line in lines:
            assert not line["path"] or hashlib.sha256(archive.read(line["path"])).hexdigest() == line["sha256"]


def test_a_document_is_the_file_itself_with_ranges_and_validators(handed_in: Filled) -> None:
    client = handed_in.served.client
    export = made(client, id=f"{handed_in.package_id}/1", **{"as": "original"})
    assert export["made"]["name"] == "tờ trình số 47.pdf"
    href, data = export["made"]["href"], handed_in.files["a/tờ trình số 47.pdf"]
    answer = client.get(href)
    assert (answer.content, answer.headers["Content-Type"]) == (data, "application/pdf")
    assert answer.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    part = client.get(href, headers={"Range": "bytes=5-9", "If-Range": answer.headers["ETag"]})
    assert (part.status_code, part.content) == (206, data[5:10])
    assert client.get(href, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.head(href).headers["Content-Length"] == str(len(data))


def test_an_authenticated_copy_is_ordered_with_what_the_asker_tells(handed_in: Filled) -> None:
    client = handed_in.served.client
    told = {"request": {"purpose": "02"}, "authentication": {"recipient": "Lê Văn Bình", "copies": "1"}}
    export = made(client, id=f"{handed_in.package_id}/2", **{"as": "dip"}, **told)
    with zipfile.ZipFile(io.BytesIO(client.get(export["made"]["href"]).content)) as archive:
        (data,) = (name for name in archive.namelist() if name.endswith("xac-thuc.xml"))
        assert "Lê Văn Bình" in archive.read(data).decode()


def test_the_same_key_orders_once(handed_in: Filled) -> None:
    client, headers = handed_in.served.client, {"Idempotency-Key": "export-once"}
    wanted = {"id": handed_in.package_id, "as": "text"}
    first, again = (client.post("/api/v1/exports", json=wanted, headers=headers) for _ in range(2))
    assert first.json()["export_id"] == again.json()["export_id"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_exports_are_listed_newest_first_by_cursor_and_may_be_cleared_away(handed_in: Filled) -> None:
    client = handed_in.served.client
    ids = [made(client, id=f"{handed_in.package_id}/1", **{"as": "text"})["export_id"] for _ in range(2)]
    page = client.get("/api/v1/exports", params={"limit": 1}).json()
    following = client.get("/api/v1/exports", params={"limit": 1, "cursor": page["next"]}).json()
    assert [page["items"][0]["export_id"], following["items"][0]["export_id"]] == ids[::-1]
    assert client.delete(f"/api/v1/exports/{ids[0]}").status_code == 204
    assert client.get(f"/api/v1/exports/{ids[0]}").status_code == 404
    assert client.get(f"/api/v1/exports/{ids[0]}/file").status_code == 404
    assert client.get("/api/v1/jobs", params={"kind": "export"}).json()["items"]


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"id": "nothing", "as": "original"}, 404, "archive.not_found"),
        ({"id": "{package}", "as": "poem"}, 400, "api.invalid"),
        ({"id": "{package}", "as": "dip", "request": {"purpose": "giải trí"}}, 400, "export.request"),
        ({"id": "{package}", "as": "dip", "authentication": {"copies": "hai"}}, 400, "export.request"),
        ({"id": "{package}", "as": "sip", "copies": "marked"}, 400, "api.invalid"),
    ],
)
def test_what_cannot_be_met_is_refused_at_once(
    handed_in: Filled, wanted: dict[str, Any], status: int, code: str
) -> None:
    said = wanted | {"id": wanted["id"].format(package=handed_in.package_id)}
    answer = handed_in.served.client.post("/api/v1/exports", json=said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_the_system_cannot_give_yet_is_told_by_the_job(handed_in: Filled) -> None:
    """No time-stamp authority is configured: nothing is proven yet."""
    client = handed_in.served.client
    ordered = client.post("/api/v1/exports", json={"id": handed_in.package_id, "as": "proof"}).json()
    job = done(client, ordered["job_id"])
    assert job["status"] == "fault"
    assert job["error"].startswith("proof.not_ready")
    assert client.get(f"{ordered['href']}/file").status_code == 409


def test_an_export_of_somebody_else_is_as_if_it_were_not_there(handed_in: Filled) -> None:
    served = handed_in.served
    export = made(served.client, id=handed_in.package_id, **{"as": "text"})
    with of_home(HOMES[served.url]) as archive:
        other = signed_in(archive, "khac.nguoi")
    with httpx2.Client(base_url=served.url, headers=other) as client:
        assert client.get("/api/v1/exports").json()["items"] == []
        for path in (export["href"], f"{export['href']}/file", f"{export['href']}/files"):
            assert client.get(path).status_code == 404


def test_a_reader_gets_copies_and_no_package_as_kept(handed_in: Filled) -> None:
    """Copies for use are a reader's, packages for handing over an archivist's; what is ordered can be followed."""
    served = handed_in.served
    with of_home(HOMES[served.url]) as archive:
        reader = signed_in(archive, "doc.gia", (Grant(Role.READER, EVERYWHERE, Label.CONFIDENTIAL),))
        public = signed_in(archive, "khach", (Grant(Role.READER, EVERYWHERE, Label.PUBLIC),))
    with httpx2.Client(base_url=served.url, headers=reader, timeout=60) as client:
        refused = client.post("/api/v1/exports", json={"id": handed_in.package_id, "as": "aip"})
        assert (refused.status_code, refused.json()["code"]) == (403, "rights.refused")
        ordered = client.post("/api/v1/exports", json={"id": f"{handed_in.package_id}/1", "as": "dip"})
        assert ordered.status_code == 202
        deadline = time.monotonic() + _SECONDS
        while not client.get(ordered.json()["href"]).json()["made"] and time.monotonic() < deadline:
            time.sleep(0.05)
        taken = [f"{ordered.json()['href']}/{part}" for part in ("file", "files")]
        assert client.get(taken[0]).content.startswith(b"PK")
        assert client.get(taken[1]).json()["items"]
        assert (
            client.put("/api/v1/authorities/fonds", content=b"", headers={"Content-Type": "text/csv"}).status_code
            == 403
        )
    with of_home(HOMES[served.url]) as archive:
        archive.rights.grant("doc.gia", Role.READER, EVERYWHERE, Label.PUBLIC, by="test")
    with httpx2.Client(base_url=served.url, headers=reader) as client:
        assert [client.get(path).status_code for path in taken] == [404, 404], "nor what was in it"
    with httpx2.Client(base_url=served.url, headers=public) as client:
        # Nobody has said yet that the dossier is open: it is as closed as can be.
        assert client.post("/api/v1/exports", json={"id": handed_in.package_id, "as": "text"}).status_code == 404


# ---------------------------------------------------------------- conversions


def test_descriptions_are_converted_as_a_job_with_report_and_workbook(handed_in: Filled) -> None:
    client = handed_in.served.client
    answer = client.post(
        "/api/v1/profile-conversions", json={"from": "02-2019", "to": "05-2025", "ids": [handed_in.package_id]}
    )
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert answer.headers["Location"] == said["job_href"]
    job = done(client, said["job_id"])
    assert (job["kind"], job["status"]) == ("conversion", "done")
    for name in ("report", "workbook"):
        book = client.get(said[name])
        assert (book.status_code, book.headers["Content-Type"]) == (200, XLSX)
        assert book.headers["ETag"] == f'"{hashlib.sha256(book.content).hexdigest()}"'
        assert openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames
    assert client.get(said["href"]).json()["status"] == "done"
    assert client.get("/api/v1/profile-conversions/nothing/report").status_code == 404


@pytest.mark.parametrize("said", [{"from": "05-2025", "to": "05-2025"}, {"from": "x", "to": "05-2025"}, {}])
def test_a_conversion_without_a_bridge_is_a_wrong_call(handed_in: Filled, said: dict[str, Any]) -> None:
    assert handed_in.served.client.post("/api/v1/profile-conversions", json=said).status_code == 400


# ---------------------------------------------------------------- authorities


def table(*rows: str) -> bytes:
    return "\n".join(("code,name,parent", *rows)).encode()


def test_a_table_is_taken_as_a_whole_only_after_the_version_that_the_caller_knows(handed_in: Filled) -> None:
    client = handed_in.served.client
    path, headers = "/api/v1/authorities/places", {"Content-Type": "text/csv"}
    before = client.get(path)
    first = client.put(path, content=table("K1,Kho 1,", "P1,Phòng 1,K1"), headers=headers, params={"name": "kho.csv"})
    assert (first.status_code, first.json()["status"], first.json()["added"]) == (200, "imported", 2)
    assert first.headers["ETag"] != before.headers["ETag"]
    stale = client.put(path, content=table("K2,Kho 2,"), headers=headers | {"If-Match": before.headers["ETag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "authority.changed")
    known = headers | {"If-Match": first.headers["ETag"]}
    again = client.put(path, content=table("K1,Kho 1,", "P1,Phòng 1,K1"), headers=known)
    assert (again.status_code, again.json()["status"]) == (200, "already")
    page = client.get(path, params={"limit": 1})
    assert page.headers["ETag"] == first.headers["ETag"]
    following = client.get(path, params={"limit": 1, "cursor": page.json()["next"]}).json()
    codes = [page.json()["items"][0]["code"], following["items"][0]["code"]]
    assert sorted(codes) == ["K1", "P1"]
    listed = {entry["kind"]: entry for entry in client.get("/api/v1/authorities").json()["items"]}
    assert listed["places"]["sha256"] == first.json()["sha256"]


def test_a_broken_table_is_refused_with_every_row_and_nothing_is_taken(handed_in: Filled) -> None:
    client = handed_in.served.client
    path = "/api/v1/authorities/fonds"
    answer = client.put(path, content=table(",Không mã,", "P2,,"), headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (422, "api.rejected")
    assert [(finding["rule"], finding["row"]) for finding in answer.json()["findings"]] == [
        ("AUT-013", 2),
        ("AUT-013", 3),
    ]
    assert client.get("/api/v1/authorities").json()["items"][1]["version"] == 0
    assert client.put(path, content=b"{}", headers={"Content-Type": "application/json"}).status_code == 415


# ---------------------------------------------------------------- templates


def test_the_workbook_to_fill_in_is_fetched_with_a_validator(handed_in: Filled) -> None:
    client = handed_in.served.client
    items = client.get("/api/v1/templates").json()["items"]
    assert [item["profile"] for item in items] == ["02-2019", "05-2025"]
    for item in items:
        book = client.get(item["href"])
        assert (book.status_code, book.headers["Content-Type"]) == (200, XLSX)
        assert "Hồ sơ" in openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames
        again = client.get(item["href"], headers={"If-None-Match": book.headers["ETag"]})
        assert again.status_code == 304, "the same template is the same file"
    assert client.get("/api/v1/templates/poem").status_code == 400


def test_a_dossier_code_names_what_is_exported(handed_in: Filled) -> None:
    assert made(handed_in.served.client, id=GOOD, **{"as": "text"})["package_id"] == handed_in.package_id
