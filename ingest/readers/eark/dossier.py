"""Drafts with their files become the dossier: its code and title, its documents in order, what was left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from sys import intern

from ingest.readers.eark.descriptive import About, Descriptive, Draft
from ingest.readers.eark.fields import Fields, by_key, normalised
from ingest.readers.eark.identity import Identity
from ingest.readers.eark.layout import natural, stem_of
from ingest.readers.eark.notes import Notes
from metadata.codes import nfc
from metadata.compact import PackedSequence, in_order
from metadata.descriptions import Cell, DocumentDescription, DossierDescription, RecordStatus
from metadata.profiles import Section
from metadata.validation_codes import plain as plain_code

_LONGEST_ORDINAL = 7
_TO_STORED = frozenset({RecordStatus.SUPPLEMENT, RecordStatus.REPLACEMENT})


@dataclass(slots=True)
class Assembling:
    """Puts the dossier of one package together.

    Args:
        identity: What the package says of itself.
        described: Its descriptions.
        label: What METS calls the package, for a DIP that describes no dossier.
        notes: Takes what is wrong.
        register: Documents may be described without files.
    """

    identity: Identity
    described: Descriptive
    label: str
    notes: Notes
    register: bool = False

    def dossier(self, unclaimed: Sequence[str], names: Mapping[str, str]) -> DossierDescription:
        """The dossier.

        Args:
            unclaimed: Data files that no description claims; documents of their own where nothing is described.
            names: Names before packing, by path.
        """
        drafts = self.described.documents
        if not drafts:
            drafts = self._undescribed(unclaimed, names)
            unclaimed = ()
        for path in unclaimed:
            self.notes.tell("EAR-048", path)
        fields = self._fields()
        code = self._code(fields, drafts)
        self._tell_sheets(fields)
        top = self.described.dossier[0] if self.described.dossier else None
        return DossierDescription(
            file_code=code,
            fields=fields.cells,
            extra=fields.extra,
            source=top.path if top else None,
            record_status=self.identity.status,
            is_register=self.register,
            related_package=self.identity.related if self.identity.status in _TO_STORED else "",
            documents=self._documents(drafts, fields),
            stray_files=tuple(unclaimed),
        )

    # ------------------------------------------------------------ the dossier's own fields

    def _fields(self) -> Fields:
        """Fields of the dossier; of several descriptions the better one goes before the others."""
        merged = Fields()
        for draft in self.described.dossier:
            for key, cell in draft.fields.cells.items():
                merged.cells.setdefault(key, cell)
            for name, text in draft.fields.extra.items():
                merged.extra.setdefault(name, text)
        request = self.described.request
        if request is not None:
            for cell in request.fields.cells.values():
                merged.extra.setdefault(cell.column or "", cell.written)
            self.notes.tell("EAR-018", request.path, file=request.path)
        if not self.described.dossier and request is None:
            self.notes.tell("EAR-040", self.identity.objid or "METS.xml")
        for role, name in self.identity.bodies:
            known = merged.extra.get(f"METS {role}")
            merged.extra[f"METS {role}"] = f"{known}; {nfc(name)}" if known else nfc(name)
        if self.identity.submission:
            merged.extra["METS SUBMISSIONAGREEMENT"] = nfc(self.identity.submission)
        return merged

    def _code(self, fields: Fields, drafts: Sequence[Draft]) -> str:
        cell = fields.cells.get("file_code")
        stem = _common_code(drafts)
        if cell is not None and cell.value:
            written = cell.value
            if (
                cell.column
                and cell.column.casefold() == "arcfilecode"
                and written != stem
                and _ends_with(written, stem)
            ):
                # An AIP writes the archive's code before the dossier's; its documents keep the dossier's own.
                fields.cells["file_code"] = cell.model_copy(update={"value": stem})
                fields.extra["arcFileCode"] = written
                source = self.described.dossier[0].path
                self.notes.tell("EAR-054", source, file=source, written=written, found=stem)
                return stem
            return written
        code = stem or nfc(self.identity.objid) or "?"
        if self.described.request is not None and "title" not in fields.cells:
            title = nfc(self.label) if self.label and self.label != self.identity.objid else code
            fields.cells["title"] = Cell(value=title, written="", column="LABEL")
        self.notes.tell("EAR-053", code, written=code)
        fields.cells["file_code"] = Cell(value=code)
        return code

    def _tell_sheets(self, fields: Fields) -> None:
        level = fields.cells.get("confidence_level")
        if level and level.value in {"Số hóa", "Hỗn hợp"} and "sheet_count" not in fields.cells:
            source = self.described.dossier[0].path
            self.notes.tell("EAR-046", source, file=source)

    # ------------------------------------------------------------ documents

    def _undescribed(self, data: Sequence[str], names: Mapping[str, str]) -> list[Draft]:
        drafts: list[Draft] = []
        packed: PackedSequence[Fields] = PackedSequence(Fields)
        for path in data:
            drafts.append(undescribed(path, names.get(path, "")).packed(packed))
            self.notes.tally("EAR-049", path)
        return drafts

    def _documents(self, drafts: Sequence[Draft], dossier: Fields) -> Sequence[DocumentDescription]:
        ordered = sorted(drafts, key=lambda draft: (natural(draft.path), draft.line))
        for draft in ordered:
            if not draft.files and not draft.hrefs and not self.register:
                self.notes.tell("EAR-047", draft.path, file=draft.path)
        numbered = sorted(zip(self._ordinals(ordered), ordered, strict=True), key=itemgetter(0))
        return in_order(DocumentDescription, (_document(draft, ordinal, dossier) for ordinal, draft in numbered))

    def _ordinals(self, drafts: Sequence[Draft]) -> list[int]:
        """docOrdinal, else the number at the end of the codes; the order of files where one is missing or doubled."""
        for number_of in (_ordinal, _last_number):
            numbers = [number_of(draft) for draft in drafts]
            doubled = sorted(number for number, times in Counter(numbers).items() if number and times > 1)
            if all(numbers) and not doubled:
                return numbers
            for number in doubled[:1] if any(_ordinal(draft) for draft in drafts) else ():
                self.notes.tell("EAR-055", drafts[0].path, written=str(number))
        return list(range(1, len(drafts) + 1))


def _document(draft: Draft, ordinal: int, dossier: Fields) -> DocumentDescription:
    fields = draft.fields
    _without_dossier_code(fields, dossier)
    return DocumentDescription(
        ordinal=ordinal,
        kind=draft.kind,
        fields=fields.cells,
        extra=fields.extra,
        source=draft.path or None,
        files=tuple(draft.files),
        missing_files=() if draft.files else draft.hrefs,
    )


def undescribed(path: str, name: str) -> Draft:
    """A document of which nothing is known but its file."""
    fields = Fields()
    title = nfc(stem_of(name or path))
    described = by_key(Section.DOCUMENT, "subject")
    fields.cells["subject"] = Cell(value=normalised(described, title), written="", column=intern("originalName"))
    return Draft("", About.DOCUMENT, "", (fields,), name=path, files=[path])


def _ends_with(code: str, ending: str) -> bool:
    return bool(ending) and plain_code(code).endswith(f".{plain_code(ending)}")


def _common_code(drafts: Sequence[Draft]) -> str:
    """The dossier's code that the codes of all documents begin with; empty where they differ or have none."""
    heads: set[str] = set()
    for draft in drafts:
        cell = draft.fields.cells.get("doc_code")
        head, dot, number = cell.value.rpartition(".") if cell else ("", "", "")
        if not dot or not number.isdigit() or len(number) != _LONGEST_ORDINAL:
            return ""
        heads.add(head)
    return heads.pop() if len(heads) == 1 else ""


def _ordinal(draft: Draft) -> int:
    cell = draft.fields.cells.get("ordinal")
    return int(cell.value) if cell and cell.value.isdigit() and len(cell.value) <= _LONGEST_ORDINAL else 0


def _last_number(draft: Draft) -> int:
    cell = draft.fields.cells.get("doc_code")
    number = cell.value.rpartition(".")[2] if cell else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) <= _LONGEST_ORDINAL else 0


def _without_dossier_code(document: Fields, dossier: Fields) -> None:
    """An AIP repeats the dossier's code in each of its documents: that is no field of the document."""
    cell, own = document.cells.get("file_code"), dossier.cells.get("file_code")
    if cell and own and cell.written in {own.written, own.value, dossier.extra.get("arcFileCode", "")}:
        del document.cells["file_code"]
