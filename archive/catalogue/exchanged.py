"""Stored documents by what messages of the national document exchange call them."""

from __future__ import annotations

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import documents
from metadata.edxml import DocumentName, plain

_MOST = 50


def places_of(database: Database, name: DocumentName, organ: str) -> list[str]:
    """Places (`package/ordinal`) of the stored documents that `name` means, in order.

    Args:
        database: The catalogue's.
        name: As the message names the document.
        organ: Name of the issuing body as the message tells it; where both are known they must agree.
    """
    columns = (documents.c.dossier_id, documents.c.ordinal, documents.c.organ)
    found: dict[str, None] = {}
    with database.reading() as connection:
        if name.document_id:
            query = sa.select(*columns).where(documents.c.doc_code == name.document_id)
            found |= {f"{row.dossier_id}/{row.ordinal}": None for row in connection.execute(query.limit(_MOST))}
        if name.number and name.notation and name.date:
            number = f"{name.number}/{name.notation}"
            query = sa.select(*columns).where(documents.c.number == number, documents.c.issued == name.date)
            for row in connection.execute(query.limit(_MOST)):
                if not organ or not row.organ or plain(row.organ) == plain(organ):
                    found.setdefault(f"{row.dossier_id}/{row.ordinal}")
    return sorted(found)
