"""Facts of a PDF: what is read of fields, ranges, revisions and the store, and how it is kept."""

# mypy: disable-error-code="no-untyped-call"
# Parts of pyHanko carry no types.

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import keys, x509
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from archive.preservation.signatures.pdf_bytes import FileBytes, opened, span_problem
from archive.preservation.signatures.pdf_facts import (
    ByteRange,
    Change,
    PdfFacts,
    SecurityStore,
    SignedField,
    changes_after,
)
from archive.preservation.signatures.pdf_facts_json import FactsUnreadableError, facts_document, facts_of
from archive.preservation.signatures.pdf_reading import read_bytes, read_pdf
from archive.preservation.signatures.pdf_structure_fields import moment
from archive.preservation.signatures.signing import Appearance, Signing, sign_pdf
from tests.corpus.hostile_signed import FREE, base, raw, signed, stream, updated
from tests.fixtures.pki import SIGNED, Corpus, with_page_content, written


def facts(data: bytes) -> PdfFacts:
    return read_bytes(FileBytes(data))


def only(data: bytes) -> SignedField:
    found = facts(data)
    assert len(found.fields) == 1, found
    return found.fields[0]


# ------------------------------------------------------------ fields


def test_a_signature_is_read_with_what_it_covers(corpus: Corpus) -> None:
    pdf = corpus.signed()
    field = only(pdf)
    assert (field.name, field.sub_filter, field.is_time_stamp) == ("ChuKy1", "ETSI.CAdES.detached", False)
    assert (field.coverage, field.revision, field.problem) == ("whole-file", 2, "")
    assert field.claimed == "2026-06-15T09:00:00+00:00"
    assert field.range is not None
    assert field.range.end == len(pdf)
    assert bytes.fromhex(pdf[field.range.first + 1 : field.range.gap_end - 1].decode()) == field.contents


def test_revisions_are_counted_and_each_signature_closes_its_own(corpus: Corpus) -> None:
    found = facts(corpus.blta)
    assert found.revisions == 4
    assert [(f.revision, f.coverage, f.is_time_stamp) for f in found.fields] == [
        (2, "whole-revision", False),
        (4, "whole-file", True),
    ]
    assert found.changes == ()
    assert found.stray == 0


def test_the_store_tells_in_which_revision_each_object_came(corpus: Corpus) -> None:
    store = facts(corpus.blta).store
    assert set(store.certificates) == set(corpus.pki.certificates())
    assert len(store.revocation) == 3
    assert set(store.certificate_revisions) == set(store.revocation_revisions) == {3}
    assert store.problem == ""


def test_evidence_that_came_later_is_told_with_its_own_revision(corpus: Corpus) -> None:
    late = corpus.pki.root.list_of(SIGNED.replace(day=20))
    store = facts(corpus.long_term(corpus.blta, late)).store
    assert store.revocation_revisions[store.revocation.index(late)] == 5
    assert min(store.revocation_revisions) == 3


def test_four_signatures_are_told_in_the_order_of_what_they_cover(corpus: Corpus) -> None:
    pdf = corpus.base
    for name in ("Ky.D", "Ky.B", "Ky.C", "Ky.A"):
        pdf = sign_pdf(pdf, corpus.leader, Signing(SIGNED, field_name=name.replace(".", "")))
    found = facts(pdf)
    assert [f.name for f in found.fields] == ["KyD", "KyB", "KyC", "KyA"]
    assert [f.revision for f in found.fields] == [2, 3, 4, 5]
    assert found.changes == ()


def test_a_field_below_another_is_called_by_both_names(corpus: Corpus) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(corpus.base))
    append_signature_field(writer, SigFieldSpec("LanhDao.KySo"))
    pdf = sign_pdf(written(writer), corpus.leader, Signing(SIGNED, field_name="LanhDao.KySo"))
    assert only(pdf).name == "LanhDao.KySo"


def test_a_picture_in_the_appearance_is_seen(corpus: Corpus, tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), (200, 0, 0)).save(tmp_path / "dau.png")
    look = Appearance((60, 60, 160, 160), tmp_path / "dau.png")
    field = only(corpus.signed(appearance=look))
    assert (field.visible, field.has_image) == (True, True)
    field = only(corpus.signed())
    assert (field.visible, field.has_image) == (False, False)


def test_a_certification_tells_what_it_allows(corpus: Corpus) -> None:
    assert only(corpus.signed(forbids_change=True)).docmdp == 1
    assert only(corpus.signed()).docmdp is None


def test_a_lock_on_fields_is_read() -> None:
    value = b"/Type /Sig /Reference [<< /TransformMethod /FieldMDP /TransformParams"
    value += b" << /Action /Include /Fields [(SoTien) (Bang.Tong)] >> >>] "
    field = b"<< /FT /Sig /T (Khoa) /V 900 0 R >>"
    unsigned = base(o13=b"<< /Fields [9 0 R 901 0 R] >>", o900=b"<< " + value + b" >>", o901=field)
    found = only(unsigned)
    assert (found.locks, found.locked) == ("include", ("SoTien", "Bang.Tong"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D:20250124171949+07'00'", "2025-01-24T17:19:49+07:00"),
        ("D:20250124171949+07'00", "2025-01-24T17:19:49+07:00"),
        ("D:20250124171949Z", "2025-01-24T17:19:49+00:00"),
        ("D:20250124171949", "2025-01-24T17:19:49-00:00"),
        ("D:2025", "2025-01-01T00:00:00-00:00"),
        ("D:20250124171949-03", "2025-01-24T17:19:49-03:00"),
        ("20250124171949Z00'00'", "2025-01-24T17:19:49+00:00"),
        ("D:20251324171949Z", None),
        ("ngày 5 tháng 3", None),
        ("", None),
    ],
)
def test_dates_keep_the_offset_that_they_name(text: str, expected: str | None) -> None:
    assert moment(pikepdf.String(text)) == expected


def test_what_is_no_text_is_no_date() -> None:
    assert moment(20250124171949) is None


# ------------------------------------------------------------ files of all kinds


def test_an_encrypted_file_without_a_user_password_is_read(corpus: Corpus) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(corpus.base)) as plain:
        plain.save(out, encryption=pikepdf.Encryption(owner="chu", user="", R=6))
    writer = IncrementalPdfFileWriter(io.BytesIO(out.getvalue()))
    writer.encrypt("")
    append_signature_field(writer, SigFieldSpec("Khac"))
    field = only(sign_encrypted(written(writer), corpus))
    assert (field.coverage, field.problem) == ("whole-file", "")


def sign_encrypted(pdf: bytes, corpus: Corpus) -> bytes:
    signer = SimpleSigner(
        x509.Certificate.load(corpus.leader.certificate),
        keys.PrivateKeyInfo.load(corpus.leader.key),
        SimpleCertificateStore(),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.encrypt("")
    out = io.BytesIO()
    PdfSigner(PdfSignatureMetadata(field_name="Khac"), signer).sign_pdf(writer, output=out)
    return out.getvalue()


def test_a_file_with_a_user_password_is_locked_and_its_ranges_are_told(corpus: Corpus) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(corpus.signed())) as plain:
        plain.save(out, encryption=pikepdf.Encryption(owner="chu", user="bimat"))
    found = facts(out.getvalue())
    assert (found.locked, found.fields, len(found.remnants)) == (True, (), 1)


def test_bytes_before_the_header_move_the_offsets_and_nothing_else(corpus: Corpus) -> None:
    before = b"rac truoc tep\n"
    with pikepdf.open(io.BytesIO(before + corpus.base)) as shifted:
        assert len(shifted.pages) == 1
    found = facts(before + corpus.base)
    assert (found.revisions, found.problem, found.fields) == (1, "", ())


def test_white_space_behind_the_end_is_nothing(corpus: Corpus) -> None:
    found = facts(corpus.signed() + b"\r\n\0 \n")
    assert (found.stray, found.fields[0].coverage) == (0, "whole-revision")


def test_an_extract_with_a_remnant_of_a_signature_is_told() -> None:
    pdf = base() + b"99 0 obj\n<< /Type /Sig /ByteRange [0 12494132 12518902 41295] /Contents <00> >>\nendobj\n"
    found = facts(pdf)
    assert found.remnants == ((0, 12494132, 12518902, 41295),)
    assert found.fields == ()


def test_a_file_with_cross_reference_streams_is_read(corpus: Corpus) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(corpus.base)) as plain:
        plain.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    pdf = corpus.long_term(sign_pdf(out.getvalue(), corpus.leader, Signing(SIGNED)))
    found = facts(pdf)
    assert (found.revisions, found.fields[0].revision, found.changes) == (3, 2, ())
    assert facts(with_page_content(pdf)).changes != ()


def test_a_linearised_file_is_one_revision(corpus: Corpus) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(corpus.base)) as plain:
        plain.save(out, linearize=True)
    pdf = sign_pdf(out.getvalue(), corpus.leader, Signing(SIGNED))
    found = facts(pdf)
    assert (found.revisions, found.fields[0].coverage, found.problem) == (2, "whole-file", "")


def test_a_hybrid_file_is_read() -> None:
    """Word writes files whose objects stand half in a table and half in a stream of references."""
    pdf = raw({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"})
    start = len(pdf)
    rows = b"\x01" + start.to_bytes(4, "big") + b"\0\0"
    entries = b"/Type /XRef /Size 4 /Index [3 1] /W [1 4 2] /Root 1 0 R"
    pdf += b"3 0 obj\n" + stream(entries, rows) + b"\nendobj\n"
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[0])
    table = len(pdf)
    pdf += b"xref\n0 0\ntrailer\n<< /Size 4 /Root 1 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF" % (
        previous,
        start,
        table,
    )
    found = facts(pdf)
    assert (found.revisions, found.problem) == (2, "")


def test_a_damaged_file_with_a_signature_is_explained_and_not_judged(corpus: Corpus) -> None:
    pdf = re.sub(rb"startxref\n\d+\n", b"startxref\n7\n", corpus.signed())
    found = facts(pdf)
    assert found.problem.startswith("damaged")
    assert [(f.name, f.range) for f in found.fields] == [("ChuKy1", None)]
    assert found.fields[0].problem.startswith("damaged")


def test_a_damaged_file_without_any_signature_is_no_matter_of_signatures() -> None:
    found = facts(re.sub(rb"startxref\n\d+\n", b"startxref\n7\n", base()))
    assert (found.problem, found.fields, found.remnants) == ("", (), ())


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF\n" * 20, b"\0" * 4096, b"PK\x03\x04" * 99])
def test_what_is_no_pdf_is_told_as_that(junk: bytes) -> None:
    assert facts(junk).problem.startswith("format")


def test_a_large_file_is_mapped_and_gives_the_same_facts(corpus: Corpus, tmp_path: Path) -> None:
    filler = stream(b"", bytes(9 << 20))
    pdf = corpus.long_term(sign_pdf(base(o900=filler), corpus.leader, Signing(SIGNED)))
    path = tmp_path / "lon.pdf"
    path.write_bytes(pdf)
    found = read_pdf(path)
    assert found == facts(pdf)
    assert (found.fields[0].coverage, found.revisions) == ("whole-revision", 3)
    with opened(path) as data:
        span = found.fields[0].range
        assert span is not None
        assert data.digest("sha256", span) == hashlib.sha256(pdf[: span.first] + pdf[span.gap_end : span.end]).digest()


SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "pdf"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="real documents: ../shared/samples is not here")
@pytest.mark.parametrize(
    ("name", "claimed", "revisions"),
    [
        ("qd-222-2025-signed-scan.pdf", "2025-01-24T17:19:49+07:00", 2),
        ("signed-scan-4-pages.pdf", "2025-07-09T08:44:47+07:00", 2),
        ("qd-20-2019-signed-born-digital.pdf", "2019-06-12T18:27:33+07:00", 3),
    ],
)
def test_real_signed_documents_are_read(name: str, claimed: str, revisions: int) -> None:
    found = read_pdf(SAMPLES / name)
    (field,) = found.fields
    assert (field.coverage, field.claimed, found.revisions) == ("whole-file", claimed, revisions)
    assert (field.docmdp, field.visible, field.has_image, field.problem) == (2, True, True, "")
    assert (found.problem, found.stray, found.remnants, found.changes) == ("", 0, (), ())


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="real documents: ../shared/samples is not here")
def test_a_real_extract_of_the_gazette_has_a_remnant() -> None:
    found = read_pdf(SAMPLES / "gazette-extract-signature-remnant.pdf")
    assert (found.fields, found.remnants) == ((), ((0, 12494132, 12518902, 41295),))


# ------------------------------------------------------------ bytes


spans = st.tuples(st.integers(1, 300), st.integers(1, 100), st.integers(1, 600))


@settings(max_examples=50)
@given(wanted=st.lists(st.tuples(st.sampled_from(["sha1", "sha256", "sha3_512"]), spans), max_size=12))
def test_digests_are_right_in_whatever_order_they_are_asked(wanted: list[tuple[str, tuple[int, int, int]]]) -> None:
    data = bytes(range(256)) * 4
    found = FileBytes(data)
    for name, (first, gap, second) in wanted:
        span = ByteRange(first, first + gap, second)
        expected = hashlib.new(name, data[:first] + data[first + gap : span.end], usedforsecurity=False).digest()
        assert found.digest(name, span) == expected


def test_a_pdf_signed_with_ed448_is_digested_as_long_as_its_standard_asks() -> None:
    """RFC 8419: SHAKE256 of 64 octets."""
    data = bytes(range(256))
    assert FileBytes(data).digest("shake256", ByteRange(10, 20, 30)) == hashlib.shake_256(
        data[:10] + data[20:50]
    ).digest(64)


@pytest.mark.parametrize("name", ["shake_128", "blake2b", "md17", ""])
def test_a_digest_that_no_signature_may_name_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        FileBytes(b"x" * 100).digest(name, ByteRange(1, 2, 3))


def test_the_gap_is_checked_against_the_bytes(corpus: Corpus) -> None:
    pdf = corpus.signed()
    field = only(pdf)
    assert field.range is not None
    data = FileBytes(pdf)
    assert span_problem(data, field.range, field.contents) == ""
    assert span_problem(data, field.range, field.contents[:-1]).startswith("byte-range")
    assert span_problem(data, replace(field.range, first=field.range.first - 1), field.contents) != ""
    assert span_problem(data, replace(field.range, second=field.range.second + 1), field.contents) != ""
    gap = pdf[field.range.first : field.range.gap_end]
    other = pdf.replace(gap, gap.swapcase())
    assert span_problem(FileBytes(other), field.range, field.contents) == ""


def test_a_mapped_file_is_let_go_whatever_was_left_half_done(tmp_path: Path) -> None:
    path = tmp_path / "lon.pdf"
    path.write_bytes(bytes(9 << 20) + b"/ByteRange [0 1 2 3]/ByteRange [0 4 5 6]")
    with opened(path) as data:
        ranges = data.byte_ranges()
        assert next(ranges) == (0, 1, 2, 3)
    assert next(ranges) == (0, 4, 5, 6)


def test_a_range_array_that_a_piece_would_cut_is_found_once() -> None:
    array = b"/ByteRange [0 10 20 30]"
    data = b"x" * ((1 << 20) - 9) + array + b"y" * 1000 + array
    assert list(FileBytes(data).byte_ranges()) == [(0, 10, 20, 30)] * 2


# ------------------------------------------------------------ kept facts


texts = st.text(max_size=30)
numbers = st.integers(0, 1 << 40)
fields = st.builds(
    SignedField,
    texts,
    st.none() | texts,
    st.booleans(),
    st.binary(max_size=40),
    certificates=st.lists(st.binary(max_size=9), max_size=2).map(tuple),
    range=st.none() | st.builds(ByteRange, numbers, numbers, numbers),
    coverage=texts,
    revision=st.none() | numbers,
    claimed=st.none() | texts,
    docmdp=st.none() | st.integers(1, 3),
    locks=texts,
    locked=st.lists(texts, max_size=2).map(tuple),
    visible=st.booleans(),
    has_image=st.booleans(),
    problem=texts,
)
stores = st.builds(
    SecurityStore,
    st.lists(st.binary(max_size=9), max_size=3).map(tuple),
    st.lists(st.binary(max_size=9), max_size=3).map(tuple),
    texts,
    st.lists(numbers, max_size=3).map(tuple),
    st.lists(numbers, max_size=3).map(tuple),
)
changes = st.builds(Change, numbers, texts, texts, st.integers(1, 4), st.none() | numbers, texts, st.booleans())
whole = st.builds(
    PdfFacts,
    numbers,
    st.lists(fields, max_size=3).map(tuple),
    stores,
    numbers,
    st.lists(changes, max_size=3).map(tuple),
    numbers,
    st.lists(st.lists(numbers, max_size=4).map(tuple), max_size=3).map(tuple),
    st.booleans(),
    texts,
)


@settings(max_examples=50)
@given(found=whole)
def test_facts_survive_being_kept(found: PdfFacts) -> None:
    document = facts_document(found)
    assert facts_of(document) == found
    assert facts_document(facts_of(document)) == document


@settings(max_examples=50)
@given(found=whole, place=st.integers(0, 1 << 20), byte=st.integers(0, 255))
def test_a_changed_document_gives_other_facts_or_is_refused(found: PdfFacts, place: int, byte: int) -> None:
    document = bytearray(facts_document(found))
    place %= len(document)
    if document[place] == byte:
        return
    document[place] = byte
    try:
        other = facts_of(bytes(document))
    except FactsUnreadableError:
        return
    assert other != found


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=15)


@settings(max_examples=50)
@given(value=anything)
def test_documents_of_other_shapes_are_refused(value: object) -> None:
    for document in (value, {"format": "luutru-pdf-facts 1", "facts": value}):
        with pytest.raises(FactsUnreadableError):
            facts_of(json.dumps(document).encode())


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"facts":' * 50_000,
        b'{"facts":1,"format":"luutru-pdf-facts 1","x":1}',
        b'{"facts":' + b"9" * 5000 + b',"format":"luutru-pdf-facts 1"}',
    ],
)
def test_hostile_documents_are_refused_by_name(document: bytes) -> None:
    with pytest.raises(FactsUnreadableError):
        facts_of(document)


def test_a_document_that_is_written_otherwise_is_refused() -> None:
    document = facts_document(PdfFacts(1))
    with pytest.raises(FactsUnreadableError, match="canonical"):
        facts_of(document + b" ")
    with pytest.raises(FactsUnreadableError, match="canonical"):
        facts_of(document.replace(b'"size":1', b'"size":1,"size":1'))
    with pytest.raises(FactsUnreadableError):
        facts_of(document.replace(b'"size":1', b'"size":true'))


def test_a_short_document_does_not_become_large_facts() -> None:
    field = _signature(contents=b"\x30" + bytes(100))
    document = facts_document(PdfFacts(1, (field,)))
    assert facts_of(document).fields == (field,)
    with pytest.raises(FactsUnreadableError, match="zeros"):
        facts_of(document.replace(b",100]", b",99999999]"))
    with pytest.raises(FactsUnreadableError, match="list"):
        facts_of(facts_document(PdfFacts(1, (field,) * 65)))


def test_a_document_longer_than_any_facts_is_refused_unread() -> None:
    with pytest.raises(FactsUnreadableError, match="bytes"):
        facts_of(bytes((96 << 20) + 1))


# ------------------------------------------------------------ what a signer allowed


def _signature(**known: object) -> SignedField:
    return replace(SignedField("A", None, is_time_stamp=False, contents=b"", revision=2), **known)  # type: ignore[arg-type]


CHANGES = (
    Change(3, "metadata", "dates", 1),
    Change(3, "form-field", "field SoTien", 2, field="SoTien"),
    Change(3, "form-field", "field Bang.Tong", 2, field="Bang.Tong"),
    Change(4, "annotation", "comment", 3),
    Change(5, "content", "page 1"),
)
FILE = PdfFacts(0, changes=CHANGES)


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (_signature(), CHANGES[1:]),
        (_signature(docmdp=1), CHANGES[1:]),
        (_signature(docmdp=2), CHANGES[3:]),
        (_signature(docmdp=3), CHANGES[4:]),
        (_signature(docmdp=3, revision=5), ()),
        (_signature(docmdp=3, revision=None), CHANGES[4:]),
        (_signature(docmdp=2, locks="all"), CHANGES[1:]),
        (_signature(docmdp=2, locks="include", locked=("SoTien",)), (CHANGES[1], *CHANGES[3:])),
        (_signature(docmdp=2, locks="include", locked=("Bang",)), CHANGES[2:]),
        (_signature(docmdp=2, locks="exclude", locked=("SoTien",)), CHANGES[2:]),
    ],
)
def test_only_what_the_signer_did_not_allow_counts(signature: SignedField, expected: tuple[Change, ...]) -> None:
    assert changes_after(FILE, signature) == expected


def test_an_update_that_names_a_free_number_is_no_trouble(corpus: Corpus) -> None:
    found = facts(updated(signed(corpus), {FREE: b"<< /Khac true >>"}))
    assert (found.revisions, found.changes) == (4, ())
