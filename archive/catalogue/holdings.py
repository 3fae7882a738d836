"""The holding as the catalogue knows it: rows made only from `PackageRecord`s, so a rebuild answers the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import agencies, claims, documents, dossiers, files, index_queue, packages
from metadata.codes import document_number
from metadata.errors import NotFoundError
from metadata.package import FileVerdicts, PackageDocument, PackageFile, PackageRecord
from metadata.time import Clock, rfc3339
from metadata.verdicts import Indication

_ORDINAL_DIGITS = 9

_PLACES = 5
"""Other places of a document that a warning names at most."""

_GRAVEST_FIRST = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """How a part lies in storage."""

    package_id: str
    version: str
    inventory_sha512: str


@dataclass(frozen=True, slots=True)
class Place:
    """What an identifier names: a dossier, or one document of it."""

    dossier_id: str
    ordinal: int | None = None


class Catalogue:
    """Queries and entries of the holding."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ------------------------------------------------------------ entering

    def enter(self, records: Sequence[tuple[PackageRecord, StoredVersion]], stored_at: str) -> None:
        """Enter a dossier from the records of its parts, queue it for the index; replaces what was known.

        Args:
            records: All parts, the first one first.
            stored_at: When storage acknowledged, RFC 3339.
        """
        first = records[0][0]
        count = sum(len(record.documents) for record, _ in records)
        with self._database.transaction() as connection:
            self._clear(connection, first.dossier_id)
            self._agency(connection, first.agency, first.agency_name)
            connection.execute(
                dossiers.insert().values(
                    package_id=first.dossier_id,
                    agency=first.agency,
                    file_code=first.file_code,
                    title=first.dossier.value("title"),
                    submission_id=first.submission_id,
                    stored_at=stored_at,
                    documents=count,
                    fingerprint=first.fingerprint,
                )
            )
            for record, version in records:
                self._enter_part(connection, record, version)
            self._claim(connection, first)
            connection.execute(
                index_queue.insert().values(
                    dossier_id=first.dossier_id, since=rfc3339(self._clock.now()), reason="stored"
                )
            )

    def _enter_part(self, connection: sa.Connection, record: PackageRecord, version: StoredVersion) -> None:
        connection.execute(
            packages.insert().values(
                id=record.package_id,
                dossier_id=record.dossier_id,
                part=record.part,
                version=version.version,
                inventory_sha512=version.inventory_sha512,
                record=record.model_dump(mode="json"),
            )
        )
        if record.documents:
            connection.execute(documents.insert(), [_document_row(record, entry) for entry in record.documents])
        rows = [_file_row(record, entry) for entry in _files_of(record)]
        if rows:
            connection.execute(files.insert(), rows)

    def _claim(self, connection: sa.Connection, record: PackageRecord) -> None:
        code = record.file_code or f"?{record.fingerprint}"
        key = (claims.c.agency == record.agency) & (claims.c.file_code == code)
        if connection.execute(sa.select(claims.c.job_id).where(key)).first() is None:
            connection.execute(
                claims.insert().values(
                    agency=record.agency,
                    file_code=code,
                    fingerprint=record.fingerprint,
                    job_id="",
                    submission_id=record.submission_id,
                    package_id=record.dossier_id,
                )
            )

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

    def agencies(self) -> list[Mapping[str, Any]]:
        """All agencies, by code."""
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(sa.select(agencies).order_by(agencies.c.code))]  # noqa: SLF001

    def _clear(self, connection: sa.Connection, dossier_id: str) -> None:
        for table in (documents, files, packages, index_queue):
            connection.execute(table.delete().where(table.c.dossier_id == dossier_id))
        connection.execute(dossiers.delete().where(dossiers.c.package_id == dossier_id))

    def clear(self) -> None:
        """Forget the holding, not jobs and trail: the first step of a rebuild."""
        with self._database.transaction() as connection:
            for table in (documents, files, packages, index_queue, dossiers):
                connection.execute(table.delete())

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

    def find(self, identifier: str) -> list[Place]:
        """What `identifier` names: a package or `package/ordinal`, a dossier code or `code/ordinal`, a document code.

        Raises:
            NotFoundError: nothing.
        """
        head, _, tail = identifier.rpartition("/")
        ordinal = int(tail) if head and tail.isascii() and tail.isdecimal() and len(tail) <= _ORDINAL_DIGITS else None
        with self._database.reading() as connection:
            found = self._by_package(connection, identifier, None)
            if not found and ordinal is not None:
                found = self._by_package(connection, head, ordinal)
            found = found or self._by_code(connection, identifier, None)
            found = found or [
                Place(row[0], row[1])
                for row in connection.execute(
                    sa.select(documents.c.dossier_id, documents.c.ordinal).where(documents.c.doc_code == identifier)
                )
            ]
            if not found and ordinal is not None:
                found = self._by_code(connection, head, ordinal)
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

    def _by_code(self, connection: sa.Connection, file_code: str, ordinal: int | None) -> list[Place]:
        query = sa.select(dossiers.c.package_id).where(dossiers.c.file_code == file_code).order_by(dossiers.c.stored_at)
        ids = list(connection.execute(query).scalars())
        if ordinal is None:
            return [Place(dossier_id) for dossier_id in ids]
        return [place for dossier_id in ids for place in self._by_package(connection, dossier_id, ordinal)]

    def records(self, dossier_id: str) -> list[PackageRecord]:
        """The records of a dossier's parts, the first one first.

        Raises:
            NotFoundError: no such dossier.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(packages.c.record).where(packages.c.dossier_id == dossier_id).order_by(packages.c.part)
            )
            found = [PackageRecord.model_validate(row) for row in rows.scalars()]
        if not found:
            raise NotFoundError(dossier_id)
        return found

    def dossier(self, dossier_id: str) -> Mapping[str, Any]:
        """The row of a dossier.

        Raises:
            NotFoundError: no such dossier.
        """
        with self._database.reading() as connection:
            row = connection.execute(sa.select(dossiers).where(dossiers.c.package_id == dossier_id)).first()
        if row is None:
            raise NotFoundError(dossier_id)
        return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented accessor

    def parts(self, dossier_id: str) -> list[StoredVersion]:
        """How the parts of a dossier lie in storage."""
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(packages.c.id, packages.c.version, packages.c.inventory_sha512)
                .where(packages.c.dossier_id == dossier_id)
                .order_by(packages.c.part)
            )
            return [StoredVersion(*row) for row in rows]

    def dossiers(self, limit: int, after: str | None = None, agency: str | None = None) -> list[Mapping[str, Any]]:
        """Dossiers by time of storage, newest first; `after` is a cursor `stored_at|package_id`."""
        query = sa.select(dossiers).order_by(dossiers.c.stored_at.desc(), dossiers.c.package_id).limit(limit)
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

    def counts(self) -> dict[str, int]:
        """Dossiers, documents, files and bytes held."""
        with self._database.reading() as connection:
            return {
                "dossiers": connection.execute(sa.select(sa.func.count()).select_from(dossiers)).scalar_one(),
                "documents": connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar_one(),
                "files": connection.execute(
                    sa.select(sa.func.count()).select_from(files).where(files.c.representation == "rep1")
                ).scalar_one(),
                "bytes": connection.execute(
                    sa.select(sa.func.coalesce(sa.func.sum(files.c.size_bytes), 0))
                ).scalar_one(),
                "unindexed": connection.execute(sa.select(sa.func.count()).select_from(index_queue)).scalar_one(),
            }

    # ------------------------------------------------------------ duplicates and index

    def by_digest(self, sha256: str, *, besides: str) -> Sequence[str]:
        """See `DuplicateLookup.by_digest`."""
        query = (
            sa.select(dossiers.c.file_code, files.c.ordinal)
            .join(dossiers, dossiers.c.package_id == files.c.dossier_id)
            .where(files.c.sha256 == sha256, files.c.representation == "rep1", files.c.dossier_id != besides)
            .limit(_PLACES)
        )
        with self._database.reading() as connection:
            return [f"{code}/{ordinal}" for code, ordinal in connection.execute(query)]

    def by_number(self, number: str, *, body: str, date: str, besides: str) -> Sequence[str]:
        """See `DuplicateLookup.by_number`."""
        query = (
            sa.select(dossiers.c.file_code, documents.c.ordinal)
            .join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
            .where(
                documents.c.number == number,
                documents.c.organ == body,
                documents.c.issued == date,
                documents.c.dossier_id != besides,
            )
            .limit(_PLACES)
        )
        with self._database.reading() as connection:
            return [f"{code}/{ordinal}" for code, ordinal in connection.execute(query)]

    def unindexed(self) -> list[str]:
        """Dossiers that the index has not got yet."""
        with self._database.reading() as connection:
            return list(connection.execute(sa.select(index_queue.c.dossier_id).order_by(index_queue.c.since)).scalars())

    def indexed(self, dossier_id: str) -> None:
        """The index has it."""
        with self._database.transaction() as connection:
            connection.execute(index_queue.delete().where(index_queue.c.dossier_id == dossier_id))


def gravest_indication(verdicts: Sequence[FileVerdicts]) -> str:
    """The gravest indication among the verdicts on a document's files, or empty."""
    met = {verdict.indication for entry in verdicts for verdict in entry.verdicts}
    return next((indication.value for indication in _GRAVEST_FIRST if indication in met), "")


def _document_row(record: PackageRecord, document: PackageDocument) -> dict[str, Any]:
    description = document.description
    return {
        "dossier_id": record.dossier_id,
        "ordinal": description.ordinal,
        "part_id": record.package_id,
        "agency": record.agency,
        "doc_code": description.value("doc_code"),
        "title": description.value("subject"),
        "number": document_number(description),
        "organ": description.value("organ_name"),
        "issued": description.value("issued_date"),
        "verdict": gravest_indication(document.verdicts),
    }


def _files_of(record: PackageRecord) -> Iterator[PackageFile]:
    for document in record.documents:
        yield from document.originals
        yield from document.renditions
        yield from document.text_files
    yield from record.sources


def _file_row(record: PackageRecord, entry: PackageFile) -> dict[str, Any]:
    return {
        "package_id": record.package_id,
        "path": entry.path,
        "dossier_id": record.dossier_id,
        "ordinal": entry.ordinal,
        "original_name": entry.original_name,
        "sha256": entry.sha256,
        "size_bytes": entry.size_bytes,
        "puid": entry.puid,
        "mime": entry.mime,
        "representation": entry.representation.value,
    }
