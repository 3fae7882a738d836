"""Checks what is stored of evidence: every batch as a whole, and single documents down to their bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archive.preservation.evidence.building import leaf_of
from archive.preservation.evidence.cutting import Cutting
from archive.preservation.evidence.documents import BatchDocument, EvidenceDamagedError
from archive.preservation.evidence.history import History, HistoryBrokenError, Lines, Link, Stamp, StampKind
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.records import EvidenceRecord
from archive.preservation.evidence.rehashing import Rehasher
from archive.preservation.evidence.stored import Places, StoredMaterial
from archive.preservation.evidence.trees import Tree
from archive.preservation.evidence.verification import Outcome, RecordVerdict, Step, verify, worst
from storage.errors import ObjectMissingError, RecordUnreadableError
from storage.evidence_batches import Group, GroupFile

_READ_AGAIN = frozenset({"ledger", "segment", "batch", "audit"})
"""Small things beside packages that every check of a batch reads again."""

_BROKEN = (EvidenceDamagedError, HistoryBrokenError, RecordUnreadableError, ObjectMissingError)


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that does not hold."""

    outcome: Outcome
    batch: str
    stamp: str
    """Whose time-stamp or tree is meant; empty: the batch or its files."""

    step: str
    """A word of `StepKind`, or `files`, `bytes`, `chain`, `waiting`."""

    reason: str

    def as_json(self) -> dict[str, object]:
        """For a JSON line."""
        return {
            "ok": False if self.outcome is Outcome.BROKEN else None,
            "batch": self.batch,
            "stamp": self.stamp or None,
            "step": self.step,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """What checking one batch or group gave."""

    subject: str
    batch: str
    failures: tuple[Failure, ...] = ()
    since: datetime | None = None
    expires: datetime | None = None
    stamps: tuple[str, ...] = ()
    """The line, oldest first."""

    leaves: int = 0

    @property
    def outcome(self) -> Outcome:
        """All failures together."""
        return worst(failure.outcome for failure in self.failures)

    @property
    def ok(self) -> bool | None:
        """As in a JSON line; None: the evidence cannot decide."""
        return {Outcome.HOLDS: True, Outcome.BROKEN: False, Outcome.INDETERMINATE: None}[self.outcome]


@dataclass
class Checker:
    """Checks evidence; changes nothing."""

    places: Places
    material: StoredMaterial
    rehasher: Rehasher
    history: History
    """As the index has it; what is needed of a stamp is read from its folder."""

    judge: EngineJudge
    _cuttings: dict[str, tuple[tuple[Link, ...], Cutting]] = field(default_factory=dict, repr=False)
    _lines: Lines | None = None

    # ------------------------------------------------------------ records

    def line(self, batch: str) -> tuple[tuple[Link, ...], Cutting]:
        """The stamps of a batch, and what cuts records out of them.

        Raises:
            HistoryBrokenError: its stamp is void, or what is stored contradicts itself.
        """
        if batch not in self._cuttings:
            self._lines = self._lines or Lines(self.history)
            links = tuple(self._filled(self._lines.of(batch)))
            self._cuttings[batch] = (links, Cutting.of(self._whole(self.history.stamps[batch]), links, self.material))
        return self._cuttings[batch]

    def _filled(self, links: Sequence[Link]) -> Iterator[Link]:
        """A line of the index with what the stamps' own documents say."""
        whole = [(self._whole(link.stamp), self._whole(link.stamped_by)) for link in links]
        for place, (stamp, stamped_by) in enumerate(whole):
            above = whole[place + 1][0].covers if place + 1 < len(whole) else ()
            yield Link(stamp, stamped_by, next((cover for cover in above if cover.stamp == stamped_by.name), None))

    def _whole(self, outline: Stamp) -> Stamp:
        found = self.rehasher.stamping.stamp(outline.name)
        if found is None:
            msg = f"{outline.name}: the index says that it is finished, its folder does not"
            raise HistoryBrokenError(msg)
        said = (outline.kind, outline.algorithm, outline.time, outline.voids)
        covered = {cover.stamp for cover in outline.covers}
        if said != (found.kind, found.algorithm, found.time, found.voids) or covered != {c.stamp for c in found.covers}:
            msg = f"{outline.name}: the index says something else than its folder"
            raise HistoryBrokenError(msg)
        return found

    def cut(self, batch: str, group: Group) -> EvidenceRecord:
        """The evidence record of a group, from what is stored; its bytes are not read.

        Raises:
            HistoryBrokenError: the group is not in the batch, or its stamp is void.
        """
        links, cutting = self.line(batch)
        known = {self.history.stamps[batch].algorithm: group.under(self.history.stamps[batch].algorithm)}
        for link in links:
            if link.stamp.kind is StampKind.REHASH:
                members = self.rehasher.digests_of(link.stamp.name, batch, group)
                if not members:
                    # Damaged when everything was read again: its proof ends there.
                    return cutting.record(known.__getitem__, until=link.stamp.name)
                known[link.stamp.algorithm] = members
        return cutting.record(known.__getitem__)

    # ------------------------------------------------------------ one group

    def group(self, batch: str, group: Group) -> Finding:
        """Check one group: bytes as they are now, record, tokens."""
        failures: list[Failure] = []
        try:
            record = self.cut(batch, group)
            links = self.line(batch)[0]
        except _BROKEN as error:
            return Finding(group.id, batch, (Failure(Outcome.BROKEN, batch, "", "chain", str(error)),))
        names = tuple(dict.fromkeys(("sha256", *record.digests)))
        try:
            found = self.places.digests(group, *names)
        except ObjectMissingError as error:
            why = Failure(Outcome.BROKEN, batch, "", "bytes", str(error))
            return Finding(group.id, batch, (why,))
        for (place, known), digests in zip(group.members, found, strict=True):
            if digests["sha256"].hex() != known:
                failures.append(Failure(Outcome.BROKEN, batch, "", "bytes", f"{place} is not what was time-stamped"))
        verdict = verify(record, lambda name: [digests[name] for digests in found], self.judge)
        failures += _failures(verdict, batch, links)
        stamps = tuple(link.stamped_by.name for link in links)
        return Finding(group.id, batch, tuple(failures), verdict.since, verdict.expires, stamps)

    def holds(self, batch: str, group: Group) -> bool:
        """Whether the record of a group holds by the digests that are stored; its bytes are not read."""
        try:
            return self._verified(batch, group).outcome is Outcome.HOLDS
        except HistoryBrokenError:
            return False

    # ------------------------------------------------------------ one batch

    def batch(self, name: str) -> Finding:
        """Check a batch: its files, its whole tree, one record of each file of groups, and the batch before it."""
        failures: list[Failure] = []
        since = expires = None
        stamps: tuple[str, ...] = ()
        leaves = 0
        try:
            document = self.rehasher.stamping.document(name)
            leaves = document.leaves
            failures += self._files(document)
            links, _ = self.line(name)
            stamps = tuple(link.stamped_by.name for link in links)
            failures += [f for link in links for f in self._tree(name, link.stamp)]
            for group in self._samples(document):
                verdict = self._verified(name, group)
                failures += _failures(verdict, name, links)
                since, expires = verdict.since, verdict.expires
        except _BROKEN as error:
            failures.append(Failure(Outcome.BROKEN, name, "", "chain", str(error)))
        unique = tuple(dict.fromkeys(failures))
        return Finding(name, name, unique, None if unique else since, expires, stamps, leaves)

    def _verified(self, batch: str, group: Group) -> RecordVerdict:
        record = self.cut(batch, group)
        known = {self.history.stamps[batch].algorithm: group.under(self.history.stamps[batch].algorithm)}
        for link in self.line(batch)[0]:
            if link.stamp.kind is StampKind.REHASH and link.stamp.algorithm in record.digests:
                known[link.stamp.algorithm] = self.rehasher.digests_of(link.stamp.name, batch, group)
        return verify(record, known.__getitem__, self.judge)

    def _files(self, document: BatchDocument) -> Iterator[Failure]:
        leaves = [
            leaf_of(group, document.algorithm)
            for file in (*document.groups, *document.others)
            for group in self.rehasher.stamping.batches.groups(document.name, file.file, sha256=file.sha256)
        ]
        if Tree.of(document.algorithm, leaves).root.hex() != document.root:
            yield Failure(Outcome.BROKEN, document.name, document.name, "files", "the groups are not those of the tree")
        named = [group for group in self.places.others(document) if group.kind in _READ_AGAIN]
        for group in named:
            place, known = group.members[0]
            try:
                now = self.places.digests(group, "sha256")[0]["sha256"].hex()
            except ObjectMissingError:
                now = ""
            if now != known:
                what = "was changed" if now else "is gone"
                yield Failure(Outcome.BROKEN, document.name, "", "bytes", f"{place} {what}")
        if document.previous and document.previous not in {digest for group in named for _, digest in group.members}:
            yield Failure(Outcome.BROKEN, document.name, "", "files", "it does not cover the batch that it names")

    def _tree(self, batch: str, stamp: Stamp) -> Iterator[Failure]:
        if stamp.kind is StampKind.RESTAMP:
            return
        tree = self.material.renewal(stamp) if stamp.kind is StampKind.RENEWAL else self.material.tree(stamp, batch)
        if tree.recomputed() != tree:
            yield Failure(Outcome.BROKEN, batch, stamp.name, "tree", "a node of the stored tree was altered")

    def _samples(self, document: BatchDocument) -> Iterator[Group]:
        files: Sequence[GroupFile] = (*document.groups, *document.others)
        for file in files:
            first = next(self.rehasher.stamping.batches.groups(document.name, file.file, sha256=file.sha256), None)
            if first is not None:
                yield first


def _failures(verdict: RecordVerdict, batch: str, links: Sequence[Link]) -> Iterator[Failure]:
    numbers: dict[tuple[int, int], str] = {}
    chain, place = -1, 0
    for link in links:
        if link.stamp.kind is StampKind.RENEWAL:
            place += 1
        else:
            chain, place = chain + 1, 0
        numbers[chain, place] = link.stamped_by.name
    for step in verdict.steps:
        if step.outcome is not Outcome.HOLDS:
            yield _failure(step, batch, numbers.get((step.chain, step.place), ""))


def _failure(step: Step, batch: str, stamp: str) -> Failure:
    return Failure(step.outcome, batch, stamp, step.kind.value, step.reason)


def waiting(batch: str) -> Failure:
    """A stamp without a token yet."""
    return Failure(Outcome.INDETERMINATE, batch, batch, "waiting", "no time-stamp yet: no authority has answered")


def pending(subject: str) -> Failure:
    """Something that stands in no batch yet."""
    return Failure(Outcome.INDETERMINATE, "", "", "waiting", f"{subject} stands in no batch yet (evidence build)")


def unknown(batch: str) -> Failure:
    """A finished stamp that somebody took out of the index."""
    return Failure(Outcome.BROKEN, batch, batch, "files", "it is finished and the index does not know it")
