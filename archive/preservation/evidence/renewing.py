"""Renewals of tokens (RFC 4998, 5.2): one time-stamp over all stamps that nothing covers, before they end.

Before a token is covered, the revocation data of its authority is put into it,
so that anybody can conclude later that it was good. Where that data cannot be
had the renewal waits as long as there is time, and then goes on without it:
a proof with a gap is worth more than one that has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from archive.preservation.evidence.algorithms import digest
from archive.preservation.evidence.authorities import Authorities, Authority, NoAuthorityError
from archive.preservation.evidence.cutting import renewal_leaves
from archive.preservation.evidence.documents import BatchDocument, CoverDocument
from archive.preservation.evidence.history import Cover, History, Stamp, StampKind
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.tokens import with_revocation
from archive.preservation.evidence.trees import Tree
from archive.preservation.evidence.verification import Outcome, TokenQuestion
from metadata.errors import ArchiveError
from metadata.time import Clock, rfc3339
from storage.errors import StorageFaultError
from storage.evidence import EvidenceObjects
from storage.evidence_batches import TOKEN, TREE, Index, next_name
from storage.heads import RACES

LAST_CHANCE = timedelta(days=30)
"""So long before a certificate ends its stamp is renewed even without revocation data."""


class RevocationMissingError(ArchiveError):
    """Of the authority of a stamp it is not known that it was not revoked; the renewal waits. Repeating is safe."""

    code = "evidence.revocation_missing"

    def __init__(self, stamps: dict[str, str]) -> None:
        self.stamps = stamps
        said = "; ".join(f"{name}: {why}" for name, why in stamps.items())
        super().__init__(f"no revocation data for the authority of {said}")


class StatusSource(Protocol):
    """Where CRLs and OCSP answers come from: the broker, and what was imported."""

    def answers(self, asked: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        """CRLs and OCSP answers about certificates, each given with its issuer (DER); none where none can be had."""
        ...


@dataclass(frozen=True, slots=True)
class Covering:
    """What a stamp will cover, with the revocation data that goes into its tokens."""

    covers: tuple[Cover, ...]
    unproven: tuple[str, ...]
    """Stamps for whose authority no sufficient revocation data could be had."""


@dataclass
class Renewer:
    """Makes renewals and restamps."""

    stamping: Stamping
    objects: EvidenceObjects
    status: StatusSource
    judge: EngineJudge
    clock: Clock
    _answers: dict[tuple[tuple[bytes, bytes], ...], tuple[bytes, ...]] = field(default_factory=dict, repr=False)

    def covering(self, heads: Sequence[Stamp], algorithm: str, *, must: bool = False) -> Covering:
        """Put revocation data into the tokens of `heads`.

        Args:
            heads: Stamps to be covered.
            algorithm: Of the tree that they go into.
            must: Go on where revocation data is missing.

        Raises:
            RevocationMissingError: it is missing, and there is time to wait for it.
        """
        covers, missing = [], {}
        for head in heads:
            token = self.stamping.batches.get(head.name, TOKEN)
            used, why = self._status(token)
            if why:
                missing[head.name] = why
            full = with_revocation(token, used)
            names = tuple(self.objects.put(der) for der in used)
            covers.append(
                Cover(head.name, digest(algorithm, full), names, hashlib.sha256(full).hexdigest() if names else "")
            )
        now = self.clock.now()
        # What has ended already waits for nothing: no revocation data can bring it back.
        waits = {name: why for name, why in missing.items() if why.startswith("TRY_LATER")}
        urgent = must or any(head.expires - LAST_CHANCE <= now for head in heads if head.name in waits)
        if waits and not urgent:
            raise RevocationMissingError(waits)
        return Covering(tuple(covers), tuple(missing))

    def _status(self, token: bytes) -> tuple[tuple[bytes, ...], str]:
        asked = self.judge.asked_about(token)
        if asked not in self._answers:
            self._answers[asked] = tuple(self.status.answers(asked))
        return self.judge.status_for(token, self._answers[asked])

    def renew(
        self,
        history: History,
        heads: Sequence[Stamp],
        authorities: Authorities,
        *,
        voids: Sequence[str] = (),
        avoid: Collection[str] = (),
    ) -> Stamp:
        """One time-stamp over `heads`, which have one algorithm.

        Args:
            history: All stamps as they are.
            heads: Stamps that nothing covers, or that only void ones cover.
            authorities: Who is asked.
            voids: Stamps that are worthless from now on.
            avoid: Names of authorities that are not asked.

        Raises:
            RevocationMissingError: see `covering`.
            ArchiveError: no authority gave a token; the stamp stays open and the next run finishes it.
        """
        algorithm = heads[0].algorithm
        covering = self.covering(heads, algorithm, must=bool(voids))
        document = BatchDocument(
            name="",
            kind=StampKind.RENEWAL,
            opened_at=rfc3339(self.clock.now()),
            algorithm=algorithm,
            covers=tuple(CoverDocument.of(cover) for cover in covering.covers),
            voids=tuple(voids),
            unproven=covering.unproven,
        )
        now = self.clock.now()
        planned = Stamp("", StampKind.RENEWAL, algorithm, now, "", now, covers=covering.covers, voids=tuple(voids))
        return self._stamped(document, renewal_leaves(history, planned), authorities, avoid)

    def restamp(
        self,
        roots: dict[str, bytes],
        algorithm: str,
        authorities: Authorities,
        *,
        voids: Sequence[str],
        avoid: Collection[str] = (),
    ) -> Stamp:
        """A new time-stamp over the roots of trees whose tokens are worthless: their proof begins anew.

        Args:
            roots: By the name of the batch or hash-tree renewal.
            algorithm: Of all these trees.
            authorities: Who is asked.
            voids: What is worthless.
            avoid: Names of authorities that are not asked.
        """
        document = BatchDocument(
            name="",
            kind=StampKind.RESTAMP,
            opened_at=rfc3339(self.clock.now()),
            algorithm=algorithm,
            covers=tuple(CoverDocument(stamp=name, leaf=root.hex()) for name, root in roots.items()),
            voids=tuple(voids),
        )
        return self._stamped(document, list(roots.values()), authorities, avoid)

    def _stamped(
        self, document: BatchDocument, leaves: Sequence[bytes], authorities: Authorities, avoid: Collection[str]
    ) -> Stamp:
        tree = Tree.of(document.algorithm, leaves)
        encoded = tree.encoded()
        # The token comes first: without one there must be no open renewal that a later run finishes under other terms.
        token = Authorities((Authority(*_given(*authorities.stamp(tree.root, tree.algorithm, avoid=avoid))),))
        for _ in range(RACES):
            index, etag = self.stamping.index()
            if not self._still(document, index):
                raise StorageFaultError("evidence/batches/index.json", "another process renews at the same time")
            name = self._free(index)
            named = document.model_copy(
                update={
                    "name": name,
                    "root": tree.root.hex(),
                    "leaves": tree.count,
                    "tree": hashlib.sha256(encoded).hexdigest(),
                }
            )
            self.stamping.batches.put(name, TREE, encoded)
            if self.stamping.open(named, index, etag):
                found = self.stamping.finish(name, tree.root, token)
                if found is None:
                    raise NoAuthorityError({}, avoid)
                return found
        raise StorageFaultError("evidence/batches/index.json", "other writers keep on changing it")

    def _free(self, index: Index) -> str:
        day, skip = self.clock.now().date(), 0
        while self.stamping.batches.has(next_name(index, day, skip=skip), TREE):
            skip += 1
        return next_name(index, day, skip=skip)

    @staticmethod
    def _still(document: BatchDocument, index: Index) -> bool:
        """Whether nobody has covered in the meantime what is to be covered here."""
        wanted = {cover.stamp for cover in document.covers}
        void = {name for entry in index.stamps for name in entry.voids}
        return not any(
            wanted & set(entry.covered)
            for entry in index.stamps
            if entry.kind == document.kind and entry.name not in void | set(document.voids)
        )


@dataclass(frozen=True, slots=True)
class _Given:
    """A token that was got before."""

    token: bytes

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """See `TimeStamper.stamp`."""
        del digest, algorithm
        return self.token


def _given(token: bytes, source: str) -> tuple[str, _Given]:
    return source, _Given(token)


@dataclass(frozen=True, slots=True)
class Struck:
    """What became of stamps whose authority was revoked."""

    voids: tuple[str, ...]
    renew: tuple[Stamp, ...]
    """Good stamps that a void one covered: they must be covered anew."""

    restamp: tuple[Stamp, ...]
    """Batches and hash-tree renewals behind which nothing else stands."""


def struck(history: History, is_good: Callable[[Stamp], bool], recent: Sequence[Stamp] = ()) -> Struck:
    """Follow revoked stamps down to what still holds.

    Args:
        history: All stamps.
        is_good: Whether a stamp's token holds: the youngest at the present, a covered one when it was covered, one
            that only void ones cover as something that can be covered anew.
        recent: Covered stamps that are looked at, too: a token that was made after its key was stolen and before
            anybody knew is worthless whatever covers it.
    """
    voids: list[str] = []
    renew: dict[str, Stamp] = {}
    restamp = _orphans(history)
    heads = history.heads()
    first = {stamp.name for stamp in (*heads, *recent)}
    waiting = list({stamp.name: stamp for stamp in (*heads, *recent)}.values())
    met: set[str] = set()
    while waiting:
        stamp = waiting.pop()
        if stamp.name in met:
            continue
        met.add(stamp.name)
        if is_good(stamp):
            if stamp.name not in first:
                renew[stamp.name] = stamp
            continue
        voids.append(stamp.name)
        if stamp.kind is StampKind.RENEWAL:
            first -= {cover.stamp for cover in stamp.covers}
            met -= {cover.stamp for cover in stamp.covers}
            waiting += [history.stamps[cover.stamp] for cover in stamp.covers]
        elif stamp.kind is StampKind.RESTAMP:
            restamp.update({cover.stamp: history.stamps[cover.stamp] for cover in stamp.covers})
        else:
            restamp[stamp.name] = stamp
    return Struck(tuple(sorted(set(voids))), tuple(renew.values()), tuple(restamp.values()))


def _orphans(history: History) -> dict[str, Stamp]:
    """Trees whose stamp was declared void and that nothing stamped anew: somebody was interrupted."""
    anew = history.restamps()
    rooted = {StampKind.BATCH, StampKind.REHASH}
    void = (history.stamps[name] for name in history.void())
    return {stamp.name: stamp for stamp in void if stamp.kind in rooted and stamp.name not in anew}


def is_revoked(judge: EngineJudge, token: bytes, covered_at: datetime | None) -> bool:
    """Whether a token proves nothing because its authority was revoked before it was covered, or before now."""
    if covered_at is not None:
        return bool(judge.revoked_before(token, covered_at))
    return _is_over(judge, token, ("REVOKED",))


def is_over(judge: EngineJudge, token: bytes) -> bool:
    """Whether covering a token now comes too late: revoked, its certificate has ended, or a digest under it."""
    return _is_over(judge, token, ("REVOKED", "OUT_OF_BOUNDS", "CRYPTO_CONSTRAINTS"))


def _is_over(judge: EngineJudge, token: bytes, words: tuple[str, ...]) -> bool:
    answer = judge.token(TokenQuestion(token, None))
    return answer.outcome is not Outcome.HOLDS and answer.reason.startswith(words)
