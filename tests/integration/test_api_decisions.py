"""Where a second person approves: what waits goes on, or back, through the API and through the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from archive.demo.drawing import digital_pdf
from archive.demo.papers import Make
from tests.fixtures.served import Served, client_of, paper, start, stop, zipped
from tests.generators.people import SECOND

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("strict") / "home"
    process, url = start(home, LUUTRU_INTAKE__APPROVAL="separate")
    with client_of(home, url) as client:
        yield Served(url, home, process.pid, client)
    stop(process)


@pytest.fixture(scope="module")
def second(strict: Served) -> Iterator[httpx2.Client]:
    """The second person."""
    with client_of(strict.home, strict.url, SECOND) as client:
        yield client


def _hand_in(strict: Served, number: int) -> dict[str, Any]:
    one = paper(Make.DIGITAL, "BC-ĐC")
    pdf = digital_pdf(one.model_copy(update={"pages": one.pages[:1], "number": str(number)}))
    sheet = io.StringIO()
    csv.writer(sheet).writerows(
        [
            (
                "Mã hồ sơ",
                "Tiêu đề hồ sơ",
                "Thời gian bắt đầu",
                "Thời gian kết thúc",
                "Trích yếu nội dung",
                "Đường dẫn file",
            ),
            (f"H49.64.2022.{number}", "Hồ sơ thử", "01/01/2022", "31/12/2022", "Báo cáo", "a.pdf"),
        ]
    )
    answer = strict.client.post(
        "/api/v1/submissions",
        content=zipped({"muc-luc.csv": sheet.getvalue().encode("utf-8-sig"), "a.pdf": pdf}),
        headers={"Content-Type": "application/zip"},
    )
    assert answer.status_code == 202, answer.text
    said = strict.settled(answer.json()["submission_id"])
    assert [line["status"] for line in said["dossiers"]] == ["awaiting_approval"], said
    return said


def test_what_is_approved_over_the_api_is_archived(strict: Served, second: httpx2.Client) -> None:
    said = _hand_in(strict, 1)
    assert "Duyệt lưu trữ" in second.get(f"/deliveries/{said['submission_id']}").text
    assert "chờ duyệt" in second.get("/").text
    answer = second.post(f"{said['href']}/approval")
    assert answer.status_code == 202
    assert answer.headers["Location"] == said["jobs"][0]["href"]
    (line,) = strict.settled(said["submission_id"])["dossiers"]
    assert line["status"] == "archived"


def test_what_is_returned_on_the_page_goes_back_with_its_reason(strict: Served, second: httpx2.Client) -> None:
    said = _hand_in(strict, 2)
    page = f"/deliveries/{said['submission_id']}"
    assert second.post(f"{page}/return", data={"reason": " "}).status_code == 400
    answer = second.post(f"{page}/return", data={"reason": "Thiếu trang 2 & 3"})
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    (line,) = strict.settled(said["submission_id"])["dossiers"]
    assert (line["status"], line["package_id"]) == ("returned", None)
    shown = strict.client.get(page).text
    assert "Thiếu trang 2 &amp; 3" in shown
    assert "Đã trả lại" in shown
