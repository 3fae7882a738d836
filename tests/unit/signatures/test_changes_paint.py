"""What may be painted over a signed page without a key of the signer: annotations, widgets, fonts of fields."""

from __future__ import annotations

import pytest

from archive.preservation.signatures.pdf_bytes import FileBytes
from archive.preservation.signatures.pdf_facts import PdfFacts
from archive.preservation.signatures.pdf_reading import read_bytes
from archive.preservation.signatures.signing import Signing, sign_pdf
from tests.corpus.hostile_signed import ANNOTS, FORM, FREE, LATER, base, numbered, signed, stream, updated
from tests.fixtures.pki import SIGNED, Corpus


def facts(pdf: bytes) -> PdfFacts:
    return read_bytes(FileBytes(pdf))


@pytest.mark.parametrize("kind", ["FreeText", "Stamp", "Redact"])
@pytest.mark.parametrize("born", ["Text", ""])
def test_no_permission_to_comment_lets_anybody_write_over_the_page(corpus: Corpus, kind: str, born: str) -> None:
    """Added as such, or a remark that becomes such: attack EAA on certified documents (Mainka and others, 2021)."""
    pdf = signed(corpus)
    note = b"<< /Type /Annot /Subtype /%s /Rect [50 600 400 800] /Contents (Da sua) >>"
    if born:
        pdf = updated(pdf, {FREE: note % born.encode(), ANNOTS: _with_annotation(pdf)})
        pdf = updated(pdf, {FREE: note % kind.encode()})
    else:
        pdf = updated(pdf, {FREE: note % kind.encode(), ANNOTS: _with_annotation(pdf)})
    assert [c.allowed_from for c in facts(pdf).changes] == ([3, 4] if born else [4])


def _with_annotation(pdf: bytes) -> bytes:
    return numbered(pdf, ANNOTS).replace(b"]", b" 900 0 R ]", 1)


@pytest.mark.parametrize(
    ("height", "what"), [(50, []), (250, ["field CoQuan: its appearance covers much of the page"])]
)
def test_widgets_of_one_signature_are_measured_together(corpus: Corpus, height: int, what: list[str]) -> None:
    """Looks that cover the page strip by strip cover it as well as one large look."""
    pdf = signed(corpus)
    widget = (
        b"<< /Type /Annot /Subtype /Widget /Parent 900 0 R /P 3 0 R /F 4 /Rect [0 %d 595 %d] /AP << /N 991 0 R >> >>"
    )
    objects = {901 + n: widget % (300 * n, 300 * n + height) for n in range(2)}
    objects[FREE] = b"<< /FT /Sig /T (CoQuan) /Kids [901 0 R 902 0 R] >>"
    objects[LATER] = stream(b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"1 1 1 rg 0 0 9 9 re f")
    objects[FORM] = numbered(pdf, FORM).replace(b"/Fields [", b"/Fields [ 900 0 R ")
    objects[ANNOTS] = numbered(pdf, ANNOTS).replace(b"[", b"[ 901 0 R 902 0 R ", 1)
    found = facts(sign_pdf(updated(pdf, objects), corpus.pki.people["agency"], Signing(SIGNED, field_name="CoQuan")))
    assert len(found.fields) == 2
    assert [c.what for c in found.changes if c.allowed_from > 1] == what


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(
    ("font", "is_told"),
    [
        (b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>", False),
        (b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [49 /nine] >> >>", True),
        (b"<< /Type /Font /Subtype /Type3 /FontMatrix [1 0 0 1 0 0] >>", True),
    ],
)
def test_a_font_that_fields_named_without_having_it_is_told(
    corpus: Corpus, font: bytes, *, is_told: bool, apart: bool
) -> None:
    """What a reader draws by itself in a field is drawn with it: another font shows another sum."""
    form = b"<< /Fields [9 0 R] /DA (/Helv 10 Tf 0 g) /DR %s >>" % (b"<< /Font 901 0 R >>" if apart else b"<< >>")
    first = signed(corpus, base(o13=form, o901=b"<< /F1 6 0 R >>"))
    if apart:
        pdf = updated(first, {901: b"<< /F1 6 0 R /Helv 991 0 R >>", LATER: font})
    else:
        grown = numbered(first, FORM).replace(b"/DR << >>", b"/DR << /Font << /Helv 991 0 R >> >>")
        assert grown != numbered(first, FORM)
        pdf = updated(first, {FORM: grown, LATER: font})
    what = ["4 form: resources of the form: font /Helv, with which fields are shown"]
    assert [f"{c.revision} {c.kind}: {c.what}" for c in facts(pdf).changes if c.allowed_from > 1] == (
        what if is_told else []
    )
