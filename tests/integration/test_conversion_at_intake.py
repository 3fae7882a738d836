"""A delivery of TT 02/2019 taken in: what its conversion lost or doubts is told by every face, and comes back."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from bs4 import BeautifulSoup

from metadata.profiles import Section, profile
from metadata.receipts import Receipt, read_receipt
from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import PaperMill
from tests.generators.people import of_home, signed_in
from tests.generators.sign_ins import browser_of
from tests.integration.test_convert_profile import CODE, delivery

pytestmark = pytest.mark.xdist_group("conversion-at-intake")

RULE = "CNV-001"


FONDS = {"archives_code": "H49", "fonds_code": "H49.64", "fonds_name": "UBND tỉnh", "fonds_history": "Lập năm 1990"}


def add_fonds(path: Path) -> None:
    """A worksheet in the table of fonds of the circular, one row."""
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Phông")
    names = profile("02-2019").fields(Section.FONDS)
    sheet.append([field.vi for field in names.values()])
    sheet.append([FONDS.get(key, "") for key in names])
    book.save(path)
    book.close()


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> tuple[CommandLine, Path, dict[str, Any]]:
    """A home with one dossier of 2012, the delivery, and the answer of `ingest`."""
    folder = tmp_path_factory.mktemp("intake")
    command = made_home(folder / "home", mill)
    made = delivery(folder / "nop" / "2012", mill, [{}, {"Tên loại văn bản": "Nghị định"}])
    add_fonds(made / "danh-muc.xlsx")
    (line,) = command.json("ingest", made)
    assert line["status"] == "archived"
    return command, made, line


def receipt_of(command: CommandLine, line: dict[str, Any]) -> Receipt:
    return read_receipt((command.home / "receipts" / f"{line['submission_id']}.json").read_bytes())


@pytest.mark.rule("CNV-001")
def test_check_and_ingest_tell_one_warning_of_the_dossier(taken: tuple[CommandLine, Path, dict[str, Any]]) -> None:
    command, made, line = taken
    (told,) = (finding for finding in line["findings"] if finding["rule"] == RULE)
    (checked,) = command.json("check", made)
    assert [finding for finding in checked["findings"] if finding["rule"] == RULE] == [told]
    assert (told["severity"], told["subject"]) == ("warning", CODE)


def test_what_is_shown_is_what_a_conversion_of_the_delivery_would_say(
    taken: tuple[CommandLine, Path, dict[str, Any]],
) -> None:
    command, made, _ = taken
    (shown,) = command.json("show", CODE)
    dossier = command.json("convert-profile", "--dry-run", made)[0]
    told = [{key: note[key] for key in note if key != "label"} for note in shown["conversion"]]
    assert told == [{key: note[key] for key in note if key != "subject"} for note in dossier["notes"]]
    words = command.run("show", CODE).out
    assert all(note["message"] in words for note in shown["conversion"])
    (document,) = command.json("show", f"{shown['package_id']}/2")
    assert document["conversion"] == [note for note in shown["conversion"] if note["ordinal"] == 2]


def test_the_receipt_of_the_submission_counts_by_rule(taken: tuple[CommandLine, Path, dict[str, Any]]) -> None:
    command, _, line = taken
    (shown,) = command.json("show", CODE)
    receipt = receipt_of(command, line)
    assert {told.rule: told.count for told in receipt.conversion} == Counter(
        note["rule"] for note in shown["conversion"]
    )
    labels = {note["rule"]: note["label"] for note in shown["conversion"]}
    assert {told.rule: told.fields["vi"] for told in receipt.conversion} == labels


def test_the_pages_of_dossier_and_fonds_tell_it(taken: tuple[CommandLine, Path, dict[str, Any]]) -> None:
    command, _, _ = taken
    (shown,) = command.json("show", CODE)
    with of_home(command.home) as archive, closing(browser_of(archive)) as browser:
        browser.headers.update(signed_in(archive))
        dossier = BeautifulSoup(browser.get(f"/dossiers/{shown['package_id']}").text, "html.parser")
        fonds = BeautifulSoup(browser.get(f"/holding?agency={shown['agency']}&fonds=-").text, "html.parser")
        places = browser.get("/api/v1/search/places").json()["items"]
    said = {note["message"] for note in shown["conversion"]}
    assert said == {line.get_text() for line in dossier.select("details:has(#conversion) li > p:first-child")}
    for page in (dossier, fonds):
        told = [entry.get_text() for entry in page.select("details:has(#fonds) dd")]
        assert told == [FONDS[key] for key in profile("02-2019").fields(Section.FONDS) if key in FONDS]
    assert dossier.select_one('a[href="/search?place=-/-/-/7"]') is not None
    assert [(line["place"], line["dossiers"]) for line in places] == [("-/-/-/7", 1)]


def test_all_of_it_comes_back_from_storage_alone(taken: tuple[CommandLine, Path, dict[str, Any]]) -> None:
    command, _, line = taken
    before, receipt = command.json("show", CODE), receipt_of(command, line)
    (command.home / "receipts" / f"{line['submission_id']}.json").unlink()
    command.json("catalogue", "rebuild")
    (shown,) = command.json("show", CODE)
    assert shown["conversion"] == before[0]["conversion"] != []
    assert {key: cell["value"] for key, cell in shown["fonds"].items()} == FONDS
    assert receipt_of(command, line).conversion == receipt.conversion


def test_its_documents_are_found_by_the_box_in_which_the_paper_lies(
    taken: tuple[CommandLine, Path, dict[str, Any]],
) -> None:
    command, _, _ = taken
    for field in ("box=hộp 7", "place=-/-/-/7"):
        found = [line for line in command.json("search", "", "--field", field) if "ordinal" in line]
        assert sorted((line["file_code"], line["ordinal"]) for line in found) == [(CODE, 1), (CODE, 2)]
    assert not [line for line in command.json("search", "vị_trí:-/-/-/8") if "ordinal" in line]
