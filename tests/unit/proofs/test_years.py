"""A proof in 2041: renewed in time it holds, not renewed it is open; whatever algorithm the archive went over to."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.demo.pki import Pki, new_pki
from archive.preservation.evidence.algorithms import digest
from archive.preservation.evidence.records import ArchiveTimeStamp, Chain, EvidenceRecord, read_record, sequence_of
from archive.preservation.evidence.tokens import with_revocation
from archive.preservation.evidence.trees import Tree
from archive.preservation.proofs import steps
from archive.preservation.proofs.steps import Report
from archive.preservation.proofs.verification import Auditor, check
from archive.preservation.signatures.signing import time_stamper
from tests.fixtures.pki import SIGNED, TODAY, Corpus
from tests.generators.proofs import DESCRIPTION, ORIGINAL, ProofParts, signed_proof

RENEWED = datetime(2035, 3, 1, tzinfo=UTC)
REHASHED = datetime(2038, 3, 1, tzinfo=UTC)
AUDITED = datetime(2041, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def later() -> Pki:
    """The authorities that follow."""
    return new_pki(RENEWED - timedelta(days=30), RENEWED + timedelta(days=3650))


@pytest.fixture
def parts(corpus: Corpus, tmp_path: Path) -> ProofParts:
    return signed_proof(
        corpus.pki,
        corpus.blta,
        corpus.trust,
        tmp_path,
        judged_at=TODAY,
        stamped_at=TODAY + DAY,
        revocation=corpus.pki.lists(SIGNED),
    )


def first_stamp(parts: ProofParts, corpus: Corpus) -> ArchiveTimeStamp:
    """The first time-stamp with the lists of its authorities, as they were when it was renewed."""
    (stamp,) = read_record(parts.record).chains[0].stamps
    lists = (corpus.pki.root.list_of(RENEWED - DAY), corpus.pki.stamping.list_of(RENEWED - DAY))
    return replace(stamp, token=with_revocation(stamp.token, lists))


def renewal(token: bytes, pki: Pki, at: datetime) -> ArchiveTimeStamp:
    tree = Tree.of("sha256", [digest("sha256", token), digest("sha256", b"token of another batch")])
    made = time_stamper(pki.stamper, at)(tree.root, "sha256")
    return ArchiveTimeStamp("sha256", tree.reduced(digest("sha256", token)), made)


def renewed(parts: ProofParts, corpus: Corpus, later: Pki) -> list[ArchiveTimeStamp]:
    first = first_stamp(parts, corpus)
    return [first, renewal(first.token, later, RENEWED)]


def rehashed(parts: ProofParts, corpus: Corpus, later: Pki) -> bytes:
    """Everything read again and stamped under SHA-512."""
    first, second = renewed(parts, corpus, later)
    lists = (later.root.list_of(REHASHED - DAY), later.stamping.list_of(REHASHED - DAY))
    second = replace(second, token=with_revocation(second.token, lists))
    older = digest("sha512", sequence_of([Chain.of([first, second])]))
    members = [digest("sha512", hashlib.sha512(data).digest(), older) for data in parts.files.values()]
    leaf = digest("sha512", *sorted(members))
    tree = Tree.of("sha512", [leaf, digest("sha512", b"other")])
    token = time_stamper(later.stamper, REHASHED)(tree.root, "sha512")
    third = ArchiveTimeStamp("sha512", tree.reduced(leaf, members), token)
    return EvidenceRecord.of([[first, second], [third]]).der()


def audited(parts: ProofParts, *pkis: Pki) -> Report:
    return check(io.BytesIO(parts.zip()), Auditor(tuple(pki.root.der for pki in pkis), AUDITED))


def test_a_proof_that_was_renewed_in_time_holds_since_its_first_time_stamp(
    parts: ProofParts, corpus: Corpus, later: Pki
) -> None:
    parts.record = EvidenceRecord.of([renewed(parts, corpus, later)]).der()
    report = audited(parts, corpus.pki, later)
    assert (report.ok, report.proven) == (True, "2026-11-29T00:00:00.000Z"), report.steps
    own = [step.more["indication"] for step in report.steps if step.name == steps.OWN_TRUST]
    assert own == ["TOTAL_PASSED", "TOTAL_PASSED"], (
        "the signatures are valid in 2041 because the record proves their age"
    )


def test_a_proof_that_nobody_renewed_is_open(parts: ProofParts, corpus: Corpus, later: Pki) -> None:
    report = audited(parts, corpus.pki, later)
    assert (report.ok, report.proven) == (None, None)
    own = {step.more["indication"] for step in report.steps if step.name == steps.OWN_TRUST}
    assert own == {"INDETERMINATE"}


def test_a_renewal_without_the_status_of_the_old_authority_is_open(
    parts: ProofParts, corpus: Corpus, later: Pki
) -> None:
    (bare,) = read_record(parts.record).chains[0].stamps
    parts.record = EvidenceRecord.of([[bare, renewal(bare.token, later, RENEWED)]]).der()
    report = audited(parts, corpus.pki, later)
    assert report.ok is None
    assert [step.ok for step in report.steps if step.name == steps.TIME_STAMP] == [None, True]


def test_without_the_anchor_of_the_second_authority_it_is_open(parts: ProofParts, corpus: Corpus, later: Pki) -> None:
    parts.record = EvidenceRecord.of([renewed(parts, corpus, later)]).der()
    assert audited(parts, corpus.pki).ok is None
    assert audited(parts, later).ok is None


def test_a_hash_tree_renewal_is_followed_by_the_bytes_of_every_file(
    parts: ProofParts, corpus: Corpus, later: Pki
) -> None:
    parts.record = rehashed(parts, corpus, later)
    report = audited(parts, corpus.pki, later)
    assert (report.ok, report.proven) == (True, "2026-11-29T00:00:00.000Z"), report.steps
    assert [step.ok for step in report.steps if step.name == steps.TIME_STAMP] == [True] * 3


@pytest.mark.parametrize("path", [ORIGINAL, DESCRIPTION])
def test_after_a_hash_tree_renewal_a_changed_file_is_found(
    parts: ProofParts, corpus: Corpus, later: Pki, path: str
) -> None:
    parts.record = rehashed(parts, corpus, later)
    parts.files[path] += b" "
    report = audited(parts, corpus.pki, later)
    (record,) = [step for step in report.steps if step.name == steps.RECORD]
    assert (report.ok, record.ok) == (False, False)
    assert record.detail.count("is not in the first list") == 2, "under both algorithms"
