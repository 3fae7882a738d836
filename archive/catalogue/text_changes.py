"""Corrected texts in the catalogue: what a new version of a package changed, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.entering import StoredVersion, shown_documents
from archive.catalogue.labels import wait_for_index
from archive.catalogue.tables import documents, dossiers, files, index_queue, packages
from archive.catalogue.visibility import Condition, below, documents_within
from metadata.errors import NotFoundError
from metadata.package import PackageRecord
from metadata.text_events import corrections
from metadata.time import Clock, rfc3339


def text_reason(ordinal: int) -> str:
    """Begins the reason for which a dossier waits for the index when only the text of one document changed."""
    return f"text of {ordinal}: "


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A document with pages that wait for a person."""

    dossier_id: str
    ordinal: int
    title: str
    number: str
    doc_code: str
    agency: str
    file_code: str
    doubtful: int
    """How many pages."""

    pages: Sequence[int]
    """Counted through the files of the document."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of the queue is wanted."""

    agency: str = ""
    """With all agencies below it."""

    fonds: str = ""
    dossier_id: str = ""


class TextChanges:
    """Reads and writes them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ------------------------------------------------------------ entering

    def known(self, package_id: str) -> StoredVersion:
        """The version of a package that the catalogue has.

        Raises:
            NotFoundError: it has none.
        """
        columns = (packages.c.id, packages.c.version, packages.c.inventory_sha512)
        with self._database.reading() as connection:
            row = connection.execute(sa.select(*columns).where(packages.c.id == package_id)).first()
        if row is None:
            raise NotFoundError(package_id)
        return StoredVersion(*row)

    def enter(self, connection: sa.Connection, record: PackageRecord, version: StoredVersion) -> set[str] | None:
        """Put a newer version of a part in the place of the one that is known, and let its dossier wait for the index.

        Args:
            connection: Inside a transaction that lets nobody else write.
            record: What the package says of itself in that version.
            version: How it lies in storage.

        Returns:
            Identifiers of the events that were known before; None: this version or a later one was.
        """
        query = sa.select(packages.c.version, packages.c.record).where(packages.c.id == record.package_id)
        row = connection.execute(query.with_for_update()).first()
        if row is None or _number(row.version) >= _number(version.version):
            return None
        values = {
            "version": version.version,
            "inventory_sha512": version.inventory_sha512,
            "record": record.model_dump(mode="json"),
        }
        connection.execute(packages.update().where(packages.c.id == record.package_id).values(**values))
        for document in shown_documents(connection, record).documents:
            own = (documents.c.dossier_id == record.dossier_id) & (documents.c.ordinal == document.ordinal)
            doubtful = sum(len(text.doubtful_pages) for text in document.texts)
            connection.execute(documents.update().where(own).values(doubtful=doubtful))
            for file in document.text_files:
                place = (files.c.package_id == record.package_id) & (files.c.path == file.path)
                told = {"sha256": file.sha256, "size_bytes": file.size_bytes}
                connection.execute(files.update().where(place).values(**told))
        before = {event["id"] for event in row.record.get("events", ())}
        self._queue(connection, record, before)
        return before

    def _queue(self, connection: sa.Connection, record: PackageRecord, before: set[str]) -> None:
        paths = {event.path for event in corrections(record) if event.event.id not in before}
        changed = [document for document in record.documents if any(file.path in paths for file in document.text_files)]
        own = index_queue.c.dossier_id == record.dossier_id
        waits = connection.execute(sa.select(index_queue.c.reason).where(own)).first() is not None
        # What waited before is not only of this document, and must not be taken off the queue with it.
        alone = not waits and len(changed) == 1
        why = f"{text_reason(changed[0].ordinal)}{uuid4()}" if alone else f"stored {uuid4()}"
        wait_for_index(connection, record.dossier_id, rfc3339(self._clock.now()), why)

    # ------------------------------------------------------------ what waits for a person

    def doubtful(
        self, wanted: Waiting, limit: int, after: tuple[int, str, int] | None = None, *, within: Scope
    ) -> list[Doubtful]:
        """Documents with doubtful pages, those with the most first.

        Args:
            wanted: Which ones.
            limit: How many at most.
            after: Doubtful pages, dossier and ordinal of the last one that was seen.
            within: What lies outside is as if it were not there.
        """
        columns = (
            *(documents.c.dossier_id, documents.c.ordinal, documents.c.part_id, documents.c.title, documents.c.number),
            *(documents.c.doc_code, documents.c.agency, documents.c.doubtful, dossiers.c.file_code),
        )
        joined = documents.join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
        query = sa.select(*columns).select_from(joined).where(*self._conditions(wanted, within))
        order = (-documents.c.doubtful, documents.c.dossier_id, documents.c.ordinal)
        if after is not None:
            seen = (-after[0], *after[1:])
            query = query.where(sa.tuple_(*order) > sa.tuple_(*(sa.literal(value) for value in seen)))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(*order).limit(limit)).all()
            pages = _Pages(connection)
            return [_doubtful(row, pages.of(row.part_id, row.ordinal)) for row in rows]

    def count(self, wanted: Waiting, *, within: Scope) -> tuple[int, int]:
        """How many documents wait, and how many pages of them."""
        joined = documents.join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(documents.c.doubtful), 0))
        with self._database.reading() as connection:
            row = connection.execute(query.select_from(joined).where(*self._conditions(wanted, within))).one()
            return int(row[0]), int(row[1])

    @staticmethod
    def _conditions(wanted: Waiting, within: Scope) -> list[Condition]:
        found: list[Condition] = [documents.c.doubtful > 0, documents_within(within)]
        if wanted.agency:
            found.append(documents.c.agency.in_(below(wanted.agency)))
        if wanted.fonds:
            found.append(dossiers.c.fonds == wanted.fonds)
        if wanted.dossier_id:
            found.append(documents.c.dossier_id == wanted.dossier_id)
        return found


class _Pages:
    """Doubtful pages of documents; each record is read once."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._texts: dict[str, Mapping[int, Sequence[Mapping[str, Any]]]] = {}

    def of(self, part_id: str, ordinal: int) -> list[int]:
        if part_id not in self._texts:
            query = sa.select(packages.c.record).where(packages.c.id == part_id)
            record = self._connection.execute(query).scalar() or {}
            every = record.get("documents", ())
            self._texts[part_id] = {document["description"]["ordinal"]: document["texts"] for document in every}
        return list(_counted(self._texts[part_id].get(ordinal, ())))


def _counted(texts: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    first = 0
    for text in texts:
        yield from (first + page for page in text.get("doubtful_pages", ()))
        first += text["pages"]


def _doubtful(row: Any, pages: Sequence[int]) -> Doubtful:  # noqa: ANN401 - a row of nine columns
    told = {name: getattr(row, name) for name in Doubtful.__slots__ if name != "pages"}
    return Doubtful(**told, pages=pages)


def _number(version: str) -> int:
    return int(version[1:])
