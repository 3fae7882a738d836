"""Rules of codes: a dossier's code and its parts, documents' codes, and the codes that file names carry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from metadata.codes import DOSSIER_PARTS, code_of_file_name, composed_code, has_part
from metadata.descriptions import DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.profiles import Profile, Section
from metadata.validation_fields import Place, place_of

_DIGITISED = "Số hóa"
_ORDINALS = re.compile(r"^(?:\.\d{1,7}){0,2}$")
_ARCHIVAL = re.compile(r"^(?P<dossier>.+?)\.?(?P<ordinal>\d{7})$", re.DOTALL)


def code_findings(dossier: DossierDescription, used: Profile, source: str | None) -> Iterator[Finding]:
    """The code of `dossier` against its parts: one of the same shape contradicts, another shape is only a doubt."""
    cell = dossier.fields.get("file_code")
    if cell is None or not cell.written:
        return
    segments = plain(cell.value).split(".")
    composed = composed_code(dossier)
    whole = plain(composed).split(".") if composed else []
    if len(whole) == len(segments) and whole != segments:
        yield place_of(dossier, "file_code", dossier, source).finding("MET-030", expected=composed or "")
        return
    for key in DOSSIER_PARTS:
        value = dossier.value(key)
        if value and not has_part(segments, plain(value).split(".")):
            field = used.field(Section.DOSSIER, key)
            names = {"field": field.vi, "field_en": field.en} if field else {"field": key, "field_en": key}
            yield place_of(dossier, "file_code", dossier, source).finding("MET-031", expected=value, **names)


class Ordinals:
    """Files whose names bear the dossier's code and an ordinal that is not their document's."""

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._own = plain(dossier.file_code)
        self._found: list[Finding] = []

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        for path, code, ordinal in _named(document):
            if code == self._own and ordinal != document.ordinal:
                place = Place(document, self._dossier, document.source or self._source)
                values = {"written": path, "other": str(ordinal), "expected": str(document.ordinal)}
                self._found.append(place.finding("MET-033", **values))

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        return self._found


class DoubledCodes:
    """Codes of documents that stand twice."""

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._first: dict[tuple[str, str], int] = {}
        self._found: dict[str, list[Finding]] = {"doc_code": [], "doc_id": []}

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        for key, found in self._found.items():
            value = plain(document.value(key))
            if not value:
                continue
            row = self._first.get((key, value))
            if row is None:
                self._first[key, value] = document.row or 0
            else:
                place = place_of(document, key, self._dossier, self._source)
                found.append(place.finding("MET-034", other_row=str(row)))

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        return chain.from_iterable(self._found.values())


class ArchivalCodes:
    """Archival codes of documents that are not the dossier's code and seven digits: told once for all of them.

    Source: TT 05/2025/TT-BNV, docCode; in an accepted package 137 of 137 had a wrong year.
    """

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._own = plain(dossier.file_code)
        self._first: DocumentDescription | None = None
        self._odd = 0

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        code = plain(document.value("doc_code"))
        match = _ARCHIVAL.match(code)
        named = match["dossier"].rstrip(".") if match else ""
        if code and not (named == self._own or named.endswith(f".{self._own}")):
            self._first, self._odd = self._first or document, self._odd + 1

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        if self._first is not None:
            place = place_of(self._first, "doc_code", self._dossier, self._source)
            expected = f"{self._dossier.file_code}.{self._first.ordinal:07d}"
            yield place.finding("MET-037", expected=expected, actual=str(self._odd))


class FileNames:
    """Files of digitised material that are not named by code and ordinal: told once for all of them.

    A file of the whole dossier is named by its code alone; a further number parts several files of one document.

    Source: TT 05/2025/TT-BNV, Điều 8; the same under TT 02/2019 (from memory).
    """

    def __init__(self, dossier: DossierDescription, source: str | None) -> None:
        self._dossier, self._source = dossier, source
        self._own = plain(dossier.file_code)
        self._level = dossier.value("confidence_level")
        self._first: tuple[DocumentDescription, str] | None = None
        self._odd = 0

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        if (document.value("confidence_level") or self._level) != _DIGITISED:
            return
        for path in document.files:
            stem = plain(path.rpartition("/")[2].rpartition(".")[0])
            rest = stem.removeprefix(self._own)
            if stem == rest or not _ORDINALS.match(rest):
                self._first, self._odd = self._first or (document, path), self._odd + 1

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        if self._first is None:
            return
        document, path = self._first
        expected = f"{self._dossier.file_code}.{document.ordinal:03d}.pdf"
        found = Place(document, self._dossier, document.source or self._source).finding(
            "MET-038", written=path, expected=expected, actual=str(self._odd)
        )
        yield found.model_copy(update={"subject": self._dossier.file_code})


class ForeignFiles:
    """Files of `dossier` whose names bear the code of another one; `codes` are all, by `plain` code."""

    def __init__(self, dossier: DossierDescription, codes: Mapping[str, str], source: str | None) -> None:
        self._dossier, self._codes, self._source = dossier, codes, source
        self._own = plain(dossier.file_code)
        self._found: list[Finding] = []

    def see(self, document: DocumentDescription) -> None:
        """See `DocumentRule.see`."""
        for path, code, _ in _named(document):
            if code != self._own and code in self._codes and not self._own.startswith(f"{code}."):
                place = Place(document, self._dossier, document.source or self._source)
                found = place.finding("MET-032", written=path, other=self._codes[code])
                self._found.append(found.model_copy(update={"subject": self._dossier.file_code}))

    def found(self) -> Iterable[Finding]:
        """See `DocumentRule.found`."""
        return self._found


def _named(document: DocumentDescription) -> Iterator[tuple[str, str, int]]:
    """Files whose names bear a code and an ordinal: path, plain code, ordinal."""
    for path in document.files:
        named = code_of_file_name(path.rpartition("/")[2].rpartition(".")[0])
        if named is not None:
            yield path, plain(named[0]), named[1]


def plain(code: str) -> str:
    """`code` as codes are compared: NFC, without case."""
    return unicodedata.normalize("NFC", code).casefold()
