"""Rules between the dossiers of one delivery: told by the reader, for a job later sees its own dossier only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from metadata.codes import same_document_key
from metadata.descriptions import DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.validation_codes import ForeignFiles, plain
from metadata.validation_fields import Place

_CODE_FIELDS = frozenset({"file_code", "archives_code", "fonds_code", "fonds_name", "catalogue", "file_notation"})


def findings_between(dossiers: Sequence[DossierDescription]) -> dict[str, list[Finding]]:
    """What `dossiers` say against each other, by `file_code`.

    Dossiers with a grade of secrecy have to be left out by the caller: these
    findings name the other place.
    """
    found: dict[str, list[Finding]] = defaultdict(list)
    codes = {plain(dossier.file_code): dossier.file_code for dossier in dossiers}
    listed = any(_is_listed(dossier) for dossier in dossiers)
    same = _SameDocuments()
    for dossier in dossiers:
        own = found[dossier.file_code]
        if listed and not _is_listed(dossier):
            own.append(Place(dossier, dossier, dossier.source).finding("MET-035"))
        foreign = ForeignFiles(dossier, codes, dossier.source)
        for document in dossier.documents:
            foreign.see(document)
            same.see(document, dossier)
        own += foreign.found()
    for code, told in same.found.items():
        found[code] += told
    return {code: own for code, own in found.items() if own}


def _is_listed(dossier: DossierDescription) -> bool:
    """Whether the sheet says more of the dossier than its code."""
    return any(cell.value for key, cell in dossier.fields.items() if key not in _CODE_FIELDS)


class _SameDocuments:
    """Documents with the number, issuing body and day of an earlier one, by the code of their dossier."""

    def __init__(self) -> None:
        self.found: defaultdict[str, list[Finding]] = defaultdict(list)
        # What is told of the earlier one, and not the document: of 100,000 packed ones none is to stay unpacked.
        self._first: dict[tuple[str, str, str], tuple[str, int, int | None]] = {}

    def see(self, document: DocumentDescription, dossier: DossierDescription) -> None:
        key = same_document_key(document)
        if key is None:
            return
        if key not in self._first:
            self._first[key] = (dossier.file_code, document.ordinal, document.row)
            return
        code, ordinal, row = self._first[key]
        place = Place(document, dossier, document.source or dossier.source)
        values = {"other": f"{code}.{ordinal}", "other_row": str(row or "")}
        self.found[dossier.file_code].append(place.finding("MET-050", **values))
