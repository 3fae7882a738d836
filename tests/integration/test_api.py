"""The API of a living server: what was handed in over HTTP is told, found, read and checked over HTTP."""

from __future__ import annotations

import hashlib
import io
import json
import re
import socket
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.fixtures.homes import CommandLine
from tests.fixtures.pki import Corpus
from tests.fixtures.served import BAD, GOOD, ONLY_IN_THE_SCAN, Filled, Served, zipped

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ZIP = {"Content-Type": "application/zip"}


def _get(served: Served, path: str) -> httpx2.Response:
    answer = served.client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer


def _problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    said: dict[str, Any] = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code), said
    assert said["title"]
    return said


# ---------------------------------------------------------------- submissions


def test_a_submission_tells_each_dossier_with_its_findings(handed_in: Filled) -> None:
    said = handed_in.submission
    by_code = {line["file_code"]: line for line in said["dossiers"]}
    assert said["path"] == "Đợt 1"
    assert RFC3339.fullmatch(said["received_at"])
    assert (by_code[GOOD]["status"], by_code[GOOD]["already"], by_code[GOOD]["documents"]) == ("archived", False, 2)
    assert by_code[BAD]["status"] == "rejected"
    rules = {finding["rule"] for finding in by_code[BAD]["findings"] if finding["severity"] == "error"}
    assert {"READ-010", "MET-020"} <= rules
    assert str(handed_in.served.home) not in json.dumps(said)


def test_a_receipt_is_had_as_json_and_as_a_page(handed_in: Filled) -> None:
    said = handed_in.submission
    receipt = handed_in.served.client.get(said["receipt"])
    assert receipt.json()["submission_id"] == said["submission_id"]
    page = handed_in.served.client.get(said["receipt_page"])
    assert page.headers["Content-Type"].startswith("text/html")
    assert hashlib.sha256(handed_in.files["a/bao-cao.pdf"]).hexdigest() in page.text


def test_the_same_key_hands_in_once(handed_in: Filled) -> None:
    served = handed_in.served
    again = served.client.post(
        "/api/v1/submissions?name=Đợt 1.zip",
        content=zipped(handed_in.files, below="Đợt 1/"),
        headers=ZIP | {"Idempotency-Key": "first"},
    )
    assert again.status_code == 202
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["submission_id"] == handed_in.submission["submission_id"]


def test_the_same_delivery_file_by_file_is_known_already_and_its_upload_is_cleared_away(handed_in: Filled) -> None:
    served = handed_in.served
    begun = served.client.post("/api/v1/submissions", json={"name": "lần 2"})
    assert begun.status_code == 201
    upload = begun.json()
    for path, data in handed_in.files.items():
        answer = served.client.put(upload["files"] + quote(f"đợt/{path}"), content=data)
        assert (answer.status_code, answer.json()["sha256"]) == (201, hashlib.sha256(data).hexdigest())
    open_upload = served.client.get(upload["href"]).json()
    assert {file["path"] for file in open_upload["files"]} == {f"đợt/{path}" for path in handed_in.files}
    committed = served.client.post(upload["commit"])
    assert committed.status_code == 202
    assert committed.headers["Location"].startswith("/api/v1/jobs/")
    assert served.client.post(upload["commit"]).json()["submission_id"] == upload["submission_id"]
    said = served.settled(upload["submission_id"])
    line = next(line for line in said["dossiers"] if line["file_code"] == GOOD)
    assert (line["already"], line["package_id"]) == (True, handed_in.package_id)
    _problem(served.client.put(f"{upload['files']}more.pdf", content=b"x"), 409, "upload.conflict")


def test_a_tar_that_is_the_only_file_of_an_upload_is_opened_like_a_zip(handed_in: Filled) -> None:
    served = handed_in.served
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for path, data in handed_in.files.items():
            info = tarfile.TarInfo(f"./đợt 3/{path}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    upload = served.client.post("/api/v1/submissions", json={"name": "lần 3"}).json()
    assert served.client.put(upload["files"] + quote("đợt 3.tar.gz"), content=stream.getvalue()).status_code == 201
    assert served.client.post(upload["commit"]).status_code == 202
    said = served.settled(upload["submission_id"])
    line = next(line for line in said["dossiers"] if line["file_code"] == GOOD)
    assert (line["already"], line["package_id"]) == (True, handed_in.package_id)


def test_a_broken_upload_goes_on_where_it_was(served: Served) -> None:
    upload = served.client.post("/api/v1/submissions").json()
    url = f"{upload['files']}a.bin"
    data = bytes(range(256)) * 8192
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = f"PUT {url} HTTP/1.1\r\nHost: {host}:{port}\r\n{served.lines}Content-Length: {len(data)}\r\n\r\n"
        line.sendall(head.encode() + data[: 1 << 20])
    offset = _settled_offset(served, url)
    assert 0 < offset <= 1 << 20
    wrong = served.client.put(url, content=data[offset + 1 :], headers={"Upload-Offset": str(offset + 1)})
    _problem(wrong, 409, "upload.conflict")
    assert wrong.headers["Upload-Offset"] == str(offset)
    middle = offset + 1000
    part = served.client.put(
        url, content=data[offset:middle], headers={"Content-Range": f"bytes {offset}-{middle - 1}/{len(data)}"}
    )
    assert (part.status_code, part.headers["Upload-Offset"], part.json()["complete"]) == (200, str(middle), False)
    _problem(served.client.post(upload["commit"]), 409, "upload.conflict")
    rest = served.client.put(url, content=data[middle:], headers={"Upload-Offset": str(middle)})
    assert (rest.status_code, rest.json()["sha256"]) == (201, hashlib.sha256(data).hexdigest())
    assert served.client.head(url).headers["Upload-Complete"] == "?1"


def _settled_offset(served: Served, url: str) -> int:
    """The offset once the server has seen that the connection broke."""
    offset = -1
    for _ in range(200):
        answer = served.client.head(url)
        now = int(answer.headers.get("Upload-Offset", 0))
        if now == offset and now:
            return now
        offset = now
        served.client.get("/api/v1/health/live")
    return offset


@pytest.mark.parametrize(
    "path",
    ["..%2Fa", "a/..%2F..%2Fb", "%2Fetc%2Fpasswd", "a%2F%2Fb", "a%5C..%5Cb", "a%00b", "a%07b", "x" * 300, "%E2%80%AEa"],
)
def test_a_path_that_leaves_the_upload_is_refused(served: Served, path: str) -> None:
    upload = served.client.post("/api/v1/submissions").json()
    _problem(served.client.put(upload["files"] + path, content=b"x"), 400, "upload.path")


def test_a_file_is_no_folder(served: Served) -> None:
    upload = served.client.post("/api/v1/submissions").json()
    assert served.client.put(f"{upload['files']}a", content=b"x").status_code == 201
    _problem(served.client.put(f"{upload['files']}a/b", content=b"x"), 400, "upload.path")


@pytest.mark.rule("CON-002")
def test_a_hostile_zip_is_rejected_with_findings_and_leaves_nothing(served: Served) -> None:
    uploads = served.home / "work" / "uploads"
    before = set(uploads.iterdir())
    answer = served.client.post("/api/v1/submissions?lang=en", content=zipped({"../../evil": b"x"}), headers=ZIP)
    said = _problem(answer, 422, "api.rejected")
    assert [finding["rule"] for finding in said["findings"]] == ["CON-002"]
    assert "leaves the delivery" in said["findings"][0]["message"]
    assert set(uploads.iterdir()) <= before


def test_wrong_types_and_too_large_bodies_are_refused_before_they_are_read(served: Served) -> None:
    text = served.client.post("/api/v1/submissions", content=b"x", headers={"Content-Type": "text/plain"})
    _problem(text, 415, "api.media_type")
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = f"POST /api/v1/submissions HTTP/1.1\r\nHost: {host}\r\n{served.lines}Content-Type: application/zip\r\n"
        line.sendall(f"{head}Content-Length: {500 << 20}\r\n\r\n".encode())
        assert b" 413 " in line.recv(200)


def test_an_agency_that_nobody_knows_is_a_wrong_call(served: Served) -> None:
    answer = served.client.post("/api/v1/submissions?agency=H49.46", content=zipped({"a": b"x"}), headers=ZIP)
    assert "H49.46" in _problem(answer, 400, "api.invalid")["detail"]


def test_three_hundred_megabytes_stream_through_flat_memory(served: Served) -> None:
    upload = served.client.post("/api/v1/submissions").json()
    piece = bytes(1 << 20)
    before = _peak_mib(served.pid)
    answer = served.client.put(f"{upload['files']}big.bin", content=(piece for _ in range(300)))
    assert answer.json()["bytes"] == 300 << 20
    assert _peak_mib(served.pid) - before < 60
    (served.home / "work" / "uploads" / upload["submission_id"] / "files" / "big.bin").unlink()


def _peak_mib(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - a file of the kernel
        return next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM"))


def test_submissions_and_jobs_are_paged_by_cursor_without_gap_or_double(handed_in: Filled) -> None:
    served = handed_in.served
    served.client.post("/api/v1/submissions", content=zipped({"x.txt": b"no list"}), headers=ZIP)
    for noun, key in (("submissions", "submission_id"), ("jobs", "job_id")):
        whole = [item[key] for item in _get(served, f"{noun}?limit=200").json()["items"]]
        paged: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            said = _get(served, f"{noun}?limit=1" + (f"&cursor={cursor}" if cursor else "")).json()
            paged += [item[key] for item in said["items"]]
            cursor = said["next"]
        assert paged == whole
        assert len(whole) >= 2
    for bad in ("x", "WyIxIl0", "WzFd", "bnVsbA"):
        _problem(served.client.get(f"/api/v1/jobs?cursor={bad}"), 400, "api.invalid")


def test_a_job_has_an_etag_and_only_a_fault_can_be_retried(handed_in: Filled) -> None:
    served = handed_in.served
    job = handed_in.submission["jobs"][0]
    answer = served.client.get(job["href"])
    assert answer.json()["status"] == "done"
    again = served.client.get(job["href"], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    _problem(served.client.post(f"{job['href']}/retry"), 409, "api.conflict")
    _problem(served.client.post("/api/v1/jobs/none/retry"), 404, "archive.not_found")


def test_what_awaits_nobody_cannot_be_approved_or_returned(handed_in: Filled) -> None:
    href = handed_in.submission["href"]
    _problem(handed_in.served.client.post(f"{href}/approval"), 400, "archive.usage")
    _problem(handed_in.served.client.post(f"{href}/return", json={"reason": "x"}), 400, "archive.usage")
    _problem(handed_in.served.client.post(f"{href}/return", json={}), 400, "api.invalid")


# ---------------------------------------------------------------- what is held


def test_an_original_comes_back_byte_for_byte_whole_and_in_pieces(handed_in: Filled) -> None:
    served, original = handed_in.served, handed_in.files["a/tờ trình số 47.pdf"]
    document = _get(served, f"documents/{handed_in.package_id}/1").json()
    file = next(file for file in document["files"] if file["representation"] == "rep1")
    whole = served.client.get(file["href"])
    assert whole.content == original
    assert whole.headers["ETag"] == f'"{hashlib.sha256(original).hexdigest()}"'
    assert quote("tờ trình số 47.pdf") in whole.headers["Content-Disposition"]
    pieces = b"".join(
        served.client.get(file["href"], headers={"Range": f"bytes={start}-{start + 99_999}"}).content
        for start in range(0, len(original), 100_000)
    )
    assert pieces == original
    head = served.client.head(file["href"])
    assert (head.headers["Content-Length"], head.content) == (str(len(original)), b"")
    rendition = next(file for file in document["files"] if file["representation"] == "rep2")
    assert served.client.get(rendition["href"]).content.startswith(b"%PDF")
    _problem(served.client.get(f"/api/v1/documents/{handed_in.package_id}/1/files/none"), 404, "archive.not_found")


def test_dossiers_and_documents_are_found_by_code_and_by_identifier(handed_in: Filled) -> None:
    served = handed_in.served
    (row,) = _get(served, f"dossiers?file_code={GOOD}").json()["items"]
    assert row["package_id"] == handed_in.package_id
    assert _get(served, "dossiers?file_code=none").json()["items"] == []
    answer = served.client.get(row["href"])
    assert [document["ordinal"] for document in answer.json()["documents"]] == [1, 2]
    assert served.client.get(row["href"], headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    (place,) = _get(served, f"documents?code={GOOD}/2").json()["items"]
    assert place == {
        "package_id": handed_in.package_id,
        "ordinal": 2,
        "href": f"/api/v1/documents/{handed_in.package_id}/2",
    }
    for missing in (f"documents/{handed_in.package_id}/9", "documents/none/1", "dossiers/none"):
        _problem(served.client.get(f"/api/v1/{missing}"), 404, "archive.not_found")


def test_a_word_that_stands_only_in_a_scan_is_found_with_its_place_on_the_page(handed_in: Filled) -> None:
    served = handed_in.served
    said = _get(served, f"search?q={ONLY_IN_THE_SCAN}").json()
    hit = said["items"][0]
    assert (hit["package_id"], hit["ordinal"], hit["page"]) == (handed_in.package_id, 1, 1)
    assert "<em>" in hit["snippet"]
    page = _get(served, f"documents/{handed_in.package_id}/1/pages/1/text?q={ONLY_IN_THE_SCAN}").json()
    assert page["source"] == "ocr"
    assert [found["text"].lower() for found in page["hits"]][:2] == ["ẩm", "mốc"]
    boxes = [box for found in page["hits"] for box in found["boxes"]]
    assert boxes
    assert all(0 <= left < right <= 1 and 0 <= top < bottom <= 1 for left, top, right, bottom in boxes)
    marked = _get(served, f"documents/{handed_in.package_id}/1/hits?q={ONLY_IN_THE_SCAN}").json()["items"]
    assert [entry["page"] for entry in marked] == [1]
    _problem(served.client.get(f"/api/v1/documents/{handed_in.package_id}/1/pages/99/text"), 404, "archive.not_found")


def test_search_pages_by_cursor_and_takes_the_options_of_the_command_line(handed_in: Filled) -> None:
    served = handed_in.served
    first = _get(served, f"search?limit=1&sort=date&field=file_code={GOOD}").json()
    assert first["total"] == 2
    second = _get(served, f"search?limit=1&sort=date&field=file_code={GOOD}&cursor={first['next']}").json()
    assert second["next"] is None
    assert {hit["ordinal"] for hit in (*first["items"], *second["items"])} == {1, 2}
    assert _get(served, f"search?from=2021-04-01&to=2021-04-30&field=file_code={GOOD}").json()["total"] == 1
    assert _get(served, f"search?field=file_code={GOOD}").json()["total"] == 2
    assert _get(served, 'search?q="mở ngoặc').json()["notes"]
    for bad in ("field=x", "sort=none", "from=31-12-2021", "limit=0"):
        _problem(served.client.get(f"/api/v1/search?{bad}"), 400, "api.invalid")


def test_a_search_counts_facets_and_says_why_each_document_stands_there(handed_in: Filled) -> None:
    served = handed_in.served
    mine = f"field=file_code={GOOD}"
    said = _get(served, f"search?{mine}&facet=year&facet=agency&limit=1").json()
    assert [facet["name"] for facet in said["facets"]] == ["year", "agency"]
    for facet in said["facets"]:
        assert sum(value["documents"] for value in facet["values"]) == said["total"] == 2
    assert said["facets"][0]["label"] == "Năm ban hành"
    year = said["facets"][0]["values"][0]["value"]
    chosen = _get(served, f"search?{mine}&chosen=year={year}&chosen=year=1066&facet=year").json()
    assert chosen["facets"][0] == said["facets"][0], "its own values do not narrow it"
    assert all(hit["issued"].startswith(year) for hit in chosen["items"])
    assert _get(served, f"search?{mine}&chosen=year=1066").json()["total"] == 0
    first = _get(served, f"search?{mine}&q={ONLY_IN_THE_SCAN}&explain=true").json()["items"][0]
    assert first["why"]
    assert sum(reason["score"] for reason in first["why"]) == pytest.approx(first["score"], abs=0.01)
    assert all(reason["message"] for reason in first["why"])
    assert "why" not in said["items"][0]


def test_a_list_that_is_too_long_for_offsets_points_to_the_cursor(handed_in: Filled) -> None:
    served = handed_in.served
    told = _problem(served.client.get("/api/v1/search?offset=10001"), 400, "api.invalid")
    assert "cursor" in told["detail"]
    cursor = _get(served, f"search?limit=1&sort=date&field=file_code={GOOD}").json()["next"]
    for other in (f"sort=date&cursor={cursor}x", f"sort=title&cursor={cursor}", f"sort=date&q=x&cursor={cursor}"):
        _problem(served.client.get(f"/api/v1/search?field=file_code={GOOD}&{other}"), 400, "search.request")
    _problem(served.client.get("/api/v1/search?facet=colour"), 400, "search.request")
    _problem(served.client.get("/api/v1/search?chosen=year"), 400, "api.invalid")


def test_signatures_fixity_and_agencies_are_told(handed_in: Filled) -> None:
    served, package = handed_in.served, handed_in.package_id
    assert _get(served, f"signatures?package_id={package}&ordinal=1").json()["items"] == []
    judged = served.client.post("/api/v1/signatures", json={"package_id": package, "ordinal": 2})
    assert judged.json()["items"] == []
    for body in ({"ids": [package]}, {"sample": 1}):
        checked = served.client.post("/api/v1/fixity-checks", json=body)
        assert checked.status_code == 201
        (report,) = checked.json()["items"]
        assert (report["ok"], report["findings"]) == (True, [])
        assert "sample" in body or report["package_id"] == package
    _problem(served.client.post("/api/v1/fixity-checks", json={"ids": ["/etc/passwd"]}), 400, "api.invalid")
    nobodys = {"ids": ["00000000-0000-4000-8000-00000000dead"]}
    _problem(served.client.post("/api/v1/fixity-checks", json=nobodys), 404, "archive.not_found")
    assert "H49.64" in [row["code"] for row in _get(served, "agencies").json()["items"]]


def test_health_and_the_schema_are_told(served: Served, tmp_path: Path, corpus: Corpus) -> None:
    assert _get(served, "health/live").json() == {"status": "ok"}
    (tmp_path / "root.der").write_bytes(corpus.pki.root.der)
    CommandLine(served.home).json("trust", "add", tmp_path / "root.der")
    checks = _get(served, "health/ready").json()["checks"]
    assert {name: check["status"] for name, check in checks.items()} == dict.fromkeys(
        ("database", "storage", "index", "trust"), "ok"
    )
    schema = _get(served, "openapi.json").json()
    assert "/api/v1/submissions" in schema["paths"]


# ---------------------------------------------------------------- manners


def test_problems_speak_the_language_of_the_caller(served: Served) -> None:
    titles = {
        _problem(
            served.client.get("/api/v1/jobs/none", headers={"Accept-Language": language}), 404, "archive.not_found"
        )["title"]
        for language in ("vi", "en-GB,en;q=0.9", "fr")
    }
    assert titles == {"Không tìm thấy", "Not found"}
    _problem(served.client.get("/api/v1/none"), 404, "api.not_found")
    _problem(served.client.put("/api/v1/jobs"), 405, "api.method")


def test_foreign_hosts_and_foreign_pages_are_refused(served: Served) -> None:
    _problem(served.client.get("/api/v1/jobs", headers={"Host": "evil.example"}), 403, "api.forbidden")
    _problem(served.client.get("/", headers={"Host": "evil.example:80"}), 403, "api.forbidden")
    foreign = served.client.post("/api/v1/submissions", headers={"Origin": "http://evil.example"})
    _problem(foreign, 403, "api.forbidden")
    page = served.client.get("/")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
