"""The parent's side of reports and pages: hands files to a worker, writes what it found out; parses nothing itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.preservation.signatures.policy import Policy, default_policy
from ingest.ports import Judgement, Limits, Workers
from metadata.errors import ToolUnreadableError

TASK = "archive.preservation.signatures.report_facts:describe"
DESCRIBE_LIMITS = Limits(cpu_seconds=30.0, wall_seconds=90.0, memory_mib=1536, output_mib=1)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Examined:
    """One file that was judged, with everything that a report or a page says of it."""

    name: str
    judgement: Judgement
    described: Mapping[str, Any]
    """What `report_facts.describe` gave."""


class Reporter:
    """Describes judged files, then writes them down together.

    Args:
        workers: Where files are parsed.
        policy: The one that was judged by; None: the program's own.
    """

    def __init__(self, workers: Workers, policy: Policy | None = None) -> None:
        self._workers = workers
        self._policy = policy or default_policy()

    def examined(self, name: str, path: Path, judgement: Judgement) -> Examined:
        """What there is to say of the file at `path`, which stays only as long as this call.

        A file whose description breaks its limits is reported with its verdicts alone.
        """
        if not judgement.verdicts:
            return Examined(name, judgement, _nothing(path))
        arguments = {
            "source": str(path),
            "facts": base64.b64encode(judgement.facts).decode(),
            "objects": [base64.b64encode(der).decode() for der in judgement.objects],
            "at": judgement.verdicts[0].judged_at,
        }
        answer = self._workers.submit(TASK, arguments, limits=DESCRIBE_LIMITS).result()
        if answer.breach is not None:
            return Examined(name, judgement, _nothing(path))
        if set(answer.value) != {"sha256", "size", "signatures", "objects"}:
            raise ToolUnreadableError(TASK, f"keys {sorted(answer.value)}")
        return Examined(name, judgement, answer.value)

    def report(self, files: Sequence[Examined]) -> bytes | None:
        """The ETSI TS 119 102-2 report on `files`; None: none of them is signed."""
        from archive.preservation.signatures.report import write_report  # noqa: PLC0415 - lxml
        from archive.preservation.signatures.report_elements import ReportedFile  # noqa: PLC0415 - lxml

        signed = [ReportedFile(f.name, f.judgement.verdicts, f.described) for f in files if f.judgement.verdicts]
        return write_report(signed, self._policy) if signed else None

    def page(self, files: Sequence[Examined]) -> bytes:
        """The page for people, HTML."""
        from archive.preservation.signatures.page import ShownFile, write_page  # noqa: PLC0415 - not always wanted

        shown = [ShownFile(f.name, f.described["sha256"], f.judgement.verdicts) for f in files]
        return write_page(shown, self._policy)


def _nothing(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return {"sha256": digest.hexdigest(), "size": path.stat().st_size, "signatures": [], "objects": {}}
