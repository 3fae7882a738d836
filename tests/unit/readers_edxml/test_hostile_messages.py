"""Messages that are damaged, dangerous, or none at all: each its finding, none a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.containers import Containers
from ingest.readers.edxml.laying import Laid
from ingest.readers.edxml.opening import Opener
from tests.fakes.workers import InlineWorkers
from tests.generators.edxml import BKAV, PLAIN, V2, File, Letter, message
from tests.unit.readers_edxml.conftest import Post

BOMB = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.rule("EDX-001")
@pytest.mark.parametrize(
    "data",
    [
        message()[:-40],
        message().replace(b"</edXML:Code>", b"", 1),
        b"<edXML:edXML><edXML:MessageHeader/></edXML:edXML>",
        b"",
        message().replace(b'encoding="utf-8"', b'encoding="x-la"'),
        message().replace(b"</ContentTransferEncoded>", b"<a/></ContentTransferEncoded>"),
    ],
    ids=["cut off", "unbalanced", "prefix without namespace", "empty", "unknown encoding", "element in content"],
)
def test_a_damaged_message_is_refused_and_the_others_are_read(data: bytes, post: Post) -> None:
    read = post.read({"hong.edxml": data, "tot.edxml": message(Letter(number="16"))})
    assert read.finding("EDX-001").subject == "hong.edxml"
    assert [dossier.sources for dossier in read.delivery.dossiers] == [("hong.edxml",), ("tot.edxml",)]
    assert read.delivery.dossier_findings["H99.01.2026.16-SVD-VP"][0].rule == "EDX-030"


@pytest.mark.rule("EDX-002")
@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE x [<!ENTITY b0 "bom">{BOMB}]>',
        '<!DOCTYPE x [<!ENTITY t SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
    ids=["bomb", "file", "network"],
)
def test_a_doctype_ends_the_reading(doctype: str, post: Post) -> None:
    data = message(Letter(doctype=doctype, subject="trich yeu")).replace(b"trich yeu", b"&b11;")
    assert "DOCTYPE" in post.one(data).finding("EDX-002").values["detail"]


@pytest.mark.rule("EDX-003")
def test_what_is_no_message_is_told_where_no_list_names_it(post: Post) -> None:
    read = post.read({"cv.edxml": message(), "la.edxml": b"<khac/>", "ghi-chu.pdf": b"%PDF-"})
    assert {finding.subject for finding in read.findings if finding.rule == "EDX-003"} == {"la.edxml", "ghi-chu.pdf"}


@pytest.mark.rule("EDX-006")
@pytest.mark.parametrize(
    "data",
    [
        message(Letter(), BKAV)[:-6],
        message(Letter(), BKAV).replace(b'boundary="', b'ranh-gioi="'),
        message(Letter(), BKAV).replace(b"text/xml", b"text/plain").replace(b'start="<goc>"', b'start="<x>"'),
    ],
    ids=["cut off", "no boundary", "no XML"],
)
def test_a_damaged_mime_message_is_refused(data: bytes, post: Post) -> None:
    assert post.one(data).finding("EDX-006").subject == "cv.edxml"


@pytest.mark.rule("EDX-007")
@pytest.mark.parametrize(
    "more",
    [
        "<a>" * 70 + "</a>" * 70,
        "<a/>" * 100_001,
        "<a>" + "x" * (3 << 20) + "</a>",
        f'<a b="{"x" * (3 << 20)}"/>',
        f"<{'a' * 300}/>",
        f'<a xmlns="urn:{"x" * 3000}"/>',
        f'<a href="{"x" * 1000}"/>' * 2200,
    ],
    ids=["deep", "many", "long text", "long tag", "long name", "long namespace", "many attributes"],
)
def test_a_header_beyond_the_limits_is_refused(more: str, post: Post) -> None:
    assert post.one(message(Letter(more=more))).finding("EDX-007").subject == "cv.edxml"


@pytest.mark.rule("EDX-007")
def test_too_many_attachments_are_refused(post: Post) -> None:
    files = tuple(File(f"{n}.txt", b"x") for n in range(2001))
    assert post.one(message(Letter(files=files))).finding("EDX-007").subject == "cv.edxml"


@pytest.mark.rule("EDX-038")
def test_a_signature_in_a_mime_message_is_told_where_it_is_too_large_to_be_judged(tmp_path: Path) -> None:
    signed = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignatureValue>QUJD</SignatureValue></Signature>'
    laid, workers = Laid(tmp_path / "goc"), InlineWorkers()
    for name, habit in (("mime.edxml", BKAV), ("xml.edxml", PLAIN)):
        laid.place(name).write_bytes(message(Letter(signature=signed, files=(File("a.pdf", bytes(3 << 20)),)), habit))
    opener = Opener(workers, Containers(workers), laid, tmp_path / "cho", most_judged_bytes=3 << 20)
    told = [found for one in opener.opened(["mime.edxml", "xml.edxml"]) for found in one.findings]
    large = [(found.subject, found.values["limit"]) for found in told if found.rule == "EDX-038"]
    assert large == [("mime.edxml", "3 MiB")]
    all_of_it = Opener(workers, Containers(workers), laid, tmp_path / "cho2")
    assert "EDX-038" not in {found.rule for one in all_of_it.opened(["mime.edxml"]) for found in one.findings}


def test_a_message_hidden_in_a_comment_or_data_section_is_no_second_one(post: Post) -> None:
    tail = f'<!-- <edXML xmlns="{V2}"/> --><?chay nhanh?>'
    read = post.one(message(Letter(tail=tail, more="<edXML:X><![CDATA[<edXML:MessageHeader/>]]></edXML:X>")))
    assert (read.document.value("code_number"), read.rules) == ("15", set())
