"""Authority tables: read from CSV, brought together, asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.authorities.entries import AuthorityEntry, AuthorityKind, AuthorityTable, table_of
from metadata.authorities.lookup import AuthorityLookup
from metadata.authorities.merging import merged
from metadata.authorities.reading import read_table
from metadata.authorities.starting import starting_entries
from metadata.findings import Finding
from metadata.rules import message

NOW, LATER = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
AGENCIES = AuthorityKind.AGENCIES


def broken(text: str | bytes, kind: AuthorityKind = AGENCIES) -> list[Finding]:
    """Findings of a file of which nothing is taken."""
    answer = read_table(kind, text.encode() if isinstance(text, str) else text, "co-quan.csv")
    assert answer.entries == ()
    for finding in answer.findings:
        assert all("…" not in message(finding, language) for language in ("vi", "en"))
    return answer.findings


# ------------------------------------------------------------ reading


@pytest.mark.parametrize(
    "text",
    [
        "code,name,valid_from,parent\nH49,UBND tỉnh Sông Lam,2004,\nH49.64,Sở Nội vụ,,H49\n",
        "\ufeffMã;Tên;Từ ngày;Cấp trên\nH49;UBND tỉnh Sông Lam;01/01/2004;\nH49.64;Sở Nội vụ;;H49\n",
        "Tên cơ quan\tMã định danh\tThuộc\tHiệu lực từ\nUBND tỉnh Sông Lam\tH49\t\t1/2004\nSở Nội vụ\tH49.64\tH49\t\n",
    ],
)
def test_columns_are_found_by_name_in_any_order_and_with_any_separator(text: str) -> None:
    first, second = read_table(AGENCIES, text.encode(), "a.csv").entries
    assert (first.code, first.name, first.valid_from) == ("H49", "UBND tỉnh Sông Lam", "2004-01-01")
    assert (second.code, second.parent, second.valid_from) == ("H49.64", "H49", "")


def test_a_year_ends_with_its_last_day() -> None:
    (entry,) = read_table(AGENCIES, "mã,tên,đến ngày\nH1,A,2008\n".encode(), "a.csv").entries
    assert entry.valid_to == "2008-12-31"


@pytest.mark.rule("AUT-010")
@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"code,name\n" + b'"' + b"x" * 200_000])
def test_a_file_that_is_no_csv_of_utf8_is_refused(data: bytes) -> None:
    assert [finding.rule for finding in broken(data)] == ["AUT-010"]


@pytest.mark.rule("AUT-011")
def test_an_unknown_column_is_told_and_left_out() -> None:
    answer = read_table(AGENCIES, b"code,name,Telex\nH1,A,123\n", "a.csv")
    assert [(finding.rule, finding.column) for finding in answer.findings] == [("AUT-011", "Telex")]
    assert len(answer.entries) == 1


@pytest.mark.rule("AUT-012")
def test_a_file_without_names_is_refused() -> None:
    assert [finding.rule for finding in broken("code,note\nH1,A\n")] == ["AUT-012"]


@pytest.mark.rule("AUT-013")
@pytest.mark.rule("AUT-014")
@pytest.mark.rule("AUT-015")
@pytest.mark.rule("AUT-016")
@pytest.mark.rule("AUT-018")
@pytest.mark.rule("AUT-019")
@pytest.mark.rule("AUT-020")
def test_every_broken_row_is_told_at_once_by_its_row_and_column() -> None:
    rows = [
        "code,name,valid_from,valid_to,parent,successor,note",
        ",Không mã,,,,,",
        "H2,Ngày sai,31/02/2020,,,,",
        "H3,Ngược,2020,2019,,,",
        "H4,Một,,,,,",
        "h4,Hai,,,,,",
        "H5,Cấp trên lạ,,,H99,,",
        "H6,Kế thừa lạ,,,,H98,",
        "H7,Trong chính nó,,,H8,,",
        "H8,Vòng,,,H7,,",
        f"H9,Dài,,,,,{'x' * 401}",
    ]
    found = [(finding.row, finding.rule, finding.column) for finding in broken("\n".join(rows))]
    assert found == [
        (2, "AUT-013", "code"),
        (3, "AUT-014", "valid_from"),
        (4, "AUT-015", "valid_to"),
        (6, "AUT-016", "code"),
        (7, "AUT-019", "parent"),
        (8, "AUT-019", "successor"),
        (9, "AUT-020", "parent"),
        (10, "AUT-020", "parent"),
        (11, "AUT-018", "note"),
    ]


def test_one_code_may_have_another_name_at_another_time() -> None:
    text = "code,name,valid_from,valid_to\nH4,Cũ,,30/06/2025\nH4,Mới,01/07/2025,\n"
    assert len(read_table(AGENCIES, text.encode(), "a.csv").entries) == 2


@pytest.mark.rule("AUT-017")
def test_a_fonds_is_open_or_closed() -> None:
    assert [finding.rule for finding in broken("code,name,state\nP1,A,nửa\n", AuthorityKind.FONDS)] == ["AUT-017"]
    text = "mã phông,tên phông,tình trạng\nP1,A,mở\nP2,B,Đóng\n"
    entries = read_table(AuthorityKind.FONDS, text.encode(), "a.csv").entries
    assert [entry.state for entry in entries] == ["open", "closed"]


def test_what_the_program_knows_of_itself_says_its_source() -> None:
    rows = [entry for kind in AuthorityKind for entry in starting_entries(kind)]
    assert rows
    assert all(entry.note.startswith("HD 169/HD-VTLTNN") for entry in rows)


# ------------------------------------------------------------ versions

_entries = st.builds(
    AuthorityEntry,
    code=st.sampled_from(["H1", "H2", "H3"]),
    name=st.sampled_from(["A", "B"]),
    valid_from=st.sampled_from(["", "2020-01-01"]),
)
_imports = st.lists(st.lists(_entries, unique_by=lambda entry: entry.key, max_size=5), min_size=1, max_size=5)


@given(_imports)
def test_no_row_that_was_ever_imported_is_lost(imports: list[list[AuthorityEntry]]) -> None:
    known: tuple[AuthorityEntry, ...] = ()
    for number, rows in enumerate(imports):
        known = merged(known, rows, f"2026-01-{number + 1:02d}T00:00:00.000Z").entries
        standing = [entry.content() for entry in known if not entry.closed_at]
        assert sorted(map(str, standing)) == sorted(str(entry.content()) for entry in rows)
    everything = [entry.content() for entry in known]
    assert all(entry.content() in everything for rows in imports for entry in rows)


@given(_imports)
def test_the_same_import_again_changes_nothing(imports: list[list[AuthorityEntry]]) -> None:
    known: tuple[AuthorityEntry, ...] = ()
    for rows in imports:
        known = merged(known, rows, NOW).entries
    again = merged(known, imports[-1], LATER)
    assert not again.differs
    assert again.entries == known


def test_a_version_comes_back_from_its_document_under_the_same_name() -> None:
    rows = (AuthorityEntry(code="H1", name="Ủy ban"), AuthorityEntry(code="H2", name="Sở", closed_at=NOW))
    table = AuthorityTable(
        kind=AGENCIES, version=2, at=NOW, source_sha256="0" * 64, source_name="a.csv", previous="1" * 64, entries=rows
    )
    assert table_of(table.document()) == table
    assert table_of(table.document()).sha256 == table.sha256
    assert table.open_entries() == rows[:1]


# ------------------------------------------------------------ asking

LOOKUP = AuthorityLookup(
    [
        AuthorityEntry(code="H49", name="Ủy ban nhân dân tỉnh Sông Lam", also=("UBND tỉnh Sông Lam",)),
        AuthorityEntry(code="H49.64", name="Sở Nội vụ"),
        AuthorityEntry(code="H49.65", name="Sở Nông nghiệp"),
        AuthorityEntry(code="H50", name="Ủy ban nhân dân tỉnh Sông Hồng"),
        AuthorityEntry(code="H48", name="Sở Ngoại vụ", closed_at=NOW),
    ]
)


@pytest.mark.parametrize("code", ["H49.64", "h49.64", "H49-64", " H49.64 "])
def test_a_code_is_found_in_any_writing(code: str) -> None:
    assert [entry.name for entry in LOOKUP.by_code(code)] == ["Sở Nội vụ"]


@pytest.mark.parametrize(
    "name", ["UBND tỉnh Sông Lam", "ỦY BAN NHÂN DÂN TỈNH SÔNG LAM", "uy ban nhan dan tinh song lam"]
)
def test_a_name_is_found_in_any_writing(name: str) -> None:
    assert [entry.code for entry in LOOKUP.by_name(name)] == ["H49"]


def test_a_closed_row_is_known_but_never_proposed() -> None:
    assert [entry.code for entry in LOOKUP.by_name("Sở Ngoại vụ")] == ["H48"]
    assert "H48" not in [entry.code for entry in LOOKUP.nearest("Sở Ngoại vụ")]


@pytest.mark.parametrize(
    ("written", "first"),
    [("H49.46", "H49.64"), ("So Noi vu", "H49.64"), ("Sở Nội vu", "H49.64"), ("UBND tỉnh Sông Lâm", "H49")],
)
def test_the_nearest_comes_first(written: str, first: str) -> None:
    assert LOOKUP.nearest(written)[0].code == first


def test_what_is_far_from_everything_has_no_nearest() -> None:
    assert LOOKUP.nearest("Công ty TNHH Dệt may Hoàng Gia") == ()
    assert LOOKUP.nearest("") == ()


def test_among_ten_thousand_the_nearest_is_found() -> None:
    rows = [
        AuthorityEntry(code=f"H{n // 100:02d}.{n % 100:02d}", name=f"Ủy ban nhân dân xã Số {n}") for n in range(10_000)
    ]
    rows.append(AuthorityEntry(code="Z1", name="Trung tâm Lưu trữ lịch sử"))
    assert AuthorityLookup(rows).nearest("Trung tam Luu tru lịch sừ")[0].code == "Z1"
