"""XML signatures: what must pass, at which level, and what keeps a genuine one from passing."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner
from signxml.xades.xades import XAdESSigner

from archive.preservation.signatures.xml_facts import XmlFacts
from archive.preservation.signatures.xml_facts_json import xml_facts_document
from metadata.verdicts import Indication, PlainWord
from tests.fixtures.xml_signing import (
    DS,
    ENVELOPED,
    EXCLUSIVE,
    INCLUSIVE,
    MADE,
    MADE_ON,
    XmlCorpus,
    canonical,
    properties,
    reference,
    signature,
)

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
TEXT = (
    '<vanBan xmlns="urn:vd" xmlns:p="urn:phu"><so p:nam="2026">222/QĐ-UBND</so>'
    "<noiDung>Giao &amp; nhận</noiDung></vanBan>"
)
CONTENT = {"dss-b-detached.xml": MADE / "van-ban.xml", "dss-lta-detached.xml": MADE / "van-ban.xml"}
LEVELS = {"b": "B-B", "t": "B-T", "lt": "B-LT", "lta": "B-LTA"}


@pytest.mark.parametrize("path", sorted(MADE.glob("dss-*.xml")), ids=lambda p: p.stem)
def test_what_the_reference_engine_of_the_field_signs_passes_at_its_level(xml_corpus: XmlCorpus, path: Path) -> None:
    """Canonical forms, imprints of time-stamps and archive time-stamps are those of EU DSS, computed anew here."""
    verdict = xml_corpus.only(
        path.read_bytes(), path.name, content=CONTENT.get(path.name), world=xml_corpus.makers_world
    )
    assert (verdict.indication, verdict.subindication, verdict.reasons) == (PASSED, None, ())
    assert verdict.level == LEVELS[path.stem.split("-")[1]]
    assert (verdict.coverage, verdict.plain, verdict.signer) == ("whole-file", PlainWord.VALID, "Nguyễn Văn Minh")
    assert (verdict.best_time is None) == (verdict.level == "B-B")


def test_revocation_data_inside_the_signature_is_enough(xml_corpus: XmlCorpus) -> None:
    """XAdES-B-LT holds without anything from outside, B-T does not."""
    world = xml_corpus.makers_world_at(MADE_ON, lists=False)
    found = {
        level: xml_corpus.only((MADE / f"dss-{level}-enveloped.xml").read_bytes(), world=world) for level in LEVELS
    }
    assert (found["lt"].indication, found["lta"].indication) == (PASSED, PASSED)
    assert (found["t"].indication, found["t"].subindication) == (OPEN, "TRY_LATER")


_FORMS = {
    "c14n": INCLUSIVE,
    "c14n-comments": f"{INCLUSIVE}#WithComments",
    "c14n11": "http://www.w3.org/2006/12/xml-c14n11",
    "exclusive": EXCLUSIVE,
    "exclusive-comments": f"{EXCLUSIVE}WithComments",
}


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("way", [SignatureConstructionMethod.enveloped, SignatureConstructionMethod.enveloping])
@pytest.mark.parametrize("elliptic", [False, True], ids=["rsa", "ecdsa"])
def test_every_canonical_form_of_another_signer_passes(
    xml_corpus: XmlCorpus, form: str, way: SignatureConstructionMethod, elliptic: bool
) -> None:
    person = xml_corpus.pki.person(elliptic=elliptic) if elliptic else xml_corpus.leader
    method = SignatureMethod.ECDSA_SHA256 if elliptic else SignatureMethod.RSA_SHA512
    digest = DigestAlgorithm.SHA256 if elliptic else DigestAlgorithm.SHA512
    signer = XMLSigner(method=way, signature_algorithm=method, digest_algorithm=digest, c14n_algorithm=_FORMS[form])
    # By XMLDSig, comments are no part of `URI=""`; this signer signs them under the forms with comments.
    comment = "" if form.endswith("comments") else "<!-- ghi chú -->"
    root = etree.fromstring(TEXT.replace("<noiDung>", f"{comment}<noiDung>"))
    pem = [_pem(der) for der in (person.certificate, *person.chain)]
    made = signer.sign(root, key=_key(person.key), cert="".join(pem), always_add_key_value=False)
    verdict = xml_corpus.only(etree.tostring(made))
    assert (verdict.indication, verdict.level, verdict.coverage) == (PASSED, "XMLDSig", "whole-file"), verdict.reasons


def test_a_xades_signature_of_another_signer_passes(xml_corpus: XmlCorpus) -> None:
    signer = XAdESSigner(c14n_algorithm=_FORMS["c14n"])
    leader = xml_corpus.leader
    pem = "".join(_pem(der) for der in (leader.certificate, *leader.chain))
    made = signer.sign(etree.fromstring(TEXT), key=_key(leader.key), cert=pem)
    verdict = xml_corpus.only(etree.tostring(made))
    assert (verdict.indication, verdict.level) == (PASSED, "B-B"), verdict.reasons
    assert verdict.signing_time is not None


def _pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


def _key(der: bytes) -> bytes:
    return f"-----BEGIN PRIVATE KEY-----\n{base64.encodebytes(der).decode()}-----END PRIVATE KEY-----\n".encode()


def test_what_canonical_xml_calls_equal_passes(xml_corpus: XmlCorpus) -> None:
    """Order of attributes, quotes, empty tags, comments, encoding and line ends are no change."""
    text = TEXT.replace("<noiDung>", '<x b="1" a="2"/><noiDung>')
    data = xml_corpus.enveloped(text).decode()
    equal = data.replace('<x b="1" a="2"/>', "<x a='2'\r\n b='1'></x>").replace("<so ", "<!-- mới --><so ")
    assert equal != data
    assert xml_corpus.only(equal.encode()).indication is PASSED
    assert xml_corpus.only(('<?xml version="1.0" encoding="UTF-16"?>' + equal).encode("utf-16")).indication is PASSED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("222/QĐ-UBND", "223/QĐ-UBND"),
        ("<so ", "<so x='1' "),
        ("</vanBan>", "<them/></vanBan>"),
        ('p:nam="2026"', 'p:nam="2025"'),
        ("urn:phu", "urn:phu2"),
        ("2026-06-15T09:00:00Z", "2026-06-15T08:00:00Z"),
    ],
)
def test_a_change_of_what_is_signed_is_a_hash_failure(xml_corpus: XmlCorpus, old: str, new: str) -> None:
    data = xml_corpus.enveloped(TEXT).decode()
    assert old in data
    verdict = xml_corpus.only(data.replace(old, new).encode())
    assert (verdict.indication, verdict.subindication) == (FAILED, "HASH_FAILURE")
    assert verdict.plain is PlainWord.INVALID


def test_a_change_of_the_signed_digest_is_a_broken_signature(xml_corpus: XmlCorpus) -> None:
    """Whoever adjusts the digest as well is found by the signature value, before any certificate is looked at."""
    data = xml_corpus.enveloped(TEXT).decode()
    forged = TEXT.replace("222", "999")
    old = base64.b64encode(hashlib.sha256(canonical(TEXT.encode())).digest()).decode()
    new = base64.b64encode(hashlib.sha256(canonical(forged.encode())).digest()).decode()
    verdict = xml_corpus.only(data.replace("222", "999").replace(old, new).encode())
    assert (verdict.indication, verdict.subindication) == (FAILED, "SIG_CRYPTO_FAILURE")


def test_a_comment_in_a_value_hides_nothing(xml_corpus: XmlCorpus) -> None:
    """Readers that take the first text node only would read another value than was signed."""
    data = xml_corpus.enveloped(TEXT).decode()
    start = data.index("<ds:DigestValue>") + 20
    split = data[:start] + "<!---->" + data[start:]
    assert xml_corpus.only(split.encode()).indication is PASSED


def test_a_sha1_signature_is_refused_by_the_policy_and_not_by_arithmetic(xml_corpus: XmlCorpus) -> None:
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE, digest="sha1")
    made = signature([whole], xml_corpus.leader, method=f"{DS}rsa-sha1", digest=hashes.SHA1)
    verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
    assert verdict.indication is OPEN
    assert str(verdict.subindication).startswith("CRYPTO_CONSTRAINTS_FAILURE")
    assert any("sha1" in reason for reason in verdict.reasons)


def test_the_weakest_digest_of_the_references_counts(xml_corpus: XmlCorpus) -> None:
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE, digest="sha1")
    made = signature([whole], xml_corpus.leader)
    verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
    assert str(verdict.subindication).startswith("CRYPTO_CONSTRAINTS_FAILURE")


@pytest.mark.parametrize(
    "method",
    [f"{DS}hmac-sha1", f"{DS}dsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "urn:moi"],
)
def test_other_signature_algorithms_are_named_and_not_judged(xml_corpus: XmlCorpus, method: str) -> None:
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE)
    made = signature([whole], xml_corpus.leader, method=method)
    verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
    assert (verdict.indication, verdict.subindication) == (OPEN, "GENERIC")
    assert any(method in reason for reason in verdict.reasons)


_XSLT = (
    '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet version="1.0" '
    'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/></ds:Transform>'
)
_XPATH = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>{}</ds:XPath></ds:Transform>'

_SUBTRACT = (
    '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"><f:XPath '
    'xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">/descendant::ds:Signature</f:XPath>'
    "</ds:Transform>"
)


@pytest.mark.parametrize(
    "transform", [_XSLT, _XPATH.format("self::so"), "urn:moi", f"{DS}base64"], ids=["xslt", "xpath", "other", "base64"]
)
def test_transforms_that_are_not_applied_leave_the_verdict_open(xml_corpus: XmlCorpus, transform: str) -> None:
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, transform, EXCLUSIVE)
    made = signature([whole], xml_corpus.leader)
    verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
    assert verdict.indication is not PASSED
    assert verdict.subindication in {"GENERIC", "FORMAT_FAILURE"}
    assert verdict.reasons[0].startswith(("reference-unsupported", "reference-damaged"))


@pytest.mark.parametrize(
    "transform",
    [
        _XPATH.format("not(ancestor-or-self::ds:Signature)"),
        _SUBTRACT,
    ],
    ids=["xpath", "filter"],
)
def test_several_signatures_that_leave_each_other_out_all_pass(xml_corpus: XmlCorpus, transform: str) -> None:
    whole = reference("", canonical(TEXT.encode()), transform, EXCLUSIVE)
    made = "".join(signature([whole], xml_corpus.leader, name=name) for name in ("S1", "S2", "S3"))
    verdicts = xml_corpus.judge(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
    assert [(v.field, v.indication, v.coverage) for v in verdicts] == [
        (name, PASSED, "whole-file") for name in ("S1", "S2", "S3")
    ]
    assert {v.practices for v in verdicts} == {("several-signatures-in-turn",)}


def test_a_signature_without_certificate_and_one_of_another_name(xml_corpus: XmlCorpus) -> None:
    held, signed = properties(xml_corpus.leader)
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE)
    bare = signature([whole, signed], xml_corpus.leader, objects=held, certificates=())
    other = xml_corpus.pki.pki.people["agency"].certificate
    false = signature([whole, signed], xml_corpus.leader, objects=held, certificates=(other,))
    for made in (bare, false):
        verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
        assert (verdict.indication, verdict.subindication) == (OPEN, "NO_SIGNING_CERTIFICATE_FOUND")


def test_properties_that_are_not_signed_are_not_believed(xml_corpus: XmlCorpus) -> None:
    held, _ = properties(xml_corpus.leader)
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE)
    made = signature([whole], xml_corpus.leader, objects=held)
    verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
    assert (verdict.indication, verdict.level, verdict.signing_time) == (PASSED, "XMLDSig", None)
    assert any(reason.startswith("properties-unsigned") for reason in verdict.reasons)


@pytest.mark.parametrize("version", ["1.1.1", "1.2.2", "1.3.2"])
def test_every_version_of_xades_names_its_signer(xml_corpus: XmlCorpus, version: str) -> None:
    space = f"http://uri.etsi.org/01903/v{version}#"
    held, signed = properties(xml_corpus.leader, space=space)
    whole = reference("", canonical(TEXT.encode()), ENVELOPED, EXCLUSIVE)
    other = xml_corpus.pki.pki.people["agency"].certificate
    for certificates, passes in ((None, True), ((other,), False)):
        made = signature([whole, signed], xml_corpus.leader, objects=held, certificates=certificates)
        verdict = xml_corpus.only(TEXT.replace("</vanBan>", made + "</vanBan>").encode())
        assert (verdict.indication is PASSED) is passes, verdict.reasons
        assert (verdict.level == "B-B") is passes or verdict.subindication == "NO_SIGNING_CERTIFICATE_FOUND"


def test_a_counter_signature_is_judged_by_itself(xml_corpus: XmlCorpus) -> None:
    data = xml_corpus.enveloped(TEXT)
    value = etree.fromstring(data).find(f".//{{{DS}}}SignatureValue")
    assert value is not None
    value.tail = None
    kind = "http://uri.etsi.org/01903#CountersignedSignature"
    counter = signature([reference("#VS1", canonical(value), EXCLUSIVE, kind=kind)], xml_corpus.leader, name="S2")
    held = (
        f"<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:CounterSignature>{counter}"
        "</xades:CounterSignature></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    )
    both = data.replace(b"</xades:QualifyingProperties>", held.encode() + b"</xades:QualifyingProperties>")
    first, second = xml_corpus.judge(both)
    assert (first.field, first.indication) == ("S1", PASSED)
    assert (second.field, second.indication) == ("S2", PASSED), second.reasons
    assert second.plain is not PlainWord.VALID
    assert any(reason.startswith("counter-signature") for reason in second.reasons)


def test_namespaces_that_are_not_of_xml_signatures_are_named(xml_corpus: XmlCorpus) -> None:
    verdict = xml_corpus.only(b"<a><Signature xmlns='urn:khac'><SignedInfo/></Signature></a>")
    assert (verdict.indication, verdict.level) == (OPEN, "XML")
    assert verdict.reasons[0].startswith("signature-namespace: a signature in the namespace urn:khac")


def test_a_signature_without_its_parts_is_a_format_failure(xml_corpus: XmlCorpus) -> None:
    for inner in (
        "",
        "<ds:SignedInfo/><ds:SignatureValue/>",
        "<ds:SignedInfo><ds:CanonicalizationMethod/></ds:SignedInfo>",
    ):
        verdict = xml_corpus.only(f'<a><ds:Signature xmlns:ds="{DS}">{inner}</ds:Signature></a>'.encode())
        assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def test_a_kept_signature_is_judged_without_any_library(xml_corpus: XmlCorpus, tmp_path: Path) -> None:
    """Reading the file again and judging it needs the standard library only, as the verifier in one file does."""
    source = MADE / "dss-lta-enveloped.xml"
    facts: XmlFacts = xml_corpus.read(source.read_bytes())
    (tmp_path / "facts").write_bytes(xml_facts_document(facts))
    program = f"""
import sys
for name in ("lxml", "cryptography", "pikepdf", "pyhanko", "pydantic", "asn1crypto"):
    sys.modules[name] = None
from datetime import datetime
from pathlib import Path
from archive.preservation.signatures.world import World
from archive.preservation.signatures.xml_facts_json import xml_facts_of
from archive.preservation.signatures.xml_judging import judge_xml
from archive.preservation.signatures.xml_reading import read_xml
facts = xml_facts_of(Path({str(tmp_path / "facts")!r}).read_bytes())
assert read_xml(Path({str(source)!r})) == facts
anchor = Path({str(MADE / "root.der")!r}).read_bytes()
world = World.of(at=datetime.fromisoformat({MADE_ON.isoformat()!r}), anchors=[anchor])
print(judge_xml(facts, world)[0].verdicts[0]["indication"])
"""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env={"PYTHONPATH": str(root)},
    )
    assert done.stdout == "TOTAL_PASSED\n", done.stderr
