"""Lists and minutes over HTTP, below the dossier or the submission that they are of."""

from __future__ import annotations

import hashlib
import io

import openpyxl
import pytest

from tests.fixtures.served import GOOD, Filled

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_a_dossiers_list_of_documents_is_pdfa_or_a_workbook(handed_in: Filled) -> None:
    client, package_id = handed_in.served.client, handed_in.package_id
    paper = client.get(f"/api/v1/dossiers/{package_id}/lists/documents")
    assert (paper.status_code, paper.headers["Content-Type"]) == (200, "application/pdf")
    assert paper.content.startswith(b"%PDF-")
    assert paper.headers["ETag"] == f'"{hashlib.sha256(paper.content).hexdigest()}"'
    assert 'filename="muc-luc-van-ban.pdf"' in paper.headers["Content-Disposition"]
    book = client.get(f"/api/v1/dossiers/{package_id}/lists/documents", params={"format": "xlsx"})
    assert (book.status_code, book.headers["Content-Type"]) == (200, XLSX)
    rows = list(openpyxl.load_workbook(io.BytesIO(book.content))[GOOD].iter_rows(values_only=True))
    assert [row[2] for row in rows if row[0] in {"1", "2"}] == ["02/03/2021", "05/04/2021"]


def test_a_submission_has_its_list_of_dossiers_and_its_minutes(handed_in: Filled) -> None:
    client, submission_id = handed_in.served.client, handed_in.submission["submission_id"]
    listed = client.get(f"/api/v1/submissions/{submission_id}/lists/dossiers", params={"format": "xlsx"})
    rows = list(openpyxl.load_workbook(io.BytesIO(listed.content))["Mục lục hồ sơ"].iter_rows(values_only=True))
    assert [row[1] for row in rows if row[0] == "1"] == [GOOD]
    told = {"format": "xlsx", "basis": "Kế hoạch số 9"}
    minutes = client.get(f"/api/v1/submissions/{submission_id}/lists/minutes", params=told)
    lines = [
        row[0] for row in openpyxl.load_workbook(io.BytesIO(minutes.content))["Biên bản"].iter_rows(values_only=True)
    ]
    assert "Căn cứ Kế hoạch số 9," in lines


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("dossiers/nothing/lists/documents", 404),
        ("submissions/nothing/lists/dossiers", 404),
        ("submissions/{package_id}/lists/minutes", 404),
        ("dossiers/{package_id}/lists/documents?format=doc", 400),
    ],
)
def test_what_is_not_there_and_what_is_no_form_are_problems(handed_in: Filled, path: str, status: int) -> None:
    answer = handed_in.served.client.get(f"/api/v1/{path.format(package_id=handed_in.package_id)}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
