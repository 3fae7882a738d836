"""`luutru evidence`: evidence records over everything that is stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.progress import JobsProgress
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.composition.evidencing import evidence as evidence_of
from archive.preservation.evidence.answers import Stamped
from archive.preservation.evidence.checking import Finding
from archive.preservation.evidence.history import StampKind
from archive.preservation.evidence.planning import Due, Supposition, Why
from archive.services.evidence import algorithm_called, is_digest
from metadata.errors import ArchiveError
from metadata.time import first_moment, rfc3339

evidence = LazyGroup(
    "evidence",
    lazy={name: f"{__name__}:{name}" for name in ("build", "renew", "verify", "plan")},
    help=words("evidence.help"),
)


@command("build", group="evidence")
def build(speak: Speaker) -> int:
    """See the message `evidence_build.help`."""
    with Archive.opened() as archive:
        count, code = _said(speak, evidence_of(archive).build())
        archive.seal()
    if not count:
        speak.say("evidence_build.nothing")
    return int(code)


@command("renew", group="evidence")
@option("--all", "everything", key="evidence_renew.all", is_flag=True)
def renew(speak: Speaker, everything: bool) -> int:
    """See the message `evidence_renew.help`."""
    with Archive.opened() as archive, JobsProgress(speak) as progress:
        service = evidence_of(archive)
        if not service.authorities:
            speak.say("evidence_renew.no_authority")
            return int(ExitCode.FAULT if service.due() else ExitCode.OK)

        def tell(done: int, total: int) -> None:
            progress.count(speak.text("evidence_renew.reading"), done, total)

        count, code = _said(speak, service.renew(everything=everything, tell=tell))
        archive.seal()
    if not count:
        speak.say("evidence_renew.nothing")
    return int(code)


@command("verify", group="evidence")
@click.argument("ids", nargs=-1)
def verify(speak: Speaker, ids: tuple[str, ...]) -> int:
    """See the message `evidence_verify.help`."""
    codes: list[ExitCode] = []
    with Archive.opened() as archive:
        service = evidence_of(archive)
        for identifier in ids or (None,):
            try:
                found = service.verify(() if identifier is None else (identifier,))
                codes += [_found(speak, finding) for finding in found]
            except ArchiveError as error:
                speak.failed(identifier or "-", error)
                codes.append(code_of(error))
    if not codes:
        speak.say("evidence_verify.nothing")
    return int(gravest(codes))


@command("plan", group="evidence")
@option("--years", key="evidence_plan.years", type=click.IntRange(1, 100), default=10)
@option("--if-broken", key="evidence_plan.if_broken", default="")
@option("--if-revoked", key="evidence_plan.if_revoked", default="")
@option("--if-ends", key="evidence_plan.if_ends", default="")
@option("--from", "since", key="evidence_plan.from", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), default=None)
def plan(speak: Speaker, years: int, if_broken: str, if_revoked: str, if_ends: str, since: datetime | None) -> int:
    """See the message `evidence_plan.help`."""
    what = _supposition(speak, if_broken, if_revoked, if_ends, since)
    with Archive.opened() as archive:
        service = evidence_of(archive)
        known, name = service.signers(), if_revoked or if_ends
        if name and not any(name.casefold() in signer.casefold() for signer in known):
            speak.say("evidence_plan.no_such", name=name, known="; ".join(known) or "-")
            return int(ExitCode.NOT_FOUND)
        now, steps = archive.clock.now(), 0
        for entry in service.plan(years, what):
            missed = what is None and not entry.assumed and entry.missed(now, service.terms)
            speak.line(_planned(entry, missed=missed), _plan_words(speak, entry, missed=missed))
            steps += 1
    if not steps:
        speak.say("evidence_plan.nothing")
    return int(ExitCode.OK)


def _supposition(speak: Speaker, broken: str, revoked: str, ends: str, since: datetime | None) -> Supposition | None:
    """What is asked for; None: nothing is supposed."""
    if len([name for name in (broken, revoked, ends) if name]) > 1:
        raise click.UsageError(speak.text("evidence_plan.one_of"))
    if broken and not is_digest(broken):
        raise click.UsageError(speak.text("evidence_plan.unknown", name=broken))
    if (ends and since is None) or (since is not None and not (ends or broken)):
        raise click.UsageError(speak.text("evidence_plan.day"))
    if not (broken or revoked or ends):
        return None
    day = None if since is None else first_moment(since.date())
    return Supposition(broken=algorithm_called(broken) if broken else "", revoked=revoked, ends=ends, since=day)


def _said(speak: Speaker, answers: Iterable[Stamped]) -> tuple[int, ExitCode]:
    """Tell each stamp as it is made."""
    codes: list[ExitCode] = []
    for answer in answers:
        key = "stamped" if answer.stamp else "waiting"
        shown = speak.text(
            f"evidence.{key}",
            name=answer.name,
            kind=speak.text(f"evidence_kind.{answer.kind.name.lower()}"),
            leaves=answer.leaves,
            time=rfc3339(answer.stamp.time) if answer.stamp else "-",
            signer=answer.stamp.signer if answer.stamp else "-",
        )
        speak.line(answer.as_json(), shown)
        for package in answer.left_out:
            speak.say("evidence.left_out", package=package)
        damaged = answer.left_out
        codes.append(ExitCode.REJECTED if damaged else ExitCode.OK)
    return len(codes), gravest(codes)


def _found(speak: Speaker, finding: Finding) -> ExitCode:
    line = {
        "subject": finding.subject or None,
        "batch": finding.batch or None,
        "ok": finding.ok,
        "since": rfc3339(finding.since) if finding.since else None,
        "expires": rfc3339(finding.expires) if finding.expires else None,
        "leaves": finding.leaves or None,
        "stamps": list(finding.stamps),
        "failures": [failure.as_json() for failure in finding.failures],
    }
    word = {True: "holds", False: "broken", None: "open"}[finding.ok]
    shown = [
        speak.text(
            f"evidence_verify.{word}",
            subject=finding.subject or "-",
            batch=finding.batch or "-",
            since=rfc3339(finding.since) if finding.since else "-",
        )
    ]
    shown += [f"  {failure.batch} {failure.stamp} [{failure.step}] {failure.reason}" for failure in finding.failures]
    speak.line(line, "\n".join(shown))
    return {True: ExitCode.OK, False: ExitCode.REJECTED, None: ExitCode.INDETERMINATE}[finding.ok]


def _planned(entry: Due, *, missed: bool) -> dict[str, object]:
    return {
        "month": f"{entry.begin:%Y-%m}",
        "action": entry.action.value,
        "why": entry.why.value,
        "begin": rfc3339(entry.begin),
        "end": rfc3339(entry.end),
        "stamps": len(entry.stamps),
        "algorithm": entry.algorithm,
        "tokens": entry.tokens,
        "bytes": entry.read_bytes,
        "assumed": entry.assumed,
        "missed": missed,
        "lost": list(entry.lost),
    }


def _plan_words(speak: Speaker, entry: Due, *, missed: bool) -> str:
    why = speak.text(f"evidence_why.{Why(entry.why).name.lower()}")
    shown = speak.text(
        "evidence_plan.line",
        month=f"{entry.begin:%m/%Y}",
        action=speak.text(f"evidence_kind.{StampKind(entry.action).name.lower()}"),
        why=why,
        end=f"{entry.end:%d/%m/%Y}",
        stamps=len(entry.stamps),
        tokens=entry.tokens,
        mib=f"{entry.read_bytes / (1 << 20):.0f}",
    )
    marks = [speak.text("evidence_plan.missed")] if missed else []
    marks += [speak.text("evidence_plan.assumed")] if entry.assumed else []
    marks += [speak.text("evidence_plan.lost", batches=", ".join(entry.lost))] if entry.lost else []
    return " ".join([shown, *marks])
