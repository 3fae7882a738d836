"""Certificates in files that an operator or an auditor brings: DER, or PEM with any number of them."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from archive.preservation.signatures.certificates import CertificateUnreadableError, certificate
from metadata.errors import UsageError

MAX_FILE_BYTES = 1 << 20
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_BLOCK = re.compile(_BEGIN + rb"([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")


def certificates_of(path: Path) -> tuple[bytes, ...]:
    """The certificates of a file as DER.

    Raises:
        UsageError: the file is no certificate, larger than 1 MiB, or cannot be read.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_FILE_BYTES else b""
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise UsageError(msg) from error
    try:
        ders = _blocks(data) if _BEGIN in data else (data,)
        for der in ders:
            certificate(der)
    except (ValueError, CertificateUnreadableError) as error:
        msg = f"{path}: no certificate in PEM or DER ({error})"
        raise UsageError(msg) from error
    return ders


def _blocks(data: bytes) -> tuple[bytes, ...]:
    blocks = _BLOCK.findall(data)
    if len(blocks) != data.count(_BEGIN):
        msg = "a block without an end, or with letters that base64 does not have"
        raise ValueError(msg)
    try:
        return tuple(base64.b64decode(b"".join(block.split()), validate=True) for block in blocks)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
