"""Paths of the time-stamps of an evidence record: where they end, and which certificates are missing on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archive.preservation.evidence.records import read_record
from archive.preservation.evidence.tokens import read_token
from archive.preservation.signatures.certificates import Certificate, readable
from archive.preservation.signatures.chains import paths
from archive.preservation.signatures.engine import Trust


def missing_links(record: bytes, anchors: Iterable[bytes], others: Iterable[bytes]) -> tuple[bytes, ...]:
    """Certificates between the time-stamps and the archive's anchors that the time-stamps do not carry, DER.

    Some authorities give their own certificate with a token and not the one above it:
    whoever brings only the root could not follow. They prove nothing by themselves.

    Args:
        record: The evidence record.
        anchors: The archive's.
        others: What else the archive knows.
    """
    trust = Trust.of(readable(anchors), readable(others))
    found: dict[bytes, None] = {}
    for _, _, stamp in read_record(record).stamps():
        carried = readable(read_token(stamp.token).certificates)
        for path in _paths(carried, trust):
            found |= {c.der: None for c in path[1:] if c not in carried and c.der not in trust.anchors}
    return tuple(sorted(found))


def anchors_under(tokens: Iterable[bytes], anchors: Iterable[bytes], others: Iterable[bytes]) -> Iterator[Certificate]:
    """The anchors in which paths of the time-stamps end, each once."""
    trust = Trust.of(readable(anchors), readable(others))
    met: set[Certificate] = set()
    for token in tokens:
        for path in _paths(readable(read_token(token).certificates), trust):
            if path[-1] not in met:
                met.add(path[-1])
                yield path[-1]


def _paths(carried: Sequence[Certificate], trust: Trust) -> Iterator[tuple[Certificate, ...]]:
    """One path of each time-stamp authority whose certificate a token carries."""
    known = trust.extended(carried)
    for leaf in carried:
        path = next(paths(leaf, known), None) if leaf.is_time_stamper else None
        if path is not None:
            yield path
