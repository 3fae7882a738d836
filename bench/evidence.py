"""What evidence costs: one hash tree over a million digests, a proof cut and checked, batches renewed by one token.

    PYTHONPATH=. .venv/bin/python -P bench/evidence.py [--digests 1000000] [--batches 1000] [--folder DIR]
        [--replay ID…]

Prints one line of JSON. `beside` is the bare minimum in the same run: the digests that the tree needs, and nothing
else. `renewal` includes reading every token, its revocation data, the checks of every authority's certificate, and
storage with its syncs. With `--replay` the verdicts of stored documents of the home that the environment names are
given again from the kept evidence.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from archive.demo.pki import new_pki
from archive.preservation.evidence.algorithms import digest
from archive.preservation.evidence.authorities import Authorities, Authority
from archive.preservation.evidence.cutting import Cutting, Material
from archive.preservation.evidence.documents import BatchDocument, Manifest
from archive.preservation.evidence.history import Cover, History, Stamp, StampKind
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.records import read_record
from archive.preservation.evidence.renewing import Renewer
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.tokens import with_revocation
from archive.preservation.evidence.trees import Tree
from archive.preservation.evidence.verification import Outcome, TokenQuestion, verify
from archive.preservation.signatures.engine import World
from archive.preservation.signatures.signing import time_stamper
from metadata.time import rfc3339
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from storage.evidence_batches import DOCUMENT, MANIFEST, TOKEN, TREE, EvidenceBatches, key_of

START = datetime(2026, 11, 28, tzinfo=UTC)
YEAR = timedelta(days=365)
CUTS = 2000
PKI = new_pki(START - YEAR, START + 9 * YEAR)


@dataclass
class Standing:
    """A clock that stands where the bench put it."""

    at: datetime = START
    source: str = "bench"

    def now(self) -> datetime:
        return self.at


class Stamper:
    """Our own authority, in this process."""

    def __init__(self, clock: Standing) -> None:
        self._clock = clock

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        return time_stamper(PKI.stamper, self._clock.at)(digest, algorithm)


class Lists:
    """The lists of its authorities, as a source of revocation data."""

    def __init__(self, clock: Standing) -> None:
        self._lists = PKI.lists(clock.at)

    def answers(self, asked: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        return self._lists if asked else ()


@dataclass
class InMemory(Material):
    """One batch."""

    tree: Tree
    received: bytes

    def token(self, stamp: Stamp) -> bytes:
        del stamp
        return self.received

    def covered_token(self, stamp: Stamp, cover: Cover) -> bytes:
        del stamp, cover
        return self.received

    def renewal(self, stamp: Stamp) -> Tree:
        del stamp
        return self.tree

    def siblings(self, stamp: Stamp, batch: str, leaf: bytes) -> tuple[bytes, ...]:
        del stamp, batch
        return self.tree.siblings(self.tree.position_of(leaf))


def cpu(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return round(time.process_time() - start, 3)


def judge(at: datetime, answers: Sequence[bytes] = ()) -> EngineJudge:
    world = World.of(at=at, anchors=[PKI.root.der], intermediates=PKI.certificates(), answers=answers)
    return EngineJudge(world)


def _bare(count: int) -> None:
    pair = bytes(64)
    for _ in range(count):
        hashlib.sha256(pair).digest()


def _digests(document: bytes, algorithm: str) -> list[bytes]:
    return [digest(algorithm, document)]


def one_tree(count: int) -> dict[str, object]:
    minimum = cpu(lambda: _bare(count))
    digests = [hashlib.sha256(b"document %d" % number).digest() for number in range(count)]
    found: list[Tree] = []
    spent = cpu(lambda: found.append(Tree.of("sha256", digests)))
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    digests.clear()
    tree = found[0]
    token = Stamper(Standing()).stamp(tree.root)
    stamp = Stamp("2026-11-28-1", StampKind.BATCH, "sha256", START, "TSA", START + YEAR)
    history = History.of([stamp])
    cutting = Cutting.of(stamp, history.line(stamp.name), InMemory(tree, token))
    picked = [b"document %d" % (number * (count // CUTS)) for number in range(CUTS)]
    records: list[bytes] = []

    def cut() -> None:
        records.extend(cutting.record(partial(_digests, document)).der() for document in picked)

    def check(by: EngineJudge, entries: Sequence[tuple[bytes, bytes]]) -> None:
        for document, record in entries:
            verdict = verify(read_record(record), partial(_digests, document), by)
            assert verdict.outcome is Outcome.HOLDS, verdict

    cutting_seconds = cpu(cut)
    pairs_of = list(zip(picked, records, strict=True))
    by = judge(START + YEAR / 2, PKI.lists(START + YEAR / 2))
    first = cpu(lambda: check(by, pairs_of[:1]))
    rest = cpu(lambda: check(by, pairs_of[1:]))
    return {
        "digests": count,
        "tree_cpu_s": spent,
        "beside_bare_digests_cpu_s": minimum,
        "ratio": round(minimum / spent, 2),
        "tree_peak_mib": peak,
        "tree_mib": round(len(tree.encoded()) / (1 << 20), 1),
        "token_bytes": len(token),
        "record_bytes": len(records[0]),
        "cut_ms": round(1000 * cutting_seconds / CUTS, 3),
        "verify_ms": round(1000 * rest / (CUTS - 1), 3),
        "token_once_ms": round(1000 * first, 1),
    }


def renewal(count: int, folder: Path) -> dict[str, object]:
    """Batches are written as they lie in storage; what is measured is the renewal alone."""
    clock = Standing()
    store = FilesystemStore(folder)
    batches = EvidenceBatches(store)
    first = judge(START)
    stamping = Stamping(batches, lambda token: first.token(TokenQuestion(token, None)), clock)
    for number in range(count):
        name = f"{START + timedelta(days=number):%Y-%m-%d}-1"
        tree = Tree.of("sha256", [hashlib.sha256(b"%d %d" % (number, leaf)).digest() for leaf in range(4)])
        token = Stamper(clock).stamp(tree.root)
        document = BatchDocument(
            name=name,
            kind=StampKind.BATCH,
            opened_at=rfc3339(START),
            algorithm="sha256",
            root=tree.root.hex(),
            leaves=tree.count,
            tree=hashlib.sha256(tree.encoded()).hexdigest(),
        )
        manifest = Manifest(
            batch=document.sha256,
            token=hashlib.sha256(token).hexdigest(),
            time=rfc3339(START),
            expires=rfc3339(START + 9 * YEAR),
        )
        files = {DOCUMENT: document.document(), TREE: tree.encoded(), TOKEN: token, MANIFEST: manifest.document()}
        for file, data in files.items():
            path = folder / key_of(name, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    batches.replace_index(stamping.rebuilt(), None)
    clock.at = START + YEAR
    by = judge(clock.at, PKI.lists(clock.at))
    renewer = Renewer(stamping, EvidenceObjects(store), Lists(clock), by, clock)
    authorities = Authorities((Authority("own", Stamper(clock)),))
    reading = time.perf_counter()
    history = stamping.history()
    reading = time.perf_counter() - reading
    start, wall = time.process_time(), time.perf_counter()
    stamp = renewer.renew(history, history.heads(), authorities)
    spent, wall = time.process_time() - start, time.perf_counter() - wall
    assert len(stamp.covers) == count
    token = batches.get(stamp.covers[0].stamp, TOKEN)
    return {
        "batches": count,
        "tokens": 1,
        "renewal_cpu_s": round(spent, 3),
        "renewal_wall_s": round(wall, 3),
        "history_read_wall_s": round(reading, 3),
        "token_with_revocation_bytes": len(with_revocation(token, PKI.lists(clock.at))),
    }


def replayed(identifiers: Sequence[str]) -> dict[str, object]:
    """Verdicts given again from kept evidence alone."""
    from archive.composition import Archive  # noqa: PLC0415 - only where it is asked for
    from archive.composition.proving import replaying  # noqa: PLC0415

    with Archive.opened() as archive:
        service = replaying(archive)
        start = time.perf_counter()
        verdicts = sum(1 for identifier in identifiers for _ in service.replay(identifier))
        wall = time.perf_counter() - start
    return {"verdicts": verdicts, "per_second": round(verdicts / wall, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digests", type=int, default=1_000_000)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--replay", nargs="*", default=())
    said = parser.parse_args()
    line: dict[str, object] = {"bench": "evidence", **one_tree(said.digests)}
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        line |= renewal(said.batches, Path(folder))
    if said.replay:
        line["replay"] = replayed(said.replay)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
