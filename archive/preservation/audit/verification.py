"""Checks the trail: chain, segments against it, database against segments, and all against time-stamped heads.

What is found names its place. Whoever changes the database is found by the chain
and by the segments; whoever changes the segments too and makes all digests
anew is found by the heads that stand under time-stamps, as far as those reach.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from metadata.audit_chain import EMPTY, ChainDocumentError, ChainHead, Link, SegmentHeading


@unique
class Break(StrEnum):
    """What is wrong with an entry of the trail."""

    CHANGED = "changed"
    """It is not what was recorded."""

    REMOVED = "removed"
    """An entry is missing between others."""

    ADDED = "added"
    """An entry stands where none was recorded."""

    REORDERED = "reordered"
    """An entry stands in another place."""

    CUT = "cut"
    """The end is missing."""

    REWRITTEN = "rewritten"
    """The chain is whole, but is not the one of which the head was time-stamped."""

    UNREADABLE = "unreadable"
    """The bytes are no entry."""


@unique
class Where(StrEnum):
    """Which copy of the trail."""

    STORAGE = "storage"
    DATABASE = "database"
    TIME_STAMP = "time-stamp"


@dataclass(frozen=True, slots=True)
class AuditBreak:
    """One place at which the trail is broken."""

    kind: Break
    where: Where
    seq: int | None = None
    """Number of the entry; of the first of several."""

    last: int | None = None
    """Number of the last entry, where several are meant."""

    segment: str = ""
    id: str = ""
    """Of the event, as it stands there now."""

    batch: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A sealed segment as storage gives it."""

    name: str
    heading: SegmentHeading | None
    """None: of the first form, without a chain."""

    lines: Iterable[bytes]
    """Its events, without the heading; read when they are asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the chain, in whichever copy."""

    link: Link
    line: bytes
    segment: str


class Chain:
    """Follows a chain entry by entry; tells every place at which it does not go on."""

    def __init__(self, where: Where, head: ChainHead = EMPTY) -> None:
        self._where = where
        self.seq = head.seq
        self.sha256 = head.sha256

    def follow(self, entry: Entry) -> Iterator[AuditBreak]:
        """Go on to `entry`; afterwards it is the last one, whatever was wrong."""
        link = entry.link
        if link.seq > self.seq + 1:
            yield self._broken(Break.REMOVED, entry, self.seq + 1, link.seq - 1)
        elif link.seq <= self.seq:
            yield self._broken(Break.REORDERED, entry, link.seq)
            return
        elif link.previous != self.sha256:
            # Either the entry before is not what it was, or this one's link is: the digest kept beside tells which.
            yield self._broken(Break.CHANGED, entry, max(self.seq, 1))
        self.seq, self.sha256 = link.seq, link.sha256

    def _broken(self, kind: Break, entry: Entry, seq: int, last: int | None = None) -> AuditBreak:
        detail = f"followed by entry {entry.link.seq}" if seq != entry.link.seq else ""
        return AuditBreak(kind, self._where, seq, last, entry.segment, entry.link.id, detail=detail)


def sealed_entries(segments: Iterable[StoredSegment], found: list[AuditBreak]) -> Iterator[Entry]:
    """Events of the chained segments, in the order of their headings; what is wrong goes into `found`."""
    chain = Chain(Where.STORAGE)
    for segment in sorted(segments, key=lambda segment: segment.heading.first if segment.heading else 0):
        heading = segment.heading
        if heading is None:
            continue
        digests: list[str] = []
        for line in segment.lines:
            try:
                link = Link.of_line(line)
            except ChainDocumentError as error:
                detail = f"line {len(digests) + 1}: {error}"
                seq = heading.first + len(digests)
                found.append(AuditBreak(Break.UNREADABLE, Where.STORAGE, seq, segment=segment.name, detail=detail))
                digests.append("")
                continue
            digests.append(link.sha256)
            entry = Entry(link, line, segment.name)
            found.extend(chain.follow(entry))
            yield entry
        found.extend(_against_heading(segment.name, heading, digests))


def _against_heading(name: str, heading: SegmentHeading, digests: list[str]) -> Iterator[AuditBreak]:
    if len(digests) != heading.events:
        kind = Break.CUT if len(digests) < heading.events else Break.ADDED
        first = heading.first + min(len(digests), heading.events)
        detail = f"{len(digests)} entries, {heading.events} were sealed"
        yield AuditBreak(kind, Where.STORAGE, first, heading.last, name, detail=detail)
    elif (digests[0], digests[-1]) != (heading.first_sha256, heading.last_sha256):
        seq = heading.first if digests[0] != heading.first_sha256 else heading.last
        yield AuditBreak(Break.CHANGED, Where.STORAGE, seq, segment=name, detail="not what its heading says")


def first_form_breaks(found: Mapping[str, str], named: Mapping[str, str], where: Where) -> Iterator[AuditBreak]:
    """Compare segments without a chain with what the chain's first event names.

    Args:
        found: Digests of the lines, each with its newline, by segment.
        named: The same, as the first event has them.
        where: In which copy they were found.
    """
    for name, digest in found.items():
        expected = named.get(name)
        if expected is None:
            detail = "no first form that the chain's first event names"
            yield AuditBreak(Break.ADDED, where, segment=name, detail=detail)
        elif digest != expected:
            yield AuditBreak(Break.CHANGED, where, segment=name, detail="sealed before the chain")
    for name in named:
        if name not in found:
            yield AuditBreak(Break.REMOVED, where, segment=name, detail="sealed before the chain")


def first_form_digests(segments: Iterable[StoredSegment]) -> dict[str, str]:
    """Digests of the segments that have no chain, for `first_form_breaks`."""
    found = {}
    for segment in segments:
        if segment.heading is None:
            digest = hashlib.sha256()
            for line in segment.lines:
                digest.update(line + b"\n")
            found[segment.name] = digest.hexdigest()
    return found


def rewritten(stamped: ChainHead, batch: str, at: str, entry: Entry | None, proven: int) -> AuditBreak | None:
    """Compare a time-stamped head with the entry that stands at its number now.

    Args:
        stamped: The head.
        batch: Evidence batch in which it stands.
        at: When it was time-stamped.
        entry: What stands there; None: the trail ends before.
        proven: Number of the last head before it that fits: what was changed comes after.
    """
    if entry is None:
        kind, seq = Break.CUT, stamped.seq
    elif entry.link.sha256 != stamped.sha256:
        kind, seq = Break.REWRITTEN, proven + 1
    else:
        return None
    segment, identifier = (entry.segment, entry.link.id) if entry else ("", "")
    return AuditBreak(kind, Where.TIME_STAMP, seq, stamped.seq, segment, identifier, batch, f"time-stamped at {at}")
