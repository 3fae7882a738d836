"""Use case `verify`: checks proofs that somebody brings, in a worker, with the anchors that the auditor brings."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.preservation.proofs import steps
from archive.preservation.proofs.steps import Report, Step, said
from archive.preservation.trust.sets import TrustSnapshot
from ingest.ports import Limits, Workers
from metadata.errors import ToolUnreadableError, UsageError
from metadata.time import Clock, rfc3339

TASK = "archive.preservation.signatures.proof_task:check"
_SECONDS_PER_GIB = 60.0
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class ProofChecker:
    """Checks proofs without a home and without network."""

    workers: Workers
    trust: TrustSnapshot
    """The auditor's own anchors; empty: nothing can be concluded, only contradicted."""

    clock: Clock

    @property
    def warnings(self) -> Sequence[str]:
        """Files in the auditor's folder that are no certificates."""
        return self.trust.warnings

    def check(self, path: Path) -> Report:
        """How the proof at `path` is found. Content never raises.

        Raises:
            UsageError: there is no such file.
            ArchiveError: the system failed.
        """
        if not path.is_file():
            msg = f"{path}: no such file"
            raise UsageError(msg)
        try:
            size = path.stat().st_size
            with path.open("rb"):
                pass
        except OSError as error:
            msg = f"{path}: {error.strerror}"
            raise UsageError(msg) from error
        arguments = {
            "source": str(path.absolute()),
            "anchors": [base64.b64encode(der).decode() for der in self.trust.anchors()],
            "at": rfc3339(self.clock.now()),
        }
        answer = self.workers.submit(TASK, arguments, limits=_limits(size)).result()
        if answer.breach is not None:
            return Report((Step(steps.LIMITS, None, said("limits", breach=answer.breach)),))
        try:
            return Report.of_json(answer.value)
        except (KeyError, TypeError, AttributeError) as error:
            raise ToolUnreadableError(TASK, str(error)) from error


def _limits(size: int) -> Limits:
    """Hashing is what a large proof costs; its several digests are taken one after the other."""
    seconds = 60.0 + _SECONDS_PER_GIB * size / _GIB
    # A signed file is copied out of the ZIP to be read again.
    room_mib = 16 + (size >> 20)
    return Limits(cpu_seconds=seconds, wall_seconds=4 * seconds, memory_mib=2048, output_mib=room_mib)
