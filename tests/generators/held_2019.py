"""A holding described by TT 02/2019 in a catalogue of its own: descriptions only, no file."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.entering import StoredVersion
from archive.catalogue.holdings import Catalogue
from metadata.descriptions import Cell, Description, DocumentDescription, RecordKind
from metadata.package import PackageDocument, PackageRecord
from tests.fakes.clock import StandingClock

AGENCY = "H49"
_TYPES = ("Quyết định", "QĐ", "Nghị định", "Tờ trình", "Công văn")
_PERIODS = ("Vĩnh viễn", "20 năm", "Lâu dài", "15 năm", "Tạm thời")


def package_id(number: int) -> str:
    return str(UUID(int=number + 1))


def cells(row: int, **fields: str) -> dict[str, Cell]:
    return {key: Cell(value=value, written=value, row=row, column=key) for key, value in fields.items() if value}


def document(code: str, ordinal: int) -> DocumentDescription:
    """Every tenth is a photograph with records attached; the rest are documents of several types."""
    row = ordinal + 3
    if ordinal % 10 == 0:
        fields = cells(
            row,
            archives_number=f"A.{ordinal}",
            image_title=f"Lễ khởi công {ordinal}",
            doc_attached="Bản thuyết minh 2 trang",
            colour="Đen trắng",
            mode="Không hạn chế",
        )
        return DocumentDescription(
            ordinal=ordinal, kind=RecordKind.PHOTO, row=row, files=(f"{code}.{ordinal:03d}.jpg",), fields=fields
        )
    fields = cells(
        row,
        doc_code=f"{code}.{ordinal}",
        ordinal=str(ordinal),
        type_name=_TYPES[ordinal % len(_TYPES)],
        code_number=str(ordinal),
        code_notation="QĐ-UBND",
        issued_date="2012-05-17",
        organ_name="Ủy ban nhân dân tỉnh",
        subject=f"Về việc phê duyệt kế hoạch số {ordinal}",
        language="Tiếng Việt",
        page_amount="3",
        mode="Hạn chế" if ordinal % 3 else "Không hạn chế",
        confidence_level="Bản chính" if ordinal % 7 == 0 else "",
        format="Bình thường",
        sheet_number=f"{ordinal}-{ordinal + 2}",
    )
    return DocumentDescription(ordinal=ordinal, row=row, files=(f"{code}.{ordinal:03d}.pdf",), fields=fields)


def record(number: int, documents: int, profile: str = "02-2019") -> PackageRecord:
    code = f"H49.64.2012.{number:05d}"
    fields = cells(
        3,
        title=f"Hồ sơ về việc số {number}",
        maintenance=_PERIODS[number % len(_PERIODS)],
        rights="Hạn chế",
        creator="Trần Thị B",
        start_date="2012-01-01",
        end_date="2012-12-31",
        box=str(number % 40),
        storehouse="2",
    )
    described = (document(code, ordinal) for ordinal in range(1, documents + 1))
    return PackageRecord(
        package_id=package_id(number),
        dossier_id=package_id(number),
        created_at="2026-01-01T00:00:00.000Z",
        agency=AGENCY,
        submission_id=package_id(10**6),
        fingerprint=f"{number:064x}",
        profile=profile,
        file_code=code,
        dossier=Description(fields=fields, source="danh-muc.xlsx", sheet="Hồ sơ", row=3),
        documents=tuple(PackageDocument(description=one) for one in described),
    )


def fill(catalogue: Catalogue, dossiers: int, documents: int) -> None:
    """Enter `dossiers` dossiers of `documents` documents each; one of them by TT 05/2025 already."""
    for number in range(dossiers):
        made = record(number, documents, "05-2025" if number == 1 else "02-2019")
        version = StoredVersion(made.package_id, "v1", "0" * 128)
        catalogue.enter([(made, version)], f"2026-01-01T00:00:{number // 1000:02d}.{number % 1000:03d}Z")


def new_database(folder: Path) -> Database:
    url = f"sqlite:///{folder / 'catalogue.sqlite'}"
    upgrade(url)
    return Database(engine_of(url))


def new_catalogue(database: Database) -> Catalogue:
    made = Catalogue(database, StandingClock())
    made.add_agency(AGENCY, "Tỉnh")
    return made
