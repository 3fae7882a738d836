"""The holding as the catalogue knows it: rows made only from `PackageRecord`s, so a rebuild answers the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from archive.auth.people import Label
from archive.auth.policy import ALL, Scope
from archive.catalogue.database import Database
from archive.catalogue.described_fonds import forget_fonds
from archive.catalogue.entering import StoredVersion, enter_parts, gravest_indication, shown_documents
from archive.catalogue.index_queue import IndexQueue
from archive.catalogue.labels import LABELLED
from archive.catalogue.places import Place
from archive.catalogue.tables import agencies, documents, dossiers, files, index_queue, packages
from archive.catalogue.visibility import (
    agencies_within,
    documents_within,
    dossier_columns,
    dossiers_within,
    files_within,
    queued_within,
    visible_places,
)
from metadata.descriptions import DocumentDescription
from metadata.errors import NotFoundError
from metadata.package import PackageRecord, Representation
from metadata.remembered import Remembered
from metadata.time import Clock, rfc3339

__all__ = ["Catalogue", "Place", "StoredVersion", "gravest_indication"]

_ORDINAL_DIGITS = 9

_PLACES = 5
"""Other places of a document that a warning names at most."""

_RECORD = sa.cast(packages.c.record, sa.Text)
"""As it was written: reading the same record again and again is what opening a document would consist of (ADR 0450)."""

_KEPT_BYTES = 6 << 20
"""Records as JSON whose models are kept; those take some five times as much."""


class Catalogue(IndexQueue):
    """Queries and entries of the holding."""

    def __init__(self, database: Database, clock: Clock, unlabelled: Label = Label.INTERNAL) -> None:
        super().__init__(database, unlabelled)
        self._clock = clock
        self._parsed = Remembered(PackageRecord.model_validate_json, _KEPT_BYTES)

    # ------------------------------------------------------------ entering

    def enter(self, records: Sequence[tuple[PackageRecord, StoredVersion]], stored_at: str) -> None:
        """Enter parts of a dossier from their records, queue it for the index; replaces what was known of these parts.

        Args:
            records: All that came together, the first one first.
            stored_at: When storage acknowledged, RFC 3339.
        """
        first = records[0][0]
        with self._database.transaction() as connection:
            # Two additions to one dossier wait for each other; SQLite lets one writer in anyway.
            row = sa.select(dossiers.c.package_id).where(dossiers.c.package_id == first.dossier_id)
            connection.execute(row.with_for_update())
            self._agency(connection, first.agency, first.agency_name)
            enter_parts(connection, records, stored_at, rfc3339(self._clock.now()), self._unlabelled)

    def _agency(self, connection: sa.Connection, code: str, name: str) -> None:
        known = set(connection.execute(sa.select(agencies.c.code)).scalars())
        if code not in known:
            # `H49.64.33` stands below `H49.64` where that is known, else below `H49`.
            above = [".".join(code.split(".")[:end]) for end in range(code.count("."), 0, -1)]
            parent = next((candidate for candidate in above if candidate in known), None)
            connection.execute(agencies.insert().values(code=code, name=name or code, parent=parent))

    def add_agency(self, code: str, name: str) -> None:
        """Make an agency known; known already: nothing changes."""
        with self._database.transaction() as connection:
            self._agency(connection, code, name)

    def agencies(self, *, within: Scope = ALL) -> list[Mapping[str, Any]]:
        """Agencies of which something lies `within`, by code."""
        query = sa.select(agencies).where(agencies_within(within)).order_by(agencies.c.code)
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's accessor

    def clear(self) -> None:
        """Forget the holding, not jobs and trail: the first step of a rebuild."""
        with self._database.transaction() as connection:
            for table in (documents, files, packages, dossiers):
                connection.execute(table.delete())
            forget_fonds(connection)
            # What the index has with an older label must go on being left out until it has the new one.
            connection.execute(index_queue.delete().where(~index_queue.c.reason.startswith(LABELLED)))

    def set_verdict(
        self, dossier_id: str, ordinal: int, indication: str, connection: sa.Connection | None = None
    ) -> None:
        """Say what a document's signatures came out as when they were judged again."""
        if connection is None:
            with self._database.transaction() as own:
                self.set_verdict(dossier_id, ordinal, indication, own)
            return
        where = (documents.c.dossier_id == dossier_id) & (documents.c.ordinal == ordinal)
        connection.execute(documents.update().where(where).values(verdict=indication))

    def verdicts(self, dossier_id: str) -> dict[int, str]:
        """The gravest indication of each document that carries signatures, as last judged."""
        query = sa.select(documents.c.ordinal, documents.c.verdict).where(
            documents.c.dossier_id == dossier_id, documents.c.verdict != ""
        )
        with self._database.reading() as connection:
            return {int(ordinal): str(word) for ordinal, word in connection.execute(query)}

    # ------------------------------------------------------------ asking

    def find(self, identifier: str, *, within: Scope = ALL) -> list[Place]:
        """What `identifier` names: a package or `package/ordinal`, a dossier code or `code/ordinal`, a document code.

        Args:
            identifier: What people or programs call it.
            within: What lies outside is as if it were not there.

        Raises:
            NotFoundError: nothing.
        """
        head, _, tail = identifier.rpartition("/")
        ordinal = int(tail) if head and tail.isascii() and tail.isdecimal() and len(tail) <= _ORDINAL_DIGITS else None
        with self._database.reading() as connection:

            def seen(places: list[Place]) -> list[Place]:
                return places if within.everything else visible_places(connection, places, within)

            found = seen(self._by_package(connection, identifier, None))
            if not found and ordinal is not None:
                found = seen(self._by_package(connection, head, ordinal))
            found = found or seen(self._by_code(connection, identifier, None))
            found = found or seen(self._by_doc_code(connection, identifier))
            if not found and ordinal is not None:
                found = seen(self._by_code(connection, head, ordinal))
        if not found:
            raise NotFoundError(identifier)
        return found

    def _by_package(self, connection: sa.Connection, package_id: str, ordinal: int | None) -> list[Place]:
        dossier = connection.execute(
            sa.select(packages.c.dossier_id).where(packages.c.id == package_id.lower())
        ).scalar()
        if dossier is None:
            return []
        if ordinal is None:
            return [Place(dossier)]
        known = connection.execute(
            sa.select(documents.c.ordinal).where(documents.c.dossier_id == dossier, documents.c.ordinal == ordinal)
        ).first()
        return [] if known is None else [Place(dossier, ordinal)]

    def _by_doc_code(self, connection: sa.Connection, doc_code: str) -> list[Place]:
        """Documents with that code; of one dossier's versions of it only the latest part's."""
        query = (
            sa.select(documents.c.dossier_id, documents.c.ordinal, packages.c.part)
            .join(packages, packages.c.id == documents.c.part_id)
            .where(documents.c.doc_code == doc_code)
            .order_by(documents.c.dossier_id, documents.c.ordinal)
        )
        rows = list(connection.execute(query))
        latest: dict[str, int] = {}
        for dossier_id, _, part in rows:
            latest[dossier_id] = max(part, latest.get(dossier_id, 0))
        return [Place(dossier_id, ordinal) for dossier_id, ordinal, part in rows if part == latest[dossier_id]]

    def _by_code(self, connection: sa.Connection, file_code: str, ordinal: int | None) -> list[Place]:
        query = sa.select(dossiers.c.package_id).where(dossiers.c.file_code == file_code).order_by(dossiers.c.stored_at)
        ids = list(connection.execute(query).scalars())
        if ordinal is None:
            return [Place(dossier_id) for dossier_id in ids]
        return [place for dossier_id in ids for place in self._by_package(connection, dossier_id, ordinal)]

    def records(self, dossier_id: str) -> list[PackageRecord]:
        """The records of a dossier's parts, the first one first.

        A document that was described without files and is completed by a later part stands in that part only.

        Raises:
            NotFoundError: no such dossier.
        """
        return list(self.each_record(dossier_id))

    def part(self, package_id: str) -> PackageRecord:
        """The record of one part, with all that it says.

        Raises:
            NotFoundError: no such package.
        """
        with self._database.reading() as connection:
            row = connection.execute(sa.select(_RECORD).where(packages.c.id == package_id)).scalar()
        if row is None:
            raise NotFoundError(package_id)
        return self._parsed(row.encode())

    def earlier_descriptions(self, dossier_id: str, ordinal: int) -> list[tuple[PackageRecord, DocumentDescription]]:
        """What earlier parts said of a document that a later one completes, with these parts, the latest first."""
        with self._database.reading() as connection:
            now = connection.execute(
                sa.select(documents.c.part_id).where(
                    documents.c.dossier_id == dossier_id, documents.c.ordinal == ordinal
                )
            ).scalar()
            rows = connection.execute(
                sa.select(_RECORD)
                .where(packages.c.dossier_id == dossier_id, packages.c.id != now)
                .order_by(packages.c.part.desc())
            )
            records = [self._parsed(row.encode()) for row in rows.scalars()]
        return [(record, d.description) for record in records for d in record.documents if d.ordinal == ordinal]

    def each_record(self, dossier_id: str) -> Iterator[PackageRecord]:
        """The records of a dossier's parts, the first one first, each read when it is asked for.

        Raises:
            NotFoundError: no such dossier.
        """
        with self._database.reading() as connection:
            query = sa.select(packages.c.id).where(packages.c.dossier_id == dossier_id).order_by(packages.c.part)
            ids = list(connection.execute(query).scalars())
        if not ids:
            raise NotFoundError(dossier_id)
        for package_id in ids:
            with self._database.reading() as connection:
                row = connection.execute(sa.select(_RECORD).where(packages.c.id == package_id)).scalar()
                record = self._parsed(row.encode()) if row is not None else None
                if record is not None and len(ids) > 1:
                    record = shown_documents(connection, record)
            if record is not None:
                yield record

    def shown(self, record: PackageRecord) -> PackageRecord:
        """`record` without the documents that a later part of its dossier completes."""
        with self._database.reading() as connection:
            return shown_documents(connection, record)

    def without_files(self, places: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those of these documents, told by dossier and ordinal, that are described without files."""
        there = sa.exists().where(
            files.c.dossier_id == documents.c.dossier_id,
            files.c.ordinal == documents.c.ordinal,
            files.c.representation == Representation.ORIGINAL.value,
        )
        # Both parts of their keys beside each other: pairs would be looked for row by row.
        query = sa.select(documents.c.dossier_id, documents.c.ordinal).where(
            documents.c.dossier_id.in_({dossier_id for dossier_id, _ in places}),
            documents.c.ordinal.in_({ordinal for _, ordinal in places}),
            ~there,
        )
        with self._database.reading() as connection:
            found = {(str(dossier_id), int(ordinal)) for dossier_id, ordinal in connection.execute(query)}
        return found.intersection(places)

    def dossier_of(self, package_id: str) -> str | None:
        """The dossier that a stored package is a part of; None: there is no such package."""
        with self._database.reading() as connection:
            query = sa.select(packages.c.dossier_id).where(packages.c.id == package_id)
            return connection.execute(query).scalar()

    def dossier(self, dossier_id: str, *, within: Scope = ALL) -> Mapping[str, Any]:
        """The row of a dossier, its documents counted as far as they lie `within`.

        Raises:
            NotFoundError: no such dossier.
        """
        query = sa.select(*dossier_columns(within)).where(dossiers.c.package_id == dossier_id)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError(dossier_id)
        return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented accessor

    def hidden_ordinals(self, dossier_id: str, *, within: Scope) -> frozenset[int]:
        """Documents of a dossier that lie outside of `within`."""
        if within.everything:
            return frozenset()
        # Not `NOT`: of a document without a label it is not known to be within, which is as good as outside.
        outside = documents_within(within).is_not(sa.true())
        query = sa.select(documents.c.ordinal).where(documents.c.dossier_id == dossier_id, outside)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def of_submission(self, submission_id: str) -> list[tuple[str, str]]:
        """Identifier and code of the dossiers that first came with a submission, by code."""
        query = sa.select(dossiers.c.package_id, dossiers.c.file_code).where(
            dossiers.c.submission_id == submission_id.lower()
        )
        with self._database.reading() as connection:
            return [(str(found), str(code)) for found, code in connection.execute(query.order_by(dossiers.c.file_code))]

    def parts(self, dossier_id: str) -> list[StoredVersion]:
        """How the parts of a dossier lie in storage."""
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(packages.c.id, packages.c.version, packages.c.inventory_sha512)
                .where(packages.c.dossier_id == dossier_id)
                .order_by(packages.c.part)
            )
            return [StoredVersion(*row) for row in rows]

    def dossiers(
        self, limit: int, after: str | None = None, agency: str | None = None, *, within: Scope
    ) -> list[Mapping[str, Any]]:
        """Dossiers by time of storage, newest first; `after` is a cursor `stored_at|package_id`."""
        query = sa.select(*dossier_columns(within)).where(dossiers_within(within))
        query = query.order_by(dossiers.c.stored_at.desc(), dossiers.c.package_id).limit(limit)
        if agency is not None:
            query = query.where(dossiers.c.agency == agency)
        if after is not None:
            at, _, package_id = after.partition("|")
            query = query.where(
                (dossiers.c.stored_at < at) | ((dossiers.c.stored_at == at) & (dossiers.c.package_id > package_id))
            )
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - as above

    def package_ids(self) -> Iterator[str]:
        """All parts of all dossiers, by identifier, in pieces so that nothing grows with the holding."""
        last = ""
        while True:
            with self._database.reading() as connection:
                batch = list(
                    connection.execute(
                        sa.select(packages.c.id).where(packages.c.id > last).order_by(packages.c.id).limit(1000)
                    ).scalars()
                )
            if not batch:
                return
            yield from batch
            last = batch[-1]

    def counts(self, *, within: Scope) -> dict[str, int]:
        """Dossiers, documents, files and bytes held."""
        number = sa.func.count()
        originals = sa.func.count(sa.case((files.c.representation == "rep1", 1)))
        size = sa.func.coalesce(sa.func.sum(files.c.size_bytes), 0)
        # Files and bytes in one pass: whose document may be seen is the dear part of it.
        query = sa.select(
            sa.select(number).select_from(dossiers).where(dossiers_within(within)).scalar_subquery(),
            sa.select(number).select_from(documents).where(documents_within(within)).scalar_subquery(),
            originals,
            size,
            sa.select(number).select_from(index_queue).where(queued_within(within)).scalar_subquery(),
        ).select_from(files)
        names = ("dossiers", "documents", "files", "bytes", "unindexed")
        with self._database.reading() as connection:
            found = connection.execute(query.where(files_within(within))).one()
        return {name: int(count) for name, count in zip(names, found, strict=True)}

    # ------------------------------------------------------------ duplicates and index

    def by_digest(self, sha256: str, *, agency: str, besides: str, up_to: int) -> Sequence[str]:
        """See `DuplicateLookup.by_digest`."""
        own = (documents.c.dossier_id == files.c.dossier_id) & (documents.c.ordinal == files.c.ordinal)
        query = (
            sa.select(dossiers.c.file_code, files.c.ordinal, documents.c.label)
            .join(dossiers, dossiers.c.package_id == files.c.dossier_id)
            .outerjoin(documents, own)
            .where(files.c.sha256 == sha256, files.c.representation == "rep1")
            .where(dossiers.c.agency == agency, files.c.dossier_id != besides)
            .limit(_PLACES)
        )
        return self._places(query, up_to)

    def by_number(self, number: str, *, agency: str, body: str, date: str, besides: str, up_to: int) -> Sequence[str]:
        """See `DuplicateLookup.by_number`."""
        query = (
            sa.select(dossiers.c.file_code, documents.c.ordinal, documents.c.label)
            .join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
            .where(
                dossiers.c.agency == agency,
                documents.c.number == number,
                documents.c.organ == body,
                documents.c.issued == date,
                documents.c.dossier_id != besides,
            )
            .limit(_PLACES)
        )
        return self._places(query, up_to)

    def _places(self, query: sa.Select[Any], up_to: int) -> Sequence[str]:
        """Code and ordinal of each row; what is more closed than `up_to`, or has no label yet, is an empty one."""
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        named = [label is not None and label <= up_to for _, _, label in rows]
        found = (f"{row[0]}/{row[1]}" if told else "" for row, told in zip(rows, named, strict=True))
        return list(dict.fromkeys(found))
