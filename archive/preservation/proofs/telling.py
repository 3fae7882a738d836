"""How a checked proof is told: the same lines from the command and from the one-file verifier."""

from __future__ import annotations

import json
from collections.abc import Iterator

from archive.preservation.proofs.steps import Report, Step
from metadata.messages import text

_MARKS = {True: "✓", False: "✗", None: "?"}


def lines(report: Report, language: str, *, as_json: bool) -> Iterator[str]:
    """What is printed on standard output."""
    if as_json:
        for step in report.steps:
            yield json.dumps(step.as_json(), ensure_ascii=False)
        yield json.dumps(report.last_line(), ensure_ascii=False)
        return
    for step in report.steps:
        yield f"{_MARKS[step.ok]} {_title(step, language)}: {step.detail}"
    for what in report.trusted:
        yield text("proofs.result.trusted", language, what=what)
    yield conclusion(report, language)


def conclusion(report: Report, language: str) -> str:
    """The last sentence."""
    if report.ok:
        return text("proofs.result.ok", language, proven=report.proven or "-")
    word, wanted = ("broken", False) if report.ok is False else ("open", None)
    found = [_title(step, language) for step in report.steps if step.decides and step.ok is wanted]
    return text(f"proofs.result.{word}", language, steps=", ".join(dict.fromkeys(found)) or "-")


def _title(step: Step, language: str) -> str:
    return text(f"proofs.step.{step.name}", language)
