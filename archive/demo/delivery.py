"""Makes the sample delivery: three dossiers, twenty documents, forty-five pages, one dossier with five mistakes.

The words and pictures are the same each time for the same seed; signatures are
not, because their keys are made anew and thrown away. A finished delivery is
therefore kept and used again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive.demo import drawing, office
from archive.demo.papers import Make, Paper, SampleDossier, dossiers
from archive.demo.pki import Pki, new_pki
from archive.preservation.signatures.signing import (
    Appearance,
    Signing,
    add_evidence,
    sign_pdf,
    time_stamp_pdf,
    time_stamper,
)
from metadata.time import VIETNAM, Clock

FORMAT = 2
"""Raised whenever the generator makes other files."""

SEED = 222
SHEET = "muc-luc-giao-nop.xlsx"

SIGNED_AT = datetime(2021, 10, 20, 9, 15, tzinfo=VIETNAM)
_SINCE = datetime(2019, 1, 1, tzinfo=VIETNAM)
_LIFE = timedelta(days=3650)

_BODIES = {
    "ỦY BAN NHÂN DÂN\nTỈNH KIÊN SƠN": "Ủy ban nhân dân tỉnh Kiên Sơn",
    "UBND TỈNH KIÊN SƠN\nSỞ NỘI VỤ": "Sở Nội vụ tỉnh Kiên Sơn",
    "UBND TỈNH KIÊN SƠN\nSỞ XÂY DỰNG": "Sở Xây dựng tỉnh Kiên Sơn",
    "UBND TỈNH KIÊN SƠN\nSỞ ĐỊA CHÍNH": "Sở Địa chính tỉnh Kiên Sơn",
    "UBND HUYỆN THẠCH LÂM\nỦY BAN NHÂN DÂN XÃ TÂN HÒA": "Ủy ban nhân dân xã Tân Hòa, huyện Thạch Lâm",
}
"""Issuing bodies as a clerk writes them in a list, by the head of the paper."""

HEADINGS = (
    "STT",
    "Phông",
    "Mục lục",
    "Hộp số",
    "Số và ký hiệu hồ sơ",
    "Tiêu đề hồ sơ",
    "Thời hạn bảo quản",
    "Chế độ sử dụng",
    "Ngôn ngữ",
    "Ngày bắt đầu",
    "Tháng bắt đầu",
    "Năm bắt đầu",
    "Ngày kết thúc",
    "Tháng kết thúc",
    "Năm kết thúc",
    "Tổng số văn bản trong hồ sơ",
    "Chú giải",
    "Ký hiệu thông tin",
    "Từ khóa",
    "Số lượng tờ",
    "Tình trạng vật lý",
    "Mức độ tin cậy",
    "Mã hồ sơ giấy gốc",
    "Ghi chú",
    "STT trong hồ sơ",
    "Tên loại văn bản",
    "Số",
    "Ký hiệu",
    "Ngày văn bản",
    "Tháng văn bản",
    "Năm văn bản",
    "Tên cơ quan ban hành",
    "Trích yếu",
    "Ngôn ngữ",
    "Số lượng trang",
    "Ghi chú",
    "Ký hiệu thông tin",
    "Từ khóa",
    "Chế độ sử dụng",
    "Mức độ tin cậy",
    "Bút tích",
    "Tình trạng vật lý",
    "Quy trình xử lý (nếu có)",
    "Tờ số",
    "Loại tài liệu",
    "Đường dẫn file",
)
"""The 46 columns of a real delivery sheet, in its order."""


@dataclass(frozen=True, slots=True)
class _Signer:
    """Who signs the samples, and with what evidence."""

    pki: Pki
    now: datetime
    drawings: Path
    """Folder in which appearances are drawn."""

    def _evidence(self, pdf: bytes) -> bytes:
        # Collected at the hand-over, as an agency should: all lists are of today.
        return add_evidence(pdf, self.pki.certificates(), self.pki.lists(self.now))

    def decision(self, pdf: bytes, pages: int) -> bytes:
        """Signed by the leader and then by the agency, stamped, with evidence and a document time-stamp."""
        last = pages - 1
        name = self._text("Nguyễn Văn Minh", (330, 500, 500, 526))
        leader = self._signing("LanhDaoKy", SIGNED_AT, replace(name, page=last))
        seal = self.drawings / "seal.png"
        drawing.seal_picture("TỈNH KIÊN SƠN").save(seal)
        look = Appearance((300, 488, 402, 590), seal, last)
        agency = self._signing("CoQuanKy", SIGNED_AT + timedelta(minutes=25), look)
        signed = sign_pdf(pdf, self.pki.people["leader"], leader)
        signed = sign_pdf(signed, self.pki.people["agency"], agency)
        stamper = time_stamper(self.pki.stamper, self.now)
        return time_stamp_pdf(self._evidence(signed), stamper, field_name="DauThoiGianLuuTru")

    def scan(self, pdf: bytes) -> bytes:
        """Signed by whoever scanned it: a line of text in the upper right corner of page 1, as the circulars ask."""
        look = self._text("Trung tâm Lưu trữ lịch sử tỉnh Kiên Sơn", (372, 808, 582, 834))
        signing = self._signing("ChuKySoHoa", SIGNED_AT, look)
        return self._evidence(sign_pdf(pdf, self.pki.people["archive"], signing))

    def _text(self, name: str, box: tuple[int, int, int, int]) -> Appearance:
        lines = (f"Ký bởi: {name}", f"Ngày ký: {SIGNED_AT:%d-%m-%Y %H:%M:%S} +07:00")
        path = self.drawings / f"{box[0]}-{box[1]}.pdf"
        path.write_bytes(drawing.stamp_pdf(lines, box[2] - box[0], box[3] - box[1]))
        return Appearance(box, path)

    def _signing(self, field: str, at: datetime, look: Appearance) -> Signing:
        stamper = time_stamper(self.pki.stamper, at + timedelta(seconds=20))
        return Signing(at, field_name=field, stamper=stamper, appearance=look)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the parts of a sample delivery lie."""

    delivery: Path

    @property
    def trust(self) -> Path:
        return self.delivery.with_name(f"{self.delivery.name}-trust")

    @property
    def manifest(self) -> Path:
        return self.delivery.with_name(f"{self.delivery.name}-manifest.json")


def make_delivery(folder: Path, *, clock: Clock, seed: int = SEED) -> dict[str, Any]:
    """The sample delivery as `folder`, made now unless a whole one of the same seed is there.

    Args:
        folder: What is handed in; replaced when it is not whole. Beside it come `{folder}-trust` (the
            root certificate to trust) and `{folder}-manifest.json` (digests, by which a whole one is known).
        clock: The certificates are valid for ten years from now; papers and signatures are of their own days.
        seed: Of noise and stains.

    Returns:
        `delivery`, `trust` (paths), `already` (it was there), `files` (how many), `dossiers` with code, title,
        mistakes and documents (ordinal, file, title, pages, make), `searches` (query and where it is found).

    Raises:
        ToolMissingError: no font with Vietnamese letters.
        OSError: the folder cannot be written.
    """
    places = _Places(folder.absolute())
    kept = _kept(places, seed)
    if kept is not None:
        return _answer(places, kept, already=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=places.delivery.parent, prefix=".new-") as scratch:
        new = _Places(Path(scratch) / "delivery")
        _write_all(new, clock.now(), seed)
        manifest = {"format": FORMAT, "seed": seed, "files": _digests(new)}
        new.manifest.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        for old, made in ((places.delivery, new.delivery), (places.trust, new.trust)):
            shutil.rmtree(old, ignore_errors=True)
            made.replace(old)
        # The manifest comes last: without it the delivery is made anew.
        new.manifest.replace(places.manifest)
    return _answer(places, manifest, already=False)


def _kept(places: _Places, seed: int) -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads(places.manifest.read_text(encoding="utf-8"))
        same = manifest["format"] == FORMAT and manifest["seed"] == seed
        return manifest if same and manifest["files"] == _digests(places) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digests(places: _Places) -> dict[str, str]:
    return {
        f"{part}/{path.relative_to(folder).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for part, folder in (("delivery", places.delivery), ("trust", places.trust))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _answer(places: _Places, manifest: dict[str, Any], *, already: bool) -> dict[str, Any]:
    return {
        "delivery": str(places.delivery),
        "trust": str(places.trust),
        "already": already,
        "files": len([name for name in manifest["files"] if name.startswith("delivery/")]),
        "dossiers": [_described(dossier) for dossier in dossiers()],
        "searches": [{"query": q, "file_code": c, "ordinal": o, "finds": f} for q, c, o, f in SEARCHES],
    }


SEARCHES = (
    ("222/qd-ubnd", "000.00.12.H99.2021.15", 1, "number typed without marks"),
    ("may hut am cong nghiep", "000.00.12.H99.2021.15", 1, "words of a scanned page"),
    ("coc khoan nhoi", "000.00.12.H99.2021.15", 4, "words of a signed scan"),
    ("lien danh tu van hong linh", "000.00.12.H99.2021.15", 3, "words of a signed PDF"),
    ("địa bạ triều Nguyễn", "000.00.12.H99.2021.15", 5, "words of a Word file"),
    ("bình khí FM-200", "000.00.12.H99.2021.15", 6, "words of a spreadsheet"),
    ("thôn Suối Bạc cho 214 hộ", "000.00.12.H99.2003.07", 1, "words of a TCVN3 file"),
    ("may kinh vi quang co", "000.00.12.H99.2003.07", 2, "words of a yellowed scan"),
)
"""What can be asked of the archived dossiers: query, dossier, document, what it shows."""


def _described(dossier: SampleDossier) -> dict[str, Any]:
    return {
        "file_code": dossier.code,
        "title": dossier.title,
        "mistakes": list(dossier.mistakes),
        "documents": [
            {
                "ordinal": ordinal,
                "file": _file(dossier, ordinal, paper),
                "title": paper.subject,
                "pages": len(paper.pages),
                "make": paper.make.value,
            }
            for ordinal, paper in enumerate(dossier.paper, start=1)
        ],
    }


def _file(dossier: SampleDossier, ordinal: int, paper: Paper) -> str:
    return f"ho-so-{dossier.notation}/{dossier.code}.{ordinal:03d}.{paper.extension}"


def _write_all(places: _Places, now: datetime, seed: int) -> None:
    pki = new_pki(_SINCE, now + _LIFE)
    places.trust.mkdir()
    (places.trust / "rootca-dung-thu.der").write_bytes(pki.root.der)
    drawings = places.delivery.with_name("drawings")
    drawings.mkdir()
    signer = _Signer(pki, now, drawings)
    for place, dossier in enumerate(dossiers()):
        for ordinal, paper in enumerate(dossier.paper, start=1):
            data = _made(paper, signer, seed + 1000 * place + 20 * ordinal)
            if data is not None:
                path = places.delivery / _file(dossier, ordinal, paper)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    (places.delivery / SHEET).write_bytes(sheet())


def _made(paper: Paper, signer: _Signer, seed: int) -> bytes | None:
    makers: dict[Make, Callable[[], bytes | None]] = {
        Make.DIGITAL: lambda: drawing.digital_pdf(paper),
        Make.SIGNED: lambda: signer.decision(drawing.digital_pdf(paper), len(paper.pages)),
        Make.SIGNED_SCAN: lambda: signer.scan(drawing.scanned_pdf(paper, seed)),
        Make.DOCX: lambda: office.docx(paper),
        Make.XLSX: lambda: office.equipment_list(paper),
        Make.TCVN3: office.tcvn3_decision,
        Make.PHOTO: lambda: drawing.photograph(seed),
        Make.PROGRAM: _program,
        Make.MISSING: lambda: None,
    }
    make = makers.get(paper.make)
    return drawing.scanned_pdf(paper, seed) if make is None else make()


def _program() -> bytes:
    """A Windows program that does nothing: header, one empty section."""
    header = bytearray(0x400)
    header[0:2] = b"MZ"
    header[0x3C:0x40] = (0x80).to_bytes(4, "little")
    header[0x4E : 0x4E + 39] = b"This program cannot be run in DOS mode."
    header[0x80:0x84] = b"PE\0\0"
    header[0x84:0x86] = (0x014C).to_bytes(2, "little")
    header[0x86:0x88] = (1).to_bytes(2, "little")
    header[0x94:0x96] = (0xE0).to_bytes(2, "little")
    header[0x96:0x98] = (0x0102).to_bytes(2, "little")
    header[0x98:0x9A] = (0x010B).to_bytes(2, "little")
    header[0x178:0x180] = b".text\0\0\0"
    return bytes(header)


# ------------------------------------------------------------ the sheet


def sheet() -> bytes:
    """The delivery sheet: title lines, headings, a line of column numbers, one row a document."""
    width = len(HEADINGS)
    rows: list[Sequence[office.Value]] = [
        ["MỤC LỤC HỒ SƠ, TÀI LIỆU GIAO NỘP VÀO LƯU TRỮ LỊCH SỬ"],
        ["Đơn vị giao nộp: Ủy ban nhân dân tỉnh Kiên Sơn"],
        HEADINGS,
        list(range(1, width + 1)),
    ]
    number = 0
    for box, dossier in enumerate(dossiers(), start=1):
        for ordinal, paper in enumerate(dossier.paper, start=1):
            number += 1
            rows.append([number, *_dossier_cells(dossier, box), *_paper_cells(dossier, ordinal, paper)])
    return office.xlsx("Mục lục", rows, ["A1:AT1", "A2:AT2"], [max(8, len(heading) + 2) for heading in HEADINGS])


def _dossier_cells(dossier: SampleDossier, box: int) -> list[office.Value]:
    return [
        "Ủy ban nhân dân tỉnh Kiên Sơn",
        dossier.year,
        box,
        dossier.notation,
        dossier.title,
        dossier.keeping,
        "Không hạn chế",
        "Tiếng Việt",
        *dossier.start,
        *dossier.end,
        len(dossier.paper),
        None,
        None,
        dossier.keywords,
        sum(len(paper.pages) for paper in dossier.paper),
        "Bình thường",
        "Hỗn hợp",
        None,
        None,
    ]


def _paper_cells(dossier: SampleDossier, ordinal: int, paper: Paper) -> list[office.Value]:
    born = paper.make in (Make.DIGITAL, Make.SIGNED, Make.DOCX, Make.XLSX, Make.TCVN3)
    return [
        ordinal,
        paper.kind,
        paper.number,
        paper.notation,
        *paper.day,
        _BODIES[paper.issuer],
        paper.subject,
        "Tiếng Việt",
        len(paper.pages),
        None,
        None,
        None,
        "Không hạn chế",
        "Gốc điện tử" if born else "Số hóa",
        None,
        "Bình thường",
        None,
        None,
        "Ảnh" if paper.make is Make.PHOTO else "Văn bản",
        _file(dossier, ordinal, paper).replace("/", "\\"),
    ]
