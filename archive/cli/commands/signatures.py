"""`luutru signatures`: verdicts on signatures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.durable import write_durably
from archive.preservation.signatures.page import told
from archive.preservation.signatures.reporting import Examined, Reporter
from metadata.errors import ArchiveError, UsageError
from metadata.messages import text
from metadata.time import from_rfc3339
from metadata.verdicts import Indication, SignatureVerdict

_WHERE = {
    "validate": f"{__name__}:validate",
    "replay": "archive.cli.commands.signatures_replay:replay",
}
signatures = LazyGroup("signatures", lazy=_WHERE, help=words("signatures.help"))


_YEARS = (1950, 9000)
"""X.509 knows no earlier ones; beyond, spans can no longer be reckoned with."""


@command("validate", group="signatures")
@click.argument("subjects", nargs=-1, required=True, metavar="FILE_OR_ID…")
@option("--trust", key="signatures_validate.trust", type=click.Path(path_type=Path, exists=True, file_okay=False))
@option("--at", "time", key="signatures_validate.at", metavar="TIME")
@option("--report", key="signatures_validate.report", type=click.Path(path_type=Path, dir_okay=False))
@option("--page", key="signatures_validate.page", type=click.Path(path_type=Path, dir_okay=False))
@option("--strict", key="signatures_validate.strict", is_flag=True)
def validate(  # noqa: PLR0913 - one for each option
    speak: Speaker,
    *,
    subjects: tuple[str, ...],
    trust: Path | None,
    time: str | None,
    report: Path | None,
    page: Path | None,
    strict: bool,
) -> int:
    """See the message `signatures_validate.help`."""
    codes: list[ExitCode] = []
    examined: list[Examined] = []
    at = _instant(speak, time) if time is not None else None
    with Archive.opened(need_home=trust is None) as archive:
        service = archive.signature_service(trust, at)
        for warning in service.warnings:
            speak.say("signatures_validate.ignored", what=warning)
        for subject in subjects:
            try:
                for one in service.examine(subject, described=bool(report or page)):
                    codes.append(_tell(speak, one.name, one.judgement.verdicts, strict=strict))
                    if report or page:
                        examined.append(one)
            except ArchiveError as error:
                speak.failed(subject, error)
                codes.append(code_of(error))
        _write(speak, service.reporter, examined, (report, page))
    return gravest(codes)


def _instant(speak: Speaker, text: str) -> datetime:
    try:
        at = from_rfc3339(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(speak.text("signatures_validate.at_wrong", time=text)) from error
    if not _YEARS[0] <= at.year <= _YEARS[1]:
        raise UsageError(speak.text("signatures_validate.at_wrong", time=text))
    return at


def _write(
    speak: Speaker, reporter: Reporter, examined: list[Examined], targets: tuple[Path | None, Path | None]
) -> None:
    """Write what was asked for about all files together."""
    report, page = targets
    if report is not None:
        data = reporter.report(examined)
        if data is None:
            speak.say("signatures_validate.no_report", path=report)
        else:
            write_durably(report, data)
            speak.say("signatures_validate.written", path=report)
    if page is not None:
        write_durably(page, reporter.page(examined))
        speak.say("signatures_validate.written", path=page)


def _tell(speak: Speaker, file: str, verdicts: tuple[SignatureVerdict, ...], *, strict: bool) -> ExitCode:
    if not verdicts:
        speak.line(_line(file, None), f"{file}: {speak.text('signatures_validate.unsigned')}")
        return ExitCode.OK
    codes = []
    for verdict in verdicts:
        sub = f"/{verdict.subindication}" if verdict.subindication else ""
        plain = f"{text(f'signatures.plain.{verdict.plain.value}', speak.language)}: " if verdict.plain else ""
        shown = f"{file}: {verdict.field or '-'}: {verdict.signer or '-'}: {plain}{verdict.indication}{sub}"
        reasons = [told(reason, speak.language) for reason in verdict.reasons]
        helps = [f"→ {told(word, speak.language, 'helps')}" for word in verdict.would_help]
        changed = [f"{speak.text('signatures_validate.changed', what=change)}" for change in verdict.changed_after]
        speak.line(_line(file, verdict), "\n".join([shown, *(f"  {line}" for line in (*reasons, *changed, *helps))]))
        if verdict.indication is Indication.TOTAL_FAILED:
            codes.append(ExitCode.REJECTED)
        elif verdict.indication is Indication.INDETERMINATE and strict:
            codes.append(ExitCode.INDETERMINATE)
    return gravest(codes)


def _line(file: str, verdict: SignatureVerdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"file": file, "signature": None}
    return {
        "file": file,
        "signature": verdict.field,
        "kind": verdict.kind,
        "signer": verdict.signer,
        "signing_time": verdict.signing_time,
        "best_time": verdict.best_time,
        "indication": verdict.indication.value,
        "subindication": verdict.subindication,
        "level": verdict.level,
        "coverage": verdict.coverage,
        "changed_after": list(verdict.changed_after),
        "reasons": list(verdict.reasons),
        "sub_filter": verdict.sub_filter,
        "plain": verdict.plain.value if verdict.plain else None,
        "best_time_proof": verdict.best_time_proof,
        "claimed_times": verdict.claimed_times,
        "practices": list(verdict.practices),
        "would_help": list(verdict.would_help),
        "second_reader": verdict.second_reader,
        "provisional": verdict.provisional,
        "judged_at": verdict.judged_at,
        "trust_set": verdict.trust_set,
        "policy": verdict.policy,
        "engine": verdict.engine,
    }
