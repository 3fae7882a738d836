"""`luutru signatures validate` with `--at`, `--report` and `--page`: files and what is held, in real workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.fixtures.homes import GOOD, Filled, made_home
from tests.fixtures.xml_signing import MADE
from tests.generators.deliveries import PaperMill, row, write_sheet

pytestmark = pytest.mark.xdist_group("cli-home")

VR = {"vr": "http://uri.etsi.org/19102/v1.4.1#"}


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    folder = tmp_path / "goc"
    folder.mkdir()
    (folder / "root.der").write_bytes((MADE / "root.der").read_bytes())
    return folder


def test_one_report_and_one_page_hold_files_and_what_is_held(
    filled: Filled, report_schema: etree.XMLSchema, tmp_path: Path
) -> None:
    report, page = tmp_path / "bao-cao.xml", tmp_path / "ket-qua.html"
    subjects = (MADE / "dss-lta-enveloped.xml", MADE / "van-ban.xml", f"{GOOD}.002")
    lines = filled.command.json("signatures", "validate", *subjects, "--report", report, "--page", page)
    assert [line["signature"] is None for line in lines[:2]] == [False, True]
    root: Any = etree.parse(report)
    report_schema.assertValid(root)
    names = [n.text for n in root.findall(".//vr:DAIdentifier", VR)]
    assert len(names) == sum(line["signature"] is not None for line in lines)
    text = page.read_text(encoding="utf-8")
    assert "Kết quả kiểm tra chữ ký số" in text
    assert "Tệp không có chữ ký số." in text


def test_a_time_can_be_given_and_stands_in_the_verdict(filled: Filled, anchors: Path) -> None:
    call = ("signatures", "validate", MADE / "dss-lta-enveloped.xml", "--trust", anchors, "--at")
    (then,) = filled.command.json(*call, "2026-12-01T07:00:00+07:00")
    (later,) = filled.command.json(*call, "2041-01-01T00:00:00Z")
    assert (then["indication"], then["judged_at"], then["plain"]) == (
        "TOTAL_PASSED",
        "2026-12-01T00:00:00.000Z",
        "valid",
    )
    assert (later["indication"], later["judged_at"]) == ("INDETERMINATE", "2041-01-01T00:00:00.000Z")
    assert later["would_help"]


def test_a_wrong_time_is_a_wrong_call(filled: Filled) -> None:
    for time in ("hôm nay", "2031-01-01", "2031-01-01T00:00:00"):
        answer = filled.command.run("signatures", "validate", MADE / "poi.docx", "--at", time)
        assert answer.code == 2
        assert time in answer.err


def test_a_report_on_nothing_signed_is_not_written(filled: Filled, tmp_path: Path) -> None:
    report = tmp_path / "bao-cao.xml"
    answer = filled.command.run("signatures", "validate", MADE / "van-ban.xml", "--report", report)
    assert answer.code == 0
    assert not report.exists()
    assert str(report) in answer.err


def test_signed_office_files_are_archived_with_their_verdict_and_replay_equal(tmp_path: Path, mill: PaperMill) -> None:
    """From intake to replay: facts of a package are kept like those of a PDF."""
    command = made_home(tmp_path / "home", mill)
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    (delivery / "bao-cao.docx").write_bytes((MADE / "poi.docx").read_bytes())
    write_sheet(delivery / "muc-luc.xlsx", [row("H49.64.2026.00078", 1, 7, 1, 1, "bao-cao.docx")])
    (answer,) = command.json("ingest", delivery)
    assert answer["status"] == "archived", answer
    (document,) = command.json("show", f"{answer['package_id']}/1")
    (kept,) = document["verdicts"]
    assert (kept["field"], kept["signer"]) == ("_xmlsignatures/sig1.xml", "Nguyễn Văn Minh")
    assert (kept["indication"], kept["subindication"]) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    (replayed,) = command.json("signatures", "replay", f"{answer['package_id']}/1")
    assert replayed["same"] is True, replayed
