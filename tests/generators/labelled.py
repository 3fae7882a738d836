"""Deliveries whose lists tell the mode of use, from which labels are read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from archive.demo.drawing import digital_pdf
from archive.demo.papers import Make
from tests.fixtures.served import paper

_HEADINGS = (
    *("Mã hồ sơ", "Tiêu đề hồ sơ", "Chế độ sử dụng hồ sơ", "Phông lưu trữ", "Thời gian bắt đầu"),
    *("Thời gian kết thúc", "Số thứ tự văn bản trong hồ sơ", "Trích yếu nội dung", "Ngày văn bản"),
    *("Đường dẫn file", "Chế độ sử dụng văn bản"),
)


def labelled_delivery(folder: Path, code: str, *modes: str) -> Path:
    """A dossier in a fonds: mode of use of the dossier, then of each document."""
    folder.mkdir(parents=True)
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(_HEADINGS)
    page = paper(Make.DIGITAL, "BC-ĐC")
    pdf = digital_pdf(page.model_copy(update={"pages": page.pages[:1]}))
    for ordinal, mode in enumerate(modes[1:], start=1):
        (folder / f"{ordinal}.pdf").write_bytes(pdf + f"\n%{code}/{ordinal}\n".encode())
        title = (code, f"Hồ sơ {code}", modes[0], "Phông A", "01/01/2021", "31/12/2021")
        writer.writerow([*title, ordinal, f"Báo cáo mật danh {code}", "05/04/2021", f"{ordinal}.pdf", mode])
    (folder / "muc-luc.csv").write_bytes(sheet.getvalue().encode("utf-8-sig"))
    return folder
