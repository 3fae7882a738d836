"""Judges a package before it leaves, by what no published judge looks at as well (PKG rules).

Digests of copied files are known from the stored package and compared again as
their bytes leave; everything that was written for this package is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from metadata.dates import read_date
from metadata.edtf import is_edtf
from metadata.findings import Finding
from metadata.package_contents import ROOT, OpenFile
from metadata.profiles import FieldType
from metadata.profiles.packages import PackageKind, form, packages
from metadata.xml.ead import read_ead
from metadata.xml.mets import FileEntry, Mets, read_mets
from metadata.xml.mets_marks import marks
from metadata.xml.premis import read_premis
from metadata.xml.reading import XmlRefusedError, parsed
from metadata.xml.schemas import ead3_schema

_FILE_ID = re.compile(r"ID-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_OTHER_ID = re.compile(r"uuid-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_VIETNAM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?\+07:00", re.ASCII)
_CIRCULAR = "-TT05"
_EAD = "metadata/descriptive/EAD.xml"
_REP1 = "representations/rep1/"
_GRADED = "03"
"""Code of mode: Mật, a grade of state secrets."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the package was meant to be."""

    package: PackageKind
    circular: bool
    """Whether it has the circular's own values, or those of E-ARK."""

    objid: str
    folder: str
    profile: str
    urn: str
    """How PREMIS calls the package."""

    premis: bool
    documents: int
    """Documents that leave; a dossier of a list may have none."""

    originals: int
    """Files of these documents."""


@dataclass(slots=True)
class _Check:
    open_file: OpenFile
    entries: Mapping[str, FileEntry]
    asked: Asked
    findings: list[Finding] = field(default_factory=list)
    listed: dict[str, FileEntry] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    root: Mets | None = None

    def broken(self, rule: str, subject: str, **values: str) -> None:
        self.findings.append(Finding(rule=rule, subject=subject, values=values))

    def differs(self, what: str, expected: str, found: str) -> None:
        if expected != found:
            self.broken("PKG-014", what, expected=expected, found=found)


def check_outgoing(open_file: OpenFile, entries: Mapping[str, FileEntry], asked: Asked) -> tuple[Finding, ...]:
    """Everything that is wrong with a package that is about to leave. Empty: nothing is wrong.

    Args:
        open_file: See `OpenFile`; only metadata are opened.
        entries: Every file of the package with its digest, by path.
        asked: What it was meant to be.

    Source:
        PKG-001 to PKG-005, PKG-007, PKG-010, PKG-012 to PKG-018.
    """
    check = _Check(open_file, entries, asked)
    _read_structure(check)
    if check.root is not None:
        _check_lists(check)
        _check_shape(check, check.root)
        _check_descriptions(check)
        _check_premis(check)
    return tuple(check.findings)


def _read_structure(check: _Check) -> None:
    root = _mets(check, ROOT, "")
    if root is None:
        return
    check.root = root
    for path in root.representations:
        if path in check.entries:
            _mets(check, path, path.removesuffix(ROOT))


def _mets(check: _Check, path: str, place: str) -> Mets | None:
    try:
        with check.open_file(path) as stream:
            mets = read_mets(stream)
        _check_marks(check, path)
    except XmlRefusedError as error:
        check.broken("PKG-005", path, detail=str(error)[:300])
        return None
    for reference in (*mets.descriptive, *mets.provenance):
        check.listed[place + reference.file.path] = reference.file
        check.kinds[place + reference.file.path] = reference.other or reference.kind
    for _, entries in mets.groups:
        check.listed |= {place + entry.path: entry for entry in entries}
    return mets


def _check_marks(check: _Check, path: str) -> None:
    seen: set[str] = set()
    with check.open_file(path) as stream:
        for mark in marks(stream):
            if mark.attribute != "ID":
                if not _VIETNAM.fullmatch(mark.value) or not is_edtf(mark.value):
                    check.broken("PKG-012", path, attribute=mark.attribute, found=mark.value)
            elif not (_FILE_ID if mark.element == "file" else _OTHER_ID).fullmatch(mark.value) or mark.value in seen:
                check.broken("PKG-015", path, found=mark.value)
            else:
                seen.add(mark.value)


def _check_lists(check: _Check) -> None:
    for path in sorted(check.listed.keys() - check.entries.keys()):
        check.broken("PKG-001", path)
    for path in sorted(check.entries.keys() - check.listed.keys() - {ROOT}):
        check.broken("PKG-002", path)
    for path in sorted(check.entries.keys() & check.listed.keys()):
        ours, told = check.entries[path], check.listed[path]
        if (ours.sha256, ours.size_bytes) != (told.sha256, told.size_bytes):
            expected = f"{told.size_bytes} B, SHA-256 {told.sha256}"
            check.broken("PKG-003", path, expected=expected, found=f"{ours.size_bytes} B, SHA-256 {ours.sha256}")


def _check_shape(check: _Check, root: Mets) -> None:
    asked, law = check.asked, packages()[check.asked.package]
    check.differs("METS.xml @OBJID", asked.objid, root.objid)
    check.differs("METS.xml @PROFILE", asked.profile, root.profile)
    check.differs("METS.xml @csip:OAISPACKAGETYPE", law.oais, root.package_type)
    check.differs("METS.xml @TYPE", law.type if asked.circular or law.loose else "Mixed", root.type)
    check.differs("OBJID", asked.objid.replace(":", "_"), asked.folder)
    if asked.circular:
        check.differs("METS.xml @PROFILE", law.profile, root.profile)
        must = {_EAD, "schemas/METS.xsd", *(f"schemas/{name}.xsd" for name in law.forms)}
        must |= {f"{_REP1}{ROOT}"} if asked.documents else set()
        for path in sorted(must - check.entries.keys()):
            check.broken("PKG-001", path)
    data = [path for path in check.entries if path.startswith(f"{_REP1}data/")]
    if len(data) != asked.originals:
        check.broken("PKG-016", _REP1, expected=str(asked.originals), found=str(len(data)))
    found = [path for path, kind in check.kinds.items() if kind == "PREMIS"]
    if bool(found) != asked.premis:
        check.broken("PKG-017", found[0] if found else ROOT, package=law.kind.value)


def _check_descriptions(check: _Check) -> None:
    for path, kind in sorted(check.kinds.items()):
        if path not in check.entries:
            continue
        try:
            with check.open_file(path) as stream:
                if kind == "EAD":
                    parsed(stream, ead3_schema())
                elif kind.endswith(_CIRCULAR):
                    name = kind.removesuffix(_CIRCULAR)
                    _check_values(check, path, name, read_ead(stream, name, check.asked.package))
        except (XmlRefusedError, KeyError) as error:
            check.broken("PKG-005", path, detail=str(error)[:300])


def _check_values(check: _Check, path: str, name: str, values: Mapping[str, str]) -> None:
    for element in form(check.asked.package, name).elements:
        value = values.get(element.name, "")
        if element.field.type is FieldType.DATE and value and read_date(value).date is None:
            check.broken("PKG-013", path, name=element.name, found=value)
        if element.name == "mode" and value == _GRADED:
            check.broken("PKG-018", path)


def _check_premis(check: _Check) -> None:
    known: set[str] = set()
    for path in sorted(path for path, kind in check.kinds.items() if kind == "PREMIS" and path in check.entries):
        try:
            known |= set(_objects(check, path))
        except XmlRefusedError as error:
            check.broken("PKG-005", path, detail=str(error)[:300])
    if check.asked.premis:
        for path in sorted(path for path in check.entries if "/data/" in path and path not in known):
            check.broken("PKG-007", path, where="METS.xml", missing="PREMIS")


def _objects(check: _Check, path: str) -> Iterator[str]:
    with check.open_file(path) as stream:
        premis = read_premis(stream, check.asked.urn)
    for event in premis.events:
        if not is_edtf(event.at):
            check.broken("PKG-010", event.type, found=event.at)
    for found in premis.objects:
        if found.kind != "file" or found.held_at:
            continue
        yield found.id
        entry = check.entries.get(found.id)
        if entry is None:
            check.broken("PKG-007", found.id, where="PREMIS", missing="METS.xml")
        elif (found.sha256, found.size_bytes) != (entry.sha256, entry.size_bytes):
            said = f"{found.size_bytes} B, SHA-256 {found.sha256}"
            check.broken("PKG-004", found.id, premis=said, mets=f"{entry.size_bytes} B, SHA-256 {entry.sha256}")
