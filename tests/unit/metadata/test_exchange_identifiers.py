"""Identifiers that the national document exchange gives are no codes that somebody wrote too long."""

from __future__ import annotations

import pytest

from metadata.codes import is_exchange_id
from metadata.descriptions import Cell, Delivery, DocumentDescription, DossierDescription
from metadata.validation import check_delivery

LONG = "000.00.12.H49,2026/03/05,15/SVD-VP"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize("text", [LONG, "H99.01,2026/03/05,15/SVD-VP", UUID, UUID.upper()])
def test_the_forms_of_the_exchange_are_known(text: str) -> None:
    assert is_exchange_id(text)


@pytest.mark.parametrize(
    "text", ["", "H49.64.33.2001.160.0000001", "H99.01,2026-03-05,15", "a,2026/03/05,", f"{UUID}0"]
)
def test_other_codes_are_not_taken_for_them(text: str) -> None:
    assert not is_exchange_id(text)


@pytest.mark.rule("MET-010")
@pytest.mark.parametrize(("code", "told"), [(LONG, False), (UUID, False), ("H49.64.33.2001.160.0000001", True)])
def test_an_identifier_of_the_exchange_is_never_too_long(code: str, told: bool) -> None:
    document = DocumentDescription(ordinal=1, files=("a.pdf",), fields={"doc_code": Cell(code, code, 2, "Mã")}, row=2)
    dossier = DossierDescription(file_code="HS-1", documents=(document,))
    delivery = Delivery(reader="folder", profile="02-2019", root="/x", dossiers=(dossier,), sources=("a.xlsx",))
    found = [finding for finding in check_delivery(delivery)["HS-1"] if finding.rule == "MET-010"]
    assert bool(found) is told
