"""The validation report of ETSI TS 119 102-2: valid against its schema, whatever the verdict."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.outcomes import FAILED, INDETERMINATE
from archive.preservation.signatures.policy import PRACTICES, default_policy
from archive.preservation.signatures.report import BLOCKS, write_report
from archive.preservation.signatures.report_elements import ReportedFile
from archive.preservation.signatures.reporting import Examined, Reporter
from archive.preservation.trust.sets import TrustSnapshot
from ingest.ports import Judgement
from metadata.verdicts import SignatureVerdict
from tests.corpus.signature_case import GROUPS, Case, all_cases
from tests.fakes.clocks import SteppingClock
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import EXPIRED, REVOKED, SIGNED, Corpus, with_page_content
from tests.fixtures.xml_signing import MADE, MADE_ON

VR = {"vr": "http://uri.etsi.org/19102/v1.4.1#", "ds": "http://www.w3.org/2000/09/xmldsig#"}
CASES = [case for group in GROUPS for case in islice((c for c in all_cases() if c.group == group), 2)]


@pytest.fixture
def reporter() -> Reporter:
    return Reporter(InlineWorkers())


def examined(corpus: Corpus, reporter: Reporter, data: bytes, name: str = "tep.pdf", **known: object) -> Examined:
    """A file judged and described."""
    corpus.numbers += 1
    path = corpus.folder / f"reported-{corpus.numbers}-{name}"
    path.write_bytes(data)
    judgement: Judgement = corpus.judgement(data, name=name, **known)  # type: ignore[arg-type]
    return reporter.examined(name, path, judgement)


def written(reporter: Reporter, schema: etree.XMLSchema, *files: Examined) -> Any:  # noqa: ANN401 - lxml types every answer of an XPath as anything
    """The report, found valid, each of its references leading somewhere."""
    data = reporter.report(files)
    assert data is not None
    root: Any = etree.fromstring(data)
    schema.assertValid(root)
    names = [str(n) for n in root.xpath("//@id")]
    assert len(set(names)) == len(names)
    led = {name for value in root.xpath("//@VOReference") for name in str(value).split()}
    assert led <= set(names)
    return root


def one(root: Any, path: str) -> str:  # noqa: ANN401 - as above
    found = root.xpath(path, namespaces=VR)
    assert len(found) == 1, (path, found)
    return str(getattr(found[0], "text", found[0]))


def all_of(root: Any, path: str) -> list[str]:  # noqa: ANN401 - as above
    return [str(getattr(n, "text", n)) for n in root.xpath(path, namespaces=VR)]


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_every_kind_of_verdict_makes_a_valid_report(
    corpus: Corpus, reporter: Reporter, report_schema: etree.XMLSchema, case: Case
) -> None:
    made = case.make(corpus)
    file = examined(corpus, reporter, made.data, **made.known())
    if not file.judgement.verdicts:
        assert reporter.report([file]) is None
        return
    root = written(reporter, report_schema, file)
    told = all_of(
        root, "/vr:ValidationReport/vr:SignatureValidationReport/vr:SignatureValidationStatus/vr:MainIndication"
    )
    assert [word.rpartition(":")[2] for word in told] == [_word(v) for v in file.judgement.verdicts]


def _word(verdict: SignatureVerdict) -> str:
    word = verdict.indication.value.lower().replace("_", "-")
    return word.removeprefix("total-") if verdict.kind == "document-timestamp" else word


def test_a_long_term_signature_is_reported_with_all_its_evidence(
    corpus: Corpus, reporter: Reporter, report_schema: etree.XMLSchema
) -> None:
    root = written(reporter, report_schema, examined(corpus, reporter, corpus.blta))
    first = root.xpath("vr:SignatureValidationReport[1]", namespaces=VR)[0]
    assert one(first, "vr:ValidationTimeInfo/vr:BestSignatureTime/vr:POETime") == "2026-06-15T09:00:00.000Z"
    assert one(first, "vr:SignerInformation/vr:Signer").startswith("UID=CCCD:001099000001,CN=Nguyễn Văn Minh")
    assert one(first, "vr:SignatureIdentifier/vr:DAIdentifier") == "tep.pdf: ChuKy1"
    assert all_of(first, "vr:SignatureQuality/*") == [
        "urn:luutru:level:B-LTA",
        "urn:luutru:coverage:whole-revision",
        "urn:luutru:plain:valid",
    ]
    assert len(first.xpath("vr:SignatureAttributes/vr:SignatureTimeStamp", namespaces=VR)) == 1
    assert len(first.xpath(".//vr:CertificateChain/vr:IntermediateCertificate", namespaces=VR)) == 1
    kinds = all_of(root, "vr:SignatureValidationObjects/vr:ValidationObject/vr:ObjectType")
    assert {kind.rpartition(":")[2] for kind in kinds} == {"signedData", "certificate", "CRL", "timestamp"}
    inner = all_of(root, "//vr:ValidationObject/vr:ValidationReport/vr:SignatureValidationStatus/vr:MainIndication")
    assert inner == ["urn:etsi:019102:mainindication:passed"] * 2
    assert one(root, "//vr:POEProvisioning/vr:SignatureReference/vr:PAdESFieldName").startswith("DauThoiGian")


def test_the_constraints_name_policy_practices_and_the_block_that_decided(
    corpus: Corpus, reporter: Reporter, report_schema: etree.XMLSchema
) -> None:
    root = written(reporter, report_schema, examined(corpus, reporter, corpus.signed(), revocation=()))
    identifiers = all_of(root, "//vr:ValidationConstraint/vr:ValidationConstraintIdentifier")
    assert {f"urn:luutru:practice:{name}" for name in PRACTICES} <= set(identifiers)
    assert one(root, "//vr:PolicyName") == default_policy().version
    blocks = [i for i in identifiers if i.startswith("urn:luutru:block:")]
    assert blocks == [f"urn:luutru:block:{name}" for name, _ in BLOCKS[:4]]
    decided = root.xpath("//vr:ValidationConstraint[vr:ValidationStatus/vr:SubIndication]", namespaces=VR)
    assert all_of(decided[0], "vr:ValidationStatus/vr:SubIndication") == ["urn:etsi:019102:subindication:TRY_LATER"]
    assert "urn:luutru:would-help" in all_of(root, "//vr:ReportData/vr:Type")


def test_every_subindication_belongs_to_one_block_or_to_none() -> None:
    words = [word for _, group in BLOCKS for word in group]
    assert len(set(words)) == len(words)
    assert set(words) == {*FAILED, *INDETERMINATE} - {"GENERIC"}


def test_a_revoked_signer_is_reported_with_time_reason_and_source(
    corpus: Corpus, reporter: Reporter, report_schema: etree.XMLSchema
) -> None:
    person = corpus.person()
    file = examined(
        corpus, reporter, corpus.signed(person), revocation=[corpus.revoking(person), *corpus.other_lists(EXPIRED)]
    )
    root = written(reporter, report_schema, file)
    status = root.xpath("//vr:RevocationStatusInformation", namespaces=VR)[0]
    assert one(status, "vr:RevocationTime").startswith(f"{REVOKED:%Y-%m-%d}")
    assert one(status, "vr:RevocationReason") == "urn:luutru:crl-reason:keyCompromise"


def test_changes_after_signing_stand_in_the_report(
    corpus: Corpus, reporter: Reporter, report_schema: etree.XMLSchema
) -> None:
    file = examined(corpus, reporter, with_page_content(corpus.signed()), revocation=corpus.pki.lists(SIGNED))
    root = written(reporter, report_schema, file)
    assert file.judgement.verdicts[0].changed_after
    assert "urn:luutru:changed-after-signing" in all_of(root, "//vr:ReportData/vr:Type")


def test_one_report_holds_files_of_all_kinds(
    corpus: Corpus, reporter: Reporter, report_schema: etree.XMLSchema, tmp_path: Path
) -> None:
    """XML and Office signatures, CMS, PDF, an unsigned file; a name that XML cannot hold."""
    (tmp_path / "goc").mkdir()
    (tmp_path / "goc" / "root.der").write_bytes((MADE / "root.der").read_bytes())
    judge = Judge(InlineWorkers(), TrustSnapshot.from_folder(tmp_path / "goc"), SteppingClock(MADE_ON, timedelta(0)))
    files = [
        reporter.examined(path.name, path, judge.judgements([path])[0])
        for path in (MADE / "dss-lta-enveloped.xml", MADE / "poi.docx")
    ]
    text = "Quyết định".encode()
    files.append(examined(corpus, reporter, corpus.cms(text, detached=False), "qd.p7m"))
    files.append(examined(corpus, reporter, corpus.blt, "t\x01ệp\ufffe.pdf"))
    files.append(examined(corpus, reporter, b"%PDF-1.4 nothing", "hong.pdf"))
    root = written(reporter, report_schema, *files)
    values = all_of(root, "//vr:SignatureIdentifier/ds:SignatureValue")
    assert len(values) == 4
    stamps = root.xpath("//vr:SignatureAttributes/vr:ArchiveTimeStamp", namespaces=VR)
    assert len(stamps) == 1
    assert all_of(root, "//vr:CommitmentTypeIdentifier") == ["http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"]


def test_the_same_verdicts_give_the_same_bytes_and_objects_may_stand_by_digest_alone(
    corpus: Corpus, reporter: Reporter, report_schema: etree.XMLSchema
) -> None:
    file = examined(corpus, reporter, corpus.blta)
    assert reporter.report([file]) == reporter.report([file])
    reported = ReportedFile(file.name, file.judgement.verdicts, file.described)
    short: Any = etree.fromstring(write_report([reported], default_policy(), with_bytes=False))
    report_schema.assertValid(short)
    assert not short.xpath("//vr:base64", namespaces=VR)


def test_there_is_no_report_on_nothing(reporter: Reporter, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    assert reporter.report([reporter.examined("a.txt", path, Judgement(()))]) is None
    with pytest.raises(ValueError, match="signature"):
        write_report([], default_policy())
