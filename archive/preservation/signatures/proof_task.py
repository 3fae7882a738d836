"""The worker task of `luutru verify`: checks one proof, reading the structure of signed files again."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any

from archive.preservation.proofs.verification import Auditor
from archive.preservation.proofs.verification import check as check_proof
from archive.preservation.signatures.facts_reading import facts_of_file
from archive.preservation.signatures.replaying import Original
from metadata.time import from_rfc3339


def check(scratch: Path, *, source: str, anchors: list[str], at: str) -> dict[str, Any]:
    """Check a proof. Content never raises.

    Args:
        scratch: Signed files are put here to be read.
        source: The ZIP, read only.
        anchors: The auditor's certificates, DER in base64.
        at: The time of checking, RFC 3339.

    Returns:
        `archive.preservation.proofs.steps.Report` as JSON.
    """
    ders = tuple(base64.b64decode(der) for der in anchors)
    auditor = Auditor(ders, from_rfc3339(at), partial(_read_again, scratch))
    with Path(source).open("rb") as stream:
        return check_proof(stream, auditor).as_json()


def _read_again(scratch: Path, original: Original, path: str) -> bytes | None:
    copy = scratch / f"original.{path.rpartition('.')[2]}"
    with copy.open("wb") as out:
        for chunk in original.chunks():
            out.write(chunk)
    try:
        return facts_of_file(copy)
    finally:
        copy.unlink()
