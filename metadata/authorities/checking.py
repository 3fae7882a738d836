"""What the authority tables say against a dossier: unknown codes, near names, bodies that were not at that time.

A table that was never imported says nothing. The name of a body that no table has is no fault: anybody may write to
an agency; it is told only where a known name is so near that it is meant. All findings are warnings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from metadata.authorities.entries import AuthorityEntry, AuthorityKind
from metadata.authorities.lookup import AuthorityLookup
from metadata.dates import CivilDate, from_iso
from metadata.descriptions import Delivery, Description, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.fonds import told_by
from metadata.physical import LEVELS, store_place
from metadata.rules import secrets_of
from metadata.validation import CheckedOnce
from metadata.validation_fields import place_of

Lookups = Callable[[AuthorityKind], AuthorityLookup | None]
"""The table in force, None where none was imported."""

_MISSPELT = 0.12
_FEW = 3
_MOST_SEARCHED = 500
"""Values of a delivery for which the nearest are looked for, 10 to 40 ms each among ten thousand rows: a list in which
more are unknown has another trouble."""


Checks = Callable[[Delivery], Mapping[str, tuple[Finding, ...]]]
"""Rules of metadata, by the dossiers' codes."""


def with_tables(checks: Checks, lookups: Lookups) -> Checks:
    """`checks`, and what the tables in force say; of a dossier with a grade of secrecy nothing else is said.

    Args:
        checks: The rules of metadata.
        lookups: Asked once a delivery: tables may change while a process lives.
    """

    def check(delivery: Delivery) -> Mapping[str, tuple[Finding, ...]]:
        tables = {kind: lookups(kind) for kind in AuthorityKind}
        found = checks(delivery)
        if not any(table is not None for table in tables.values()):
            return found
        told = AuthorityChecks(tables)
        source = delivery.sources[0] if delivery.sources else None
        dossiers = {dossier.file_code: dossier for dossier in delivery.dossiers}

        def with_told(file_code: str) -> tuple[Finding, ...]:
            known, dossier = found[file_code], dossiers[file_code]
            if secrets_of(known):
                return known
            return (*known, *told.findings(dossier, dossier.source or source))

        return CheckedOnce(found, with_told)

    return check


@dataclass(slots=True)
class AuthorityChecks:
    """Checks dossiers against tables.

    Args:
        tables: By kind; None where none was imported.
    """

    tables: Mapping[AuthorityKind, AuthorityLookup | None]
    _near: dict[tuple[bool, int, str], str] = field(default_factory=dict)

    def findings(self, dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
        """Everything that is to be told of `dossier`.

        Args:
            dossier: As read.
            source: The list in which it stands.
        """
        agencies, fonds, places = (self.tables.get(kind) for kind in AuthorityKind)
        if agencies is not None:
            yield from self._code(dossier, dossier, "archives_code", agencies, source)
            for document in dossier.documents:
                yield from self._body(document, dossier, agencies, source)
        if fonds is not None:
            yield from self._fonds(dossier, fonds, source)
        if places is not None:
            yield from self._place(dossier, places, source)

    def _code(
        self,
        description: Description,
        dossier: DossierDescription,
        key: str,
        lookup: AuthorityLookup,
        source: str | None,
    ) -> Iterator[Finding]:
        code = description.value(key)
        if code and not lookup.by_code(code):
            place = place_of(description, key, dossier, source)
            yield place.finding("AUT-001", written=code, nearest=self._nearest(lookup, code))

    def _body(
        self, document: DocumentDescription, dossier: DossierDescription, lookup: AuthorityLookup, source: str | None
    ) -> Iterator[Finding]:
        name = document.value("organ_name")
        if not name:
            return
        place = place_of(document, "organ_name", dossier, document.source or source)
        known = lookup.by_name(name) or lookup.by_code(name)
        if not known:
            near = self._nearest(lookup, name, misspelt=True)
            if near:
                yield place.finding("AUT-002", written=name, nearest=near)
            return
        day = from_iso(document.value("issued_date"))
        if day is not None and not any(_was(entry, day) for entry in known):
            yield place.finding("AUT-003", written=name, date=day.vietnamese(), **_told(known, lookup))

    def _fonds(self, dossier: DossierDescription, lookup: AuthorityLookup, source: str | None) -> Iterator[Finding]:
        if dossier.fonds is not None:
            yield from self._described(dossier.fonds, lookup)
        code = dossier.value("fonds_code")
        if not code:
            return
        known = lookup.by_code(code)
        place = place_of(dossier, "fonds_code", dossier, source)
        if not known:
            yield place.finding("AUT-001", written=code, nearest=self._nearest(lookup, code))
            return
        name = dossier.value("fonds_name")
        if name and not any(entry in lookup.by_name(name) for entry in known):
            told = place_of(dossier, "fonds_name", dossier, source)
            yield told.finding("AUT-004", written=name, code=code, expected=known[0].name)
        archive = dossier.value("archives_code")
        if archive and all(entry.archive and entry.archive != archive for entry in known):
            told = place_of(dossier, "archives_code", dossier, source)
            yield told.finding("AUT-005", written=archive, code=code, expected=known[0].archive)
        if all(entry.state == "closed" and entry.valid_to for entry in known):
            yield from self._after(dossier, known[-1], source)

    def _described(self, row: Description, lookup: AuthorityLookup) -> Iterator[Finding]:
        """A row of a table of fonds against the archive's own table, which stays as it is."""
        code, name, archive = (row.value(key) for key in ("fonds_code", "fonds_name", "archives_code"))
        known = lookup.by_code(code) if code else ()
        if code and not known:
            yield told_by(row, "fonds_code", "AUT-001", nearest=self._nearest(lookup, code))
        if known and name and not any(entry in lookup.by_name(name) for entry in known):
            yield told_by(row, "fonds_name", "AUT-004", code=code, expected=known[0].name)
        if known and archive and all(entry.archive and entry.archive != archive for entry in known):
            yield told_by(row, "archives_code", "AUT-005", code=code, expected=known[0].archive)

    def _after(self, dossier: DossierDescription, fonds: AuthorityEntry, source: str | None) -> Iterator[Finding]:
        """Documents that are later than the end of their closed fonds; the first few, then how many."""
        late = []
        for document in dossier.documents:
            day = from_iso(document.value("issued_date"))
            if day is not None and day.earliest().isoformat() > fonds.valid_to:
                late.append((document, day))
        for document, day in late[:_FEW]:
            place = place_of(document, "issued_date", dossier, document.source or source)
            yield place.finding("AUT-006", code=fonds.code, date=day.vietnamese(), end=_day(fonds.valid_to))

    def _place(self, dossier: DossierDescription, lookup: AuthorityLookup, source: str | None) -> Iterator[Finding]:
        for level, plain in store_place(dossier).path:
            # Boxes are too many for a table; `Giá 7` is written with its word or without.
            written = dossier.value(level) or plain
            if level != LEVELS[-1] and not any(
                lookup.by_code(value) or lookup.by_name(value) for value in (written, plain)
            ):
                place = place_of(dossier, level, dossier, source)
                yield place.finding("AUT-007", written=written, nearest=self._nearest(lookup, written))

    def _nearest(self, lookup: AuthorityLookup, written: str, *, misspelt: bool = False) -> str:
        """The nearest rows in words, each value looked up once; nothing after `_MOST_SEARCHED` of them."""
        key = (misspelt, id(lookup), written)
        if key not in self._near and len(self._near) < _MOST_SEARCHED:
            found = lookup.nearest(written)
            if misspelt:
                found = tuple(entry for entry in found if lookup.is_near(entry, written, _MISSPELT))
            self._near[key] = "; ".join(f"{entry.name} ({entry.code})" for entry in found)
        return self._near.get(key, "") or ("" if misspelt else "—")


def _was(entry: AuthorityEntry, day: CivilDate) -> bool:
    """Whether the body can have been at `day`, of which a part may be unknown."""
    return (entry.valid_from or "0") <= day.latest().isoformat() and day.earliest().isoformat() <= (
        entry.valid_to or "9999"
    )


def _told(known: tuple[AuthorityEntry, ...], lookup: AuthorityLookup) -> Mapping[str, str]:
    times = "; ".join(f"{_day(entry.valid_from)}–{_day(entry.valid_to)}" for entry in known)
    after = dict.fromkeys(
        f"{row.name} ({row.code})" for entry in known if entry.successor for row in lookup.by_code(entry.successor)
    )
    return {"valid": times, "successor": "; ".join(after) or "—"}


def _day(iso: str) -> str:
    date = from_iso(iso)
    return date.vietnamese() if date else "…"
