"""What surrounds a signature in a PDF: later changes, remnants, broken and hostile structures."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.preservation.signatures.signing import Signing, sign_pdf
from metadata.verdicts import Indication, SignatureVerdict
from tests.fixtures.pki import SIGNED, Corpus, with_comment, with_filled_field, with_page_content

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE


def says(verdict: SignatureVerdict, word: str) -> bool:
    return any(reason.startswith(word) for reason in verdict.reasons)


# ------------------------------------------------------------ changed after signing


@pytest.mark.parametrize("before", [b"", b"% ghi chu\n\t", b"%" + b"x" * 2000 + b"\n"])
def test_a_cross_reference_that_points_at_another_object_does_not_end_the_reader(corpus: Corpus, before: bytes) -> None:
    pdf = corpus.blt
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        store = opened.Root.get_raw("/DSS")
        assert store is not None
        number, catalog = store.objgen[0], opened.Root.objgen[0]
        size = int(opened.trailer.Size)
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    place = len(pdf)
    later = pdf + before + b"%d 0 obj\n<< /Other true >>\nendobj\n" % catalog
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, place)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    changed = later + table + trailer % (size, catalog, previous, len(later))
    verdict = corpus.only(changed)
    assert verdict.changed_after[-1].endswith("bytes after the last complete revision")


def test_content_written_after_signing_is_named_beside_the_verdict(corpus: Corpus) -> None:
    verdict = corpus.only(with_page_content(corpus.blt))
    assert verdict.indication is PASSED
    assert len(verdict.changed_after) == 1
    assert verdict.changed_after[0].startswith("revision 4: page 1: content added (object ")


def test_a_comment_added_later_is_named_as_one(corpus: Corpus) -> None:
    verdict = corpus.only(with_comment(corpus.blt))
    assert verdict.changed_after == ("revision 4: page 1: annotation Text added",)


def test_a_field_filled_in_later_is_named(corpus: Corpus) -> None:
    verdict = corpus.only(with_filled_field(corpus.blt))
    assert verdict.changed_after == ("revision 4: field SoTien: value",)


def test_a_number_inserted_between_two_signatures_concerns_the_first_only(corpus: Corpus) -> None:
    pdf = with_page_content(corpus.stamped())
    pdf = sign_pdf(pdf, corpus.pki.people["agency"], Signing(SIGNED, field_name="CoQuan", stamper=corpus.stamper()))
    leader, agency = corpus.judge(corpus.long_term(pdf))
    assert (leader.indication, agency.indication) == (PASSED, PASSED)
    assert leader.changed_after
    assert agency.changed_after == ()


def test_a_signer_who_allowed_no_change_is_heard(corpus: Corpus) -> None:
    pdf = corpus.signed(forbids_change=True, stamper=corpus.stamper())
    assert corpus.only(corpus.long_term(pdf)).changed_after == ()
    pdf = sign_pdf(pdf, corpus.leader, Signing(SIGNED, field_name="Sau"))
    assert corpus.judge(pdf)[0].changed_after == ("revision 3: field Sau: a signature was added",)


def test_bytes_behind_the_last_revision_are_told(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.blt + b"7 0 obj << >> endobj")
    assert verdict.changed_after[-1] == "20 bytes after the last complete revision"


def test_a_hundred_revisions_that_change_nothing_change_nothing(corpus: Corpus) -> None:
    pdf = corpus.blt
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    trailer = pdf[pdf.rfind(b"trailer") :]
    root, info = re.search(rb"/Root (\d+ \d+ R)", trailer), re.search(rb"/Info (\d+ \d+ R)", trailer)
    assert root is not None
    assert info is not None
    for _ in range(120):
        start = len(pdf)
        update = b"xref\n0 0\ntrailer\n<< /Size 60 /Root %s /Info %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
        pdf += update % (root.group(1), info.group(1), previous, start)
        previous = start
    verdict = corpus.only(pdf)
    assert verdict.indication is PASSED
    assert verdict.changed_after == ()


# ------------------------------------------------------------ nothing vanishes


def test_an_unsigned_file_has_no_verdict(corpus: Corpus) -> None:
    assert corpus.judge(corpus.base) == ()


def test_an_unsupported_sub_filter_is_named_and_not_judged(corpus: Corpus) -> None:
    pdf = corpus.signed(sub_filter="adbe.pkcs7.detached")
    verdict = corpus.only(pdf.replace(b"/adbe.pkcs7.detached", b"/adbe.pkcs7.embedded"))
    assert (verdict.indication, verdict.sub_filter) == (OPEN, "adbe.pkcs7.embedded")
    assert says(verdict, "sub-filter")


def test_a_signature_dictionary_without_a_form_is_a_remnant(corpus: Corpus) -> None:
    pdf = corpus.base + b"99 0 obj\n<< /Type /Sig /ByteRange [0 12494132 12518902 41295] /Contents <00> >>\nendobj\n"
    verdict = corpus.only(pdf)
    assert (verdict.kind, verdict.indication, verdict.coverage) == ("remnant", OPEN, "unclear")


def test_a_locked_file_is_said_to_be_locked(corpus: Corpus) -> None:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(corpus.signed())) as opened:
        opened.save(output, encryption=pikepdf.Encryption(owner="chu", user="bimat"))
    verdict = corpus.only(output.getvalue())
    assert (verdict.indication, says(verdict, "encrypted")) == (OPEN, True)


def test_a_file_saved_anew_breaks_its_signatures(corpus: Corpus) -> None:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(corpus.blt)) as opened:
        opened.save(output)
    verdict = corpus.judge(output.getvalue())[0]
    assert verdict.indication is FAILED


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF\n" * 20, b"\x00" * 4096])
def test_what_is_no_pdf_is_a_format_failure(corpus: Corpus, junk: bytes) -> None:
    verdict = corpus.only(junk)
    assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def test_more_fields_than_are_judged_are_told(corpus: Corpus) -> None:
    pdf = corpus.signed()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fields = opened.Root.AcroForm.Fields
        value = next(f.V for f in fields if f.get("/FT") == pikepdf.Name.Sig)
        for number in range(300):
            field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=f"Ky{number}", V=value)
            fields.append(opened.make_indirect(field))
        output = io.BytesIO()
        opened.save(output)
    verdicts = corpus.judge(output.getvalue())
    assert len(verdicts) == 51
    assert says(verdicts[-1], "too-many") or any(says(v, "too-many") for v in verdicts)
    assert not any(v.indication is PASSED for v in verdicts)


# ------------------------------------------------------------ attacks


def _with_range(pdf: bytes, new: bytes) -> bytes:
    found = re.search(rb"/ByteRange\s*\[[^\]]*\]", pdf)
    assert found is not None
    return pdf[: found.start()] + new.ljust(len(found.group(0)))[: len(found.group(0))] + pdf[found.end() :]


@pytest.mark.parametrize(
    "span",
    [
        b"/ByteRange [0 0 0 0]",
        b"/ByteRange [0 -1 5 9]",
        b"/ByteRanje [0 0 0 0]",
        b"/ByteRange [0 9999999999 0 1]",
        b"/ByteRange [0 1 2 3 4 5]",
        b"/ByteRange (x)",
    ],
)
def test_a_broken_range_never_passes_and_never_vanishes(corpus: Corpus, span: bytes) -> None:
    verdicts = corpus.judge(_with_range(corpus.blt, span))
    assert verdicts
    assert not any(v.indication is PASSED for v in verdicts)


def test_bytes_hidden_in_the_gap_are_a_format_failure(corpus: Corpus) -> None:
    """Signature wrapping: the second signed part is moved back, the gap holds more than the signature."""
    pdf = corpus.signed()
    found = re.search(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    assert found is not None
    first, second, length = map(int, found.groups())
    evil = b" /Evil (" + b"x" * 500 + b")"
    start = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    moved = pdf[:second] + evil + pdf[second:].replace(b"%d\n%%%%EOF" % start, b"%d\n%%%%EOF" % (start + len(evil)))
    moved = _with_range(moved, b"/ByteRange [0 %d %d %d]" % (first, second + len(evil), length))
    verdict = corpus.judge(moved)[0]
    assert (verdict.indication, verdict.subindication, verdict.coverage) == (FAILED, "FORMAT_FAILURE", "unclear")
    assert says(verdict, "byte-range: the gap")


def test_zeros_in_place_of_the_signature_are_a_format_failure(corpus: Corpus) -> None:
    pdf = corpus.signed()
    found = re.search(rb"/Contents\s*<([0-9a-fA-F]+)>", pdf)
    assert found is not None
    verdict = corpus.only(pdf[: found.start(1)] + b"0" * len(found.group(1)) + pdf[found.end(1) :])
    assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def test_endless_nesting_in_the_signature_is_a_format_failure(corpus: Corpus) -> None:
    pdf = corpus.signed()
    found = re.search(rb"/Contents\s*<([0-9a-fA-F]+)>", pdf)
    assert found is not None
    nested = (b"\x30\x80" * (len(found.group(1)) // 4)).hex().encode().ljust(len(found.group(1)), b"0")
    verdict = corpus.only(pdf[: found.start(1)] + nested + pdf[found.end(1) :])
    assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def _raw(objects: dict[int, bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % offsets[number]
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(out)


_PAGES = {
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
}
_FORM = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields %s /SigFlags 3 >> >>"


@pytest.mark.parametrize(
    "objects",
    [
        {1: _FORM % b"[4 0 R]", **_PAGES, 4: b"<< /T (a) /Kids [5 0 R] >>", 5: b"<< /T (b) /Kids [4 0 R] >>"},
        {1: _FORM % b"4 0 R", **_PAGES, 4: b"[" * 100_000 + b"]" * 100_000},
        {1: _FORM % b"[4 0 R]", **_PAGES, 4: b"<< /FT /Sig /T (a) /V 4 0 R >>"},
        {1: _FORM % b"[4 0 R]", **_PAGES, 4: b"<< /FT /Sig /T (a) /V << /Type /Sig >> >>"},
        {1: _FORM % b"[4 0 R]", **_PAGES, 4: b"<< /FT /Sig /T (a) /V 9 0 R >>"},
        {1: _FORM % b"(x)", **_PAGES},
    ],
)
def test_looping_and_broken_forms_end_with_a_verdict_or_none_but_no_fault(
    corpus: Corpus, objects: dict[int, bytes]
) -> None:
    assert not any(v.indication is PASSED for v in corpus.judge(_raw(objects)))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_changed_bit_in_a_signed_range_ever_passes(corpus: Corpus, place: int, bit: int) -> None:
    pdf = bytearray(corpus.once("bb", corpus.signed))
    found = re.search(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    assert found is not None
    first, second, length = map(int, found.groups())
    signed = [*range(first), *range(second, second + length)]
    pdf[signed[place * len(signed) // 10_001]] ^= 1 << bit
    verdicts = corpus.judge(bytes(pdf), revocation=corpus.pki.lists(SIGNED))
    assert not any(v.indication is PASSED for v in verdicts)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mangled_file_is_a_fault(corpus: Corpus, data: st.DataObject) -> None:
    pdf = bytearray(corpus.blta)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(pdf) - 1))
        piece = data.draw(st.binary(max_size=40) | st.sampled_from([b"endobj", b"<<", b"[", b"/Kids", b"null", b"R"]))
        pdf[start : start + len(piece)] = piece
    corpus.judge(bytes(pdf[: data.draw(st.integers(len(pdf) // 2, len(pdf)))]))
