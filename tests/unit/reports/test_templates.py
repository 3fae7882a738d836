"""The template of `luutru template`: every heading is known again, its example is sound, nothing in it is secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from archive.reports.templates import SHEETS, template_fields, write_template
from ingest.readers.folder import FolderReader
from metadata.profiles import PROFILES, Section, profile
from metadata.sheet_examples import example_codes, sheet_example
from metadata.validation import check_delivery
from tests.fakes.workers import InlineWorkers
from tests.fixtures.deliveries import CODE, DeliveryFolder

WHEN = datetime(2026, 11, 29, tzinfo=UTC)
RECORDS = (Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO)


def filled(delivery: DeliveryFolder, profile_id: str) -> Path:
    """A delivery of the template as it is written, with the files of its example."""
    path = delivery.root / "mau.xlsx"
    write_template(path, profile_id, "vi", created=WHEN)
    for section in RECORDS:
        for row in sheet_example(profile_id).rows(section):
            delivery.file(row["path"])
    return path


def append(path: Path, sheet: str, values: dict[str, str]) -> None:
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    headings = [cell.value for cell in page[1]]
    page.append([values.get(str(heading)) for heading in headings])
    book.save(path)


@pytest.mark.parametrize("profile_id", PROFILES)
def test_every_heading_is_known_again_as_its_field(delivery: DeliveryFolder, profile_id: str) -> None:
    filled(delivery, profile_id)
    sheets = {told.sheet: told for told in FolderReader(InlineWorkers()).explain(delivery.root)}
    for section, name in SHEETS.items():
        wanted = template_fields(profile_id, section)
        assert [(c.section, c.key) for c in sheets[name].columns] == [(section, field.key) for field in wanted]
        assert sheets[name].profile == profile_id or section not in {Section.DOSSIER, Section.DOCUMENT}
    assert [name for name, told in sheets.items() if told.heading_rows] == list(SHEETS.values())


@pytest.mark.parametrize("profile_id", PROFILES)
def test_every_numbered_field_of_the_circular_has_its_column(profile_id: str) -> None:
    parts = {"archives_code", "fonds_code", "catalogue", "file_notation"}
    for section in SHEETS:
        numbered = {key for key, field in profile(profile_id).fields(section).items() if field.number is not None}
        shown = {field.key for field in template_fields(profile_id, section)}
        assert numbered - shown <= (parts if section is Section.DOCUMENT else set())


@pytest.mark.parametrize("profile_id", PROFILES)
def test_reading_the_template_back_gives_its_example_and_no_word_more(
    delivery: DeliveryFolder, profile_id: str
) -> None:
    filled(delivery, profile_id)
    found = delivery.read()
    example = sheet_example(profile_id)
    assert (found.profile, found.findings, found.dossier_findings) == (profile_id, (), {})
    assert [finding for own in check_delivery(found).values() for finding in own] == []
    (dossier,) = found.dossiers
    assert {key: cell.written for key, cell in dossier.fields.items()} == example.dossier
    assert [(d.kind.value, d.ordinal, len(d.files)) for d in dossier.documents] == [
        ("document", 1, 1),
        ("document", 2, 1),
        ("photo", 3, 1),
        ("media", 4, 1),
    ]


@pytest.mark.parametrize("profile_id", PROFILES)
def test_an_example_that_was_left_beside_a_real_dossier_is_left_out(delivery: DeliveryFolder, profile_id: str) -> None:
    path = delivery.root / "mau.xlsx"
    write_template(path, profile_id, "vi", created=WHEN)
    append(path, "Hồ sơ", {"Mã hồ sơ": CODE, "Tiêu đề hồ sơ": "Hồ sơ thật"})
    append(path, "Văn bản", {"Mã hồ sơ": CODE, "Trích yếu nội dung": "Quyết định", "Đường dẫn file": "a.pdf"})
    delivery.file("a.pdf")
    found = delivery.read()
    assert [(d.file_code, [x.files for x in d.documents]) for d in found.dossiers] == [(CODE, [("a.pdf",)])]
    assert not found.findings


@pytest.mark.rule("READ-052")
def test_an_example_that_was_altered_under_its_code_is_told(delivery: DeliveryFolder) -> None:
    path = filled(delivery, "05-2025")
    book = openpyxl.load_workbook(path)
    book["Hồ sơ"]["B2"] = "Hồ sơ thật"
    book.save(path)
    found = delivery.finding("READ-052")
    assert (found.subject, found.sheet, found.row) == (sheet_example("05-2025").file_code, "Hồ sơ", 2)


@pytest.mark.parametrize("profile_id", PROFILES)
def test_headings_carry_comments_lists_and_locks_and_offer_nothing_secret(tmp_path: Path, profile_id: str) -> None:
    path = tmp_path / "mau.xlsx"
    write_template(path, profile_id, "vi", created=WHEN)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [*SHEETS.values(), "Hướng dẫn", "_lists"]
    for section, name in SHEETS.items():
        page = book[name]
        comments = [cell.comment.text if cell.comment else "" for cell in page[1]]
        assert len(comments) == len(template_fields(profile_id, section))
        assert all("Kiểu:" in comment for comment in comments)
        assert page.protection.sheet
        assert page.data_validations.dataValidation
        assert page["A1"].protection.locked
        assert not page["A2"].protection.locked
    offered = set(words(book["_lists"]))
    assert {"Vĩnh viễn", "Quyết định"} <= offered
    assert not {word for word in offered if "mật" in word.casefold()}
    title = next(cell for cell in book["Hồ sơ"][1] if cell.value == "Tiêu đề hồ sơ")
    assert title.comment is not None
    assert "1000" in title.comment.text


def words(page: object) -> Iterator[str]:
    for row in page.iter_rows(values_only=True):  # type: ignore[attr-defined]  # a worksheet
        yield from (str(value) for value in row if value)


def test_comments_and_guide_speak_the_language_that_was_asked_for(tmp_path: Path) -> None:
    write_template(tmp_path / "mau.xlsx", "05-2025", "en", created=WHEN)
    book = openpyxl.load_workbook(tmp_path / "mau.xlsx")
    assert book["Hồ sơ"]["A1"].value == "Mã hồ sơ"
    assert "Type: text." in book["Hồ sơ"]["A1"].comment.text
    assert "How to" in book.sheetnames


def test_codes_of_examples_are_no_codes_of_real_dossiers() -> None:
    assert all("VD" in code for code in example_codes())
