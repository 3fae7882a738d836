"""What the circulars ask of digitised material, decided from measures alone."""

from __future__ import annotations

from typing import Any

import pytest

from metadata.descriptions import Cell, DocumentDescription, DossierDescription, RecordKind
from metadata.digitised import LookedAt, check_digitised
from metadata.findings import Finding, Severity
from metadata.measures import Colour, Measured, SignaturePlace
from metadata.rules import message, rules

CORNER = SignaturePlace(page=1, left=0.7, top=0.02, right=0.95, bottom=0.1)
GOOD_SCAN = Measured(looked_pages=2, scanned_pages=2, dpi=200, colour=Colour.COLOUR, bits=24)


def checked(
    measured: Measured,
    *,
    profile: str = "02-2019",
    kind: RecordKind = RecordKind.DOCUMENT,
    file: dict[str, Any] | None = None,
    **fields: str,
) -> list[Finding]:
    cells = {key: Cell(value=value, written=value) for key, value in fields.items()}
    document = DocumentDescription(ordinal=1, kind=kind, files=("a.pdf",), fields=cells, row=7)
    dossier = DossierDescription(file_code="H49.1", source="s.xlsx", documents=(document,))
    looked = {"mime": "application/pdf", "pdf_version": "1.7", "claimed_pdfa": "2b", "signatures": 0, **(file or {})}
    return list(check_digitised(profile, dossier, {"a.pdf": LookedAt(measured=measured, **looked)}))


def having(**changes: object) -> Measured:
    return GOOD_SCAN.model_copy(update=changes)


def ids(found: list[Finding]) -> list[str]:
    return [finding.rule for finding in found]


def test_a_good_scan_breaks_nothing_under_either_circular() -> None:
    assert checked(GOOD_SCAN) == []
    assert checked(GOOD_SCAN, profile="05-2025", confidence_level="Số hóa") == []


def test_all_rules_of_digitised_material_warn_and_never_reject() -> None:
    assert {found.severity for id_, found in rules().items() if id_.startswith("DIG-")} == {Severity.WARNING}


@pytest.mark.rule("DIG-001")
def test_an_old_pdf_is_told() -> None:
    (found,) = checked(GOOD_SCAN, file={"pdf_version": "1.3"})
    assert (found.rule, found.values["found"], found.row, found.file) == ("DIG-001", "1.3", 7, "s.xlsx")
    assert checked(GOOD_SCAN, file={"pdf_version": "2.0"}) == []
    assert checked(GOOD_SCAN, file={"pdf_version": None}) == []


@pytest.mark.rule("DIG-002")
def test_too_few_dots_are_told_and_rounding_is_not() -> None:
    (found,) = checked(having(dpi=150))
    assert (found.rule, found.values) == ("DIG-002", {"files": "", "found": "150", "expected": "200"})
    assert checked(having(dpi=197)) == []


def test_what_one_setting_of_the_scanner_did_to_many_files_is_said_once() -> None:
    documents = tuple(DocumentDescription(ordinal=n, files=(f"{n}.pdf",), row=n) for n in range(1, 31))
    dossier = DossierDescription(file_code="H49.1", documents=documents)
    grey = LookedAt("application/pdf", "1.7", None, 0, having(colour=Colour.GREY, bits=8))
    low = LookedAt("application/pdf", "1.7", None, 0, having(dpi=100))
    files = {f"{n}.pdf": low if n == 7 else grey for n in range(1, 31)}
    many, one = check_digitised("02-2019", dossier, files)
    assert (many.rule, many.subject, many.row) == ("DIG-003", "H49.1", None)
    assert "1.pdf; 2.pdf; 3.pdf … 29" in message(many, "vi")
    assert (one.rule, one.subject, one.row) == ("DIG-002", "7.pdf", 7)


def test_maps_and_drawings_need_three_hundred_under_the_new_circular_only() -> None:
    assert ids(checked(GOOD_SCAN, profile="05-2025", type_name="Bản đồ")) == ["DIG-002"]
    assert checked(GOOD_SCAN, type_name="Bản đồ") == []


@pytest.mark.rule("DIG-003")
@pytest.mark.parametrize(("colour", "bits"), [(Colour.GREY, 8), (Colour.COLOUR, 8)])
def test_grey_or_few_colours_are_told(colour: Colour, bits: int) -> None:
    assert ids(checked(having(colour=colour, bits=bits))) == ["DIG-003"]


@pytest.mark.rule("DIG-004")
def test_a_bilevel_scan_is_not_the_agencys_own_digitisation() -> None:
    (found,) = checked(having(colour=Colour.BILEVEL, bits=1))
    assert found.rule == "DIG-004"
    assert "cổng thông tin" in message(found, "vi")


@pytest.mark.rule("DIG-005")
@pytest.mark.rule("DIG-006")
def test_the_two_layers_and_pdfa_are_asked_for_by_the_new_circular_only() -> None:
    bare = having(scanned_without_text=2)
    assert ids(checked(bare, profile="05-2025", file={"claimed_pdfa": None})) == ["DIG-005", "DIG-006"]
    assert checked(bare, file={"claimed_pdfa": None}) == []


@pytest.mark.rule("DIG-011")
def test_a_scan_that_is_called_born_digital_is_told() -> None:
    assert ids(checked(GOOD_SCAN, confidence_level="Gốc điện tử")) == ["DIG-011"]


@pytest.mark.rule("DIG-012")
def test_paper_as_images_is_told_and_measured_all_the_same() -> None:
    image = Measured(dpi=100, colour=Colour.COLOUR, bits=24)
    jpeg = {"mime": "image/jpeg", "pdf_version": None}
    assert ids(checked(image, file=jpeg, confidence_level="Số hóa")) == ["DIG-012", "DIG-002"]
    assert checked(image, file=jpeg) == []


@pytest.mark.rule("DIG-013")
def test_a_digitised_copy_is_signed_in_the_upper_right_corner_of_its_first_page() -> None:
    signed = {"signatures": 1}
    elsewhere = CORNER.model_copy(update={"page": 2})
    left = CORNER.model_copy(update={"left": 0.1})
    for places in ((), (elsewhere,), (left,)):
        found = checked(having(signed_places=places), file=signed, confidence_level="Số hóa")
        assert ids(found) == ["DIG-013"]
    assert checked(having(signed_places=(left, CORNER)), file=signed, confidence_level="Số hóa") == []
    assert checked(having(signed_places=(left,)), file=signed) == []


@pytest.mark.rule("DIG-014")
def test_the_seal_that_the_old_circular_asked_for_is_a_remark_under_the_new() -> None:
    seal = having(signed_places=(CORNER.model_copy(update={"shows_image": True}),))
    signed, level = {"signatures": 1}, "Số hóa"
    assert ids(checked(seal, profile="05-2025", file=signed, confidence_level=level)) == ["DIG-014"]
    assert checked(seal, file=signed, confidence_level=level) == []


def test_born_digital_pages_are_asked_for_nothing() -> None:
    plain = Measured(looked_pages=3)
    assert checked(plain, profile="05-2025", file={"pdf_version": "1.3", "claimed_pdfa": None}) == []


def test_a_document_of_both_kinds_is_measured_only_where_it_says_that_it_was_digitised() -> None:
    mixed = having(looked_pages=5, scanned_pages=2, dpi=100)
    assert checked(mixed) == []
    assert ids(checked(mixed, confidence_level="Hỗn hợp")) == ["DIG-002"]


@pytest.mark.rule("DIG-007")
def test_pictures_have_the_formats_of_their_circular() -> None:
    picture = Measured(dpi=300, colour=Colour.COLOUR, bits=24)
    tiff = {"mime": "image/tiff", "pdf_version": None}
    assert ids(checked(picture, kind=RecordKind.PHOTO, file=tiff)) == ["DIG-007"]
    assert checked(picture, kind=RecordKind.PHOTO, file=tiff, profile="05-2025") == []
    low = Measured(dpi=96)
    assert ids(checked(low, kind=RecordKind.PHOTO, file={"mime": "image/jpeg"})) == ["DIG-002"]


@pytest.mark.rule("DIG-008")
@pytest.mark.parametrize(
    ("mime", "kbps", "told"),
    [
        ("video/mp4", 1500, False),
        ("video/mp4", 900, True),
        ("video/x-msvideo", 2000, False),
        ("video/quicktime", 5000, True),
        ("video/mp4", None, False),
    ],
)
def test_films_have_their_formats_and_bit_rates(mime: str, kbps: int | None, told: bool) -> None:
    found = checked(Measured(video_codec="AVC", video_kbps=kbps), kind=RecordKind.MEDIA, file={"mime": mime})
    assert ids(found) == (["DIG-008"] if told else [])
    if told:
        assert "≥ 1500 kbps" in found[0].values["expected"]


@pytest.mark.rule("DIG-009")
@pytest.mark.parametrize(
    ("mime", "kbps", "told"), [("audio/mpeg", 128, False), ("audio/mpeg", 64, True), ("audio/x-wav", 1411, True)]
)
def test_recordings_have_their_formats_and_bit_rates(mime: str, kbps: int, told: bool) -> None:
    found = checked(Measured(audio_codec="PCM", audio_kbps=kbps), kind=RecordKind.MEDIA, file={"mime": mime})
    assert ids(found) == (["DIG-009"] if told else [])


def test_a_sound_that_is_no_record_of_its_own_is_asked_for_nothing() -> None:
    assert checked(Measured(audio_codec="PCM", audio_kbps=8), file={"mime": "audio/x-wav"}) == []


@pytest.mark.rule("DIG-015")
@pytest.mark.parametrize(
    ("written", "told"),
    [("00:10:00", False), ("10:00", False), ("00:10:09", False), ("01:10:00", True), ("dài", False)],
)
def test_a_duration_that_the_file_does_not_have_is_told(written: str, told: bool) -> None:
    sound = Measured(audio_codec="MPEG Audio Layer 3", audio_kbps=128, duration_ms=600_500)
    found = checked(sound, kind=RecordKind.MEDIA, file={"mime": "audio/mpeg"}, play_time=written)
    assert ids(found) == (["DIG-015"] if told else [])
    assert not told or found[0].values["found"] == "00:10:00"
