"""As an archivist works: what four kinds of sender hand over, archived by the real command, leaves and is judged.

A delivery in the sheet of 46 columns, one in the workbook to fill in, a SIP
that another program made, a folder of messages of the exchange; each of them
out again as SIP, AIP and DIP, before both judges, which find what the
circular's own values force and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from archive.dissemination.outgoing import ExportKind
from tests.fixtures.commons_ip import CommonsIp
from tests.fixtures.commons_ip_maker import Make
from tests.fixtures.deliveries import DeliveryFolder
from tests.fixtures.eark_validator import EarkValidator, Reading
from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import PaperMill
from tests.generators.edxml import IOFFICE, VOFFICE, File, Letter, identifier, message
from tests.integration.test_packages_in import DUBLIN_CORE
from tests.integration.test_packages_out_judges import BESIDE, CIRCULAR, NO_PREMIS, TWO_CREATORS, ids, literal
from tests.unit.readers.test_reader_headings import PRACTICE, practice_row

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("commons_ip")]

SENDERS = ("46 columns", "template", "another program", "messages")


@dataclass(frozen=True)
class Taken:
    """A home that took one delivery of each sender in one call."""

    command: CommandLine
    lines: dict[str, dict[str, Any]]
    """By sender."""


def _in_46_columns(root: Path, mill: PaperMill) -> Path:
    delivery = DeliveryFolder(root)
    names = [f"hopso01/hoso01/001.03.08.H30.81.2024.K4.01.01.{number:03d}.pdf" for number in (1, 2)]
    rows = [practice_row(number, name.replace("/", "\\")) for number, name in enumerate(names, start=1)]
    delivery.sheets(Sheet1=[["MỤC LỤC HỒ SƠ, TÀI LIỆU"], [], PRACTICE, list(range(1, 47)), *rows])
    for number, name in enumerate(names, start=1):
        delivery.file(name, mill.paper(4600 + number, 3))
    return root


def _in_the_template(root: Path, command: CommandLine, mill: PaperMill) -> Path:
    delivery = DeliveryFolder(root)
    command.json("template", "--profile", "05-2025", "-o", root / "mau.xlsx")
    book = openpyxl.load_workbook(root / "mau.xlsx")
    page = book["Văn bản"]
    for cell in page[2]:
        if cell.value == "H49.64.2025.VD01":
            cell.value = "H49.64.2025.7"
    page.delete_rows(3)
    book["Hồ sơ"]["A2"] = "H49.64.2025.7"
    book["Hồ sơ"]["I2"] = 1
    for name in ("Ảnh", "Phim-Âm thanh"):
        book[name].delete_rows(2)
    book.save(root / "mau.xlsx")
    delivery.file(next(str(cell.value) for cell in page[2] if str(cell.value).endswith(".pdf")), mill.paper(4701, 1))
    return root


def _by_another_program(material: Path, make: Make, mill: PaperMill) -> Path:
    for name, content in (
        ("rep1/Quyết định số 1.pdf", mill.paper(4801, 1)),
        ("rep1/Báo cáo.pdf", mill.paper(4802, 2)),
        ("descriptive/dc.xml", DUBLIN_CORE.encode()),
    ):
        (material / name).parent.mkdir(parents=True, exist_ok=True)
        (material / name).write_bytes(content)
    return make("2.1.0", "folder", "DC", material)


def _messages(root: Path, mill: PaperMill) -> Path:
    root.mkdir()
    asked = Letter(number="15", files=(File("cv 15.pdf", mill.paper(4901, 1)),))
    reply = (identifier(asked, IOFFICE),)
    answer = Letter(
        number="16",
        day="2026-03-09",
        sender="H99.02",
        replies_to=reply,
        files=(File("cv 16.pdf", mill.paper(4902, 1)),),
    )
    (root / "1.edxml").write_bytes(message(asked, IOFFICE))
    (root / "2.xml").write_bytes(message(answer, VOFFICE))
    return root


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill, commons_ip_maker: Make) -> Taken:
    folder = tmp_path_factory.mktemp("senders")
    command = made_home(folder / "home", mill)
    deliveries = (
        _in_46_columns(folder / "46", mill),
        _in_the_template(folder / "mau", command, mill),
        _by_another_program(folder / "material", commons_ip_maker, mill),
        _messages(folder / "goi-tin", mill),
    )
    by_path = {line["path"]: line for line in command.json("ingest", *deliveries)}
    return Taken(command, {sender: by_path[str(path)] for sender, path in zip(SENDERS, deliveries, strict=True)})


def test_each_becomes_a_package(taken: Taken) -> None:
    told = {sender: (line["status"], line["file_code"], line["documents"]) for sender, line in taken.lines.items()}
    assert told == {
        "46 columns": ("archived", "001.03.08.H30.81.2024.K4.01.01", 2),
        "template": ("archived", "H49.64.2025.7", 1),
        "another program": ("archived", "H49.64.2025.77", 2),
        "messages": ("archived", "H99.01.2026.15-SVD-VP", 2),
    }


@pytest.mark.parametrize("sender", SENDERS)
def test_each_leaves_as_packages_that_both_judges_accept(
    taken: Taken, tmp_path: Path, commons_ip: CommonsIp, eark_validator: EarkValidator, sender: str
) -> None:
    for kind in (ExportKind.SIP, ExportKind.AIP, ExportKind.DIP):
        target = tmp_path / kind.value
        taken.command.json("export", taken.lines[sender]["package_id"], "--as", kind.value, "-o", target)
        (package,) = target.iterdir()
        sip = kind is ExportKind.SIP
        assert eark_validator.judge(package) == Reading(
            errors=frozenset(CIRCULAR[kind] | (TWO_CREATORS if sip else set())),
            warnings=frozenset(BESIDE | (NO_PREMIS if sip else set())),
        )
        answer = commons_ip.judge(literal(package))
        assert (ids(answer), answer["warnings"]) == (CIRCULAR[kind], 0)
