"""What signs a package as a whole: METS with a signature in it or beside it, signatures in files of their own."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from archive.preservation.signatures.adapter import Judge
from ingest.facts import FileFormat, FileRole, Formats, Judged, Received, ReceivedFile, Validated
from ingest.package_signatures import may_sign_a_package
from ingest.stages.signatures import Signatures
from ingest.work import WorkItem
from metadata.descriptions import Delivery, DossierDescription
from metadata.digests import digests_of_file
from metadata.verdicts import Indication, SignatureVerdict
from tests.fakes.clocks import SteppingClock
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import SIGNED, TODAY, Corpus
from tests.fixtures.xml_signing import XmlCorpus, reference, signature

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
METS = b'<mets xmlns="http://www.loc.gov/METS/" OBJID="urn:uuid:1"><metsHdr/></mets>'


def judged(corpus: Corpus, folder: Path, files: Mapping[str, bytes]) -> Judged:
    """The stage on a package whose files, but for PDFs, are metadata as received."""
    (folder / "receive").mkdir()
    received = []
    for number, (name, data) in enumerate(files.items(), start=1):
        stored = f"receive/{number:06}{Path(name).suffix}"
        (folder / stored).write_bytes(data)
        found = digests_of_file(folder / stored)
        is_document = name.endswith(".pdf")
        received.append(
            ReceivedFile(
                path=name,
                stored=stored,
                sha256=found.sha256,
                sha512=found.sha512,
                size_bytes=found.size_bytes,
                role=FileRole.DOCUMENT if is_document else FileRole.SOURCE,
                ordinal=1 if is_document else None,
            )
        )
    dossier = DossierDescription(file_code="H99.2021.15")
    sources = tuple(file.path for file in received if file.ordinal is None)
    delivery = Delivery(reader="package", profile="05-2025", root=str(folder), dossiers=(dossier,), sources=sources)
    item = WorkItem(
        job_id="1",
        submission_id="2",
        package_id="3",
        agency="H99",
        folder=folder,
        delivery=delivery,
        dossier=dossier,
    )
    formats = {
        name: FileFormat(puid="fmt/18", name="x", version="", mime="application/pdf")
        for name in files
        if name.endswith(".pdf")
    }
    for fact in (
        Received(files=tuple(received), received_at="2026-11-28T00:00:00.000Z", fingerprint="0"),
        Formats(formats=formats),
        Validated(findings=(), inspections={}),
    ):
        item = item.having(fact)
    judge = Judge(
        InlineWorkers(), corpus.trust, SteppingClock(TODAY, timedelta(0)), revocation=corpus.pki.lists(SIGNED)
    )
    return Signatures(judge).run(item)


def only(fact: Judged, path: str) -> SignatureVerdict:
    assert list(fact.verdicts) == [path], fact.verdicts.keys()
    (verdict,) = fact.verdicts[path]
    return verdict


@pytest.mark.parametrize("name", ["METS.xml.p7s", "METS.xml.sig"])
def test_a_cms_beside_mets_is_judged_with_it(name: str, corpus: Corpus, tmp_path: Path) -> None:
    fact = judged(corpus, tmp_path, {"METS.xml": METS, name: corpus.cms(METS, detached=True)})
    assert only(fact, name).indication is PASSED
    assert fact.leant_on[name].content == digests_of_file(tmp_path / "receive/000001.xml").sha256


def test_a_changed_mets_is_a_hash_failure_and_told(corpus: Corpus, tmp_path: Path) -> None:
    files = {"METS.xml": METS + b" ", "METS.xml.p7s": corpus.cms(METS, detached=True)}
    fact = judged(corpus, tmp_path, files)
    assert only(fact, "METS.xml.p7s").subindication == "HASH_FAILURE"
    assert [(found.rule, found.subject) for found in fact.findings] == [("SIG-001", "METS.xml.p7s")]


def test_a_signature_in_mets_is_judged_and_mets_without_one_has_no_verdict(
    corpus: Corpus, xml_corpus: XmlCorpus, tmp_path: Path
) -> None:
    text = METS.decode().replace("<metsHdr/>", "<metsHdr></metsHdr>")
    signed = xml_corpus.enveloped(text, "</mets>")
    fact = judged(corpus, tmp_path, {"goi/METS.xml": signed, "goi/metadata/preservation/premis.xml": METS})
    verdict = only(fact, "goi/METS.xml")
    assert (verdict.indication, verdict.coverage) == (PASSED, "whole-file")


@pytest.mark.parametrize("uri", ["../METS.xml", "METS.xml"])
def test_a_signature_in_a_file_of_its_own_leads_to_what_it_names(
    uri: str, corpus: Corpus, xml_corpus: XmlCorpus, tmp_path: Path
) -> None:
    """By the address from where it stands, or from the top of the package; each file by its own digest."""
    led = [reference(uri, METS), reference(f"{uri[:-8]}data/a.pdf", corpus.base)]
    made = signature(led, xml_corpus.leader).encode()
    files = {"goi/METS.xml": METS, "goi/signatures/ky.xml": made, "goi/data/a.pdf": corpus.base}
    fact = judged(corpus, tmp_path, files)
    assert only(fact, "goi/signatures/ky.xml").indication is PASSED


def test_a_signature_over_what_did_not_come_is_open_and_over_other_bytes_false(
    corpus: Corpus, xml_corpus: XmlCorpus, tmp_path: Path
) -> None:
    made = signature([reference("../METS.xml", METS), reference("/etc/passwd", b"x")], xml_corpus.leader).encode()
    gone = judged(corpus, tmp_path, {"goi/METS.xml": METS, "goi/signatures/ky.xml": made})
    assert only(gone, "goi/signatures/ky.xml").subindication == "SIGNED_DATA_NOT_FOUND"
    (tmp_path / "2").mkdir()
    made = signature([reference("../METS.xml", METS)], xml_corpus.leader).encode()
    changed = judged(corpus, tmp_path / "2", {"goi/METS.xml": METS + b"\n", "goi/signatures/ky.xml": made})
    assert only(changed, "goi/signatures/ky.xml").subindication == "HASH_FAILURE"


def test_an_openpgp_signature_beside_mets_is_named(corpus: Corpus, tmp_path: Path) -> None:
    armour = b"-----BEGIN PGP SIGNATURE-----\n\n" + base64.b64encode(bytes(64)) + b"\n-----END PGP SIGNATURE-----\n"
    fact = judged(corpus, tmp_path, {"METS.xml": METS, "METS.xml.sig": armour})
    assert only(fact, "METS.xml.sig").indication is OPEN
    assert [found.rule for found in fact.findings] == ["SIG-021"]


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("METS.xml", True),
        ("data/METS.1f0c.xml", True),
        ("manifest-sha512.txt.p7s", True),
        ("alone.p7s", False),
        ("signatures/anything.xml", True),
        ("metadata/METS.xades", True),
        ("metadata/descriptive/EAD.xml", False),
        ("readme.txt", False),
    ],
)
def test_what_may_sign_a_package_is_known_by_name_and_place(path: str, is_one: bool) -> None:
    others = dict.fromkeys(("METS.xml", "manifest-sha512.txt"))
    assert may_sign_a_package(path, others) is is_one  # type: ignore[arg-type]  # only the names are looked at
