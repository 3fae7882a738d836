"""Descriptive files become drafts: of the dossier, of documents, or of the request for which a DIP was made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

from ingest.readers.eark.fields import Fields, simple_fields
from ingest.readers.eark.layout import representation_of, stem_of
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.other_forms import DUBLIN_CORE, DUBLIN_CORE_NAMESPACES, MAPPINGS, number_of
from metadata.compact import PackedSequence
from metadata.descriptions import RecordKind
from metadata.profiles import RECORD_SECTIONS, Section

_DOCUMENT_NAME = re.compile(r"^ead[_\- ]?(doc|pic|media)(?:[_\- .](?P<name>.+))?$", re.IGNORECASE)
_KINDS = {"doc": RecordKind.DOCUMENT, "pic": RecordKind.PHOTO, "media": RecordKind.MEDIA}
_OF_DOCUMENTS = frozenset({"docCode", "arcDocCode", "docId", "docOrdinal", "issuedDate", "imageTitle", "movieTitle"})
_OF_DOSSIERS = frozenset({"fileCode", "arcFileCode", "title", "totalDoc", "paperFileCode"})
_OF_REQUESTS = frozenset({"requestID", "requestDate", "purposeContent", "feeObjectType"})
_DOSSIER_LEVELS = frozenset({"fonds", "recordgrp", "collection", "series", "subseries", "subgrp", "class", "subfonds"})
_EXPECTED = {
    "SIP": frozenset({"fileCode", "docCode", "docOrdinal"}),
    "AIP": frozenset({"arcFileCode", "docCode", "docOrdinal"}),
    "DIP": frozenset({"arcFileCode", "arcDocCode", "docOrdinal"}),
}
_RANK = {"simpledc": 0, "ead": 1, "dc": 2}


@unique
class About(StrEnum):
    """What a descriptive file describes."""

    DOSSIER = "dossier"
    DOCUMENT = "document"
    REQUEST = "request"


@dataclass(slots=True)
class Draft:
    """A description on its way to a dossier or a document."""

    path: str
    """Descriptive file, relative to the package."""

    about: About
    form: str
    own: Sequence[Fields]
    """What it says, at `number`: alone, or packed with others."""

    kind: RecordKind = RecordKind.DOCUMENT
    name: str | None = ""
    """How it calls its document's file, or its own identifier behind `#`; None: as its own file is called."""

    hrefs: tuple[str, ...] = ()
    """Files that the description itself names (digital objects of EAD)."""

    line: int = 1
    files: list[str] = field(default_factory=list)
    number: int = 0

    @property
    def called(self) -> str:
        """The name of the document's file: what the description's own is called behind `EAD_doc_`."""
        if self.name is not None:
            return self.name
        named = _DOCUMENT_NAME.match(stem_of(self.path))
        return (named["name"] or "") if named else stem_of(self.path)

    @property
    def fields(self) -> Fields:
        """What it says; of a packed one made anew each time."""
        return self.own[self.number]

    def packed(self, among: PackedSequence[Fields]) -> Draft:
        """This draft, what it says packed among others."""
        among.append(self.fields)
        self.own, self.number = among, len(among) - 1
        return self


class Descriptive:
    """Makes drafts of descriptive files.

    Args:
        kind: Of the package: `SIP`, `AIP` or `DIP`.
        notes: Takes what is wrong and what was forgiven.
    """

    def __init__(self, kind: str, notes: Notes) -> None:
        self._expected = _EXPECTED[kind]
        self._notes = notes
        self.dossier: list[Draft] = []
        """Best first after `settle`."""

        self.documents: list[Draft] = []
        self._packed: PackedSequence[Fields] = PackedSequence(Fields)
        self.request: Draft | None = None

    def take(self, path: str, content: Mapping[str, Any]) -> None:
        """Add the descriptive file `path`, as the worker read it."""
        if content["problem"]:
            self._notes.tell("EAR-041", path, file=path, detail=str(content["problem"]))
            return
        form, parts = content["form"], content["parts"]
        names = {entry[0] for entry in parts[0]["fields"] if entry[1]}
        if form == "simpledc" and names and names <= DUBLIN_CORE and not names & (_OF_DOSSIERS - DUBLIN_CORE):
            # RODA and others call the root of a Dublin Core record so.
            form = "dc"
        if form == "simpledc":
            self._simple(path, parts[0], names)
        elif form in MAPPINGS:
            self._mapped(path, form, parts)
        else:
            namespace, root = content["namespace"], content["root"]
            self._notes.tell("EAR-042", path, file=path, written=f"{namespace} {root}".strip())

    def take_wrapped(self, path: str, record: Mapping[str, Any], *, root: bool) -> None:
        """Add a description that stands in the METS file `path` itself: Dublin Core, as far as it is that.

        Args:
            path: The METS.
            record: As the worker read it.
            root: Whether it is the package's: then it describes the dossier, else what points to it.
        """
        listed = [(name, text) for namespace, name, text in record["fields"] if namespace in DUBLIN_CORE_NAMESPACES]
        if not listed:
            written = f"{path} mdWrap {record['kind']} {record['other']}".strip()
            self._notes.tell("EAR-042", path, file=path, written=written)
            return
        fields = MAPPINGS["dc"](listed, Section.DOSSIER if root else Section.DOCUMENT)
        about, line = (About.DOSSIER if root else About.DOCUMENT), int(record["line"])
        self._add(Draft(path, about, "dc", (fields,), name=f"#{record.get('id', '')}", line=line))
        mapped, kept = str(len(fields.cells)), str(len(fields.extra))
        self._notes.tell("EAR-051", path, file=path, written="Dublin Core (mdWrap)", count=mapped, others=kept)

    def settle(self) -> None:
        """Put the descriptions of the dossier in order: what the circular's own form says goes before the others."""
        self.dossier.sort(key=lambda draft: (_RANK.get(draft.form, 9), bool(representation_of(draft.path))))

    def _add(self, draft: Draft) -> None:
        if draft.about is About.DOCUMENT:
            self.documents.append(draft.packed(self._packed))
        else:
            self.dossier.append(draft)

    # ------------------------------------------------------------ the circular's form

    def _simple(self, path: str, part: Mapping[str, Any], names: set[str]) -> None:
        named = _DOCUMENT_NAME.match(stem_of(path))
        about = self._about(path, names, named=named is not None)
        if about is About.DOCUMENT:
            kind = _KINDS[named[1].lower()] if named else _kind_of(names)
            section = RECORD_SECTIONS[kind]
        else:
            kind, section = RecordKind.DOCUMENT, Section.REQUEST if about is About.REQUEST else Section.DOSSIER
        if section is Section.DOSSIER and "source" in names and not names & {"startDate", "endDate", "maintenance"}:
            section = Section.LOT
        fields = simple_fields(part["fields"], section, self._expected)
        self._tell(path, fields)
        draft = Draft(path, about, "simpledc", (fields,), kind, name=None)
        if about is About.REQUEST:
            self.request = draft
        else:
            self._add(draft)

    @staticmethod
    def _about(path: str, names: set[str], *, named: bool) -> About:
        if named:
            return About.DOCUMENT
        if names & _OF_REQUESTS:
            return About.REQUEST
        if stem_of(path).casefold() == "ead":
            return About.DOSSIER
        if names & _OF_DOCUMENTS:
            return About.DOCUMENT
        inside = bool(representation_of(path))
        return About.DOCUMENT if inside and not names & {"fileCode", "totalDoc", "paperFileCode"} else About.DOSSIER

    def _tell(self, path: str, fields: Fields) -> None:
        for element, joined in fields.doubled:
            self._notes.tell("EAR-043", path, file=path, column=element, written=joined[:300])
        # Of 10,000 documents that all say it the same way it is told once.
        for name in dict.fromkeys(fields.renamed):
            self._notes.tally("EAR-044", path, per=name, column=name)
        for name in dict.fromkeys(fields.unknown):
            self._notes.tally("EAR-045", path, per=name, column=name)

    # ------------------------------------------------------------ forms of other programs

    def _mapped(self, path: str, form: str, parts: Sequence[Mapping[str, Any]]) -> None:
        whole, *components = parts
        inside = bool(representation_of(path)) and form == "dc"
        section = Section.DOCUMENT if inside else Section.DOSSIER
        fields = MAPPINGS[form](whole["fields"], section)
        if inside:
            number_of(fields)
        self._add(Draft(path, About.DOCUMENT if inside else About.DOSSIER, form, (fields,), name=stem_of(path)))
        mapped, kept = len(fields.cells), len(fields.extra)
        for component in components:
            level = component["level"].casefold()
            if not component["files"] and level in _DOSSIER_LEVELS:
                continue
            own = MAPPINGS[form](component["fields"], Section.DOCUMENT)
            number_of(own)
            mapped, kept = mapped + len(own.cells), kept + len(own.extra)
            hrefs, line = tuple(component["files"]), component["line"]
            self._add(Draft(path, About.DOCUMENT, form, (own,), hrefs=hrefs, line=line))
        values = {"written": {"ead": "EAD", "dc": "Dublin Core"}[form], "count": str(mapped), "others": str(kept)}
        self._notes.tell("EAR-051", path, file=path, **values)


def _kind_of(names: set[str]) -> RecordKind:
    if names & {"typePic", "imageTitle", "photographer", "photoTime"}:
        return RecordKind.PHOTO
    return RecordKind.MEDIA if names & {"typeMedia", "movieTitle", "recorder", "playTime"} else RecordKind.DOCUMENT
