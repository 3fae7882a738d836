"""Stage `signatures`: verdicts of a dossier and the warnings that go with them; nothing is rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest

from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.second_reader_answers import Reading, Readings
from archive.preservation.trust.sets import TrustSnapshot
from ingest.facts import FileFormat, FileRole, Formats, Judged, Received, ReceivedFile, Tool, Validated
from ingest.ports import Answer, Judgement
from ingest.stages.signatures import Signatures
from ingest.work import WorkItem
from metadata.descriptions import Delivery, DossierDescription
from metadata.digests import digests_of_file
from metadata.verdicts import Indication, SignatureVerdict
from tests.contract.stage import StageContract
from tests.fakes.clocks import SteppingClock
from tests.fakes.second_readers import OtherReader
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import REVOKED, TODAY, Corpus, with_comment
from tests.fixtures.xml_signing import MADE, MADE_ON, package, parts_of

_MIMES = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".p7s": "application/pkcs7-mime",
    ".xml": "application/xml",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def item_with(folder: Path, files: Mapping[str, bytes]) -> WorkItem:
    """A dossier whose documents are `files`, received and identified."""
    received: list[ReceivedFile] = []
    formats: dict[str, FileFormat] = {}
    for ordinal, (name, data) in enumerate(files.items(), start=1):
        stored = f"receive/{ordinal}{Path(name).suffix}"
        (folder / "receive").mkdir(exist_ok=True)
        (folder / stored).write_bytes(data)
        digests = digests_of_file(folder / stored)
        received.append(
            ReceivedFile(
                path=name,
                stored=stored,
                sha256=digests.sha256,
                sha512=digests.sha512,
                size_bytes=digests.size_bytes,
                role=FileRole.DOCUMENT,
                ordinal=ordinal,
            )
        )
        mime = _MIMES[Path(name).suffix]
        formats[name] = FileFormat(puid="fmt/18", name="x", version="", mime=mime)
    description = DossierDescription(file_code="H99.2021.15")
    item = WorkItem(
        job_id="1",
        submission_id="2",
        package_id="3",
        agency="H99",
        folder=folder,
        delivery=Delivery(reader="folder", profile="02-2019", root=str(folder), dossiers=(description,)),
        dossier=description,
    )
    facts = (
        Received(files=tuple(received), received_at="2026-11-28T00:00:00.000Z", fingerprint="0"),
        Formats(formats=formats),
        Validated(findings=(), inspections={}),
    )
    for fact in facts:
        item = item.having(fact)
    return item


@dataclass
class CountingJudge:
    """The real judge, with the files counted that it was given."""

    inner: Judge
    seen: list[Path] = field(default_factory=list)

    def judge(
        self, paths: Sequence[Path], *, contents: Mapping[Path, Path] | None = None
    ) -> Sequence[tuple[SignatureVerdict, ...]]:
        self.seen += paths
        return self.inner.judge(paths, contents=contents)

    def judgements(
        self,
        paths: Sequence[Path],
        *,
        contents: Mapping[Path, Path] | None = None,
        beside: Mapping[Path, Mapping[str, Path]] | None = None,
        revocation: Sequence[bytes] = (),
    ) -> Sequence[Judgement]:
        self.seen += paths
        return self.inner.judgements(paths, contents=contents, beside=beside, revocation=revocation)

    def trust_set(self) -> str:
        return self.inner.trust_set()

    def tools(self) -> tuple[Tool, ...]:
        return self.inner.tools()


def stage_for(corpus: Corpus, trust: TrustSnapshot | None = None, *lists: bytes) -> Signatures:
    clock = SteppingClock(TODAY, timedelta(0))
    return Signatures(Judge(InlineWorkers(), trust or corpus.trust, clock, revocation=lists))


class TestSignatures(StageContract):
    @pytest.fixture
    def stage(self, corpus: Corpus) -> Signatures:
        return stage_for(corpus)

    @pytest.fixture
    def item(self, corpus: Corpus, tmp_path: Path) -> WorkItem:
        broken = bytearray(corpus.blt)
        broken[broken.index(b"stream") + 10] ^= 1
        return item_with(
            tmp_path, {"a.pdf": corpus.blta, "b.pdf": bytes(broken), "c.jpg": b"\xff\xd8", "d.pdf": corpus.base}
        )


def judged(stage: Signatures, tmp_path: Path, files: Mapping[str, bytes]) -> Judged:
    return stage.run(item_with(tmp_path, files))


def rules_of(fact: Judged) -> list[str]:
    return [finding.rule for finding in fact.findings]


def test_unsigned_files_are_absent_and_signed_ones_are_there_by_their_received_path(
    corpus: Corpus, tmp_path: Path
) -> None:
    fact = judged(stage_for(corpus), tmp_path, {"hồ sơ/a.pdf": corpus.blta, "b.pdf": corpus.base, "c.jpg": b"\xff\xd8"})
    assert list(fact.verdicts) == ["hồ sơ/a.pdf"]
    assert [v.indication for v in fact.verdicts["hồ sơ/a.pdf"]] == [Indication.TOTAL_PASSED] * 2
    assert fact.findings == ()
    named = {v.trust_set for v in fact.verdicts["hồ sơ/a.pdf"]}
    assert named == {corpus.trust.trust_set()}
    assert {tool.name for tool in fact.tools} >= {"luutru-signatures", "pyHanko"}


@dataclass
class Turning:
    """Trust that an operator changes while a dossier is judged: another set each time that somebody looks."""

    corpus: Corpus
    given: list[TrustSnapshot] = field(default_factory=list)

    def snapshot(self) -> TrustSnapshot:
        others = [authority.der for authority in (self.corpus.pki.root, self.corpus.pki.issuing)]
        self.given.append(self.corpus.trusting(*others[: 1 + len(self.given) % 2]))
        return self.given[-1]


def test_what_the_verdicts_name_is_kept_whenever_the_operator_changes_trust(corpus: Corpus, tmp_path: Path) -> None:
    turning = Turning(corpus)
    clock = SteppingClock(TODAY, timedelta(0))
    item = item_with(tmp_path, {f"{n}.pdf": corpus.blta if n else corpus.blt for n in range(3)})
    for _ in range(3):
        fact = Signatures(Judge(InlineWorkers(), turning, clock)).run(item)
        verdicts = [verdict for found in fact.verdicts.values() for verdict in found]
        named = {name for verdict in verdicts for name in (verdict.trust_set, verdict.policy)}
        named |= {c.sha256 for found in turning.given if found.trust_set() in named for c in found.certificates}
        assert named <= {kept.sha256 for kept in fact.keepsakes}
        assert all((tmp_path / kept.source).is_file() for kept in fact.keepsakes)


@pytest.mark.rule("SIG-001")
def test_a_broken_signature_warns_and_does_not_reject(corpus: Corpus, tmp_path: Path) -> None:
    data = bytearray(corpus.signed())
    data[data.index(b"stream") + 10] ^= 1
    fact = judged(stage_for(corpus), tmp_path, {"a.pdf": bytes(data)})
    assert rules_of(fact) == ["SIG-001"]
    assert fact.findings[0].values["verdict"] == "HASH_FAILURE"


@pytest.mark.rule("SIG-002")
def test_a_change_after_signing_warns(corpus: Corpus, tmp_path: Path) -> None:
    fact = judged(stage_for(corpus), tmp_path, {"a.pdf": with_comment(corpus.blt)})
    assert rules_of(fact) == ["SIG-002"]
    assert "annotation Text" in fact.findings[0].values["changes"]


@pytest.mark.rule("SIG-003")
def test_an_empty_trust_store_warns_once_a_dossier(corpus: Corpus, tmp_path: Path) -> None:
    fact = judged(stage_for(corpus, corpus.trusting()), tmp_path, {"a.pdf": corpus.blt, "b.pdf": corpus.signed()})
    assert rules_of(fact) == ["SIG-003"]
    assert (fact.findings[0].subject, fact.findings[0].values["count"]) == ("H99.2021.15", "2")


@pytest.mark.rule("SIG-004")
def test_a_remnant_warns(corpus: Corpus, tmp_path: Path) -> None:
    data = corpus.base + b"99 0 obj\n<< /Type /Sig /ByteRange [0 12 34 56] >>\nendobj\n"
    assert rules_of(judged(stage_for(corpus), tmp_path, {"a.pdf": data})) == ["SIG-004"]


@pytest.mark.rule("SIG-005")
def test_a_revoked_certificate_without_proof_of_time_warns(corpus: Corpus, tmp_path: Path) -> None:
    person = corpus.person()
    lists = (corpus.revoking(person), *corpus.other_lists(REVOKED))
    fact = judged(stage_for(corpus, None, *lists), tmp_path, {"a.pdf": corpus.signed(person)})
    assert rules_of(fact) == ["SIG-005"]


@pytest.mark.rule("SIG-006")
def test_a_locked_file_warns(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "in.pdf").write_bytes(corpus.signed())
    with pikepdf.open(tmp_path / "in.pdf") as opened:
        opened.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="chu", user="bimat"))
    fact = judged(stage_for(corpus), tmp_path, {"a.pdf": (tmp_path / "locked.pdf").read_bytes()})
    assert rules_of(fact) == ["SIG-006"]


@pytest.mark.rule("SIG-007")
def test_two_readers_that_contradict_each_other_warn(corpus: Corpus, tmp_path: Path) -> None:
    other = Answer(Readings((Reading("ChuKy1", integrity=False),), 1).document())
    judge = Judge(OtherReader(other), corpus.trust, SteppingClock(TODAY, timedelta(0)))
    fact = judged(Signatures(judge), tmp_path, {"a.pdf": corpus.blt})
    assert rules_of(fact) == ["SIG-007"]


@pytest.mark.rule("SIG-020")
def test_a_signature_that_does_not_cover_all_warns(corpus: Corpus, tmp_path: Path) -> None:
    parts = parts_of((MADE / "poi.docx").read_bytes()) | {"word/them.xml": b"<x/>"}
    trust = corpus.trusting((MADE / "root.der").read_bytes())
    lists = [path.read_bytes() for path in MADE.glob("*.crl")]
    judge = Judge(InlineWorkers(), trust, SteppingClock(MADE_ON, timedelta(0)), revocation=lists)
    fact = judged(Signatures(judge), tmp_path, {"a.docx": package(parts)})
    assert rules_of(fact) == ["SIG-020"]
    assert "word/them.xml" in fact.findings[0].values["reason"]


@pytest.mark.rule("SIG-021")
def test_a_kind_of_signature_that_is_only_recognised_warns(corpus: Corpus, tmp_path: Path) -> None:
    data = b"<a><Signature xmlns='urn:khac'><SignedInfo/></Signature></a>"
    fact = judged(stage_for(corpus), tmp_path, {"a.xml": data})
    assert rules_of(fact) == ["SIG-021"]


def test_what_only_lacks_revocation_data_warns_of_nothing(corpus: Corpus, tmp_path: Path) -> None:
    fact = judged(stage_for(corpus), tmp_path, {"a.pdf": corpus.signed()})
    assert (fact.verdicts["a.pdf"][0].subindication, fact.findings) == ("TRY_LATER", ())


@pytest.mark.parametrize("name", ["qd.pdf.p7s", "qd.p7s"])
def test_a_detached_signature_finds_its_file_by_the_received_name(corpus: Corpus, tmp_path: Path, name: str) -> None:
    signature = corpus.cms(corpus.base, detached=True)
    stage = stage_for(corpus, None, *corpus.pki.lists(REVOKED))
    fact = judged(stage, tmp_path, {"qd.pdf": corpus.base, name: signature})
    assert fact.verdicts[name][0].indication is Indication.TOTAL_PASSED


def test_what_was_judged_before_a_kill_is_not_judged_again(corpus: Corpus, tmp_path: Path) -> None:
    item = item_with(tmp_path, {f"{n}.pdf": corpus.once("bb", corpus.signed) + b"\n" * n for n in range(40)})
    judge = CountingJudge(stage_for(corpus).judge)  # type: ignore[arg-type]

    def killed(done: int, _total: int) -> None:
        if done == 35:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Signatures(judge).run(replace(item, progress=killed))
    assert len(judge.seen) == 40
    fact = Signatures(judge).run(item)
    assert len(judge.seen) == 40
    assert len(fact.verdicts) == 40


def test_new_trust_judges_anew(corpus: Corpus, tmp_path: Path) -> None:
    item = item_with(tmp_path, {"a.pdf": corpus.blt})
    assert rules_of(stage_for(corpus, corpus.trusting()).run(item)) == ["SIG-003"]
    assert stage_for(corpus).run(item).verdicts["a.pdf"][0].indication is Indication.TOTAL_PASSED
