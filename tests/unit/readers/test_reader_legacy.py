"""Delivery sheets in the encodings before Unicode."""

from __future__ import annotations

import pytest

from metadata.legacy import _TCVN3, Encoding, encoding_of  # the table, to write such sheets
from tests.fixtures.deliveries import CODE, DOCUMENT, DOSSIER, DeliveryFolder

_CODES = {letter: code for code, letter in reversed(_TCVN3.items())}


def tcvn3(text: str) -> str:
    """`text` as Windows-1252 shows its TCVN3 bytes."""
    return "".join(bytes([_CODES[c]]).decode("cp1252") if c in _CODES else c for c in text)


HEADING = [tcvn3(name) for name in (*DOSSIER, *DOCUMENT)]
ROW = [
    CODE,
    tcvn3("Hồ sơ về việc cấp đất ở"),
    "01/01/2003",
    "31/12/2003",
    1,
    tcvn3("Quyết định số 5"),
    "1/2/2003",
    "a.pdf",
]


@pytest.mark.rule("READ-034")
def test_a_sheet_in_tcvn3_is_read_and_told(delivery: DeliveryFolder) -> None:
    assert encoding_of(" ".join(HEADING)) is Encoding.TCVN3
    delivery.sheets(Sheet1=[HEADING, ROW])
    delivery.file("a.pdf")
    dossier = delivery.dossier()
    assert dossier.value("title") == "Hồ sơ về việc cấp đất ở"
    assert dossier.documents[0].value("subject") == "Quyết định số 5"
    assert delivery.finding("READ-034").values["encoding"] == "TCVN3"


def test_a_csv_in_tcvn3_is_read(delivery: DeliveryFolder) -> None:
    lines = [";".join(str(cell) for cell in row) for row in (HEADING, ROW)]
    delivery.file("danh-muc.csv", "\r\n".join(lines).encode("cp1252"))
    delivery.file("a.pdf")
    assert delivery.dossier().value("title") == "Hồ sơ về việc cấp đất ở"


def test_a_grade_in_an_old_encoding_is_a_grade(delivery: DeliveryFolder) -> None:
    heading = [*DOSSIER, "Độ mật", *DOCUMENT]
    delivery.sheets(Sheet1=[heading, [*ROW[:4], tcvn3("Tối mật"), *ROW[4:]]])
    delivery.file("a.pdf")
    assert "SEC-001" in delivery.rules()


def test_names_of_other_languages_and_of_today_stay_as_they_are(delivery: DeliveryFolder) -> None:
    titles = ["Hà Nam", "Müller & Söhne", "Café São Paulo", "Nhà thờ Lớn", "Hồ sơ Citroën"]
    rows = [[f"A.{n}", title, "2019", "2019", 1, title, "1/2/2019", f"{n}.pdf"] for n, title in enumerate(titles)]
    delivery.sheets(Sheet1=[[*DOSSIER, *DOCUMENT], *rows])
    for n in range(len(titles)):
        delivery.file(f"{n}.pdf")
    assert [dossier.value("title") for dossier in delivery.read().dossiers] == titles
    assert "READ-034" not in delivery.rules()
