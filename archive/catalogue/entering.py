"""Entering dossiers into the catalogue, part by part: rows made only from `PackageRecord`s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from archive.auth.labels import declared_label, fonds_of
from archive.auth.people import Label
from archive.catalogue.described_fonds import enter_fonds
from archive.catalogue.labels import LABELLED, settle, wait_for_index
from archive.catalogue.tables import claims, documents, dossiers, files, packages
from archive.catalogue.wording import wording
from metadata.codes import document_number
from metadata.descriptions import Description, RecordStatus
from metadata.package import FileVerdicts, PackageDocument, PackageFile, PackageRecord
from metadata.verdicts import Indication

_GRAVEST_FIRST = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """How a part lies in storage."""

    package_id: str
    version: str
    inventory_sha512: str


def enter_parts(
    connection: sa.Connection,
    records: Sequence[tuple[PackageRecord, StoredVersion]],
    stored_at: str,
    since: str,
    unlabelled: Label,
) -> None:
    """Enter parts of one dossier beside those that are known, and queue the dossier for the index.

    What was known of the same parts is replaced. Of two documents with one
    ordinal the later part's is kept: it completes an earlier description
    without files (`metadata.additions`).

    Args:
        connection: Inside a transaction that lets nobody else write.
        records: The earlier parts first.
        stored_at: When storage acknowledged the first of them, RFC 3339.
        since: Now, RFC 3339.
        unlabelled: Label of a dossier of which nobody says anything.
    """
    first = records[0][0]
    known = _is_known(connection, first.dossier_id)
    _clear_parts(connection, [record.package_id for record, _ in records])
    if first.part == 1 or not known:
        _enter_dossier(connection, first, stored_at)
    for record, version in records:
        _enter_part(connection, record, version)
        enter_fonds(connection, record)
    own = sa.select(sa.func.count()).select_from(documents).where(documents.c.dossier_id == first.dossier_id)
    count = connection.execute(own).scalar_one()
    connection.execute(dossiers.update().where(dossiers.c.package_id == first.dossier_id).values(documents=count))
    for record, _ in {record.fingerprint: (record, version) for record, version in reversed(records)}.values():
        _claim(connection, record)
    # What is added to a dossier may make of it something more closed than the index has.
    wait_for_index(connection, first.dossier_id, since, f"{LABELLED if known else 'stored '}{uuid4()}")
    settle(connection, dossiers.c.package_id == first.dossier_id, unlabelled=unlabelled, since=since)


def redescribe(connection: sa.Connection, dossier_id: str) -> None:
    """Tell again what a dossier and its documents say of their use, for rows of before labels were read."""
    query = sa.select(packages.c.record).where(packages.c.dossier_id == dossier_id).order_by(packages.c.part)
    for number, row in enumerate(connection.execute(query).scalars().all()):
        record = PackageRecord.model_validate(row)
        if number == 0:
            values = {"fonds": fonds_of(record.dossier), "declared": _declared(record.dossier)}
            connection.execute(dossiers.update().where(dossiers.c.package_id == dossier_id).values(**values))
        for document in record.documents:
            own = (documents.c.part_id == record.package_id) & (documents.c.ordinal == document.ordinal)
            declared = _declared(document.description)
            connection.execute(documents.update().where(own).values(declared=declared))


def claimed_code(record: PackageRecord) -> str:
    """The code under which the dossier, or the addition to one, is claimed. See `archive.catalogue.journal.Claim`."""
    if record.record_status is not RecordStatus.NEW:
        return addition_code(record.dossier_id, record.fingerprint)
    return record.file_code or f"?{record.fingerprint}"


def addition_code(dossier_id: str, fingerprint: str) -> str:
    """What an addition to a stored dossier claims: the same addition twice is one."""
    return f"+{dossier_id}:{fingerprint}"


def gravest_indication(verdicts: Sequence[FileVerdicts]) -> str:
    """The gravest indication among the verdicts on a document's files, or empty."""
    met = {verdict.indication for entry in verdicts for verdict in entry.verdicts}
    return next((indication.value for indication in _GRAVEST_FIRST if indication in met), "")


def shown_documents(connection: sa.Connection, record: PackageRecord) -> PackageRecord:
    """The part `record` without the documents that a later part completes."""
    parts = _parts_of(connection, record)
    kept = tuple(d for d in record.documents if d.ordinal not in parts or parts[d.ordinal][0] == record.package_id)
    return record if len(kept) == len(record.documents) else record.model_copy(update={"documents": kept})


def _parts_of(connection: sa.Connection, record: PackageRecord) -> dict[int, tuple[str, int]]:
    """Identifier and number of the part in which each document of the part `record` stands now, by ordinal.

    Of the whole dossier it would be asked again for each of its parts.
    """
    query = (
        sa.select(documents.c.ordinal, documents.c.part_id, packages.c.part)
        .join(packages, packages.c.id == documents.c.part_id)
        .where(
            documents.c.dossier_id == record.dossier_id,
            documents.c.ordinal.in_([document.ordinal for document in record.documents]),
        )
    )
    return {int(ordinal): (str(part_id), int(part)) for ordinal, part_id, part in connection.execute(query)}


def _is_known(connection: sa.Connection, dossier_id: str) -> bool:
    query = sa.select(dossiers.c.package_id).where(dossiers.c.package_id == dossier_id)
    return connection.execute(query).first() is not None


def _clear_parts(connection: sa.Connection, package_ids: Sequence[str]) -> None:
    connection.execute(documents.delete().where(documents.c.part_id.in_(package_ids)))
    connection.execute(files.delete().where(files.c.package_id.in_(package_ids)))
    connection.execute(packages.delete().where(packages.c.id.in_(package_ids)))


def _enter_dossier(connection: sa.Connection, first: PackageRecord, stored_at: str) -> None:
    connection.execute(dossiers.delete().where(dossiers.c.package_id == first.dossier_id))
    connection.execute(
        dossiers.insert().values(
            package_id=first.dossier_id,
            agency=first.agency,
            file_code=first.file_code,
            title=first.dossier.value("title"),
            submission_id=first.submission_id,
            stored_at=stored_at,
            documents=0,
            fingerprint=first.fingerprint,
            fonds=fonds_of(first.dossier),
            year=first.dossier.value("start_date")[:4],
            catalogue=first.dossier.value("catalogue"),
            starts=first.dossier.value("start_date"),
            ends=first.dossier.value("end_date"),
            declared=_declared(first.dossier),
            words=wording(first.dossier.value("title")),
        )
    )


def _enter_part(connection: sa.Connection, record: PackageRecord, version: StoredVersion) -> None:
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
    rows = [_document_row(record, entry) for entry in _standing(connection, record)]
    if rows:
        connection.execute(documents.insert(), rows)
    found = [_file_row(record, entry) for entry in _files_of(record)]
    if found:
        connection.execute(files.insert(), found)


def _standing(connection: sa.Connection, record: PackageRecord) -> Iterator[PackageDocument]:
    """Documents of the part that no later part completes; those of earlier parts that it completes leave."""
    parts = _parts_of(connection, record)
    for document in record.documents:
        other = parts.get(document.ordinal)
        if other is not None and other[1] > record.part:
            continue
        if other is not None:
            where = (documents.c.dossier_id == record.dossier_id) & (documents.c.ordinal == document.ordinal)
            connection.execute(documents.delete().where(where))
        yield document


def _claim(connection: sa.Connection, record: PackageRecord) -> None:
    code = claimed_code(record)
    key = (claims.c.agency == record.agency) & (claims.c.file_code == code)
    if connection.execute(sa.select(claims.c.job_id).where(key)).first() is None:
        connection.execute(
            claims.insert().values(
                agency=record.agency,
                file_code=code,
                fingerprint=record.fingerprint,
                job_id="",
                submission_id=record.submission_id,
                package_id=record.package_id,
            )
        )


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
        "declared": _declared(description),
        "doubtful": sum(len(text.doubtful_pages) for text in document.texts),
        "words": wording(description.value("subject")),
    }


def _declared(description: Description) -> int | None:
    label = declared_label(description)
    return None if label is None else label.rank


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
