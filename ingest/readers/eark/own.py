"""Packages of this archive come back with everything that was delivered once: their record says it to the letter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ingest.readers.eark.records import Reading
from metadata.descriptions import Description, DocumentDescription, DossierDescription, RecordStatus
from metadata.package_contents import RECORD


def own_dossier(
    reading: Reading, files: Collection[str], status: RecordStatus, related: str
) -> DossierDescription | None:
    """The dossier as the package's own record describes it; None where it has none that can be read and believed.

    Fields are the delivered ones, with codes and words that the circular's forms have no place for. A document whose
    files are not all in the package makes the whole record unbelievable: then the forms of the circular are read.
    """
    if RECORD not in files:
        return None
    problem, lines = reading.own_record(RECORD)
    if problem or not lines:
        return None
    top, *rest = lines
    documents = [_document(line) for line in rest]
    if any(path not in files for document in documents for path in document.files):
        return None
    dossier = _plain(top["dossier"])
    return DossierDescription(
        file_code=str(top["file_code"]),
        fields=dossier.fields,
        extra=dossier.extra,
        source=RECORD,
        # A further part of a large dossier adds to the first, whatever its own header says.
        record_status=RecordStatus.SUPPLEMENT if top["part"] > 1 and status is RecordStatus.NEW else status,
        related_package=related,
        documents=tuple(documents),
    )


def _document(line: Mapping[str, Any]) -> DocumentDescription:
    known = DocumentDescription.model_validate(line["description"])
    files = sorted(line["files"], key=lambda file: int(file["part"]))
    plain = _plain(line["description"])
    return known.model_copy(
        update={
            "fields": plain.fields,
            "source": RECORD,
            "sheet": None,
            "row": None,
            "files": tuple(str(file["path"]) for file in files),
            "missing_files": (),
        }
    )


def _plain(described: Mapping[str, Any]) -> Description:
    """A description without rows: the sheet in which they stood is not the one that is read now."""
    known = Description.model_validate(
        {name: described[name] for name in Description.model_fields if name in described}
    )
    cells = {key: cell.model_copy(update={"row": None}) for key, cell in known.fields.items()}
    return known.model_copy(update={"fields": cells, "sheet": None, "row": None})
