"""`check --sheet-only` of a spreadsheet with as many rows as files lie beside it: seconds until the first line and all.

One dossier has 20 documents; each row carries the columns of a delivery sheet of practice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from archive.composition import Archive
from archive.reports.workbooks import SheetColumn, SheetContent, write_workbook

SIZES = (1_000, 10_000, 100_000)
TARGETS = {"seconds": 60.0, "mib": 500.0, "workers_mib": 500.0}
DOCUMENTS = 20
HEADINGS = (
    "Mã hồ sơ",
    "Tiêu đề hồ sơ",
    "Thời hạn bảo quản",
    "Thời gian bắt đầu",
    "Thời gian kết thúc",
    "Số thứ tự văn bản trong hồ sơ",
    "Tên loại văn bản",
    "Số, ký hiệu",
    "Ngày ban hành",
    "Tên cơ quan ban hành",
    "Trích yếu nội dung",
    "Ngôn ngữ",
    "Số lượng trang",
    "Chế độ sử dụng văn bản",
    "Tình trạng vật lý văn bản",
    "Đường dẫn tệp",
)


def _rows(size: int) -> Iterator[tuple[str, ...]]:
    for number in range(size):
        dossier, place = divmod(number, DOCUMENTS)
        code = f"000.00.01.H49.2019.{dossier + 1:05d}"
        yield (
            code,
            f"Hồ sơ về việc giao đất, cho thuê đất đợt {dossier + 1} năm 2019",
            "Vĩnh viễn",
            "01/01/2019",
            "31/12/2019",
            str(place + 1),
            "Quyết định",
            f"{number + 1}/QĐ-UBND",
            f"{place % 28 + 1:02d}/{place % 12 + 1:02d}/2019",
            "Ủy ban nhân dân tỉnh Quảng Ninh",
            f"Về việc giao đất cho hộ gia đình số {number + 1} tại xã Hạ Long, huyện Vân Đồn",
            "Tiếng Việt",
            "1",
            "Công khai",
            "Bình thường",
            f"{code}/{code}.{place + 1:03d}.pdf",
        )


def prepare(size: int, folder: Path) -> None:
    """The delivery."""
    root = folder / "delivery"
    root.mkdir()
    columns = [SheetColumn(heading) for heading in HEADINGS]
    write_workbook(
        root / "muc-luc.xlsx", [SheetContent("Sheet1", columns, _rows(size))], created=datetime(2026, 1, 1, tzinfo=UTC)
    )
    for row in _rows(size):
        path = root / row[-1]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%PDF-1.7\n")


def measure(size: int, folder: Path) -> dict[str, float]:
    """`check` as the command line calls it."""
    begun = time.perf_counter()
    first = 0.0
    documents = findings = 0
    with Archive.opened(need_home=False) as archive:
        for answer in archive.submissions.check(folder / "delivery", sheet_only=True):
            first = first or time.perf_counter() - begun
            documents += answer.documents
            findings += len(answer.findings)
    seconds = time.perf_counter() - begun
    if documents != size:
        msg = f"{documents} documents of {size}"
        raise ValueError(msg)
    return {"seconds": round(seconds, 2), "first_line_seconds": round(first, 2), "findings": findings}
