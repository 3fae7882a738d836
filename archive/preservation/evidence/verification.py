"""Verification of evidence records (RFC 4998, 4.3 and 5.3): what holds, since when, and which step does not.

The structure is checked here; tokens are judged by a `TokenJudge`, each at the
time of the one that covers it, the youngest at the present.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from itertools import pairwise
from typing import Protocol

from archive.preservation.evidence.algorithms import AlgorithmUnknownError, digest
from archive.preservation.evidence.records import ArchiveTimeStamp, EvidenceRecord, sequence_of
from archive.preservation.evidence.tokens import Token, TokenUnreadableError, read_token
from archive.preservation.evidence.trees import root_of

MemberDigests = Callable[[str], Sequence[bytes]]
"""Digests of all members of the data group under an algorithm, in any order."""


@unique
class Outcome(StrEnum):
    """How a record, a token or a step came out."""

    HOLDS = "holds"
    BROKEN = "broken"
    """It proves false: bytes differ, a signature does not fit."""

    INDETERMINATE = "indeterminate"
    """Nothing contradicts it, but the evidence cannot decide."""


@unique
class StepKind(StrEnum):
    """What a step looked at. Stable words, for people's programs."""

    RECORD = "record"
    ORDER = "order"
    ALGORITHM = "algorithm"
    TREE = "tree"
    """From the data, the older token or the older chains to what the time-stamp is for."""

    TOKEN = "token"  # noqa: S105 - no password
    """The time-stamp itself: signature, authority, revocation."""


@dataclass(frozen=True, slots=True)
class TokenQuestion:
    """At which time a token is judged."""

    token: bytes = field(repr=False)
    covered_at: datetime | None
    """Time of the archive time-stamp that covers it; None: it is the youngest, and judged at the present."""


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What a judge says of a token."""

    outcome: Outcome
    reason: str = ""
    signer: str = ""
    """Name in the authority's certificate."""

    expires: datetime | None = None
    """Until when the authority's certificate is valid."""

    digests: tuple[str, ...] = ()
    """Digest algorithms under the signatures of token and certificates."""


class TokenJudge(Protocol):
    """Judges tokens and algorithms. `judges.EngineJudge` is it."""

    def token(self, question: TokenQuestion) -> TokenAnswer:
        """Whether a token proves its time; that its imprint fits the tree was checked by the caller.

        Revocation data is demanded for every token but the youngest.
        """
        ...

    def refused(self, algorithm: str, when: datetime) -> str:
        """Why digests by `algorithm` prove nothing at `when`; empty: they do."""
        ...

    @property
    def now(self) -> datetime:
        """The present, at which the youngest token is judged."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked."""

    kind: StepKind
    outcome: Outcome
    chain: int
    """Number from 0; -1 for the record as a whole."""

    place: int
    reason: str = ""
    time: datetime | None = None
    algorithm: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """What came of a record."""

    outcome: Outcome
    since: datetime | None
    """Since when the data has existed; None unless the record holds."""

    steps: tuple[Step, ...]
    expires: datetime | None = None
    """Until when the certificate of the youngest token's authority is valid."""

    @property
    def failing(self) -> Step | None:
        """The first step that does not hold, a broken one before an indeterminate one."""
        for outcome in (Outcome.BROKEN, Outcome.INDETERMINATE):
            for step in self.steps:
                if step.outcome is outcome:
                    return step
        return None


@dataclass(frozen=True, slots=True)
class _Entry:
    """An archive time-stamp with what its token says."""

    chain: int
    place: int
    stamp: ArchiveTimeStamp
    token: Token

    @property
    def algorithm(self) -> str:
        return self.stamp.algorithm or self.token.algorithm

    def step(self, kind: StepKind, reason: str = "", outcome: Outcome | None = None, signer: str = "") -> Step:
        found = outcome or (Outcome.BROKEN if reason else Outcome.HOLDS)
        return Step(kind, found, self.chain, self.place, reason, self.token.time, self.algorithm, signer)


def verify(record: EvidenceRecord, digests: MemberDigests, judge: TokenJudge) -> RecordVerdict:
    """Whether `record` proves that the members of a data group have existed.

    Every step is taken even after one has failed, so that all failures are named.

    Args:
        record: As read.
        digests: All members of the group, of one alone that one; a record for some of a group proves them too,
            but says that the group has others.
        judge: Of tokens and algorithms.
    """
    entries, steps = _entries(record)
    if entries is None:
        return RecordVerdict(Outcome.BROKEN, None, tuple(steps))
    steps += _header(record, entries)
    steps += _trees(record, entries, digests)
    steps += _order(entries)
    answers = list(_tokens(entries, judge))
    steps += [step for step, _ in answers]
    steps += _algorithms(entries, judge)
    outcome = worst(step.outcome for step in steps)
    since = entries[0].token.time if outcome is Outcome.HOLDS else None
    return RecordVerdict(outcome, since, tuple(steps), answers[-1][1].expires)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """What `outcomes` mean together: broken before indeterminate before holds."""
    met = set(outcomes)
    return next((word for word in (Outcome.BROKEN, Outcome.INDETERMINATE) if word in met), Outcome.HOLDS)


def _entries(record: EvidenceRecord) -> tuple[list[_Entry] | None, list[Step]]:
    entries = []
    for chain, place, stamp in record.stamps():
        try:
            entries.append(_Entry(chain, place, stamp, read_token(stamp.token)))
        except TokenUnreadableError as error:
            why = f"time-stamp unreadable: {error}"
            return None, [Step(StepKind.TOKEN, Outcome.BROKEN, chain, place, why)]
    return entries, []


def _header(record: EvidenceRecord, entries: Sequence[_Entry]) -> Iterator[Step]:
    used = {entry.algorithm for entry in entries}
    why = ""
    if record.crypto_infos or record.encryption_info:
        # Neither is covered by a time-stamp renewal, and encrypted data would need its key: nothing of ours has them.
        why = "cryptoInfos or encryptionInfo are not supported"
        yield Step(StepKind.RECORD, Outcome.INDETERMINATE, -1, 0, why)
    if used != set(record.digests) or len(record.digests) != len(used):
        why = f"digestAlgorithms says {', '.join(record.digests)}, used are {', '.join(sorted(used))}"
        yield Step(StepKind.RECORD, Outcome.BROKEN, -1, 0, why)
    elif not why:
        yield Step(StepKind.RECORD, Outcome.HOLDS, -1, 0)
    for entry in entries:
        if entry.stamp.attributes:
            yield entry.step(StepKind.RECORD, "attributes are not supported", Outcome.INDETERMINATE)
        if entry.stamp.algorithm not in (None, entry.token.algorithm):
            yield entry.step(StepKind.RECORD, "digestAlgorithm differs from the message imprint's")


def _trees(record: EvidenceRecord, entries: Sequence[_Entry], digests: MemberDigests) -> Iterator[Step]:
    before: _Entry | None = None
    for entry in entries:
        name = entry.algorithm
        try:
            if before is not None and before.chain == entry.chain:
                if before.algorithm != name:
                    yield entry.step(StepKind.RECORD, f"{name} in a chain of {before.algorithm}")
                wanted = [digest(name, before.stamp.token)]
            else:
                wanted = list(dict.fromkeys(digests(name)))
                if entry.chain:
                    older = digest(name, sequence_of(record.chains[: entry.chain]))
                    wanted = [digest(name, value, older) for value in wanted]
            why = _way(entry, wanted)
        except AlgorithmUnknownError as error:
            yield entry.step(StepKind.TREE, f"digest algorithm {error} is not known", Outcome.INDETERMINATE)
        else:
            yield entry.step(StepKind.TREE, why)
        before = entry


def _way(entry: _Entry, wanted: Sequence[bytes]) -> str:
    """Why `wanted` does not lead to the imprint; empty: it does."""
    lists = entry.stamp.lists
    if not wanted:
        return "no data"
    if not lists:
        if len(wanted) > 1:
            return "a data group without its list"
        root = wanted[0]
    else:
        first = set(lists[0])
        missing = [value for value in wanted if value not in first]
        if missing:
            return f"digest {missing[0].hex()} is not in the first list"
        if len(wanted) > 1 and set(wanted) != first:
            return f"the first list has {len(first)} digests, the data group {len(set(wanted))}"
        root = root_of(entry.algorithm, lists)
    return "" if root == entry.token.imprint else "the hash tree does not lead to what was time-stamped"


def _order(entries: Sequence[_Entry]) -> Iterator[Step]:
    for before, entry in pairwise(entries):
        late = entry.token.time < before.token.time
        yield entry.step(StepKind.ORDER, "older than the time-stamp that it covers" if late else "")


def _tokens(entries: Sequence[_Entry], judge: TokenJudge) -> Iterator[tuple[Step, TokenAnswer]]:
    for number, entry in enumerate(entries):
        following = entries[number + 1].token.time if number + 1 < len(entries) else None
        answer = judge.token(TokenQuestion(entry.stamp.token, following))
        yield entry.step(StepKind.TOKEN, answer.reason, answer.outcome, answer.signer), answer


def _algorithms(entries: Sequence[_Entry], judge: TokenJudge) -> Iterator[Step]:
    """A chain's digest must have been good until the next chain began, the last one's must be good now."""
    for number, entry in enumerate(entries):
        if number + 1 < len(entries) and entries[number + 1].chain == entry.chain:
            continue
        when = entries[number + 1].token.time if number + 1 < len(entries) else judge.now
        why = judge.refused(entry.algorithm, when)
        yield entry.step(StepKind.ALGORITHM, why, Outcome.INDETERMINATE if why else Outcome.HOLDS)
