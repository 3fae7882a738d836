"""XML signature wrapping and other tricks: never valid, never an exception, bounded."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest

from archive.preservation.signatures.xml_judging import judge_xml
from archive.preservation.signatures.xml_reading import MAX_SIGNATURES, read_xml
from archive.preservation.signatures.xml_references import MAX_TRANSFORMS, Budget
from archive.preservation.signatures.xml_tree import MAX_ATTRIBUTES, MAX_DEPTH
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fixtures.xml_signing import (
    DS,
    ENVELOPED,
    EXCLUSIVE,
    XmlCorpus,
    canonical,
    properties,
    reference,
    signature,
)

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
SIGNED = '<vanBan Id="vb"><so>222</so></vanBan>'


def by_identifier(xml_corpus: XmlCorpus, body: str = SIGNED, uri: str = "#vb") -> str:
    """A signature over the element with an identifier."""
    held, signed = properties(xml_corpus.leader)
    led = reference(uri, canonical(body.encode()), EXCLUSIVE)
    return signature([led, signed], xml_corpus.leader, objects=held)


def test_a_signed_element_beside_its_signature_is_the_whole_file(xml_corpus: XmlCorpus) -> None:
    verdict = xml_corpus.only(f"<hoSo>{SIGNED}{by_identifier(xml_corpus)}</hoSo>".encode())
    assert (verdict.indication, verdict.coverage, verdict.plain) == (PASSED, "whole-file", PlainWord.VALID)


@pytest.mark.parametrize(
    "wrapped",
    [
        "<hoSo><cu>{signed}</cu><vanBan><so>999</so></vanBan>{signature}</hoSo>",
        "<hoSo><vanBan Id='moi'><so>999</so></vanBan>{signature}<an>{signed}</an></hoSo>",
        "<hoSo>{signed}{signature}<duyet/></hoSo>",
        "<hoSo duyet='co'>{signed}{signature}</hoSo>",
        "<hoSo>{signed}{signature}chữ thêm</hoSo>",
        "<hoSo><vanBan><so>999</so>{signature}{signed}</vanBan></hoSo>",
    ],
)
def test_what_is_added_beside_the_signed_element_keeps_it_from_passing(xml_corpus: XmlCorpus, wrapped: str) -> None:
    """The digest holds: only the coverage tells that a reader may read something else."""
    data = wrapped.format(signed=SIGNED, signature=by_identifier(xml_corpus))
    verdict = xml_corpus.only(data.encode())
    assert (verdict.indication, verdict.subindication) == (OPEN, "SIG_CONSTRAINTS_FAILURE")
    assert (verdict.coverage, verdict.plain) == ("partial", PlainWord.INSUFFICIENT)
    assert any(reason.startswith("coverage: signed is ") for reason in verdict.reasons)


def test_the_signed_element_hidden_in_the_signature_passes_for_nothing_else(xml_corpus: XmlCorpus) -> None:
    """The element as an object of the signature, another one in its place: the classic wrapping."""
    made = by_identifier(xml_corpus).replace("</ds:Signature>", f"<ds:Object>{SIGNED}</ds:Object></ds:Signature>")
    verdict = xml_corpus.only(f"<hoSo><vanBan><so>999</so></vanBan>{made}</hoSo>".encode())
    assert (verdict.indication, verdict.coverage) == (OPEN, "partial")


@pytest.mark.parametrize(
    "copy",
    ['<vanBan Id="vb"><so>999</so></vanBan>', '<x ID="vb"/>', '<x id="vb"/>', '<x xml:id="vb"/>'],
)
def test_an_identifier_that_stands_twice_is_a_format_failure(xml_corpus: XmlCorpus, copy: str) -> None:
    for order in (f"{copy}{SIGNED}", f"{SIGNED}{copy}"):
        verdict = xml_corpus.only(f"<hoSo>{order}{by_identifier(xml_corpus)}</hoSo>".encode())
        assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")
        assert verdict.reasons[0].startswith("reference-ambiguous")


def test_properties_of_another_signature_are_not_taken(xml_corpus: XmlCorpus) -> None:
    """The reference that calls itself one to the signed properties must lead to those of its own signature."""
    kind = "http://uri.etsi.org/01903#SignedProperties"
    led = reference("#vb", canonical(SIGNED.encode()), EXCLUSIVE, kind=kind)
    held, _ = properties(xml_corpus.leader)
    made = signature([led], xml_corpus.leader, objects=held)
    verdict = xml_corpus.only(f"<hoSo>{SIGNED}{made}</hoSo>".encode())
    assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def test_a_signature_over_nothing_but_its_properties_never_passes(xml_corpus: XmlCorpus) -> None:
    held, signed = properties(xml_corpus.leader)
    made = signature([signed], xml_corpus.leader, objects=held)
    verdict = xml_corpus.only(f"<hoSo><so>1</so>{made}</hoSo>".encode())
    assert (verdict.indication, verdict.subindication) == (OPEN, "SIG_CONSTRAINTS_FAILURE")


def test_two_sets_of_properties_are_a_format_failure(xml_corpus: XmlCorpus) -> None:
    data = xml_corpus.enveloped("<vanBan><so>222</so></vanBan>")
    start, end = data.index(b"<ds:Object>"), data.index(b"</ds:Object>") + len(b"</ds:Object>")
    verdict = xml_corpus.only(data[:end] + data[start:end] + data[end:])
    assert verdict.subindication == "FORMAT_FAILURE"


def test_a_document_type_declaration_ends_the_reading(xml_corpus: XmlCorpus) -> None:
    """Default values of attributes and entities change what is read; none is ever applied."""
    data = b"<!DOCTYPE vanBan [<!ENTITY e 'x'>]>" + xml_corpus.enveloped("<vanBan><so>222</so></vanBan>")
    verdict = xml_corpus.only(data)
    assert (verdict.indication, verdict.subindication) == (OPEN, "GENERIC")
    assert verdict.reasons == ("doctype: a document type declaration",)
    assert xml_corpus.judge(b"<!DOCTYPE a><a>no signature</a>") == ()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nesting", b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1)),
        ("attributes", b"<a " + b" ".join(b"a%d='1'" % n for n in range(MAX_ATTRIBUTES + 1)) + b"/>"),
        ("encoding", b"<?xml version='1.0' encoding='x-unknown'?><a/>"),
        ("entity", b"<a>&khongCo;</a>"),
        ("cut", b"<a><b></a>"),
        ("prefix", b"<p:a/>"),
        ("twice", b"<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>"),
        ("reserved", b"<a xmlns:xmlns='u'/>"),
        ("empty", b""),
        ("zeros", b"\0" * 100),
    ],
)
def test_what_is_no_xml_or_beyond_the_limits_never_passes(xml_corpus: XmlCorpus, name: str, data: bytes) -> None:
    comment = b"" if name in ("empty", "zeros", "encoding") else f"<!--{DS}-->".encode()
    verdicts = xml_corpus.judge(comment + data) if comment else xml_corpus.judge(data)
    assert [v.indication for v in verdicts] in ([FAILED], [OPEN], [])
    assert verdicts or name == "encoding"


def test_references_that_lead_outside_are_not_followed(xml_corpus: XmlCorpus) -> None:
    for uri in ("http://127.0.0.1:9/a", "file:///etc/passwd", "../../a", "ftp://x/y"):
        made = signature([reference(uri, b"x")], xml_corpus.leader)
        verdict = xml_corpus.only(f"<a>{made}</a>".encode())
        assert (verdict.indication, verdict.subindication) == (OPEN, "SIGNED_DATA_NOT_FOUND")
        assert verdict.would_help == (f"content: {uri}",)


def test_work_is_bounded(xml_corpus: XmlCorpus) -> None:
    """Many references to the same large element, many transforms: said, not done."""
    body = f"<vanBan Id='vb'>{'<a/>' * 2_000}</vanBan>"
    led = reference("#vb", canonical(body.encode()), EXCLUSIVE)
    many = f"<hoSo>{body}{signature([led] * 40, xml_corpus.leader)}</hoSo>".encode()
    facts = read_xml(xml_corpus.written(many), budget=Budget(nodes=50_000))
    verdict = SignatureVerdict.model_validate(judge_xml(facts, xml_corpus.world)[0].verdicts[0])
    assert (verdict.indication, verdict.subindication) == (OPEN, "GENERIC")
    assert "too much data" in verdict.reasons[0]
    assert sum(r.found is not None for r in facts.signatures[0].references) == 24
    long = signature([reference("#vb", b"x", *([EXCLUSIVE] * (MAX_TRANSFORMS + 1)))], xml_corpus.leader)
    assert "transforms" in xml_corpus.only(f"<hoSo>{SIGNED}{long}</hoSo>".encode()).reasons[0]


def test_a_shortened_value_is_a_format_failure(xml_corpus: XmlCorpus) -> None:
    data = xml_corpus.enveloped("<vanBan><so>222</so></vanBan>").decode()
    method = 'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
    cut = method.replace("/>", "><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>")
    assert method in data
    verdict = xml_corpus.only(data.replace(f"<ds:SignatureMethod {method}", f"<ds:SignatureMethod {cut}").encode())
    assert verdict.indication is FAILED


# ------------------------------------------------------------ edXML


def message(attachments: dict[str, bytes], made: str) -> bytes:
    """An edXML message, its attachments in base64."""
    held = "".join(
        f"<Attachment><ContentId>{name}</ContentId><ContentTransferEncoded>{base64.b64encode(data).decode()}"
        "</ContentTransferEncoded></Attachment>"
        for name, data in attachments.items()
    )
    space = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
    return (
        f'<edXML xmlns="{space}"><edXML:edXMLEnvelope xmlns:edXML="{space}"><edXML:edXMLHeader><edXML:MessageHeader>'
        f"<edXML:Subject>Về việc</edXML:Subject></edXML:MessageHeader>{made}</edXML:edXMLHeader></edXML:edXMLEnvelope>"
        f"<AttachmentEncoded>{held}</AttachmentEncoded></edXML>"
    ).encode()


def packed(data: bytes) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("van-ban.pdf", data)
    return output.getvalue()


def test_a_message_whose_attachments_are_all_signed_passes_as_a_known_part(xml_corpus: XmlCorpus) -> None:
    """The header says who sends and receives; it is not signed, which the verdict tells."""
    made = signature([reference("cid:1", b"mot"), reference("cid:2", b"hai")], xml_corpus.leader)
    verdict = xml_corpus.only(message({"cid:1": packed(b"mot"), "2": b"hai"}, made))
    assert (verdict.indication, verdict.coverage, verdict.plain) == (PASSED, "partial", PlainWord.INSUFFICIENT)
    assert any(reason.startswith("known-part: edXML message") for reason in verdict.reasons)


def test_messages_whose_attachments_are_changed_doubled_or_not_all_signed_never_pass(xml_corpus: XmlCorpus) -> None:
    one = signature([reference("cid:1", b"mot")], xml_corpus.leader)
    changed = xml_corpus.only(message({"1": b"hai"}, one))
    more = xml_corpus.only(message({"1": b"mot", "2": b"hai"}, one))
    doubled = xml_corpus.only(message({"1": b"mot", "cid:1": b"hai"}, one))
    missing = xml_corpus.only(message({"2": b"mot"}, one))
    assert (changed.indication, changed.subindication) == (FAILED, "HASH_FAILURE")
    assert (more.indication, more.subindication) == (OPEN, "SIG_CONSTRAINTS_FAILURE")
    assert (doubled.indication, doubled.subindication) == (FAILED, "FORMAT_FAILURE")
    assert (missing.indication, missing.subindication) == (OPEN, "SIGNED_DATA_NOT_FOUND")


def test_an_electronic_invoice_passes_by_the_part_that_its_form_signs(xml_corpus: XmlCorpus) -> None:
    data = '<DLHDon Id="data"><TTChung>01</TTChung></DLHDon>'
    made = by_identifier(xml_corpus, data, "#data")
    verdict = xml_corpus.only(f"<HDon>{data}<MCCQT>M1-26</MCCQT><DSCKS><NBan>{made}</NBan></DSCKS></HDon>".encode())
    assert (verdict.indication, verdict.coverage) == (PASSED, "partial"), verdict.reasons
    double = f"<HDon>{data}<DLHDon><TTChung>99</TTChung></DLHDon><DSCKS><NBan>{made}</NBan></DSCKS></HDon>"
    assert xml_corpus.only(double.encode()).subindication == "SIG_CONSTRAINTS_FAILURE"


def test_an_enveloped_signature_elsewhere_in_a_document_leaves_only_itself_out(xml_corpus: XmlCorpus) -> None:
    text = "<vanBan><so>222</so><ky/></vanBan>"
    whole = reference("", canonical(b"<vanBan><so>222</so><ky></ky></vanBan>"), ENVELOPED, EXCLUSIVE)
    made = signature([whole], xml_corpus.leader)
    assert xml_corpus.only(text.replace("<ky/>", f"<ky>{made}</ky>").encode()).indication is PASSED
    later = text.replace("<ky/>", f"<ky>{made}</ky><ky2>{made.replace('S1', 'S2')}</ky2>")
    first, second = xml_corpus.judge(later.encode())
    assert {first.subindication, second.subindication} == {"HASH_FAILURE"}


def test_a_second_enveloped_signature_breaks_the_first_and_the_verdict_says_how(xml_corpus: XmlCorpus) -> None:
    """By the standard the digest is broken; a reader is told that nothing but a signature was added."""
    text = "<vanBan><so>222</so></vanBan>"
    once = xml_corpus.enveloped(text)
    whole = reference("", canonical(once), ENVELOPED, EXCLUSIVE)
    twice = once.replace(b"</vanBan>", signature([whole], xml_corpus.leader, name="S2").encode() + b"</vanBan>")
    first, second = xml_corpus.judge(twice)
    assert (second.field, second.indication) == ("S2", PASSED)
    assert (first.indication, first.subindication, first.plain) == (FAILED, "HASH_FAILURE", PlainWord.INVALID)
    assert first.changed_after == ("signature S2 was put into what is signed",)
    assert "added-signatures: what was signed holds without S2" in first.reasons
    changed = xml_corpus.judge(twice.replace(b"222", b"999"))[0]
    assert (changed.subindication, changed.changed_after) == ("HASH_FAILURE", ())


@pytest.mark.parametrize(
    "body",
    [
        "<a Id='vb'/>" * 20_000,
        "<h>" * 300 + f"<ds:Signature xmlns:ds='{DS}'/>" * 20_000 + "</h>" * 300,
        "<Signature xmlns='urn:u'><SignedInfo/></Signature>" * 20_000,
    ],
    ids=["one-identifier", "deep-signatures", "foreign-signatures"],
)
def test_repetition_costs_no_more_than_its_size(xml_corpus: XmlCorpus, body: str) -> None:
    """Reading must not cost the square of the size; 50 verdicts of each kind and a note are the most of one file."""
    verdicts = xml_corpus.judge(f"<hoSo>{body}{by_identifier(xml_corpus)}</hoSo>".encode())
    assert 1 <= len(verdicts) <= 2 * MAX_SIGNATURES + 1
    assert all(v.indication is not PASSED for v in verdicts)


@pytest.mark.parametrize(
    ("place", "hidden"),
    [
        ("</ds:X509Data>", "</ds:X509Data><vanBan><so>999</so></vanBan>"),
        ("</ds:Signature>", "<ds:Object><vanBan><so>999</so></vanBan></ds:Object></ds:Signature>"),
        ("</ds:Signature>", "<ds:Object>999</ds:Object></ds:Signature>"),
        ("</ds:Signature>", "<vanBan><so>999</so></vanBan></ds:Signature>"),
        (
            "</xades:QualifyingProperties>",
            "<xades:UnsignedProperties><vanBan/></xades:UnsignedProperties></xades:QualifyingProperties>",
        ),
        ("</hoSo>", f"<ds:Signature xmlns:ds='{DS}'><ds:Object><vanBan/></ds:Object></ds:Signature></hoSo>"),
        ("</hoSo>", f"<Signature><ds:SignedInfo xmlns:ds='{DS}'/><vanBan/></Signature></hoSo>"),
    ],
)
def test_what_hides_in_signatures_is_seen(xml_corpus: XmlCorpus, place: str, hidden: str) -> None:
    """Nothing that stands in a signature beside what it signs changes a digest, whether by identifier or as a whole."""
    texts = [f"<hoSo>{SIGNED}{by_identifier(xml_corpus)}</hoSo>"]
    every = (
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>{}</ds:XPath></ds:Transform>'
    )
    held, signed = properties(xml_corpus.leader)
    whole = reference("", canonical(b"<hoSo><so>1</so></hoSo>"), every.format("not(ancestor-or-self::ds:Signature)"))
    texts.append(f"<hoSo><so>1</so>{signature([whole, signed], xml_corpus.leader, objects=held)}</hoSo>")
    for text in texts:
        assert xml_corpus.only(text.encode()).indication is PASSED
        assert place in text
        verdict = xml_corpus.judge(text.replace(place, hidden).encode())[0]
        assert verdict.subindication in {"SIG_CONSTRAINTS_FAILURE", "HASH_FAILURE"}, verdict.reasons


def test_the_name_of_an_element_whose_text_is_decoded_is_not_signed(xml_corpus: XmlCorpus) -> None:
    body = base64.b64encode(b"Noi dung").decode()
    led = reference("#vb", b"Noi dung", f"{DS}base64")
    made = signature([led], xml_corpus.leader)
    verdict = xml_corpus.only(f"<hoSo><duyet Id='vb'>{body}</duyet>{made}</hoSo>".encode())
    assert (verdict.subindication, verdict.coverage) == ("SIG_CONSTRAINTS_FAILURE", "partial")
