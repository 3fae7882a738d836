"""PDFs with everything that PDF/A-2 forbids, and hostile ones, all of our own making.

`nasty(folder)` makes the twenty that must end as PDF/A; `hostile(name, path)` one of
those that must end as an honest "not convertible" (or well) within limits.
"""

from __future__ import annotations

import hashlib
import importlib
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Encryption, Name, ObjectStreamMode, Pdf, Stream, String

LINES = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "Số: 123/QĐ-UBND",
    "Quyết định về việc ban hành Quy chế lưu trữ hồ sơ điện tử",
)
A4 = (595.2755905511812, 841.8897637795277)
Canvas = Any
"""reportlab is untyped: its canvas, and what goes into pikepdf's dictionaries, is not checked by mypy."""

Option = Any
Editor = Callable[[Pdf], None]

_metrics: Option = importlib.import_module("reportlab.pdfbase.pdfmetrics")
_fonts: Option = importlib.import_module("reportlab.pdfbase.ttfonts")
_canvas: Option = importlib.import_module("reportlab.pdfgen.canvas")


def liberation(name: str = "LiberationSerif-Regular.ttf") -> Path:
    """A Liberation 2 font of this machine."""
    found = [p for p in sorted(Path("/usr/share/fonts").rglob(name)) if "liberation2" in str(p) or "croscore" in str(p)]
    if not found:
        found = sorted(Path("/usr/share/fonts").rglob(name))
    assert found, f"{name} is missing; cure: apt install fonts-liberation2"
    return found[0]


def plain(
    path: Path,
    *,
    pages: int = 1,
    font: str = "VN",
    lines: tuple[str, ...] = LINES,
    draw: Callable[[Canvas], None] | None = None,
) -> Path:
    """A born-digital PDF as office programs make it, fonts embedded."""
    if "VN" not in _metrics.getRegisteredFontNames():
        _metrics.registerFont(_fonts.TTFont("VN", str(liberation())))
    paper = _canvas.Canvas(str(path), pagesize=A4, invariant=1, initialFontName=font)
    for _ in range(pages):
        paper.setFont(font, 13)
        for number, line in enumerate(lines):
            paper.drawString(80, 760 - 22 * number, line)
        if draw:
            draw(paper)
        paper.showPage()
    paper.save()
    return path


def _edited(path: Path, edit: Editor, **how: Option) -> Path:
    base = plain(path.with_suffix(".base"), **how)
    with Pdf.open(base) as pdf:
        edit(pdf)
        # A planted broken packet must stay broken.
        pdf.save(path, fix_metadata_version=False)
    base.unlink()
    return path


def _descriptor(name: str, flags: int, **more: Option) -> Dictionary:
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{name}"),
        Flags=flags,
        FontBBox=Array([-568, -307, 2000, 1006]),
        ItalicAngle=0,
        Ascent=891,
        Descent=-216,
        CapHeight=662,
        StemV=80,
        **more,
    )


def _truetype_not_embedded(pdf: Pdf) -> None:
    page = pdf.pages[0]
    page["/Resources"]["/Font"] = Dictionary(
        F9=Dictionary(
            Type=Name.Font,
            Subtype=Name.TrueType,
            BaseFont=Name("/TimesNewRomanPSMT"),
            Encoding=Name.WinAnsiEncoding,
            FirstChar=32,
            LastChar=126,
            Widths=Array([500] * 95),
            FontDescriptor=pdf.make_indirect(_descriptor("TimesNewRomanPSMT", 32)),
        )
    )
    page["/Contents"] = pdf.make_stream(b"BT /F9 13 Tf 80 760 Td (Uy ban nhan dan tinh - font not embedded) Tj ET")


def _cid_not_embedded(pdf: Pdf) -> None:
    page = pdf.pages[0]
    unicode_map = pdf.make_stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfchar <0024> <0041> <0044> <1EBF> "
        b"endbfchar endcmap end end"
    )
    below = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name("/TimesNewRomanPSMT"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        DW=600,
        FontDescriptor=pdf.make_indirect(_descriptor("TimesNewRomanPSMT", 4)),
    )
    page["/Resources"]["/Font"] = Dictionary(
        F9=Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name("/TimesNewRomanPSMT"),
            Encoding=Name("/Identity-H"),
            ToUnicode=unicode_map,
            DescendantFonts=Array([pdf.make_indirect(below)]),
        )
    )
    page["/Contents"] = pdf.make_stream(b"BT /F9 13 Tf 80 760 Td <00240044> Tj ET")


def _transparent(paper: Canvas) -> None:
    paper.setFillAlpha(0.4)
    paper.setFillColorRGB(0.9, 0.1, 0.1)
    paper.circle(300, 500, 80, fill=1, stroke=0)
    paper.setFillAlpha(1)


def _scripts(pdf: Pdf) -> None:
    pdf.Root["/OpenAction"] = Dictionary(S=Name.JavaScript, JS=String("app.alert('xin chao')"))
    script = Dictionary(S=Name.JavaScript, JS=String("var x=1;"))
    pdf.Root["/Names"] = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))
    pdf.pages[0]["/AA"] = Dictionary(O=Dictionary(S=Name.JavaScript, JS=String("1")))


def _attachments(pdf: Pdf) -> None:
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    for name, data, mime in (
        ("phuluc.docx", b"PK\x03\x04 not really a docx", docx),
        ("bảng kê.txt", "số liệu".encode(), "text/plain"),
    ):
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name, mime_type=mime)


def _form(paper: Canvas) -> None:
    form = paper.acroForm
    form.textfield(name="hoten", x=80, y=560, width=200, height=20, value="Nguyen Van A")
    form.checkbox(name="dongy", x=80, y=520, checked=True)
    form.choice(name="tinh", x=80, y=480, width=120, height=20, value="HN", options=["HN", "HCM"])


def _xfa(pdf: Pdf) -> None:
    template = pdf.make_stream(b"<template xmlns='http://www.xfa.org/schema/xfa-template/3.3/'/>")
    pdf.Root["/AcroForm"] = Dictionary(
        Fields=Array([]), XFA=Array([String("template"), template]), NeedAppearances=True
    )


def _annotations(pdf: Pdf) -> None:
    def at(x: int, y: int) -> Array:
        return Array([x, y, x + 120, y + 20])

    def made(**entries: Option) -> Option:
        return pdf.make_indirect(Dictionary(Type=Name.Annot, **entries))

    file = Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary(F=pdf.make_stream(b"hello")))
    pdf.pages[0]["/Annots"] = Array(
        [
            made(
                Subtype=Name.Link,
                Rect=at(80, 600),
                Border=Array([0, 0, 0]),
                A=Dictionary(S=Name.URI, URI=String("https://example.invalid")),
            ),
            made(Subtype=Name.Text, Rect=at(80, 560), Contents=String("Ghi chú của lãnh đạo: đồng ý")),
            made(
                Subtype=Name.Highlight,
                Rect=at(80, 755),
                QuadPoints=Array([80, 775, 200, 775, 80, 755, 200, 755]),
                C=Array([1, 1, 0]),
            ),
            made(
                Subtype=Name.FreeText,
                Rect=at(80, 520),
                Contents=String("But phe: chuyen phong TCHC"),
                DA=String("/Helv 12 Tf 0 g"),
            ),
            made(Subtype=Name.Text, Rect=at(80, 480), Contents=String("hidden"), F=2),
            made(Subtype=Name.Circle, Rect=at(300, 480), C=Array([1, 0, 0])),
            made(Subtype=Name.FileAttachment, Rect=at(80, 440), FS=file),
            made(Subtype=Name.Movie, Rect=at(80, 400), Movie=Dictionary(F=String("x.avi"))),
            made(Subtype=Name.Link, Rect=at(80, 360), A=Dictionary(S=Name.Launch, F=String("calc.exe"))),
        ]
    )


def _layers(pdf: Pdf) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lớp 1")))
    event = Dictionary(Event=Name.Print, OCGs=Array([group]), Category=Array([Name.Print]))
    pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([group]), D=Dictionary(AS=Array([event])))
    pdf.pages[0]["/Resources"]["/Properties"] = Dictionary(MC0=group)


def _cmyk(paper: Canvas) -> None:
    paper.setFillColorCMYK(0.1, 0.9, 0.9, 0)
    paper.circle(300, 500, 80, fill=1, stroke=0)


def _separation(pdf: Pdf) -> None:
    tint = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([0, 0, 0, 0]), C1=Array([0, 1, 1, 0]), N=1)
    space = Array([Name.Separation, Name("/PANTONE"), Name.DeviceCMYK, tint])
    pdf.pages[0]["/Resources"]["/ColorSpace"] = Dictionary(CS0=space)
    pdf.pages[0].contents_add(b"/CS0 cs 1 scn 200 400 100 100 re f")


def _broken_xmp(pdf: Pdf) -> None:
    packet = b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><broken"
    pdf.Root["/Metadata"] = Stream(pdf, packet, Type=Name.Metadata, Subtype=Name.XML)


def _interpolated(pdf: Pdf) -> None:
    image = Stream(pdf, bytes(range(192)), Type=Name.XObject, Subtype=Name.Image, Width=8, Height=8)
    image["/BitsPerComponent"], image["/ColorSpace"] = 8, Name.DeviceRGB
    image["/Interpolate"], image["/Alternates"] = True, Array([])
    pdf.pages[0]["/Resources"]["/XObject"] = Dictionary(I=image)
    pdf.pages[0].contents_add(b"q 100 0 0 100 200 300 cm /I Do Q")


def _tcvn3(pdf: Pdf) -> None:
    program = liberation().read_bytes()
    file = Stream(pdf, program)
    file["/Length1"] = len(program)
    text = "quyÕt ®Þnh vÒ viÖc ban hµnh quy chÕ l\xadu tr÷ hå s¬".encode("cp1252")
    shown = text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.TrueType,
        BaseFont=Name("/ABCDEF+.VnTime"),
        Encoding=Name.WinAnsiEncoding,
        FirstChar=0,
        LastChar=255,
        Widths=Array([500] * 256),
        FontDescriptor=pdf.make_indirect(_descriptor("ABCDEF+.VnTime", 32, FontFile2=pdf.make_indirect(file))),
    )
    pdf.pages[0]["/Resources"]["/Font"] = Dictionary(F9=font)
    pdf.pages[0]["/Contents"] = pdf.make_stream(b"BT /F9 13 Tf 40 760 Td (" + shown + b") Tj ET")


def _saved(path: Path, **how: Option) -> Path:
    base = plain(path.with_suffix(".base"))
    with Pdf.open(base) as pdf:
        pdf.save(path, **how)
    base.unlink()
    return path


def nasty(folder: Path) -> dict[str, Path]:
    """The twenty, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    helvetica = ("DECISION 123/QD-UBND (no embedded font)", "Independence - Freedom - Happiness")
    makers: dict[str, Callable[[Path], Path]] = {
        "01-plain": plain,
        "02-base14": lambda p: plain(p, font="Helvetica", lines=helvetica),
        "03-truetype-not-embedded": lambda p: _edited(p, _truetype_not_embedded),
        "04-cid-not-embedded": lambda p: _edited(p, _cid_not_embedded),
        "05-transparency": lambda p: plain(p, draw=_transparent),
        "06-javascript": lambda p: _edited(p, _scripts),
        "07-attachments": lambda p: _edited(p, _attachments),
        "08-form": lambda p: plain(p, draw=_form),
        "09-xfa": lambda p: _edited(p, _xfa),
        "10-annotations": lambda p: _edited(p, _annotations),
        "11-layers": lambda p: _edited(p, _layers),
        "12-cmyk": lambda p: plain(p, draw=_cmyk),
        "13-separation": lambda p: _edited(p, _separation),
        "14-broken-xmp": lambda p: _edited(p, _broken_xmp),
        "15-interpolated": lambda p: _edited(p, _interpolated),
        "20-owner-password": lambda p: _saved(p, encryption=Encryption(owner="o", user="", R=6)),
        "22-rc4": lambda p: _saved(p, encryption=Encryption(owner="o", user="", R=3, aes=False, metadata=False)),
        "23-pdf-2.0": lambda p: _saved(p, force_version="2.0"),
        "24-linearized": lambda p: _saved(p, linearize=True, object_stream_mode=ObjectStreamMode.generate),
        "30-tcvn3": lambda p: _edited(p, _tcvn3),
    }
    return {name: make(folder / f"{name}.pdf") for name, make in makers.items()}


def user_password(path: Path) -> Path:
    """Opens only with a password."""
    return _saved(path, encryption=Encryption(owner="o", user="mat khau", R=6))


def hostile(name: str, path: Path) -> Path:
    """A small file that costs much or cannot be read: one of `HOSTILE`."""
    return HOSTILE[name](path)


def _half(path: Path) -> Path:
    whole = plain(path).read_bytes()
    return _bytes(path, whole[: len(whole) // 2])


def _bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _deep_nesting() -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/X " + b"[" * 20000 + b"]" * 20000 + b">>endobj "
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>endobj\ntrailer<</Root 1 0 R>>\n"
    )


def _page_tree_loop() -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj "
        b"2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>endobj "
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>endobj\ntrailer<</Root 1 0 R>>\n"
    )


def _image_bomb(pdf: Pdf) -> None:
    """60,000 x 60,000 grey pixels: 3.6 GB out of 3.5 MB."""
    side, rows = 60_000, 64
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(side * rows)) + packer.flush(zlib.Z_FULL_FLUSH)
    # Blocks that end with a full flush can be repeated: no need to pack 3.6 GB.
    height = side // rows * rows
    check = (side * height % 65521) << 16 | 1
    data = b"\x78\xda" + block * (side // rows) + b"\x03\x00" + check.to_bytes(4, "big")
    image = Stream(pdf, data, Type=Name.XObject, Subtype=Name.Image, Width=side, Height=height)
    image["/BitsPerComponent"], image["/ColorSpace"], image["/Filter"] = 8, Name.DeviceGray, Name.FlateDecode
    pdf.pages[0]["/Resources"]["/XObject"] = Dictionary(I=image)
    pdf.pages[0].contents_add(b"q 400 0 0 400 100 100 cm /I Do Q")


def _content_bomb(pdf: Pdf) -> None:
    """Flate inside Flate: 100 MB of operators out of 120 KB."""
    once = zlib.compress(b"q Q " * 25_000_000, 9)
    stream = Stream(pdf, zlib.compress(once, 9))
    stream["/Filter"] = Array([Name.FlateDecode, Name.FlateDecode])
    pdf.pages[0]["/Contents"] = pdf.make_indirect(stream)


def _form_bomb(pdf: Pdf) -> None:
    """Forms that call each other: 12 to the power of 9 rectangles."""
    box = Array([0, 0, 600, 800])
    inner = Stream(pdf, b"0 0 10 10 re f", Type=Name.XObject, Subtype=Name.Form, BBox=box)
    for _ in range(9):
        below = Dictionary(XObject=Dictionary(X=pdf.make_indirect(inner)))
        inner = Stream(pdf, b"/X Do " * 12, Type=Name.XObject, Subtype=Name.Form, BBox=box, Resources=below)
    pdf.pages[0]["/Resources"]["/XObject"] = Dictionary(X=pdf.make_indirect(inner))
    pdf.pages[0].contents_add(b"/X Do")


def _huge_page(pdf: Pdf) -> None:
    pdf.pages[0]["/MediaBox"] = Array([0, 0, 2_000_000, 2_000_000])


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "empty": lambda p: _bytes(p, b""),
    "half": _half,
    "noise": lambda p: _bytes(p, b"".join(hashlib.sha256(bytes([i])).digest() for i in range(256)) * 4),
    "html": lambda p: _bytes(p, b"<html>404</html>"),
    "deep-nesting": lambda p: _bytes(p, _deep_nesting()),
    "page-tree-loop": lambda p: _bytes(p, _page_tree_loop()),
    "image-bomb": lambda p: _edited(p, _image_bomb),
    "content-bomb": lambda p: _edited(p, _content_bomb),
    "form-bomb": lambda p: _edited(p, _form_bomb),
    "huge-page": lambda p: _edited(p, _huge_page),
}
