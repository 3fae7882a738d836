"""Everything beside the signature itself that a judgement leans on: trust, revocation data, proofs, policy, time.

Standard library, asn1crypto and our own facts only: the verifier in one file
judges with this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from archive.preservation.signatures.certificates import MAX_CERTIFICATES, Certificate, readable
from archive.preservation.signatures.existence import NOTHING_PROVEN, Existence
from archive.preservation.signatures.names import Canonical
from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.signatures.revocation import MAX_ANSWERS, Revocations

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Trust:
    """Anchors and known certificates of one judgement."""

    anchors: frozenset[bytes]
    by_subject: Mapping[Canonical, tuple[Certificate, ...]] = field(repr=False)
    """By the canonical form of the subject: two encodings of one name are one name (RFC 5280, 7.1)."""

    @classmethod
    def of(cls, anchors: Iterable[Certificate], others: Iterable[Certificate] = ()) -> Trust:
        """Anchors first, so that the shortest path is found first."""
        index: dict[Canonical, tuple[Certificate, ...]] = {}
        trusted = list(anchors)
        for candidate in dict.fromkeys([*trusted, *others]):
            key = candidate.subject_name.canonical
            index[key] = (*index.get(key, ()), candidate)
        return cls(frozenset(a.der for a in trusted), index)

    def certificates(self) -> tuple[Certificate, ...]:
        """All that are known."""
        return tuple(c for group in self.by_subject.values() for c in group)

    def issuers_of(self, subject: Certificate) -> tuple[Certificate, ...]:
        """The known certificates that bear the name of its issuer."""
        return self.by_subject.get(subject.issuer_name.canonical, ())

    def extended(self, others: Iterable[Certificate]) -> Trust:
        """The same trust with more certificates known; they prove nothing by themselves."""
        new = [c for c in dict.fromkeys(others) if c not in self.by_subject.get(c.subject_name.canonical, ())]
        if not new:
            return self
        index = dict(self.by_subject)
        for candidate in new:
            key = candidate.subject_name.canonical
            index[key] = (*index.get(key, ()), candidate)
        return Trust(self.anchors, index)


@dataclass(frozen=True, slots=True)
class World:
    """What a judgement leans on. Never changes; what a file brings makes another one (`with_material`)."""

    trust: Trust
    at: datetime
    """The time of judging."""

    answers: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """CRLs and OCSP answers, DER by SHA-256, of whoever handed them in and of the file."""

    existence: Existence = NOTHING_PROVEN
    policy: Policy = field(default_factory=default_policy, repr=False)
    revocations: Revocations = field(default_factory=lambda: Revocations([], _EPOCH), repr=False)
    memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """Paths and what bounds them, found once for all signatures of a file; private to `chains` and `sliding`."""

    @classmethod
    def of(
        cls,
        *,
        at: datetime,
        anchors: Iterable[bytes],
        intermediates: Iterable[bytes] = (),
        answers: Iterable[bytes] = (),
        existence: Existence = NOTHING_PROVEN,
        policy: Policy | None = None,
    ) -> World:
        """The world as DER and times.

        Args:
            at: The time of judging, aware.
            anchors: Trusted certificates; what cannot be read is left out.
            intermediates: Certificates that help to build paths.
            answers: CRLs and OCSP answers; what is neither is left out.
            existence: Proofs from outside.
            policy: None: the one that comes with the program.
        """
        trust = Trust.of(_all_readable(anchors), _all_readable(intermediates))
        known = {hashlib.sha256(der).hexdigest(): der for der in answers}
        return cls(trust, at, known, existence, policy or default_policy(), _all_answers(known, at, trust))

    def with_material(self, certificates: Iterable[bytes], answers: Iterable[bytes]) -> World:
        """The world with what a file or a token brings: helps to build paths, proves nothing by itself.

        Of certificates the first 400 are looked at, of answers the first 500.
        """
        trust = self.trust.extended(readable(certificates))
        # Cut before what is known is left out: what was handed in once is handed in again with a replay.
        brought = {hashlib.sha256(der).hexdigest(): der for der in list(dict.fromkeys(answers))[:MAX_ANSWERS]}
        more = {name: der for name, der in brought.items() if name not in self.answers}
        if trust is self.trust and not more:
            return self
        revocations = self.revocations.extended(more.values(), trust.certificates())
        return replace(self, trust=trust, answers={**self.answers, **more}, revocations=revocations, memory={})

    def with_existence(self, existence: Existence) -> World:
        """The world with another table of proofs."""
        return self if existence is self.existence else replace(self, existence=existence, memory={})

    def proving(self, objects: Iterable[bytes], time: datetime, source: str) -> World:
        """The world with one proof for each of `objects` (DER), such as all that one time-stamp covers."""
        return self.with_existence(self.existence.proving_bytes(objects, time, source))

    def judged_at(self, at: datetime) -> World:
        """The world at another time of judging."""
        return replace(self, at=at, revocations=_all_answers(self.answers, at, self.trust), memory={})


def _all_readable(ders: Iterable[bytes]) -> list[Certificate]:
    """Every certificate of the operator's: caps are for what files bring."""
    found = list(dict.fromkeys(ders))
    pieces = (found[start : start + MAX_CERTIFICATES] for start in range(0, len(found), MAX_CERTIFICATES))
    return [one for piece in pieces for one in readable(piece)]


def _all_answers(known: Mapping[str, bytes], at: datetime, trust: Trust) -> Revocations:
    """Every list and answer that was handed in, however many."""
    ders, certificates = list(known.values()), trust.certificates()
    revocations = Revocations(ders[:MAX_ANSWERS], at, certificates=certificates)
    for start in range(MAX_ANSWERS, len(ders), MAX_ANSWERS):
        revocations = revocations.extended(ders[start : start + MAX_ANSWERS], certificates)
    return revocations
