"""BouncyCastle takes our evidence records and refuses what was altered in them; we take and refuse its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.preservation.evidence.algorithms import digest
from archive.preservation.evidence.records import RecordUnreadableError, read_record
from archive.preservation.evidence.tokens import read_token
from archive.preservation.evidence.verification import Outcome, TokenAnswer, TokenQuestion, verify
from archive.services.evidence import Evidence
from storage.evidence_batches import Group
from tests.fakes.dossiers import Paper
from tests.fakes.evidence import START, YEAR, EvidenceBench, fresh, policy_with
from tests.fixtures.bouncycastle import BouncyCastle

PAPERS = [Paper(("a.pdf",), text="Quyết định", rendition=True, signed=True), Paper(("b.pdf", "c.pdf"))]
FLIPS = 60


class _Kept:
    """Records of ours at one time, with the files that they are of."""

    def __init__(self, bench: EvidenceBench, folder: Path) -> None:
        self._bench = bench
        self._folder = folder

    def records(self, package_id: str) -> Iterator[tuple[Group, Path, list[Path]]]:
        evidence = self._bench.evidence()
        checker = evidence.checker()
        index, _ = evidence.stamping.index()
        for batch in evidence.places.batches_of(package_id, index):
            for group in evidence.places.groups(evidence.stamping.document(batch), package_id):
                folder = self._folder / f"{len(list(self._folder.iterdir()))}"
                folder.mkdir()
                (folder / "record.der").write_bytes(checker.cut(batch, group).der())
                yield group, folder / "record.der", list(self._files(evidence, group, folder))

    @staticmethod
    def _files(evidence: Evidence, group: Group, folder: Path) -> Iterator[Path]:
        for number, (place, _) in enumerate(group.members):
            with evidence.places.open(group, place) as stream:
                (folder / f"{number}.bin").write_bytes(stream.read())
            yield folder / f"{number}.bin"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[EvidenceBench]:
    first, second = fresh("Một"), fresh("Hai")
    first.modern = second.modern = START + 2 * YEAR
    made = EvidenceBench(tmp_path / "archive", first=first, second=second)
    yield made
    made.close()


def test_bouncycastle_takes_our_records_of_every_age(
    bench: EvidenceBench, tmp_path: Path, bouncycastle: BouncyCastle
) -> None:
    """First time-stamp, two renewals, hash-tree renewal, and a renewal on top of that."""
    (tmp_path / "cut").mkdir()
    kept = _Kept(bench, tmp_path / "cut")
    package_id = bench.archive("1", PAPERS)
    for name in range(2, 5):
        bench.archive(str(name), [Paper((f"{name}.pdf",))])
    list(bench.evidence().build())
    counts = []
    ages: list[Callable[[], object]] = [
        lambda: None,
        lambda: list(bench.evidence().renew(everything=True)),
        lambda: list(bench.evidence().renew(everything=True)),
        lambda: _end_sha256(bench),
        lambda: list(bench.evidence().renew(everything=True)),
    ]
    for age, act in enumerate(ages):
        act()
        for group, record, files in kept.records(package_id):
            assert bouncycastle.verify(record, bench.clock.at, files) == "ok", (age, group.id)
            assert bouncycastle.verify(record, bench.clock.at, [*files[:-1], record]).startswith("no"), (age, group.id)
            counts.append(sum(1 for _ in read_record(record.read_bytes()).stamps()))
        bench.clock.at += timedelta(days=200)
    assert (min(counts), max(counts)) == (1, 5)
    chains = len(read_record(record.read_bytes()).chains)
    assert chains == 2


def _end_sha256(bench: EvidenceBench) -> None:
    bench.policy = policy_with(sha256=(bench.clock.at + 2 * YEAR).isoformat().replace("+00:00", "Z"))
    done = [answer.kind.value for answer in bench.evidence().renew()]
    assert "hash-tree-renewal" in done


def test_both_refuse_what_was_altered(bench: EvidenceBench, tmp_path: Path, bouncycastle: BouncyCastle) -> None:
    (tmp_path / "cut").mkdir()
    package_id = bench.archive("1", PAPERS)
    bench.archive("2", [Paper(("x.pdf",))])
    list(bench.evidence().build())
    bench.clock.at += timedelta(days=200)
    list(bench.evidence().renew(everything=True))
    _end_sha256(bench)
    records = _Kept(bench, tmp_path / "cut").records(package_id)
    _, record, files = next(entry for entry in records if entry[0].id.endswith("/1"))
    whole = record.read_bytes()
    judge = bench.judge()

    def ours(data: bytes) -> Outcome:
        try:
            found = read_record(data)
        except RecordUnreadableError:
            return Outcome.BROKEN
        return verify(found, lambda name: [digest(name, path.read_bytes()) for path in files], judge).outcome

    assert ours(whole) is Outcome.HOLDS
    youngest = whole.rindex(read_record(whole).chains[-1].stamps[-1].token)
    places = random.Random(4998)  # noqa: S311 - the same places in every run
    altered = tmp_path / "altered.der"
    refused = 0
    for _ in range(FLIPS):
        place = places.randrange(len(whole))
        data = bytearray(whole)
        data[place] ^= 1 << places.randrange(8)
        altered.write_bytes(data)
        assert ours(bytes(data)) is not Outcome.HOLDS, place
        if place < youngest:
            assert bouncycastle.verify(altered, bench.clock.at, files).startswith("no"), place
            refused += 1
    assert refused > FLIPS // 3


class _Anybody:
    """Takes every token that says a time: the other maker's authority is known to nobody."""

    now = START

    def token(self, question: TokenQuestion) -> TokenAnswer:
        assert read_token(question.token).imprint
        return TokenAnswer(Outcome.HOLDS)

    def refused(self, algorithm: str, when: datetime) -> str:
        del algorithm, when
        return ""


@pytest.mark.parametrize("age", [1, 2, 3])
def test_we_take_the_records_of_bouncycastle(age: int, tmp_path: Path, bouncycastle: BouncyCastle) -> None:
    """First time-stamp, time-stamp renewal, hash-tree renewal; single documents and a data group."""
    count = 11
    bouncycastle.make(tmp_path, count)
    documents = [[tmp_path / f"doc_{number}.bin"] for number in range(count)]
    documents.append([tmp_path / f"group_{number}.bin" for number in range(3)])
    for number, files in enumerate(documents):
        record = read_record((tmp_path / f"bc{age}_{number}.der").read_bytes())
        assert record.der() == (tmp_path / f"bc{age}_{number}.der").read_bytes()
        assert _outcome(record, files) is Outcome.HOLDS, (age, number)
        others = documents[(number + 1) % len(documents)]
        assert _outcome(record, others) is Outcome.BROKEN, (age, number)


def _outcome(record: object, files: Sequence[Path]) -> Outcome:
    def digests(name: str) -> list[bytes]:
        return [digest(name, path.read_bytes()) for path in files]

    return verify(record, digests, _Anybody()).outcome  # type: ignore[arg-type]
