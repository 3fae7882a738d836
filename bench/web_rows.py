"""Dossiers for `bench/web_holding.py`: records made of the demo's, and the rows that entering would make of them."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.auth.access import document_tokens
from archive.auth.people import Label
from archive.catalogue.wording import wording
from metadata.package import PackageRecord
from search.ports import IndexedDocument

_MODES = (
    ("Không hạn chế", Label.PUBLIC),
    ("Nội bộ", Label.INTERNAL),
    ("Nội bộ", Label.INTERNAL),
    ("Nội bộ", Label.INTERNAL),
    ("Sử dụng có điều kiện", Label.RESTRICTED),
    ("Mật", Label.CONFIDENTIAL),
)
_SUBJECTS = ("giao đất sản xuất nông nghiệp", "phê duyệt kế hoạch số hóa", "bổ nhiệm cán bộ", "xây dựng kho lưu trữ")
KINDS = ("originals", "renditions", "text_files")


@dataclass(frozen=True)
class Sample:
    """A document of the demo: the record it stands in, and itself as JSON."""

    record: PackageRecord
    text: str

    def document(self) -> dict[str, Any]:
        """A copy of its own."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True)
class Made:
    """A made dossier."""

    record: dict[str, Any]
    label: Label
    labels: Sequence[Label]
    sources: Sequence[Sample]
    """Of what each document was made."""

    stored_at: str

    @property
    def package_id(self) -> str:
        """Names it."""
        return str(self.record["package_id"])

    def value(self, ordinal: int, name: str) -> str:
        """A field of a document; of ordinal 0 of the dossier."""
        described = self.record["documents"][ordinal - 1]["description"] if ordinal else self.record["dossier"]
        return str(described["fields"].get(name, {}).get("value", ""))

    def number(self, ordinal: int) -> str:
        """Number and notation."""
        return f"{self.value(ordinal, 'code_number')}/{self.value(ordinal, 'code_notation')}"


class Dossiers:
    """Makes them, the same ones each time."""

    def __init__(self, samples: Sequence[PackageRecord], codes: Sequence[str]) -> None:
        self._dice = random.Random(1)  # noqa: S311 - a made holding
        self._codes = codes
        self._records = [json.dumps(record.model_dump(mode="json") | {"documents": []}) for record in samples]
        self._samples = [
            Sample(record, document.model_dump_json())
            for record in samples
            for document in record.documents
            if document.renditions
        ]

    def made(self, number: int, most: int) -> Made:
        """The dossier of that number, with 1 to 300 documents (half of them have at most 8), `most` at most."""
        dice = self._dice
        agency, year = self._codes[(number - 1) % len(self._codes)], dice.randint(1975, 2025)
        package_id, code = str(uuid.UUID(int=dice.getrandbits(128), version=4)), f"{agency}.{year}.{number:05d}"
        record: dict[str, Any] = json.loads(dice.choice(self._records))
        mode, label = dice.choice(_MODES)
        told = {
            "file_code": code,
            "title": f"Hồ sơ về việc {dice.choice(_SUBJECTS)} số {number}",
            "start_date": f"{year}-01-02",
            "end_date": f"{year}-12-20",
            "catalogue": f"{dice.randint(1, 6):02d}",
            "rights": mode,
            "fonds_name": f"Phông {dice.randint(1, 3)}",
        }
        _tell(record["dossier"], told)
        count = min(300, most, max(1, round(dice.lognormvariate(2.1, 0.9))))
        sources = [dice.choice(self._samples) for _ in range(count)]
        modes = [dice.choice(_MODES) for _ in range(count)]
        record |= {
            "package_id": package_id,
            "dossier_id": package_id,
            "submission_id": str(uuid.UUID(int=(number - 1) // 25 + 1, version=4)),
            "fingerprint": f"{number:064x}",
            "agency": agency,
            "agency_name": agency,
            "file_code": code,
            "findings": [],
            "receipt": None,
            "documents": [
                self._document(source.document(), ordinal, code, modes[ordinal - 1][0])
                for ordinal, source in enumerate(sources, start=1)
            ],
        }
        stored_at = f"2026-{dice.randint(1, 11):02d}-{dice.randint(1, 28):02d}T00:00:00.000Z"
        labels = [max(label, own, key=lambda one: one.rank) for _, own in modes]
        return Made(record, label, labels, sources, stored_at)

    def _document(self, document: dict[str, Any], ordinal: int, code: str, mode: str) -> dict[str, Any]:
        dice, year = self._dice, code.split(".")[-2]
        told = {
            "subject": f"Về việc {dice.choice(_SUBJECTS)} năm {year}, lần {ordinal}",
            "code_number": str(dice.randint(1, 3000)),
            "code_notation": "QĐ-UBND",
            "doc_code": f"{code}.{ordinal:03d}",
            "organ_name": f"Ủy ban nhân dân xã {dice.randint(1, 60)}",
            "issued_date": f"{year}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
            "mode": mode,
            "ordinal": str(ordinal),
        }
        _tell(document["description"], told)
        document["description"]["ordinal"] = ordinal
        names = {}
        for file in (file for kind in KINDS for file in document[kind]):
            folder, _, name = file["path"].rpartition("/")
            names[file["path"]] = f"{folder}/{ordinal:03d}-{name}"
            file |= {"path": names[file["path"]], "ordinal": ordinal}
        for file in (*document["renditions"], *document["text_files"]):
            file["derived_from"] = names[file["derived_from"]]
        for entry in (*document["texts"], *document["verdicts"]):
            entry["path"] = names[entry["path"]]
        return document


def _tell(description: dict[str, Any], told: Mapping[str, str]) -> None:
    for name, value in told.items():
        description["fields"].setdefault(name, {})["value"] = value


# ------------------------------------------------------------ rows


def dossier_row(made: Made) -> dict[str, Any]:
    """Of `dossiers`."""
    record = made.record
    return {
        "package_id": made.package_id,
        "agency": record["agency"],
        "file_code": record["file_code"],
        "title": made.value(0, "title"),
        "submission_id": record["submission_id"],
        "stored_at": made.stored_at,
        "documents": len(record["documents"]),
        "fingerprint": record["fingerprint"],
        "fonds": made.value(0, "fonds_name"),
        "declared": made.label.rank,
        "label": made.label.rank,
        "year": made.value(0, "start_date")[:4],
        "catalogue": made.value(0, "catalogue"),
        "starts": made.value(0, "start_date"),
        "ends": made.value(0, "end_date"),
        "words": wording(made.value(0, "title")),
    }


def package_row(made: Made, version: str) -> dict[str, Any]:
    """Of `packages`."""
    return {
        "id": made.package_id,
        "dossier_id": made.package_id,
        "part": 1,
        "version": version,
        "inventory_sha512": "0" * 128,
        "record": made.record,
    }


def document_rows(made: Made) -> list[dict[str, Any]]:
    """Of `documents`."""
    return [
        {
            "dossier_id": made.package_id,
            "ordinal": ordinal,
            "part_id": made.package_id,
            "agency": made.record["agency"],
            "doc_code": made.value(ordinal, "doc_code"),
            "title": made.value(ordinal, "subject"),
            "number": made.number(ordinal),
            "organ": made.value(ordinal, "organ_name"),
            "issued": made.value(ordinal, "issued_date"),
            "verdict": document["verdicts"][0]["verdicts"][0]["indication"] if document["verdicts"] else "",
            "declared": label.rank,
            "label": label.rank,
            "doubtful": sum(len(text["doubtful_pages"]) for text in document["texts"]),
            "words": wording(made.value(ordinal, "subject")),
        }
        for ordinal, (document, label) in enumerate(zip(made.record["documents"], made.labels, strict=True), start=1)
    ]


def file_rows(made: Made) -> list[dict[str, Any]]:
    """Of `files`."""
    names = ("path", "ordinal", "original_name", "sha256", "size_bytes", "puid", "mime", "representation")
    return [
        {"package_id": made.package_id, "dossier_id": made.package_id} | {name: file[name] for name in names}
        for document in made.record["documents"]
        for kind in KINDS
        for file in document[kind]
    ]


def delivery_row(submission_id: str, agency: str, at: str) -> dict[str, Any]:
    """Of `submissions`."""
    return {
        "id": submission_id,
        "agency": agency,
        "path": f"/uploads/Đợt {submission_id[:8]}.zip",
        "operator": "bench",
        "reader": "folder",
        "profile": "02-2019",
        "received_at": at,
        "clock": "system",
        "findings": [],
        "ignored": [],
        "label": Label.INTERNAL.rank,
    }


def job_row(dossier: Mapping[str, Any], position: int, state: str, at: str) -> dict[str, Any]:
    """Of `jobs`, for a row of `dossiers`; `state` is a result, or `running`."""
    running = state == "running"
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, dossier["package_id"])),
        "submission_id": dossier["submission_id"],
        "agency": dossier["agency"],
        "kind": "ingest",
        "position": position,
        "file_code": dossier["file_code"],
        "package_id": dossier["package_id"],
        "status": state if state in {"running", "rejected"} else "done",
        "result": None if running else state,
        "stage": "text" if running else None,
        "done": 0,
        "total": 0,
        "documents": dossier["documents"],
        "findings": [],
        "error": None,
        "attempt": 1,
        "approvals": [],
        "same_as": None,
        "label": dossier["label"],
        "created_at": at,
        "updated_at": at,
    }


def indexed(made: Made, ordinal: int, pages: Sequence[str]) -> IndexedDocument:
    """A document as the index gets it."""
    return IndexedDocument(
        document_id=f"{made.package_id}/{ordinal}",
        package_id=made.package_id,
        ordinal=ordinal,
        agency=made.record["agency"],
        title=made.value(ordinal, "subject"),
        dossier_title=made.value(0, "title"),
        doc_code=made.value(ordinal, "doc_code"),
        file_code=made.record["file_code"],
        number=made.number(ordinal),
        type_name=made.value(ordinal, "type_name"),
        organ_name=made.value(ordinal, "organ_name"),
        issued=made.value(ordinal, "issued_date"),
        signer="Nguyễn Văn Minh",
        fonds=made.value(0, "fonds_name"),
        retention="Vĩnh viễn",
        language="Tiếng Việt",
        rights=made.value(ordinal, "mode"),
        keywords="",
        fields={},
        pages=pages,
        access=document_tokens(made.record["agency"], made.labels[ordinal - 1]),
    )
