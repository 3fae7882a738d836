"""A trail in a real database with sealed segments in a real store, and hands that change either behind its back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.trail import AuditTrail
from archive.preservation.audit.heads import StampedHead
from archive.services.audit import AuditAnswer, AuditChecking, AuditHeads
from metadata.audit_chain import EMPTY, ChainHead, SegmentHeading, canonical, linked
from metadata.events import EventType
from metadata.packing import packed
from storage.backends.filesystem import FilesystemStore
from storage.segments import AuditSegments
from tests.fakes.clock import StandingClock

Body = dict[str, Any]


@dataclass
class Stamps:
    """Heads under time-stamps, as evidence batches would give them."""

    found: list[StampedHead] = field(default_factory=list)

    def heads(self) -> Sequence[StampedHead]:
        return self.found

    def stamp(self, head: ChainHead | None, *, holds: bool | None = True) -> None:
        assert head is not None
        batch = f"2026-11-{len(self.found) + 1:02d}-1"
        self.found.append(StampedHead(head.document(), batch, "2026-11-28T00:00:00.000Z", holds))


@dataclass
class Trail:
    """One installation's trail, with what is needed to check and to harm it."""

    folder: Path
    database: Database
    clock: StandingClock = field(default_factory=StandingClock)
    stamps: Stamps = field(default_factory=Stamps)

    @property
    def trail(self) -> AuditTrail:
        return AuditTrail(self.database, self.clock)

    @property
    def segments(self) -> AuditSegments:
        return AuditSegments(FilesystemStore(self.folder / "storage"))

    @property
    def heads(self) -> AuditHeads:
        return AuditHeads(self.trail, self.segments)

    def verify(self) -> AuditAnswer:
        return AuditChecking(RecordedTrail(self.database), self.segments, self.stamps).verify()

    def add(self, count: int, *, seal: bool = True) -> None:
        """Record so many events, and seal them into one segment."""
        for number in range(count):
            self.clock.go(milliseconds=7)
            event = self.trail.event(EventType.STORAGE, f"package-{number}", detail={"Số": f"Đất {number}"})
            self.trail.record(event)
        if seal:
            self.trail.seal(self.segments)

    def found(self) -> list[tuple[str, str, int | None, int | None]]:
        """Where the trail is broken: copy, kind, number, last number."""
        return [(found.where.value, found.kind.value, found.seq, found.last) for found in self.verify().breaks]

    # ------------------------------------------------------------ harm

    def sql(self, statement: str, **values: object) -> None:
        """What somebody with the database does."""
        with self.database.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def body(self, number: int) -> Body:
        with self.database.engine.begin() as connection:
            row = connection.execute(sa.text("SELECT body FROM audit_events WHERE number = :n"), {"n": number})
            found: Body = json.loads(row.scalar_one())
            return found

    def set_body(self, number: int, body: Body) -> None:
        self.sql("UPDATE audit_events SET body = :b WHERE number = :n", b=json.dumps(body), n=number)

    def files(self) -> list[Path]:
        return sorted((self.folder / "storage" / "audit").rglob("*.zst"))

    def rewrite(self, file: Path, change: Callable[[list[bytes]], list[bytes]], *, heading: bool = False) -> None:
        """What somebody with the storage does to one segment; `heading` makes its heading fit as well."""
        (segment,) = (found for found in self.segments.segments() if file.name.startswith(found.name))
        first, *lines = self.segments.lines(segment)
        lines = change(lines)
        if heading:
            first = SegmentHeading.over(lines, json.loads(lines[0])["seq"]).line()
        file.chmod(0o644)
        file.write_bytes(packed(b"".join(line + b"\n" for line in (first, *lines)), level=3))

    def rewrite_history(self, number: int) -> None:
        """What somebody with both does: change one event and make everything after it anew, digests and all."""
        head = EMPTY
        last = self.trail.head().seq
        by_number: dict[int, bytes] = {}
        for seq in range(1, last + 1):
            body = self.body(seq)
            plain = {name: value for name, value in body.items() if name not in {"seq", "previous"}}
            if seq == number:
                plain["agent"] = "person:nobody"
            whole, head = linked(plain, head)
            by_number[seq] = canonical(whole)
            self.set_body(seq, whole)
            self.sql("UPDATE audit_events SET sha256 = :s WHERE number = :n", s=head.sha256, n=seq)
        self.sql("UPDATE audit_head SET seq = :n, sha256 = :s", n=head.seq, s=head.sha256)
        for file in self.files():
            self.rewrite(file, lambda lines: [by_number[json.loads(line)["seq"]] for line in lines], heading=True)


def make_trail(folder: Path) -> Trail:
    """A new, empty trail."""
    upgrade(_url(folder))
    return open_trail(folder)


def open_trail(folder: Path) -> Trail:
    """The trail that lies in `folder`."""
    return Trail(folder, Database(engine_of(_url(folder))))


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'catalogue.sqlite'}"
