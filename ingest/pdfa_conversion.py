"""The parent's side of the conversion chain: asks workers for candidates and judges for verdicts.

Imports nothing that parses PDF: that happens in the worker tasks alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ingest.facts import Attempt, Tool
from ingest.ports import Answer, Limits, PdfaJudge, PdfaVerdict, Workers

STEPS = ("clean", "repair", "picture")
"""Steps of the chain, in order of preference: lines and letters before pictures."""

CONVERT = "ingest.engines.pdfa_chain:convert"
LOWER = "ingest.engines.pdfa_chain:lower"

PAGE_SECONDS = 1.0
BASE_SECONDS = 60.0
MOST_SECONDS = 1800.0


def limits_for(pages: int | None) -> Limits:
    """What one conversion may use: 60 s of processor time and 1 s a page, three times that on the clock."""
    cpu = min(BASE_SECONDS + PAGE_SECONDS * (pages or 0), MOST_SECONDS)
    return Limits(cpu_seconds=cpu, wall_seconds=3 * cpu, memory_mib=3072, output_mib=1024)


@dataclass(frozen=True, slots=True)
class Request:
    """One conversion."""

    source: Path
    at: str
    """Metadata date of the rendition, RFC 3339."""

    aim: str = "2b"
    original: Path | None = None
    """What the pages must look like, when that is not `source`."""

    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a conversion ended."""

    path: Path | None = None
    flavour: str | None = None
    """Measured."""

    judge: Tool | None = None
    step: str = ""
    attempts: tuple[Attempt, ...] = ()
    losses: tuple[str, ...] = ()
    problem: str = ""
    """`password`, `damaged`, `pages`, `refused`, or `limit`; empty when there is a file."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that a worker made and that keeps the content, before the outside judge has spoken."""

    path: Path
    step: str
    flavour: str
    passed: bool
    """pikepdf's checker approved what pikepdf wrote."""

    losses: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    tool: Tool


class Converter:
    """Brings PDFs through the chain, with the outside judge where there is one.

    Safe to use from several threads when the judge is.
    """

    def __init__(self, workers: Workers, judge: PdfaJudge | None) -> None:
        self._workers = workers
        self._judge = judge

    def convert(self, request: Request, deposit: Path) -> Conversion:
        """Convert; the result lies in `deposit`.

        Raises:
            ArchiveError: a tool is missing or unreadable; never for content.
        """
        attempts: tuple[Attempt, ...] = ()
        start: str | None = STEPS[0]
        while start is not None:
            found = self._candidate(request, start, deposit)
            if isinstance(found, Conversion):
                return replace(found, attempts=attempts + found.attempts)
            judged = self._judged(found, request, deposit)
            attempts += judged.attempts
            if judged.path is not None:
                return replace(judged, attempts=attempts)
            found.path.unlink(missing_ok=True)
            start = _after(found.step)
        words = "; ".join(f"{a.step}: {', '.join(a.rules) or a.detail}" for a in attempts)
        return Conversion(problem="refused", detail=words[:400], attempts=attempts)

    def _candidate(self, request: Request, start: str, deposit: Path) -> Conversion | _Candidate:
        asked = {
            "source": str(request.source),
            "at": request.at,
            "original": str(request.original) if request.original else None,
            "start": start,
            "aim": request.aim,
            "own_judge": self._judge is None,
        }
        answer = self._workers.submit(CONVERT, asked, limits=limits_for(request.pages), deposit=deposit).result()
        if answer.breach:
            return Conversion(problem="limit", detail=answer.breach)
        value = answer.value
        attempts = tuple(Attempt.model_validate(row) for row in value["attempts"])
        if "pdf" not in answer.outputs:
            return Conversion(problem=str(value["problem"]), detail=str(value["detail"]), attempts=attempts)
        return _Candidate(
            path=answer.outputs["pdf"],
            step=str(value["step"]),
            flavour=str(value["flavour"]),
            passed=value["verdict"] == "pass",
            losses=tuple(value["losses"]),
            attempts=attempts,
            tool=Tool.model_validate(value["tool"]),
        )

    def _judged(self, found: _Candidate, request: Request, deposit: Path) -> Conversion:
        if self._judge is None:
            return _accepted(found, found.flavour, found.tool)
        verdict = self._judge.check(found.path, found.flavour)
        if verdict.status == "valid":
            return _accepted(found, verdict.flavour or found.flavour, self._judge.tool())
        if found.flavour == "2u" and verdict.status == "invalid":
            lowered = self._lowered(found, request, deposit)
            if lowered is not None:
                return _accepted(lowered, "2b", self._judge.tool())
        if verdict.status == "unsure" and found.passed:
            # The outside judge could not finish; what we wrote is still measured by our own.
            return _accepted(found, found.flavour, found.tool)
        return Conversion(attempts=(*found.attempts[:-1], self._denied(found, verdict)))

    def _lowered(self, found: _Candidate, request: Request, deposit: Path) -> _Candidate | None:
        """The candidate as 2b, when only the promise of Unicode values was too much."""
        if self._judge is None or self._judge.check(found.path, "2b").status != "valid":
            return None
        answer: Answer = self._workers.submit(
            LOWER,
            {"source": str(found.path), "at": request.at},
            limits=limits_for(request.pages),
            deposit=deposit,
        ).result()
        if answer.breach or self._judge.check(answer.outputs["pdf"], "2b").status != "valid":
            return None
        found.path.unlink(missing_ok=True)
        return replace(found, path=answer.outputs["pdf"], flavour="2b")

    def _denied(self, found: _Candidate, verdict: PdfaVerdict) -> Attempt:
        return Attempt(
            step=found.step,
            accepted=False,
            judge=_named(self._judge.tool()) if self._judge else "",
            rules=verdict.rules,
            detail=verdict.detail,
        )


def _named(tool: Tool) -> str:
    return f"{tool.name} {tool.version}"


def _after(step: str) -> str | None:
    later = STEPS[STEPS.index(step) + 1 :]
    return later[0] if later else None


def _accepted(found: _Candidate, flavour: str, judge: Tool) -> Conversion:
    last = found.attempts[-1].model_copy(update={"judge": _named(judge), "flavour": flavour, "accepted": True})
    return Conversion(
        path=found.path,
        flavour=flavour,
        judge=judge,
        step=found.step,
        attempts=(*found.attempts[:-1], last),
        losses=found.losses,
    )
