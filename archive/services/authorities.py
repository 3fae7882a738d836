"""Use cases of the authority tables: import a version, list, and ask in checks.

Each version is kept as one document by its digest among the evidence objects, as trust sets are; the trail names the
digest of each. Catalogue and lookups are copies: `catalogue rebuild` makes them again from trail and documents.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from archive.auth.policy import ALL, Scope
from archive.catalogue.authorities import AuthorityRows
from archive.catalogue.trail import AuditTrail
from metadata.authorities.entries import AuthorityEntry, AuthorityKind, AuthorityTable, table_of
from metadata.authorities.lookup import AuthorityLookup
from metadata.authorities.merging import merged
from metadata.authorities.reading import MAX_BYTES, ReadTable, read_table
from metadata.authorities.starting import starting_entries
from metadata.dates import CivilDate
from metadata.errors import ArchiveError, UsageError
from metadata.events import EventType
from metadata.findings import Finding
from metadata.rules import as_json, errors_of
from metadata.time import Clock, rfc3339


class Keeper(Protocol):
    """Keeps documents for ever (`storage.evidence.EvidenceObjects`)."""

    def put(self, data: bytes) -> str:
        """Keep `data`; its SHA-256."""
        ...

    def get(self, sha256: str) -> bytes:
        """The document with this digest."""
        ...


class AuthorityChangedError(UsageError):
    """Somebody has imported another version meanwhile."""

    code: ClassVar[str] = "authority.changed"

    def __init__(self, kind: AuthorityKind, sha256: str) -> None:
        self.sha256 = sha256
        super().__init__(f"{kind.value}: {sha256 or '-'}")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    kind: AuthorityKind
    status: str
    """`imported`, `already` (the same rows), `rejected`."""

    version: int
    sha256: str
    added: int = 0
    changed: int = 0
    closed: int = 0
    same: int = 0
    findings: tuple[Finding, ...] = ()

    def as_json(self, language: str) -> dict[str, Any]:
        """The JSON line."""
        counts = {name: getattr(self, name) for name in ("added", "changed", "closed", "same")}
        return {
            "kind": self.kind.value,
            "status": self.status,
            "version": self.version,
            "sha256": self.sha256,
            **counts,
            "findings": [as_json(finding, language) for finding in self.findings],
        }


@dataclass(slots=True)
class Authorities:
    """The authority tables of one installation."""

    rows: AuthorityRows
    keeper: Keeper
    trail: AuditTrail
    clock: Clock
    _lookups: dict[AuthorityKind, tuple[str, AuthorityLookup]] = field(default_factory=dict)
    _importing: threading.Lock = field(default_factory=threading.Lock)

    def version(self, kind: AuthorityKind) -> tuple[int, str]:
        """Number and SHA-256 of the version in force; 0 and nothing where none was imported."""
        return self.rows.version(kind)

    def import_table(self, kind: AuthorityKind, file: Path, *, operator: str) -> Imported:
        """Take a table from a file. See `take`.

        Args:
            kind: Which table.
            file: CSV, UTF-8.
            operator: Who does it.

        Raises:
            UsageError: the file cannot be opened.
            ArchiveError: storage or database failed.
        """
        try:
            with file.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            msg = f"{file}: {error.strerror}"
            raise UsageError(msg) from error
        return self.take(kind, data, file.name, operator=operator)

    def take(self, kind: AuthorityKind, data: bytes, name: str, *, operator: str, after: str | None = None) -> Imported:
        """Take a table from CSV: all of it, or nothing and every broken row. Durable and recorded on return.

        Rows that an earlier import had and this one lacks, or has otherwise, are closed and kept.

        Args:
            kind: Which table.
            data: CSV, UTF-8, at most `MAX_BYTES`.
            name: What the file is called.
            operator: Who does it.
            after: SHA-256 of the version that this one follows (empty: there is none); None: whichever is in force.

        Raises:
            AuthorityChangedError: another version than `after` is in force.
            ArchiveError: storage or database failed.
        """
        read = read_table(kind, data, name)
        with self._importing:
            return self._taken(kind, read, data, name, operator, after)

    def _taken(
        self, kind: AuthorityKind, read: ReadTable, data: bytes, name: str, operator: str, after: str | None
    ) -> Imported:
        number, sha256 = self.rows.version(kind)
        if after is not None and after != sha256:
            raise AuthorityChangedError(kind, sha256)
        findings = tuple(read.findings)
        if errors_of(findings):
            return Imported(kind, "rejected", number, sha256, findings=findings)
        now = rfc3339(self.clock.now())
        known = table_of(self.keeper.get(sha256)).entries if sha256 else ()
        made = merged(known, read.entries, now)
        counts = {"added": made.added, "changed": made.changed, "closed": made.closed, "same": made.same}
        if sha256 and not made.differs:
            return Imported(kind, "already", number, sha256, **counts, findings=findings)
        table = AuthorityTable(
            kind=kind,
            version=number + 1,
            at=now,
            source_sha256=hashlib.sha256(data).hexdigest(),
            source_name=name,
            previous=sha256,
            entries=made.entries,
        )
        self._put_into_force(table, operator, {name: str(count) for name, count in counts.items()})
        return Imported(kind, "imported", table.version, table.sha256, **counts, findings=findings)

    def _put_into_force(self, table: AuthorityTable, operator: str, counts: dict[str, str]) -> None:
        # The document first: what trail and catalogue name is there already.
        kept = self.keeper.put(table.document())
        detail = {"kind": table.kind.value, "version": str(table.version), "sha256": kept, **counts}
        subject = _subject(table.kind)
        event = self.trail.event(EventType.AUTHORITY_CHANGE, subject, agent=f"person:{operator}", detail=detail)
        with self.trail.transaction() as connection:
            self.trail.record(event, connection)
            self.rows.enter(table, connection)

    def listed(
        self, kind: AuthorityKind, *, at: CivilDate | None = None, every: bool = False, within: Scope = ALL
    ) -> Iterator[AuthorityEntry]:
        """Rows of a table.

        Args:
            kind: Which table.
            at: Only rows that were valid then.
            every: Closed rows too.
            within: Fonds and places of agencies of which nothing lies within are left out. Bodies are told to
                everybody: the whole State knows them.
        """
        known = self._known(kind, every=every)
        for entry in known if kind is AuthorityKind.AGENCIES else self._within(known, within):
            first, last = entry.valid_from or "0", entry.valid_to or "9999"
            if at is None or (first <= at.latest().isoformat() and at.earliest().isoformat() <= last):
                yield entry

    def _within(self, entries: Iterator[AuthorityEntry], within: Scope) -> Iterator[AuthorityEntry]:
        foreign = self.rows.foreign(within)
        if not foreign.agencies:
            return entries
        rows = list(entries)
        above = {row.code: row for row in rows}

        def archive_of(row: AuthorityEntry) -> str:
            seen: set[str] = set()
            while not row.archive and row.parent in above and row.code not in seen:
                seen.add(row.code)
                row = above[row.parent]
            return row.archive

        def is_foreign(row: AuthorityEntry) -> bool:
            called = {row.code, row.name}
            if called & foreign.own_fonds:
                return False
            return archive_of(row) in foreign.agencies or bool(called & foreign.fonds)

        return (row for row in rows if not is_foreign(row))

    def _known(self, kind: AuthorityKind, *, every: bool) -> Iterator[AuthorityEntry]:
        """Imported rows, and those of the program whose codes no import has."""
        codes = set()
        for entry in self.rows.entries(kind, closed=every):
            codes.add(entry.code)
            yield entry
        yield from (entry for entry in starting_entries(kind) if entry.code not in codes)

    def lookup(self, kind: AuthorityKind) -> AuthorityLookup | None:
        """The table in force for asking; None where none was imported. Made once a version."""
        _, sha256 = self.rows.version(kind)
        if not sha256:
            return None
        known = self._lookups.get(kind)
        if known is None or known[0] != sha256:
            known = (sha256, AuthorityLookup(self._known(kind, every=True)))
            self._lookups[kind] = known
        return known[1]

    def restore(self) -> dict[str, str]:
        """Make the catalogue's copies again from the trail and the kept documents; what could not be read, and why.

        Raises:
            ArchiveError: storage or database failed; repeating is safe.
        """
        self.rows.clear()
        lost: dict[str, str] = {}
        for kind in AuthorityKind:
            newest: AuthorityTable | None = None
            for event in self.trail.of([_subject(kind)]):
                sha256 = str(event["detail"].get("sha256", ""))
                found = self._kept(sha256)
                if isinstance(found, str):
                    lost[f"{_subject(kind)} {sha256[:12]}"] = found
                else:
                    newest = found
            if newest is not None:
                self.rows.enter(newest)
        return lost

    def _kept(self, sha256: str) -> AuthorityTable | str:
        """The document, or why there is none."""
        try:
            return table_of(self.keeper.get(sha256))
        except ArchiveError as error:
            if error.retryable:
                raise
            return str(error)
        except ValueError as error:
            return f"no table: {type(error).__name__}"


def _subject(kind: AuthorityKind) -> str:
    """By what the trail knows a table."""
    return f"authorities/{kind.value}"
