"""Where something stands in a message: the line of the XML, told as a line; a row is one of a spreadsheet."""

from __future__ import annotations

import pytest

from metadata.findings import Finding
from metadata.rules import as_json
from metadata.validation import check_delivery
from tests.generators.edxml import V2, File, Letter, message
from tests.unit.readers_edxml.conftest import Post, Read


def told(read: Read) -> dict[str, Finding]:
    (code,) = (dossier.file_code for dossier in read.delivery.dossiers)
    return {finding.rule: finding for finding in check_delivery(read.delivery)[code]}


def test_no_finding_of_a_message_has_a_row(post: Post) -> None:
    files = (File("x.pdf", b"", encoded="@@@@"),)
    graded = "\n<edXML:BussinessDocType>9</edXML:BussinessDocType>"
    found = told(post.one(message(Letter(files=files, day="2026-02-30", more=graded))))
    assert {"EDX-010", "MET-020"} <= found.keys()
    assert [finding.rule for finding in found.values() if "row" in as_json(finding, "vi")] == []
    assert "“cv.edxml” (dòng 3)" in as_json(found["EDX-010"], "vi")["message"]
    assert "“cv.edxml” (line 3)" in as_json(found["EDX-010"], "en")["message"]
    assert found["MET-020"].column == "MessageHeader/PromulgationInfo/PromulgationDate:2 (EDM-005)"


@pytest.mark.rule("SEC-001")
def test_a_grade_is_told_with_its_element_and_line(post: Post) -> None:
    found = told(post.one(message(Letter(more="\n<edXML:SecurityLevel>2</edXML:SecurityLevel>"))))["SEC-001"]
    assert (found.row, found.file, found.column) == (None, "cv.edxml", "SecurityLevel:3")


@pytest.mark.parametrize(
    ("data", "rule"), [(f"<edXML xmlns='{V2}'><a>".encode(), "EDX-001"), (b"<!DOCTYPE edXML><edXML/>", "EDX-002")]
)
def test_of_a_message_that_cannot_be_read_only_that_is_told(data: bytes, rule: str, post: Post) -> None:
    """MET-036 and MET-004 would name a list that there is not."""
    found = told(post.one(data))
    assert rule in found
    assert not {"MET-036", "MET-004"} & found.keys()
