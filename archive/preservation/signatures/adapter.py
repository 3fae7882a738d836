"""The parent's side of the provisional judge: hands files to workers, turns answers into verdicts.

Nothing here parses a delivered file, and no parsing library is imported.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from archive.preservation.signatures.policy import VERSION as POLICY
from archive.preservation.trust.sets import TrustSnapshot, TrustSource
from ingest.facts import Tool
from ingest.ports import Answer, Judgement, Limits, Workers
from metadata.errors import ToolUnreadableError
from metadata.time import Clock, rfc3339
from metadata.verdicts import Indication, SignatureVerdict

TASK = "archive.preservation.signatures.provisional:judge"
JUDGE_LIMITS = Limits(cpu_seconds=30.0, wall_seconds=90.0, memory_mib=1536, output_mib=1)
ENGINE = "luutru-provisional"
_DETACHED = ".p7s"
_VERDICTS = TypeAdapter(tuple[SignatureVerdict, ...])


class ProvisionalJudge:
    """Implements `ingest.ports.SignatureJudge` with the provisional engine.

    Args:
        workers: Where files are parsed.
        trust: The home's `TrustStore`, or a `TrustSnapshot` that a caller brings. Read anew for each call.
        clock: The time at which is judged.
        revocation: CRLs and OCSP responses (DER) known beside what the files carry; nothing is ever fetched.
        limits: A breach makes the file's verdict INDETERMINATE.
    """

    def __init__(
        self,
        workers: Workers,
        trust: TrustSource,
        clock: Clock,
        *,
        revocation: Sequence[bytes] = (),
        limits: Limits = JUDGE_LIMITS,
    ) -> None:
        self._workers = workers
        self._trust = trust
        self._clock = clock
        self._revocation = tuple(revocation)
        self._limits = limits

    def judge(
        self, paths: Sequence[Path], *, contents: Mapping[Path, Path] | None = None
    ) -> Sequence[tuple[SignatureVerdict, ...]]:
        """See `SignatureJudge.judge`."""
        snapshot = self._trust.snapshot()
        at = rfc3339(self._clock.now())
        waiting: deque[Future[Answer]] = deque()
        judged: list[tuple[SignatureVerdict, ...]] = []
        room = 2 * max(1, self._workers.size)
        for path in paths:
            if len(waiting) >= room:
                judged.append(self._verdicts(waiting.popleft().result(), snapshot, at))
            content = (contents or {}).get(path) or _neighbour(path)
            waiting.append(self._submit(path, content, snapshot, at))
        judged += [self._verdicts(future.result(), snapshot, at) for future in waiting]
        return judged

    def judgements(
        self,
        paths: Sequence[Path],
        *,
        contents: Mapping[Path, Path] | None = None,
        revocation: Sequence[bytes] = (),
    ) -> Sequence[Judgement]:
        """See `EvidenceJudge.judgements`; this engine names no bundle."""
        del revocation
        return [Judgement(verdicts) for verdicts in self.judge(paths, contents=contents)]

    def keepsakes(self) -> tuple[bytes, ...]:
        """See `EvidenceJudge.keepsakes`."""
        snapshot = self._trust.snapshot()
        return (snapshot.document(), *(certificate.der for certificate in snapshot.certificates))

    def _submit(self, path: Path, content: Path | None, snapshot: TrustSnapshot, at: str) -> Future[Answer]:
        arguments = {
            "source": str(path),
            "content": str(content) if content else None,
            "anchors": [base64.b64encode(der).decode() for der in snapshot.anchors()],
            "intermediates": [base64.b64encode(der).decode() for der in snapshot.intermediates()],
            "revocation": [base64.b64encode(der).decode() for der in self._revocation],
            "at": at,
        }
        return self._workers.submit(TASK, arguments, limits=self._limits)

    def _verdicts(self, answer: Answer, snapshot: TrustSnapshot, at: str) -> tuple[SignatureVerdict, ...]:
        if answer.breach is not None:
            found: tuple[SignatureVerdict, ...] = (_not_judged(answer),)
        else:
            try:
                found = _VERDICTS.validate_python(tuple(answer.value["verdicts"]))
            except (ValidationError, KeyError, TypeError) as error:
                raise ToolUnreadableError(ENGINE, str(error)) from error
        seal = {"provisional": True, "judged_at": at, "trust_set": snapshot.trust_set(), "engine": self._engine()}
        return tuple(verdict.model_copy(update=seal) for verdict in found)

    @staticmethod
    def _engine() -> str:
        return f"{ENGINE} 1; policy {POLICY}; pyHanko {version('pyhanko')}"

    def trust_set(self) -> str:
        """See `SignatureJudge.trust_set`."""
        return self._trust.snapshot().trust_set()

    def tools(self) -> tuple[Tool, ...]:
        """See `SignatureJudge.tools`."""
        return (
            Tool(name=ENGINE, version="1"),
            *(
                Tool(name=name, version=version(package))
                for name, package in (
                    ("pyHanko", "pyhanko"),
                    ("asn1crypto", "asn1crypto"),
                    ("cryptography", "cryptography"),
                )
            ),
        )


def _neighbour(path: Path) -> Path | None:
    """The file that a detached signature signs: `x.pdf` beside `x.pdf.p7s`."""
    if path.suffix.lower() != _DETACHED:
        return None
    content = path.with_suffix("")
    return content if content.suffix and content.is_file() else None


def _not_judged(answer: Answer) -> SignatureVerdict:
    return SignatureVerdict(
        field=None,
        kind="signature",
        signer=None,
        signing_time=None,
        best_time=None,
        indication=Indication.INDETERMINATE,
        subindication="GENERIC",
        level=None,
        coverage=None,
        reasons=(f"limit-breached: the file could not be judged within its limits ({answer.breach})",),
    )
