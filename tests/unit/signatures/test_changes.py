"""What revisions may do in silence, what is told of the rest, and that pyHanko's own analysis finds no more."""

# mypy: disable-error-code="no-untyped-call"
# Parts of pyHanko carry no types.

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import crl, x509
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.validation.dss import DocumentSecurityStore

from archive.preservation.signatures.changes import changes_of
from archive.preservation.signatures.pdf_bytes import FileBytes
from archive.preservation.signatures.pdf_facts import Change, PdfFacts, changes_after
from archive.preservation.signatures.pdf_reading import read_bytes
from archive.preservation.signatures.pdf_structure import MAX_OBJECTS, revisions_of
from archive.preservation.signatures.pdf_structure_fields import signed_fields
from archive.preservation.signatures.signing import Appearance, Signing, sign_pdf
from tests.corpus.hostile_signed import (
    ANNOTS,
    CONTENT,
    FIELD,
    FORM,
    FORMS,
    FREE,
    INFO,
    LATER,
    PAGE,
    PARTS,
    SHADOWS,
    XMP,
    base,
    numbered,
    signature_field,
    signed,
    stream,
    updated,
)
from tests.fixtures.pki import SIGNED, Corpus, plain_pdf, with_comment, with_filled_field, written


def facts(pdf: bytes) -> PdfFacts:
    return read_bytes(FileBytes(pdf))


def told(pdf: bytes) -> list[str]:
    """What is told beside harmless metadata."""
    return [f"{c.revision} {c.kind}: {c.what}" for c in facts(pdf).changes if c.allowed_from > 1]


def second(corpus: Corpus, pdf: bytes, **how: object) -> bytes:
    signing = Signing(SIGNED, field_name="CoQuan", **how)  # type: ignore[arg-type]
    return sign_pdf(pdf, corpus.pki.people["agency"], signing)


@pytest.fixture
def seal(tmp_path: Path) -> Path:
    path = tmp_path / "dau.png"
    Image.new("RGB", (30, 30), (210, 0, 0)).save(path)
    return path


# ------------------------------------------------------------ what passes in silence


def test_signatures_evidence_and_time_stamps_are_no_changes(corpus: Corpus) -> None:
    pdf = corpus.archived(corpus.long_term(second(corpus, corpus.blta)), SIGNED.replace(hour=20))
    assert facts(pdf).changes == ()


def test_a_seal_on_the_page_is_no_change(corpus: Corpus, seal: Path) -> None:
    pdf = second(corpus, signed(corpus), appearance=Appearance((300, 400, 400, 500), seal))
    assert told(pdf) == []
    assert facts(pdf).fields[1].has_image


def test_a_seal_on_a_page_without_annotations_is_no_change(corpus: Corpus, seal: Path) -> None:
    first = sign_pdf(plain_pdf(3), corpus.leader, Signing(SIGNED))
    pdf = second(corpus, first, appearance=Appearance((300, 400, 400, 500), seal, page=2))
    assert told(pdf) == []


def test_annotations_that_stand_in_the_page_itself_may_grow_by_a_seal(corpus: Corpus, seal: Path) -> None:
    unsigned = base(o3=numbered(base(), PAGE).replace(b"/Annots 8 0 R", b"/Annots [9 0 R]"))
    first = corpus.long_term(sign_pdf(unsigned, corpus.leader, Signing(SIGNED)))
    assert told(second(corpus, first, appearance=Appearance((300, 400, 400, 500), seal))) == []


def test_an_empty_field_that_was_prepared_may_be_signed(corpus: Corpus, seal: Path) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(base()))
    append_signature_field(writer, SigFieldSpec("CoQuan", box=(300, 400, 400, 500)))
    first = sign_pdf(written(writer), corpus.leader, Signing(SIGNED))
    pdf = second(corpus, first, appearance=Appearance((300, 400, 400, 500), seal))
    assert told(pdf) == []
    assert [f.name for f in facts(pdf).fields] == ["ChuKy1", "CoQuan"]


def test_a_field_with_its_widget_apart_may_be_signed(corpus: Corpus) -> None:
    kids = {FREE: b"<< /FT /Sig /T (CoQuan) /Kids [901 0 R] >>"}
    widget = b"<< /Type /Annot /Subtype /Widget /Parent 900 0 R /P 3 0 R /F 132 /Rect [0 0 0 0] >>"
    first = signed(corpus, base(o13=b"<< /Fields [9 0 R 900 0 R] >>", o900=kids[FREE], o901=widget))
    assert told(second(corpus, first)) == []


def test_evidence_for_each_signature_apart_is_no_change(corpus: Corpus) -> None:
    pdf = signed(corpus)
    for contents in (facts(pdf).fields[0].contents, b"\x30\x00"):
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            contents.hex().encode("ascii").upper(),
            certs=[x509.Certificate.load(der) for der in corpus.pki.certificates()],
            crls=[crl.CertificateList.load(der) for der in corpus.pki.lists(SIGNED)],
        )
        pdf = written(writer)
    assert b"/VRI" in pdf
    assert told(pdf) == []


def test_evidence_in_files_with_object_streams_is_no_change(corpus: Corpus) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf())) as plain:
        plain.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    pdf = corpus.long_term(sign_pdf(out.getvalue(), corpus.leader, Signing(SIGNED)))
    assert told(corpus.archived(pdf, SIGNED)) == []
    assert told(with_filled_field(pdf)) == ["4 form-field: field SoTien: value"]
    assert told(with_comment(pdf)) == ["4 annotation: page 1: annotation Text added"]


def test_objects_that_are_only_written_again_are_no_change(corpus: Corpus) -> None:
    pdf = signed(corpus)
    again = {number: numbered(pdf, number) for number in (PAGE, FORM, FIELD, ANNOTS, INFO, PARTS)}
    content = stream(b"", b"BT /F1 14 Tf 60 700 Td (So tien: 1 trieu) Tj ET")
    assert facts(updated(pdf, {**again, CONTENT: content})).changes == ()


def test_dates_and_programs_are_harmless_metadata(corpus: Corpus) -> None:
    pdf = updated(
        signed(corpus),
        {
            INFO: b"<< /Title (Quyet dinh) /ModDate (D:20270101000000Z) /Producer (x) >>",
            XMP: stream(b"/Type /Metadata /Subtype /XML", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'> </x:xmpmeta>"),
        },
    )
    assert [(c.kind, c.what, c.allowed_from) for c in facts(pdf).changes] == [
        ("metadata", "document information: /ModDate, /Producer", 1),
        ("metadata", "metadata of the document (XMP)", 1),
    ]


def test_what_happened_before_the_first_signature_is_nobodys_change(corpus: Corpus) -> None:
    pdf = updated(base(), {CONTENT: stream(b"", b"BT ET")})
    found = facts(corpus.long_term(sign_pdf(pdf, corpus.leader, Signing(SIGNED))))
    assert (found.revisions, found.changes) == (4, ())


# ------------------------------------------------------------ what is told, and how


def test_a_number_written_on_a_page_is_told_as_an_addition(corpus: Corpus) -> None:
    """The practice of number and date: the text lies between two signatures, and the page keeps what it had."""
    pdf = signed(corpus)
    page = numbered(pdf, PAGE).replace(b"/Contents 14 0 R", b"/Contents [4 0 R 5 0 R 900 0 R]")
    first = signed(corpus, base(o3=numbered(base(), PAGE).replace(b"/Contents 14 0 R", b"/Contents [4 0 R 5 0 R]")))
    pdf = updated(first, {PAGE: page, FREE: stream(b"", b"BT (So 12/QD) Tj ET")})
    pdf = second(corpus, pdf)
    (change,) = (c for c in facts(pdf).changes if c.kind == "content")
    assert (change.revision, change.page, change.adds) == (4, 1, True)
    assert change.what == "page 1: content added (object 900)"
    assert facts(pdf).fields[1].revision == 5


def test_a_list_of_content_that_grows_is_an_addition_as_well(corpus: Corpus) -> None:
    (change,) = facts(SHADOWS["content-list-grown"].make(corpus)).changes
    assert (change.what, change.page, change.adds) == ("page 1: content added (object 900)", 1, True)
    (change,) = facts(SHADOWS["content-list-replaced"].make(corpus)).changes
    assert (change.what, change.adds) == ("page 1: content changed", False)


def test_a_page_whose_content_goes_is_no_addition(corpus: Corpus) -> None:
    first = signed(corpus, base(o3=numbered(base(), PAGE).replace(b"/Contents 14 0 R", b"/Contents [4 0 R 5 0 R]")))
    page = numbered(first, PAGE)
    pdf = updated(first, {PAGE: page.replace(b"4 0 R", b"900 0 R", 1), FREE: stream(b"", b"BT ET")})
    assert [(c.what, c.adds) for c in facts(pdf).changes] == [("page 1: content changed", False)]


@pytest.mark.parametrize(
    ("name", "allowed_from"),
    [
        ("text-field-changed", 2),
        ("look-of-a-field-changed", 2),
        ("comment", 4),
        ("field-moved", 4),
        ("content-replaced", 4),
        ("widget-over-the-page", 4),
        ("title", 4),
    ],
)
def test_each_change_names_the_permission_that_it_needs(corpus: Corpus, name: str, allowed_from: int) -> None:
    attack = {**SHADOWS, **FORMS}[name]
    found = [c for c in facts(attack.make(corpus)).changes if c.what.startswith(attack.what)]
    assert {c.allowed_from for c in found} == {allowed_from}


def test_filling_in_is_allowed_to_a_document_that_was_certified_for_it(corpus: Corpus) -> None:
    pdf = FORMS["text-field-changed"].make(corpus)
    found = facts(pdf)
    assert changes_after(found, found.fields[0]) == found.changes
    assert [c.field for c in found.changes] == ["SoTien"]


def test_a_signature_after_one_that_allows_no_change_is_told(corpus: Corpus) -> None:
    pdf = corpus.long_term(sign_pdf(base(), corpus.leader, Signing(SIGNED, forbids_change=True)))
    assert told(pdf) == []
    assert told(second(corpus, pdf)) == ["4 form: field CoQuan: a signature was added"]
    assert told(corpus.archived(pdf, SIGNED)) == []


def test_a_signature_that_is_taken_out_is_told(corpus: Corpus) -> None:
    pdf = second(corpus, signed(corpus))
    number = signature_field(pdf)
    form = numbered(pdf, FORM).replace(b"%d 0 R" % number, b"")
    assert "5 removed: field ChuKy1" in told(updated(pdf, {FORM: form}))


def test_changes_of_several_revisions_are_told_in_their_order(corpus: Corpus) -> None:
    pdf = signed(corpus)
    for number in range(3):
        pdf = updated(pdf, {CONTENT: stream(b"", b"BT (%d) Tj ET" % number)})
    assert [c.revision for c in facts(pdf).changes] == [4, 5, 6]


def test_more_changes_than_can_be_named_are_told_as_one(corpus: Corpus) -> None:
    texts = {FREE + n: b"(x)" for n in range(80)}
    first = signed(corpus, base(**{f"o{n}": body for n, body in texts.items()}))
    found = facts(updated(first, dict.fromkeys(texts, b"(y)"))).changes
    assert len(found) == 51
    assert found[-1] == Change(4, "unknown", "more than 50 changes")


def test_a_file_with_too_many_objects_is_not_judged(corpus: Corpus) -> None:
    revisions = revisions_of(FileBytes(signed(corpus)))
    first, *others = revisions.sections
    revisions.sections = (replace(first, entries=MAX_OBJECTS), *others)
    (field,) = signed_fields(revisions)
    assert field.problem == "dictionary: too many objects"


def test_revisions_that_are_too_many_to_compare_are_said_to_be_unknown(corpus: Corpus) -> None:
    revisions = revisions_of(FileBytes(signed(corpus)))
    fields = tuple(signed_fields(revisions))
    (change,) = changes_of(revisions, fields, most=20)
    assert change.kind == "unknown"
    assert "too many to compare" in change.what


def test_a_table_of_references_is_counted_before_it_is_read_again(corpus: Corpus) -> None:
    """Twenty bytes an entry in a table; in a stream of references what its dictionary says."""
    assert revisions_of(FileBytes(signed(corpus))).entries > 20
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf())) as plain:
        plain.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    revisions = revisions_of(FileBytes(out.getvalue()))
    assert revisions.entries >= len(revisions.pdf(1).get_xref_table())


# ------------------------------------------------------------ the second reader's analysis


def _is_suspicious(pdf: bytes) -> bool:
    """Whether pyHanko's difference analysis calls a revision behind the first signature suspicious."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    for number in range(2, reader.xrefs.total_revisions):
        old, new = (reader.get_historical_resolver(n) for n in (number - 1, number))
        try:
            DEFAULT_DIFF_POLICY.apply(old=old, new=new)
        except SuspiciousModification:
            return True
    return False


@pytest.mark.parametrize("name", [n for n, a in {**SHADOWS, **FORMS}.items() if not a.stray])
def test_whatever_pyhanko_calls_suspicious_is_told(corpus: Corpus, name: str) -> None:
    pdf = {**SHADOWS, **FORMS}[name].make(corpus)
    try:
        suspicious = _is_suspicious(pdf)
    except Exception:  # noqa: BLE001 - pyHanko raises whatever hostile objects provoke, and that tells nothing
        suspicious = False
    assert told(pdf) or not suspicious


def test_a_form_that_grows_resources_for_a_stamp_is_no_change(corpus: Corpus) -> None:
    form = b"<< /Fields [9 0 R] /DA (/F1 10 Tf 0 g) /DR << /Font 901 0 R >> >>"
    first = signed(corpus, base(o13=form, o901=b"<< /F1 6 0 R >>"))
    assert told(updated(first, {901: b"<< /F1 6 0 R /F2 991 0 R >>", LATER: b"<< /Type /Font >>"})) == []
    assert told(updated(first, {901: b"<< /F1 991 0 R >>", LATER: b"<< /Type /Font >>"})) != []


# ------------------------------------------------------------ tagged documents


_TAGGED = {
    "o1": b"<< /Type /Catalog /Pages 2 0 R /AcroForm 13 0 R /Metadata 12 0 R /MarkInfo << /Marked true >>"
    b" /StructTreeRoot 900 0 R >>",
    "o900": b"<< /Type /StructTreeRoot /K 901 0 R /ParentTree 902 0 R /ParentTreeNextKey 1 >>",
    "o901": b"<< /Type /StructElem /S /Document /P 900 0 R /K [903 0 R] >>",
    "o902": b"<< /Nums [0 [903 0 R]] >>",
    "o903": b"<< /Type /StructElem /S /Form /P 901 0 R >>",
}


def test_a_tagged_document_whose_tree_is_rewritten_without_need_is_told(corpus: Corpus) -> None:
    first = signed(corpus, base(**_TAGGED))
    pdf = updated(first, {903: b"<< /Type /StructElem /S /Figure /Alt (khac) /P 901 0 R >>"})
    assert told(pdf) == ["4 metadata: structure of the tagged document: /Alt, /S"]
    pdf = updated(first, {901: b"<< /Type /StructElem /S /Document /P 900 0 R /K [] >>"})
    assert told(pdf) == ["4 metadata: structure of the tagged document: /K"]


def test_a_signature_in_the_structure_tree_of_a_tagged_document_is_no_change(corpus: Corpus) -> None:
    first = signed(corpus, base(**_TAGGED))
    form = numbered(first, FORM).replace(b"/Fields [", b"/Fields [ 991 0 R ")
    annots = numbered(first, ANNOTS).replace(b"[", b"[ 991 0 R ", 1)
    widget = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (CoQuan) /P 3 0 R /F 132 /Rect [0 0 0 0] /StructParent 1 >>"
    element = b"<< /Type /StructElem /S /Form /P 901 0 R /K << /Type /OBJR /Obj 991 0 R /Pg 3 0 R >> >>"
    pdf = updated(
        first,
        {
            FORM: form,
            ANNOTS: annots,
            991: widget,
            992: element,
            900: b"<< /Type /StructTreeRoot /K 901 0 R /ParentTree 902 0 R /ParentTreeNextKey 2 >>",
            901: b"<< /Type /StructElem /S /Document /P 900 0 R /K [903 0 R 992 0 R] >>",
            902: b"<< /Nums [0 [903 0 R] 1 992 0 R] >>",
        },
    )
    assert told(pdf) == []
