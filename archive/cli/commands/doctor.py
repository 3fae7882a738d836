"""`luutru doctor`: what is configured, reachable, stale or missing, and what to do about it."""

from __future__ import annotations

from archive.cli.command import command
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.services.doctor import CheckStatus

_MARKS = {CheckStatus.OK: "✓", CheckStatus.WARN: "!", CheckStatus.FAIL: "✗"}


@command("doctor")
def doctor(speak: Speaker) -> int:
    """See the message `doctor.help`."""
    failed = False
    with Archive.opened(need_home=False) as archive:
        for check in archive.doctor.checks():
            key = check.message if "." in check.message else f"doctor.{check.message}"
            detail = speak.text(key, **check.values)
            speak.line(
                {"check": check.name, "status": check.status.value, "detail": detail},
                f"{_MARKS[check.status]} {check.name:<14} {detail}",
            )
            failed = failed or check.status is CheckStatus.FAIL
    return int(ExitCode.FAULT if failed else ExitCode.OK)
