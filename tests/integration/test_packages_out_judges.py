"""Packages as they leave, before two independent judges: commons-ip2 and eark-validator.

Each test asserts exactly what the judges say: what is listed here is what the
circular's own values force, or what a judge gets wrong (research, "judges and
tools"; tests/servers/*/README.md). "No errors" would hide a finding that went
away, and "ignore SIP" one that came.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.dissemination.outgoing import ExportKind, Options, Shape
from archive.services.foreign_history import BEFORE, ForeignAgent, ForeignEvent, ForeignStory
from tests.fakes.dossiers import Paper
from tests.fakes.exports import Shelf, shelved
from tests.fixtures.commons_ip import CommonsIp
from tests.fixtures.eark_validator import EarkValidator, Reading
from tests.integration.test_aip import FILM, KEPT, OFFICE, PHOTO, SCAN

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("commons_ip")]

SOUND = Paper(("băng ghi.wav",), mime="audio/x-wav", puid="fmt/141")
EVERYTHING = [SCAN, KEPT, OFFICE, PHOTO, FILM, SOUND]

CIRCULAR = {
    # The circular writes the CSIP profile where E-ARK wants the SIP profile, and MIXED where the vocabulary has Mixed.
    ExportKind.SIP: {"SIP2"},
    ExportKind.AIP: set[str](),
    ExportKind.DIP: {"CSIP2"},
}
TWO_CREATORS = {"CSIP12", "CSIP13", "CSIP16", "SIP14"}
"""eark-validator takes the submitter, a second CREATOR that SIP15 asks for, for a program; it never finds NOTETYPE."""

BESIDE = {"CSIP105"}
"""eark-validator wants divisions of representations nested; specification and commons-ip want them beside."""

NO_PREMIS = {"CSIP31", "CSIP91", "CSIPSTR6"}
"""The circular has no PREMIS in a SIP."""

BROKEN_IN_2_1 = {"CSIP63"}
"""eark-validator 1.1.3 asks for OTHERCONTENTINFORMATIONTYPE whatever the type is, in 2.1.0 only."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return shelved(tmp_path_factory.mktemp("shelf"), EVERYTHING)


def ids(answer: dict[str, Any]) -> set[str]:
    return {finding["id"] for finding in answer["findings"]}


def literal(package: Path) -> Path:
    """The package in a folder that is called as its OBJID, to the letter: commons-ip compares them (CSIP1)."""
    if not package.name.startswith("urn_uuid_"):
        return package
    return Path(shutil.copytree(package, package.parent / package.name.replace("_", ":")))


@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.AIP, ExportKind.DIP])
class TestInTheCircularsForm:
    def test_commons_ip_finds_what_the_circulars_values_force_and_nothing_else(
        self, shelf: Shelf, tmp_path: Path, commons_ip: CommonsIp, kind: ExportKind
    ) -> None:
        answer = commons_ip.judge(literal(shelf.leave_one(tmp_path / "out", kind)))
        assert (ids(answer), answer["warnings"]) == (CIRCULAR[kind], 0)
        assert answer["type"] == {"DIP": "CSIP"}.get(kind.value.upper(), kind.value.upper())

    def test_eark_validator_too(
        self, shelf: Shelf, tmp_path: Path, eark_validator: EarkValidator, kind: ExportKind
    ) -> None:
        found = eark_validator.judge(shelf.leave_one(tmp_path / "out", kind))
        sip = kind is ExportKind.SIP
        assert found == Reading(
            errors=frozenset(CIRCULAR[kind] | (TWO_CREATORS if sip else set())),
            warnings=frozenset(BESIDE | (NO_PREMIS if sip else set())),
        )

    def test_a_zip_is_judged_like_the_folder(
        self, shelf: Shelf, tmp_path: Path, commons_ip: CommonsIp, kind: ExportKind
    ) -> None:
        shelf.leave(tmp_path / "out.zip", kind)
        found = ids(commons_ip.judge(tmp_path / "out.zip"))
        if kind is ExportKind.AIP:
            # The root of the ZIP is called as the circular wants it, without colons, the OBJID has them.
            assert "CSIP1" in found
        else:
            assert found == CIRCULAR[kind]


@pytest.mark.parametrize("shape", [Shape.TT05, Shape.EARK])
def test_an_aip_with_the_history_of_a_former_keeper_is_judged_like_one_without(
    shelf: Shelf, tmp_path: Path, commons_ip: CommonsIp, eark_validator: EarkValidator, shape: Shape
) -> None:
    agent = ForeignAgent(id="Archivematica-1.15", role="executing program", name="Archivematica", type="software")
    event = ForeignEvent(id="e1", type="ingestion", at="2020-01-02T03:04:05Z", agents=(agent,), source="METS.xml")
    told = replace(shelf, before=ForeignStory(events=(event,)))
    package = told.leave_one(tmp_path / "out", ExportKind.AIP, Options(shape))
    assert (package / BEFORE).exists()
    answer = commons_ip.judge(literal(package))
    assert (ids(answer), answer["warnings"]) == (CIRCULAR[ExportKind.AIP], 0)
    assert eark_validator.judge(package) == Reading(frozenset(), frozenset(BESIDE))


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        *(
            (kind, version)
            for kind in (ExportKind.SIP, ExportKind.AIP, ExportKind.DIP)
            for version in ("2.0.4", "2.2.0")
        ),
        # Between the two only the profile of a SIP differs, and each version is a process of its own.
        (ExportKind.SIP, "2.1.0"),
    ],
)
def test_plain_e_ark_is_accepted_without_a_warning(
    shelf: Shelf, tmp_path: Path, commons_ip: CommonsIp, kind: ExportKind, version: str
) -> None:
    package = shelf.leave_one(tmp_path / "out", kind, Options(Shape.EARK, version))
    answer = commons_ip.judge(package, version)
    assert (answer["result"], answer["warnings"], answer["findings"]) == ("VALID", 0, [])


@pytest.mark.parametrize("version", ["2.0.4", "2.1.0"])
@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.AIP, ExportKind.DIP])
def test_of_plain_e_ark_eark_validator_says_what_it_cannot_but_say(
    shelf: Shelf, tmp_path: Path, eark_validator: EarkValidator, kind: ExportKind, version: str
) -> None:
    package = shelf.leave_one(tmp_path / "out", kind, Options(Shape.EARK, version))
    forced = TWO_CREATORS if kind is ExportKind.SIP else set()
    if version == "2.1.0":
        # It wants the SIP profile without a version even there, where commons-ip wants it with one.
        forced = forced | BROKEN_IN_2_1 | ({"SIP2"} if kind is ExportKind.SIP else set())
    assert eark_validator.judge(package, version) == Reading(frozenset(forced), frozenset(BESIDE))


def test_a_dip_of_one_document_is_a_package_of_its_own(shelf: Shelf, tmp_path: Path, commons_ip: CommonsIp) -> None:
    package = shelf.leave_one(tmp_path / "out", ExportKind.DIP, ordinal=3)
    assert ids(commons_ip.judge(package)) == CIRCULAR[ExportKind.DIP]
    names = sorted(path.name for path in (package / "representations/rep1/data").iterdir())
    assert len(names) == 2
    assert all(".003." in name for name in names)


@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.DIP])
def test_the_judge_would_see_a_byte_that_differs(
    shelf: Shelf, tmp_path: Path, commons_ip: CommonsIp, kind: ExportKind
) -> None:
    """Shows that the answers above mean something."""
    package = shelf.leave_one(tmp_path / "out", kind)
    file = next((package / "representations/rep1/data").glob("*.pdf"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert ids(commons_ip.judge(package)) == CIRCULAR[kind] | {"CSIP71"}


@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.AIP])
def test_packages_of_loose_documents_are_judged_like_those_of_dossiers(
    tmp_path: Path, commons_ip: CommonsIp, kind: ExportKind
) -> None:
    loose = shelved(tmp_path / "shelf", [KEPT], profile="05-2025", told={"origin": "Văn bản đi"})
    answer = commons_ip.judge(literal(loose.leave_one(tmp_path / "out", kind)))
    assert (ids(answer), answer["warnings"]) == (CIRCULAR[kind], 0)
