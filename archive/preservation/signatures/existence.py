"""Proofs of existence (EN 319 102-1, clauses 3.1 and 5.6.2.3): what is known to have existed since when, and by what.

A proof from outside (an evidence record, the date since which a certificate is
trusted here) enters as a row of the table; a time-stamp that was found good
adds rows for what it covers. Whatever has no row exists since the time of
judging. Standard library only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from metadata.time import from_rfc3339

SIGNATURE_STAMP = "signature-time-stamp"
DOCUMENT_STAMP = "document-time-stamp"
ARCHIVE_STAMP = "archive-time-stamp"
EVIDENCE_RECORD = "evidence-record"
KNOWN_SINCE = "known-since"
"""Sources of proofs; a name may follow behind a space."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That an object existed at a time."""

    time: datetime
    source: str
    """What proves it: one of the words above, a name may follow behind a space."""


@dataclass(frozen=True, slots=True)
class Existence:
    """The earliest proof for each object, by the SHA-256 (hexadecimal) of its bytes. Never changes."""

    proofs: Mapping[str, Proof] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @classmethod
    def known_since(cls, dates: Mapping[str, str]) -> Existence:
        """Proofs by the dates since which certificates are known to this archive.

        Args:
            dates: RFC 3339 by SHA-256, as `TrustSnapshot.known_since` gives them.
        """
        return cls({name: Proof(from_rfc3339(when), KNOWN_SINCE) for name, when in dates.items()})

    @classmethod
    def recorded(cls, times: Mapping[str, datetime], source: str = EVIDENCE_RECORD) -> Existence:
        """Proofs by evidence records: time by SHA-256."""
        return cls({name: Proof(when, source) for name, when in times.items()})

    def of(self, sha256: str) -> Proof | None:
        """The earliest proof for an object; None: nothing proves that it existed before now."""
        return self.proofs.get(sha256)

    def since(self, sha256: str, now: datetime) -> datetime:
        """The earliest time at which an object is known to have existed; `now` where nothing proves an earlier one."""
        found = self.proofs.get(sha256)
        return found.time if found is not None and found.time < now else now

    def joined(self, other: Existence) -> Existence:
        """Both tables; the earlier proof of each object counts."""
        if not other.proofs:
            return self
        return self.proving((name, proof) for name, proof in other.proofs.items())

    def proving(self, rows: Iterable[tuple[str, Proof]]) -> Existence:
        """The table with more rows; a later proof of an object than the one it has changes nothing."""
        table = dict(self.proofs)
        for name, proof in rows:
            known = table.get(name)
            if known is None or proof.time < known.time:
                table[name] = proof
        return Existence(table)

    def proving_bytes(self, objects: Iterable[bytes], time: datetime, source: str) -> Existence:
        """The table with one proof for each of `objects`, such as all that one time-stamp covers."""
        proof = Proof(time, source)
        return self.proving((hashlib.sha256(data).hexdigest(), proof) for data in objects)


NOTHING_PROVEN = Existence()
