"""What kind of signed file some bytes are: by the bytes, by the name only where it claims something."""

from __future__ import annotations

from metadata.mime_entities import begins_like_mime

HEAD = 1024
"""Bytes from the beginning that are looked at."""

_PDF = (".pdf",)
_CMS = (".p7m", ".p7s", ".p7b", ".pkcs7")
_XML = (".xml", ".edxml")
_PACKAGES = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".asice", ".asics", ".sce", ".scs")
_MAIL = (".eml",)
_OLE = b"\xd0\xcf\x11\xe0"
_BOM = b"\xef\xbb\xbf"
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def is_signed_data(head: bytes) -> bool:
    """Whether a CMS that begins with `head` is a signature; an encrypted one is none."""
    return _SIGNED_DATA in head[:24]


def kind_of(head: bytes, suffix: str) -> str:
    """What it is, empty for what carries no signatures, else why the name lies.

    `pdf`, `cms`, `package`, `mime` (e-mail, and messages of the exchange in parts), `xml`, `openpgp`.

    Args:
        head: The first `HEAD` bytes.
        suffix: Of the name, lower case, with its dot.
    """
    if b"%PDF-" in head:
        return "pdf"
    if suffix in _PDF:
        return "no PDF header in the first kilobyte"
    claims = (
        ("cms", suffix in _CMS or is_signed_data(head) or head.startswith((b"-----BEGIN PKCS7", b"-----BEGIN CMS"))),
        ("package", head.startswith(b"PK\x03\x04")),
        ("openpgp", head.startswith(b"-----BEGIN PGP SIGNATURE")),
        ("mime", suffix in _MAIL or begins_like_mime(head)),
        ("xml", head.removeprefix(_BOM).lstrip().startswith(b"<?xml") or suffix in _XML),
        ("no ZIP package", suffix in _PACKAGES and not head.startswith(_OLE)),
    )
    return next((kind for kind, holds in claims if holds), "")
