"""Imports CRLs from a folder: for archives whose network reaches no certification authority."""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Any

from archive.preservation.trust.broker import LIMITS
from archive.preservation.trust.cache import Held, RevocationCache
from archive.preservation.trust.sets import TrustSnapshot
from ingest.ports import Workers
from metadata.errors import ToolUnreadableError, UsageError
from metadata.time import Clock, rfc3339

MAX_LIST_BYTES = 64 << 20
MAX_FILES = 10_000
SLACK_SECONDS = 300.0
_TASK = "archive.preservation.signatures.collecting:import_list"
_PEM = re.compile(rb"-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----")


@unique
class ImportStatus(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    ALREADY = "already"
    """The same list, or a newer one, is at hand."""

    REFUSED = "refused"
    """A list that must not be used: forged, stale, of an unknown issuer."""

    IGNORED = "ignored"
    """No list at all."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One file of the folder."""

    path: Path
    status: ImportStatus
    why: str = ""
    issuer: str = ""
    issuer_key: str = ""
    this_update: str = ""
    next_update: str = ""
    sha256: str = ""

    def as_json(self) -> dict[str, Any]:
        """What `trust import-crls` prints."""
        return {
            "path": str(self.path),
            "status": self.status.value,
            "why": self.why,
            "issuer": self.issuer,
            "this_update": self.this_update,
            "next_update": self.next_update,
            "sha256": self.sha256,
        }


class ListImporter:
    """Takes CRLs into the cache.

    Args:
        workers: Where lists are parsed.
        cache: Where they go.
        clock: Against which dates are held.
        keep: Keeps the bytes for ever (`EvidenceObjects.put`); called before the cache takes them.
        scratch: Folder for copies that workers read.
    """

    def __init__(
        self,
        workers: Workers,
        cache: RevocationCache,
        clock: Clock,
        *,
        keep: Callable[[bytes], object],
        scratch: Path,
    ) -> None:
        self._workers = workers
        self._cache = cache
        self._clock = clock
        self._keep = keep
        self._scratch = scratch

    def folder(self, folder: Path, trust: TrustSnapshot) -> Iterator[ImportedFile]:
        """One answer for each list in the files of `folder` (not of its subfolders), at most 64 MiB a file.

        A file is one list in DER or any number of them in PEM; one that is neither has one answer.

        A list is taken only when an authority of `trust` signed it, it still holds, and none newer is at hand.

        Raises:
            UsageError: `folder` is no readable folder, or has more than 10,000 files.
            ArchiveError: a worker, the disk or the store failed.
        """
        try:
            files = sorted(path for path in folder.iterdir() if path.is_file())
        except OSError as error:
            msg = f"{folder}: {error.strerror}"
            raise UsageError(msg) from error
        if len(files) > MAX_FILES:
            msg = f"{folder}: {len(files)} files, at most {MAX_FILES}"
            raise UsageError(msg)
        issuers = [base64.b64encode(c.der).decode() for c in trust.certificates if c.facts.may_sign_lists]
        for path in files:
            yield from self._file(path, issuers)

    def _file(self, path: Path, issuers: list[str]) -> Iterator[ImportedFile]:
        try:
            if path.stat().st_size > MAX_LIST_BYTES:
                yield ImportedFile(path, ImportStatus.REFUSED, f"too-large: more than {MAX_LIST_BYTES >> 20} MiB")
                return
            lists = _ders(path.read_bytes())
        except OSError as error:
            yield ImportedFile(path, ImportStatus.REFUSED, f"unreadable: {error.strerror}")
            return
        for data in lists:
            yield self._list(path, data, issuers)

    def _list(self, path: Path, data: bytes, issuers: list[str]) -> ImportedFile:
        said = self._said(data, issuers)
        if said is None:
            return ImportedFile(path, ImportStatus.REFUSED, "limit-breached: could not be read within its limits")
        why = str(said["why"])
        if why.startswith("unreadable"):
            return ImportedFile(path, ImportStatus.IGNORED, why)
        status = ImportStatus.REFUSED
        if not why:
            status = ImportStatus.IMPORTED if self._taken(said, data) else ImportStatus.ALREADY
        return ImportedFile(
            path,
            status,
            why,
            str(said["issuer"]),
            str(said["issuer_key"]),
            str(said["this_update"]),
            str(said["next_update"]),
            str(said["sha256"]),
        )

    def _said(self, data: bytes, issuers: list[str]) -> dict[str, Any] | None:
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="import-") as folder:
            place = Path(folder)
            place.chmod(0o755)
            copy = place / "list"
            copy.write_bytes(data)
            at = rfc3339(self._clock.now())
            arguments = {"source": str(copy), "issuers": issuers, "at": at, "slack": SLACK_SECONDS}
            answer = self._workers.submit(_TASK, arguments, limits=LIMITS).result()
        if answer.breach is not None:
            return None
        if "why" not in answer.value:
            raise ToolUnreadableError(_TASK, str(answer.value))
        return answer.value

    def _taken(self, said: dict[str, Any], data: bytes) -> bool:
        held = Held(
            sha256=str(said["sha256"]),
            kind="list",
            issuer_key=str(said["issuer_key"]),
            issuer=str(said["issuer"]),
            scope=str(said["scope"]),
            number=str(said["number"]),
            this_update=str(said["this_update"]),
            next_update=str(said["next_update"]),
            got_at=rfc3339(self._clock.now()),
        )
        present = self._cache.lists_of(held.issuer_key)
        if any(other.sha256 == held.sha256 and self._cache.data(other) is not None for other in present):
            return False
        self._keep(data)
        return self._cache.put(held, data)


def _ders(data: bytes) -> list[bytes]:
    """The lists behind PEM's letters; anything else as it is."""
    return [_decoded(block) for block in _PEM.findall(data)] or [data]


def _decoded(block: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(block.split()), validate=True)
    except binascii.Error:
        return block
