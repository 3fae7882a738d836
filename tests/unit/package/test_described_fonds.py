"""What a table of fonds says of a dossier's fonds: in the package, in the finding aid, in the catalogue."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from lxml import etree

from archive.auth.people import Label
from archive.auth.policy import Area, Scope
from archive.catalogue.database import Database
from archive.catalogue.described_fonds import DescribedFonds
from archive.catalogue.entering import StoredVersion
from archive.catalogue.tables import dossiers
from metadata.descriptions import Cell, Description
from metadata.package import PackageRecord
from metadata.package_check import check_package
from metadata.package_reader import read_package
from metadata.xml.ead3 import EAD3, FindingAid, write_ead3
from tests.fakes.dossiers import Paper, dossier, package_stage
from tests.generators.held_2019 import AGENCY, new_catalogue, new_database, record

SAID = {
    "fonds_code": "H49.64",
    "fonds_name": "UBND <tỉnh>",
    "fonds_history": "Thành lập năm 1990",
    "lookup_tools": "Mục lục",
    "paper_total": "12,5 mét giá",
}
FONDS = Description(
    fields={key: Cell(value=value, written=f" {value}", row=3, column=key) for key, value in SAID.items()},
    source="bang-phong.xlsx",
    sheet="Phông",
    row=3,
)


def test_the_package_keeps_it_to_the_letter(tmp_path: Path) -> None:
    item = dossier(tmp_path, [Paper(("Quyết định.pdf",))])
    item = replace(item, dossier=item.dossier.model_copy(update={"fonds": FONDS}))
    (part,) = package_stage().run(item).parts
    files = {file.path: (item.folder / file.source).read_bytes() for file in part.files}
    assert read_package(lambda path: io.BytesIO(files[path]), files).fonds == FONDS
    assert check_package(lambda path: io.BytesIO(files[path]), files) == ()
    text = files["metadata/descriptive/source/record.xml"].decode()
    assert 'label="Lịch sử đơn vị hình thành phông"' in text


def test_a_finding_aid_tells_history_and_tools_where_they_have_their_place() -> None:
    stream = io.BytesIO()
    told = {"agency": "Sở", "archive": "Kho", "program": "luutru 1", "created": "2026-11-28T10:00:00+07:00"}
    aid = FindingAid("id", "H49.1", "05-2025", Description(fields={"title": Cell(value="Hồ sơ")}), **told, fonds=FONDS)
    write_ead3(stream, aid, ())
    root = etree.fromstring(stream.getvalue())
    where = {"e": EAD3}
    assert root.findtext(".//e:archdesc/e:bioghist/e:p", None, where) == SAID["fonds_history"]
    assert root.findtext(".//e:archdesc/e:otherfindaid/e:p", None, where) == SAID["lookup_tools"]
    named = root.find(".//e:archdesc/e:odd[@localtype='fonds.paper_total']", where)
    assert named is not None
    assert named.findtext("e:p", None, where) == SAID["paper_total"]


# ---------------------------------------------------------------- catalogue


@pytest.fixture
def database(quick_path: Path) -> Iterator[Database]:
    made = new_database(quick_path)
    yield made
    made.close()


def of_fonds(number: int, received_at: str, **said: str) -> PackageRecord:
    """A dossier of the fonds `H49.64` with what its delivery says of the fonds."""
    made = record(number, 1)
    fields = made.dossier.fields | {"fonds_code": Cell(value="H49.64")}
    row = FONDS.model_copy(update={"fields": {**FONDS.fields, **{key: Cell(value=v) for key, v in said.items()}}})
    return made.model_copy(
        update={"dossier": made.dossier.model_copy(update={"fields": fields}), "fonds": row, "received_at": received_at}
    )


def entered(database: Database, *records: PackageRecord) -> DescribedFonds:
    catalogue = new_catalogue(database)
    for made in records:
        catalogue.enter([(made, StoredVersion(made.package_id, "v1", "0" * 128))], made.received_at)
    return DescribedFonds(database)


def test_what_is_told_alike_stands_once_and_what_is_told_otherwise_stays_beside_it(database: Database) -> None:
    first, again = of_fonds(1, "2026-01-01T00:00:00.000Z"), of_fonds(2, "2026-01-02T00:00:00.000Z")
    other = of_fonds(3, "2026-01-03T00:00:00.000Z", fonds_history="Thành lập năm 1991")
    found = entered(database, first, again, other, first).of(AGENCY, "H49.64")
    assert [row.value("fonds_history") for row in found] == ["Thành lập năm 1991", SAID["fonds_history"]]
    assert found[1] == FONDS
    assert DescribedFonds(database).of(AGENCY, "H49.65") == []


def test_who_sees_no_dossier_of_a_fonds_is_not_told_of_it(database: Database) -> None:
    told = entered(database, of_fonds(1, "2026-01-01T00:00:00.000Z"))
    with database.transaction() as connection:
        connection.execute(sa.update(dossiers).values(label=Label.RESTRICTED.rank))
    assert told.of(AGENCY, "H49.64", within=Scope((Area(AGENCY, Label.INTERNAL),))) == []
    assert told.of(AGENCY, "H49.64", within=Scope((Area("H50", Label.CONFIDENTIAL),))) == []
    assert told.of(AGENCY, "H49.64", within=Scope((Area(AGENCY, Label.RESTRICTED),))) == [FONDS]


def test_a_rebuild_begins_without_it(database: Database) -> None:
    told = entered(database, of_fonds(1, "2026-01-01T00:00:00.000Z"))
    new_catalogue(database).clear()
    made = of_fonds(1, "2026-01-01T00:00:00.000Z", fonds_history="Khác")
    entered(database, made)
    assert [row.value("fonds_history") for row in told.of(AGENCY, "H49.64")] == ["Khác"]
