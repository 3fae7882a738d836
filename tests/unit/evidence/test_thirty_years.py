"""A million documents over thirty years: what is due is done, and nothing lapses; left undone, the lapse shows.

Everything is real but storage: hash trees over a million digests, time-stamps
of two authorities of our own, renewals, one retired digest, one stolen key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from archive.preservation.evidence.algorithms import digest
from archive.preservation.evidence.authorities import Authorities, Authority, NoAuthorityError
from archive.preservation.evidence.cutting import Cutting, Material, renewal_leaves
from archive.preservation.evidence.history import Cover, History, Lines, Stamp, StampKind
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.planning import DAY, Due, Holding, Terms, Why, due
from archive.preservation.evidence.records import read_record
from archive.preservation.evidence.renewing import is_revoked, struck
from archive.preservation.evidence.tokens import with_revocation
from archive.preservation.evidence.trees import Tree
from archive.preservation.evidence.verification import Outcome, RecordVerdict, TokenQuestion, verify
from archive.preservation.signatures.engine import World
from tests.fakes.dossiers import StandingClock
from tests.fakes.evidence import START, YEAR, OwnAuthority, OwnStamper, fresh, policy_with

QUARTER = timedelta(days=91)
QUARTERS = 120
TOKENS = 237
"""One for each batch and one of the other authority beside it, then what time and theft asked for."""

SHA256_ENDS = START + 10 * YEAR
POLICY = policy_with(sha256=SHA256_ENDS.isoformat().replace("+00:00", "Z"))


def content(batch: int, number: int) -> bytes:
    """The document: what is digested, under whatever algorithm."""
    return b"%d/%d" % (batch, number)


@dataclass
class Archive(Material):
    """Batches of documents that exist as digests only, and the stamps over them."""

    per_batch: int
    first: OwnAuthority
    second: OwnAuthority | None = None
    clock: StandingClock = field(default_factory=lambda: StandingClock(START))
    history: History = field(default_factory=lambda: History({}))
    tokens: dict[str, bytes] = field(default_factory=dict)
    objects: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    trees: dict[tuple[str, str], Tree] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    done: list[tuple[str, Due | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.terms = Terms(cross=timedelta(0) if self.second else None, algorithm_margin=YEAR)

    # ------------------------------------------------------------ material

    def token(self, stamp: Stamp) -> bytes:
        return self.tokens[stamp.name]

    def covered_token(self, stamp: Stamp, cover: Cover) -> bytes:
        return with_revocation(self.tokens[stamp.name], self.objects[cover.objects[0]])

    def renewal(self, stamp: Stamp) -> Tree:
        return self.trees[stamp.name, ""]

    def siblings(self, stamp: Stamp, batch: str, leaf: bytes) -> tuple[bytes, ...]:
        tree = self.trees[stamp.name, batch]
        return tree.siblings(tree.position_of(leaf))

    # ------------------------------------------------------------ authorities

    @property
    def authorities(self) -> list[OwnAuthority]:
        return [a for a in (self.first, self.second) if a is not None]

    def judge(self) -> EngineJudge:
        authorities = self.authorities
        return EngineJudge(
            World.of(
                at=self.clock.at,
                anchors=[a.root.der for a in authorities],
                intermediates=[a.stamping.der for a in authorities],
                answers=[der for a in authorities for der in a.lists(self.clock.at)],
                policy=POLICY,
            )
        )

    def _stamped(self, kind: StampKind, tree: Tree, avoid: Collection[str] = (), **more: object) -> Stamp:
        name = f"{len(self.history.stamps) + 1:05d}"
        each = tuple(Authority(a.name, OwnStamper(a, self.clock)) for a in self.authorities)
        token, source = Authorities(each).stamp(tree.root, tree.algorithm, avoid=avoid)
        answer = self.judge().token(TokenQuestion(token, None))
        assert answer.outcome is Outcome.HOLDS, answer
        assert answer.expires is not None
        self.tokens[name] = token
        stamp = Stamp(
            name,
            kind,
            tree.algorithm,
            self.clock.at,
            answer.signer,
            answer.expires,
            answer.digests,
            source,
            **more,  # type: ignore[arg-type]
        )
        self.history = self.history.having(stamp)
        return stamp

    # ------------------------------------------------------------ what an archive does

    def algorithm(self) -> str:
        return "sha256" if self.clock.at < SHA256_ENDS - self.terms.algorithm_margin else "sha512"

    def store(self) -> None:
        """A quarter's documents under one time-stamp."""
        name, batch = self.algorithm(), len(self.batches)
        make = getattr(hashlib, name)
        tree = Tree.of(name, (make(content(batch, number)).digest() for number in range(self.per_batch)))
        stamp = self._stamped(StampKind.BATCH, tree)
        self.batches.append(stamp.name)
        self.trees[stamp.name, stamp.name] = tree
        self.done.append((stamp.name, None))

    def covers(self, heads: Sequence[Stamp], algorithm: str) -> tuple[Cover, ...]:
        judge, covers = self.judge(), []
        answers = [der for a in self.authorities for der in a.lists(self.clock.at)]
        for head in heads:
            used, _ = judge.status_for(self.tokens[head.name], answers)
            full = with_revocation(self.tokens[head.name], used)
            key = f"{head.name}@{self.clock.at}"
            self.objects[key] = used
            covers.append(Cover(head.name, digest(algorithm, full), (key,), hashlib.sha256(full).hexdigest()))
        return tuple(covers)

    def work(self) -> None:
        """What the daily job does: follow revoked authorities, then whatever is due."""
        self._follow_revoked()
        alone = False
        for _ in range(20):
            holding = Holding(self.history, {}, self.terms, lambda name: POLICY.digests[name].until)
            wanted = [e for e in due(holding, self.clock.at) if not (alone and e.why is Why.ONE_AUTHORITY)]
            if not wanted:
                return
            try:
                self._do(wanted[0])
            except NoAuthorityError:
                # The other one is gone: it is tried again next time.
                alone = True
        pytest.fail(f"there is no end of what is due: {wanted}")

    def _do(self, task: Due) -> None:
        heads = [self.history.stamps[name] for name in task.stamps]
        if task.action is StampKind.REHASH:
            self.done.append((self._rehash(heads, task.algorithm).name, task))
            return
        avoid = {head.authority for head in heads} if task.why is Why.ONE_AUTHORITY else ()
        self.done.append((self._renew(heads, task.algorithm, avoid).name, task))

    def _renew(self, heads: Sequence[Stamp], algorithm: str, avoid: Collection[str], **more: object) -> Stamp:
        covers = self.covers(heads, algorithm)
        planned = Stamp(
            "",
            StampKind.RENEWAL,
            algorithm,
            self.clock.at,
            "",
            self.clock.at,
            covers=covers,
            **more,  # type: ignore[arg-type]
        )
        tree = Tree.of(algorithm, renewal_leaves(self.history, planned))
        stamp = self._stamped(StampKind.RENEWAL, tree, avoid, covers=covers, **more)
        self.trees[stamp.name, ""] = tree
        return stamp

    def _rehash(self, heads: Sequence[Stamp], algorithm: str) -> Stamp:
        """Everything is read again: here its digest is taken again."""
        provisional = Stamp(
            "rehash",
            StampKind.REHASH,
            algorithm,
            self.clock.at,
            "",
            self.clock.at,
            covers=self.covers(heads, algorithm),
        )
        lines = Lines(self.history.having(provisional))
        make = getattr(hashlib, algorithm)
        trees = {}
        for number, name in enumerate(self.batches):
            links = lines.of(name)
            if links[-1].stamp is not provisional:
                continue
            before = Cutting.of(self.history.stamps[name], links[:-1], self)
            old = getattr(hashlib, self.history.stamps[name].algorithm)
            leaves = []
            for place in range(self.per_batch):
                document = content(number, place)
                known = {"sha256": (old(document).digest(),), algorithm: (make(document).digest(),)}
                leaves.append(before.leaf(provisional, known.__getitem__))
            trees[name] = Tree.of(algorithm, leaves)
        parts = tuple((name, tree.root) for name, tree in trees.items())
        top = Tree.of(algorithm, [root for _, root in parts])
        stamp = self._stamped(StampKind.REHASH, top, covers=provisional.covers, parts=parts)
        self.trees.update({(stamp.name, name): tree for name, tree in trees.items()})
        return stamp

    def _follow_revoked(self) -> None:
        judge = self.judge()
        found = struck(self.history, lambda stamp: not is_revoked(judge, self.tokens[stamp.name], None))
        assert not found.restamp, "nothing else stood behind a batch"
        if found.voids:
            avoid = {self.history.stamps[name].authority for name in found.voids}
            for algorithm in {stamp.algorithm for stamp in found.renew}:
                heads = [stamp for stamp in found.renew if stamp.algorithm == algorithm]
                self.done.append((self._renew(heads, algorithm, avoid, voids=found.voids).name, None))

    # ------------------------------------------------------------ what an auditor does

    def verified(self, per_batch: int) -> Iterator[tuple[str, RecordVerdict]]:
        """Some documents of every batch: record cut, written, read and verified."""
        judge, lines = self.judge(), Lines(self.history)
        for number, name in enumerate(self.batches):
            cutting = Cutting.of(self.history.stamps[name], lines.of(name), self)
            for place in range(0, self.per_batch, max(1, self.per_batch // per_batch)):
                document = content(number, place)

                def digests(algorithm: str, document: bytes = document) -> tuple[bytes, ...]:
                    return (digest(algorithm, document),)

                yield name, verify(read_record(cutting.record(digests).der()), digests, judge)


def lived(archive: Archive, *, quarters: int = QUARTERS, works: bool = True) -> Iterator[int]:
    """Quarter by quarter, given before the daily work of its first day."""
    for quarter in range(quarters):
        archive.clock.at = START + quarter * QUARTER
        archive.store()
        yield quarter
        if works:
            archive.work()


def two() -> tuple[OwnAuthority, OwnAuthority]:
    first, second = fresh("Một"), fresh("Hai")
    first.modern = second.modern = SHA256_ENDS - 3 * YEAR
    return first, second


@pytest.mark.parametrize("a_quarter", [84, pytest.param(8334, marks=pytest.mark.soak)], ids=["10,000", "1,000,000"])
def test_all_documents_stay_proven_for_thirty_years(a_quarter: int) -> None:
    """SHA-256 is retired once, one authority's key is stolen without warning: no lapse, tokens counted."""
    first, second = two()
    archive = Archive(a_quarter, first, second)
    for quarter in lived(archive):
        if quarter == 80:
            # The stolen key is the one that stands over everything.
            archive.work()
            archive.clock.at += DAY
            second.revoke(archive.clock.at)
            archive.work()
        if quarter % 20 == 0:
            failing = [(n, v.failing) for n, v in archive.verified(1) if v.outcome is not Outcome.HOLDS]
            assert not failing, (quarter, failing)
    assert len(archive.batches) * archive.per_batch >= QUARTERS * a_quarter
    found = list(archive.verified(3))
    assert {verdict.outcome for _, verdict in found} == {Outcome.HOLDS}
    assert all(verdict.since == archive.history.stamps[name].time for name, verdict in found)
    kinds = [archive.history.stamps[name].kind for name, _ in archive.done]
    assert kinds.count(StampKind.REHASH) == 1
    assert [stamp.voids != () for stamp in archive.history.stamps.values()].count(True) == 1
    assert first.given + second.given == len(archive.tokens) == TOKENS


@pytest.mark.parametrize("stolen", ["first", "second"])
def test_whichever_key_is_stolen_nothing_lapses(stolen: str) -> None:
    first, second = two()
    archive = Archive(5, first, second)
    for quarter in lived(archive, quarters=40):
        if quarter == 21:
            archive.work()
            archive.clock.at += DAY
            getattr(archive, stolen).revoke(archive.clock.at)
            archive.work()
    assert {verdict.outcome for _, verdict in archive.verified(1)} == {Outcome.HOLDS}


def test_a_missed_renewal_is_found_and_named() -> None:
    first, _ = two()
    archive = Archive(5, first)
    for _ in lived(archive, quarters=12, works=False):
        pass
    oldest = archive.history.stamps[archive.batches[0]]
    archive.clock.at = oldest.expires + 30 * DAY
    holding = Holding(archive.history, {}, archive.terms, lambda _: None)
    late = [entry for entry in due(holding, archive.clock.at) if entry.missed(archive.clock.at, archive.terms)]
    assert [oldest.name in entry.stamps for entry in late] == [True]
    lapsed = {name: verdict for name, verdict in archive.verified(1) if verdict.outcome is not Outcome.HOLDS}
    assert oldest.name in lapsed
    for verdict in lapsed.values():
        assert verdict.outcome is Outcome.INDETERMINATE
        assert verdict.failing is not None
        assert verdict.failing.reason.startswith("OUT_OF_BOUNDS")
        assert first.name in verdict.failing.signer
    # Renewed too late, the gap stays: what the newer stamp covers had ended before.
    archive.work()
    after = {name: verdict for name, verdict in archive.verified(1) if verdict.outcome is not Outcome.HOLDS}
    assert after.keys() == lapsed.keys()
    assert {verdict.failing.place for verdict in after.values() if verdict.failing} == {0}
