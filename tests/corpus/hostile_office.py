"""Hostile office files, XML, RTF and HTML: bombs, entities, nesting, entries that leave their folder, macros."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_BODY = (
    '<?xml version="1.0"?>{doctype}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body>{body}</w:body></w:document>"
)
_PARAGRAPH = "<w:p><w:r><w:t>Quyết định</w:t></w:r></w:p>"


def docx(body: str = _PARAGRAPH, doctype: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("[Content_Types].xml", _TYPES)
        container.writestr("_rels/.rels", _RELATIONS)
        container.writestr("word/document.xml", _BODY.format(doctype=doctype, body=body))
        for name, content in (more or {}).items():
            container.writestr(name, content)
    return stream.getvalue()


def docx_bomb() -> bytes:
    """A million equal paragraphs in some hundred KB."""
    return docx(body=_PARAGRAPH * 1_000_000)


def docx_lying_bomb() -> bytes:
    """A part that says of itself that it is small, and unpacks to 100 MB."""
    whole = bytearray(docx(more={"word/media/x.bin": bytes(100 << 20)}))
    # The size stands in the local header and in the central directory.
    for place in _places(bytes(whole), struct.pack("<I", 100 << 20)):
        whole[place : place + 4] = struct.pack("<I", 1000)
    return bytes(whole)


def _places(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


_LAUGHS = "".join('<!ENTITY l{} "{}">'.format(n, f"&l{n - 1};" * 10) for n in range(1, 12))


def docx_entities() -> bytes:
    return docx(body="<w:p>&l11;</w:p>", doctype=f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]>')


def docx_xxe() -> bytes:
    return docx(body="<w:p>&x;</w:p>", doctype='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')


def docx_deep() -> bytes:
    return docx(body="<w:p>" * 50_000 + "</w:p>" * 50_000)


def docx_zip_slip() -> bytes:
    return docx(more={"word/../../../../home/luutru/.ssh/authorized_keys": b"x"})


def docx_backslash_slip() -> bytes:
    return docx(more={"word\\..\\..\\evil.txt": b"x"})


def docx_macro() -> bytes:
    return docx(more={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(512)})


def docx_embedded() -> bytes:
    return docx(more={"word/embeddings/oleObject1.bin": b"x"})


def xml_entities() -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]><x>&l11;</x>'.encode()


def xml_xxe() -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def xml_deep() -> bytes:
    return b'<?xml version="1.0"?>' + b"<a>" * 100_000 + b"</a>" * 100_000


def xml_broken() -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?><edXML><Header></edXML>'


def rtf(body: bytes = b"Quy\\'ea\\'fet") -> bytes:
    return b"{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Times New Roman;}}\\f0 " + body + b"}"


def rtf_deep() -> bytes:
    return rtf(b"{" * 50_000 + b"}" * 50_000)


def rtf_object() -> bytes:
    return rtf(b"{\\object\\objemb{\\*\\objdata 0105}}")


def html_script() -> bytes:
    return b"<!DOCTYPE html><html><head><title>x</title></head><body><script>alert(1)</script></body></html>"


def ole_document(*, macro: bool = False, encrypted: bool = False) -> bytes:
    """A DOC as small as an OLE container can be: one FAT sector, one directory sector, a WordDocument of 4 KiB."""
    sector, free, end, fat_mark = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    fib = bytearray(4096)
    struct.pack_into("<HH", fib, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<H", fib, 10, 0x0100 if encrypted else 0)
    chain = [fat_mark, end, *range(3, 10), end]
    fat = struct.pack("<128I", *chain, *([free] * (128 - len(chain))))

    def entry(name: str, kind: int, *, child: int = -1, right: int = -1, start: int = 0, size: int = 0) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0" if name else b""
        links = struct.pack("<iii", -1, right, child)
        head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + links
        return head + bytes(36) + struct.pack("<IQ", start, size)

    storages = entry("Macros", 1, child=3) + entry("VBA", 1) if macro else bytes(256)
    directory = (
        entry("Root Entry", 5, child=1, start=end)
        + entry("WordDocument", 2, right=2 if macro else -1, start=2, size=4096)
        + storages
    )
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    head += struct.pack("<109I", 0, *([free] * 108))
    return head + fat + directory.ljust(sector, b"\0") + bytes(fib)


def ooxml_under_password() -> bytes:
    """What Word writes for a DOCX with a password: an OLE container with `EncryptedPackage`."""
    name = "EncryptedPackage".encode("utf-16-le")
    made = bytearray(ole_document())
    old = "WordDocument".encode("utf-16-le")
    at = bytes(made).index(old)
    made[at : at + len(name)] = name
    struct.pack_into("<H", made, at + 64, len(name) + 2)
    return bytes(made)
