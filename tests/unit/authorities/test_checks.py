"""What the tables say of a dossier."""

from __future__ import annotations

import pytest

from metadata.authorities.checking import with_tables
from metadata.authorities.entries import AuthorityEntry, AuthorityKind
from metadata.authorities.lookup import AuthorityLookup
from metadata.descriptions import Cell, Delivery, Description, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.rules import message
from metadata.validation import check_delivery

TABLES = {
    AuthorityKind.AGENCIES: [
        AuthorityEntry(code="H49", name="Ủy ban nhân dân tỉnh Sông Lam", valid_to="2025-06-30", successor="H60"),
        AuthorityEntry(code="H60", name="Ủy ban nhân dân tỉnh Sông Hương", valid_from="2025-07-01"),
        AuthorityEntry(code="H49.64", name="Sở Nội vụ"),
    ],
    AuthorityKind.FONDS: [
        AuthorityEntry(code="P12", name="Ủy ban hành chính", archive="H49.64", state="closed", valid_to="1975-12-31"),
        AuthorityEntry(code="P13", name="Sở Nội vụ", archive="H49.64", state="open"),
    ],
    AuthorityKind.PLACES: [AuthorityEntry(code="K1", name="Kho 1"), AuthorityEntry(code="G07", name="Giá 7")],
}


def lookup(kind: AuthorityKind) -> AuthorityLookup | None:
    return AuthorityLookup(TABLES[kind])


def cells(**fields: str) -> dict[str, Cell]:
    return {key: Cell(value=value, written=value, row=2, column=key) for key, value in fields.items()}


def told(dossier: dict[str, str], document: dict[str, str] | None = None) -> list[Finding]:
    documents = (DocumentDescription(ordinal=1, files=("a.pdf",), fields=cells(**document), row=2),) if document else ()
    described = DossierDescription(file_code="HS-1", fields=cells(title="T", **dossier), documents=documents)
    delivery = Delivery(reader="folder", profile="02-2019", root="/x", dossiers=(described,), sources=("a.xlsx",))
    found = with_tables(check_delivery, lookup)(delivery)["HS-1"]
    own = [finding for finding in found if finding.rule.startswith("AUT")]
    for finding in own:
        for language in ("vi", "en"):
            assert "…" not in message(finding, language).replace("…–", "").replace("–…", "")
    return own


@pytest.mark.rule("AUT-001")
@pytest.mark.parametrize(("key", "code", "near"), [("archives_code", "H49.46", "H49.64"), ("fonds_code", "P14", "P13")])
def test_an_unknown_code_is_told_with_the_nearest(key: str, code: str, near: str) -> None:
    (finding,) = told({key: code})
    assert (finding.rule, finding.column, finding.row, finding.file) == ("AUT-001", key, 2, "a.xlsx")
    assert near in message(finding, "vi")
    assert near in message(finding, "en")


def test_a_known_code_is_no_matter() -> None:
    assert told({"archives_code": "H49.64", "fonds_code": "p13"}) == []


@pytest.mark.rule("AUT-002")
def test_a_misspelt_body_is_told_and_a_foreign_one_is_not() -> None:
    (finding,) = told({}, {"organ_name": "Sở Nội vu#"}) or told({}, {"organ_name": "Sơ Nội dụ"})
    assert finding.rule == "AUT-002"
    assert "Sở Nội vụ (H49.64)" in message(finding, "vi")
    assert told({}, {"organ_name": "Công ty TNHH Dệt may Hoàng Gia"}) == []


@pytest.mark.rule("AUT-003")
@pytest.mark.parametrize(
    ("name", "day", "wrong"),
    [
        ("UBND tỉnh Sông Lam", "2025-06-30", False),
        ("UBND tỉnh Sông Lam", "2025-07-01", True),
        ("UBND tỉnh Sông Lam", "2025", False),
        ("UBND tỉnh Sông Lam", "2026", True),
        ("UBND tỉnh Sông Hương", "2025-06-30", True),
        ("UBND tỉnh Sông Hương", "2025-07-01", False),
        ("Sở Nội vụ", "1980-01-01", False),
    ],
)
def test_a_body_that_was_not_at_that_time_is_told_with_its_successor(name: str, day: str, wrong: bool) -> None:
    found = told({}, {"organ_name": name, "issued_date": day})
    assert [finding.rule for finding in found] == (["AUT-003"] if wrong else [])
    if wrong and name.endswith("Lam"):
        assert "Ủy ban nhân dân tỉnh Sông Hương (H60)" in message(found[0], "vi")


@pytest.mark.rule("AUT-004")
def test_the_name_of_another_fonds_is_told() -> None:
    (finding,) = told({"fonds_code": "P13", "fonds_name": "Sở Y tế"})
    assert finding.rule == "AUT-004"
    assert told({"fonds_code": "P13", "fonds_name": "SỞ NỘI VỤ"}) == []


@pytest.mark.rule("AUT-004")
@pytest.mark.rule("AUT-005")
def test_a_table_of_fonds_beside_the_list_is_told_where_it_contradicts_ours() -> None:
    def rules_of(**row: str) -> list[tuple[str, str | None, int | None]]:
        fonds = Description(fields=cells(**row), source="phong.xlsx", sheet="Phông", row=2)
        described = DossierDescription(file_code="HS-1", fields=cells(title="T"), fonds=fonds)
        delivery = Delivery(reader="folder", profile="02-2019", root="/x", dossiers=(described,), sources=("a.xlsx",))
        found = with_tables(check_delivery, lookup)(delivery)["HS-1"]
        return [(one.rule, one.file, one.row) for one in found if one.rule.startswith("AUT")]

    place = ("phong.xlsx", 2)
    assert rules_of(fonds_code="P13", fonds_name="Sở Nội vụ", archives_code="H49.64") == []
    assert rules_of(fonds_code="P13", fonds_name="Sở Y tế") == [("AUT-004", *place)]
    assert rules_of(fonds_code="P13", archives_code="H60") == [("AUT-005", *place)]
    assert rules_of(fonds_code="P99", fonds_name="Sở Nội vụ") == [("AUT-001", *place)]
    assert rules_of(fonds_name="Sở chưa có mã") == []


@pytest.mark.rule("AUT-005")
def test_a_fonds_of_another_archive_is_told() -> None:
    (finding,) = told({"fonds_code": "P13", "archives_code": "H60"})
    assert (finding.rule, finding.values["expected"]) == ("AUT-005", "H49.64")


@pytest.mark.rule("AUT-006")
def test_a_document_after_the_end_of_its_closed_fonds_is_told() -> None:
    (finding,) = told({"fonds_code": "P12"}, {"organ_name": "Sở Nội vụ", "issued_date": "1976-01-05"})
    assert (finding.rule, finding.values["end"]) == ("AUT-006", "31/12/1975")
    assert told({"fonds_code": "P12"}, {"organ_name": "Sở Nội vụ", "issued_date": "1975-12-31"}) == []


@pytest.mark.rule("AUT-007")
def test_a_place_that_the_store_does_not_have_is_told() -> None:
    (finding,) = told({"storehouse": "Kho 1", "shelf": "Giá 8"})
    assert (finding.rule, finding.column) == ("AUT-007", "shelf")
    assert told({"storehouse": "K1", "shelf": "G07"}) == []


def test_without_tables_nothing_is_said() -> None:
    described = DossierDescription(file_code="HS-1", fields=cells(title="T", fonds_code="P99"))
    delivery = Delivery(reader="folder", profile="02-2019", root="/x", dossiers=(described,))
    assert with_tables(check_delivery, lambda kind: None)(delivery)["HS-1"] == check_delivery(delivery)["HS-1"]


def test_of_a_secret_dossier_the_tables_say_nothing() -> None:
    described = DossierDescription(file_code="HS-1", fields=cells(title="T", fonds_code="P99", secrecy="Mật"))
    delivery = Delivery(reader="folder", profile="02-2019", root="/x", dossiers=(described,))
    found = with_tables(check_delivery, lookup)(delivery)["HS-1"]
    assert {finding.rule[:3] for finding in found} == {"SEC"}


def test_a_list_full_of_unknown_codes_is_told_whole_and_not_searched_for_ever() -> None:
    asked: list[str] = []

    class Counting(AuthorityLookup):
        def nearest(self, written: str, count: int = 3) -> tuple[AuthorityEntry, ...]:
            asked.append(written)
            return super().nearest(written, count)

    tables = {AuthorityKind.FONDS: Counting(TABLES[AuthorityKind.FONDS])}
    dossiers = tuple(
        DossierDescription(file_code=f"HS-{n}", fields=cells(title="T", fonds_code=f"X{n}")) for n in range(800)
    )
    delivery = Delivery(reader="folder", profile="02-2019", root="/x", dossiers=dossiers)
    found = with_tables(lambda delivery: {entry.file_code: () for entry in delivery.dossiers}, tables.get)(delivery)
    assert all([finding.rule for finding in found[entry.file_code]] == ["AUT-001"] for entry in dossiers)
    assert len(asked) == 500
