"""The profile tables against the tables of fields as they were handed down (`tests/corpus/circular-*.csv`)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from metadata.bridge import BRIDGES, bridge
from metadata.codes import type_of_document
from metadata.profiles import (
    ALL_PROFILES,
    PROFILES,
    Certainty,
    Field,
    FieldType,
    Required,
    Section,
    documentation,
    profile,
)
from metadata.profiles.headings import lexicon
from metadata.profiles.packages import Making, PackageKind, form, packages
from metadata.profiles.preservation import preservation_words
from metadata.profiles.vocabularies import fold, vocabularies

CORPUS = Path(__file__).parents[2] / "corpus"
TYPES = {
    "String": FieldType.STRING,
    "Number": FieldType.NUMBER,
    "Date": FieldType.DATE,
    "LongText": FieldType.TEXT,
    "Boolean": FieldType.BOOLEAN,
}
REQUIRED_02 = {"implementation-required": Required.IMPLEMENTATION, "not stated": Required.NOT_STATED}
REQUIRED_05 = {
    "not stated": Required.NOT_STATED,
    "if available": Required.IF_AVAILABLE,
    "yes if digitised": Required.DIGITISED,
    "yes if riskRecovery=1": Required.RISK_RECOVERY,
    "yes for confidenceLevel 01/03": Required.PROCESS_TRAIL,
    "yes": Required.ALWAYS,
}
TABLES_05 = {
    "dossier_EAD (SIP_hoso; AIP_hoso renames field 1 to arcFileCode)": Section.DOSSIER,
    "document_EAD_doc (SIP, 21 fields)": Section.DOCUMENT,
    "photo_EAD_pic (SIP)": Section.PHOTO,
    "media_EAD_media (SIP)": Section.AUDIO_VIDEO,
    "lot_EAD (SIP_tailieu)": Section.LOT,
    "request_EAD (DIP)": Section.REQUEST,
}
FORMS_05 = {
    "dossier_EAD (SIP_hoso; AIP_hoso renames field 1 to arcFileCode)": (PackageKind.SIP_DOSSIER, "EAD"),
    "document_EAD_doc (SIP, 21 fields)": (PackageKind.SIP_DOSSIER, "EAD_doc"),
    "document_EAD_doc (AIP, 19 fields)": (PackageKind.AIP_DOSSIER, "EAD_doc"),
    "document_EAD_doc (DIP, 20 fields)": (PackageKind.DIP, "EAD_doc"),
    "photo_EAD_pic (SIP)": (PackageKind.SIP_DOSSIER, "EAD_pic"),
    "media_EAD_media (SIP)": (PackageKind.SIP_DOSSIER, "EAD_media"),
    "lot_EAD (SIP_tailieu)": (PackageKind.SIP_LOOSE, "EAD"),
    "lot_EAD (AIP_tailieu)": (PackageKind.AIP_LOOSE, "EAD"),
    "request_EAD (DIP)": (PackageKind.DIP, "EAD"),
}


def rows(name: str) -> list[dict[str, str]]:
    with (CORPUS / f"circular-{name}-fields.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def numbered(profile_id: str, section: Section) -> dict[str, Field]:
    return {f.number: f for f in profile(profile_id).fields(section).values() if f.number}


def length(text: str) -> int | None:
    match = re.match(r"\d+", text)
    return int(match[0]) if match else None


def test_every_row_of_tt_02_2019_has_its_names_type_length_and_who_asks() -> None:
    told = {(row["record_type"], row["order"]) for row in rows("02-2019")}
    ours = {(section.value, number) for section in Section for number in numbered("02-2019", section)}
    assert ours == told
    for row in rows("02-2019"):
        field = numbered("02-2019", Section(row["record_type"]))[row["order"]]
        assert field.vi == row["label_vi"]
        assert field.short == row["name_en"].removesuffix(" (name uncertain)")
        assert field.type is TYPES[row["type"]]
        assert field.length == length(row["max_length"])
        assert field.length_doubtful == ("uncertain" in row["max_length"])
        assert field.required is REQUIRED_02[row["required"]]
        assert bool(field.asked_by) == (field.required is Required.IMPLEMENTATION)
        assert field.certainty is Certainty.IMPLEMENTATION
        assert field.doubt or "uncertain" not in f"{row['name_en']} {row['max_length']} {row['vocabulary']}"


def test_every_row_of_tt_05_2025_has_its_names_type_length_and_condition() -> None:
    for table, section in TABLES_05.items():
        own = [row for row in rows("05-2025") if row["record_type"] == table]
        fields = numbered("05-2025", section)
        assert [row["order"] for row in own] == list(fields)
        for row in own:
            field = fields[row["order"]]
            assert field.vi == row["label_vi"].partition(" (AIP")[0]
            assert field.short == row["name_en"].partition(" / ")[0]
            assert field.type is TYPES[row["type"]]
            assert field.length == length(row["max_length"])
            assert field.required is REQUIRED_05[row["required"]]


def test_every_code_that_the_tables_print_is_in_the_fields_list() -> None:
    for table, section in TABLES_05.items():
        for row in rows("05-2025"):
            if row["record_type"] != table or not re.match(r"\d+ ", row["vocabulary"]) or "|" not in row["vocabulary"]:
                continue
            vocabulary = numbered("05-2025", section)[row["order"]].vocabulary
            assert vocabulary is not None, row
            printed = re.sub(r" \((?:multi|default from dossier)\)$", "", row["vocabulary"])
            codes = dict(item.strip().split(" ", 1) for item in printed.split(" | "))
            assert [entry.code for entry in vocabulary.entries] == sorted(codes, key=list(codes).index) or {
                entry.code for entry in vocabulary.entries
            } == set(codes)
            for code, word in codes.items():
                found = vocabulary.entry(word, codes=False)
                assert found is not None, word
                assert found.code == code, word


def test_every_form_of_a_package_has_the_annexs_elements_in_their_order() -> None:
    for table, (kind, name) in FORMS_05.items():
        printed = [row["name_en"].partition(" / ")[0] for row in rows("05-2025") if row["record_type"] == table]
        assert [element.name for element in form(kind, name).elements] == printed
    archival = [element.name for element in form(PackageKind.AIP_DOSSIER, "EAD").elements]
    assert archival[0] == "arcFileCode"
    assert archival[1:] == [element.name for element in form(PackageKind.SIP_DOSSIER, "EAD").elements][1:]


def test_a_form_that_no_source_settles_names_its_doubt() -> None:
    for kind in (PackageKind.AIP_DOSSIER, PackageKind.AIP_LOOSE, PackageKind.DIP):
        for name in ("EAD_pic", "EAD_media"):
            assert form(kind, name).doubt
            assert form(kind, name).doubt_en


def test_only_packages_of_loose_documents_are_loose_and_only_dossiers_link_files() -> None:
    assert {kind for kind, found in packages().items() if found.loose} == {PackageKind.SIP_LOOSE, PackageKind.AIP_LOOSE}
    assert {kind for kind, found in packages().items() if found.fetch} == {
        PackageKind.SIP_DOSSIER,
        PackageKind.AIP_DOSSIER,
    }
    assert {found.premis for kind, found in packages().items() if found.oais == "AIP"} == {"mandatory"}


def test_archival_codes_are_made_of_the_canonical_ones() -> None:
    made = {e.name: (e.making, e.field.key) for kind in PackageKind for e in form(kind, "EAD_doc").elements if e.making}
    assert made == {
        "arcFileCode": (Making.ARCHIVAL_FILE_CODE, "file_code"),
        "arcDocCode": (Making.ARCHIVAL_DOCUMENT_CODE, "doc_code"),
    }


DECREE_30 = {
    Section.OUTGOING: (
        *("FileCode", "OrganId", "FileCatalog", "FileNotation", "DocOrdinal", "TypeName", "CodeNumber"),
        *("CodeNotation", "IssuedDate", "OrganName", "Subject", "Language", "PageAmount", "Description", "SignerInfo"),
        *("Position", "FullName", "To", "To.OrganId", "To.OrganName", "Priority", "IssuedAmount", "DueDate"),
    ),
    Section.INCOMING: (
        *("FileCode", "OrganId", "FileCatalog", "FileNotation", "DocOrdinal", "TypeName", "CodeNumber"),
        *("CodeNotation", "IssuedDate", "OrganName", "Subject", "Language", "PageAmount", "Description"),
        *("ArrivalDate", "ArrivalNumber", "SignerInfo", "Position", "FullName", "Priority", "ToPlaces"),
        *("TraceHeaderList", "DueDate"),
    ),
    Section.DOSSIER: (
        *("FileCode", "OrganId", "FileCatalog", "FileNotation", "Title", "Maintenance", "Rights", "Creator"),
        *("Language", "StartDate", "EndDate", "DocTotal", "PageTotal", "Description"),
    ),
}
AUTOMATIC = {
    Section.OUTGOING: {"1.1", "1.2", "2", "4", "6", "10", "13.1"},
    Section.INCOMING: {"1.1", "1.2", "2", "10", "12", "13"},
    Section.DOSSIER: {"1.1", "1.2", "9", "10"},
}


@pytest.mark.parametrize("section", list(DECREE_30))
def test_the_lists_of_decree_30_are_there_with_what_the_system_fills_in(section: Section) -> None:
    fields = profile("01-2019").fields(section).values()
    assert tuple(field.short for field in fields) == DECREE_30[section]
    assert {field.number for field in fields if field.automatic} == AUTOMATIC[section]
    assert all(field.certainty is Certainty.READ for field in fields)


def test_what_only_a_document_system_knows_is_a_field_of_both_archival_profiles() -> None:
    for profile_id in PROFILES:
        for section in (Section.DOSSIER, Section.DOCUMENT):
            known = profile(profile_id).fields(section)
            for key, field in profile("01-2019").fields(section).items():
                assert known[key].type is field.type or key == "catalogue", key


def test_one_key_means_one_kind_of_value_in_every_profile() -> None:
    """A date is a date everywhere; only texts become flags (DocAttached, Process), which the bridge handles."""
    kinds: dict[tuple[Section, str], set[FieldType]] = {}
    for profile_id in ALL_PROFILES:
        for section in Section:
            for key, field in profile(profile_id).fields(section).items():
                kinds.setdefault((section, key), set()).add(field.type)
    mixed = {key for (_, key), found in kinds.items() if len(found) > 1}
    assert mixed == {"doc_attached", "process", "catalogue"}


@pytest.mark.parametrize(
    ("written", "notation", "word"),
    [
        ("DA", "", "Dự án"),
        ("ĐA", "", "Đề án"),
        ("đa", "", "Đề án"),
        ("HD", "", "Hướng dẫn"),
        ("HĐ", "", "Hợp đồng"),
        ("TB", "", "Thông báo"),
        ("TTr", "", "Tờ trình"),
        ("TC", "", "Thông cáo"),
        ("TT", "", None),
        ("T", "", None),
        ("QyĐ", "", "Quy định"),
        ("QĐ", "", "Quyết định"),
        ("Tờ trình", "", "Tờ trình"),
        ("", "QĐ-TTg", "Quyết định"),
        ("", "/TB-VPCP", "Thông báo"),
        ("", "TTr/UBND", "Tờ trình"),
        ("", "UBND-VX", None),
        ("", "", None),
    ],
)
def test_types_are_known_by_whole_abbreviations_with_their_marks(written: str, notation: str, word: str | None) -> None:
    assert type_of_document(written, notation) == word


def test_twenty_nine_types_have_their_abbreviations_but_letters_have_none() -> None:
    entries = vocabularies()["type_name"].entries
    assert sum(1 for entry in entries if entry.abbr) == 27
    assert {e.vi for e in entries[:29] if not e.abbr} == {"Công văn", "Thư công"}
    assert len({entry.abbr.casefold() for entry in entries if entry.abbr}) == 27


@pytest.mark.parametrize(
    ("section", "heading", "key"),
    [
        (Section.DOSSIER, "Phòng", "store_room"),
        (Section.DOSSIER, "Phông", "fonds_code"),
        (Section.DOSSIER, "Phong", "fonds_code"),
        (Section.DOSSIER, "Kho", "storehouse"),
        (Section.DOSSIER, "Giá số", "shelf"),
        (Section.DOCUMENT, "Số đến", "arrival_number"),
        (Section.DOCUMENT, "Ý kiến phân phối, chỉ đạo, trạng thái xử lý văn bản", "trace"),
        (Section.DOCUMENT, "Thay thế văn bản", "replaces"),
    ],
)
def test_headings_of_the_store_and_of_the_document_system_are_known(section: Section, heading: str, key: str) -> None:
    assert lexicon().keys(section, heading)[0] == key


@pytest.mark.parametrize("profile_id", ALL_PROFILES)
def test_every_name_that_a_table_prints_means_its_own_field(profile_id: str) -> None:
    for section in (Section.DOSSIER, Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO):
        for key, field in profile(profile_id).fields(section).items():
            for name in (field.vi, field.short) if field.number else ():
                assert lexicon().keys(section, name)[0] == key, name


def test_a_room_is_never_read_as_a_fonds_of_a_document() -> None:
    assert lexicon().keys(Section.DOCUMENT, "Phòng") == ()


def test_words_of_older_law_are_kept_and_have_the_code_other() -> None:
    maintenance = vocabularies()["maintenance"]
    assert maintenance.words("bảo quản LÂU DÀI", codes=False) == "Lâu dài"
    assert maintenance.code("Lâu dài") == "07"
    assert maintenance.former("Tạm thời") == "Tạm thời"
    assert maintenance.former("20 năm") is None
    assert fold("Tạm thời") == "tam thoi"


def test_the_page_of_fields_is_fresh_and_names_every_field_list_and_rule_of_the_bridges() -> None:
    page = (CORPUS.parents[1] / "docs" / "metadata.md").read_text(encoding="utf-8")
    assert page == documentation.document(), "run: python -m metadata.profiles.documentation > docs/metadata.md"
    for profile_id in ALL_PROFILES:
        for fields in profile(profile_id).sections.values():
            for field in fields.values():
                assert f"`{field.key}`" in page
                assert not field.doubt or field.doubt_en in page
    for name in vocabularies():
        assert f"### Danh mục {name}" in page
    for source, target in BRIDGES:
        for rules in bridge(source, target).sections.values():
            assert all(f"| {rule.id} |" in page for rule in rules)


def test_events_of_the_packages_are_words_of_the_library_or_told_to_be_our_own() -> None:
    words = preservation_words()
    assert {event.case: event.event_type for event in words.fixed} == {
        "digitisation": "transfer",
        "sip_to_aip": "information package creation",
    }
    assert all(event.event_type in words.event_types for event in words.fixed)
    assert not any(event.event_type in words.event_types for event in words.own)
    ours = (
        *("ingestion", "unpacking", "accession", "information package creation", "message digest calculation"),
        *("format identification", "virus check", "validation", "digital signature validation", "transcription"),
        *("normalization", "transfer"),
    )
    assert [word for word in ours if not words.known(word)] == []
    assert not words.known("indexing")
    assert len(words.agent_roles) == 4
    assert sorted(words.object_roles) == ["outcome", "source"]
