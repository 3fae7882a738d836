"""The two copies of the trail side by side: sealed segments in storage, rows in the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archive.catalogue.recorded import RecordedEvent, RecordedTrail
from archive.preservation.audit.verification import (
    AuditBreak,
    Break,
    Chain,
    Entry,
    StoredSegment,
    Where,
    first_form_breaks,
    first_form_digests,
    sealed_entries,
)
from metadata.audit_chain import EMPTY, ChainDocumentError, ChainHead, Link, digest_of

_TOLD_EACH = 1000
"""Events between two words on how far a check is."""


class Comparison:
    """One pass over both copies; holds neither in memory.

    Args:
        recorded: The database's copy.
        upper: Its head when the check began; rows after it are left alone.
        wanted: Numbers of the entries that are kept to be compared with time-stamped heads.
        tell: Hears how many events of how many have been read, now and then.
    """

    def __init__(
        self,
        recorded: RecordedTrail,
        upper: ChainHead,
        wanted: frozenset[int],
        tell: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self._recorded = recorded
        self._upper = upper
        self._tell_progress = tell
        self._wanted = wanted | {1}
        self._stored: list[AuditBreak] = []
        self._found: list[AuditBreak] = []
        self._differ: dict[int, tuple[AuditBreak, bool]] = {}
        """Rows that are not what their segment says, and whether they are what they themselves say."""

        self._unsealed: list[AuditBreak] = []
        """Rows that name a segment which did not have them when it was read."""

        self.kept: dict[int, Entry] = {}
        self.events = 0
        self.sealed = 0
        self.before_chain = 0

    def run(self, segments: Sequence[StoredSegment], names: Callable[[], frozenset[str]]) -> list[AuditBreak]:
        """Everything that is wrong with either copy.

        Args:
            segments: As storage had them when the check began.
            names: Gives the names of the segments as storage has them now.
        """
        chain, last = self._both(sealed_entries(segments, self._stored))
        self._strays()
        self._end(chain, last)
        self._before_the_chain(segments)
        stored_wrong = {found.seq for found in self._stored}
        for seq, (found, sound) in self._differ.items():
            # A row that is what it says, beside a segment whose chain breaks there: the segment is the wrong one.
            if not (sound and seq in stored_wrong):
                self._found.append(found)
        if self._unsealed:
            listed = {segment.name for segment in segments}
            # Sealed by another process while this one was reading: the next check reads it.
            fresh = names() - listed
            self._found.extend(_in_ranges(found for found in self._unsealed if found.segment not in fresh))
        by_place = {(found.kind, found.where, found.seq, found.last): found for found in reversed(self._found)}
        return [*self._stored, *reversed(by_place.values())]

    # ------------------------------------------------------------ side by side

    def _both(self, sealed: Iterator[Entry]) -> tuple[Chain, int]:
        rows = iter(self._rows())
        row = next(rows, None)
        chain = Chain(Where.DATABASE)
        last = EMPTY.seq
        for entry in sealed:
            if entry.link.seq <= last:
                continue
            last = entry.link.seq
            self._keep(entry)
            self.sealed += 1
            while row is not None and (row.number or 0) < last:
                self._only_recorded(row, chain, sealed=True)
                row = next(rows, None)
            if row is not None and row.number == last:
                self._compare(entry, row)
                chain.seq, chain.sha256 = last, row.sha256 or entry.link.sha256
                row = next(rows, None)
            elif last <= self._upper.seq:
                self._tell(Break.REMOVED, last, entry.segment, entry.link.id)
        while row is not None:
            self._only_recorded(row, chain, sealed=False)
            row = next(rows, None)
        self.events = max(self.events, last)
        return chain, last

    def _rows(self) -> Iterator[RecordedEvent]:
        for row in self._recorded.chained():
            number = row.number or 0
            if number > self._upper.seq:
                return
            if number % _TOLD_EACH == 0:
                self._tell_progress(number, self._upper.seq)
            yield row

    def _strays(self) -> None:
        """Rows outside the chain; those after its head may have been recorded since the check began."""
        rows = self._recorded.strays(self._upper.seq)
        # Read after the rows: whoever records moves the head in the same transaction.
        now = self._recorded.head().seq
        for row in reversed(rows):
            if not isinstance(row.number, int):
                detail = f"no number: {str(row.number)[:60]!r}"
                self._found.append(AuditBreak(Break.ADDED, Where.DATABASE, id=row.id, detail=detail))
            elif not 0 < row.number <= now:
                self._tell(Break.ADDED, row.number, row.segment or "", row.id, "outside the chain")

    def _compare(self, entry: Entry, row: RecordedEvent) -> None:
        sound = digest_of(row.line) == row.sha256 and row.columns_agree
        if row.line != entry.line or not sound:
            found = AuditBreak(Break.CHANGED, Where.DATABASE, entry.link.seq, segment=entry.segment, id=row.id)
            self._differ[entry.link.seq] = (found, sound)

    def _only_recorded(self, row: RecordedEvent, chain: Chain, *, sealed: bool) -> None:
        """An event that no segment has: the chain itself has to carry it."""
        number, segment = row.number or 0, row.segment or ""
        self.events = max(self.events, number)
        try:
            entry = Entry(Link.of_line(row.line), row.line, segment)
        except ChainDocumentError as error:
            self._tell(Break.UNREADABLE, number, segment, row.id, str(error))
            chain.seq, chain.sha256 = number, row.sha256 or ""
            return
        self._keep(entry)
        if sealed or row.sealed:
            self._unsealed.append(AuditBreak(Break.REMOVED, Where.STORAGE, number, None, segment, row.id))
        if row.sha256 != entry.link.sha256 or not row.columns_agree:
            self._tell(Break.CHANGED, number, segment, row.id)
        else:
            self._found.extend(chain.follow(entry))
        chain.seq, chain.sha256 = number, row.sha256 or entry.link.sha256

    def _end(self, chain: Chain, last: int) -> None:
        upper = self._upper
        if chain.seq < upper.seq and last < upper.seq:
            self._found.append(AuditBreak(Break.CUT, Where.DATABASE, max(chain.seq, last) + 1, upper.seq))
        elif chain.seq == upper.seq and chain.sha256 != upper.sha256:
            self._tell(Break.CHANGED, upper.seq, "", "", "the head that the database keeps names another digest")
        elif last > upper.seq and (now := self._recorded.head().seq) < last:
            # What is sealed was recorded before, so it was here; events sealed meanwhile are here by now.
            self._found.append(AuditBreak(Break.CUT, Where.DATABASE, now + 1, last))

    def _tell(self, kind: Break, seq: int, segment: str, identifier: str, detail: str = "") -> None:
        self._found.append(AuditBreak(kind, Where.DATABASE, seq, None, segment, identifier, detail=detail))

    def _keep(self, entry: Entry) -> None:
        if entry.link.seq in self._wanted:
            self.kept.setdefault(entry.link.seq, entry)

    # ------------------------------------------------------------ before the chain

    def _before_the_chain(self, segments: Sequence[StoredSegment]) -> None:
        first = self.kept.get(1)
        named = _named_by(first.line) if first is not None else {}
        self.before_chain = len(named)
        rows: dict[str, Any] = {}
        waiting: set[str] = set()
        for row in self._recorded.unchained():
            name = row.segment or ""
            rows.setdefault(name, hashlib.sha256()).update(row.line + b"\n")
            if not row.sealed:
                waiting.add(name)
        in_storage = first_form_digests(segments)
        due = {name: digest for name, digest in named.items() if name in in_storage or name not in waiting}
        self._found.extend(first_form_breaks(in_storage, due, Where.STORAGE))
        recorded = {name: digest.hexdigest() for name, digest in rows.items()}
        self._found.extend(first_form_breaks(recorded, named, Where.DATABASE))


def _named_by(line: bytes) -> Mapping[str, str]:
    """Segments that the chain's first event names, with their digests."""
    detail = json.loads(line).get("detail")
    return {str(name): str(digest) for name, digest in detail.items()} if isinstance(detail, dict) else {}


def _in_ranges(breaks: Iterator[AuditBreak]) -> Iterator[AuditBreak]:
    """Neighbours in one segment told as one place."""
    held: AuditBreak | None = None
    for found in breaks:
        end = (held.last or held.seq or 0) if held is not None else 0
        if held is not None and found.segment == held.segment and found.seq == end + 1:
            held = replace(held, last=found.seq)
            continue
        if held is not None:
            yield held
        held = found
    if held is not None:
        yield held
