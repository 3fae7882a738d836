"""The check of outgoing packages: nothing is wrong with what is made, and every rule finds its broken variant."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from archive.dissemination.outgoing import ExportKind, Options, Shape
from archive.dissemination.shapes import shape_of
from metadata.findings import Finding
from metadata.outgoing_check import Asked, check_outgoing
from metadata.rules import message
from metadata.xml.mets import FileEntry
from tests.fakes.dossiers import PACKAGE_ID, Paper
from tests.fakes.exports import shelved

SCAN = Paper(("Quyết định 5.pdf",), fields={"mode": "Công khai"}, rendition=True)
EAD = "metadata/descriptive/EAD.xml"
PREMIS = "metadata/preservation/PREMIS.xml"
REP1 = "representations/rep1/"
DOC = f"{REP1}metadata/descriptive/EAD_doc_H49.64.2025.12.HS-DAT.001.xml"
DATA = f"{REP1}data/H49.64.2025.12.HS-DAT.001.pdf"
PREMIS_1 = f"{REP1}metadata/preservation/PREMIS_rep1.xml"


@dataclass(frozen=True)
class Outgoing:
    """A package as it is about to leave."""

    files: Mapping[str, bytes]
    entries: Mapping[str, FileEntry]
    asked: Asked

    def having(self, path: str, old: str, new: str) -> Outgoing:
        """The same with one text of one file changed, its digest as METS has it."""
        data = self.files[path]
        assert old.encode() in data, data.decode()
        return replace(self, files={**self.files, path: data.replace(old.encode(), new.encode())})

    def without(self, path: str) -> Outgoing:
        """The same without one file."""
        return replace(self, entries={name: entry for name, entry in self.entries.items() if name != path})

    def found(self) -> tuple[Finding, ...]:
        return check_outgoing(lambda path: io.BytesIO(self.files[path]), self.entries, self.asked)

    def rules(self) -> set[str]:
        return {finding.rule for finding in self.found()}


@pytest.fixture(scope="module")
def outgoing(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Outgoing]:
    """A whole package of a kind, made once."""
    shelf = shelved(tmp_path_factory.mktemp("shelf"), [SCAN])
    made: dict[tuple[ExportKind, Shape], Outgoing] = {}

    def of(kind: ExportKind, shape: Shape = Shape.TT05) -> Outgoing:
        if (kind, shape) not in made:
            folder = shelf.leave_one(shelf.folder / f"{kind.value}-{shape.value}", kind, Options(shape))
            made[kind, shape] = _read(folder, kind, shape)
        return made[kind, shape]

    return of


def _read(folder: Path, kind: ExportKind, shape: Shape) -> Outgoing:
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    entries = {path: FileEntry(path, hashlib.sha256(data).hexdigest(), len(data), "") for path, data in files.items()}
    form = shape_of(kind, Options(shape))
    identifier = PACKAGE_ID if kind is ExportKind.AIP else folder.name.removeprefix("uuid-").lower()
    objid = f"urn:uuid:{identifier}" if folder.name.startswith("urn") else folder.name
    asked = Asked(
        package=form.circular,
        circular=shape is Shape.TT05,
        objid=objid,
        folder=folder.name,
        profile=form.root_profile,
        urn=f"urn:uuid:{identifier}",
        premis=form.premis,
        documents=1,
        originals=1,
    )
    return Outgoing(files, entries, asked)


@pytest.mark.parametrize("shape", [Shape.TT05, Shape.EARK])
@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.AIP, ExportKind.DIP])
def test_nothing_is_wrong_with_what_is_made(outgoing: Callable[..., Outgoing], kind: ExportKind, shape: Shape) -> None:
    assert outgoing(kind, shape).found() == ()


SIP, AIP, DIP = ExportKind.SIP, ExportKind.AIP, ExportKind.DIP
IN_VIETNAM = 'LASTMODDATE="2026-11-28T10:04:05.678+07:00"'


def _rule(rule: str, kind: ExportKind, path: str, old: str, new: str) -> object:
    return pytest.param(rule, kind, path, old, new, id=f"{rule} {old[:30]}")


@pytest.mark.rule("PKG-003", "PKG-004", "PKG-005", "PKG-007", "PKG-010")
@pytest.mark.rule("PKG-012", "PKG-013", "PKG-014", "PKG-015", "PKG-017", "PKG-018")
@pytest.mark.parametrize(
    ("rule", "kind", "path", "old", "new"),
    [
        _rule("PKG-003", DIP, PREMIS_1, "urn:uuid:", "urn:uuid:"),
        _rule("PKG-004", DIP, PREMIS_1, "<size>", "<size>1"),
        _rule("PKG-005", SIP, "METS.xml", "<metsHdr", "<metsHeader"),
        _rule("PKG-005", SIP, EAD, "<title>", "<titel>"),
        _rule("PKG-005", SIP, DOC, "</docCode>", "</docCode><organname>x</organname>"),
        _rule("PKG-005", DIP, DOC, "</arcDocCode>", "</arcDocCode><organName>not in a DIP</organName>"),
        _rule("PKG-005", DIP, PREMIS, 'version="3.0"', 'version="9"'),
        _rule("PKG-007", DIP, PREMIS_1, "HS-DAT.001.pdf</objectIdentifierValue>", "HS.pdf</objectIdentifierValue>"),
        _rule("PKG-010", DIP, PREMIS, "<eventDateTime>2026-12-01", "<eventDateTime>2026-13-01"),
        _rule("PKG-012", SIP, "METS.xml", IN_VIETNAM, 'LASTMODDATE="2026-11-28T00:00:00Z"'),
        _rule("PKG-013", SIP, DOC, "<issuedDate>02/01/2025", "<issuedDate>31/02/2025"),
        _rule("PKG-014", SIP, "METS.xml", 'TYPE="Mixed"', 'TYPE="Collection"'),
        _rule("PKG-014", SIP, "METS.xml", "E-ARK-CSIP.xml", "E-ARK-SIP.xml"),
        _rule("PKG-014", SIP, "METS.xml", 'OBJID="uuid-', 'OBJID="uuid-0'),
        _rule("PKG-014", DIP, "METS.xml", 'OAISPACKAGETYPE="DIP"', 'OAISPACKAGETYPE="SIP"'),
        _rule("PKG-015", SIP, f"{REP1}METS.xml", 'file ID="ID-', 'file ID="uuid-'),
        _rule("PKG-017", SIP, "METS.xml", 'OTHERMDTYPE="EAD-TT05"', 'OTHERMDTYPE="PREMIS"'),
        _rule("PKG-018", SIP, DOC, "<mode>01</mode>", "<mode>03</mode>"),
    ],
)  # fmt: skip
def test_a_broken_package_is_found_by_its_rule(
    outgoing: Callable[..., Outgoing], rule: str, kind: ExportKind, path: str, old: str, new: str
) -> None:
    broken = outgoing(kind).having(path, old, new)
    if rule == "PKG-003":
        other = replace(broken.entries[DATA], size_bytes=1)
        broken = replace(broken, entries={**broken.entries, DATA: other})
    findings = broken.found()
    assert rule in {finding.rule for finding in findings}, findings
    for finding in findings:
        assert "…" not in message(finding, "vi")


@pytest.mark.rule("PKG-001")
def test_a_file_that_mets_lists_and_that_is_not_there_is_found(outgoing: Callable[..., Outgoing]) -> None:
    assert outgoing(SIP).without("schemas/EAD_pic.xsd").rules() == {"PKG-001"}


@pytest.mark.rule("PKG-002")
def test_a_file_that_no_mets_lists_is_found(outgoing: Callable[..., Outgoing]) -> None:
    whole = outgoing(SIP)
    more = replace(whole, entries={**whole.entries, "more.txt": FileEntry("more.txt", "00", 1, "text/plain")})
    assert [(finding.rule, finding.subject) for finding in more.found()] == [("PKG-002", "more.txt")]


@pytest.mark.rule("PKG-016")
def test_an_original_that_was_forgotten_is_found(outgoing: Callable[..., Outgoing]) -> None:
    whole = outgoing(DIP)
    short = replace(whole, asked=replace(whole.asked, originals=2))
    assert [finding.rule for finding in short.found()] == ["PKG-016"]


@pytest.mark.rule("PKG-017")
def test_an_aip_without_premis_is_found(outgoing: Callable[..., Outgoing]) -> None:
    whole = outgoing(SIP)
    assert "PKG-017" in replace(whole, asked=replace(whole.asked, premis=True)).rules()


@pytest.mark.rule("PKG-014")
def test_a_folder_that_is_called_otherwise_is_found(outgoing: Callable[..., Outgoing]) -> None:
    whole = outgoing(AIP)
    assert replace(whole, asked=replace(whole.asked, folder="urn:uuid:x")).rules() == {"PKG-014"}


@pytest.mark.rule("PKG-015")
def test_an_identifier_that_is_used_twice_is_found(outgoing: Callable[..., Outgoing]) -> None:
    whole = outgoing(SIP)
    text = whole.files["METS.xml"].decode()
    first, second = (part.split('"')[0] for part in text.split('<file ID="')[1:3])
    assert "PKG-015" in whole.having("METS.xml", second, first).rules()
