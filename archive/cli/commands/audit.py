"""`luutru audit`: check the whole trail, and hand it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive

if TYPE_CHECKING:
    from archive.preservation.audit.verification import AuditBreak
    from archive.services.audit import AuditAnswer

audit = LazyGroup(
    "audit",
    lazy={"verify": f"{__name__}:verify", "export": f"{__name__}:export"},
    help=words("audit.help"),
)

_PAGE = 1000


@command("verify", group="audit")
@option("--strict", key="audit_verify.strict", is_flag=True)
def verify(speak: Speaker, strict: bool) -> int:
    """See the message `audit_verify.help`."""
    from archive.composition.auditing import audit_checking  # noqa: PLC0415 - starting is measured

    with Archive.opened() as archive:
        answer = audit_checking(archive).verify()
    places = [f"✗ {_place(speak, found)}" for found in answer.breaks]
    speak.line(answer.as_json(), "\n".join([*places, _summary(speak, answer)]))
    if answer.ok and answer.proven is None:
        speak.say("audit_verify.unproven")
    if answer.breaks:
        return int(ExitCode.REJECTED)
    return int(ExitCode.INDETERMINATE if strict and answer.proven is None else ExitCode.OK)


def _place(speak: Speaker, found: AuditBreak) -> str:
    kind = speak.text(f"audit_break.{found.kind.value}")
    where = speak.text(f"audit_where.{found.where.value.replace('-', '_')}")
    numbers = "" if found.seq is None else f" {found.seq}" + (f"–{found.last}" if found.last else "")
    said = [f"{where}: {kind}{numbers}"]
    said += [
        speak.text(f"audit_verify.{name}", value=value)
        for name, value in (("segment", found.segment), ("event", found.id), ("batch", found.batch))
        if value
    ]
    said += [found.detail] if found.detail else []
    return " · ".join(said)


def _summary(speak: Speaker, answer: AuditAnswer) -> str:
    key = "audit_verify.whole" if answer.ok else "audit_verify.broken"
    lines = [speak.text(key, events=answer.events, sealed=answer.sealed, breaks=len(answer.breaks))]
    lines.append(speak.text("audit_verify.head", seq=answer.head.seq, sha256=answer.head.sha256, at=answer.head.at))
    if answer.proven is not None:
        stamped = answer.proven
        lines.append(speak.text("audit_verify.proven", seq=answer.proven_seq, at=stamped.at, batch=stamped.batch))
    lines += [
        speak.text("audit_verify.undecided", batch=head.batch, detail=head.detail or "-") for head in answer.undecided
    ]
    return "\n".join(lines)


@command("export", group="audit")
@option("--after", key="audit_export.after", type=click.IntRange(0), default=0)
def export(speak: Speaker, after: int) -> int:
    """See the message `audit_export.help`."""
    from archive.composition.auditing import recorded_trail  # noqa: PLC0415 - starting is measured

    with Archive.opened() as archive:
        # To the letter, in both manners of speaking: whoever digests a line gets what the next one names.
        for event in recorded_trail(archive).chained(after):
            print(event.line.decode(), file=speak.out)
    return int(ExitCode.OK)
