"""`luutru show`: one dossier or document with everything that is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from archive.web.words import Words


@command("show")
@click.argument("identifier", metavar="ID")
@option("--operator", key="option.operator", default=operator_name)
def show(speak: Speaker, identifier: str, operator: str) -> int:
    """See the message `show.help`."""
    with Archive.opened() as archive:
        for record in archive.dossiers.show(identifier, speak.language, operator=operator):
            speak.line(record, _words(speak, record))
    return int(ExitCode.OK)


def _words(speak: Speaker, record: dict[str, Any]) -> str:
    lines = [f"{speak.text('show.' + record['kind'])} {record['package_id']}"]
    if record["kind"] == "document":
        lines[0] += f"/{record['ordinal']}"
    lines.append(f"  {speak.text('show.file_code')}: {record['file_code']} · {record['agency']}")
    called, kind = Words(speak.language), str(record.get("record_kind") or record["kind"])
    lines += [
        f"  {called.field(record['profile'], key, kind)}: {cell['value'] or cell['written']}"
        for key, cell in record["metadata"].items()
        if key != "extra" and (cell["value"] or cell.get("written"))
    ]
    lines += [
        f"  {speak.text('show.fonds')} · {called.field(record['profile'], key, 'fonds')}: {cell['value']}"
        for key, cell in record.get("fonds", {}).items()
        if key != "extra"
    ]
    if record["kind"] == "document":
        lines += [f"  · {said}" for said in _standing(speak, record)]
    for part in record.get("additions", ()):
        lines.append(f"  + {part['record_status']} {part['received_at']} {part['package_id']} ({part['documents']})")
    for document in record.get("documents", ()):
        verdict = f" · {document['verdict']}" if document["verdict"] else ""
        verdict += "".join(f" · {said}" for said in _standing(speak, document))
        lines.append(
            f"  {document['ordinal']:>3}. {document['number']} {document['issued_date']} "
            f"{document['title']} ({document['pages']}){verdict}"
        )
    for file in record.get("files", ()):
        said = file["conversion"] or {}
        flavour = f" · PDF/A-{said['flavour']} ({said['route']})" if said.get("flavour") else ""
        lines.append(f"  [{file['representation']}] {file['path']} {file['size_bytes']} {file['mime']}{flavour}")
        lines.append(f"      SHA-256 {file['sha256']}")
    for verdict in record.get("verdicts", ()):
        sub = f"/{verdict['subindication']}" if verdict["subindication"] else ""
        lines.append(f"  ✍ {verdict['field']}: {verdict['signer']} · {verdict['indication']}{sub}")
        lines += [f"      {reason}" for reason in verdict["reasons"]]
    lines += [f"  ⚠ {finding['rule']}: {finding['message']}" for finding in record.get("findings", ())]
    for note in record.get("conversion", ()):
        place = "" if note["ordinal"] is None else f" [{note['ordinal']}]"
        lines.append(f"  ⇄ {note['rule']}{place} {speak.text('show.' + note['kind'])}: {note['message']}")
    for event in record["events"]:
        outcome = called.label("outcome", event["outcome"])
        lines.append(f"  {event['at']} {called.label('event', event['type'])}: {outcome}")
    return "\n".join([*lines, *_before(speak, record)])


def _before(speak: Speaker, record: dict[str, Any]) -> Iterator[str]:
    """What former keepers tell, and what of it could not be read."""
    for event in record.get("foreign_events", ()):
        agents = ", ".join(agent["name"] or agent["id"] for agent in event["agents"])
        said = " · ".join(part for part in (event["type"], event["outcome"], agents, event["source"]) if part)
        yield f"  {event['at']} {speak.text('show.foreign')}: {said}"
    for problem in record.get("foreign_problems", ()):
        yield f"  {speak.text('show.foreign_problem')}: {problem['file']} {problem['detail']}"


def _standing(speak: Speaker, document: dict[str, Any]) -> Iterator[str]:
    """That a document is only described, replaced or taken back."""
    if document["no_file"]:
        yield speak.text("show.no_file")
    for key in ("replaces", "replaced_by"):
        if document[key]:
            yield speak.text(f"show.{key}", ordinals=", ".join(map(str, document[key])))
    if document["recalled"]:
        yield speak.text("show.recalled")
