"""Rules of codes: a dossier's code and its parts, documents' codes, and the codes that file names carry."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from metadata.codes import DOSSIER_PARTS, code_of_file_name, composed_code
from metadata.descriptions import DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.profiles import Profile, Section
from metadata.validation_fields import Place, place_of


def code_findings(dossier: DossierDescription, used: Profile, source: str | None) -> Iterator[Finding]:
    """What the codes of `dossier`, its documents and their files say against each other."""
    yield from _parts(dossier, used, source)
    yield from _ordinals(dossier, source)
    yield from _doubled(dossier, source)


def foreign_files(dossier: DossierDescription, codes: Mapping[str, str], source: str | None) -> Iterator[Finding]:
    """Files of `dossier` whose names bear the code of another one; `codes` are all, by `plain` code."""
    own = plain(dossier.file_code)
    for document, path, code, _ in _named(dossier):
        if code != own and code in codes and not own.startswith(f"{code}."):
            place = Place(document, dossier, document.source or source)
            found = place.finding("MET-032", written=path, other=codes[code])
            yield found.model_copy(update={"subject": dossier.file_code})


def _parts(dossier: DossierDescription, used: Profile, source: str | None) -> Iterator[Finding]:
    """The code against its parts: the same shape with other values contradicts, another shape is only a doubt."""
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
        if value and not _contains(segments, plain(value).split(".")):
            field = used.field(Section.DOSSIER, key)
            names = {"field": field.vi, "field_en": field.en} if field else {"field": key, "field_en": key}
            yield place_of(dossier, "file_code", dossier, source).finding("MET-031", expected=value, **names)


def _contains(segments: list[str], part: list[str]) -> bool:
    return any(segments[i : i + len(part)] == part for i in range(len(segments) - len(part) + 1))


def _ordinals(dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
    for document, path, code, ordinal in _named(dossier):
        if code == plain(dossier.file_code) and ordinal != document.ordinal:
            place = Place(document, dossier, document.source or source)
            yield place.finding("MET-033", written=path, other=str(ordinal), expected=str(document.ordinal))


def _named(dossier: DossierDescription) -> Iterator[tuple[DocumentDescription, str, str, int]]:
    """Files whose names bear a code and an ordinal: document, path, plain code, ordinal."""
    for document in dossier.documents:
        for path in document.files:
            named = code_of_file_name(path.rpartition("/")[2].rpartition(".")[0])
            if named is not None:
                yield document, path, plain(named[0]), named[1]


def _doubled(dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
    for key in ("doc_code", "doc_id"):
        first: dict[str, int] = {}
        for document in dossier.documents:
            value = plain(document.value(key))
            if value and value in first:
                place = place_of(document, key, dossier, source)
                yield place.finding("MET-034", other_row=str(first[value]))
            elif value:
                first[value] = document.row or 0


def plain(code: str) -> str:
    """`code` as codes are compared: NFC, without case."""
    return unicodedata.normalize("NFC", code).casefold()
