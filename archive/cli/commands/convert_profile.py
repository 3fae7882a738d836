"""`luutru convert-profile`: metadata of one circular in the terms of another, with every loss named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.progress import JobsProgress
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.composition.converting import conversion_jobs
from archive.composition.stages import secret_findings_of
from archive.reports.conversions import Counts, counted, write_converted, write_report
from archive.services.conversion import ConvertedDossier, ConvertedNote, Ends, converted_delivery
from archive.services.conversion_jobs import REPORT, WORKBOOK, Order
from metadata.bridge import BRIDGES
from metadata.bridge.notes import NoteKind
from metadata.descriptions import Delivery
from metadata.errors import ArchiveError
from metadata.messages import text
from metadata.rules import as_json, errors_of, message

_SOURCES = sorted({source for source, _ in BRIDGES})
_TARGETS = sorted({target for _, target in BRIDGES})


class _Wanted(TypedDict):
    source: str
    target: str
    output: Path | None
    dry_run: bool


@command("convert-profile")
@click.argument("items", nargs=-1)
@option("--from", "source", key="convert-profile.from", type=click.Choice(_SOURCES), default="02-2019")
@option("--to", "target", key="convert-profile.to", type=click.Choice(_TARGETS), default="05-2025")
@option("--all", "everything", key="convert-profile.all", is_flag=True)
@option("-o", "--output", key="convert-profile.output", type=click.Path(path_type=Path, file_okay=False))
@option("--dry-run", key="convert-profile.dry_run", is_flag=True)
def convert_profile(speak: Speaker, items: tuple[str, ...], everything: bool, **wanted: Unpack[_Wanted]) -> int:
    """See the message `convert-profile.help`."""
    paths = [Path(item) for item in items if Path(item).exists()]
    ids = [item for item in items if not Path(item).exists()]
    if everything == bool(items):
        raise click.UsageError(speak.text("convert-profile.which"))
    ends = Ends(wanted["source"], wanted["target"]).checked()
    output = wanted["output"]
    codes: list[ExitCode] = []
    with Archive.opened(need_home=bool(ids or everything)) as archive:
        for path in paths:
            beside = None if wanted["dry_run"] else output or path.absolute().parent
            try:
                codes.append(_delivery(archive, speak, path, ends, beside))
            except ArchiveError as error:
                speak.failed(path, error)
                codes.append(code_of(error))
        if ids or everything:
            codes.append(_stored(archive, speak, ids, ends, output))
    return gravest(codes)


# ---------------------------------------------------------------- deliveries


def _delivery(archive: Archive, speak: Speaker, path: Path, ends: Ends, folder: Path | None) -> ExitCode:
    with archive.submissions.opened(path.absolute()) as delivery:
        return _opened(archive, speak, path, ends, folder, delivery)


def _opened(
    archive: Archive, speak: Speaker, path: Path, ends: Ends, folder: Path | None, delivery: Delivery
) -> ExitCode:
    broken = errors_of(delivery.findings)
    if broken or not delivery.dossiers:
        speak.say("convert-profile.unread", path=path)
        findings = [as_json(finding, speak.language) for finding in delivery.findings]
        words = [f"  ✗ {finding.rule} {message(finding, speak.language)}" for finding in broken]
        speak.line({"path": str(path), "status": "rejected", "findings": findings}, "\n".join(words))
        return ExitCode.REJECTED
    secrets = secret_findings_of(archive.settings, delivery)

    def again() -> Iterator[ConvertedDossier]:
        return converted_delivery(delivery, str(path), ends, secrets)

    for found in again():
        _say(speak, found)
    counts = counted(again)
    files: dict[str, str | None] = {"report": None, "workbook": None}
    if folder is not None:
        report = folder / f"{path.absolute().name}-{ends.target}-{REPORT}"
        workbook = folder / f"{path.absolute().name}-{ends.target}-{WORKBOOK}"
        folder.mkdir(parents=True, exist_ok=True)
        now = archive.clock.now()
        write_converted(workbook, again, ends, created=now)
        write_report(report, again, ends, created=now, language=speak.language)
        files = {"report": str(report), "workbook": str(workbook)}
    _say_end(speak, counts, {"path": str(path), **files})
    return ExitCode.REJECTED if counts.rejected else ExitCode.OK


# ---------------------------------------------------------------- stored dossiers


def _stored(archive: Archive, speak: Speaker, ids: Sequence[str], ends: Ends, output: Path | None) -> ExitCode:
    codes: list[ExitCode] = []
    dossier_ids: list[str] = []
    for identifier in ids:
        try:
            dossier_ids += [place.dossier_id for place in archive.catalogue.find(identifier)]
        except ArchiveError as error:
            speak.failed(identifier, error)
            codes.append(code_of(error))
    if ids and not dossier_ids:
        return gravest(codes)
    jobs = conversion_jobs(archive)
    folder = str(output.absolute()) if output else ""
    job_id = jobs.order(Order(ends, tuple(dict.fromkeys(dossier_ids)), folder, speak.language))
    with JobsProgress(speak) as progress:
        done = 0

        def tell(found: ConvertedDossier) -> None:
            nonlocal done
            done += 1
            progress.count(speak.text("convert-profile.reading"), done, total)
            _say(speak, found)

        total = archive.duties.duty(job_id).total
        ended = jobs.run(job_id, tell)
    archive.seal()
    _say_end(
        speak, ended.counts, {"job_id": ended.job_id, "report": str(ended.report), "workbook": str(ended.workbook)}
    )
    codes.append(ExitCode.OK if ended.counts.equal else ExitCode.FAULT)
    return gravest(codes)


# ---------------------------------------------------------------- lines


def _say(speak: Speaker, found: ConvertedDossier) -> None:
    counts = {kind: found.count(kind) for kind in NoteKind}
    line: dict[str, Any] = {
        "package_id": found.package_id or None,
        "path": found.path or None,
        "file_code": found.file_code,
        "status": found.status.value,
        "documents_in": found.documents_in,
        "documents_out": found.documents_out,
        "losses": counts[NoteKind.LOSS],
        "doubts": counts[NoteKind.DOUBT],
        "notes": [_note(note, speak.language) for note in found.notes],
        "findings": [as_json(finding, speak.language) for finding in found.findings],
    }
    words = [
        speak.text(
            "convert-profile.dossier",
            file_code=found.file_code,
            status=text(f"conversion.status.{found.status.value}", speak.language),
            documents_in=found.documents_in,
            documents_out=found.documents_out,
            losses=counts[NoteKind.LOSS],
            doubts=counts[NoteKind.DOUBT],
        )
    ]
    words += [f"  {_mark(note)} {note.rule} {note.subject}: {note.messages[speak.language]}" for note in found.notes]
    words += [f"  ✗ {finding.rule} {message(finding, speak.language)}" for finding in found.findings]
    speak.line(line, "\n".join(words))


def _mark(note: ConvertedNote) -> str:
    return "–" if note.kind is NoteKind.LOSS else "?"


def _note(note: ConvertedNote, language: str) -> dict[str, Any]:
    return {
        "rule": note.rule,
        "kind": note.kind.value,
        "cause": note.cause.value,
        "subject": note.subject,
        "ordinal": note.ordinal,
        "row": note.row,
        "field": note.key,
        "value": note.value,
        "became": note.became,
        "suggestions": list(note.suggestions),
        "message": note.messages[language],
    }


def _say_end(speak: Speaker, counts: Counts, more: dict[str, str | None]) -> None:
    said: dict[str, Any] = {
        "dossiers_in": counts.dossiers_in,
        "dossiers_out": counts.dossiers_out,
        "unchanged": counts.unchanged,
        "rejected": counts.rejected,
        "documents_in": counts.documents_in,
        "documents_out": counts.documents_out,
        "equal": counts.equal,
        "losses": counts.losses,
        "doubts": counts.doubts,
    }
    words = [speak.text("convert-profile.ended", **said)]
    if more.get("report"):
        words.append(speak.text("convert-profile.files", **more))
    speak.line(more | said, "\n".join(words))
