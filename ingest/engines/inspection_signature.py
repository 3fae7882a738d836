"""A first look into a CMS: whether it is a signature, or something that only a key opens."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from ingest.engines.inspection import Look, ProblemError
from ingest.engines.mail_smime import is_encrypted

ENCRYPTED = "ING-018"
_HEAD = 1024
_ARMOUR = re.compile(rb"\s*(?:-----BEGIN [A-Z0-9 ]+-----)?([A-Za-z0-9+/\s]{32,})")


def look(path: Path, found: Look) -> None:
    """Tell what cannot be read.

    Raises:
        ProblemError: it is encrypted.
    """
    del found
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if is_encrypted(head) or is_encrypted(_bare(head)):
        raise ProblemError(ENCRYPTED, "CMS")


def _bare(head: bytes) -> bytes:
    """The beginning of what stands in base64, as PEM or without."""
    match = _ARMOUR.match(head)
    letters = b"".join(match[1].split())[:32] if match else b""
    try:
        return base64.b64decode(letters, validate=True)
    except binascii.Error:
        return b""
