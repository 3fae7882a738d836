"""Rules of whole dossiers by law: the longest retention, loose documents, documents that replace earlier ones."""

from __future__ import annotations

from collections.abc import Iterable

from metadata.descriptions import Description, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.retention import Period, longest, read_period, suggestions
from metadata.succession import relations_of, standings
from metadata.validation_codes import plain
from metadata.validation_fields import Place, place_of

_LOT_KEY = "origin"
"""Only a package of loose documents says whether its documents came in or went out."""


def is_loose(dossier: DossierDescription) -> bool:
    """Whether it is a package of loose documents (SIP_tailieu, AIP_tailieu) rather than a dossier."""
    return bool(dossier.written(_LOT_KEY) or dossier.value(_LOT_KEY))


class Retention:
    """Periods of retention: words of older law, and documents to be kept longer than their dossier."""

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._own = read_period(dossier.value("maintenance"))
        self._told: set[str] = set()
        self._doubts: list[Finding] = []
        self._first: dict[Period, int] = {}
        self._doubt(dossier, self._own)

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        period = read_period(document.value("maintenance"))
        self._doubt(document, period)
        if period:
            self._first.setdefault(period, document.ordinal)

    def _doubt(self, description: Description, period: Period | None) -> None:
        if period and not period.certain and period.word not in self._told:
            # A word that stands in every row is one question, not five hundred.
            self._told.add(period.word)
            place = place_of(description, "maintenance", self._dossier, self._source)
            self._doubts.append(place.finding("MET-061", expected="; ".join(suggestions(period)[:3])))

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        yield from self._doubts
        top = longest(self._first)
        if self._own and top and top.certainly_longer(self._own):
            place = place_of(self._dossier, "maintenance", self._dossier, self._source)
            other = f"{self._dossier.file_code}.{self._first[top]}"
            yield place.finding("MET-060", written=self._own.word, expected=top.word, other=other)


class Loose:
    """What a package of loose documents is not to say: it is told that it is one."""

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._own = plain(dossier.file_code)
        self._is_loose = is_loose(dossier)
        self._found = [Place(dossier, dossier, source).finding("MET-070")] if self._is_loose else []

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        code = plain(document.value("file_code")) if self._is_loose else ""
        own = self._own
        if code and code != own and not code.endswith(f".{own}") and not own.endswith(f".{code}"):
            self._found.append(place_of(document, "file_code", self._dossier, self._source).finding("MET-071"))

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        return self._found


class Relations:
    """Documents that replace, update or recall what is not there; only where any does is the dossier walked again."""

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._any = False

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        self._any = self._any or bool(relations_of(document))

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        documents = self._dossier.documents if self._any else ()
        unknown = {ordinal: standing for ordinal, standing in standings(documents).items() if standing.unknown}
        by_ordinal = {document.ordinal: document for document in documents if document.ordinal in unknown}
        for ordinal, standing in unknown.items():
            for relation in standing.unknown:
                place = place_of(by_ordinal[ordinal], relation.kind.value, self._dossier, self._source)
                yield place.finding("MET-051", written=relation.target)
