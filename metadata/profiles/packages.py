"""The packages of TT 05/2025/TT-BNV as data (`packages.toml`): what each must hold, and its forms field by field."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files
from typing import Any

from metadata.profiles import Certainty, Field, FieldType, Section, profile

PROFILE = "05-2025"


@unique
class PackageKind(StrEnum):
    """The circular's packages (Annexes I to V)."""

    SIP_DOSSIER = "SIP_hoso"
    SIP_LOOSE = "SIP_tailieu"
    AIP_DOSSIER = "AIP_hoso"
    AIP_LOOSE = "AIP_tailieu"
    DIP = "DIP"


@unique
class Making(StrEnum):
    """How an element's value comes about where it is no field of the tables."""

    ARCHIVAL_FILE_CODE = "archival_file_code"
    """The archive body's code before the dossier's."""

    ARCHIVAL_DOCUMENT_CODE = "archival_document_code"
    """The archive body's code, the dossier's and the ordinal in 7 digits."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a form."""

    name: str
    field: Field
    """Type, length and code list; `field.key` is the canonical key."""

    making: Making | None = None
    """None: the value is the field's own."""


@dataclass(frozen=True, slots=True)
class Form:
    """A flat `simpledc` document of one package."""

    name: str
    """`EAD`, `EAD_doc`, `EAD_pic` or `EAD_media`: also the name of its schema, and of its files before the number."""

    section: Section
    elements: tuple[Element, ...]
    """In the order of the annex; readers take them in any order."""

    doubt: str
    """Vietnamese; empty: none known."""

    doubt_en: str


@dataclass(frozen=True, slots=True)
class Package:
    """What a package of the circular is."""

    kind: PackageKind
    annex: str
    oais: str
    """`csip:OAISPACKAGETYPE`."""

    type: str
    """`mets/@TYPE`."""

    profile: str
    """`mets/@PROFILE` of the root METS."""

    objid: str
    """Pattern of `mets/@OBJID`."""

    representation: str
    """TYPE of rep1's root div; empty: not stated."""

    premis: str
    """`mandatory`, `optional` or `none`."""

    fetch: bool
    """Whether linked files (`.fetch.txt`) are allowed."""

    loose: bool
    """Loose documents: only where no dossiers were made and the system links loose documents by search (Điều 17)."""

    forms: Mapping[str, Form]
    """By name."""


def _element(name: str, by_short: Mapping[str, Field], made: Mapping[str, Any]) -> Element:
    if name in by_short:
        return Element(name, by_short[name])
    row = made[name]
    field = Field(
        key=row["key"],
        short=name,
        vi=row["vi"],
        en=row["en"],
        type=FieldType.STRING,
        length=row["length"],
        certainty=Certainty.NOTES,
        source=profile(PROFILE).source,
    )
    return Element(name, field, Making(row["how"]))


def _form(row: Mapping[str, Any], made: Mapping[str, Any]) -> Form:
    section = Section(row["section"])
    fields = profile(PROFILE).fields(section).values()
    # Pictures and recordings carry the ordinal of the documents' table.
    more = profile(PROFILE).fields(Section.DOCUMENT).values() if section is not Section.REQUEST else ()
    by_short = {field.short: field for field in (*more, *fields)}
    elements = tuple(_element(name, by_short, made) for name in row["elements"])
    return Form(row["name"], section, elements, row.get("doubt", ""), row.get("doubt_en", ""))


@cache
def packages() -> Mapping[PackageKind, Package]:
    """All packages of the circular."""
    table = tomllib.loads((files(__package__) / "packages.toml").read_text(encoding="utf-8"))
    forms: dict[PackageKind, dict[str, Form]] = {kind: {} for kind in PackageKind}
    for row in table["form"]:
        form = _form(row, table["made"])
        for name in row["packages"]:
            forms[PackageKind(name)][form.name] = form
    return {kind: Package(kind=kind, forms=forms[kind], **table["package"][kind.value]) for kind in PackageKind}


def form(kind: PackageKind, name: str) -> Form:
    """The form `name` (`EAD`, `EAD_doc`, `EAD_pic`, `EAD_media`) of a package.

    Raises:
        KeyError: no such form: a defect of the program.
    """
    return packages()[kind].forms[name]
