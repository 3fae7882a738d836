"""Use case `audit`: the head of the trail for evidence, and the check of the whole trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.trail import AuditTrail
from archive.preservation.audit.heads import StampedHead, StampedHeads
from archive.preservation.audit.verification import AuditBreak, Break, Entry, StoredSegment, Where, rewritten
from archive.services.audit_comparison import Comparison
from metadata.audit_chain import EMPTY, ChainDocumentError, ChainHead, SegmentHeading
from storage.errors import ObjectMissingError, RecordUnreadableError
from storage.segments import AuditSegments, Segment

Heads = dict[int, tuple[ChainHead, StampedHead]]
"""Time-stamped heads by number."""

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
            "unproven": self.events - self.proven_seq,
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

    def verify(self, tell: Callable[[int, int], None] = lambda _done, _total: None) -> AuditAnswer:
        """The whole trail: chain, segments, database, time-stamped heads.

        Args:
            tell: Hears how many events of how many have been read, now and then.

        Raises:
            ArchiveError: storage or database failed; nothing is said about the trail.
        """
        answer = AuditAnswer()
        heads = self._heads(answer)
        # Others may go on recording and sealing: what comes after this head is left for the next check.
        answer.head = self.recorded.head()
        comparison = Comparison(self.recorded, answer.head, frozenset(heads), tell)
        answer.breaks += comparison.run(list(self._segments(answer)), self._names)
        answer.events, answer.sealed = comparison.events, comparison.sealed
        answer.before_chain = comparison.before_chain
        self._against_heads(answer, heads, comparison.kept)
        answer.breaks = list(dict.fromkeys(answer.breaks))[:MOST_BREAKS]
        return answer

    def _names(self) -> frozenset[str]:
        return frozenset(segment.name for segment in self.segments.segments())

    @staticmethod
    def _against_heads(answer: AuditAnswer, heads: Heads, kept: Mapping[int, Entry]) -> None:
        for seq, (head, stamped) in heads.items():
            if stamped.holds is False:
                continue
            found = rewritten(head, stamped.batch, stamped.at, kept.get(seq), answer.proven_seq)
            if found is not None:
                answer.breaks.append(found)
            elif stamped.holds:
                answer.proven, answer.proven_seq = stamped, seq

    def _heads(self, answer: AuditAnswer) -> Heads:
        heads: Heads = {}
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
                with closing(self.segments.lines(segment)) as lines:
                    heading = SegmentHeading.of_line(next(lines, b""))
            except (ObjectMissingError, RecordUnreadableError, ChainDocumentError) as error:
                answer.breaks.append(
                    AuditBreak(Break.UNREADABLE, Where.STORAGE, segment=segment.name, detail=str(error)[:300])
                )
                continue
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
