"""Use case `export --as pdf-lta`: a copy of a signed PDF for receivers whose viewers know nothing of this archive.

The copy is the original and one more revision: the kept validation bundle and a
document time-stamp. It is judged before it is given out; the original is never
touched, and no copy is kept.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, ClassVar, Protocol

from archive.dissemination.outgoing import ExportRefusedError
from archive.services.stored_packages import StoredPackages
from ingest.ports import EvidenceJudge, Limits, Workers
from metadata.digests import chunks_of
from metadata.errors import ArchiveError, ToolUnreadableError
from metadata.messages import every_text
from metadata.package import PackageDocument, PackageFile, PackageRecord
from metadata.verdicts import Indication, SignatureVerdict
from storage.evidence import EvidenceObjects

# Named, not imported: only a worker has the libraries.
TASK = "archive.preservation.signatures.lta_copy:prepare"
LIMITS = Limits(cpu_seconds=120.0, wall_seconds=300.0, memory_mib=2048, output_mib=4096)
DIGEST = "sha256"
_GRAVITY = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)
_PDF = "application/pdf"


class LtaRefusedError(ExportRefusedError):
    """Of this file no such copy can be made; `reason` is `pdfa-1`, `encrypted`, `unreadable`, `unsigned`, `no-pdf`."""

    code: ClassVar[str] = "lta.refused"

    def __init__(self, name: str, reason: str, detail: str = "") -> None:
        self.name = name
        self.reason = reason
        said = every_text(f"lta.refused.{reason.replace('-', '_')}")
        super().__init__(f"{name}: {said}" + (f" ({detail})" if detail else ""))

    def told(self) -> dict[str, Any]:
        """See `ExportRefusedError.told`."""
        return {"refused": self.reason, "detail": str(self)}


class LtaCopyBrokenError(ArchiveError):
    """The copy that was made does not keep the original's signatures as they are; it was not given out."""

    code: ClassVar[str] = "lta.broken"
    retryable: ClassVar[bool] = False

    def __init__(self, name: str, why: str) -> None:
        self.why = why
        super().__init__(f"the copy of {name} was not given out: {why}")


class TimeStamper(Protocol):
    """Gives time-stamps (`archive.preservation.timestamps.client`)."""

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """A token (DER) over `digest`."""
        ...


@dataclass(frozen=True, slots=True)
class LtaCopies:
    """Makes copies."""

    stored: StoredPackages
    objects: EvidenceObjects
    workers: Workers
    judge: EvidenceJudge
    stamper: TimeStamper
    scratch: Path

    def opener(
        self, record: PackageRecord, document: PackageDocument, original: PackageFile
    ) -> Callable[[], AbstractContextManager[BinaryIO]]:
        """The copy of one original; it is made when it is opened, and gone when it is closed.

        Opening raises:
            LtaRefusedError: of such a file there is no copy.
            TsaUnavailableError: no time-stamp authority is configured, or none answers.
            LtaCopyBrokenError: the copy would not keep the original's signatures.
        """
        return partial(self._copied, record, document, original)

    @staticmethod
    def name(original: PackageFile) -> str:
        """The original's name, marked as that of a copy."""
        path = PurePosixPath(original.original_name)
        return str(path.with_name(f"{path.stem}.ban-sao-LTA.pdf"))

    @contextmanager
    def _copied(self, record: PackageRecord, document: PackageDocument, original: PackageFile) -> Iterator[BinaryIO]:
        kept = next((entry for entry in document.verdicts if entry.path == original.path), None)
        if original.mime != _PDF:
            raise LtaRefusedError(original.original_name, "no-pdf")
        if kept is None or not kept.verdicts:
            raise LtaRefusedError(original.original_name, "unsigned")
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            source = Path(folder) / "original.pdf"
            with self.stored.open(record, original) as stream, source.open("wb") as out:
                for chunk in chunks_of(stream):
                    out.write(chunk)
            bundle = [self.objects.get(sha256) for sha256 in kept.objects]
            (before,) = self.judge.judgements([source], revocation=bundle)
            everything = tuple(dict.fromkeys((*bundle, *before.objects)))
            copy = self._stamped(original.original_name, source, everything, Path(folder))
            (after,) = self.judge.judgements([copy], revocation=everything)
            if why := harmed(before.verdicts, after.verdicts):
                raise LtaCopyBrokenError(original.original_name, why)
            with copy.open("rb") as stream:
                yield stream

    def _stamped(self, name: str, source: Path, objects: Sequence[bytes], folder: Path) -> Path:
        arguments = {"source": str(source), "objects": [base64.b64encode(der).decode() for der in objects]}
        answer = self.workers.submit(TASK, arguments, limits=LIMITS, deposit=folder / "made").result()
        if answer.breach is not None:
            raise LtaRefusedError(name, "unreadable", str(answer.breach))
        said = answer.value
        if said.get("refused"):
            raise LtaRefusedError(name, str(said["refused"]), str(said.get("detail", "")))
        try:
            copy, place = answer.outputs["copy"], (int(said["start"]), int(said["end"]))
            digest = bytes.fromhex(str(said["digest"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ToolUnreadableError(TASK, repr(error)) from error
        _fill(name, copy, place, self.stamper.stamp(digest, DIGEST))
        return copy


def _fill(name: str, copy: Path, place: tuple[int, int], token: bytes) -> None:
    """Write the token into the empty place, between its brackets."""
    start, end = place
    digits = token.hex().upper().encode()
    with copy.open("r+b") as stream:
        stream.seek(start)
        region = stream.read(end - start)
        if region[:1] != b"<" or region[-1:] != b">" or region[1:-1].strip(b"0"):
            raise ToolUnreadableError(TASK, "the place of the time-stamp is not empty")
        if len(digits) > len(region) - 2:
            raise LtaCopyBrokenError(
                name, f"the time-stamp has {len(token)} bytes, there is room for {len(region) // 2 - 1}"
            )
        stream.seek(start + 1)
        stream.write(digits)


def harmed(before: Sequence[SignatureVerdict], after: Sequence[SignatureVerdict]) -> str:
    """What the copy lost against the original; empty: nothing, and it has one time-stamp more."""
    now = {verdict.field: verdict for verdict in after}
    for verdict in before:
        other = now.pop(verdict.field, None)
        if other is None:
            return f"{verdict.field} is not found in it"
        if _GRAVITY.index(other.indication) > _GRAVITY.index(verdict.indication):
            return f"{verdict.field} is {other.indication.value}/{other.subindication} in it"
        if set(other.changed_after) - set(verdict.changed_after):
            return f"{verdict.field}: {'; '.join(other.changed_after)}"
    added = list(now.values())
    if [verdict.kind for verdict in added] != ["document-timestamp"]:
        return f"it has {len(added)} signatures more, not one time-stamp"
    if added[0].indication is Indication.TOTAL_FAILED:
        return f"its time-stamp is {added[0].indication.value}/{added[0].subindication}"
    return ""
