"""XML signatures and signed packages, among them the tricks that break no digest."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes

from metadata.time import rfc3339
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import EXPIRED, SIGNED, Corpus
from tests.fixtures.xml_signing import (
    DS,
    ENVELOPED,
    EXCLUSIVE,
    MADE,
    MADE_ON,
    XmlCorpus,
    canonical,
    package,
    parts_of,
    properties,
    reference,
    signature,
)

TEXT = "<vanBan><so>222/QĐ-UBND</so></vanBan>"
PART = '<vanBan Id="vb"><so>222</so></vanBan>'
TIME = "2026-06-15T09:00:00.000Z"
_OPEN = PlainWord.INSUFFICIENT


def _xml(corpus: Corpus) -> XmlCorpus:
    return XmlCorpus(corpus, corpus.folder)


def _file(corpus: Corpus, text: str | bytes, name: str = "vb.xml") -> Prepared:
    data = text.encode() if isinstance(text, str) else text
    return Prepared(data, name, revocation=corpus.pki.lists(SIGNED + timedelta(days=1)))


def _made_elsewhere(
    corpus: Corpus, data: bytes, name: str, at: datetime = MADE_ON, *, proven: bool = False
) -> Prepared:
    """A file of another maker, under that one's root."""
    root = (MADE / "root.der").read_bytes()
    lists = [path.read_bytes() for path in sorted(MADE.glob("*.crl"))]
    times = {hashlib.sha256(known).hexdigest(): rfc3339(MADE_ON) for known in (data, root)} if proven else {}
    trust = corpus.trusting(root)
    return Prepared(data, name, at, trust, revocation=[] if proven else lists, proofs=times)


def _part(corpus: Corpus) -> str:
    held, signed = properties(corpus.leader)
    led = reference("#vb", canonical(PART.encode()), EXCLUSIVE)
    return signature([led, signed], corpus.leader, objects=held)


def _whole(corpus: Corpus, *transforms: str, digest: str = "sha256", method: str = "") -> str:
    led = reference("", canonical(TEXT.encode()), *(transforms or (ENVELOPED, EXCLUSIVE)), digest=digest)
    how = {"method": method, "digest": hashes.SHA1} if method else {}
    return TEXT.replace("</vanBan>", signature([led], corpus.leader, **how) + "</vanBan>")  # type: ignore[arg-type] # keywords


@case(passed(level="B-B", plain=PlainWord.VALID))
def xml_enveloped(corpus: Corpus) -> Prepared:
    """The signature stands in the document that it signs whole."""
    return _file(corpus, _xml(corpus).enveloped(TEXT))


@case(passed(level="B-T", best_time=TIME, proof="signature-time-stamp"))
def xml_expired_signer_with_stamp(corpus: Corpus) -> Prepared:
    """The certificate has expired, a time-stamp on the signature value proves that it was in time."""
    person = corpus.person(end=EXPIRED, elliptic=False)
    return _file(corpus, _xml(corpus).stamped(TEXT, SIGNED, person=person))


@case(passed(level="XMLDSig"))
def xml_without_properties(corpus: Corpus) -> Prepared:
    """Plain XMLDSig: no signed attribute names the signer or a time."""
    return _file(corpus, _whole(corpus))


@case(passed(level="B-LTA", plain=PlainWord.VALID))
def xml_archived_by_another_engine(corpus: Corpus) -> Prepared:
    """XAdES-B-LTA of EU DSS: our digests of what its time-stamps stamp are its."""
    return _made_elsewhere(corpus, (MADE / "dss-lta-enveloped.xml").read_bytes(), "vb.xml")


@case(passed(level="B-LTA"))
def xml_in_2056_with_proof(corpus: Corpus) -> Prepared:
    """Everything has expired; an evidence record proves that file and root existed in time."""
    data = (MADE / "dss-lta-enveloped.xml").read_bytes()
    return _made_elsewhere(corpus, data, "vb.xml", datetime(2056, 1, 1, tzinfo=UTC), proven=True)


@case(failed("HASH_FAILURE", "hash"))
def xml_changed(corpus: Corpus) -> Prepared:
    """One digit of the number."""
    return _file(corpus, _xml(corpus).enveloped(TEXT).replace(b"222", b"223"))


@case(failed("HASH_FAILURE", "added-signatures"), passed())
def xml_second_signature_inside_the_first(corpus: Corpus) -> Prepared:
    """An enveloped signature was added to what the first one signs: broken by the standard, and told how."""
    once = _xml(corpus).enveloped(TEXT)
    second = signature([reference("", canonical(once), ENVELOPED, EXCLUSIVE)], corpus.leader, name="S2")
    return _file(corpus, once.replace(b"</vanBan>", second.encode() + b"</vanBan>"))


@case(undecided("SIG_CONSTRAINTS_FAILURE", "coverage", plain=_OPEN))
def xml_signed_element_moved_aside(corpus: Corpus) -> Prepared:
    """Signature wrapping: the digest holds, a reader reads another element."""
    return _file(corpus, f"<hoSo><cu>{PART}</cu><vanBan><so>999</so></vanBan>{_part(corpus)}</hoSo>")


@case(failed("FORMAT_FAILURE", "reference-ambiguous"))
def xml_identifier_twice(corpus: Corpus) -> Prepared:
    """Two elements of the identifier that is signed."""
    return _file(corpus, f'<hoSo>{PART}<vanBan Id="vb"><so>999</so></vanBan>{_part(corpus)}</hoSo>')


@case(undecided("GENERIC", "reference-unsupported"))
def xml_transformed_by_a_program(corpus: Corpus) -> Prepared:
    """XSLT is a program of the signer and never run."""
    return _file(corpus, _whole(corpus, ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116"))


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm"))
def xml_with_sha1(corpus: Corpus) -> Prepared:
    """A SHA-1 signature of 2026."""
    return _file(corpus, _whole(corpus, digest="sha1", method=f"{DS}rsa-sha1"))


@case(undecided("SIGNED_DATA_NOT_FOUND", "content-missing", helps="content"))
def xml_that_leads_outside(corpus: Corpus) -> Prepared:
    """A reference to another file is not followed."""
    made = signature([reference("http://vi-du.invalid/vb.pdf", b"x")], corpus.leader)
    return _file(corpus, f"<hoSo>{made}</hoSo>")


@case(undecided("GENERIC", "doctype"))
def xml_with_document_type(corpus: Corpus) -> Prepared:
    """Entities and default values would change what is read."""
    return _file(corpus, b"<!DOCTYPE vanBan [<!ENTITY e 'x'>]>" + _xml(corpus).enveloped(TEXT))


@case(passed(level="B-B", plain=PlainWord.VALID, reason="office-properties"))
def office_signed_by_another_program(corpus: Corpus) -> Prepared:
    """A Word file signed by Apache POI as Office does."""
    return _made_elsewhere(corpus, (MADE / "poi.docx").read_bytes(), "bc.docx")


@case(undecided("SIG_CONSTRAINTS_FAILURE", "coverage", plain=_OPEN))
def office_with_an_added_part(corpus: Corpus) -> Prepared:
    """Parts are signed one by one: adding one breaks no digest."""
    parts = parts_of((MADE / "poi.docx").read_bytes()) | {"word/them.xml": b"<x/>"}
    return _made_elsewhere(corpus, package(parts), "bc.docx")


@case(undecided("GENERIC", "asic", level="ASiC-E"))
def container_of_associated_signatures(corpus: Corpus) -> Prepared:
    """ASiC is listed with what it holds, not judged."""
    parts = {"mimetype": b"application/vnd.etsi.asic-e+zip", "vb.pdf": b"%PDF", "META-INF/signature1.p7s": b"0"}
    return _file(corpus, package(parts), "hs.asice")
