"""The ledger: one line per stored object, appended on condition, beside the packages (PACKAGE.md).

A line belongs to the day (UTC) on which its version was made, not to the day on
which it is written: whoever comes back after a crash finds the same file.
A file that has reached 256 KiB is followed by the next (`{date}-2.jsonl`), for
appending rewrites a whole file (ADR 0032).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from threading import Lock
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metadata.time import from_rfc3339
from storage.errors import ObjectMissingError, PreconditionFailedError, RecordUnreadableError, StorageFaultError
from storage.heads import RACES, read_head
from storage.holdings import StoredObject
from storage.layout import LEDGER, ledger_key
from storage.ports import ObjectStore

ROLL_BYTES = 256 << 10


class LedgerLine(BaseModel):
    """One stored object."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    """UUID of the package."""

    version: Annotated[str, Field(pattern=r"^v[1-9][0-9]*$")]
    inventory: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """SHA-512 of the root inventory."""

    time: str
    """When the version was made, RFC 3339 UTC."""

    @property
    def day(self) -> date:
        """The day (UTC) in whose file the line stands."""
        return from_rfc3339(self.time).date()

    def as_json(self) -> bytes:
        """The line as it is stored, with its newline."""
        return json.dumps(self.model_dump(), separators=(",", ":")).encode() + b"\n"


def line_of(stored: StoredObject) -> LedgerLine:
    """What the ledger says of `stored`."""
    return LedgerLine(
        id=stored.package_id, version=stored.version, inventory=stored.inventory_sha512, time=stored.created
    )


class Ledger:
    """The ledger of one location. One instance may serve many threads; many processes may append at once."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lock = Lock()
        self._day: date | None = None
        self._full = 0
        self._seen: set[tuple[str, str]] = set()

    def record(self, lines: Sequence[LedgerLine]) -> None:
        """Append `lines`; one that stands there already, by id and version, is left out.

        Raises:
            RecordUnreadableError: the day's file is damaged.
            StorageFaultError: the store failed, or too many others write at once; repeating is safe.
        """
        by_day: dict[date, list[LedgerLine]] = {}
        for line in lines:
            by_day.setdefault(line.day, []).append(line)
        for day, of_day in sorted(by_day.items()):
            with self._lock:
                self._append(day, of_day)

    def days(self) -> tuple[date, ...]:
        """Days that have a ledger file; lists the ledger's keys."""
        return tuple(sorted({day for info in self._store.keys(f"{LEDGER}/") if (day := _day_of(info.key)) is not None}))

    def lines(self, day: date) -> Iterator[LedgerLine]:
        """All lines of a day, in the order of appending; none where nothing was stored.

        Raises:
            RecordUnreadableError: a file is damaged.
        """
        number = 1
        while True:
            key = ledger_key(day, number)
            try:
                data, _ = read_head(self._store, key)
            except ObjectMissingError:
                return
            yield from parsed_lines(key, data)
            number += 1

    def _append(self, day: date, lines: Sequence[LedgerLine]) -> None:
        """Append to the first file of the day that is not full.

        Full files never change again, so what stands in them is read once and kept
        as long as the day lasts; the file at the end is read each time.
        """
        if day != self._day:
            self._day, self._full, self._seen = day, 0, set()
        for _ in range(RACES):
            key = ledger_key(day, self._full + 1)
            try:
                data, etag = read_head(self._store, key)
            except ObjectMissingError:
                data, etag = b"", None
            there = {(line.id, line.version) for line in parsed_lines(key, data)}
            if len(data) >= ROLL_BYTES:
                self._seen |= there
                self._full += 1
                continue
            new = [line for line in lines if (line.id, line.version) not in self._seen | there]
            if not new:
                return
            try:
                self._store.replace(key, data + b"".join(line.as_json() for line in new), etag=etag)
            except PreconditionFailedError:
                continue
            return
        raise StorageFaultError(ledger_key(day, self._full + 1), "other writers keep on appending")


def parsed_lines(key: str, data: bytes) -> Iterator[LedgerLine]:
    """The lines in `data`, which begins at the beginning of one.

    Raises:
        RecordUnreadableError: there is something else in it.
    """
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            yield LedgerLine.model_validate_json(line)
        except ValidationError:
            raise RecordUnreadableError(key, f"line {number} is no ledger line") from None


def _day_of(key: str) -> date | None:
    try:
        return date.fromisoformat(key.removeprefix(f"{LEDGER}/")[:10])
    except ValueError:
        return None
