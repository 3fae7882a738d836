"""What a delivery's metadata breaks: all of it at once, decided from the descriptions alone.

Errors are what makes a package false or unusable: no title, no file, an
impossible day, codes that contradict, secrets. What only implementers of the
circulars ask for, and what the tables leave in doubt, are warnings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from metadata.additions import ADDING
from metadata.descriptions import Delivery, DocumentDescription, DossierDescription
from metadata.edxml import READER
from metadata.findings import Finding
from metadata.profiles import RECORD_SECTIONS, Field, Section, profile
from metadata.rules import errors_of
from metadata.validation_codes import ArchivalCodes, DoubledCodes, FileNames, Ordinals, code_findings
from metadata.validation_fields import FieldRules, Place, place_of
from metadata.validation_lots import Loose, Relations, Retention, is_loose
from metadata.validation_secrets import Categories, Secrets
from metadata.validation_walk import DocumentRule, walked

_FEW = 3
_TITLES = ("subject", "image_title", "movie_title", "event_name")
"""One of them every document has to say."""


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
    dossiers = {dossier.file_code: dossier for dossier in delivery.dossiers}
    return CheckedOnce(dossiers, lambda file_code: _check(delivery, dossiers[file_code], refused))


class CheckedOnce(Mapping[str, tuple[Finding, ...]]):
    """Findings by the dossiers' codes: a dossier is checked when it is asked for, once.

    Args:
        file_codes: Of all dossiers, each once.
        check: Finds what is to be told of one.
    """

    def __init__(self, file_codes: Collection[str], check: Callable[[str], tuple[Finding, ...]]) -> None:
        self._file_codes = file_codes
        self._check = check
        self._found: dict[str, tuple[Finding, ...]] = {}

    def __getitem__(self, file_code: str) -> tuple[Finding, ...]:
        if file_code not in self._found:
            self._found[file_code] = self._check(file_code)
        return self._found[file_code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._file_codes)

    def __len__(self) -> int:
        return len(self._file_codes)


def check_secrets(delivery: Delivery, refused: Sequence[str] = ()) -> Mapping[str, tuple[Finding, ...]]:
    """Of what `check_delivery` finds, the grades of secrecy and refused categories alone: much less work.

    Args:
        delivery: As for `check_delivery`.
        refused: As for `check_delivery`.
    """
    dossiers = {dossier.file_code: dossier for dossier in delivery.dossiers}

    def check(file_code: str) -> tuple[Finding, ...]:
        dossier = dossiers[file_code]
        source = _source(delivery, dossier)
        secrets, categories = Secrets(dossier, source), Categories(dossier, source, refused)
        walked(dossier.documents, (secrets, categories))
        return tuple(secrets.found()) or tuple(categories.found())

    return CheckedOnce(dossiers, check)


def _source(delivery: Delivery, dossier: DossierDescription) -> str | None:
    return dossier.source or (delivery.sources[0] if delivery.sources else None)


def _check(delivery: Delivery, dossier: DossierDescription, refused: Sequence[str]) -> tuple[Finding, ...]:
    source = _source(delivery, dossier)
    secrets, categories = Secrets(dossier, source), Categories(dossier, source, refused)
    fields = FieldRules(dossier, delivery.profile)
    of_dossier = _rules_of_dossier(delivery, dossier, source)
    documents = _Documents(delivery, dossier, source, fields)
    walked(dossier.documents, (secrets, categories, *of_dossier, documents))
    if secrets.found():
        return tuple(secrets.found())
    return (
        *delivery.dossier_findings.get(dossier.file_code, ()),
        *categories.found(),
        *_dossier_findings(delivery, dossier, source, fields),
        *(finding for rule in of_dossier for finding in rule.found()),
        *_counted(dossier, source),
        *documents.found(),
    )


def _rules_of_dossier(delivery: Delivery, dossier: DossierDescription, source: str | None) -> tuple[DocumentRule, ...]:
    """Rules whose findings stand between those of the dossier and those of single documents, in their order."""
    archival = (ArchivalCodes(dossier, source),) if delivery.profile == "05-2025" else ()
    return (
        Ordinals(dossier, source),
        DoubledCodes(dossier, source),
        *archival,
        FileNames(dossier, source),
        Retention(dossier, source),
        Loose(dossier, source),
        Relations(dossier, source),
    )


def check_measured(dossier: DossierDescription, pages: Mapping[int, int | None]) -> tuple[Finding, ...]:
    """Whether the pages that the sheet states are those of the files.

    Args:
        dossier: As read.
        pages: Measured pages by ordinal, summed over the document's files; None where they cannot be counted.
    """
    found: list[Finding] = []
    total, all_known = 0, bool(dossier.documents)
    for document in dossier.documents:
        stated, actual = document.value("page_amount"), pages.get(document.ordinal)
        if actual is None:
            all_known = False
            continue
        total += actual
        if stated.isdigit() and int(stated) != actual:
            place = place_of(document, "page_amount", dossier, dossier.source)
            found.append(place.finding("MET-041", actual=str(actual)))
    stated = dossier.value("page_count")
    if stated.isdigit() and all_known and int(stated) != total:
        place = place_of(dossier, "page_count", dossier, dossier.source)
        found.append(place.finding("MET-042", actual=str(total)))
    return tuple(found)


def _dossier_findings(
    delivery: Delivery, dossier: DossierDescription, source: str | None, rules: FieldRules
) -> Iterator[Finding]:
    place = Place(dossier, dossier, source)
    # A further part need not say again what the stored dossier says of itself.
    is_whole = dossier.record_status not in ADDING
    if is_whole and not dossier.value("title"):
        yield place.finding("MET-001")
    unread = _is_unread(delivery, dossier)
    if not dossier.documents and not dossier.is_register and not unread:
        yield place.finding("MET-036")
    end = dossier.fields.get("end_date")
    if is_whole and not is_loose(dossier) and not unread and (end is None or not (end.written or end.value)):
        yield place.finding("MET-004")
    yield from rules.findings(dossier, Section.LOT if is_loose(dossier) else Section.DOSSIER, source)
    yield from code_findings(dossier, profile(delivery.profile), source)


def _counted(dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
    """Whether there are as many documents as the dossier says; of a further part nobody knows."""
    total = dossier.value("total_doc")
    if dossier.record_status not in ADDING and total.isdigit() and int(total) != len(dossier.documents):
        yield place_of(dossier, "total_doc", dossier, source).finding("MET-040", actual=str(len(dossier.documents)))


def _is_unread(delivery: Delivery, dossier: DossierDescription) -> bool:
    """Whether its messages could not be read: why it has neither documents nor days is told by what is wrong there."""
    told = delivery.dossier_findings.get(dossier.file_code, ())
    return delivery.reader == READER and not dossier.documents and bool(errors_of(tuple(told)))


class _Documents:
    """What single documents break: their fields, and what of them is missing."""

    def __init__(self, delivery: Delivery, dossier: DossierDescription, source: str | None, fields: FieldRules) -> None:
        self._profile, self._dossier, self._source = profile(delivery.profile), dossier, source
        self._fields = fields
        self._found: list[Finding] = []
        self._lacking: dict[str, tuple[Field, list[DocumentDescription]]] = {}
        self._counts: Counter[str] = Counter()
        self._asked = {
            kind: tuple(field for field in self._profile.fields(section).values() if field.required == "implementation")
            for kind, section in RECORD_SECTIONS.items()
        }

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        source = document.source or self._source
        self._found += self._fields.findings(document, RECORD_SECTIONS[document.kind], source)
        for field in self._asked[document.kind]:
            if not _written(document, field.key):
                self._counts[field.key] += 1
                _, few = self._lacking.setdefault(field.key, (field, []))
                if len(few) < _FEW:
                    few.append(document)
        if not any(_written(document, key) for key in _TITLES):
            self._found.append(Place(document, self._dossier, source).finding("MET-005"))

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        yield from self._found
        for field, documents in self._lacking.values():
            if field.key not in {"image_title", "movie_title"}:
                yield from _lacking(field, documents, self._counts[field.key], self._dossier, self._source)


def _lacking(
    field: Field, documents: Sequence[DocumentDescription], count: int, dossier: DossierDescription, source: str | None
) -> Iterator[Finding]:
    """One finding a document, or one for all where a whole column is missing; `documents` are the first of `count`."""
    values = {"field": field.vi, "field_en": field.en}
    if count <= _FEW:
        for document in documents:
            place = Place(document, dossier, document.source or source)
            yield place.finding("MET-002", rows=str(document.row or ""), **values)
        return
    rows = ", ".join(str(document.row) for document in documents)
    first = Place(documents[0], dossier, documents[0].source or source)
    finding = first.finding("MET-002", rows=f"{rows} … ({count})", **values)
    yield finding.model_copy(update={"subject": dossier.file_code})


def _written(document: DocumentDescription, key: str) -> bool:
    cell = document.fields.get(key)
    return bool(cell and (cell.value or cell.written))
