"""How headings were understood: what is unknown and what it may have been, and what a saved mapping says instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ports import Reading
from ingest.readers.folder import FolderReader
from metadata.descriptions import Delivery
from metadata.explanations import SheetExplanation, nearest
from metadata.heading_mapping import (
    MappedColumn,
    MappedSheet,
    MappingInvalidError,
    known_keys,
    mapping_toml,
    read_mapping,
)
from metadata.profiles import Section
from metadata.profiles.headings import DatePart
from metadata.rules import message
from tests.fakes.workers import InlineWorkers
from tests.fixtures.deliveries import CODE, DOSSIER, DeliveryFolder

STRANGE = [*DOSSIER, "TT", "Tóm lược", "Lập ngày", "Tệp đính", "Trích yếu nội dun"]


def strange(delivery: DeliveryFolder) -> None:
    row = [CODE, "Hồ sơ thử", "01/01/2019", "31/12/2019", 1, "Quyết định thử", "15/02/2019", "x/a.pdf", "chữ"]
    delivery.sheets(Danh_sách=[["ĐỢT 1"], STRANGE, row])
    delivery.file("x/a.pdf")


def read(delivery: DeliveryFolder, mapping: str) -> Delivery:
    reading = Reading(mapping=read_mapping(mapping.encode()))
    return FolderReader(InlineWorkers(), reading).read(delivery.root, delivery.root.with_name("room"))


def explained(delivery: DeliveryFolder) -> SheetExplanation:
    (told,) = FolderReader(InlineWorkers()).explain(delivery.root)
    return told


@pytest.mark.rule("READ-042")
def test_each_unknown_heading_is_told_with_its_column_and_the_nearest_field(delivery: DeliveryFolder) -> None:
    strange(delivery)
    found = [finding for finding in delivery.findings() if finding.rule == "READ-042"]
    assert {(f.sheet, f.row, f.column) for f in found} >= {("Danh sách", 2, "Tóm lược"), ("Danh sách", 2, STRANGE[-1])}
    last = next(finding for finding in found if finding.column == STRANGE[-1])
    assert (last.values["letter"], last.values["nearest"]) == ("I", "Trích yếu nội dung")
    assert "Trường có tên gần nhất: Trích yếu nội dung" in message(last, "vi")


def test_an_unknown_column_without_a_single_value_is_no_matter(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf", None), more=("Vị trí tủ",))
    delivery.file("a.pdf")
    assert "READ-042" not in delivery.rules()


def test_the_explanation_names_field_part_and_nearest(delivery: DeliveryFolder) -> None:
    strange(delivery)
    told = explained(delivery).as_json("vi")
    columns = {column["heading"]: column for column in told["columns"]}
    assert (told["sheet"], told["heading_rows"], told["hidden"]) == ("Danh sách", [2], False)
    assert columns["Mã hồ sơ"]["field"] == "dossier.file_code"
    assert columns[STRANGE[-1]]["nearest"]["name"] == "Trích yếu nội dung"
    assert columns["TT"]["counts_rows"]


def test_a_saved_mapping_says_what_the_columns_mean(delivery: DeliveryFolder) -> None:
    strange(delivery)
    mapping = """
        version = 1
        [[sheet]]
        name = "danh sách"
        [sheet.columns]
        "TT" = "document.ordinal"
        "Tóm lược" = "document.subject"
        "[G]" = "document.issued_date"
        "Tệp đính" = "document.path"
        "Trích yếu nội dun" = ""
    """
    found = read(delivery, mapping)
    (document,) = found.dossiers[0].documents
    assert [document.value(key) for key in ("ordinal", "subject", "issued_date", "path")] == [
        *("1", "Quyết định thử"),
        *("2019-02-15", "x/a.pdf"),
    ]
    assert document.files == ("x/a.pdf",)
    assert document.extra == {STRANGE[-1]: "chữ"}
    assert not found.findings


def test_a_mapping_takes_a_field_from_the_column_that_was_guessed(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "đoán", "1/2/2019", "a.pdf", "đúng"), more=("Nội dung thật",))
    delivery.file("a.pdf")
    found = read(delivery, 'version = 1\n[[sheet]]\n[sheet.columns]\n"Nội dung thật" = "document.subject"\n')
    (document,) = found.dossiers[0].documents
    assert document.value("subject") == "đúng"
    assert document.extra == {"Trích yếu nội dung": "đoán"}


def test_a_mapping_may_name_the_rows_of_headings_that_nobody_would_find(delivery: DeliveryFolder) -> None:
    delivery.sheets(Sheet1=[["A", "B", "C"], ["x1", "x2", "x3"], [CODE, "Trích yếu gì đó", "a.pdf"]])
    delivery.file("a.pdf")
    found = read(
        delivery,
        'version = 1\n[[sheet]]\nheading_rows = [2]\n[sheet.columns]\nx1 = "document.file_code"\n'
        'x2 = "document.subject"\nx3 = "document.path"\n',
    )
    assert [(d.file_code, d.documents[0].files) for d in found.dossiers] == [(CODE, ("a.pdf",))]


@pytest.mark.rule("READ-044")
def test_a_column_of_the_mapping_that_the_sheet_lacks_is_told(delivery: DeliveryFolder) -> None:
    strange(delivery)
    found = read(delivery, 'version = 1\n[[sheet]]\n[sheet.columns]\n"Không có" = "document.subject"\n')
    (told,) = (finding for finding in found.findings if finding.rule == "READ-044")
    assert (told.sheet, told.column) == ("Danh sách", "Không có")


def test_an_explanation_saved_as_a_mapping_reads_the_same(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf", "x"), more=("Vị trí tủ",))
    delivery.file("a.pdf")
    before = delivery.read()
    again = read(delivery, mapping_toml([explained(delivery).mapping()]))
    assert again.dossiers == before.dossiers
    assert [finding.rule for finding in before.findings] == ["READ-042"]
    # Saved as it is, a person has said of every column what it means.
    assert again.findings == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = 2", "version"),
        ("version = 1", "[[sheet]]"),
        ('version = 1\n[[sheet]]\n[sheet.columns]\nx = "document.nothing"', "document.nothing"),
        ('version = 1\n[[sheet]]\n[sheet.columns]\nx = "document.issued_date:week"', "week"),
        ("version = 1\n[[sheet]]\n[sheet.columns]\nx = 3", "3"),
        ("version = 1\n[[sheet]]\nheading_rows = [0]", "heading_rows"),
        ('version = 1\n[[sheet]]\nfiel = "x"', "fiel"),
        ("\x00", "TOML"),
    ],
)
def test_a_mapping_that_is_none_says_why(text: str, says: str) -> None:
    with pytest.raises(MappingInvalidError) as caught:
        read_mapping(text.encode())
    assert says in str(caught.value)


sections = st.sampled_from([Section.DOSSIER, Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO])
columns = st.one_of(
    st.just(MappedColumn()),
    st.just(MappedColumn(counts_rows=True)),
    sections.flatmap(
        lambda section: st.builds(
            MappedColumn,
            st.just(section),
            st.sampled_from(sorted(known_keys(section))),
            st.none() | st.sampled_from(DatePart),
        )
    ),
)
headings = st.text(st.characters(codec="utf-8"), min_size=1).map(lambda text: " ".join(text.split())).filter(bool)
sheets = st.builds(
    MappedSheet,
    headings | st.just(""),
    headings | st.just(""),
    st.lists(st.integers(1, 99), max_size=2, unique=True).map(lambda rows: tuple(sorted(rows))),
    st.dictionaries(headings, columns, max_size=4),
)


@given(st.lists(sheets, min_size=1, max_size=3).map(tuple))
def test_what_is_written_of_a_mapping_is_read_again(written: tuple[MappedSheet, ...]) -> None:
    assert read_mapping(mapping_toml(written).encode()).sheets == written


def test_nothing_is_near_to_what_is_like_nothing(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf", "x"), more=("zzzzqqqq",))
    told = explained(delivery)
    assert nearest(told.columns[-1], told.sections) is None
