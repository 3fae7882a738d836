"""`luutru show`: one dossier or document with everything that is known of it."""

from __future__ import annotations

from typing import Any

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name


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
    lines += [
        f"  {key}: {cell['value'] or cell['written']}"
        for key, cell in record["metadata"].items()
        if key != "extra" and (cell["value"] or cell.get("written"))
    ]
    for document in record.get("documents", ()):
        verdict = f" · {document['verdict']}" if document["verdict"] else ""
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
    for event in record["events"]:
        lines.append(f"  {event['at']} {event['type']}: {event['outcome']}")
    return "\n".join(lines)
