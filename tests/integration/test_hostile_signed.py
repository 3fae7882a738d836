"""Files that choke their reader, in real worker processes with their limits: verdicts come back, none is valid."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from archive.preservation.signatures.adapter import Judge
from ingest.workers.pool import WorkerPool
from metadata.verdicts import PlainWord
from tests.corpus.hostile_signed import CHOKING, SIGNATURES, signed
from tests.fakes.clocks import SteppingClock
from tests.fixtures.pki import TODAY, Corpus

HARMLESS = {"two-hundred-revisions"}


def test_hostile_files_are_judged_in_workers_within_their_limits(
    worker_pool: WorkerPool, corpus: Corpus, tmp_path: Path
) -> None:
    attacks = {**CHOKING, **SIGNATURES}
    paths = {name: tmp_path / f"{name}.pdf" for name in attacks}
    for name, path in paths.items():
        path.write_bytes(attacks[name].make(corpus))
    judge = Judge(worker_pool, corpus.trust, SteppingClock(TODAY, timedelta(0)), second_reader=True)
    for name, judgement in zip(paths, judge.judgements(list(paths.values())), strict=True):
        verdicts = judgement.verdicts
        assert bool(verdicts) != attacks[name].unsigned, name
        # A second field on the value of a good signature takes nothing from that one.
        attacked = verdicts[:1] if name in SIGNATURES else verdicts
        assert name in HARMLESS or not any(v.plain is PlainWord.VALID for v in attacked), name
        # Their own caps stop them: none of these files needs the limits of the process.
        assert not any(reason.startswith("limit-breached") for v in verdicts for reason in v.reasons), name


def test_a_good_file_is_valid_to_both_readers(worker_pool: WorkerPool, corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "tot.pdf"
    path.write_bytes(signed(corpus))
    judge = Judge(worker_pool, corpus.trust, SteppingClock(TODAY, timedelta(0)), second_reader=True)
    (verdict,) = judge.judgements([path])[0].verdicts
    assert verdict.plain is PlainWord.VALID
    assert verdict.second_reader.get("integrity") == "holds", verdict.second_reader
