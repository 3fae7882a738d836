"""What a delivery states of its own files is compared with their bytes while these are received, in one reading."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from archive.services.job_deliveries import part_for
from ingest.facts import Received
from ingest.stages.receive import Receive
from ingest.work import WorkItem
from metadata.descriptions import Claim
from metadata.digests import CLAIMABLE, Digester
from metadata.rules import message
from tests.fakes.deliveries import delivered, no_checks
from tests.fakes.dossiers import StandingClock

CONTENT = b"%PDF-1.4 mot"


def digests(content: bytes) -> dict[str, str]:
    return {name: hashlib.new(name.replace("-", ""), content).hexdigest() for name in CLAIMABLE}


def claiming(item: WorkItem, **claims: Claim) -> WorkItem:
    by_path = {path.replace("_", "."): (claim,) for path, claim in claims.items()}
    return replace(item, delivery=item.delivery.model_copy(update={"claims": by_path}))


@pytest.fixture(params=[False, True], ids=["copied", "in place"])
def item(tmp_path: Path, request: pytest.FixtureRequest) -> WorkItem:
    root = tmp_path / "delivery"
    root.mkdir()
    (root / "1.pdf").write_bytes(CONTENT)
    return delivered(root, tmp_path / "work", ["1.pdf"], in_place=request.param)


def received(item: WorkItem) -> Received:
    answer = Receive(no_checks, StandingClock()).run(item)
    assert isinstance(answer, Received)
    return answer


def test_bytes_that_are_what_the_delivery_says_by_every_algorithm_break_nothing(item: WorkItem) -> None:
    claim = Claim(by="METS.xml", digests=digests(CONTENT), size_bytes=len(CONTENT))
    assert received(claiming(item, **{"1_pdf": claim})).findings == ()


@pytest.mark.rule("ING-005")
@pytest.mark.parametrize("algorithm", sorted(CLAIMABLE))
def test_a_wrong_digest_by_any_algorithm_is_told_with_both_values(item: WorkItem, algorithm: str) -> None:
    wrong = digests(CONTENT + b"x")[algorithm]
    told = received(claiming(item, **{"1_pdf": Claim(by="METS.xml", digests={algorithm: wrong})})).findings
    assert [(f.rule, f.subject, f.file) for f in told] == [("ING-005", "1.pdf", "METS.xml")]
    words = message(told[0], "vi")
    assert wrong in words
    assert digests(CONTENT)[algorithm] in words


@pytest.mark.rule("ING-006")
def test_a_wrong_size_is_told_with_both_numbers(item: WorkItem) -> None:
    told = received(claiming(item, **{"1_pdf": Claim(by="METS.xml", size_bytes=7)})).findings
    assert [(f.rule, f.values["expected"], f.values["actual"]) for f in told] == [("ING-006", "7", "12")]


def test_a_second_run_after_a_crash_compares_again_without_copying(item: WorkItem) -> None:
    wrong = Claim(by="METS.xml", digests={"MD5": "0" * 32})
    first, second = (received(claiming(item, **{"1_pdf": wrong})).findings for _ in range(2))
    assert [f.rule for f in first] == ["ING-005"]
    assert first == second


def test_a_job_keeps_the_claims_about_its_own_files_only(item: WorkItem) -> None:
    claim = Claim(by="METS.xml", size_bytes=1)
    delivery = item.delivery.model_copy(update={"claims": {"1.pdf": (claim,), "other.pdf": (claim,)}})
    assert part_for(item.dossier, delivery, keep_sources=True).claims == {"1.pdf": (claim,)}


def test_digests_that_nobody_asked_for_are_not_taken() -> None:
    digester = Digester()
    digester.update(CONTENT)
    assert digester.digests().others == ()
