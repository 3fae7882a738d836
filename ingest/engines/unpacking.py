"""Unpacks a container (ZIP, TAR): everything in it is hostile until it has been looked at. Worker task.

Members are written under numbers; what they are called is told beside them in
a list, so no name of the container ever reaches the file system here. A
container that breaks a rule gives nothing but its findings, all at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

from ingest.engines.unpacking_members import RATIO, Bounds, DamagedError, Findings, Members, RefusedError
from ingest.engines.unpacking_tar import is_tar, opened, unpack_tar
from ingest.engines.unpacking_zip import unpack_zip
from metadata.digests import chunks_of, digests_of

_ZIP = (b"PK\3\4", b"PK\5\6")
_PACKED = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_OTHERS = {b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7-Zip", b"MSCF": "CAB"}
_TAR_OVERHEAD = 3
"""Headers, padding and long names of a TAR may be this many times its files, where those are tiny."""

_TAR_LEAST_BYTES = 64 << 20


def unpack(*, scratch: Path, path: str, max_file_bytes: int, max_total_bytes: int) -> dict[str, Any]:
    """Unpack the container at `path`, of the kind that its bytes show.

    Returns:
        `findings` (rule, subject, values); when one of them is an error nothing else. Otherwise `kind`
        (`zip`, `tar`, `tar.gz` …), `files`, `sha256`, `sha512`, `bytes` of the container, and the outputs:
        the members by number, and `members.jsonl` with number, path and name as written.
    """
    findings = Findings()
    with Path(path).open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        members = Members(Bounds(max_file_bytes, max_total_bytes, size), findings, scratch)
        try:
            kind = _unpacked(stream, size, members, findings, max_total_bytes)
        except DamagedError as error:
            findings.refuse("CON-001", detail=str(error))
            kind = ""
        except RefusedError:
            kind = ""
        if findings.errors:
            return {"findings": findings.as_json()}
        stream.seek(0)
        digests = digests_of(chunks_of(stream))
    return {
        "findings": findings.as_json(),
        "kind": kind,
        "files": members.count,
        "sha256": digests.sha256,
        "sha512": digests.sha512,
        "bytes": digests.size_bytes,
        "outputs": members.outputs(),
    }


def _unpacked(stream: BinaryIO, size: int, members: Members, findings: Findings, most: int) -> str:
    head = stream.read(512)
    stream.seek(0)
    if not head.startswith(tuple(_PACKED)) and (head.startswith(_ZIP) or not is_tar(head)):
        _refuse_others(head)
        unpack_zip(stream, size, members, findings)
        return "zip"
    packing = next((name for mark, name in _PACKED.items() if head.startswith(mark)), "")
    # What is no member, behind the end above all, is bounded too: reading it serves nobody but the bomb.
    bound = min(_TAR_OVERHEAD * most, RATIO * size if packing else size) + _TAR_LEAST_BYTES
    unpack_tar(opened(stream, packing), bound, members, findings)
    return f"tar.{packing}" if packing else "tar"


def _refuse_others(head: bytes) -> None:
    """Say what it is instead, where that is known: people rename .rar to .zip."""
    for mark, name in _OTHERS.items():
        if head.startswith(mark):
            raise DamagedError(name)
