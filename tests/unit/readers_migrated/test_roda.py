"""AIPs of RODA: the original representation, its description in EAD or Dublin Core, names, digests and events."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.roda import RodaReader
from metadata.descriptions import Delivery
from metadata.rules import errors_of
from tests.fakes.workers import InlineWorkers
from tests.generators.roda import DC, EAD_2002, ID, make_aip

READER = RodaReader(InlineWorkers())
FILES = {"10.pdf": b"ten", "2.pdf": b"two", "thư mục/3.pdf": b"three"}


def read(aip: Path) -> Delivery:
    assert READER.recognises(aip)
    return READER.read(aip, aip.with_name("room"))


@pytest.fixture
def aip(tmp_path: Path) -> Path:
    return make_aip(tmp_path / ID, {"rep1": FILES}, original="rep1")


def test_files_of_the_original_become_documents_in_their_natural_order(aip: Path) -> None:
    delivery = read(aip)
    assert errors_of(delivery.findings) == ()
    (dossier,) = delivery.dossiers
    data = "representations/rep1/data"
    assert [document.files for document in dossier.documents] == [
        (f"{data}/2.pdf",),
        (f"{data}/10.pdf",),
        (f"{data}/thư mục/3.pdf",),
    ]


def test_ead_2002_is_mapped_as_far_as_it_goes_and_the_rest_kept(aip: Path) -> None:
    delivery = read(aip)
    (dossier,) = delivery.dossiers
    assert (dossier.file_code, dossier.value("title")) == ("H49.64.2026.00009", "Hồ sơ")
    assert (dossier.value("start_date"), dossier.value("end_date")) == ("2023-04-05", "2023-12-31")
    assert "Ghi chép nội bộ" in dossier.extra.values()
    assert dossier.extra["RODA ingestSIPIds"].startswith("uuid-")
    assert "EAR-051" in {found.rule for found in delivery.findings}


def test_dublin_core_is_mapped_too(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path / ID, {"rep1": FILES}, description=DC))
    (dossier,) = delivery.dossiers
    assert (dossier.file_code, dossier.value("title")) == ("H49.64.2026.00009", "Hồ sơ")


def test_events_are_summed_up_and_everything_is_kept_as_received(aip: Path) -> None:
    delivery = read(aip)
    assert delivery.dossiers[0].extra["RODA events"] == (
        "2026-02-06 ingest start (SUCCESS); 2026-02-06 virus check (SUCCESS)"
    )
    documents = {path for document in delivery.dossiers[0].documents for path in document.files}
    everything = {path.relative_to(aip).as_posix() for path in aip.rglob("*") if path.is_file()}
    assert documents | set(delivery.sources) == everything


def test_digests_and_sizes_of_premis_are_compared(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path / ID, {"rep1": FILES}, digests={"thư mục/3.pdf": "0" * 64}))
    (claim,) = delivery.claims["representations/rep1/data/thư mục/3.pdf"]
    assert (claim.digests, claim.size_bytes) == ({"SHA-256": "0" * 64}, 5)
    assert len(delivery.claims) == 3


@pytest.mark.rule("MIG-012")
def test_original_names_are_used(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path / ID, {"rep1": FILES}, names={"2.pdf": "Tờ trình.pdf"}))
    first = delivery.dossiers[0].documents[0]
    assert (first.value("subject"), first.extra) == ("Tờ trình", {"RODA originalName": "Tờ trình.pdf"})
    assert "MIG-012" in {found.rule for found in delivery.findings}


@pytest.mark.rule("MIG-013")
@pytest.mark.parametrize(("original", "chosen"), [("rep2", "rep2"), ("", "rep1")])
def test_the_representation_marked_original_is_taken(tmp_path: Path, original: str, chosen: str) -> None:
    aip = make_aip(tmp_path / ID, {"rep1": {"a.pdf": b"1"}, "rep2": {"b.docx": b"2"}}, original=original)
    delivery = read(aip)
    assert delivery.dossiers[0].documents[0].files[0].startswith(f"representations/{chosen}/")
    (found,) = (found for found in delivery.findings if found.rule == "MIG-013")
    assert found.subject == f"representations/{chosen}"
    assert len([path for path in delivery.sources if "/data/" in path]) == 1


@pytest.mark.rule("MIG-014")
def test_a_package_that_was_never_finished_is_told(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path / ID, {"rep1": FILES}, state="UNDER_APPRAISAL"))
    (found,) = (found for found in delivery.findings if found.rule == "MIG-014")
    assert found.values["written"] == "UNDER_APPRAISAL"


@pytest.mark.rule("MIG-004")
def test_without_description_the_identifier_names_the_dossier(tmp_path: Path) -> None:
    delivery = read(make_aip(tmp_path / ID, {"rep1": FILES}, description=""))
    assert delivery.dossiers[0].file_code == ID
    assert "MIG-004" in {found.rule for found in delivery.findings}


@pytest.mark.rule("MIG-001")
@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_an_aip_json_that_is_none_is_an_error(aip: Path, text: str) -> None:
    (aip / "aip.json").write_text(text, encoding="utf-8")
    delivery = read(aip)
    assert [found.rule for found in errors_of(delivery.findings)] == ["MIG-001"]
    assert delivery.dossiers == ()


def test_hostile_values_in_aip_json_are_nothing(aip: Path) -> None:
    (aip / "aip.json").write_text('{"id": {"a": 1}, "representations": [1, {"id": 3, "original": 1}], "state": null}')
    delivery = read(aip)
    assert errors_of(delivery.findings) == ()
    assert len(delivery.dossiers[0].documents) == 3


def test_a_package_with_mets_is_left_to_the_reader_of_packages(aip: Path) -> None:
    (aip / "METS.xml").write_bytes(b"<mets/>")
    assert not READER.recognises(aip)


def test_an_aip_json_that_is_a_link_is_followed_by_nobody(aip: Path) -> None:
    (aip / "aip.json").rename(aip.with_name("elsewhere.json"))
    (aip / "aip.json").symlink_to(aip.with_name("elsewhere.json"))
    assert not READER.recognises(aip)


def test_a_secret_aip_is_refused(tmp_path: Path) -> None:
    secret = EAD_2002.replace(
        "<processinfo><p>Ghi chép nội bộ</p>", "<accessrestrict><p>Tối mật</p></accessrestrict><processinfo>"
    )
    delivery = read(make_aip(tmp_path / ID, {"rep1": FILES}, description=secret))
    (found,) = delivery.dossier_findings["H49.64.2026.00009"]
    assert found.rule == "SEC-001"
