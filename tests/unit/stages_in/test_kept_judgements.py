"""Judgements outlive an interrupted run, and never without the objects that they name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.facts import FileRole, ReceivedFile
from ingest.kept_judgements import KeptJudgements
from ingest.ports import Judgement
from metadata.verdicts import Indication, SignatureVerdict

VERDICT = SignatureVerdict(
    field="Ky",
    kind="signature",
    signer=None,
    signing_time=None,
    best_time=None,
    indication=Indication.TOTAL_PASSED,
    subindication=None,
    level="B-B",
    coverage="whole-file",
    trust_set="trust",
)
SET = (b"a set", b"an anchor", b"a policy")
JUDGEMENT = Judgement((VERDICT,), facts=b"{}", objects=(b"a list", b"a certificate", b"a list"), keepsakes=SET)


def received(name: str = "a.pdf", sha256: str = "0" * 64) -> ReceivedFile:
    return ReceivedFile(
        path=name, stored=f"receive/{name}", sha256=sha256, sha512="1" * 128, size_bytes=1, role=FileRole.DOCUMENT
    )


@pytest.fixture
def kept(tmp_path: Path) -> KeptJudgements:
    return KeptJudgements(tmp_path, "trust")


def test_what_was_judged_is_read_again_with_the_digests_of_what_it_leant_on(kept: KeptJudgements) -> None:
    written = kept.write(received(), None, JUDGEMENT)
    assert kept.read(received(), None) == written
    assert written.verdicts == (VERDICT,)
    assert written.leant_on.facts == hashlib.sha256(b"{}").hexdigest()
    assert set(written.leant_on.objects) == {hashlib.sha256(x).hexdigest() for x in (b"a list", b"a certificate")}
    assert {kept.path(name).read_bytes() for name in written.leant_on.objects} == {b"a list", b"a certificate"}
    assert {kept.path(name).read_bytes() for name in kept.keepsakes(written)} == set(SET)


def test_an_object_that_is_gone_makes_the_file_be_judged_again(kept: KeptJudgements) -> None:
    written = kept.write(received(), None, JUDGEMENT)
    kept.path(written.leant_on.objects[0]).unlink()
    assert kept.read(received(), None) is None


def test_a_trust_set_that_is_gone_makes_the_file_be_judged_again(kept: KeptJudgements) -> None:
    written = kept.write(received(), None, JUDGEMENT)
    kept.path(kept.keepsakes(written)[0]).unlink()
    assert kept.read(received(), None) is None


def test_what_was_judged_after_the_operator_changed_trust_counts_under_that_set(
    kept: KeptJudgements, tmp_path: Path
) -> None:
    kept.write(received(), None, replace(JUDGEMENT, verdicts=(VERDICT.model_copy(update={"trust_set": "newer"}),)))
    assert kept.read(received(), None) is None
    assert KeptJudgements(tmp_path, "newer").read(received(), None) is not None


def test_other_bytes_another_name_another_content_or_other_trust_are_judged_anew(
    kept: KeptJudgements, tmp_path: Path
) -> None:
    kept.write(received(), None, JUDGEMENT)
    assert kept.read(received(sha256="2" * 64), None) is None
    assert kept.read(received("a.p7m"), None) is None
    assert kept.read(received(), received("signed.pdf")) is None
    assert KeptJudgements(tmp_path, "other trust").read(received(), None) is None


def test_a_file_cut_off_while_it_was_written_is_judged_again(kept: KeptJudgements, tmp_path: Path) -> None:
    kept.write(received(), None, JUDGEMENT)
    found = next(tmp_path.glob("*.json"))
    found.write_bytes(found.read_bytes()[:-20])
    assert kept.read(received(), None) is None


def test_a_detached_signature_names_the_digest_of_what_it_signs(kept: KeptJudgements) -> None:
    written = kept.write(received("a.p7s"), received("a.pdf", "3" * 64), JUDGEMENT)
    assert written.leant_on.content == "3" * 64
