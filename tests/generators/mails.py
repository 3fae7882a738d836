"""Signed and encrypted e-mail, put together from bytes: what is signed is known to the last of them."""

from __future__ import annotations

import base64

HEAD = b"From: Minh <minh@vidu.gov.vn>\r\nTo: b@x.vn\r\nSubject: CV 15\r\nDate: Mon, 15 Jun 2026 09:00:00 +0700\r\n"
BODY = (
    b"Content-Type: multipart/mixed; boundary=trong\r\n\r\n--trong\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\nK\xc3\xadnh g\xe1\xbb\xadi \r\n\r\n--trong\r\n"
    b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--trong--\r\n'
)


def parted(content: bytes, cms: bytes, kind: str = "application/pkcs7-signature") -> bytes:
    """A multipart/signed entity."""
    return (
        f'Content-Type: multipart/signed; protocol="{kind}"; micalg=sha-256; boundary="ngoai"\r\n\r\n'.encode()
        + b"--ngoai\r\n"
        + content
        + b"\r\n--ngoai\r\nContent-Type: "
        + kind.encode()
        + b'; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(cms).replace(b"\n", b"\r\n")
        + b"--ngoai--\r\n"
    )


def opaque(cms: bytes, kind: str = "signed-data") -> bytes:
    head = f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\n'.encode()
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(cms)
