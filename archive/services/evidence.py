"""Use cases `evidence …`: batches built, renewed in time, verified; proofs of existence and records for other uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from archive.preservation.evidence.answers import EvidenceStatus, Stamped
from archive.preservation.evidence.authorities import Authorities
from archive.preservation.evidence.building import Builder
from archive.preservation.evidence.checking import Checker, Finding, pending, unknown, waiting
from archive.preservation.evidence.history import History, Stamp, StampKind
from archive.preservation.evidence.planning import Due, Holding, Supposition, Terms, Why, due, plan, suppose
from archive.preservation.evidence.rehashing import UNHURRIED, Pace, Progress
from archive.preservation.evidence.renewing import Renewer, is_over, is_revoked, struck
from archive.services.evidence_lookup import EvidenceLookup
from metadata.errors import ArchiveError
from metadata.events import EventOutcome, EventType, derived_id
from metadata.time import Clock, from_rfc3339, rfc3339
from storage.evidence_batches import TOKEN, Index, StampEntry

_DIGESTS = re.compile(r"sha[-_]?(1|224|256|384|512)|sha3[-_]?(256|384|512)", re.IGNORECASE)

NEWS = timedelta(days=90)
"""How long it may take until a stolen key is known: stamps as young as that are looked at, covered or not."""

_DEEDS = {
    StampKind.BATCH: EventType.EVIDENCE_BATCH,
    StampKind.RENEWAL: EventType.EVIDENCE_RENEWAL,
    StampKind.REHASH: EventType.EVIDENCE_RENEWAL,
    StampKind.RESTAMP: EventType.EVIDENCE_ALARM,
}


@dataclass(kw_only=True)
class Evidence(EvidenceLookup):
    """Evidence over one installation's storage."""

    builder: Callable[[str], Builder]
    """Builds batches under a digest algorithm."""

    renewer: Renewer
    authorities: Authorities
    clock: Clock
    terms: Terms = field(default_factory=Terms)

    # ------------------------------------------------------------ building

    def build(self) -> Iterator[Stamped]:
        """Finish what waits for a token, then stamp everything that was stored since; safe to repeat.

        Raises:
            ArchiveError: storage failed, or no configured authority gave a token: batches wait, repeating is safe.
        """
        self._tell_untold()
        yield from self._finished()
        while True:
            document = self.builder(self.algorithm()).open()
            if document is None:
                return
            stamp = self.stamping.finish(document.name, bytes.fromhex(document.root), self.authorities)
            left_out = tuple(f"{package} {version}" for package, version in document.left_out)
            answer = Stamped(document.name, StampKind.BATCH, document.leaves, stamp, left_out=left_out)
            self._record(EventType.EVIDENCE_BATCH, answer)
            yield answer

    def algorithm(self) -> str:
        """The digest for new batches: one that does not end before long."""
        row = self.judge.world.policy.digest_row("sha256")
        ends = row.until if row is not None else self.clock.now()
        return "sha512" if ends is not None and ends - self.terms.algorithm_margin <= self.clock.now() else "sha256"

    def _finished(self) -> Iterator[Stamped]:
        index, _ = self.stamping.index()
        for entry in index.open():
            document = self.stamping.document(entry.name)
            if document.kind is not StampKind.REHASH:
                stamp = self.stamping.finish(entry.name, bytes.fromhex(document.root), self.authorities)
                answer = Stamped(entry.name, document.kind, document.leaves, stamp)
                if stamp is not None:
                    self._record(EventType.EVIDENCE_BATCH, answer)
                yield answer

    def _record(self, kind: EventType, answer: Stamped) -> None:
        detail = {"kind": answer.kind.value, "leaves": str(answer.leaves), "why": answer.why}
        status = "stamped" if answer.stamp else "waiting"
        outcome = EventOutcome.SUCCESS if answer.stamp else EventOutcome.HELD
        known = derived_id("evidence", answer.name, status)
        detail |= {"status": status}
        self.trail.record(self.trail.event(kind, f"evidence:{answer.name}", outcome=outcome, id=known, detail=detail))

    def _tell_untold(self) -> None:
        """Record what was stamped by a run that ended before it could say so: killed, or its database was full."""
        index, _ = self.stamping.index()
        stamped = [entry for entry in index.stamps if entry.time]
        untold = list(takewhile(lambda entry: not self._is_told(entry.name), reversed(stamped)))
        stamps = self.stamping.outline().stamps if untold else {}
        for entry in reversed(untold):
            kind = StampKind(entry.kind)
            self._record(_DEEDS[kind], Stamped(entry.name, kind, entry.leaves, stamps[entry.name]))

    def _is_told(self, name: str) -> bool:
        return any(event["detail"].get("status") == "stamped" for event in self.trail.of([f"evidence:{name}"]))

    # ------------------------------------------------------------ renewing

    def renew(
        self, *, everything: bool = False, tell: Progress | None = None, pace: Pace = UNHURRIED
    ) -> Iterator[Stamped]:
        """Do what is due: revoked authorities, ending certificates, ending digests; safe to repeat and to interrupt.

        Args:
            everything: Renew all tokens, due or not.
            tell: Hears of the reading of a hash-tree renewal.
            pace: How much is read again at once; what is left is done by the next call.

        Raises:
            ArchiveError: see `Renewer`; what was done stays done.
        """
        if not self.authorities:
            return
        self._tell_untold()
        yield from self._finished()
        yield from self._struck()
        done: set[tuple[object, ...]] = set()
        failed: ArchiveError | None = None
        besides = tuple(self._all_heads()) if everything else ()
        while True:
            wanted = self.due()
            named = {entry.algorithm for entry in wanted if entry.action is StampKind.RENEWAL}
            heads = {head.name for head in self.stamping.outline().heads()} if besides else set()
            more = (e for e in besides if e.algorithm not in named and heads.issuperset(e.stamps))
            wanted = (*wanted, *more)
            # Once a run: an authority that gives no better token than it gave before is not asked for ever.
            task = next((entry for entry in wanted if _once(entry) not in done), None)
            if task is None:
                break
            done.add(_once(task))
            try:
                yield from self._done(task, tell, pace)
            except ArchiveError as error:
                # What one task lacks (a second authority, revocation data) must not keep the others from being done.
                failed = failed or error
        if failed is not None:
            raise failed

    def _done(self, task: Due, tell: Progress | None, pace: Pace) -> Iterator[Stamped]:
        history = self.stamping.history()
        if task.action is StampKind.REHASH:
            batches = [s.name for s in history.stamps.values() if s.kind is StampKind.BATCH]
            batches = [name for name in batches if _ends_in(history, name, task.stamps)]
            name = self.rehasher.open(history, batches, task.algorithm)
            reading = self.rehasher.read(name, pace=pace, tell=tell)
            if not reading.complete:
                yield Stamped(name, StampKind.REHASH, reading.done, None, task.why.value)
                return
            stamp = self.rehasher.finish(name, self.stamping.history(), self.authorities)
            answer = Stamped(name, StampKind.REHASH, reading.total, stamp, task.why.value, reading.damaged)
        else:
            heads = [history.stamps[name] for name in task.stamps]
            avoid = {head.authority for head in heads} if task.why is Why.ONE_AUTHORITY else ()
            renewed = self.renewer.renew(history, heads, self.authorities, avoid=avoid)
            answer = Stamped(renewed.name, StampKind.RENEWAL, len(heads), renewed, task.why.value)
        self._record(EventType.EVIDENCE_RENEWAL, answer)
        yield answer

    def _struck(self) -> Iterator[Stamped]:
        history = self.stamping.outline()
        bad: set[str] = set()

        covering = history.covering()

        def is_good(stamp: Stamp) -> bool:
            above, token = covering.get(stamp.name), self.stamping.batches.get(stamp.name, TOKEN)
            if above and above[0].name in bad:
                over = is_over(self.judge, token)
            else:
                over = is_revoked(self.judge, token, above[0].time if above else None)
            if over:
                bad.add(stamp.name)
            return stamp.name not in bad

        since = self.clock.now() - NEWS
        recent = [stamp for name, stamp in history.stamps.items() if name in covering and stamp.time >= since]
        found = struck(history, is_good, recent)
        voids = found.voids
        if voids or found.restamp:
            history = self.stamping.history()
        avoid = {history.stamps[name].authority for name in (*voids, *(stamp.name for stamp in found.restamp))}
        for algorithm in dict.fromkeys(stamp.algorithm for stamp in found.renew):
            heads = [stamp for stamp in found.renew if stamp.algorithm == algorithm]
            stamp = self.renewer.renew(history, heads, self.authorities, voids=voids, avoid=avoid)
            answer = Stamped(stamp.name, stamp.kind, len(heads), stamp, Why.AUTHORITY_REVOKED.value)
            self._record(EventType.EVIDENCE_RENEWAL, answer)
            yield answer
        for algorithm in dict.fromkeys(stamp.algorithm for stamp in found.restamp):
            roots = {s.name: self._root(s) for s in found.restamp if s.algorithm == algorithm}
            stamp = self.renewer.restamp(roots, algorithm, self.authorities, voids=voids, avoid=avoid)
            answer = Stamped(stamp.name, stamp.kind, len(roots), stamp, Why.AUTHORITY_REVOKED.value)
            self._record(EventType.EVIDENCE_ALARM, answer)
            yield answer

    def _root(self, stamp: Stamp) -> bytes:
        roots = self.stamping.roots(stamp.name) if stamp.kind is StampKind.REHASH else None
        return bytes.fromhex(roots.root if roots else self.stamping.document(stamp.name).root)

    def _all_heads(self) -> Iterator[Due]:
        heads = self.stamping.outline().heads()
        for algorithm in dict.fromkeys(head.algorithm for head in heads):
            of_it = [head for head in heads if head.algorithm == algorithm]
            ends = min(head.expires for head in of_it)
            names = tuple(head.name for head in of_it)
            yield Due(StampKind.RENEWAL, Why.CERTIFICATE_ENDS, names, algorithm, self.clock.now(), ends)

    # ------------------------------------------------------------ planning

    def holding(self) -> Holding:
        """What planning looks at."""
        index, _ = self.stamping.index()
        sizes = {entry.name: entry.bytes for entry in index.stamps}
        return Holding(self.stamping.outline(), sizes, self.terms, self._sunset)

    def _sunset(self, algorithm: str) -> datetime | None:
        row = self.judge.world.policy.digest_row(algorithm)
        return row.until if row is not None else None

    def due(self) -> tuple[Due, ...]:
        """What has to be done now."""
        return due(self.holding(), self.clock.now())

    def plan(self, years: int, what: Supposition | None = None) -> Iterator[Due]:
        """What has to be done in the next `years`, step by step; with `what`, if that were so."""
        now, holding = self.clock.now(), self.holding()
        until = now + timedelta(days=365 * years)
        return plan(holding, now, until) if what is None else suppose(holding, what, now, until)

    def signers(self) -> tuple[str, ...]:
        """Names of the authorities that gave time-stamps, the oldest first."""
        return tuple(dict.fromkeys(stamp.signer for stamp in self.stamping.outline().stamps.values()))

    def status(self) -> EvidenceStatus:
        """How evidence stands; reads the index and the ledger's sizes, judges nothing."""
        index, _ = self.stamping.index()
        wanted = self.due() if index.stamps else ()
        missed = tuple(entry for entry in wanted if entry.missed(self.clock.now(), self.terms))
        lines = len(self.builder("sha256").pending(index).lines)
        has_authority = bool(self.authorities)
        return EvidenceStatus(len(index.stamps), len(index.open()), lines, wanted, missed, has_authority)

    def days_since_batch(self) -> float:
        """Days since the last batch was opened; very many when there is none."""
        index, _ = self.stamping.index()
        opened = [from_rfc3339(entry.opened_at) for entry in index.stamps if entry.kind == StampKind.BATCH]
        return (self.clock.now() - max(opened, default=datetime.min.replace(tzinfo=UTC))) / timedelta(days=1)

    def alarm(self) -> None:
        """Record what was missed, once a day."""
        for entry in self.status().missed:
            day = self.clock.now().date().isoformat()
            detail = {"why": entry.why.value, "end": rfc3339(entry.end), "stamps": str(len(entry.stamps))}
            known = derived_id("evidence-alarm", day, entry.why.value, entry.algorithm)
            outcome = EventOutcome.REJECTED
            event = self.trail.event(EventType.EVIDENCE_ALARM, "evidence", outcome=outcome, id=known, detail=detail)
            self.trail.record(event)

    # ------------------------------------------------------------ verifying

    def verify(self, identifiers: Sequence[str]) -> Iterator[Finding]:
        """Check batches, or what identifiers name: its bytes as they are now, its evidence record, every token.

        Args:
            identifiers: Of dossiers, documents or batches; none checks all batches.

        Raises:
            NotFoundError: one names nothing; the ones before it have been given.
        """
        index, _ = self.stamping.index()
        checker = self.checker()
        if not identifiers:
            for entry in index.stamps:
                if entry.kind == StampKind.BATCH:
                    yield self._batch(checker, entry)
            named = {entry.name for entry in index.stamps}
            for name in self.stamping.batches.names():
                if name not in named and self.stamping.manifest(name) is not None:
                    yield Finding(name, name, (unknown(name),))
            left = len(self.builder("sha256").pending(index).lines)
            if left:
                yield Finding("", "", (pending(f"{left} packages"),))
        for identifier in identifiers:
            known = index.entry(identifier)
            if known is not None and known.kind == StampKind.BATCH:
                yield self._batch(checker, known)
            else:
                yield from self._named(checker, identifier, index)

    def _batch(self, checker: Checker, entry: StampEntry) -> Finding:
        if not entry.time:
            return Finding(entry.name, entry.name, (waiting(entry.name),), leaves=entry.leaves)
        return checker.batch(entry.name)

    def _named(self, checker: Checker, identifier: str, index: Index) -> Iterator[Finding]:
        for wanted in self._wanted(identifier):
            groups = self._groups(wanted, index)
            if not groups:
                yield Finding(wanted, "", (pending(wanted),))
            for batch, group in groups:
                if batch in checker.history.stamps:
                    yield checker.group(batch, group)
                else:
                    yield Finding(group.id, batch, (waiting(batch),))


def is_digest(name: str) -> bool:
    """Whether people call a digest algorithm so."""
    return _DIGESTS.fullmatch(name) is not None


def algorithm_called(name: str) -> str:
    """Our name of a digest algorithm that people write as `SHA-256`, `SHA3-256` or `sha512`."""
    plain = name.lower().replace("_", "-")
    family, _, bits = plain.partition("-")
    return f"sha3_{bits}" if family == "sha3" else plain.replace("-", "")


def _once(task: Due) -> tuple[object, ...]:
    alone = task.stamps if task.why is Why.ONE_AUTHORITY else ()
    return (task.action, task.why, task.algorithm, alone)


def _ends_in(history: History, batch: str, heads: Sequence[str]) -> bool:
    links = history.line(batch)
    return bool(links) and links[-1].stamped_by.name in heads
