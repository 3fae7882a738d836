"""What kind of signed file some bytes are: by the bytes, by the name only where it claims something."""

from __future__ import annotations

HEAD = 1024
"""Bytes from the beginning that are looked at."""

_PDF = (".pdf",)
_CMS = (".p7m", ".p7s", ".p7b", ".pkcs7")
_XML = (".xml",)
_PACKAGES = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".asice", ".asics", ".sce", ".scs")
_OLE = b"\xd0\xcf\x11\xe0"
_BOM = b"\xef\xbb\xbf"
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def kind_of(head: bytes, suffix: str) -> str:
    """`pdf`, `cms`, `package`, `xml`, empty for what carries no signatures, else why the name lies.

    Args:
        head: The first `HEAD` bytes.
        suffix: Of the name, lower case, with its dot.
    """
    if b"%PDF-" in head:
        return "pdf"
    if suffix in _PDF:
        return "no PDF header in the first kilobyte"
    if suffix in _CMS or _SIGNED_DATA in head[:24] or head.startswith((b"-----BEGIN PKCS7", b"-----BEGIN CMS")):
        return "cms"
    if head.startswith(b"PK\x03\x04"):
        return "package"
    if head.removeprefix(_BOM).lstrip().startswith(b"<?xml") or suffix in _XML:
        return "xml"
    return "no ZIP package" if suffix in _PACKAGES and not head.startswith(_OLE) else ""
