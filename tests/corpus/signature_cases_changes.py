"""What was changed after signing: a second field beside the ETSI verdict, and the plain word that follows from both."""

# mypy: disable-error-code="no-untyped-call"
# Parts of pyHanko carry no types.

from __future__ import annotations

import io
import json
import tempfile
from datetime import timedelta
from pathlib import Path

import fpdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from archive.demo.pki import new_pki
from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.signatures.signing import Appearance, Credential, Signing, sign_pdf, time_stamp_pdf
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import LONG, SIGNED, TODAY, Corpus, with_comment, with_filled_field, with_page_content, written

_VALID, _OPEN, _FALSE = PlainWord.VALID, PlainWord.INSUFFICIENT, PlainWord.INVALID


def _by_agency(corpus: Corpus, pdf: bytes) -> bytes:
    how = Signing(SIGNED, field_name="CoQuan", stamper=corpus.stamper())
    return corpus.long_term(sign_pdf(pdf, corpus.pki.people["agency"], how))


@case(passed(plain=_FALSE, reason="changed-after: content"))
def content_behind_the_last_signature(corpus: Corpus) -> Prepared:
    """The signature still holds for what was signed; the file that a reader sees is another: never valid."""
    return Prepared(with_page_content(corpus.blt))


@case(passed(plain=_FALSE))
def form_field_filled_behind_the_last_signature(corpus: Corpus) -> Prepared:
    """A sum of money typed over after an approval signature (the library calls that valid)."""
    return Prepared(with_filled_field(corpus.blt))


@case(passed(plain=_OPEN, reason="changed-after: something"))
def comment_behind_the_last_signature(corpus: Corpus) -> Prepared:
    """A remark changes no content and is covered by nobody."""
    return Prepared(with_comment(corpus.blt))


@case(passed(plain=_OPEN, practice="number-and-date-between-signatures"), passed(plain=_VALID))
def number_and_date_between_two_signatures(corpus: Corpus) -> Prepared:
    """Vietnamese practice: the ETSI verdict stands, the change is named, the agency's signature vouches for it."""
    return Prepared(_by_agency(corpus, with_page_content(corpus.stamped())))


@case(passed(plain=_VALID), passed(plain=_VALID))
def number_and_date_accepted_by_policy(corpus: Corpus) -> Prepared:
    """An installation may accept what a later signature vouches for."""
    content = json.loads(default_policy().document)
    content["practice"]["number-and-date-between-signatures"]["value"] = "accepted"
    pdf = _by_agency(corpus, with_page_content(corpus.stamped()))
    return Prepared(pdf, policy=Policy.of_content(content))


@case(passed(plain=_FALSE), undecided("NO_CERTIFICATE_CHAIN_FOUND", "no-chain", plain=_OPEN))
def number_and_date_before_a_signature_of_a_stranger(corpus: Corpus) -> Prepared:
    """A later signature that does not pass vouches for nothing."""
    pdf = with_page_content(corpus.stamped())
    stranger = new_pki(SIGNED - LONG, SIGNED + LONG).people["agency"]
    pdf = sign_pdf(pdf, stranger, Signing(SIGNED, field_name="Sau"))
    return Prepared(corpus.long_term(pdf))


@case(passed(plain=_OPEN), passed())
def signature_added_where_none_was_allowed(corpus: Corpus) -> Prepared:
    """The first signer forbade any change (DocMDP 1); another signed all the same."""
    pdf = corpus.signed(forbids_change=True, stamper=corpus.stamper())
    return Prepared(_by_agency(corpus, pdf))


def _with_a_widget_of(pdf: bytes, name: str, *, anew: bool = False) -> bytes:
    """White paint over a part of page 1: one more widget of a signature field, or a field of its own."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    fields = writer.root["/AcroForm"]["/Fields"]
    box = generic.ArrayObject(map(generic.NumberObject, (50, 600, 400, 800)))
    look = generic.StreamObject({pdf_name("/Subtype"): pdf_name("/Form")}, stream_data=b"1 g 0 0 350 200 re f")
    look[pdf_name("/BBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 350, 200)))
    widget = generic.DictionaryObject({pdf_name("/Subtype"): pdf_name("/Widget"), pdf_name("/Rect"): box})
    widget[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(look)})
    added = writer.add_object(widget)
    annotations = writer.root["/Pages"]["/Kids"][0]["/Annots"]
    annotations.append(added)
    writer.update_container(annotations)
    if anew:
        widget |= {pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/T"): generic.TextStringObject(name)}
        fields.append(added)
        writer.update_container(fields)
    else:
        place = next(n for n, field in enumerate(fields) if field.get_object()["/T"] == name)
        widget[pdf_name("/Parent")] = fields.raw_get(place)
    return written(writer)


@case(passed(plain=_OPEN, reason="changed-after: something"))
def paint_hung_on_a_signature_that_is_there(corpus: Corpus) -> Prepared:
    """Who has no key at all can hang another widget on a good signature and paint over the page with it."""
    return Prepared(_with_a_widget_of(corpus.blt, "ChuKy1"))


def _painted(pdf: bytes, person: Credential, *places: int) -> bytes:
    """Signatures of one person whose looks cover the page strip by strip."""
    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder, "trang.pdf")
        paper = fpdf.FPDF(format=(150, 70))
        paper.set_creation_date(SIGNED)
        paper.add_page()
        paper.output(str(drawing))
        for place in places:
            look = Appearance((50, 50 + 240 * place, 500, 285 + 240 * place), drawing)
            pdf = sign_pdf(pdf, person, Signing(SIGNED, field_name=f"Phu{place}", appearance=look))
    return pdf


@case(
    passed(plain=_OPEN, reason="changed-after: something"),
    *(2 * (undecided("NO_CERTIFICATE_CHAIN_FOUND", "no-chain"),)),
)
def page_covered_by_signatures_of_a_stranger(corpus: Corpus) -> Prepared:
    """Anybody can sign with a certificate of one's own and paint over the page with the look of the signature."""
    stranger = new_pki(SIGNED - LONG, SIGNED + LONG).people["agency"]
    return Prepared(_painted(corpus.blt, stranger, 0, 1))


@case(passed(plain=_OPEN, reason="changed-after: something"), passed())
def page_painted_over_by_a_time_stamp(corpus: Corpus) -> Prepared:
    """A trusted authority stamps whatever it is asked to: the look of a document time-stamp is nobody's."""
    pdf = _with_a_widget_of(corpus.blt, "DauThoiGian", anew=True)
    return Prepared(time_stamp_pdf(pdf, corpus.stamper(), field_name="DauThoiGian"))


@case(passed(plain=_VALID), undecided("OUT_OF_BOUNDS_NOT_REVOKED", "out-of-bounds", plain=_OPEN))
def shown_by_somebody_who_has_expired_since(corpus: Corpus) -> Prepared:
    """Who signed later is known, so that what the signature shows is no stranger's paint."""
    other = corpus.person(end=TODAY - timedelta(days=30))
    return Prepared(_painted(corpus.blt, other, 0))


@case(passed(plain=_OPEN))
def empty_signature_field_moved(corpus: Corpus) -> Prepared:
    """A field that nobody has signed hides nothing, though the writer of the change counts its objects one too many."""
    writer = IncrementalPdfFileWriter(io.BytesIO(corpus.base))
    append_signature_field(writer, SigFieldSpec("Trong"))
    pdf = corpus.long_term(sign_pdf(written(writer), corpus.leader, Signing(SIGNED, stamper=corpus.stamper())))
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    field = next(f for f in writer.root["/AcroForm"]["/Fields"] if f.get_object()["/T"] == "Trong").get_object()
    field[pdf_name("/Rect")] = generic.ArrayObject(map(generic.NumberObject, (50, 600, 400, 800)))
    writer.update_container(field)
    return Prepared(written(writer))


@case(passed(plain=_OPEN))
def bytes_behind_the_last_revision(corpus: Corpus) -> Prepared:
    """What readers pass over is told; it belongs to no revision."""
    return Prepared(corpus.blt + b"7 0 obj << >> endobj")


@case(failed("HASH_FAILURE", "hash"))
def signed_byte_changed(corpus: Corpus) -> Prepared:
    """One byte within what was signed."""
    pdf = bytearray(corpus.blt)
    pdf[pdf.index(b"stream") + 10] ^= 1
    return Prepared(bytes(pdf))
