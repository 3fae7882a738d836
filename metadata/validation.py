"""What a delivery's metadata breaks: all of it at once, decided from the descriptions alone.

Errors are what makes a package false or unusable: no title, no file, an
impossible day, codes that contradict, secrets. What only implementers of the
circulars ask for, and what the tables leave in doubt, are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from metadata.descriptions import Delivery, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.profiles import Field, Section, profile
from metadata.validation_codes import code_findings
from metadata.validation_fields import Place, field_findings, place_of, record_section
from metadata.validation_secrets import category_findings, secret_findings

_FEW = 3


def check_delivery(delivery: Delivery, refused: Sequence[str] = ()) -> Mapping[str, tuple[Finding, ...]]:
    """Everything that can be told of each dossier before a file is opened, by `file_code`.

    What the reader found (`Delivery.dossier_findings`, rules between dossiers
    among it) comes first; what concerns the whole delivery
    (`Delivery.findings`) is not repeated here. A dossier with a grade of
    secrecy has only the findings that say so: nothing else of it may be kept.

    Each dossier is checked when it is asked for, once: a job that needs one of
    5,000 pays for one.

    Args:
        delivery: As read, or the part of it that a job needs.
        refused: Categories that the operator does not take, in words (`nhân sự`, `đất đai`); words with
            marks are compared with marks, words without are compared without.
    """
    return _Checks(delivery, refused)


class _Checks(Mapping[str, tuple[Finding, ...]]):
    def __init__(self, delivery: Delivery, refused: Sequence[str]) -> None:
        self._delivery = delivery
        self._refused = tuple(refused)
        self._dossiers = {dossier.file_code: dossier for dossier in delivery.dossiers}
        self._found: dict[str, tuple[Finding, ...]] = {}

    def __getitem__(self, file_code: str) -> tuple[Finding, ...]:
        if file_code not in self._found:
            self._found[file_code] = _check(self._delivery, self._dossiers[file_code], self._refused)
        return self._found[file_code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._dossiers)

    def __len__(self) -> int:
        return len(self._dossiers)


def _check(delivery: Delivery, dossier: DossierDescription, refused: Sequence[str]) -> tuple[Finding, ...]:
    source = dossier.source or (delivery.sources[0] if delivery.sources else None)
    secrets = tuple(secret_findings(dossier, source))
    if secrets:
        return secrets
    return (
        *delivery.dossier_findings.get(dossier.file_code, ()),
        *category_findings(dossier, source, refused),
        *_dossier_findings(delivery, dossier, source),
        *_document_findings(delivery, dossier, source),
    )


def check_measured(dossier: DossierDescription, pages: Mapping[int, int | None]) -> tuple[Finding, ...]:
    """Whether the pages that the sheet states are those of the files.

    Args:
        dossier: As read.
        pages: Measured pages by ordinal, summed over the document's files; None where they cannot be counted.
    """
    found: list[Finding] = []
    for document in dossier.documents:
        stated, actual = document.value("page_amount"), pages.get(document.ordinal)
        if actual is not None and stated.isdigit() and int(stated) != actual:
            place = place_of(document, "page_amount", dossier, dossier.source)
            found.append(place.finding("MET-041", actual=str(actual)))
    stated = dossier.value("page_count")
    counted = [pages.get(document.ordinal) for document in dossier.documents]
    known = [count for count in counted if count is not None]
    if stated.isdigit() and counted and len(known) == len(counted) and int(stated) != sum(known):
        place = place_of(dossier, "page_count", dossier, dossier.source)
        found.append(place.finding("MET-042", actual=str(sum(known))))
    return tuple(found)


def _dossier_findings(delivery: Delivery, dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
    place = Place(dossier, dossier, source)
    if not dossier.value("title"):
        yield place.finding("MET-001")
    if not dossier.documents:
        yield place.finding("MET-036")
    end = dossier.fields.get("end_date")
    if end is None or not end.written:
        yield place.finding("MET-004")
    fields = profile(delivery.profile).fields(Section.DOSSIER)
    yield from field_findings(dossier, dossier, source, fields, delivery.profile)
    yield from code_findings(dossier, profile(delivery.profile), source)
    total = dossier.value("total_doc")
    if total.isdigit() and int(total) != len(dossier.documents):
        yield place_of(dossier, "total_doc", dossier, source).finding("MET-040", actual=str(len(dossier.documents)))


def _document_findings(delivery: Delivery, dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
    lacking: dict[str, tuple[Field, list[DocumentDescription]]] = {}
    for document in dossier.documents:
        fields = profile(delivery.profile).fields(record_section(document))
        yield from field_findings(document, dossier, document.source or source, fields, delivery.profile)
        for field in fields.values():
            if field.required == "implementation" and not _written(document, field.key):
                lacking.setdefault(field.key, (field, []))[1].append(document)
        if not any(_written(document, key) for key in ("subject", "image_title", "movie_title", "event_name")):
            yield Place(document, dossier, document.source or source).finding("MET-005")
    for field, documents in lacking.values():
        if field.key not in {"image_title", "movie_title"}:
            yield from _lacking(field, documents, dossier, source)


def _lacking(
    field: Field, documents: Sequence[DocumentDescription], dossier: DossierDescription, source: str | None
) -> Iterator[Finding]:
    """One finding a document, or one for all where a whole column is missing."""
    values = {"field": field.vi, "field_en": field.en}
    if len(documents) <= _FEW:
        for document in documents:
            place = Place(document, dossier, document.source or source)
            yield place.finding("MET-002", rows=str(document.row or ""), **values)
        return
    rows = ", ".join(str(document.row) for document in documents[:_FEW])
    first = Place(documents[0], dossier, documents[0].source or source)
    finding = first.finding("MET-002", rows=f"{rows} … ({len(documents)})", **values)
    yield finding.model_copy(update={"subject": dossier.file_code})


def _written(document: DocumentDescription, key: str) -> bool:
    cell = document.fields.get(key)
    return bool(cell and (cell.value or cell.written))
