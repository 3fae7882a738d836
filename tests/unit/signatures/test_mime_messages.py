"""Signatures of messages of the exchange whose attachments are MIME parts: each reference by `cid:` to its part."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from archive.preservation.signatures.facts_reading import facts_of_file
from archive.preservation.signatures.xml_reading import read_mime
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fixtures.pki import SIGNED, Corpus
from tests.fixtures.xml_signing import EXCLUSIVE, XmlCorpus, canonical, reference, signature
from tests.generators.edxml import BKAV, HABITS, File, Habit, Letter, files_of, message

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
PDF = b"%PDF-1.7 van ban\r\n\x00\xff"
TEXT = "Kính gửi\nSở Nội vụ\n".encode()
XML = b'<?xml version="1.0"?>\n<a  b="1"><!-- ghi --><c/></a>\n'
SWA = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1"
CONTENT, COMPLETE = f"{SWA}#Attachment-Content-Signature-Transform", f"{SWA}#Attachment-Complete-Signature-Transform"
SECEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
BINARY = HABITS["bkav-binary"]
LETTER = Letter(
    files=(
        File("a.pdf", PDF, content_id="tep1@vpcp"),
        File("b.txt", TEXT, content_id="tep2", type="text/plain"),
        File("c.xml", XML, content_id="tep3", type="application/xml"),
    )
)


def only(corpus: Corpus, data: bytes, name: str = "cv.edxml") -> SignatureVerdict:
    return corpus.only(data, name=name, revocation=corpus.pki.lists(SIGNED))


def signed(corpus: XmlCorpus, letter: Letter, habit: Habit, *more: str, transform: str = "") -> bytes:
    transforms = (transform,) if transform else ()
    led = [reference(f"cid:{file.content_id}", file.data, *transforms) for file in files_of(letter)]
    return message(replace(letter, signature=signature([*led, *more], corpus.leader)), habit)


@pytest.mark.parametrize("habit", [BKAV, BINARY, HABITS["soap-parts"], replace(BKAV, zips=True)])
def test_a_mime_message_whose_parts_are_all_signed_passes_as_a_known_part(
    habit: Habit, xml_corpus: XmlCorpus, corpus: Corpus
) -> None:
    verdict = only(corpus, signed(xml_corpus, LETTER, habit))
    assert (verdict.indication, verdict.coverage, verdict.plain) == (PASSED, "partial", PlainWord.INSUFFICIENT)
    assert any(reason.startswith("known-part: edXML message") for reason in verdict.reasons)


@pytest.mark.parametrize("transform", ["", CONTENT])
def test_a_changed_part_is_a_hash_failure(transform: str, xml_corpus: XmlCorpus, corpus: Corpus) -> None:
    data = signed(xml_corpus, LETTER, BINARY, transform=transform)
    changed = only(corpus, data.replace(b"%PDF-1.7 van", b"%PDF-1.7 vam"))
    assert (changed.indication, changed.subindication) == (FAILED, "HASH_FAILURE")


def test_content_only_signs_text_with_the_line_ends_of_mail_and_xml_in_exclusive_form(
    xml_corpus: XmlCorpus, corpus: Corpus
) -> None:
    """OASIS SwA Profile 1.1, 5.4.2: what a transport does to either breaks nothing."""
    led = [
        reference("cid:tep1%40vpcp", PDF, CONTENT),
        reference("cid:tep2", TEXT.replace(b"\n", b"\r\n"), CONTENT),
        reference("cid:tep3", canonical(XML), CONTENT),
    ]
    data = message(replace(LETTER, signature=signature(led, xml_corpus.leader)), BINARY)
    assert only(corpus, data).indication is PASSED
    again = data.replace(b'<a  b="1">', b"<a b='1'>").replace(TEXT, TEXT.replace(b"\n", b"\r\n"))
    assert only(corpus, again).indication is PASSED


def test_the_complete_transform_is_named_and_not_guessed(xml_corpus: XmlCorpus, corpus: Corpus) -> None:
    verdict = only(corpus, signed(xml_corpus, LETTER, BKAV, transform=COMPLETE))
    assert (verdict.indication, verdict.subindication) == (OPEN, "GENERIC")
    assert any(COMPLETE in reason for reason in verdict.reasons)


def test_what_is_not_there_not_signed_or_nameless_never_passes(xml_corpus: XmlCorpus, corpus: Corpus) -> None:
    some = replace(LETTER, files=LETTER.files and LETTER.files[:1])
    led = [reference(f"cid:{file.content_id}", file.data) for file in files_of(some)]
    made = signature(led, xml_corpus.leader)
    more = only(corpus, message(replace(LETTER, signature=made), BKAV))
    assert (more.indication, more.subindication) == (OPEN, "SIG_CONSTRAINTS_FAILURE")
    missing = only(corpus, signed(xml_corpus, LETTER, BKAV, reference("cid:mat", b"x")))
    assert (missing.indication, missing.subindication) == (OPEN, "SIGNED_DATA_NOT_FOUND")
    nameless = signed(xml_corpus, LETTER, BINARY).replace(b"Content-ID: <tep2>\r\n", b"")
    assert only(corpus, nameless).indication is OPEN
    cut = only(corpus, signed(xml_corpus, LETTER, BINARY)[:-30])
    assert (cut.indication, cut.subindication) == (OPEN, "GENERIC")
    assert cut.reasons[0].startswith("damaged: ")


def test_the_header_may_be_signed_as_well_and_a_certificate_may_be_a_token_beside(
    xml_corpus: XmlCorpus, corpus: Corpus
) -> None:
    """WS-Security: the certificate is a BinarySecurityToken; the body is signed by its wsu:Id."""
    leader = xml_corpus.leader
    token = (
        f'<wsse:BinarySecurityToken xmlns:wsse="{SECEXT}" xmlns:wsu="{UTILITY}" wsu:Id="X1">'
        f"{base64.b64encode(leader.certificate).decode()}</wsse:BinarySecurityToken>"
    )
    body = f'<wsu:Than xmlns:wsu="{UTILITY}" wsu:Id="than">nội dung</wsu:Than>'
    led = [reference(f"cid:{file.content_id}", file.data) for file in files_of(LETTER)]
    led.append(reference("#than", canonical(body.encode()), EXCLUSIVE))
    named = (
        f'<ds:KeyInfo><wsse:SecurityTokenReference xmlns:wsse="{SECEXT}"><wsse:Reference URI="#X1"/>'
        "</wsse:SecurityTokenReference></ds:KeyInfo>"
    )
    made = signature(led, leader, certificates=()).replace("</ds:SignatureValue>", "</ds:SignatureValue>" + named)
    data = message(replace(LETTER, signature=made, more=body + token), BKAV)
    assert only(corpus, data).indication is OPEN, "the certificate of the issuer is nowhere"
    assert only(corpus, data).signer == "Nguyễn Văn Minh"


def test_facts_are_kept_and_read_again_the_same(xml_corpus: XmlCorpus, tmp_path: Path) -> None:
    path = tmp_path / "cv.edxml"
    path.write_bytes(signed(xml_corpus, LETTER, BKAV))
    facts = read_mime(path)
    assert facts is not None
    assert [one.coverage for one in facts.signatures] == ["partial"]
    assert facts_of_file(path) == facts_of_file(path) is not None


def test_soap_without_mime_is_a_message_too(xml_corpus: XmlCorpus, corpus: Corpus) -> None:
    soap = replace(BKAV, mime=False)
    assert only(corpus, signed(xml_corpus, LETTER, soap)).indication is PASSED


def test_other_messages_of_parts_carry_no_verdict(corpus: Corpus) -> None:
    mixed = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"
    assert corpus.judge(mixed, name="thu.eml") == ()
    assert corpus.judge(message(LETTER, BKAV), name="cv.edxml") == ()
