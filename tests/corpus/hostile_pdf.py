"""Hostile PDFs: bombs, loops, huge boxes, many pages, halves, passwords, scripts."""

from __future__ import annotations

import io
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf


def saved(pdf: Pdf, **options: object) -> bytes:
    stream = io.BytesIO()
    pdf.save(stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def plain_pdf(pages: int = 1) -> Pdf:
    pdf = Pdf.new()
    content = pdf.make_stream(b"BT /F1 12 Tf 72 720 Td (Quyet dinh) Tj ET")
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    for _ in range(pages):
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, 595, 842]),
            Contents=content,
            Resources=Dictionary(Font=Dictionary(F1=font)),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf


def ordinary_pdf() -> bytes:
    return saved(plain_pdf(2))


def half_pdf() -> bytes:
    whole = saved(plain_pdf(40))
    return whole[: len(whole) // 2]


def password_pdf() -> bytes:
    return saved(plain_pdf(), encryption=pikepdf.Encryption(owner="o", user="mật khẩu", R=6))


def owner_password_pdf() -> bytes:
    """Opens without a password: only changes are forbidden, and that forbids nothing to an archive."""
    return saved(plain_pdf(), encryption=pikepdf.Encryption(owner="o", user="", R=6))


def flate_bomb_pdf() -> bytes:
    """A content stream of 84 MB out of a few hundred bytes: Flate inside Flate."""
    pdf = plain_pdf()
    packer = zlib.compressobj(9)
    inner = b"".join(packer.compress(b"0 0 m 1 1 l S\n" * 75_000) for _ in range(80)) + packer.flush()
    bomb = pikepdf.Stream(pdf, zlib.compress(inner, 9))
    bomb.stream_dict.Filter = Array([Name.FlateDecode, Name.FlateDecode])
    pdf.pages[0].obj.Contents = pdf.make_indirect(bomb)
    return saved(pdf, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)


def form_bomb_pdf() -> bytes:
    """Twelve forms, each drawing the next one twelve times: 12^12 calls."""
    pdf = plain_pdf()
    inner = pdf.make_indirect(pdf.make_stream(b"0 0 m 1 1 l S"))
    inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, 1, 1])
    for _ in range(12):
        outer = pdf.make_stream(b"/X Do " * 12)
        outer.Type, outer.Subtype, outer.BBox = Name.XObject, Name.Form, Array([0, 0, 1, 1])
        outer.Resources = Dictionary(XObject=Dictionary(X=inner))
        inner = pdf.make_indirect(outer)
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=inner)
    pdf.pages[0].obj.Contents = pdf.make_stream(b"/X Do")
    return saved(pdf)


def form_loop_pdf() -> bytes:
    """Two forms that draw each other, through the resources of the page."""
    pdf = plain_pdf()
    names = {}
    for own, other in ((b"/A Do", "B"), (b"/B Do", "A")):
        form = pdf.make_stream(own)
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 1, 1])
        names[f"/{other}"] = pdf.make_indirect(form)
    pdf.pages[0].obj.Resources.XObject = Dictionary(names)
    pdf.pages[0].obj.Contents = pdf.make_stream(b"/A Do")
    return saved(pdf)


def page_tree_loop_pdf() -> bytes:
    pdf = plain_pdf()
    pdf.Root.Pages.Kids.append(pdf.Root.Pages)
    return saved(pdf)


def deep_arrays_pdf() -> bytes:
    nested = b"[" * 20_000 + b"]" * 20_000
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/X " + nested + b">>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]"
        b"/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )


def huge_box_pdf() -> bytes:
    pdf = plain_pdf()
    pdf.pages[0].obj.MediaBox = Array([0, 0, 2_000_000, 2_000_000])
    return saved(pdf)


def huge_unit_pdf() -> bytes:
    pdf = plain_pdf()
    pdf.pages[0].obj.MediaBox = Array([0, 0, 14_400, 14_400])
    pdf.pages[0].obj.UserUnit = 10
    return saved(pdf)


def flat_pdf(pages: int) -> bytes:
    """Many pages, written by hand: a library needs minutes."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + pages))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%b]>>" % (pages, kids)]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>"] * pages
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%b endobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def image_bomb_pdf() -> bytes:
    """An image of 60,000 x 60,000 pixels."""
    pdf = plain_pdf()
    image = pikepdf.Stream(pdf, zlib.compress(bytes(1 << 20), 9))
    for key, value in (("Width", 60_000), ("Height", 60_000), ("BitsPerComponent", 8)):
        image.stream_dict[f"/{key}"] = value
    image.stream_dict.Type, image.stream_dict.Subtype = Name.XObject, Name.Image
    image.stream_dict.ColorSpace, image.stream_dict.Filter = Name.DeviceGray, Name.FlateDecode
    pdf.pages[0].obj.Resources.XObject = Dictionary(I=pdf.make_indirect(image))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /I Do Q")
    return saved(pdf, compress_streams=False)


def script_pdf() -> bytes:
    pdf = plain_pdf()
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert('xin chào')")
    return saved(pdf)


def launch_pdf() -> bytes:
    pdf = plain_pdf()
    action = Dictionary(S=Name.Launch, F=pikepdf.String("cmd.exe"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])
    return saved(pdf)


def attachment_pdf() -> bytes:
    pdf = plain_pdf()
    pdf.attachments["bí mật.txt"] = b"x"
    return saved(pdf)


def junk_before_pdf() -> bytes:
    return b"\0" * 80 + ordinary_pdf()


def object_stream_bomb_pdf() -> bytes:
    """A cross-reference stream that claims fifty million rows."""
    rows = zlib.compress(bytes(20 << 20), 9)
    head = b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    xref = b"3 0 obj<</Type/XRef/Size 50000000/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n" % len(rows)
    return head + xref + rows + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def wrong_table_pdf() -> bytes:
    """Whole, but its end points to no table of objects: readers rebuild it."""
    whole = flat_pdf(3)
    start = whole.rindex(b"startxref\n") + len(b"startxref\n")
    return whole[:start] + b"7\n%%EOF\n"
