"""`luutru signatures`: verdicts on signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import Speaker
from archive.composition import Archive
from metadata.errors import ArchiveError
from metadata.verdicts import Indication, SignatureVerdict

_WHERE = {
    "validate": f"{__name__}:validate",
    "replay": "archive.cli.commands.signatures_replay:replay",
}
signatures = LazyGroup("signatures", lazy=_WHERE, help=words("signatures.help"))


@command("validate", group="signatures")
@click.argument("subjects", nargs=-1, required=True, metavar="FILE_OR_ID…")
@option("--trust", key="signatures_validate.trust", type=click.Path(path_type=Path, exists=True, file_okay=False))
@option("--strict", key="signatures_validate.strict", is_flag=True)
def validate(speak: Speaker, subjects: tuple[str, ...], trust: Path | None, strict: bool) -> int:
    """See the message `signatures_validate.help`."""
    codes: list[ExitCode] = []
    with Archive.opened(need_home=trust is None) as archive:
        service = archive.signature_service(trust)
        for warning in service.warnings:
            speak.say("signatures_validate.ignored", what=warning)
        for subject in subjects:
            try:
                for file, verdicts in service.validate(subject):
                    codes.append(_tell(speak, file, verdicts, strict=strict))
            except ArchiveError as error:
                speak.say("failed", what=subject, why=error)
                codes.append(code_of(error))
    return gravest(codes)


def _tell(speak: Speaker, file: str, verdicts: tuple[SignatureVerdict, ...], *, strict: bool) -> ExitCode:
    if not verdicts:
        speak.line(_line(file, None), f"{file}: {speak.text('signatures_validate.unsigned')}")
        return ExitCode.OK
    codes = []
    for verdict in verdicts:
        sub = f"/{verdict.subindication}" if verdict.subindication else ""
        shown = f"{file}: {verdict.field or '-'}: {verdict.signer or '-'}: {verdict.indication}{sub}"
        speak.line(_line(file, verdict), "\n".join([shown, *(f"  {reason}" for reason in verdict.reasons)]))
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
        "provisional": verdict.provisional,
        "trust_set": verdict.trust_set,
    }
