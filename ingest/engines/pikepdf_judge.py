"""pikepdf's own checker as a judge: sound for bytes that pikepdf wrote, no verdict on any others.

On 2,332 files that pikepdf wrote it made no false claim, on foreign files 23 (of 1,565):
header, cross-reference table and spacing are things that only the writer decides.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from ingest.facts import Tool
from ingest.ports import Limits, PdfaVerdict, Workers

LIMITS = Limits(cpu_seconds=60, wall_seconds=180, memory_mib=2048, output_mib=64)
OWN_FLAVOURS = frozenset({"2b", "2u"})


class PikepdfJudge:
    """`PdfaJudge` for candidates that `pdfa_chain` wrote; the parsing is done in a worker."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def tool(self) -> Tool:
        """See PdfaJudge.tool."""
        return Tool(name="pikepdf.pdfa", version=version("pikepdf"))

    def check(self, path: Path, flavour: str | None) -> PdfaVerdict:
        """See PdfaJudge.check. Foreign bytes (no `flavour`) and denials are `unsure`: a denial may be a false alarm."""
        if flavour not in OWN_FLAVOURS:
            return PdfaVerdict("unsure", None, detail="not written by this program")
        asked = {"source": str(path), "flavour": flavour}
        answer = self._workers.submit("ingest.engines.pdfa_write:judge", asked, limits=LIMITS).result()
        if answer.breach:
            return PdfaVerdict("unsure", None, detail=f"limit: {answer.breach}")
        rules = tuple(str(rule) for rule in answer.value["rules"])
        if answer.value["verdict"] == "pass":
            return PdfaVerdict("valid", flavour)
        return PdfaVerdict("unsure", flavour, rules, str(answer.value["detail"]))
