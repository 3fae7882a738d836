"""Signed PDFs that somebody tampered with, or that are made to choke their reader: each with what must come out.

None may ever be called valid, none may end in an exception. What is attacked
after signing keeps its ETSI verdict (the signed bytes are as they were): there
the change must be named.
"""

# mypy: disable-error-code="no-untyped-call"
# Parts of asn1crypto carry no types.

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pikepdf
from asn1crypto import cms, keys

from archive.preservation.signatures.signing import Signing, sign_pdf
from tests.fixtures.pki import SIGNED, Corpus

CATALOG, PAGES, PAGE, CONTENT, MORE, FONT, OVERLAY, ANNOTS, FIELD, LOOK, INFO, XMP, FORM, PARTS = range(1, 15)
"""Object numbers of `base`."""

FREE, LATER = 900, 991
"""Object numbers that no file of ours uses: below and above those that signing gives."""


def stream(entries: bytes, data: bytes) -> bytes:
    return b"<< " + entries + b" /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 14 0 R /Annots 8 0 R"
    b" /Resources << /Font << /F1 6 0 R >> /XObject << /Ov 7 0 R >> >> >>"
)
_FIELD = (
    b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (SoTien) /V (%s) /Rect [60 650 260 670] /F 4"
    b" /DA (/F1 10 Tf 0 g) /AP << /N 10 0 R >> >>"
)


_XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>%s<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta>"


def base(**replaced: bytes) -> bytes:
    """A page with a font, an overlay, a text field and metadata; `o7=b"…"` is another object 7, `o900` a new one."""
    objects = {
        CATALOG: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 13 0 R /Metadata 12 0 R >>",
        PAGES: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE: _PAGE,
        CONTENT: stream(b"", b"BT /F1 14 Tf 60 700 Td (So tien: 1 trieu) Tj ET"),
        MORE: stream(b"", b"q /Ov Do Q"),
        FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        OVERLAY: stream(b"/Type /XObject /Subtype /Form /BBox [0 0 10 10]", b"1 1 1 rg 0 0 10 10 re f"),
        ANNOTS: b"[9 0 R]",
        FIELD: _FIELD % b"1 trieu",
        LOOK: stream(b"/Type /XObject /Subtype /Form /BBox [0 0 200 20]", b"/Tx BMC EMC"),
        INFO: b"<< /Title (Quyet dinh) /ModDate (D:20260101000000Z) >>",
        XMP: stream(b"/Type /Metadata /Subtype /XML", _XMP % b""),
        FORM: b"<< /Fields [9 0 R] /DA (/F1 10 Tf 0 g) >>",
        PARTS: b"[4 0 R 5 0 R]",
    }
    objects |= {int(name[1:]): body for name, body in replaced.items()}
    return raw(objects, b"/Info 11 0 R")


def raw(objects: Mapping[int, bytes], more: bytes = b"", *, before_xref: bytes = b"") -> bytes:
    """A PDF of one revision, written by hand."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    out += before_xref
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 65535 f \n"
    out += b"trailer\n<< /Size %d /Root 1 0 R /ID [<00><00>] %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, more, start)
    return bytes(out)


def updated(
    pdf: bytes,
    objects: Mapping[int, bytes],
    *,
    root: bytes | None = None,
    freed: tuple[int, ...] = (),
    places: Mapping[int, int] | None = None,
) -> bytes:
    """An incremental update, written by hand.

    Args:
        pdf: The file before it.
        objects: What is written anew.
        root: Another catalog.
        freed: Objects that are deleted.
        places: Offsets that the cross-references name for objects that are not written.
    """
    trailer = pdf[pdf.rfind(b"trailer") :]
    kept = re.search(rb"/Root \d+ \d+ R", trailer)
    info = re.search(rb"/Info \d+ \d+ R", trailer)
    size = re.search(rb"/Size (\d+)", trailer)
    assert kept is not None
    assert info is not None
    assert size is not None
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    out = bytearray(pdf)
    offsets = dict(places or {})
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n" if offsets or freed else b"xref\n0 0\n"
    for number in sorted({*offsets, *freed}):
        row = b"0000000000 00001 f" if number in freed else b"%010d 00000 n" % offsets[number]
        out += b"%d 1\n%b \n" % (number, row)
    highest = max([int(size.group(1)), *[n + 1 for n in offsets]])
    out += b"trailer\n<< /Size %d %b %b /Prev %d /ID [<00><00>] >>\nstartxref\n%d\n%%%%EOF\n" % (
        highest,
        b"/Root " + root if root else kept.group(0),
        info.group(0),
        previous,
        start,
    )
    return bytes(out)


def numbered(pdf: bytes, number: int) -> bytes:
    """An object as it stands in the last revision."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        value = opened.get_object(number, 0)
        return bytes(value.unparse(resolved=True))


def signature(pdf: bytes) -> tuple[int, bytes]:
    """Number and text of the first signature dictionary."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for field in opened.Root.AcroForm.Fields:
            if field.get("/FT") == pikepdf.Name.Sig:
                return field.V.objgen[0], bytes(field.V.unparse(resolved=True))
    raise AssertionError


def signature_field(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for field in opened.Root.AcroForm.Fields:
            if field.get("/FT") == pikepdf.Name.Sig:
                return int(field.objgen[0])
    raise AssertionError


@dataclass(frozen=True)
class Attack:
    """How a hostile file is made and what must be said of it."""

    make: Callable[[Corpus], bytes]
    kind: str = ""
    """Kind of the change that is named."""

    what: str = ""
    """Beginning of its description."""

    problem: str = ""
    """Beginning of what stands in the way, of the first field or of the file."""

    stray: bool = False
    """Bytes behind the last revision are told."""

    unsigned: bool = False
    """There is nothing to say of signatures, and nothing is said."""


def signed(corpus: Corpus, pdf: bytes | None = None) -> bytes:
    """A signature that passes: time-stamp and revocation data are in the file."""

    def make() -> bytes:
        how = Signing(SIGNED, stamper=corpus.stamper())
        return corpus.long_term(sign_pdf(pdf or base(), corpus.leader, how))

    return corpus.once("hostile-base", make) if pdf is None else make()


def later(objects: Mapping[int, bytes], *, of: bytes | None = None, **how: object) -> Callable[[Corpus], bytes]:
    """An attack by an update of a signed file."""
    return lambda corpus: updated(signed(corpus, of), objects, **how)  # type: ignore[arg-type]


# ------------------------------------------------------------ incremental and shadow attacks


_EVIL = b"BT /F1 20 Tf 60 700 Td (So tien: 9 ty) Tj ET"


def _page(old: bytes, new: bytes) -> bytes:
    assert old in _PAGE
    return _PAGE.replace(old, new)


def _without_xref(corpus: Corpus) -> bytes:
    return signed(corpus) + b"4 0 obj\n" + stream(b"", _EVIL) + b"\nendobj\n%%EOF\n"


def _pages_swapped(corpus: Corpus) -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    return updated(signed(corpus), {PAGES: b"<< /Type /Pages /Kids [900 0 R] /Count 1 >>", FREE: page})


def _other_catalog(corpus: Corpus) -> bytes:
    catalog = b"<< /Type /Catalog /Pages 2 0 R /AcroForm 13 0 R >>"
    return updated(signed(corpus), {FREE: catalog}, root=b"900 0 R")


def _moved_to_hidden_object(corpus: Corpus) -> bytes:
    """Hide and replace: the second version of an object is signed with the file, only the reference moves."""
    pdf = signed(corpus, base(o900=stream(b"", _EVIL)))
    return updated(pdf, {}, places={CONTENT: pdf.index(b"900 0 obj")})


def _moved_past_the_end(corpus: Corpus) -> bytes:
    """The signed cross-references name a place behind the end of the file, where something is appended later."""
    filler = b"%" + b"." * 200_000 + b"\n"
    how = Signing(SIGNED, stamper=corpus.stamper())
    unsigned = base(o14=b"[4 0 R 991 0 R]", o991=stream(b"", b"q Q"))
    place = unsigned.index(b"991 0 obj")
    target = 150_000
    unsigned = unsigned.replace(b"%010d 00000 n" % place, b"%010d 00000 n" % target)
    pdf = corpus.long_term(sign_pdf(unsigned, corpus.leader, how))
    pdf += filler[: target - len(pdf) - 1] + b"\n"
    return updated(pdf + b"991 0 obj\n" + stream(b"", _EVIL) + b"\nendobj\n", {})


def _completed_later(corpus: Corpus) -> bytes:
    """A stream that begins inside of what is signed and runs beyond it: what is appended completes it."""
    begin, length = b"991 0 obj\n<< /Length 99999 >>\nstream\n", 99_999
    unsigned = base(o14=b"[4 0 R 991 0 R]", o991=b"null")
    unsigned = unsigned.replace(b"xref\n0 992\n", begin + b"xref\n0 992\n")
    start = int(re.findall(rb"startxref\s+(\d+)", unsigned)[-1])
    unsigned = unsigned.replace(b"startxref\n%d\n" % start, b"startxref\n%d\n" % (start + len(begin)))
    unsigned = unsigned.replace(b"%010d 00000 n" % unsigned.index(b"991 0 obj\nnull"), b"%010d 00000 n" % start)
    how = Signing(SIGNED, stamper=corpus.stamper())
    pdf = corpus.long_term(sign_pdf(unsigned, corpus.leader, how))
    filler = b"\n%" + b"." * (start + len(begin) + length - len(pdf) - 2)
    return updated(pdf + filler + b"\nendstream\nendobj\n", {})


def _stripped_of_its_permissions(corpus: Corpus) -> bytes:
    """A copy of the signature dictionary without DocMDP, outside of what is signed, names the signed gap."""
    how = Signing(SIGNED, stamper=corpus.stamper(), forbids_change=True)
    pdf = sign_pdf(base(), corpus.leader, how)
    number, text = signature(pdf)
    return updated(pdf, {number: re.sub(rb"/Reference \[.*?\] (?=/[A-Z])", b"", text, flags=re.DOTALL)})


def _wrapped(corpus: Corpus) -> bytes:
    """The second signed part moves back; a copied signature dictionary, an object and references fill the gap."""
    pdf = sign_pdf(base(), corpus.leader, Signing(SIGNED))
    found = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    assert found is not None
    zero, first, second, length = map(int, found.groups())
    width = 40_000
    rows: dict[int, int] = {}
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for (number, _), entry in opened.get_xref_table().items():
            offset = entry.offset or 0
            rows[number] = offset if offset < first else offset + width
        size = int(opened.trailer.Size)
    number, _ = signature(pdf)
    place = rows[number]
    moved = b"/ByteRange [%d %d %d %d]" % (zero, first, second + width, length)
    copy = pdf[place : pdf.index(b"endobj", found.end()) + 6].replace(found.group(0), moved)
    gap = bytearray(b" /Evil (\n")
    evil = b"4 0 obj\n" + stream(b"", _EVIL) + b"\nendobj"
    for target, body in ((CONTENT, evil), (number, copy)):
        rows[target] = second + len(gap)
        gap += body + b"\n"
    start = second + len(gap)
    gap += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % (n, rows[n]) for n in sorted(rows))
    gap += b"trailer\n<< /Size %d /Root 1 0 R /Info 11 0 R /ID [<00><00>] >>\n" % size
    filled = bytes(gap).ljust(width - 1) + b")"
    assert len(filled) == width
    return pdf[:second] + filled + pdf[second:] + b"\nstartxref\n%d\n%%%%EOF\n" % start


def _page_is_evidence(corpus: Corpus) -> bytes:
    """The list of a page's content is a list of the security store as well: it grows under the name of evidence."""
    store = b"<< /Certs [] /OCSPs 14 0 R >>"
    unsigned = base(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 13 0 R /DSS 900 0 R >>", o900=store)
    pdf = sign_pdf(unsigned, corpus.leader, Signing(SIGNED, stamper=corpus.stamper()))
    return updated(pdf, {PARTS: b"[4 0 R 5 0 R 992 0 R]", 992: stream(b"", _EVIL)})


def _page_is_metadata(corpus: Corpus) -> bytes:
    unsigned = base(o14=b"[4 0 R 12 0 R]")
    pdf = sign_pdf(unsigned, corpus.leader, Signing(SIGNED, stamper=corpus.stamper()))
    return updated(pdf, {XMP: stream(b"/Type /Metadata /Subtype /XML", _EVIL)})


def _value_in_two_fields(corpus: Corpus) -> bytes:
    pdf = signed(corpus)
    number, _ = signature(pdf)
    fields = numbered(pdf, FORM).replace(b"/Fields [", b"/Fields [ 900 0 R ")
    return updated(pdf, {FORM: fields, FREE: b"<< /FT /Sig /T (Ban sao) /V %d 0 R >>" % number})


def _value_taken_away(corpus: Corpus) -> bytes:
    pdf = signed(corpus, base())
    second = sign_pdf(pdf, corpus.pki.people["agency"], Signing(SIGNED, field_name="CoQuan"))
    number = signature_field(second)
    return updated(second, {number: re.sub(rb"/V \d+ 0 R", b"", numbered(second, number))})


def _look_of_a_signature_changed(corpus: Corpus) -> bytes:
    pdf = signed(corpus)
    number = signature_field(pdf)
    text = re.sub(rb"/Rect \[.*?\]", b"/Rect [0 0 595 842]", numbered(pdf, number))
    text = text.replace(b"/FT", b"/AP << /N 900 0 R >> /FT", 1)
    return updated(pdf, {number: text, FREE: stream(b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"0 0 9 9 re f")})


def _with_widget(widget: bytes, fields: bytes = b"900 0 R") -> Callable[[Corpus], bytes]:
    def make(corpus: Corpus) -> bytes:
        pdf = signed(corpus)
        form = numbered(pdf, FORM).replace(b"/Fields [", b"/Fields [ " + fields + b" ")
        annots = numbered(pdf, ANNOTS).replace(b"[", b"[ 900 0 R ", 1)
        look = stream(b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"1 1 1 rg 0 0 9 9 re f")
        return updated(pdf, {FORM: form, ANNOTS: annots, FREE: widget, LATER: look})

    return make


_WIDGET = b"<< /Type /Annot /Subtype /Widget /T (Moi) /P 3 0 R /F 4 /Rect [0 0 595 842] /AP << /N 991 0 R >> %s >>"


def _large_second_signature(corpus: Corpus) -> bytes:
    """A second signer's stamp covers the page of the first."""
    pdf = signed(corpus)
    field = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (CoQuan) /P 3 0 R /F 4 /Rect [0 0 595 842] >>"
    form = numbered(pdf, FORM).replace(b"/Fields [", b"/Fields [ 900 0 R ")
    annots = numbered(pdf, ANNOTS).replace(b"[", b"[ 900 0 R ", 1)
    pdf = updated(pdf, {FORM: form, ANNOTS: annots, FREE: field})
    pdf = sign_pdf(pdf, corpus.pki.people["agency"], Signing(SIGNED, field_name="CoQuan"))
    look = stream(b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"1 1 1 rg 0 0 9 9 re f")
    text = numbered(pdf, FREE).replace(b"/FT", b"/AP << /N 991 0 R >> /FT", 1)
    return updated(pdf, {FREE: text, LATER: look})


def _with_xfa(corpus: Corpus) -> bytes:
    pdf = signed(corpus)
    return updated(pdf, {FORM: numbered(pdf, FORM).replace(b"/Fields", b"/XFA (x) /Fields", 1)})


def _freed(corpus: Corpus) -> bytes:
    return updated(signed(corpus), {}, freed=(MORE,))


def _referred_before_it_came(corpus: Corpus) -> bytes:
    return updated(signed(corpus, base(o14=b"[4 0 R 995 0 R]")), {995: stream(b"", _EVIL)})


def _length_moved(corpus: Corpus) -> bytes:
    """The length of a signed stream is an object of its own, which a later revision makes longer."""
    body = b"<< /Length 900 0 R >>\nstream\nBT ET\n(endstream)" + _EVIL + b"\nendstream"
    pdf = signed(corpus, base(o4=body, o900=b"5"))
    return updated(pdf, {FREE: b"%d" % (len(_EVIL) + 17)})


SHADOWS: dict[str, Attack] = {
    "content-replaced": Attack(later({CONTENT: stream(b"", _EVIL)}), "content", "page 1: content changed (object 4)"),
    "content-list-grown": Attack(
        later({PARTS: b"[4 0 R 5 0 R 900 0 R]", FREE: stream(b"", _EVIL)}), "content", "page 1"
    ),
    "content-list-replaced": Attack(later({PARTS: b"[900 0 R]", FREE: stream(b"", _EVIL)}), "content", "page 1"),
    "pages-swapped": Attack(_pages_swapped, "content", "page tree: pages replaced or removed"),
    "page-added": Attack(
        later(
            {
                PAGES: b"<< /Type /Pages /Kids [3 0 R 900 0 R] /Count 2 >>",
                FREE: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
            }
        ),
        "content",
        "page tree: pages added",
    ),
    "page-box": Attack(later({PAGE: _page(b"842]", b"300]")}), "content", "page 1: /MediaBox"),
    "page-resources": Attack(later({PAGE: _page(b"/Ov 7", b"/Ov 9")}), "content", "page 1: /Resources"),
    "appended-without-references": Attack(_without_xref, stray=True),
    "overlay-emptied": Attack(
        later({OVERLAY: stream(b"/Type /XObject /Subtype /Form /BBox [0 0 1 1]", b"")}),
        "content",
        "page 1: image or form Ov changed (object 7)",
    ),
    "font-replaced": Attack(
        later({FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"}), "content", "page 1: font F1 changed"
    ),
    "catalog-replaced": Attack(_other_catalog, "content", "catalog: replaced"),
    # Readers do not agree on what such cross-references show: the revision is told as bytes that are none.
    "moved-to-a-hidden-object": Attack(_moved_to_hidden_object, stray=True),
    "place-behind-the-end": Attack(_moved_past_the_end, "unknown", "the signed revision lists objects behind"),
    "completed-later": Attack(_completed_later, "unknown", "object 991 of revision 2 reads otherwise"),
    "referred-before-it-came": Attack(_referred_before_it_came, "content", "page 1: content (object 995"),
    "length-moved": Attack(_length_moved, "content", "object 900 changed"),
    "object-deleted": Attack(_freed, "removed", "page 1: content (object 5)"),
    "page-under-the-name-of-evidence": Attack(_page_is_evidence, "content", "page 1"),
    "page-under-the-name-of-metadata": Attack(_page_is_metadata, "content", "page 1: content changed (object 12)"),
    "javascript": Attack(
        later(
            {
                CATALOG: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 13 0 R /Metadata 12 0 R"
                b" /OpenAction << /S /JavaScript /JS (app.alert) >> >>"
            }
        ),
        "content",
        "catalog: /OpenAction",
    ),
    "layers": Attack(
        later({CATALOG: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 13 0 R /Metadata 12 0 R /OCProperties << >> >>"}),
        "content",
        "catalog: /OCProperties",
    ),
    "title": Attack(
        later({INFO: b"<< /Title (Cong van) /ModDate (D:20260101000000Z) >>"}),
        "metadata",
        "document information: /Title",
    ),
    "xfa": Attack(_with_xfa, "content", "form: /XFA"),
}

FORMS: dict[str, Attack] = {
    "text-field-changed": Attack(later({FIELD: _FIELD % b"9 ty"}), "form-field", "field SoTien: value"),
    "look-of-a-field-changed": Attack(
        later({LOOK: stream(b"/Type /XObject /Subtype /Form /BBox [0 0 200 20]", b"/Tx BMC BT (9 ty) Tj ET EMC")}),
        "form-field",
        "field SoTien: appearance",
    ),
    "field-moved": Attack(
        later({FIELD: (_FIELD % b"1 trieu").replace(b"[60 650", b"[0 0")}), "form-field", "field SoTien: /Rect"
    ),
    "comment": Attack(
        later(
            {
                ANNOTS: b"[9 0 R 15 0 R 900 0 R]",
                FREE: b"<< /Type /Annot /Subtype /FreeText /F 4 /Rect [50 600 500 700] /DA (/F1 20 Tf 1 0 0 rg)"
                b" /Contents (So tien: 9 ty) >>",
            }
        ),
        "annotation",
        "page 1: annotation FreeText added",
    ),
    "widget-over-the-page": Attack(_with_widget(_WIDGET % b"/FT /Tx /V (9 ty)"), "form", "field Moi: added"),
    "widget-outside-the-form": Attack(
        _with_widget(_WIDGET % b"/FT /Tx /V (9 ty)", b""), "form", "page 1: widget of field Moi added"
    ),
    "empty-signature-field-over-the-page": Attack(
        _with_widget(_WIDGET % b"/FT /Sig"), "annotation", "field Moi: shown without a signature"
    ),
    "signature-that-is-none-over-the-page": Attack(
        _with_widget(_WIDGET % b"/FT /Sig /V << /Type /Sig >>"), "annotation", "field Moi: shown without a signature"
    ),
    "signature-field-with-an-action": Attack(
        _with_widget(_WIDGET % b"/FT /Sig /A << /S /JavaScript /JS (x) >>"), "form", "field Moi: added with /A"
    ),
    "second-stamp-over-the-page": Attack(_large_second_signature, "annotation", "field CoQuan"),
    "look-of-a-signature-changed": Attack(
        _look_of_a_signature_changed, "annotation", "field ChuKy1: the appearance of its signature"
    ),
    "signature-taken-away": Attack(_value_taken_away, "removed", "field ChuKy1: its signature was replaced"),
}


# ------------------------------------------------------------ the signature itself


def _ranged(text: bytes) -> Callable[[Corpus], bytes]:
    def make(corpus: Corpus) -> bytes:
        pdf = signed(corpus)
        found = re.search(rb"/ByteRange\s*\[[^\]]*\]", pdf)
        assert found is not None
        place = found.group(0)
        return pdf.replace(place, text.ljust(len(place))[: len(place)])

    return make


def _with_contents(change: Callable[[bytes], bytes]) -> Callable[[Corpus], bytes]:
    def make(corpus: Corpus) -> bytes:
        pdf = signed(corpus)
        found = re.search(rb"/Contents\s*<([0-9a-fA-F]+)>", pdf)
        assert found is not None
        new = change(found.group(1)).ljust(len(found.group(1)), b"0")
        assert len(new) == len(found.group(1))
        return pdf[: found.start(1)] + new + pdf[found.end(1) :]

    return make


def _put(der: bytes, old: bytes, new: bytes) -> bytes:
    """`der` with `new` in place of `old`, and the lengths of all that encloses it."""
    place, begin, out = der.index(old), 0, bytearray(der)
    while begin < place:
        width = der[begin + 1] & 0x7F if der[begin + 1] & 0x80 else 0
        head = 2 + width
        length = int.from_bytes(der[begin + 2 : begin + head], "big") if width else der[begin + 1]
        if place < begin + head + length:
            longer = length + len(new) - len(old)
            out[begin + 2 : begin + head] = longer.to_bytes(width, "big")
            begin += head
        else:
            begin += head + length
    out[place : place + len(old)] = new
    return bytes(out)


def _huge_key(contents: bytes) -> bytes:
    """The signer's key becomes an RSA key of 8,192 bits with an exponent of 6,000."""
    der = bytes.fromhex(contents.decode()).rstrip(b"\0")
    signed_data = cms.ContentInfo.load(der)["content"]
    serial = signed_data["signer_infos"][0]["sid"].chosen["serial_number"].native
    found = next(c.chosen for c in signed_data["certificates"] if c.chosen.serial_number == serial)
    key = keys.RSAPublicKey({"modulus": (1 << 8191) + 12345 | 1, "public_exponent": (1 << 6000) + 1})
    return _put(der, found.public_key.dump(), keys.PublicKeyInfo.wrap(key, "rsa").dump()).hex().encode()


SIGNATURES: dict[str, Attack] = {
    "wrapped": Attack(_wrapped, problem="byte-range"),
    "range-of-zeros": Attack(_ranged(b"/ByteRange [0 0 0 0]"), problem="byte-range"),
    "range-negative": Attack(_ranged(b"/ByteRange [0 -1 5 9]"), problem="byte-range"),
    "range-missing": Attack(_ranged(b"/ByteRanje [0 0 0 0]"), problem="byte-range"),
    "range-huge": Attack(_ranged(b"/ByteRange [0 9999999999 0 1]"), problem="byte-range"),
    "range-of-six": Attack(_ranged(b"/ByteRange [0 1 2 3 4 5]"), problem="byte-range"),
    "range-of-words": Attack(_ranged(b"/ByteRange [/A /B (c) null]"), problem="byte-range"),
    "range-not-from-zero": Attack(_ranged(b"/ByteRange [1 500 900 100]"), problem="byte-range"),
    "dictionary-that-cannot-be-read": Attack(
        lambda corpus: signed(corpus).replace(b"/ByteRange [", b"[ByteRange [", 1), problem="fields"
    ),
    "contents-of-zeros": Attack(_with_contents(lambda old: b"0" * len(old))),
    "contents-nested-without-end": Attack(_with_contents(lambda old: (b"\x30\x80" * (len(old) // 4)).hex().encode())),
    "contents-nested-arrays": Attack(_with_contents(lambda old: (b"\x30\x84" * (len(old) // 4)).hex().encode())),
    "huge-key": Attack(_with_contents(_huge_key)),
    "stripped-of-its-permissions": Attack(_stripped_of_its_permissions, problem="byte-range: the signature dictionary"),
    "one-value-in-two-fields": Attack(_value_in_two_fields),
}


# ------------------------------------------------------------ files that choke their reader


def _zeros(size: int) -> bytes:
    """Flate data of `size` zero bytes, put together without compressing all of them."""
    mebi = 1 << 20
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(mebi)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(mebi)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = ((size % 65521) << 16) | 1
    return head + again * (size // mebi - 1) + b"\x03\x00" + checksum.to_bytes(4, "big")


_PLAIN = {
    1: b"<< /Type /Catalog /Pages 2 0 R >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
    4: stream(b"", b""),
}
_FIELDS = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields %s /SigFlags 3 >> >>"


def _bomb_in_the_store(corpus: Corpus) -> bytes:
    store = b"<< /Type /Catalog /Pages 2 0 R /AcroForm 13 0 R /DSS << /Certs [900 0 R 991 0 R] >> >>"
    once = _zeros(1 << 30)
    twice = zlib.compress(once)
    unsigned = base(
        o1=store,
        o900=stream(b"/Filter /FlateDecode", once),
        o991=stream(b"/Filter [/FlateDecode /FlateDecode]", twice),
    )
    return sign_pdf(unsigned, corpus.leader, Signing(SIGNED))


def _bomb_in_object_stream(_corpus: Corpus) -> bytes:
    head = b"".join(b"%d %d " % (number, 3 * (number - 10)) for number in range(10, 210))
    body = zlib.compress(head)[:0] + _deflated(head + b"1  " * 1000, 1 << 28)
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    objects = {
        **_PLAIN,
        1: _FIELDS % b"[10 0 R 11 0 R]",
        5: stream(b"/Type /ObjStm /N 200 /First %d /Filter /FlateDecode" % len(head), body),
    }
    places = {}
    for number, text in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    start = len(out)
    rows = b"\0" * 7
    rows += b"".join(b"\x01" + places[n].to_bytes(4, "big") + b"\0\0" for n in range(1, 6))
    rows += b"\x01" + start.to_bytes(4, "big") + b"\0\0" + b"\0" * 21
    rows += b"".join(b"\x02" + (5).to_bytes(4, "big") + n.to_bytes(2, "big") for n in range(200))
    entries = b"/Type /XRef /Size 210 /W [1 4 2] /Root 1 0 R /Filter /FlateDecode"
    return (
        bytes(out) + b"6 0 obj\n" + stream(entries, zlib.compress(rows)) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    )


def _deflated(begin: bytes, size: int) -> bytes:
    """Flate data of `begin` and `size` spaces behind it; its checksum is left out."""
    packer = zlib.compressobj(9)
    out = packer.compress(begin) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return out + again * (size >> 20) + b"\x03\x00"


def _bomb_in_references(_corpus: Corpus) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, text in _PLAIN.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    start = len(out)
    rows = b"\0" * 7 + b"".join(b"\x01" + places[n].to_bytes(4, "big") + b"\0\0" for n in range(1, 5))
    entries = b"/Type /XRef /Size 50000000 /W [1 4 2] /Root 1 0 R /Filter /FlateDecode"
    packed = zlib.compressobj(9)
    data = packed.compress(rows) + packed.flush(zlib.Z_FULL_FLUSH)
    again = packed.compress(bytes(7 << 20)) + packed.flush(zlib.Z_FULL_FLUSH)
    data += again * 48 + b"\x03\x00"
    return bytes(out) + b"5 0 obj\n" + stream(entries, data) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def _looping_references(_corpus: Corpus) -> bytes:
    pdf = raw(_PLAIN)
    start = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    return pdf.replace(b"/ID [<00><00>]", b"/ID [<00><00>] /Prev %d" % start)


def _many_revisions(corpus: Corpus) -> bytes:
    pdf = signed(corpus)
    for number in range(200):
        pdf = updated(pdf, {FREE: b"<< /X %d >>" % number})
    return pdf


def _many_fields(corpus: Corpus) -> bytes:
    pdf = signed(corpus)
    number, _ = signature(pdf)
    new = {FREE + n: b"<< /FT /Sig /T (S%d) /V %d 0 R >>" % (n, number) for n in range(3000)}
    listed = b" ".join(b"%d 0 R" % n for n in new)
    form = numbered(pdf, FORM).replace(b"/Fields [", b"/Fields [ " + listed + b" ")
    return updated(pdf, {FORM: form, **new})


def _deep_fields(_corpus: Corpus) -> bytes:
    objects = {**_PLAIN, 1: _FIELDS % b"[10 0 R]"}
    for number in range(10, 300):
        objects[number] = b"<< /T (a) /Kids [%d 0 R] >>" % (number + 1)
    objects[300] = b"<< /FT /Sig /T (b) /V << /Type /Sig >> >>"
    for number in range(5, 10):
        objects[number] = b"null"
    return raw(objects)


CHOKING: dict[str, Attack] = {
    "gibibyte-in-the-content": Attack(
        lambda _: raw({**_PLAIN, 4: stream(b"/Filter /FlateDecode", _zeros(1 << 30))}), unsigned=True
    ),
    "gibibytes-in-the-store": Attack(_bomb_in_the_store),
    "bomb-in-an-object-stream": Attack(_bomb_in_object_stream, unsigned=True),
    "fifty-million-references": Attack(_bomb_in_references, unsigned=True),
    "references-that-claim-to-be-many": Attack(
        lambda _: raw(_PLAIN).replace(b"xref\n0 5\n", b"xref\n0 999999999\n"), unsigned=True
    ),
    "references-in-a-loop": Attack(_looping_references, unsigned=True),
    "nested-arrays": Attack(
        lambda _: raw({**_PLAIN, 1: _FIELDS % b"5 0 R", 5: b"[" * 200_000 + b"]" * 200_000}), problem="fields"
    ),
    "fields-in-a-loop": Attack(
        lambda _: raw(
            {
                **_PLAIN,
                1: _FIELDS % b"[5 0 R]",
                5: b"<< /T (a) /Kids [6 0 R] >>",
                6: b"<< /T (b) /Parent 5 0 R /Kids [5 0 R] >>",
            }
        ),
        problem="fields",
    ),
    "fields-without-end": Attack(_deep_fields, problem="fields"),
    "field-that-is-its-own-value": Attack(
        lambda _: raw({**_PLAIN, 1: _FIELDS % b"[5 0 R]", 5: b"<< /FT /Sig /T (a) /V 5 0 R >>"}), problem="byte-range"
    ),
    "pages-in-a-loop": Attack(
        later({PAGES: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}), "content", "page tree: pages replaced"
    ),
    "length-in-a-loop": Attack(
        lambda _: raw({**_PLAIN, 4: b"<< /Length 4 0 R >>\nstream\nx\nendstream"}), unsigned=True
    ),
    "two-hundred-revisions": Attack(_many_revisions),
    "three-thousand-fields-on-one-value": Attack(_many_fields),
    "cut-in-the-middle": Attack(lambda corpus: signed(corpus)[:-3000], stray=True),
    "references-outside": Attack(
        lambda corpus: re.sub(rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n99999999\n%%EOF\n", signed(corpus)),
        stray=True,
    ),
    "garbage-behind-the-end": Attack(lambda corpus: signed(corpus) + b"\x00rac\x01" * 1000, stray=True),
}

ALL: dict[str, Attack] = {**SHADOWS, **FORMS, **SIGNATURES, **CHOKING}
