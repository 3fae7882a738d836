"""The reader over real worker processes: hostile spreadsheets end their process, never the archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from ingest.readers.folder import FolderReader
from ingest.workers.pool import WorkerPool
from metadata.descriptions import Delivery
from tests.fixtures.deliveries import CODE, DeliveryFolder, workbook


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(1, tmp_path_factory.mktemp("scratch"), attempts=1) as workers:
        yield workers


def read(delivery: DeliveryFolder, pool: WorkerPool) -> Delivery:
    return FolderReader(pool).read(delivery.root, delivery.root.with_name("room"))


def test_a_delivery_is_read_through_a_real_worker(delivery: DeliveryFolder, pool: WorkerPool) -> None:
    delivery.one()
    delivery.file("a.pdf")
    found = read(delivery, pool)
    assert [(d.file_code, d.documents[0].files) for d in found.dossiers] == [(CODE, ("a.pdf",))]


def test_a_cell_at_the_far_corner_is_a_finding_and_costs_a_process_only(
    delivery: DeliveryFolder, pool: WorkerPool
) -> None:
    def far(book: openpyxl.Workbook) -> None:
        book["S"]["XFD1048576"] = "x"

    delivery.file("danh-muc.xlsx", workbook({"S": [["Mã hồ sơ"]]}, far))
    assert [found.rule for found in read(delivery, pool).findings] == ["READ-005"]
    delivery.one()
    delivery.file("a.pdf")
    assert read(delivery, pool).findings == ()


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_an_xml_bomb_ends_within_its_limits(delivery: DeliveryFolder, pool: WorkerPool, part: str) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE x [<!ENTITY e0 "0123456789">{entities}]>'.encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"S": [["Mã hồ sơ"]]}))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, head + data.replace("Mã hồ sơ".encode(), b"&e11;") if name == part else data)
    delivery.file("danh-muc.xlsx", stream.getvalue())
    assert {found.rule for found in read(delivery, pool).findings} <= {"READ-001", "READ-003", "READ-005", "READ-036"}
    assert read(delivery, pool).findings


def test_the_samples_of_the_state_are_read_by_their_content(pool: WorkerPool, tmp_path: Path) -> None:
    sample = Path(__file__).parents[3] / "shared" / "samples" / "legacy" / "vni-2006.xls"
    if not sample.exists():
        pytest.skip(f"{sample} is not there: the extra suite of real files is left out")
    delivery = DeliveryFolder(tmp_path / "d")
    delivery.file("vni-2006.xls", sample.read_bytes())
    assert [found.rule for found in read(delivery, pool).findings] == ["READ-001"]
