"""EAD in a package speaks by TT 05/2025, whatever the delivery spoke: by the bridge that converts holdings."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.work import WorkItem
from metadata.bridge.conversion import convert
from metadata.descriptions import Cell
from metadata.package_contents import RECORD
from metadata.xml.ead import read_ead
from metadata.xml.record import read_record
from tests.fakes.dossiers import Paper, dossier, package_stage

EAD = "metadata/descriptive/EAD.xml"
EAD_DOC = "representations/rep1/metadata/descriptive/EAD_doc_001.xml"
OLD_DOSSIER = {"maintenance": "Lâu dài", "rights": "Hạn chế", "creator": "Trần Thị B", "box": "7"}
OLD_DOCUMENT = {
    "type_name": "Nghị định",
    "mode": "Không hạn chế",
    "language": "Tiếng Anh, Tiếng Việt",
    "sheet_number": "1-3",
}


def cells(fields: dict[str, str]) -> dict[str, Cell]:
    return {key: Cell(value=value, written=value, row=4, column=key) for key, value in fields.items()}


@pytest.fixture
def item(tmp_path: Path) -> WorkItem:
    """A dossier in the words of TT 02/2019 practice."""
    made = dossier(tmp_path, [Paper(("Quyết định.pdf",))])
    first = made.dossier.documents[0]
    document = first.model_copy(update={"fields": {**first.fields, **cells(OLD_DOCUMENT)}})
    described = made.dossier.model_copy(
        update={"fields": {**made.dossier.fields, **cells(OLD_DOSSIER)}, "documents": (document,)}
    )
    return replace(made, dossier=described)


def written(item: WorkItem) -> dict[str, bytes]:
    (part,) = package_stage().run(item).parts
    return {file.path: (item.folder / file.source).read_bytes() for file in part.files}


def test_words_of_practice_become_codes_and_what_has_no_field_stands_in_the_remarks(item: WorkItem) -> None:
    files = written(item)
    own, document = (read_ead(io.BytesIO(files[path])) for path in (EAD, EAD_DOC))
    assert (own["maintenance"], own["mode"]) == ("07", "02")
    assert own["description"] == "Người lập hồ sơ: Trần Thị B; Thời hạn bảo quản: Lâu dài; Hộp số: 7"
    assert (document["typeName"], document["mode"], document["language"]) == ("32", "01", "06")
    assert document["description"].endswith("Tên loại văn bản: Nghị định; Tờ số: 1-3")


def test_it_is_what_the_conversion_of_a_holding_says(item: WorkItem) -> None:
    bridged = convert(item.dossier, source="02-2019", target="05-2025").dossier
    own = read_ead(io.BytesIO(written(item)[EAD]))
    assert own["description"] == bridged.value("description")


def test_the_record_keeps_the_words_as_they_were_delivered(item: WorkItem) -> None:
    record = read_record(io.BytesIO(written(item)[RECORD]))
    assert record.dossier.fields == item.dossier.fields
    assert record.documents[0].description.fields == item.dossier.documents[0].fields


def test_a_delivery_of_the_circular_in_force_goes_in_as_it_is(item: WorkItem) -> None:
    new = replace(item, delivery=item.delivery.model_copy(update={"profile": "05-2025"}))
    own = read_ead(io.BytesIO(written(new)[EAD]))
    assert "description" not in own
