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
        for line in (*(step.as_json() for step in report.steps), report.last_line()):
            # A stranger may have put half characters into a text, which no stream takes.
            yield json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode()
        return
    for step in report.steps:
        yield _printable(f"{_MARKS[step.ok]} {_title(step, language)}: {step.said.text(language)}")
    for what in report.trusted:
        yield _printable(text("proofs.result.trusted", language, what=what.text(language)))
    yield conclusion(report, language)


def _printable(line: str) -> str:
    """Without what moves the cursor or paints the terminal: texts of a proof are a stranger's."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def conclusion(report: Report, language: str) -> str:
    """The last sentence."""
    if report.ok:
        return text("proofs.result.ok", language, proven=report.proven or "-")
    word, wanted = ("broken", False) if report.ok is False else ("open", None)
    found = [_title(step, language) for step in report.steps if step.decides and step.ok is wanted]
    return text(f"proofs.result.{word}", language, steps=", ".join(dict.fromkeys(found)) or "-")


def _title(step: Step, language: str) -> str:
    return text(f"proofs.step.{step.name}", language)
