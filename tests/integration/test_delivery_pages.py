"""Pages of deliveries on a real server, without scripts: a form hands in, corrects, hands in again; hostile names."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import zipfile
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest

from metadata.corrections import read_corrections
from tests.fixtures.served import Served, client_of, sample_files, zipped
from tests.generators.people import SECOND, WORKER

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

SHEET = "muc-luc.csv"
_HEADINGS = (
    "Mã hồ sơ",
    "Tiêu đề hồ sơ",
    "Thời gian bắt đầu",
    "Thời gian kết thúc",
    "Số thứ tự văn bản trong hồ sơ",
    "Trích yếu nội dung",
    "Ngày văn bản",
    "Đường dẫn file",
)


def _files(code: str, subject: str = "Thông báo", day: str = "31/02/2021") -> dict[str, bytes]:
    """One dossier: a day that does not exist, and a file that is not there."""
    title = ("Hồ sơ nộp bằng trình duyệt", "01/01/2021", "31/12/2021")
    rows = [
        (code, *title, 1, subject, day, "a/1.pdf"),
        (code, *title, 2, "Văn bản thất lạc", "05/04/2021", "a/2.pdf"),
    ]
    sheet = io.StringIO()
    csv.writer(sheet).writerows([_HEADINGS, *rows])
    digital = sample_files()["a/bao-cao.pdf"]
    return {SHEET: sheet.getvalue().encode("utf-8-sig"), "a/1.pdf": digital + code.encode()}


def _form(files: dict[str, bytes], below: str) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("folder", (f"{below}/{name}", data, "application/octet-stream")) for name, data in files.items()]


def _handed_in(served: Served, files: dict[str, bytes], below: str) -> dict[str, Any]:
    answer = served.client.post("/deliveries", files=_form(files, below))
    assert answer.status_code == 303, answer.text
    return served.settled(answer.headers["Location"].rsplit("/", 1)[-1])


def _kept(served: Served) -> set[str]:
    return {path.name for path in (served.home / "work" / "uploads").iterdir()}


def test_a_form_without_scripts_hands_in_a_folder(served: Served) -> None:
    said = _handed_in(served, _files("H49.64.33.2061.01"), "đợt không mã lệnh")
    assert said["path"] == "đợt không mã lệnh"
    (line,) = said["dossiers"]
    assert (line["file_code"], line["status"]) == ("H49.64.33.2061.01", "rejected")
    page = served.client.get(f"/deliveries/{said['submission_id']}").text
    assert "READ-010" in page
    assert f'href="/deliveries/{said["submission_id"]}/correction"' in page
    assert 'http-equiv="refresh"' not in page


def test_a_form_with_nothing_in_it_or_broken_leaves_nothing(served: Served) -> None:
    before = _kept(served)
    empty = served.client.post("/deliveries", files=[("folder", ("", b"", "application/octet-stream"))])
    assert empty.status_code == 400
    hostile = served.client.post("/deliveries", files=[("files", ("../../evil.pdf", b"x", "application/pdf"))])
    assert hostile.status_code == 400
    cut = served.client.post(
        "/deliveries",
        content=b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\nhalf',
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert cut.status_code == 400
    for answer in (empty, hostile, cut):
        assert "Traceback" not in answer.text
        assert str(served.home) not in answer.text
    assert _kept(served) <= before, "what others left may be cleared away meanwhile"


def test_what_is_wrong_is_corrected_in_place_and_the_files_are_not_sent_again(served: Served) -> None:
    code = "H49.64.33.2061.02"
    files = _files(code)
    said = _handed_in(served, files, "sửa tại chỗ")
    href = f"/deliveries/{said['submission_id']}/correction"
    page = served.client.get(href).text
    number = next(at for at, place in _places(page).items() if place == [SHEET, None, 2, "Ngày văn bản"])
    assert f'name="value:{number}" value="31/02/2021"' in page
    fields = {f"place:{number}": _hidden(page, f"place:{number}"), f"was:{number}": "31/02/2021"}
    fields |= {f"value:{number}": "28/02/2021", "reason": "gõ nhầm ngày"}
    later = {"file:a/2.pdf": ("2.pdf", files["a/1.pdf"] + b"2", "application/pdf")}
    answer = served.client.post(href, data=fields, files=later)
    assert answer.status_code == 303, answer.text
    again = served.settled(answer.headers["Location"].rsplit("/", 1)[-1])
    (line,) = again["dossiers"]
    assert line["status"] == "archived", line
    told = [finding for finding in line["findings"] if finding["rule"] == "READ-060"]
    assert len(told) == 1
    assert again["corrects"] == said["submission_id"]
    assert served.client.get(said["href"]).json()["superseded_by"] == again["submission_id"]
    _check_package(served, line["package_id"], files[SHEET])
    after = served.client.get(f"/deliveries/{again['submission_id']}").text
    assert "gõ nhầm ngày" in after
    assert served.client.get(href).status_code == 404
    assert served.client.post(href, data=fields, files=later).status_code == 404


def _places(page: str) -> dict[int, Any]:
    found = re.findall(r'name="place:(\d+)" value="([^"]*)"', page)
    return {int(number): json.loads(value.replace("&#34;", '"')) for number, value in found}


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1].replace("&#34;", '"')


def _check_package(served: Served, package_id: str, sheet: bytes) -> None:
    """The list is kept as it was delivered, the corrections beside it; the day that counts is the corrected one."""
    document = served.client.get(f"/api/v1/documents/{package_id}/1").json()
    assert document["metadata"]["issued_date"]["value"] == "2021-02-28"
    stored = [path.read_bytes() for path in (served.home / "storage").rglob("*") if path.is_file()]
    assert sheet in stored
    files = [data for data in stored if data.startswith(b'{\n "corrections": [')]
    (kept,) = [data for data in files if "gõ nhầm ngày".encode() in data]
    (correction,) = read_corrections(kept).corrections
    assert (correction.value, correction.reason, correction.by) == ("28/02/2021", "gõ nhầm ngày", WORKER)


def test_a_list_that_is_sent_again_takes_the_place_of_the_first(served: Served) -> None:
    code = "H49.64.33.2061.03"
    said = _handed_in(served, _files(code), "gửi lại bảng kê")
    corrected = _files(code, day="28/02/2021")[SHEET].replace(b"a/2.pdf", b"a/1.pdf")
    href = f"/deliveries/{said['submission_id']}/correction"
    answer = served.client.post(
        href, data={"reason": "sửa bảng"}, files={f"file:{SHEET}": ("bảng mới.csv", corrected, "text/csv")}
    )
    again = served.settled(answer.headers["Location"].rsplit("/", 1)[-1])
    rules = {finding["rule"] for finding in again["dossiers"][0]["findings"]}
    assert "READ-010" not in rules
    assert "READ-012" in rules


def test_a_zip_is_corrected_beside_and_stays_as_it_is(served: Served) -> None:
    code = "H49.64.33.2061.04"
    files = _files(code)
    packed = zipped(files, "đợt/")
    opened = served.client.post("/api/v1/submissions", json={"name": "gói"}).json()
    served.client.put(f"{opened['files']}gói.zip", content=packed)
    said = served.settled(served.client.post(opened["commit"]).json()["submission_id"])
    body = {
        "corrections": [{"file": SHEET, "row": 2, "column": "Ngày văn bản", "value": "28/02/2021"}],
        "reason": "nhầm",
    }
    again = served.client.post(f"{said['href']}/resubmission", json=body)
    assert again.status_code == 201, again.text
    assert served.client.put(f"{again.json()['files']}a/2.pdf", content=files["a/1.pdf"] + b"2").status_code == 201
    later = served.settled(served.client.post(again.json()["commit"]).json()["submission_id"])
    (line,) = later["dossiers"]
    assert line["status"] == "archived", line
    assert {"CON-025", "READ-060"} <= {finding["rule"] for finding in line["findings"]}
    receipt = served.client.get(later["receipt"]).json()
    assert receipt["containers"][0]["name"] == "gói.zip"


def test_a_kept_file_that_changed_meanwhile_is_noticed(served: Served) -> None:
    said = _handed_in(served, _files("H49.64.33.2061.05"), "hỏng khi giữ")
    root = served.home / "work" / "uploads" / said["submission_id"]
    kept = next(root.rglob("1.pdf"))
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    again = served.client.post(f"{said['href']}/resubmission", json={}).json()
    later = served.settled(served.client.post(again["commit"]).json()["submission_id"])
    assert "ING-005" in {finding["rule"] for finding in later["dossiers"][0]["findings"]}


HTML = '<img src=x onerror="alert(1)">'


def test_what_looks_like_a_tag_or_a_formula_is_text_everywhere(served: Served) -> None:
    formula = '=HYPERLINK("http://evil.example";"x")'
    files = _files("H49.64.33.2061.06", subject=HTML, day=formula)
    files[f"a/{HTML.replace('/', '')}.pdf"] = b"%PDF stray"
    said = _handed_in(served, files, "<b>đợt</b>")
    for path in ("", "/correction"):
        page = served.client.get(f"/deliveries/{said['submission_id']}{path}").text
        assert "<img src=x" not in page
        assert "<b>đợt" not in page
    assert "<b>đợt" not in served.client.get("/deliveries").text
    answer = served.client.get(f"/api/v1/submissions/{said['submission_id']}/findings.xlsx")
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [cell for line in book.active for cell in line if cell.value is not None]  # type: ignore[union-attr]
    assert any(cell.value == formula for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    headings = [cell.value for cell in list(book.active)[1]]  # type: ignore[arg-type]
    assert headings[0] == "Mã hồ sơ"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


def test_an_upload_of_another_person_is_not_there(served: Served) -> None:
    with client_of(served.home, served.url, SECOND) as second:
        upload = served.client.post("/api/v1/submissions", json={"name": "của tôi", "fingerprint": "a" * 64}).json()
        served.client.put(f"{upload['files']}a.pdf", content=b"x")
        calls = [
            second.get(upload["href"]),
            second.delete(upload["href"]),
            second.put(f"{upload['files']}b.pdf", content=b"y"),
            second.head(f"{upload['files']}a.pdf"),
            second.post(upload["commit"]),
            second.post(upload["uploads"], headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1"}),
            second.post(f"/deliveries/uploads/{upload['submission_id']}/discard"),
        ]
        assert [answer.status_code for answer in calls] == [404] * len(calls)
        other = second.post("/api/v1/submissions", json={"name": "của tôi", "fingerprint": "a" * 64}).json()
        assert other["submission_id"] != upload["submission_id"]
        assert "của tôi" in second.get("/deliveries").text
        second.delete(other["href"])
        assert "của tôi" not in second.get("/deliveries").text
    assert [file["path"] for file in served.client.get(upload["href"]).json()["files"]] == ["a.pdf"]
    assert "của tôi" in served.client.get("/deliveries").text


def test_a_long_query_and_a_slow_body_are_refused(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 20) as line:
        head = f"GET /deliveries?before={'x' * (10 << 20)} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n"
        try:
            line.sendall(head.encode())
            answer = line.recv(200)
        except (ConnectionResetError, BrokenPipeError):
            answer = b""
    assert b" 200 " not in answer
    assert served.client.get(f"/deliveries?before={'x' * 2000}").status_code == 400
    assert served.client.get("/api/v1/health/live").status_code == 200


def test_corrections_that_nobody_found_wrong_are_refused_by_the_api(served: Served) -> None:
    said = _handed_in(served, _files("H49.64.33.2061.07"), "sửa bậy")
    bodies: list[tuple[dict[str, Any], int]] = [
        ({"corrections": [{"file": SHEET, "row": 9, "column": "x", "value": "1"}], "reason": "r"}, 400),
        ({"corrections": [{"file": SHEET, "row": 2, "column": "Ngày văn bản", "value": "1"}]}, 400),
        ({"corrections": [{"file": "../x", "row": 0, "column": "x", "value": "1"}]}, 400),
        ({"corrections": "x"}, 400),
    ]
    for body, status in bodies:
        answer: httpx2.Response = served.client.post(f"{said['href']}/resubmission", json=body)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), body
    unknown = "/api/v1/submissions/00000000-0000-0000-0000-000000000000/resubmission"
    assert served.client.post(unknown, json={}).status_code == 404


def test_a_receipt_can_be_printed(served: Served) -> None:
    said = _handed_in(served, _files("H49.64.33.2061.08"), "biên nhận")
    page = served.client.get(said["receipt_page"])
    assert "@media print" in page.text or "@page" in page.text
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    assert Path(said["path"]).name in page.text or said["submission_id"] in page.text
