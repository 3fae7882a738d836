"""`luutru trust`: the trust store."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode, gravest
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name

_ROLES = ("anchor", "intermediate", "time-stamp", "ocsp")
_MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}

trust = LazyGroup(
    "trust",
    lazy={
        "list": f"{__name__}:listed",
        "add": f"{__name__}:add",
        "check": f"{__name__}:check",
        "policy": f"{__name__}:policy",
        "import-crls": f"{__name__}:import_crls",
    },
    help=words("trust.help"),
)


@command("list", group="trust")
def listed(speak: Speaker) -> int:
    """See the message `trust_list.help`."""
    with Archive.opened() as archive:
        for entry in archive.trust.list():
            row = entry.as_json()
            speak.line(row, f"{row['sha256'][:16]}…  {row['role']:<12} {row['not_after']}  {row['subject']}")
    return int(ExitCode.OK)


@command("add", group="trust")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--role", key="trust_add.role", type=click.Choice(_ROLES), default=None)
@option("--name", key="trust_add.name", default="")
@option("--operator", key="option.operator", default=operator_name)
def add(speak: Speaker, files: tuple[Path, ...], role: str | None, name: str, operator: str) -> int:
    """See the message `trust_add.help`."""
    from archive.preservation.trust.sets import TrustRole  # noqa: PLC0415 - starting is measured

    with Archive.opened() as archive:
        wanted = TrustRole(role) if role is not None else None
        refused = {file: why for file in files if (why := archive.trust.refusal(file, wanted))}
        for why in refused.values():
            speak.say("trust_add.refused", why=why)
        good = [file for file in files if file not in refused]
        if not good:
            return int(ExitCode.USAGE)
        answer = archive.trusting.add(good, operator=operator, role=wanted, name=name)
        for word, entries in (("added", answer.added), ("already", answer.already)):
            for entry in entries:
                speak.line(
                    {"status": word, **entry.as_json()},
                    speak.text(f"trust_add.{word}", subject=entry.as_json()["subject"]),
                )
        archive.seal()
    return int(ExitCode.USAGE if refused else ExitCode.OK)


@command("check", group="trust")
def check(speak: Speaker) -> int:
    """See the message `trust_check.help`."""
    failed = False
    with Archive.opened() as archive:
        for found in archive.trusting.checks():
            detail = speak.text(f"trust_check.{found.message}", **found.values)
            row = {"check": found.name, "status": found.status.value, "subject": found.subject, "detail": detail}
            speak.line(row, f"{_MARKS[found.status.value]} {found.name:<11} {detail}")
            failed = failed or found.status.value == "fail"
    return int(ExitCode.FAULT if failed else ExitCode.OK)


@command("policy", group="trust")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@option("--default", "own", key="trust_policy.default", is_flag=True)
@option("--operator", key="option.operator", default=operator_name)
def policy(speak: Speaker, file: Path | None, own: bool, operator: str) -> int:
    """See the message `trust_policy.help`."""
    if file is not None and own:
        raise click.UsageError(words("trust_policy.one"))
    with Archive.opened() as archive:
        changes = file is not None or own
        found = archive.trusting.adopt_policy(file, operator=operator) if changes else archive.trusting.policy()
        row = {
            "policy": found.sha256,
            "version": found.version,
            "own": bool(archive.trust.snapshot().policy),
            "trust_set": archive.trust.trust_set(),
        }
        speak.line(row, speak.text("trust_policy.in_force", version=found.version, sha256=found.sha256))
        if changes:
            archive.seal()
    return int(ExitCode.OK)


@command("import-crls", group="trust")
@click.argument("folder", type=click.Path(path_type=Path))
@option("--operator", key="option.operator", default=operator_name)
def import_crls(speak: Speaker, folder: Path, operator: str) -> int:
    """See the message `trust_import-crls.help`."""
    codes = [ExitCode.OK]
    with Archive.opened() as archive:
        for entry in archive.trusting.import_lists(folder, operator=operator):
            row = entry.as_json()
            said = speak.text(
                f"trust_import-crls.{row['status']}",
                path=row["path"],
                issuer=row["issuer"],
                until=row["next_update"],
                why=row["why"],
            )
            speak.line(row, said)
            if row["status"] == "refused":
                codes.append(ExitCode.REJECTED)
        archive.seal()
    return int(gravest(codes))
