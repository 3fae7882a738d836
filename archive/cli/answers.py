"""How answers about dossiers are told."""

from __future__ import annotations

from collections.abc import Iterable

from archive.cli.exit_codes import ExitCode, gravest
from archive.cli.speech import Speaker
from archive.services.answers import DossierAnswer
from metadata.findings import Severity
from metadata.rules import message, severity_of

_CODES = {"rejected": ExitCode.REJECTED, "fault": ExitCode.FAULT}


def say_answers(speak: Speaker, answers: Iterable[DossierAnswer]) -> ExitCode:
    """Tell each answer as it comes; the exit code that they mean together."""
    codes = []
    for answer in answers:
        speak.line(answer.as_json(speak.language), _words(speak, answer))
        codes.append(_CODES.get(answer.status, ExitCode.OK))
    return gravest(codes)


def _words(speak: Speaker, answer: DossierAnswer) -> str:
    head = speak.text(
        f"status.{answer.status}",
        file_code=answer.file_code or answer.path,
        documents=answer.documents,
        package_id=answer.package_id or "-",
    )
    lines = [head + (f" {speak.text('status.already')}" if answer.already else "")]
    for finding in answer.findings:
        mark = "✗" if severity_of(finding) is Severity.ERROR else "!"
        place = ", ".join(
            part
            for part in (
                finding.file,
                finding.sheet,
                None if finding.row is None else speak.text("place.row", row=finding.row),
                None if finding.column is None else speak.text("place.column", column=finding.column),
            )
            if part
        )
        lines.append(f"  {mark} {finding.rule} [{place}] {message(finding, speak.language)}".replace(" []", ""))
    if answer.error:
        lines.append(f"  ✗ {answer.error}")
    if answer.receipt:
        lines.append(f"  {speak.text('status.receipt', path=answer.receipt)}")
    return "\n".join(lines)
