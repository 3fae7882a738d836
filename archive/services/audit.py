"""Use case `audit`: the head of the trail for evidence, and the check of the whole trail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain as joined
from typing import Any

from archive.catalogue.recorded import RecordedEvent, RecordedTrail
from archive.catalogue.trail import AuditTrail
from archive.preservation.audit.heads import StampedHead, StampedHeads
from archive.preservation.audit.verification import (
    AuditBreak,
    Break,
    Chain,
    Entry,
    StoredSegment,
    Where,
    first_form_breaks,
    rewritten,
    sealed_entries,
)
from metadata.audit_chain import EMPTY, ChainDocumentError, ChainHead, Link, SegmentHeading
from metadata.errors import ArchiveError
from storage.errors import ObjectMissingError, RecordUnreadableError
from storage.segments import AuditSegments, Segment

MOST_BREAKS = 1000
"""Places that are told; where there are more, the trail is not worth reading any further."""


@dataclass(frozen=True, slots=True)
class AuditHeads:
    """Gives the head of the trail to evidence batches (`HeadSource`)."""

    trail: AuditTrail
    segments: AuditSegments

    def head(self) -> ChainHead | None:
        """See `HeadSource.head`: everything up to the head lies in storage when it is given."""
        found = self.trail.head()
        self.trail.seal(self.segments)
        return None if found == EMPTY else found


@dataclass(slots=True)
class AuditAnswer:
    """What checking the trail showed."""

    events: int = 0
    """Events of the chain, in storage or only in the database yet."""

    sealed: int = 0
    """Events of the chain in storage."""

    before_chain: int = 0
    """Segments of the first form, named by the chain's first event."""

    head: ChainHead = EMPTY
    proven: StampedHead | None = None
    """The last time-stamped head that fits."""

    proven_seq: int = 0
    undecided: list[StampedHead] = field(default_factory=list)
    """Heads whose evidence record waits for its time-stamp, or cannot be concluded."""

    breaks: list[AuditBreak] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.breaks

    def as_json(self) -> dict[str, Any]:
        """The command's last line."""
        return {
            "ok": self.ok,
            "events": self.events,
            "sealed": self.sealed,
            "segments_before_chain": self.before_chain,
            "head": {"seq": self.head.seq, "sha256": self.head.sha256, "at": self.head.at},
            "proven": {"seq": self.proven_seq, "at": self.proven.at, "batch": self.proven.batch}
            if self.proven
            else None,
            "undecided": [{"batch": head.batch, "detail": head.detail} for head in self.undecided],
            "breaks": [as_json(found) for found in self.breaks],
        }


def as_json(found: AuditBreak) -> dict[str, Any]:
    """One place as JSON."""
    return {name: value.value if name in {"kind", "where"} else value for name, value in asdict(found).items()}


@dataclass(frozen=True, slots=True)
class AuditChecking:
    """Checks the trail; changes nothing."""

    recorded: RecordedTrail
    segments: AuditSegments
    stamped: StampedHeads

    def verify(self) -> AuditAnswer:
        """The whole trail: chain, segments, database, time-stamped heads.

        Raises:
            ArchiveError: storage or database failed; nothing is said about the trail.
        """
        answer = AuditAnswer()
        # The database first: events that are recorded meanwhile are sealed after what is read here, never before.
        upper = self.recorded.head()
        segments = list(self._segments(answer))
        check = _Check(self.recorded, upper, answer, self._heads(answer))
        check.run(segments)
        answer.breaks = list(dict.fromkeys(answer.breaks))[:MOST_BREAKS]
        return answer

    def _heads(self, answer: AuditAnswer) -> dict[int, tuple[ChainHead, StampedHead]]:
        heads: dict[int, tuple[ChainHead, StampedHead]] = {}
        for found in self.stamped.heads():
            try:
                head = ChainHead.of_document(found.document)
            except ChainDocumentError as error:
                detail = f"head of the trail: {error}"
                answer.breaks.append(AuditBreak(Break.UNREADABLE, Where.TIME_STAMP, batch=found.batch, detail=detail))
                continue
            if found.holds is False:
                answer.breaks.append(
                    AuditBreak(Break.CHANGED, Where.TIME_STAMP, head.seq, batch=found.batch, detail=found.detail)
                )
            elif found.holds is None:
                answer.undecided.append(found)
            heads[head.seq] = (head, found)
        return dict(sorted(heads.items()))

    def _segments(self, answer: AuditAnswer) -> Iterator[StoredSegment]:
        for segment in self.segments.segments():
            try:
                lines = self.segments.lines(segment)
                first = next(lines, b"")
                heading = SegmentHeading.of_line(first)
            except (ObjectMissingError, RecordUnreadableError, ChainDocumentError) as error:
                answer.breaks.append(
                    AuditBreak(Break.UNREADABLE, Where.STORAGE, segment=segment.name, detail=str(error)[:300])
                )
                continue
            finally:
                lines.close()
            yield StoredSegment(segment.name, heading, _Lines(self.segments, segment, answer, heading is not None))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Events of a segment, read when they are asked for; damage is a place, not an error."""

    segments: AuditSegments
    segment: Segment
    answer: AuditAnswer
    has_heading: bool

    def __iter__(self) -> Iterator[bytes]:
        lines = self.segments.lines(self.segment)
        try:
            if self.has_heading:
                next(lines, b"")
            yield from lines
        except (ObjectMissingError, RecordUnreadableError) as error:
            self.answer.breaks.append(
                AuditBreak(Break.UNREADABLE, Where.STORAGE, segment=self.segment.name, detail=str(error)[:300])
            )


class _Check:
    """One pass over both copies of the chain, side by side."""

    def __init__(
        self,
        recorded: RecordedTrail,
        upper: ChainHead,
        answer: AuditAnswer,
        heads: Mapping[int, tuple[ChainHead, StampedHead]],
    ) -> None:
        self._recorded = recorded
        self._upper = upper
        self._answer = answer
        self._heads = heads
        self._seen: dict[int, Entry] = {}
        """What stands at the numbers of time-stamped heads."""

    def run(self, segments: list[StoredSegment]) -> None:
        """Check everything."""
        self._both(sealed_entries(segments, self._answer.breaks))
        self._before_the_chain(segments)
        self._against_heads()

    # ------------------------------------------------------------ the two copies

    def _both(self, sealed: Iterator[Entry]) -> None:
        rows = (row for row in self._recorded.chained() if row.number is not None and row.number <= self._upper.seq)
        row = next(rows, None)
        chain = Chain(Where.DATABASE)
        last = EMPTY.seq
        for entry in sealed:
            if entry.link.seq <= last:
                continue
            last = entry.link.seq
            self._keep(entry)
            self._answer.sealed += 1
            while row is not None and row.number is not None and row.number < last:
                self._only_recorded(row, chain, sealed=True)
                row = next(rows, None)
            if row is not None and row.number == last:
                self._compare(entry, row, chain)
                row = next(rows, None)
            elif last <= self._upper.seq:
                self._tell(Break.REMOVED, last, entry.segment, entry.link.id)
        for rest in joined([row] if row is not None else [], rows):
            self._only_recorded(rest, chain, sealed=False)
        self._answer.events = max(self._answer.events, last)
        self._end(chain, last)

    def _compare(self, entry: Entry, row: RecordedEvent, chain: Chain) -> None:
        if row.line != entry.line or row.sha256 != entry.link.sha256 or not row.columns_agree:
            self._tell(Break.CHANGED, entry.link.seq, entry.segment, row.id)
        chain.seq, chain.sha256 = entry.link.seq, entry.link.sha256

    def _only_recorded(self, row: RecordedEvent, chain: Chain, *, sealed: bool) -> None:
        """An event that no segment has: the chain itself has to carry it."""
        try:
            link = Link.of_line(row.line)
        except ChainDocumentError as error:
            self._tell(Break.UNREADABLE, row.number, row.segment or "", row.id, str(error))
            return
        entry = Entry(link, row.line, row.segment or "")
        self._keep(entry)
        before = len(self._answer.breaks)
        if row.sha256 != link.sha256 or not row.columns_agree:
            self._tell(Break.CHANGED, row.number, entry.segment, row.id)
        elif sealed or row.sealed:
            # It says that a segment holds it, and none does.
            self._answer.breaks.append(
                AuditBreak(Break.REMOVED, Where.STORAGE, row.number, segment=entry.segment, id=row.id)
            )
        if len(self._answer.breaks) == before:
            self._answer.breaks.extend(chain.follow(entry))
        chain.seq, chain.sha256 = row.number or link.seq, row.sha256 or link.sha256
        self._answer.events = max(self._answer.events, chain.seq)

    def _end(self, chain: Chain, last: int) -> None:
        upper = self._upper
        self._answer.head = upper
        if chain.seq < upper.seq:
            self._answer.breaks.append(AuditBreak(Break.CUT, Where.DATABASE, chain.seq + 1, upper.seq))
        elif chain.seq == upper.seq and chain.sha256 != upper.sha256:
            self._tell(Break.CHANGED, upper.seq, "", "", "the head that the database keeps names another digest")
        elif upper.seq < last and upper == EMPTY:
            self._answer.breaks.append(AuditBreak(Break.CUT, Where.DATABASE, 1, last))

    def _tell(self, kind: Break, seq: int | None, segment: str, identifier: str, detail: str = "") -> None:
        self._answer.breaks.append(AuditBreak(kind, Where.DATABASE, seq, segment=segment, id=identifier, detail=detail))

    def _keep(self, entry: Entry) -> None:
        if entry.link.seq in self._heads or entry.link.seq == 1:
            self._seen.setdefault(entry.link.seq, entry)

    # ------------------------------------------------------------ before the chain

    def _before_the_chain(self, segments: list[StoredSegment]) -> None:
        first = self._seen.get(1)
        detail = json.loads(first.line).get("detail") if first is not None else {}
        named = {str(name): str(digest) for name, digest in detail.items()} if isinstance(detail, dict) else {}
        self._answer.before_chain = len(named)
        self._answer.breaks.extend(first_form_breaks(segments, named))
        by_segment: dict[str, list[bytes]] = {}
        for row in self._recorded.unchained():
            by_segment.setdefault(row.segment or "", []).append(row.line)
        rows = [StoredSegment(name, None, lines) for name, lines in by_segment.items()]
        self._answer.breaks.extend(first_form_breaks(rows, named, Where.DATABASE))

    # ------------------------------------------------------------ time-stamps

    def _against_heads(self) -> None:
        for seq, (head, stamped) in self._heads.items():
            if stamped.holds is False:
                continue
            found = rewritten(head, stamped.batch, stamped.at, self._seen.get(seq), self._answer.proven_seq)
            if found is not None:
                self._answer.breaks.append(found)
            elif stamped.holds:
                self._answer.proven, self._answer.proven_seq = stamped, seq


class NoStampedHeads:
    """Nothing stands under time-stamps."""

    def heads(self) -> tuple[StampedHead, ...]:
        """None."""
        return ()
